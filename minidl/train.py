"""The training loop."""

import math
import operator
from dataclasses import dataclass, field

import torch
from tqdm import tqdm

from .compiled import (
    CompiledLayers,
    CompiledLayerSamples,
    CompiledMethods,
    CompiledMethodSamples,
)
from .data import error_rate, minibatches
from .losses import MSELoss
from .optim import SGD
from .plan import PlannedSamples, PlannedTraining, blocks, chain
from .rules import (
    EPOCH,
    FLAG,
    FUNCTION,
    LOSS,
    MODULE,
    NETWORK,
    ROWS,
    TRAINING,
    check_loss,
    check_prediction,
    one_row_fits,
    says_reduction,
    starts_from_zero,
    takes,
)
from .sequential import Sequential


@dataclass
class History:
    """What a training run was like.

    Attributes
    ----------
    loss : list of float
        One entry an epoch: the mean of the mini-batches' losses, weighted by their
        sizes, each taken when the mini-batch was met, so before its step.
    train_error, test_error : list of float
        Error rates between 0 and 1: before the first epoch and after each, so that
        entry e is the one after e epochs.  ``test_error`` stays empty if no test data
        were given.
    """

    loss: list = field(default_factory=list)
    train_error: list = field(default_factory=list)
    test_error: list = field(default_factory=list)


@takes(model=NETWORK, loss=LOSS, x=ROWS, y=ROWS)
def accumulate_batch(model, loss, x, y):
    """Add a mini-batch's gradient to the stored gradients, all samples at once.

    Parameters
    ----------
    model : Sequential
    loss : MSELoss
    x, y : torch.Tensor, shapes (N, in_features) and (N, out_features)

    Returns
    -------
    float
        The loss of the mini-batch.

    Raises
    ------
    TypeError, ValueError
        If an argument cannot be right; before any gradient is changed.
    """
    outputs = model.forward_pass(x)
    model.backward_pass(outputs, loss.backward(outputs[-1], y))
    return loss.forward(outputs[-1], y).item()


@takes(says_reduction, starts_from_zero, model=NETWORK, loss=LOSS, x=ROWS, y=ROWS)
def accumulate_samples(model, loss, x, y):
    """Do the same in the paper's way: sample by sample, then divide by their number.

    Where the loss is a sum, not a mean, nothing is divided.  Arguments and result are
    those of :func:`accumulate_batch`, and so are the gradients, but for rounding.  The
    stored gradients must be zero before, and are refused with a ValueError if not.
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


@takes(one_row_fits, model=NETWORK, loss=LOSS, **EPOCH, accumulate=FUNCTION)
def train_epoch(model, loss, x, y, *, batch_size, lr, generator=None, accumulate=accumulate_batch):
    """Go through the samples once: reset, accumulate and step for each mini-batch.

    Parameters
    ----------
    model : Sequential
        Changed in place.
    loss : MSELoss
    x, y : torch.Tensor, shapes (N, in_features) and (N, out_features)
    batch_size : int
        Samples to a step; the last mini-batch may be smaller.
    lr : float
        The learning rate η.
    generator : torch.Generator, optional
        If given, the samples are taken in a random order.
    accumulate : callable
        :func:`accumulate_batch` or :func:`accumulate_samples`.

    Returns
    -------
    float
        Mean of the mini-batches' losses, weighted by their sizes, each taken before
        its step.

    Raises
    ------
    TypeError, ValueError
        If an argument cannot be right, or the network, the loss and the data do not go
        together, which is tried with one row on a copy; before anything is changed or drawn.
        What they raise for later rows only comes in the midst of a mini-batch, whose
        gradients are then incomplete; it has made no step.
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
        check_loss(value, batch, lr)
        optimizer.step()
        total += value * len(x_batch)
    return total / len(x)


