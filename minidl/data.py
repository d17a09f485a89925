"""The paper's data: points in a square, told apart by a disc."""

import math
from typing import NamedTuple

import torch

from .checks import (
    check_classes,
    check_count,
    check_dtype,
    check_finite,
    check_generator,
    check_labels,
    check_number,
    check_rows,
    check_tensor,
)


def balanced_radius(side):
    """Return the radius of the disc that covers half of a square.

    From π r² = side² / 2 follows r = side / √(2π).  For the paper's square of side
    2 this is √(2/π) ≈ 0.798, as in its authors' program.  The paper prints
    2/√π ≈ 1.128, which is a slip: that disc reaches over the edges of the square and
    covers 91 % of it.

    Parameters
    ----------
    side : float
        Length of the square's side, above 0.

    Returns
    -------
    float
        The radius, in the unit of ``side``.

    Raises
    ------
    TypeError, ValueError
        If ``side`` is not such a number.
    """
    check_number("balanced_radius", "side", side, above=0)
    return side / math.sqrt(2 * math.pi)


#: Radius of the paper's disc, put right.
RADIUS = balanced_radius(2.0)


def disc(n, *, generator=None, radius=RADIUS, dtype=torch.float32):
    """Draw points from the square [−1, 1]² and label them by a disc around 0.

    Parameters
    ----------
    n : int
        How many points, at least 1.
    generator : torch.Generator, optional
        Source of the random numbers; PyTorch's default one if None.
    radius : float
        Of the disc, above 0.  With the default both classes are equally likely.
    dtype : torch.dtype
        Of the points, float32 or float64.  The draw itself is always in float64, so
        that it is the same on every machine.

    Returns
    -------
    x : torch.Tensor, shape (n, 2)
        The points.
    labels : torch.Tensor of int64, shape (n,)
        1 inside the disc, 0 outside.

    Raises
    ------
    TypeError, ValueError
        If an argument cannot be right; before anything is drawn.
    """
    check_count("disc", "n", n)
    check_dtype("disc", dtype)
    check_generator("disc", generator)
    check_number("disc", "radius", radius, above=0)
    x = 2 * torch.rand(n, 2, generator=generator, dtype=torch.float64) - 1
    labels = (x.square().sum(1) < radius**2).long()
    return x.to(dtype), labels


def one_hot(labels, num_classes, dtype=torch.float32):
    """Write each label as a row with a single 1 in the label's column.

    Parameters
    ----------
    labels : torch.Tensor of int64, shape (N,)
        Each from 0 to ``num_classes`` − 1.
    num_classes : int
    dtype : torch.dtype
        Of the result, float32 or float64.

    Returns
    -------
    torch.Tensor, shape (N, num_classes)

    Raises
    ------
    TypeError, ValueError
        If the labels are not whole numbers in one dimension, or lie out of range.
    """
    check_count("one_hot", "num_classes", num_classes)
    check_labels("one_hot", labels, num_classes)
    check_dtype("one_hot", dtype)
    return torch.eye(num_classes, dtype=dtype)[labels]


def error_rate(prediction, target):
    """Return the share of samples whose largest output is in the wrong column.

    Parameters
    ----------
    prediction, target : torch.Tensor, shape (N, C)
        The target one-hot.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    TypeError, ValueError
        If the shapes differ, there is no sample, or an entry is NaN.
    """
    check_classes("error_rate", prediction, target)
    wrong = prediction.argmax(1) != target.argmax(1)
    return wrong.sum().item() / len(target)


def minibatches(x, y, batch_size, *, generator=None):
    """Cut samples into consecutive mini-batches.

    Parameters
    ----------
    x, y : torch.Tensor, shapes (N, …)
        Samples and targets, row by row.
    batch_size : int
        Rows of a mini-batch.  The last one holds what is left and may be smaller.
    generator : torch.Generator, optional
        If given, the samples are first put in a random order.

    Yields
    ------
    (torch.Tensor, torch.Tensor)
        Rows of x and the same rows of y.

    Raises
    ------
    TypeError, ValueError
        If an argument cannot be right; when the first mini-batch is asked for.
    """
    check_rows("minibatches", x, y)
    check_count("minibatches", "batch_size", batch_size)
    check_generator("minibatches", generator)
    if generator is not None:
        order = torch.randperm(len(x), generator=generator)
        x, y = x[order], y[order]
    yield from zip(x.split(batch_size), y.split(batch_size), strict=True)


def standardize(train, test):
    """Shift and scale inputs by one mean and one standard deviation, those of all training entries.

    Afterwards the training entries have mean 0 and standard deviation 1; the test
    entries nearly so.  Test data have no part in the two numbers: a network in use
    meets its inputs one at a time, and no set of them to take a mean of.

    Parameters
    ----------
    train, test : torch.Tensor, shapes (N, F) and (M, F)
        Left as they are.

    Returns
    -------
    (torch.Tensor, torch.Tensor)
        (x − m)/s of both, where m and s are the mean and the standard deviation (with
        n − 1) of the N·F entries of ``train``.

    Raises
    ------
    TypeError, ValueError
        If the numbers of columns or the dtypes differ, or the training entries are not finite or
        all equal.
    """
    check_tensor("standardize", "train", train, shape=("N", "F"))
    check_finite("standardize", "train", train)
    check_tensor("standardize", "test", test, shape=("M", train.shape[1]), like=train)
    mean, std = train.mean(), train.std()
    check_number("standardize", "the standard deviation of train", std.item(), above=0)
    return (train - mean) / std, (test - mean) / std


class Fold(NamedTuple):
    """Training and test data of one repetition: points (N, 2), one-hot targets (N, 2)."""

    x_train: torch.Tensor
    y_train: torch.Tensor
    x_test: torch.Tensor
    y_test: torch.Tensor


def disc_fold(n_train, n_test, *, generator=None, dtype=torch.float32):
    """Draw one repetition's data: training points first, then test points.

    Parameters
    ----------
    n_train, n_test : int
        How many points of each.
    generator : torch.Generator, optional
        Source of the random numbers.
    dtype : torch.dtype
        Of points and targets, float32 or float64.

    Returns
    -------
    Fold

    Raises
    ------
    TypeError, ValueError
        If an argument cannot be right; before anything is drawn.
    """
    check_count("disc_fold", "n_train", n_train)
    check_count("disc_fold", "n_test", n_test)
    check_generator("disc_fold", generator)
    check_dtype("disc_fold", dtype)
    x_train, train_labels = disc(n_train, generator=generator, dtype=dtype)
    x_test, test_labels = disc(n_test, generator=generator, dtype=dtype)
    y_train = one_hot(train_labels, 2, dtype)
    y_test = one_hot(test_labels, 2, dtype)
    return Fold(x_train, y_train, x_test, y_test)
