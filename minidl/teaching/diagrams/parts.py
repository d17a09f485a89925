"""Boxes and arrows, in one size of type that a phone shows legibly.

The unit is an inch.  No diagram is wider than five: shrunk to a phone's width, its type is
still read without a glass.
"""

from matplotlib.patches import Rectangle

from ...paper.figures import GRADIENT, GRADIENT_TINT, INK, TINT

FORWARD, BACKWARD = INK, GRADIENT
FILLS = {FORWARD: TINT, BACKWARD: GRADIENT_TINT}
NAME, SMALL = 11, 10


def blank(axis, width, height):
    """Make an axis an empty sheet of this size in inches."""
    axis.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    axis.axis("off")


def write(axis, place, text, size=NAME, **style):
    """Write text, centred on a place."""
    return axis.text(*place, text, ha="center", va="center", fontsize=size, **style)


def tensor(axis, place, name, shape, color=None):
    """Write a tensor's name with its shape below, boxed if a colour is given.

    Names in code font are between backquotes, as in the text of the book.
    """
    x, y = place
    code = name.startswith("`")
    name = name.strip("`")
    if color:
        width = 0.12 + max(0.093 * len(name) if code else 0.3, 0.083 * len(shape))
        rectangle(axis, place, width, 0.52, color)
    write(axis, (x, y + 0.11), name, family="monospace" if code else None)
    write(axis, (x, y - 0.12), shape, SMALL)


def rectangle(axis, place, width, height, color, fill=True):
    """Draw a box around a place, filled with a paler shade of its edge."""
    x, y = place
    axis.add_patch(
        Rectangle(
            (x - width / 2, y - height / 2),
            width,
            height,
            edgecolor=color,
            facecolor=FILLS[color] if fill else "none",
            linewidth=1.2,
        )
    )


def arrow(axis, start, end, color, dotted=False):
    """Draw an arrow; a dotted one leads to where something is looked up again."""
    shape = {"arrowstyle": "-|>", "mutation_scale": 12, "shrinkA": 0, "shrinkB": 0}
    axis.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops=shape | {"color": color, "linewidth": 1.6, "linestyle": ":" if dotted else "-"},
    )
