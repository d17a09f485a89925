"""The data set: its rule, its repeatability, its pieces."""

import math

import pytest
import torch
from draws import generator
from hypothesis import given
from hypothesis import strategies as st

from minidl import (
    balanced_radius,
    disc,
    disc_fold,
    error_rate,
    one_hot,
    standardize,
)


def test_labels_follow_the_distance():
    x, labels = disc(500, generator=generator(), radius=0.5, dtype=torch.float64)
    assert x.shape == (500, 2)
    assert labels.dtype == torch.int64
    assert x.abs().max() <= 1
    for (a, b), label in zip(x.tolist(), labels.tolist(), strict=True):
        assert label == (math.hypot(a, b) < 0.5)


def test_classes_are_balanced():
    """The count of 200 000 points stays within five standard deviations of one half."""
    _, labels = disc(200_000, generator=generator())
    assert abs(labels.sum().item() - 100_000) < 5 * math.sqrt(200_000 / 4)


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


def test_standardize_takes_two_numbers_of_all_training_entries():
    """By hand: of 1, 3, 5, 11 the mean is 5, and the squares 16, 4, 0, 36 over 3 make s² = 56/3."""
    train = torch.tensor([[1.0, 3], [5, 11]], dtype=torch.float64)
    test = torch.tensor([[5.0, 6]], dtype=torch.float64)
    s = math.sqrt(56 / 3)
    expected = torch.tensor([[-4.0, -2, 0, 6, 0, 1]], dtype=torch.float64) / s
    found = torch.cat([part.flatten() for part in standardize(train, test)])
    torch.testing.assert_close(found[None], expected, rtol=0, atol=1e-15)
    with pytest.raises(ValueError, match=r"train is .*wanted finite numbers, not all equal"):
        standardize(torch.ones(3, 2), test.float())


@given(st.lists(st.integers(0, 4), max_size=20))
def test_one_hot_equals_torch(labels):
    labels = torch.tensor(labels, dtype=torch.int64)
    expected = torch.nn.functional.one_hot(labels, 5)
    assert torch.equal(one_hot(labels, 5), expected.float())
    assert torch.equal(one_hot(labels, 5, torch.float64), expected.double())
    with pytest.raises(IndexError, match="index 5 is out of bounds"):
        one_hot(torch.tensor([5]), 5)


def test_error_rate_counts_rows():
    target = one_hot(torch.tensor([0, 1, 2, 2]), 3)
    prediction = torch.tensor([[3.0, 1, 2], [0, 5, 1], [9, 0, 1], [0, 0, 1]])
    assert error_rate(prediction, target) == 0.25
