"""The contestants do the same training, and the benchmark would notice if one did not."""

import numpy as np
import pytest
import torch
from contestants import CONTESTANTS, NumPy, Task, TorchCompiled, difference
from ladder import LADDER
from measure import check_agreement, prepare, warm_up

TASK = Task(width=5, layers=2, batch_size=10, samples=30, epochs=3, dtype="float64")

#: Compiling takes long; these are compared at the start of each benchmark.
COMPILED = {"minidl-compiled", "torch-compiled"}
TRAINING = {key: kind for key, kind in (CONTESTANTS | LADDER).items() if kind.trains}


def build(kind, task=TASK):
    if kind.lacks():
        pytest.skip(kind.lacks())
    contestant = kind(task)
    contestant.reset()
    return contestant


def by_autograd(task):
    """Train by the definition: the loss as a formula, autograd, one step after another."""
    parameters = [torch.from_numpy(array).requires_grad_() for array in task.parameters()]
    x, y = task.data()
    losses = []
    for _ in range(task.epochs):
        batch_losses = []
        for start in range(0, task.samples, task.batch_size):
            out, target = (tensor[start : start + task.batch_size] for tensor in (x, y))
            for k in range(0, len(parameters), 2):
                out = out if k == 0 else out.relu()
                out = out @ parameters[k].T + parameters[k + 1]
            loss = ((out - target) ** 2).sum() / out.numel()
            grads = torch.autograd.grad(loss, parameters)
            with torch.no_grad():
                for parameter, grad in zip(parameters, grads, strict=True):
                    parameter -= task.lr * grad
            batch_losses.append(loss.item())
        losses.append(sum(batch_losses) / len(batch_losses))
    return [parameter.detach().numpy() for parameter in parameters], losses


@pytest.mark.parametrize("key", sorted(TRAINING.keys() - COMPILED))
def test_every_contestant_does_the_training_of_the_definition(key):
    contestant = build(TRAINING[key])
    losses = contestant.train()
    expected, expected_losses = by_autograd(TASK)
    np.testing.assert_allclose(losses, expected_losses, rtol=0, atol=1e-10)
    found = contestant.parameters()
    assert [array.shape for array in found] == [array.shape for array in expected]
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.dtype == np.float64
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10)


@pytest.mark.parametrize("key", sorted(CONTESTANTS.keys() - COMPILED))
def test_a_second_run_begins_where_the_first_began(key):
    contestant = build(CONTESTANTS[key])
    first = contestant.train()
    contestant.reset()
    assert contestant.train() == first


def test_the_compiled_contestant_is_the_same_training_before_inductor_has_it():
    contestant = TorchCompiled(TASK, backend="aot_eager")
    contestant.reset()
    losses = contestant.train()
    _, expected_losses = by_autograd(TASK)
    np.testing.assert_allclose(losses, expected_losses, rtol=0, atol=1e-10)


def test_the_classifier_trains_the_same_network_with_another_loss():
    contestant = build(CONTESTANTS["sklearn-classifier"])
    losses = contestant.train()
    assert len(losses) == TASK.epochs and losses[-1] < losses[0]
    shapes = [array.shape for array in contestant.parameters()]
    assert shapes == [array.shape for array in TASK.parameters()]


def test_the_floor_takes_a_step_s_products_and_nothing_else():
    from operations import operations_a_step

    a_step = operations_a_step(CONTESTANTS["floor"], Task(samples=100, epochs=1))
    assert a_step["calls"] == {"mm": 14}


class WrongRate(NumPy):
    """Takes steps that are a tenth too long."""

    name = "wrong"

    def step(self, x, y):
        before = [array.copy() for array in self.parameters()]
        loss = super().step(x, y)
        for new, old in zip(self.parameters(), before, strict=True):
            new += 0.1 * (new - old)
        return loss


def test_a_contestant_that_trains_otherwise_is_refused():
    kinds = {"torch": CONTESTANTS["torch"], "numpy": NumPy}
    contestants, _ = prepare(kinds, Task())
    check_agreement(contestants, warm_up(contestants))
    contestants, _ = prepare(kinds | {"wrong": WrongRate}, Task())
    with pytest.raises(AssertionError, match="wrong: parameters or losses differ"):
        check_agreement(contestants, warm_up(contestants))


def test_a_difference_in_a_single_loss_or_parameter_counts():
    contestant = build(NumPy)
    losses = contestant.train()
    other = build(NumPy)
    other.train()
    assert difference(contestant, other, losses, losses) == 0
    assert difference(contestant, other, losses, [*losses[:-1], losses[-1] + 0.5]) == pytest.approx(
        0.5
    )
    other.biases[-1][1] += 0.25
    assert difference(contestant, other, losses, losses) == pytest.approx(0.25)


def test_a_task_whose_last_batch_would_be_smaller_is_refused():
    with pytest.raises(ValueError, match="30 samples make no whole batches of 7"):
        Task(samples=30, batch_size=7)
