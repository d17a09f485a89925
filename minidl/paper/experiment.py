"""The experiment itself: repetitions with one framework, and what came out."""

from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import torch
from tqdm import tqdm

import minidl

from ..rules import ONE_OF, PATH, A, Rule, takes
from ..train import History, record
from .setting import Setting, paper_network
from .twin import fit_torch, torch_twin

CURVE = ONE_OF("loss", "train_error", "test_error")
FRAMEWORKS = ("minidl", "torch")
FRAMEWORK = Rule(
    "'minidl', 'torch' or a module",
    (str, ModuleType),
    lambda framework: isinstance(framework, ModuleType) or framework in FRAMEWORKS,
)


@dataclass
class Result:
    """What came out for one framework: a history for each repetition.

    ``moved`` has those with moved test points, see :class:`Setting`.  ``pictures`` is for
    Figure 1, from the first repetition: the test points, their classes, and the classes that
    the network gave them before and after training.
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


@takes(setting=A(Setting), framework=FRAMEWORK, checkpoint=PATH)
def run(setting, framework, checkpoint=None):
    """Do the experiment with one framework; all are given the same data.

    A module is a reader's own framework, and everything is then done by it.  A training that
    diverges raises a FloatingPointError; else what came out is returned as a :class:`Result`.
    ``checkpoint``, a folder, is for minidl: see :func:`minidl.fit`.
    """
    own = isinstance(framework, ModuleType)
    name, tools = ("own", framework) if own else (framework, minidl)
    result = Result(name, setting)
    for r in tqdm(range(setting.repeats), name, disable=None, leave=False):
        generator = torch.Generator().manual_seed(setting.seed + r)
        points, y, test_points, y_test = _draw(setting, tools, generator)
        x, x_test = points, test_points
        if setting.standardize:
            x, x_test = tools.standardize(points, test_points)
        build = framework.paper_network if own else paper_network
        start = build(**setting.layout(name), generator=generator)
        start = torch_twin(start) if name == "torch" else start
        network = deepcopy(start)
        kept = {"checkpoint": Path(checkpoint) / f"repetition-{r}.pt"} if checkpoint else {}
        result.histories.append(_train(setting, framework, network, x, y, x_test, y_test, **kept))
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
    low, high = x.aminmax(dim=0)
    return (x - low) / (high - low)


def _draw(setting, tools, generator):
    """Draw one repetition's points and targets, for training and for tests."""
    data = []
    for n in (setting.n_train, setting.n_test):
        options = {"radius": tools.balanced_radius(2.0), "dtype": setting.dtype}
        x, labels = minidl.disc(n, generator=generator, **options)
        data += [x, tools.one_hot(labels, 2, setting.dtype)]
    return data


def _train(setting, framework, network, x, y, *test, **kept):
    """Train a network by its framework; return the history."""
    options = {"batch_size": setting.batch_size, "lr": setting.lr}
    whole = options | {"epochs": setting.epochs, "test": test}
    if framework == "torch":
        return fit_torch(network, x, y, **whole)
    if framework == "minidl":
        per_sample = setting.per_sample
        return minidl.fit(network, minidl.MSELoss(), x, y, per_sample=per_sample, **whole, **kept)
    if setting.per_sample:
        options["accumulate"] = framework.accumulate_samples

    def train(epoch):
        return framework.train_epoch(network, framework.MSELoss(), x, y, **options)

    return record(train, network.forward, setting.epochs, setting.lr, (x, y), test)
