"""The paper's Figures 1 and 2, drawn anew."""

import matplotlib.pyplot as plt
import torch

from ..data import balanced_radius
from ..rules import LIST_OF, A, takes
from .experiment import Result
from .results import FIGURE2, LABELS, paper_epochs, paper_side

OUTSIDE, INSIDE = "#D55E00", "#0072B2"
#: The rows of Figure 2: a curve, its factor and its label.
ROWS = [("loss", 1, "training loss")]
ROWS += [(f"{data}_error", 100, f"{data} error [%]") for data in ("train", "test")]


def show_points(axis, x, labels, size=8):
    """Scatter points of shape (N, 2) over the square, class 0 as circles, 1 as triangles."""
    for label, marker, color in ((0, "o", OUTSIDE), (1, "^", INSIDE)):
        style = {"s": size, "marker": marker, "color": color, "label": f"class {label}"}
        axis.scatter(*x[labels == label].t(), **style)
    axis.set(aspect="equal", xlim=(-1, 1), ylim=(-1, 1), axisbelow=True)
    axis.set(xlabel="$x_1$", ylabel="$x_2$")


def show_circle(axis, radius, center=(0, 0), **style):
    """Draw the disc's edge, dashed."""
    circle = plt.Circle(center, radius, fill=False, linestyle="--", linewidth=1.5, **style)
    axis.add_patch(circle)


@takes(result=A(Result))
def figure1(result):
    """Draw the test data, shifted to [0, 1]², and both networks' classes of it: Figure 1."""
    x, *classifications = result.pictures
    titles = ("Test samples", "Untrained network", "Trained network")
    ticks = (0, 0.5, 1)
    figure, axes = plt.subplot_mosaic([[0, 1], [2, "."]], figsize=(5.2, 5.3))
    for axis, labels, title in zip(axes.values(), classifications, titles, strict=True):
        show_points(axis, (x + 1) / 2, labels, size=4)
        show_circle(axis, balanced_radius(1.0), center=(0.5, 0.5))
        axis.set(title=title, xlim=(0, 1), ylim=(0, 1), xticks=ticks, yticks=ticks)
    legend = axes[0].get_legend_handles_labels()
    figure.legend(*legend, loc="center", bbox_to_anchor=(0.75, 0.25), markerscale=2)
    return figure


@takes(results=LIST_OF(A(Result)))
def figure2(results):
    """Draw loss and errors, ours over the paper's own curves: Figure 2, with epochs trained below.

    Each is a mean with a band of one standard deviation; with one repetition we have no band.
    """
    shape = {"figsize": (5.2, 6.6), "sharex": True, "sharey": "row", "squeeze": False}
    figure, axes = plt.subplots(3, len(results), **shape)
    for column, result in enumerate(results):
        paper = paper_side(result.framework)
        color = f"C{column}"
        for axis, (name, scale, label) in zip(axes[:, column], ROWS, strict=True):
            mean, std = scale * torch.tensor(FIGURE2[paper, name], dtype=torch.float64)
            epochs = paper_epochs(paper, name)
            axis.plot(epochs, mean, "--", color="black", linewidth=1.2, label="the paper")
            for edge in (mean - std, mean + std):
                axis.plot(epochs, edge, ":", color="black", linewidth=1)
            curves = scale * result.curves(name)
            mean = curves.mean(0)
            epochs = range(result.setting.epochs + 1)[-len(mean) :]
            axis.plot(epochs, mean, color=color, label="ours")
            if len(curves) > 1:
                std = curves.std(0)
                axis.fill_between(epochs, mean - std, mean + std, color=color, alpha=0.25)
            axis.set(ylim=(0, None), ylabel="" if column else label)
        axes[0, column].set_title(LABELS[result.framework])
        axes[0, column].legend()
        axes[2, column].set_xlabel("epochs trained")
        axes[2, column].xaxis.get_major_locator().set_params(integer=True)
    return figure
