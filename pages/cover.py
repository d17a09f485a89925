"""Draw the picture of the book's first page: a network's regions taking shape.

``python pages/cover.py`` writes book/_static/cover.png.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import torch

from minidl import MSELoss, disc_fold, standardize, train_epoch
from minidl.data import RADIUS, error_rate
from minidl.paper import Setting
from minidl.teaching.plots import STYLE, show_circle, show_points, show_regions

COVER = Path(__file__).resolve().parent.parent / "book" / "_static" / "cover.png"
EPOCHS = (0, 2, 5, 20)
SEED = 0


def draw():
    """Train the paper's network and draw its regions on the way.

    Returns
    -------
    matplotlib.figure.Figure
    """
    setting = Setting()
    generator = torch.Generator().manual_seed(SEED)
    fold = disc_fold(setting.n_train, setting.n_test, generator=generator, dtype=setting.dtype)
    x_train, x_test = standardize(fold.x_train, fold.x_test)
    network = setting.network("minidl", generator)
    with plt.style.context(STYLE):
        figure, axes = plt.subplots(1, len(EPOCHS), figsize=(6, 1.86))
        figure.get_layout_engine().set(w_pad=0.08, h_pad=0.06)
        panels = dict(zip(EPOCHS, axes, strict=True))
        for epoch in range(setting.epochs + 1):
            if epoch:
                train_epoch(
                    network,
                    MSELoss(),
                    x_train,
                    fold.y_train,
                    batch_size=setting.batch_size,
                    lr=setting.lr,
                )
            if epoch in panels:
                error = error_rate(network.forward(x_test), fold.y_test)
                title = f"epoch {epoch}" if epoch else "untrained"
                panel(panels[epoch], network, fold, f"{title}\n{100 * error:.1f} % wrong")
    return figure


def panel(axis, network, fold, title):
    """Draw the network's regions, every third test point, and the circle to be found."""

    def predict(grid):
        return network.forward(standardize(fold.x_train, grid)[1]).argmax(1)

    show_regions(axis, predict, resolution=301)
    show_points(axis, fold.x_test[::3], fold.y_test[::3].argmax(1), size=2)
    show_circle(axis, RADIUS)
    axis.set(title=title, xlabel="", ylabel="", xticks=[], yticks=[])


if __name__ == "__main__":
    draw().savefig(COVER, dpi=200, pil_kwargs={"optimize": True})
