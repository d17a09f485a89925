"""The front page."""

import tomllib
from functools import cache

import cover
import torch
from notebooks import ROOT
from prose_sources import calc

from minidl import MSELoss, disc_fold, fit

from .common import OURS, TORCH, pick

PYTHON = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]


@cache
def wrong_in_the_end():
    """Per cent of the test points that the network of the picture has wrong in the end."""
    generator = torch.Generator().manual_seed(cover.SEED)
    setting = cover.Setting()
    fold = disc_fold(setting.n_train, setting.n_test, generator=generator, dtype=setting.dtype)
    network = setting.network("minidl", generator)
    options = {"epochs": setting.epochs, "batch_size": setting.batch_size, "lr": setting.lr}
    history = fit(
        network,
        MSELoss(),
        fold.x_train,
        fold.y_train,
        test=(fold.x_test, fold.y_test),
        **options,
    )
    return round(100 * history.test_error[-1])


STATED = [
    ("Theirs made # % errors on the test data, PyTorch # %", pick(OURS, 0), pick(TORCH, 0)),
    (
        "After # and # epochs its region closes in on the circle; after # it follows the circle "
        "and # per cent",
        calc(*cover.EPOCHS[1:], wrong_in_the_end()),
    ),
    ("Python # or newer", calc(float(PYTHON.removeprefix(">=")))),
]
