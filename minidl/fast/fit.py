"""The training of a network, by the fastest way there is for it."""

from operator import mul

import torch

from .. import distributed
from ..checkpoint import Checkpoint
from ..data import minibatches
from ..losses import MSELoss
from ..rules import FLAG, PATH, SAMPLES, TRAINING, one_row_fits, takes, tried
from ..train import History, accumulate_batch, accumulate_samples, check_loss, record
from .compiled import CompiledLayers, CompiledMethods, Methods
from .plan import Planned, blocks


@takes(
    one_row_fits, **SAMPLES | TRAINING, per_sample=FLAG, errors=FLAG, compile=FLAG, checkpoint=PATH
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
    errors=True,
    compile=False,
    checkpoint=None,
):
    """Train a network by mini-batch gradient descent; return its :class:`History`.

    The steps are those of :func:`minidl.train_epoch`, and so are the results but for
    rounding.  A network of linear layers, activations and mean squared error is
    trained by a :class:`minidl.fast.plan.Plan`, in fewer operations.  In a process group of
    ``torch.distributed`` every process takes its rows of each mini-batch, and all make the steps
    that one alone would make; where they differ in code, data or settings, nothing is trained.
    :func:`minidl.distributed.group` makes such a group of what ``torchrun`` has started.

    Parameters
    ----------
    per_sample
        The paper's way: the same but for rounding, and far slower.
    generator
        If given, the samples are put in a new random order every epoch.
    errors
        Measure the error rates before the first epoch and after every one.
    compile
        Let ``torch.compile`` make one function of ten steps.  This takes seconds before
        the first step and works for any modules, but not with ``per_sample``.  It needs a C++
        compiler; where there is none, PyTorch says so and no step is made.
    checkpoint
        A file.  After every epoch it is replaced by a new one, and where it is there already, a
        training goes on from it, to the same numbers as if it had never stopped.  It is to be
        begun as it was the first time: with the same data, network and order.

    Raises
    ------
    FloatingPointError
        If the loss of a mini-batch, or the network's output after an epoch, becomes
        infinite or not a number.  The losses are looked at when an epoch is over, so all
        its steps have been made: the parameters are those at the end of that epoch.
    ConnectionError
        If another process of the group is gone, or does not answer.
    """
    options = [type(loss), *getattr(loss, "__dict__", {}).items(), batch_size, lr, per_sample]
    training = {
        "data": [x, y, *(test or ())],
        "settings": [*options, errors, compile],
        "network": [model, *(parameter for parameter, _ in model.param())],
        "order": [] if generator is None else [generator.get_state()],
    }
    history, keep = History(), None
    if checkpoint is not None:
        kept = Checkpoint(checkpoint, model, generator, **training)
        history = History(**kept.load() or {})
        done = len(history.loss)
        if done > epochs:
            raise ValueError(f"fit: epochs is {epochs}, but {checkpoint} has done {done} already")

        def keep(history):
            way.store()
            kept.save(history)

    distributed.agree("fit", **training, epochs=[epochs], checkpoint=[history])
    if len(history.loss) == epochs:
        return history
    way, batches, sizes = _way(model, loss, lr, per_sample, compile), [], []
    rank, workers = distributed.world()
    if workers > 1 and isinstance(way, Methods):
        way.mean = _is_mean(model, loss, x[:100], y[:100])
    data = way.prepare(x, y)
    sets = [(data[0], y)] if errors else []
    if errors and test is not None:
        sets.append((way.prepare(*test)[0], test[1]))

    def train(epoch):
        if not batches or generator is not None:
            batches[:] = minibatches(*data, batch_size, generator=generator)
            sizes[:] = [len(part) for part, _ in batches]
            if workers > 1:
                rows = [slice(*distributed.own_rows(size, rank, workers)) for size in sizes]
                batches[:] = [(x[own], y[own]) for (x, y), own in zip(batches, rows, strict=True)]
        losses = distributed.add_up_losses(way.epoch(batches, sizes), f"epoch {epoch}")
        for batch, value in enumerate(losses, start=1):
            check_loss(value, lr, f"epoch {epoch}, mini-batch {batch}")
        return sum(map(mul, losses, sizes)) / len(x)

    try:
        return record(train, way.predict, epochs, lr, *sets, history=history, keep=keep)
    finally:
        way.store()


def _way(model, loss, lr, per_sample, compile):
    """Choose the fastest way in which a network can be trained."""
    if per_sample and compile:
        why = "do not go together: only whole mini-batches are compiled; leave one of them out"
        raise ValueError(f"fit: per_sample=True and compile=True {why}")
    if compile and distributed.world()[1] > 1:
        raise ValueError("fit: compile=True is for one process; leave it out where there are more")
    found = blocks(model) if type(loss) is MSELoss else None
    if compile:
        return CompiledLayers(found, model, loss, lr) if found else CompiledMethods(model, loss, lr)
    if found:
        return Planned(found, loss, lr, per_sample)
    return Methods(model, loss, lr, accumulate_samples if per_sample else accumulate_batch)


def _is_mean(model, loss, x, y):
    """Whether a loss is a mean over the samples, or their sum; what is neither is refused."""
    reduction = getattr(loss, "reduction", None)
    if reduction in ("mean", "sum"):
        return reduction == "mean"
    with tried("fit"):
        prediction = model.forward(x)
        once, twice = (loss.forward(prediction.repeat(n, 1), y.repeat(n, 1)) for n in (1, 2))
    for factor in (1, 2):
        if torch.isclose(twice, factor * once, rtol=1e-4):
            return factor == 1
    why = "is neither a mean over the samples nor their sum, and several processes cannot share it"
    raise ValueError(f"fit: loss {loss!r} {why}")