@takes(
    one_row_fits,
    model=MODULE,
    loss=LOSS,
    **TRAINING,
    per_sample=FLAG,
    errors=FLAG,
    compile=FLAG,
)
def fit(
    model,
    loss,
    x,
    y,
    *,
    epochs,
    batch_size,
    lr,
    per_sample=False,
    test=None,
    generator=None,
    progress=False,
    errors=True,
    compile=False,
):
    """Train a model by mini-batch gradient descent.

    The steps are those of :func:`train_epoch`, and so are the results but for
    rounding.  A network of linear layers, activations and mean squared error is
    trained by a :class:`minidl.plan.Plan`, with fewer operations.

    Parameters
    ----------
    model : Module
        Usually a :class:`Sequential`.  Changed in place.
    loss : MSELoss
        Or whatever has its two methods.
    x : torch.Tensor, shape (N, in_features)
    y : torch.Tensor, shape (N, out_features)
        Targets, one-hot.
    epochs : int
        How often to go through all samples.
    batch_size : int
        Samples to a step; the last mini-batch of an epoch may be smaller.
    lr : float
        The learning rate η.
    per_sample : bool
        The paper's way: each sample of a mini-batch goes forward and backward by
        itself, the gradients are added up, divided by the number of samples and
        applied once.  The result is the same but for rounding, and far slower.
    test : (torch.Tensor, torch.Tensor), optional
        Test samples and targets, for ``History.test_error``.
    generator : torch.Generator, optional
        If given, the samples are put in a new random order every epoch; else they
        are taken in the order in which they stand.
    progress : bool
        Show a progress bar, if the output is a terminal.
    errors : bool
        Measure the error rates before the first epoch and after every one.
    compile : bool
        Let ``torch.compile`` make one function of ten steps, or of ten samples.  This takes
        seconds before the first step and works for any modules.  Where there is no C++ compiler, a
        warning says so and the training goes on without.

    Returns
    -------
    History

    Raises
    ------
    TypeError, ValueError
        If an argument cannot be right; before anything is changed or drawn.
    FloatingPointError
        If the loss, or the network's output after an epoch, becomes infinite or not a
        number.  All steps before have been made and are not taken back: the parameters
        are those with which it happened, the gradients those of the last mini-batch met.
    """
    if not hasattr(model, "forward_pass"):
        model = Sequential([model])
    trainer = _trainer(model, loss, lr, per_sample, compile)
    options = {
        "batch_size": batch_size,
        "lr": lr,
        "generator": generator,
        "accumulate": accumulate_samples if per_sample else accumulate_batch,
    }
    if trainer is None:
        losses = _epochs(model, loss, x, y, **options)
    else:
        losses = _fast_epochs(trainer, model, loss, x, y, **options)
    history = History()

    def measure(epoch):
        history.train_error.append(_error_rate(model, x, y, epoch, lr))
        if test is not None:
            history.test_error.append(_error_rate(model, *test, epoch, lr))

    if errors:
        measure(0)
    numbers = range(1, epochs + 1)
    for epoch in tqdm(numbers, disable=None, leave=False) if progress else numbers:
        try:
            history.loss.append(next(losses))
        except FloatingPointError as error:
            raise FloatingPointError(f"epoch {epoch}, {error}") from None
        if trainer is not None and (errors or epoch == epochs):
            trainer.store()
        if errors:
            measure(epoch)
    return history


def _trainer(model, loss, lr, per_sample, compile):
    """Choose the fastest way in which a network can be trained; None is the plain way."""
    found = blocks(model) if type(loss) is MSELoss else None
    if per_sample:
        says_reduction("fit", loss)
    if compile:
        by_layers = CompiledLayerSamples if per_sample else CompiledLayers
        by_methods = CompiledMethodSamples if per_sample else CompiledMethods
        return by_layers(found, loss, lr) if found else by_methods(model, loss, lr)
    by_plan = PlannedSamples if per_sample else PlannedTraining
    return by_plan(found, loss, lr) if found else None


def _epochs(model, loss, x, y, **options):
    """Yield the mean loss of one epoch after another, all by the modules' own methods."""
    while True:
        yield train_epoch.__wrapped__(model, loss, x, y, **options)  # what is given is known


def _fast_epochs(trainer, model, loss, x, y, *, generator, batch_size, **options):
    """Yield the mean loss of one epoch after another, each gone through by a trainer.

    An epoch in which a loss is infinite or not a number is taken back and repeated the
    plain way, which stops at the mini-batch where that happens and says so.
    """
    columns = trainer.prepare(x)
    batches = []
    while True:
        if generator is not None or not batches:
            batches = list(minibatches(columns, y, batch_size, generator=generator))
            shares = [len(part) / len(x) for part, _ in batches]
        mean = sum(map(operator.mul, trainer.epoch(batches), shares))
        if not math.isfinite(mean):
            trainer.undo()
            x_again, y_again = (torch.cat(parts) for parts in zip(*batches, strict=True))
            options["batch_size"] = batch_size
            mean = train_epoch(model, loss, x_again[:, : x.shape[1]], y_again, **options)
            trainer.load()
        yield mean


def _error_rate(model, x, y, epoch, lr):
    """Measure an error rate after an epoch; of inner outputs only the last is kept."""
    prediction = x
    for module in chain(model):
        prediction = module.forward(prediction)
    check_prediction(prediction, epoch, lr)
    return error_rate(prediction, y)
