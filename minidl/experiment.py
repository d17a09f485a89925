"""The paper's experiment: its Table II, its Table III, its Figures 1 and 2."""

import math
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType

import matplotlib.pyplot as plt
import torch
from tqdm import tqdm

from .activations import ReLU
from .checks import (
    check_choice,
    check_count,
    check_dtype,
    check_flag,
    check_instance,
    check_list,
    check_number,
    short,
)
from .data import balanced_radius, disc, disc_fold, error_rate
from .linear import Linear
from .losses import MSELoss
from .network_checks import check_prediction
from .sequential import Sequential
from .torch_twin import fit_torch, torch_twin
from .train import History, fit

FRAMEWORKS = ("minidl", "torch")
LABELS = {"minidl": "Custom framework", "torch": "PyTorch", "own": "Your framework"}

#: Error rates of the paper's Table III in per cent: mean and standard deviation.
PAPER = {
    ("minidl", "train"): (4.33, 1.83),
    ("minidl", "test"): (4.88, 2.23),
    ("torch", "train"): (10.17, 8.88),
    ("torch", "test"): (16.59, 14.13),
}
PAPER |= {("own", data): PAPER["minidl", data] for data in ("train", "test")}


def paper_network(width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32):
    """Build the paper's network: two inputs, hidden layers with ReLU, two outputs.

    Parameters
    ----------
    width, layers : int
        Size and number of the hidden linear layers; there may be none of these.
    init : {"xavier", "torch"}
        Of the first parameters, see :class:`Linear`.
    generator : torch.Generator, optional
        Source of the random numbers, drawn layer by layer from the input on.
    dtype : torch.dtype

    Returns
    -------
    Sequential

    Raises
    ------
    TypeError, ValueError
        If an argument cannot be right; before anything is drawn.
    """
    check_count("paper_network", "width", width)
    check_count("paper_network", "layers", layers, least=0)
    options = {"init": init, "generator": generator, "dtype": dtype}
    modules = []
    in_features = 2
    for _ in range(layers):
        modules += [Linear(in_features, width, **options), ReLU()]
        in_features = width
    modules.append(Linear(in_features, 2, **options))
    return Sequential(modules)


@dataclass(frozen=True)
class Setting:
    """Table II of the paper, and what it leaves to the text.

    Parameters
    ----------
    epochs : int
    lr : float
        The learning rate η.
    batch_size : int
    n_train, n_test : int
        Samples; the paper's 1000 is read as 1000 of each.
    width, layers : int
        Size and number of the hidden linear layers, each followed by a ReLU.
    repeats : int
        How often the experiment is done, each time with new data and parameters.
    seed : int
        Repetition r draws everything from a generator seeded with ``seed + r``.
    init : {"xavier", "torch"} or None
        Of the first parameters; None is each framework's own: Xavier for
        ``minidl``, PyTorch's default for PyTorch.
    per_sample : bool
        Whether ``minidl`` takes the samples one by one, as in the paper.
    dtype : torch.dtype
        float64, so that the results are the same on every machine.

    Raises
    ------
    TypeError, ValueError
        If a value cannot be right.
    """

    epochs: int = 20
    lr: float = 0.1
    batch_size: int = 100
    n_train: int = 1000
    n_test: int = 1000
    width: int = 25
    layers: int = 4
    repeats: int = 10
    seed: int = 0
    init: str | None = None
    per_sample: bool = False
    dtype: torch.dtype = torch.float64

    def __post_init__(self):
        for name in ("epochs", "batch_size", "n_train", "n_test", "width", "layers", "repeats"):
            check_count("Setting", name, getattr(self, name))
        check_count("Setting", "seed", self.seed, least=0, most=2**63 - self.repeats)
        check_number("Setting", "lr", self.lr)
        check_choice("Setting", "init", self.init, ("xavier", "torch", None))
        check_flag("Setting", "per_sample", self.per_sample)
        check_dtype("Setting", self.dtype)

    def network(self, framework, generator):
        """Build the untrained network as a :class:`Sequential`, in the framework's own way."""
        check_choice("Setting.network", "framework", framework, FRAMEWORKS)
        return paper_network(
            self.width,
            self.layers,
            init=self.init or {"minidl": "xavier", "torch": "torch"}[framework],
            generator=generator,
            dtype=self.dtype,
        )


@dataclass
class Result:
    """What came out for one framework.

    Attributes
    ----------
    framework : str
    histories : list of History
        One a repetition.
    pictures : tuple of torch.Tensor
        For Figure 1, from the first repetition: the test points, their classes,
        and the classes that the network gave them before and after training.
    """

    framework: str
    histories: list[History] = field(default_factory=list)
    pictures: tuple = ()

    def curves(self, name):
        """Stack one of the histories' lists, named as there: shape (repeats, epochs)."""
        check_choice("Result.curves", "name", name, ("loss", "train_error", "test_error"))
        return torch.tensor([getattr(history, name) for history in self.histories])


