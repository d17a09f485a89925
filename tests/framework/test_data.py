"""The data set: its rule, its repeatability, its pieces."""

import math

import torch
from draws import generator

from minidl import (
    balanced_radius,
    disc,
    disc_fold,
)


def test_labels_follow_the_distance():
    x, labels = disc(500, generator=generator(), radius=0.5, dtype=torch.float64)
    assert x.shape == (500, 2)
    assert labels.dtype == torch.int64
    assert x.abs().max() <= 1
    for (a, b), label in zip(x.tolist(), labels.tolist(), strict=True):
        assert label == (math.hypot(a, b) < 0.5)


def test_precision_does_not_change_the_draw():
    x32, labels32 = disc(100, generator=generator(1))
    x64, labels64 = disc(100, generator=generator(1), dtype=torch.float64)
    assert torch.equal(x32, x64.float())
    assert torch.equal(labels32, labels64)


def test_fold_draws_fresh_points_for_the_test():
    fold = disc_fold(30, 20, generator=generator(), dtype=torch.float64)
    assert fold.x_train.shape == fold.y_train.shape == (30, 2)
    assert fold.x_test.shape == fold.y_test.shape == (20, 2)
    assert not torch.equal(fold.x_train[:20], fold.x_test)
    inside = fold.x_test.square().sum(1) < balanced_radius(2.0) ** 2
    assert torch.equal(fold.y_test[:, 1], inside.double())
