"""The paper's Table III beside ours, and the ends of its Figure 2."""

import csv
from collections import defaultdict
from importlib.resources import files

import torch

from ..rules import LIST_OF, A, takes
from .experiment import CURVE, Result
from .setting import FRAMEWORK
from .tables import Table

LABELS = {"minidl": "Custom framework", "torch": "PyTorch", "own": "Your framework"}

#: Error rates of the paper's Table III in per cent, mean and standard deviation of ten runs.
TABLE3 = {
    ("minidl", "train"): (4.33, 1.83),
    ("minidl", "test"): (4.88, 2.23),
    ("torch", "train"): (10.17, 8.88),
    ("torch", "test"): (16.59, 14.13),
}


def _figure2():
    text = files(__package__).joinpath("figure2.csv").read_text()
    curves = defaultdict(lambda: ([], []))
    for row in csv.DictReader(line for line in text.splitlines() if line[0] != "#"):
        means, stds = curves[{"custom": "minidl"}.get(row["framework"], "torch"), row["panel"]]
        means.append(float(row["mean"]))
        stds.append(float(row["std"]))
    return dict(curves)


#: The paper's Figure 2.  For a framework and one of "loss", "train_error", "test_error" the means
#: and the standard deviations of ten runs, 20 of each; error rates as shares.
FIGURE2 = _figure2()


def paper_side(framework):
    """Name the paper's framework that one of ours is compared with."""
    return "torch" if framework == "torch" else "minidl"


def std_of_chance(errors, moved):
    """Return the standard deviation over runs, the last dimension, that chance alone makes.

    Where the first of every ten runs is tested on moved points it is left out: every
    experiment of ten has one, so that it is in the mean and not in its scatter.
    """
    if moved and errors.shape[-1] > 2:
        errors = errors[..., torch.arange(errors.shape[-1]) % 10 > 0]
    return errors.std(-1)


@takes(framework=FRAMEWORK, name=CURVE)
def paper_epochs(framework, name):
    """Return how many epochs are trained at each of the 20 points of one of Figure 2's curves.

    Error rates are taken before an epoch, PyTorch's on training data after it, as a loss is.
    """
    late = name == "loss" or (paper_side(framework), name) == ("torch", "train_error")
    return range(1, 21) if late else range(20)


@takes(results=LIST_OF(A(Result)))
def table(results):
    """Summarise error rates in per cent: Table III, a dict for each framework and data.

    ``epochs`` is when the error rates were taken; ``mean`` and ``std`` are ours over the
    repetitions (``std`` is None for a single one), ``paper_…`` those of Table III, and
    ``figure_…`` where the curves of Figure 2 end.  ``off`` says by how many standard errors the
    paper's mean, of ten runs, lies above ours, of R: the standard error of their difference is
    s·√(1/10 + 1/R), with ``std_of_chance`` for s (None if that is None or 0).
    """
    return [_row(result, data) for result in results for data in ("train", "test")]


def _row(result, data):
    paper, errors = paper_side(result.framework), result.errors(data)
    row = {"framework": result.framework, "data": data}
    row["epochs"] = result.setting.epochs_trained(result.framework, data)
    row |= {"mean": errors.mean().item(), "std": None}
    row["paper_mean"], row["paper_std"] = TABLE3[paper, data]
    row["figure_mean"], row["figure_std"] = (100 * x[-1] for x in FIGURE2[paper, f"{data}_error"])
    row["off"] = None
    if len(errors) > 1:
        row["std"] = errors.std().item()
        chance = std_of_chance(errors, bool(result.moved) and data == "test").item()
        se = chance * (1 / 10 + 1 / len(errors)) ** 0.5
        row["off"] = (row["paper_mean"] - row["mean"]) / se if se > 0 else None
    return row


@takes(rows=LIST_OF(A(dict)))
def format_table(rows):
    """Set the rows of :func:`table` as a table; behind ± stand standard deviations."""
    entries = []
    for row in rows:
        std, off = "    –" if row["std"] is None else f"{row['std']:5.2f}", "–"
        if row["off"] is not None:
            off = f"{'yes' if abs(row['off']) <= 1 else 'no'} ({row['off']:+.1f})"
        label = f"{LABELS[row['framework']]}, {row['data']}"
        paper = f"{row['paper_mean']:.2f} ± {row['paper_std']:5.2f}"
        figure = f"{row['figure_mean']:.2f} ± {row['figure_std']:5.2f}"
        entries.append([label, f"{row['mean']:.2f} ± {std}", paper, off, figure])
    return Table(["Error rate [%]", "ours", "Table III", "within SE", "Figure 2"], entries)