def run(setting, framework, *, progress=False):
    """Do the experiment with one framework.

    Parameters
    ----------
    setting : Setting
    framework : {"minidl", "torch"} or module
        Both are given the same data.  A module is a reader's own framework and holds
        what :data:`minidl.teaching.own.NEEDED` lists; everything is then done by it.
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
    check_instance("run", "setting", setting, Setting)
    check_flag("run", "progress", progress)
    if isinstance(framework, ModuleType):
        _check_own(framework)
        name, repetition = "own", partial(_repeat_own, framework)
    else:
        check_choice("run", "framework", framework, FRAMEWORKS)
        name = framework
        repetition = _repeat_minidl if framework == "minidl" else _repeat_torch
    result = Result(name)
    repetitions = range(setting.repeats)
    for r in tqdm(repetitions, LABELS[name], disable=None if progress else True, leave=False):
        generator = torch.Generator().manual_seed(setting.seed + r)
        history, *pictures = repetition(setting, generator)
        result.histories.append(history)
        if r == 0:
            result.pictures = tuple(pictures)
    return result


def _repeat_minidl(setting, generator):
    """One repetition with minidl: history, test points, classes, answers before and after."""
    fold = disc_fold(setting.n_train, setting.n_test, generator=generator, dtype=setting.dtype)
    network = setting.network("minidl", generator)
    before = network.forward(fold.x_test).argmax(1)
    history = fit(
        network,
        MSELoss(),
        fold.x_train,
        fold.y_train,
        epochs=setting.epochs,
        batch_size=setting.batch_size,
        lr=setting.lr,
        per_sample=setting.per_sample,
        test=(fold.x_test, fold.y_test),
    )
    after = network.forward(fold.x_test).argmax(1)
    return history, fold.x_test, fold.y_test.argmax(1), before, after


def _repeat_torch(setting, generator):
    """The same with PyTorch."""
    fold = disc_fold(setting.n_train, setting.n_test, generator=generator, dtype=setting.dtype)
    network = torch_twin(setting.network("torch", generator))
    before = network(fold.x_test).argmax(1)
    history = fit_torch(
        network,
        fold.x_train,
        fold.y_train,
        epochs=setting.epochs,
        batch_size=setting.batch_size,
        lr=setting.lr,
        test=(fold.x_test, fold.y_test),
    )
    after = network(fold.x_test).argmax(1)
    return history, fold.x_test, fold.y_test.argmax(1), before, after


def _repeat_own(own, setting, generator):
    """The same with a reader's own framework, a module."""
    sets = []
    for n in (setting.n_train, setting.n_test):
        x, labels = disc(
            n, generator=generator, radius=own.balanced_radius(2.0), dtype=setting.dtype
        )
        sets.append((x, own.one_hot(labels, 2, setting.dtype)))
    train, test = sets
    options = {"batch_size": setting.batch_size, "lr": setting.lr}
    if setting.per_sample:
        options["accumulate"] = own.accumulate_samples
    network = own.paper_network(
        setting.width,
        setting.layers,
        init=setting.init or "xavier",
        generator=generator,
        dtype=setting.dtype,
    )
    before = network.forward(test[0]).argmax(1)
    history = History()
    for epoch in range(1, setting.epochs + 1):
        loss = own.train_epoch(network, own.MSELoss(), *train, **options)
        if not math.isfinite(loss):
            raise FloatingPointError(f"epoch {epoch}: the loss is {loss}")
        history.loss.append(loss)
        for errors, (x, y) in ((history.train_error, train), (history.test_error, test)):
            prediction = network.forward(x)
            check_prediction(prediction, epoch, setting.lr)
            errors.append(error_rate(prediction, y))
    after = network.forward(test[0]).argmax(1)
    return history, test[0], test[1].argmax(1), before, after


def table(results):
    """Summarise error rates at the end of training: Table III.

    Parameters
    ----------
    results : list of Result

    Returns
    -------
    list of dict
        A row for each framework and each of train and test: ``framework``,
        ``data``, ``mean`` and ``std`` over the repetitions in per cent (the
        standard deviation with n − 1; None for a single repetition), and the
        paper's own ``paper_mean`` and ``paper_std``.

    Raises
    ------
    TypeError, ValueError
        If an entry is no :class:`Result` of a run with test data.
    """
    _check_results("table", results)
    rows = []
    for result in results:
        for data in ("train", "test"):
            errors = 100 * result.curves(f"{data}_error")[:, -1].double()
            paper_mean, paper_std = PAPER[result.framework, data]
            rows.append(
                {
                    "framework": result.framework,
                    "data": data,
                    "mean": errors.mean().item(),
                    "std": errors.std().item() if len(errors) > 1 else None,
                    "paper_mean": paper_mean,
                    "paper_std": paper_std,
                }
            )
    return rows


