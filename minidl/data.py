"""The paper's data: points in a square, told apart by a disc."""

import math
from typing import NamedTuple

import torch

from .rules import COUNT, FLOAT, GENERATOR, POSITIVE, SOME_ROWS, TENSOR, takes


@takes(side=POSITIVE)
def balanced_radius(side):
    """Return the radius of the disc that covers half of a square.

    From π r² = side² / 2 follows r = side / √(2π).  For the paper's square of side 2 this is
    √(2/π) ≈ 0.798, as in its authors' program.  The paper prints 2/√π ≈ 1.128, which is a slip:
    that disc reaches over the edges of the square and covers 91 % of it.
    """
    return side / math.sqrt(2 * math.pi)


RADIUS = balanced_radius(2.0)


@takes(n=COUNT, generator=GENERATOR, radius=POSITIVE, dtype=FLOAT)
def disc(n, *, generator=None, radius=RADIUS, dtype=None):
    """Draw points from the square [−1, 1]², (n, 2), with labels: 1 inside a disc around 0, else 0.

    With the default radius both classes are equally likely.  The draw is always in float64,
    so that it is the same on every machine.
    """
    x = 2 * torch.rand(n, 2, generator=generator, dtype=torch.float64) - 1
    labels = (x.square().sum(1) < radius**2).long()
    return x.to(dtype or torch.get_default_dtype()), labels


LABELS = TENSOR("N", dtype=torch.int64, holds=("from 0 on", lambda value: (value >= 0).all()))


@takes(labels=LABELS, num_classes=COUNT, dtype=FLOAT)
def one_hot(labels, num_classes, dtype=None):
    """Write each label as a row of num_classes numbers with a single 1 in the label's column.

    PyTorch itself refuses labels that are too large, by an IndexError.
    """
    return torch.eye(num_classes, dtype=dtype)[labels]


#: Each row's largest entry says a class.
CLASSES = TENSOR("N", "C", some=True, holds=("no NaN", lambda value: not value.isnan().any()))


@takes(prediction=CLASSES, target=CLASSES)
def error_rate(prediction, target):
    """Return the share of samples, from 0 to 1, whose largest output is in the wrong column."""
    wrong = prediction.argmax(1) != target.argmax(1)
    return wrong.sum().item() / len(target)


@takes(x=SOME_ROWS, y=SOME_ROWS, batch_size=COUNT, generator=GENERATOR)
def minibatches(x, y, batch_size, *, generator=None):
    """Cut samples into consecutive mini-batches: yield rows of x and the same rows of y.

    The last mini-batch may be smaller.  With a generator the samples are first shuffled.
    """
    if generator is not None:
        order = torch.randperm(len(x), generator=generator)
        x, y = x[order], y[order]
    yield from zip(x.split(batch_size), y.split(batch_size), strict=True)


#: Entries that have a spread: their standard deviation is finite and above 0.
SPREAD = ("finite numbers, not all equal", lambda value: 0 < value.std() < math.inf)


@takes(train=TENSOR("N", "F", holds=SPREAD), test=TENSOR("M", "F", like="train"))
def standardize(train, test):
    """Return (x − m)/s of both, with mean m and standard deviation s of all entries of ``train``.

    The standard deviation is that with n − 1.  Test data have no part in the two numbers: a
    network in use meets its inputs one at a time, and no set of them to take a mean of.
    """
    mean, std = train.mean(), train.std()
    return (train - mean) / std, (test - mean) / std


class Fold(NamedTuple):
    """Training and test data of one repetition: points (N, 2), one-hot targets (N, 2)."""

    x_train: torch.Tensor
    y_train: torch.Tensor
    x_test: torch.Tensor
    y_test: torch.Tensor


@takes(n_train=COUNT, n_test=COUNT, generator=GENERATOR, dtype=FLOAT)
def disc_fold(n_train, n_test, *, generator=None, dtype=None):
    """Draw one repetition's ``Fold`` by :func:`disc`: training points first, then tests."""
    x_train, train_labels = disc(n_train, generator=generator, dtype=dtype)
    x_test, test_labels = disc(n_test, generator=generator, dtype=dtype)
    y_train = one_hot(train_labels, 2, dtype)
    y_test = one_hot(test_labels, 2, dtype)
    return Fold(x_train, y_train, x_test, y_test)
