"""The experiment itself: repetitions with one framework, and what came out."""

import math
from copy import deepcopy
from dataclasses import dataclass, field
from types import ModuleType

import torch
from tqdm import tqdm

import minidl

from ..rules import FLAG, ONE_OF, A, Rule, takes
from ..train import History
from .setting import Setting, paper_network
from .twin import fit_torch, measure, torch_twin

CURVE = ONE_OF("loss", "train_error", "test_error")
FRAMEWORKS = ("minidl", "torch")
FRAMEWORK = Rule(
    "'minidl', 'torch' or a module",
    (str, ModuleType),
    lambda framework: isinstance(framework, ModuleType) or framework in FRAMEWORKS,
)

#: What a framework of one's own must define, ``standardize`` only where that is done.
NEEDED = ("balanced_radius", "one_hot", "standardize", "paper_network", "train_epoch", "MSELoss")


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
        """Stack the histories' lists of this name: a float64 row for each repetition."""
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
    needed = [part for part in NEEDED if setting.standardize or part != "standardize"]
    lacking = [part for part in needed if not hasattr(framework, part)]
    if isinstance(framework, ModuleType) and lacking:
        name = f"the module {framework.__name__}"
        raise ValueError(f"{owner}: framework is {name}, which lacks {', '.join(lacking)}")


@takes(is_whole, setting=A(Setting), framework=FRAMEWORK, progress=FLAG)
def run(setting, framework, *, progress=False):
    """Do the experiment with one framework.

    Parameters
    ----------
    framework
        All are given the same data.  A module is a reader's own framework and holds
        what ``experiment.NEEDED`` lists; everything is then done by it.
    progress
        Show a progress bar, if the output is a terminal.

    Returns
    -------
    Result

    Raises
    ------
    FloatingPointError
        If the training diverges.
    """
    own = isinstance(framework, ModuleType)
    name, tools = ("own", framework) if own else (framework, minidl)
    result = Result(name, setting)
    for r in tqdm(range(setting.repeats), name, disable=None if progress else True, leave=False):
        generator = torch.Generator().manual_seed(setting.seed + r)
        points, y, test_points, y_test = _draw(setting, tools, generator)
        x, x_test = points, test_points
        if setting.standardize:
            x, x_test = tools.standardize(points, test_points)
        build = framework.paper_network if own else paper_network
        start = build(**setting.layout(name), generator=generator)
        start = torch_twin(start) if name == "torch" else start
        network = deepcopy(start)
        result.histories.append(_train(setting, framework, network, x, y, x_test, y_test))
        if name == "torch" and setting.moved_test and r % 10 == 0:
            moved = x, y, unit_square(x_test), y_test
            result.moved[r] = _train(setting, framework, deepcopy(start), *moved)
        if r == 0:
            with torch.no_grad():
                answers = [net.forward(x_test).argmax(1) for net in (start, network)]
            result.pictures = (test_points, y_test.argmax(1), *answers)
    return result


def unit_square(x):
    """Shift and scale each column to [0, 1]."""
    low, high = x.min(0).values, x.max(0).values
    return (x - low) / (high - low)


def _draw(setting, tools, generator):
    """Draw one repetition's points and targets, for training and for tests."""
    data = []
    for n in (setting.n_train, setting.n_test):
        options = {"radius": tools.balanced_radius(2.0), "dtype": setting.dtype}
        x, labels = minidl.disc(n, generator=generator, **options)
        data += [x, tools.one_hot(labels, 2, setting.dtype)]
    return data


def _train(setting, framework, network, x, y, *test):
    """Train a network by its framework; return the history."""
    options = {"batch_size": setting.batch_size, "lr": setting.lr}
    if framework == "torch":
        return fit_torch(network, x, y, epochs=setting.epochs, test=test, **options)
    if framework == "minidl":
        options |= {"epochs": setting.epochs, "test": test, "per_sample": setting.per_sample}
        return minidl.fit(network, minidl.MSELoss(), x, y, **options)
    if setting.per_sample:
        options["accumulate"] = framework.accumulate_samples
    history = History()
    measure(history, network, x, y, test, 0, setting.lr)
    for epoch in range(1, setting.epochs + 1):
        loss = framework.train_epoch(network, framework.MSELoss(), x, y, **options)
        if not math.isfinite(loss):
            raise FloatingPointError(f"epoch {epoch}: the loss is {loss}")
        history.loss.append(loss)
        measure(history, network, x, y, test, epoch, setting.lr)
    return history
