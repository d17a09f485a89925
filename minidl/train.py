"""The plain training loop, and what a training run leaves behind."""

import math
from dataclasses import dataclass, field

from .data import minibatches
from .optim import SGD
from .rules import EPOCH, FUNCTION, SAMPLES, one_row_fits, takes


@dataclass
class History:
    """What a training run was like.

    Attributes
    ----------
    loss : list of float
        One entry an epoch: the mean of the mini-batches' losses, weighted by their
        sizes, each taken when the mini-batch was met, so before its step.
    train_error, test_error : list of float
        Error rates from 0 to 1, entry e after e epochs; empty without data for them.
    """

    loss: list = field(default_factory=list)
    train_error: list = field(default_factory=list)
    test_error: list = field(default_factory=list)


def record(train, predict, epochs, lr, *sets, history=None, keep=None):
    """Train for some epochs; return their History, with error rates on up to two sets (x, y).

    ``train(epoch)`` makes the steps of an epoch and returns its loss.  A ``history`` that is
    given is gone on with; ``keep(history)`` is called after every epoch.
    """
    history = history or History()
    rates = (history.train_error, history.test_error)
    sets = [(errors, x, y.argmax(1)) for errors, (x, y) in zip(rates, sets, strict=False)]
    done = len(history.loss)
    for epoch in range(done + 1 if done else 0, epochs + 1):
        if epoch > 0:
            history.loss.append(train(epoch))
            check_loss(history.loss[-1], lr, f"epoch {epoch}")
        for errors, x, classes in sets:
            prediction = predict(x)
            place = f"epoch {epoch}, after its last mini-batch"
            check_loss(prediction.sum(), lr, place, "the sum of the network's output")
            errors.append((prediction.argmax(1) != classes).sum().item() / len(classes))
        if keep and epoch > 0:
            keep(history)
    return history


def check_loss(value, lr, place, what="the loss"):
    """Stop a training whose loss, or what else is said, has become infinite or not a number."""
    if not math.isfinite(value):
        advice = "the steps are probably too large, try a smaller learning rate"
        raise FloatingPointError(f"{place}: {what} is {value}, with learning rate {lr}; {advice}")


@takes(**SAMPLES)
def accumulate_batch(model, loss, x, y):
    """Add a mini-batch's gradient to the stored ones, all samples at once; return its loss."""
    outputs = model.forward_pass(x)
    model.backward_pass(outputs, loss.backward(outputs[-1], y))
    return loss.forward(outputs[-1], y).item()


def starts_from_zero(owner, model, **_):
    """Refuse a network whose stored gradients are not zero."""
    for k, (_, grad) in enumerate(model.param()):
        if grad.any():
            raise ValueError(f"{owner}: the gradient in model.param()[{k}] is not zero")


@takes(starts_from_zero, **SAMPLES)
def accumulate_samples(model, loss, x, y):
    """Add a mini-batch's gradient in the paper's way: by samples, then divided by their number.

    Where the loss is a sum, not a mean, nothing is divided.  Loss and gradients are those of
    :func:`accumulate_batch`, but for rounding.
    """
    values = []
    for x_sample, y_sample in zip(x.split(1), y.split(1), strict=True):
        outputs = model.forward_pass(x_sample)
        model.backward_pass(outputs, loss.backward(outputs[-1], y_sample))
        values.append(loss.forward(outputs[-1], y_sample).item())
    if loss.reduction == "sum":
        return sum(values)
    for _, grad in model.param():
        grad.div_(len(x))
    return sum(values) / len(values)


@takes(one_row_fits, **SAMPLES | EPOCH, accumulate=FUNCTION)
def train_epoch(model, loss, x, y, *, batch_size, lr, generator=None, accumulate=accumulate_batch):
    """Go through the samples once: reset, accumulate and step; return :class:`History`'s entry.

    Where a module or loss without rules raises an error for later rows only, the gradients are
    those of a part of the mini-batch, which has made no step.

    Parameters
    ----------
    batch_size
        Samples to a step; the last mini-batch may be smaller.
    accumulate
        :func:`accumulate_batch` or :func:`accumulate_samples`.

    Raises
    ------
    FloatingPointError
        If the loss becomes infinite or not a number.  The mini-batches before have
        made their steps and this one has not; the gradients are this one's.
    """
    optimizer = SGD(model, lr)
    total = 0.0
    batches = minibatches(x, y, batch_size, generator=generator)
    for batch, (x_batch, y_batch) in enumerate(batches, start=1):
        optimizer.zero_grad()
        value = accumulate(model, loss, x_batch, y_batch)
        check_loss(value, lr, f"mini-batch {batch}")
        optimizer.step()
        total += value * len(x_batch)
    return total / len(x)
