"""The experiment itself: repetitions with one framework, and what came out."""

import math
from copy import deepcopy
from dataclasses import dataclass, field
from types import ModuleType

import torch
from tqdm import tqdm

from .. import data as book
from ..fast.fit import fit
from ..losses import MSELoss
from ..rules import FLAG, ONE_OF, A, Rule, check_prediction, takes
from ..train import History
from .setting import Setting
from .twin import fit_torch, torch_twin

CURVE = ONE_OF("loss", "train_error", "test_error")
FRAMEWORKS = ("minidl", "torch")
FRAMEWORK = Rule(
    "'minidl', 'torch' or a module",
    (str, ModuleType),
    lambda framework: isinstance(framework, ModuleType) or framework in FRAMEWORKS,
)

#: What a framework of one's own must define, ``standardize`` only where that is done.
NEEDED = (
    "balanced_radius",
    "one_hot",
    "standardize",
    "paper_network",
    "train_epoch",
    "MSELoss",
)


@dataclass
class Result:
    """What came out for one framework.

    Attributes
    ----------
    framework : str
    setting : Setting
    histories : list of History
        One a repetition.
    moved : dict of int to History
        For repetitions in which PyTorch meets moved test points, see :class:`Setting`, the
        history with these.
    pictures : tuple of torch.Tensor
        For Figure 1, from the first repetition: the test points, their classes,
        and the classes that the network gave them before and after training.
    """

    framework: str
    setting: Setting
    histories: list[History] = field(default_factory=list)
    moved: dict[int, History] = field(default_factory=dict)
    pictures: tuple = ()

    @takes(name=CURVE)
    def curves(self, name):
        """Stack one of the histories' lists, named as there: a row for each repetition.

        Returns
        -------
        torch.Tensor of float64, shape (repeats, epochs) or (repeats, epochs + 1)
            The loss in each epoch, or the error rates after 0, 1, … epochs.
        """
        lists = [getattr(history, name) for history in self.histories]
        return torch.tensor(lists, dtype=torch.float64)

    @takes(data=ONE_OF("train", "test"))
    def errors(self, data):
        """Return the error rates that Table III is made of, in per cent: shape (repeats,)."""
        epochs = self.setting.epochs_trained(self.framework, data)
        rates = self.curves(f"{data}_error")[:, epochs]
        if data == "test":
            for r, history in self.moved.items():
                rates[r] = history.test_error[epochs]
        return 100 * rates


def is_whole(owner, setting, framework, **_):
    """Refuse a reader's own framework in which something is missing."""
    if isinstance(framework, ModuleType):
        needed = [part for part in NEEDED if setting.standardize or part != "standardize"]
        lacking = [part for part in needed if not hasattr(framework, part)]
        if lacking:
            raise ValueError(
                f"{owner}: framework is the module {framework.__name__}, "
                f"which lacks {', '.join(lacking)}"
            )


@takes(is_whole, setting=A(Setting), framework=FRAMEWORK, progress=FLAG)
def run(setting, framework, *, progress=False):
    """Do the experiment with one framework.

    Parameters
    ----------
    setting : Setting
    framework : {"minidl", "torch"} or module
        All are given the same data.  A module is a reader's own framework and holds
        what :data:`NEEDED` lists; everything is then done by it.
    progress : bool
        Show a progress bar, if the output is a terminal.

    Returns
    -------
    Result

    Raises
    ------
    TypeError, ValueError
        If an argument cannot be right; before anything is run.
    FloatingPointError
        If the training diverges.
    """
    name = "own" if isinstance(framework, ModuleType) else framework
    result = Result(name, setting)
    for r in tqdm(range(setting.repeats), name, disable=None if progress else True, leave=False):
        generator = torch.Generator().manual_seed(setting.seed + r)
        x_train, y_train, x_test, y_test = raw = _fold(setting, framework, generator)
        if setting.standardize:
            tool = framework if name == "own" else book
            x_train, x_test = tool.standardize(x_train, x_test)
        start, train = _network(setting, framework, generator)
        history, network = train(x_train, y_train, x_test, y_test)
        result.histories.append(history)
        if name == "torch" and setting.moved_test and r % 10 == 0:
            result.moved[r], _ = train(x_train, y_train, unit_square(x_test), y_test)
        if r == 0:
            answers = [forward(x_test).argmax(1) for forward in (start, network)]
            result.pictures = (raw[2], y_test.argmax(1), *answers)
    return result


def unit_square(x):
    """Shift and scale each column to [0, 1]."""
    low, high = x.min(0).values, x.max(0).values
    return (x - low) / (high - low)


def _fold(setting, framework, generator):
    """Draw one repetition's data, in its own framework's terms."""
    options = {"generator": generator, "dtype": setting.dtype}
    if not isinstance(framework, ModuleType):
        return book.disc_fold(setting.n_train, setting.n_test, **options)
    sets = []
    for n in (setting.n_train, setting.n_test):
        x, labels = book.disc(n, radius=framework.balanced_radius(2.0), **options)
        sets += [x, framework.one_hot(labels, 2, setting.dtype)]
    return sets


def _network(setting, framework, generator):
    """Build a network; return its forward pass, and a function that trains a copy of it.

    The function returns a history and the forward pass of the trained network.
    """
    options = {"batch_size": setting.batch_size, "lr": setting.lr}
    if framework == "torch":
        start = torch_twin(setting.network("torch", generator))

        def train(x, y, *test):
            twin = deepcopy(start)
            history = fit_torch(twin, x, y, epochs=setting.epochs, test=test, **options)
            return history, torch.no_grad()(twin)

        return torch.no_grad()(start), train
    if framework == "minidl":
        start = setting.network("minidl", generator)
        options["per_sample"] = setting.per_sample

        def train(x, y, *test):
            network = deepcopy(start)
            history = fit(network, MSELoss(), x, y, epochs=setting.epochs, test=test, **options)
            return history, network.forward

        return start.forward, train
    start = framework.paper_network(
        setting.width,
        setting.layers,
        init=setting.start("own"),
        generator=generator,
        dtype=setting.dtype,
    )
    if setting.per_sample:
        options["accumulate"] = framework.accumulate_samples

    def train(*data):
        network = deepcopy(start)
        return _fit_own(framework, network, setting, *data, **options), network.forward

    return start.forward, train


def _fit_own(own, network, setting, x, y, x_test, y_test, **options):
    """Train a reader's own network with the reader's own functions."""
    history = History()
    for epoch in range(setting.epochs + 1):
        if epoch > 0:
            loss = own.train_epoch(network, own.MSELoss(), x, y, **options)
            if not math.isfinite(loss):
                raise FloatingPointError(f"epoch {epoch}: the loss is {loss}")
            history.loss.append(loss)
        for errors, points, target in (
            (history.train_error, x, y),
            (history.test_error, x_test, y_test),
        ):
            prediction = network.forward(points)
            check_prediction(prediction, epoch, setting.lr)
            errors.append(book.error_rate(prediction, target))
    return history
