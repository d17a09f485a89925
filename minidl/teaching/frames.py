"""Figures that answer: ready pictures behind a slider, and dials that compute anew.

Frames need no running Python, so that they answer on a built page, too.  A live figure does,
and its cell is tagged ``remove-output``: a page without Python does not show it.
"""

import base64
import io
from html import escape

import ipywidgets as widgets
import matplotlib.pyplot as plt

#: Pixels to an inch of a page, and how many of the picture's stand for one of them.
PAGE_DPI, FINENESS = 100, 2

#: How long Play shows a frame, in milliseconds.
INTERVAL = 900


def picture(figure, alt):
    """Turn a figure into a widget that shows it, and close the figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    alt : str
        What it shows, for who cannot see it.

    Returns
    -------
    ipywidgets.HTML
        The picture without loss, twice as fine as a plain screen, as wide as the figure at
        most and never wider than its place.
    """
    file = io.BytesIO()
    figure.savefig(file, format="webp", dpi=FINENESS * PAGE_DPI, pil_kwargs={"lossless": True})
    plt.close(figure)
    width, height = (round(PAGE_DPI * inches) for inches in figure.get_size_inches())
    data = base64.b64encode(file.getvalue()).decode()
    return widgets.HTML(
        f'<img alt="{escape(alt)}" width="{width}" height="{height}" '
        f'style="max-width: 100%; height: auto" src="data:image/webp;base64,{data}">'
    )


def frames(control, pictures, *, play=False):
    """Show one of several pictures, the one that a control has chosen.

    Parameters
    ----------
    control : ipywidgets.SelectionSlider or ipywidgets.ToggleButtons
        With one option for each picture, and a description.
    pictures : list of ipywidgets.Widget
    play : bool
        Whether a button beside the control shows one after the other, where they have an order
        in time.

    Returns
    -------
    ipywidgets.VBox
    """
    stack = widgets.Stack(pictures, selected_index=control.index)
    stack.add_class("frames")  # by which the page's script finds it
    widgets.jslink((control, "index"), (stack, "selected_index"))
    controls = [control]
    if play:
        player = widgets.Play(
            value=control.index, max=len(pictures) - 1, interval=INTERVAL, show_repeat=False
        )
        widgets.jslink((player, "value"), (control, "index"))
        controls.append(player)
    return widgets.VBox([widgets.HBox(controls, layout={"flex_flow": "row wrap"}), stack])


def live(name, draw, **dials):
    """Draw a picture for the dials as they stand, each time that a button is pressed.

    Parameters
    ----------
    name : str
        What the button says.
    draw : callable
        Given the dials' values by name, returns a :func:`picture`.
    **dials : ipywidgets.Widget
        Each with a description.

    Returns
    -------
    ipywidgets.interactive
    """
    return widgets.interactive(
        draw, {"manual": True, "manual_name": name, "auto_display": True}, **dials
    )
