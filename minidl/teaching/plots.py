"""Drawings that the chapters share."""

import font_source_sans_pro
import matplotlib.pyplot as plt
import torch
from matplotlib.colors import ListedColormap
from matplotlib.font_manager import fontManager

from ..paper.figures import (
    GRADIENT,
    GRADIENT_TINT,
    INK,
    INSIDE,
    MINIDL,
    OUTSIDE,
    TINT,
    TORCH,
    WRONG,
    show_circle,
    show_points,
)

__all__ = [
    "GRADIENT",
    "GRADIENT_TINT",
    "INK",
    "INSIDE",
    "MINIDL",
    "OUTSIDE",
    "TINT",
    "TORCH",
    "WRONG",
    "show_circle",
    "show_points",
    "show_product",
    "show_regions",
    "use_style",
]

STYLE = "minidl.teaching.book"


def use_style():
    """Use the book's style, and the typeface of its pages, for every figure from here on."""
    for weight in ("", "It", "Semibold", "Bold"):
        fontManager.addfont(font_source_sans_pro.font_files_ttf[f"SourceSansPro{weight}"])
    plt.style.use(STYLE)


def show_regions(axis, predict, resolution=201):
    """Colour the square by the class that ``predict`` gives to a grid of points.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
    predict : callable
        From points (M, 2) in float64 to labels (M,) 0 or 1.
    resolution : int
        Grid points to a side.
    """
    ticks = torch.linspace(-1, 1, resolution, dtype=torch.float64)
    grid = torch.cartesian_prod(ticks, ticks)
    labels = predict(grid).reshape(resolution, resolution).t()
    axis.imshow(
        labels,
        extent=(-1, 1, -1, 1),
        origin="lower",
        cmap=ListedColormap([OUTSIDE, INSIDE]),
        vmin=0,
        vmax=1,
        alpha=0.25,
        interpolation="nearest",
    )


def show_product(axis, blocks, unit=0.24):
    """Draw a formula of matrices as boxes whose sides are their numbers of rows and columns.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
    blocks : list of (str, int, int, str) or str
        A matrix as its symbol, rows, columns and shape in words; or a sign such as ``"="``.
    unit : float
        Side of one entry.
    """
    left = 0.0
    for block in blocks:
        if isinstance(block, str):
            axis.text(left + 0.3, 0, block, ha="center", va="center", fontsize=16)
            left += 0.6
            continue
        symbol, rows, columns, words = block
        width, height = columns * unit, rows * unit
        center = left + max(width, 0.7) / 2
        axis.add_patch(
            plt.Rectangle(
                (center - width / 2, -height / 2),
                width,
                height,
                facecolor=TINT,
                edgecolor=INK,
                linewidth=1.5,
            )
        )
        if rows > 1:
            axis.text(center, 0, symbol, ha="center", va="center", fontsize=13)
        else:  # too flat for its symbol
            axis.text(center, height / 2 + 0.06, symbol, ha="center", va="bottom", fontsize=13)
        axis.text(center, -height / 2 - 0.12, words, ha="center", va="top", fontsize=11)
        left += max(width, 0.7)
    axis.set(xlim=(-0.1, left + 0.1), ylim=(-1.35, 0.95), aspect="equal")
    axis.axis("off")