def format_table(rows):
    """Write the rows of :func:`table` as text, the paper's own figures beside ours."""
    _check_rows(rows)
    lines = [
        f"{'Error rate [%]':26}{'mean':>8}{'std':>8}{'paper: mean':>16}{'std':>8}",
    ]
    for row in rows:
        label = f"{LABELS[row['framework']]}, {row['data']}"
        std = "–" if row["std"] is None else f"{row['std']:.2f}"
        lines.append(
            f"{label:26}{row['mean']:8.2f}{std:>8}{row['paper_mean']:16.2f}{row['paper_std']:8.2f}"
        )
    return "\n".join(lines)


def figure1(result):
    """Draw the test data, the untrained and the trained network's classes of it.

    The points are shifted to [0, 1]², as in the paper's Figure 1.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError, ValueError
        If ``result`` is no :class:`Result` of a run.
    """
    _check_results("figure1", [result])
    if len(result.pictures) != 4:
        raise ValueError(f"figure1: the result has {len(result.pictures)} pictures, wanted 4")
    x, *classifications = result.pictures
    titles = ("Test samples", "Untrained network", "Trained network")
    ticks = (0, 0.5, 1)
    from .teaching.plots import STYLE, show_circle, show_points  # whose exercises import this

    with plt.style.context(STYLE):
        figure, axes = plt.subplot_mosaic([[0, 1], [2, "."]], figsize=(5.2, 5.3))
        for axis, labels, title in zip(axes.values(), classifications, titles, strict=True):
            show_points(axis, (x + 1) / 2, labels, size=4)
            show_circle(axis, balanced_radius(1.0), center=(0.5, 0.5))
            axis.set(title=title, xlim=(0, 1), ylim=(0, 1), xticks=ticks, yticks=ticks)
        legend = axes[0].get_legend_handles_labels()
        figure.legend(*legend, loc="center", bbox_to_anchor=(0.75, 0.25), markerscale=2)
    return figure


def figure2(results):
    """Draw loss, train error and test error against epochs, mean ± standard deviation.

    As in the paper's Figure 2; with one repetition there is no band.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError, ValueError
        If an entry is no :class:`Result` of a run with test data.
    """
    _check_results("figure2", results)
    panels = (
        ("loss", 1, "training loss"),
        ("train_error", 100, "train error [%]"),
        ("test_error", 100, "test error [%]"),
    )
    from .teaching.plots import STYLE  # whose exercises import this

    with plt.style.context(STYLE):
        figure, axes = plt.subplots(3, 1, figsize=(5.2, 7.2), sharex=True)
        for axis, (name, scale, label) in zip(axes, panels, strict=True):
            for result, dashes in zip(results, ("-", "--"), strict=False):
                curves = scale * result.curves(name)
                mean, epochs = curves.mean(0), range(1, curves.shape[1] + 1)
                (line,) = axis.plot(epochs, mean, dashes, label=LABELS[result.framework])
                if len(curves) > 1:
                    std = curves.std(0)
                    axis.fill_between(
                        epochs, mean - std, mean + std, color=line.get_color(), alpha=0.2
                    )
            axis.set(ylabel=label, ylim=(0, None))
        axes[0].legend()
        axes[-1].set_xlabel("epoch")
        axes[-1].xaxis.get_major_locator().set_params(integer=True)
    return figure


def _check_own(framework):
    """Refuse a module that lacks something the experiment needs."""
    from .teaching.own import NEEDED  # imports IPython, which nothing else here needs

    lacking = [name for name in NEEDED.values() if not hasattr(framework, name)]
    if lacking:
        raise ValueError(f"run: the module {framework.__name__} lacks {', '.join(lacking)}")


def _check_results(owner, results):
    """Refuse what :func:`run` cannot have returned, one result for each framework."""
    check_list(owner, "results", results)
    if len(results) == 0:
        raise ValueError(f"{owner}: results is empty, wanted one for each framework")
    for index, result in enumerate(results):
        name = "result" if owner == "figure1" else f"results[{index}]"
        check_instance(owner, name, result, Result)
        check_choice(owner, f"{name}.framework", result.framework, tuple(LABELS))
        lengths = {len(h.test_error) for h in result.histories}
        if len(lengths) != 1 or 0 in lengths:
            raise ValueError(f"{owner}: {name} holds no run, or one without test errors")


def _check_rows(rows):
    """Refuse rows that :func:`table` cannot have returned."""
    check_list("format_table", "rows", rows)
    for index, row in enumerate(rows):
        for key in ("framework", "data", "mean", "std", "paper_mean", "paper_std"):
            if not isinstance(row, dict) or key not in row:
                raise ValueError(
                    f"format_table: rows[{index}] is {short(row)}, wanted a dict with {key!r}"
                )
