"""The training of a network, by the fastest way there is for it."""

from math import isfinite
from operator import mul

from tqdm import tqdm

from .. import rules
from ..data import minibatches
from ..losses import MSELoss
from ..rules import FLAG, takes
from ..sequential import Sequential
from ..train import History
from .compiled import CompiledLayers, CompiledMethods
from .methods import Methods
from .plan import Planned, blocks


def ways_fit(owner, loss, per_sample, compile, **_):
    """Refuse a way to train that there is not."""
    if per_sample:
        rules.says_reduction(owner, loss)
    if per_sample and compile:
        raise ValueError(
            f"{owner}: per_sample=True and compile=True do not go together: only whole "
            "mini-batches are compiled; leave one of them out"
        )


FLAGS = {"per_sample": FLAG, "errors": FLAG, "compile": FLAG}


@takes(ways_fit, rules.one_row_fits, model=rules.MODULE, loss=rules.LOSS, **rules.TRAINING, **FLAGS)
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

    The steps are those of :func:`minidl.train_epoch`, and so are the results but for
    rounding.  A network of linear layers, activations and mean squared error is
    trained by a :class:`minidl.fast.plan.Plan`, in fewer operations.

    Parameters
    ----------
    model
        Usually a :class:`Sequential`.  Changed in place.
    y
        Targets, one-hot.
    epochs
        How often to go through all samples.
    batch_size
        Samples to a step; the last mini-batch of an epoch may be smaller.
    lr
        The learning rate η.
    per_sample
        The paper's way: each sample of a mini-batch goes forward and backward by
        itself, the gradients are added up, divided by the number of samples and
        applied once.  The result is the same but for rounding, and far slower.
    test
        Test samples and targets, for ``History.test_error``.
    generator
        If given, the samples are put in a new random order every epoch.
    progress
        Show a progress bar, if the output is a terminal.
    errors
        Measure the error rates before the first epoch and after every one.
    compile
        Let ``torch.compile`` make one function of ten steps.  This takes seconds before
        the first step and works for any modules, but not with ``per_sample``.  Where there
        is no C++ compiler, a warning says so and the training goes on without.

    Returns
    -------
    History

    Raises
    ------
    FloatingPointError
        If the loss of a mini-batch, or the network's output after an epoch, becomes
        infinite or not a number.  The losses are looked at when an epoch is over, so all
        its steps have been made: the parameters are those at the end of that epoch.
    """
    if not hasattr(model, "forward_pass"):
        model = Sequential([model])
    way, history = _way(model, loss, lr, per_sample, compile), History()
    data = way.prepare(x, y)
    sets = [(history.train_error, data[0], y.argmax(1))]
    if test is not None:
        sets.append((history.test_error, way.prepare(*test)[0], test[1].argmax(1)))

    def measure(epoch):
        for rates, points, classes in sets if errors else ():
            prediction = way.predict(points)
            if not isfinite(prediction.sum()):  # to look at each takes longer
                rules.check_prediction(prediction, epoch, lr)
            rates.append((prediction.argmax(1) != classes).sum().item() / len(classes))

    measure(0)
    try:
        for epoch in tqdm(range(1, epochs + 1), disable=None if progress else True, leave=False):
            if epoch == 1 or generator is not None:
                batches = list(minibatches(*data, batch_size, generator=generator))
            losses = way.epoch(batches)
            for batch, value in enumerate(losses, start=1):
                rules.check_loss(value, batch, lr, epoch)
            history.loss.append(sum(map(mul, losses, (len(part) for part, _ in batches))) / len(x))
            measure(epoch)
    finally:
        way.store()
    return history


def _way(model, loss, lr, per_sample, compile):
    """Choose the fastest way in which a network can be trained."""
    found = blocks(model) if type(loss) is MSELoss else None
    if compile:
        return CompiledLayers(found, model, loss, lr) if found else CompiledMethods(model, loss, lr)
    if found:
        return Planned(found, loss, lr, per_sample)
    return Methods(model, loss, lr, per_sample)
