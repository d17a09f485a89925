"""Exercises of chapter 07: the paper's network, Table III, pairs, how many repetitions."""

import math
import statistics
from dataclasses import replace
from itertools import pairwise

import torch

from ... import paper
from ...data import standardize
from ..exercise import Case, Exercise, complaint
from ..probe import Failure
from ._shared import randn, returns

# --- paper_network ---------------------------------------------------------------

POINTS = randn(7, 2, seed=1)
OUTPUTS = {"the outputs for 7 points": POINTS, "the outputs for 1 point": POINTS[:1]}


def _generator(seed=6):
    return torch.Generator().manual_seed(seed)


def _is_sequential(thing):
    """Whether a thing is a Sequential, the book's or a reader's own."""
    return hasattr(thing, "forward_pass") and isinstance(
        getattr(thing, "modules", None), (list, tuple)
    )


def _flat(network):
    """List the modules of a network, those of a Sequential inside it one by one."""
    modules = []
    for module in network.modules:
        modules += _flat(module) if _is_sequential(module) else [module]
    return modules


def _build(function, probe, *arguments, **options):
    """Call the reader's function and refuse what is no network."""
    network = probe(function, *arguments, **options)
    if not _is_sequential(network):
        kind = type(network)
        where = "torch.nn's " if kind.__module__.startswith("torch") else "a "
        raise Failure(
            ("not a Sequential", kind.__name__),
            f"`paper_network` returns {where}{kind.__name__}, wanted a `Sequential` of `minidl`",
            "`Sequential` of chapter 5 takes the list of modules and makes a network of it.",
        )
    for module in network.modules:
        if isinstance(module, type):
            name = module.__name__
            raise Failure(("class", name), f"the list holds the class `{name}`, wanted a module")
    return network


def _size_case(label, *arguments):
    width, layers = arguments or (25, 4)
    pairs = list(pairwise([2] + layers * [width] + [2]))
    count, name = "the number of linear layers", "the linear layers' sizes (a row: in, out)"

    def run(function, probe):
        network = _build(function, probe, *arguments, generator=_generator())
        linear = [module for module in _flat(network) if module.param()]
        rows = [(layer.in_features, layer.out_features) for layer in linear]
        return {count: len(rows), name: torch.tensor(rows).reshape(-1, 2)}

    def expect():
        return {count: layers + 1, name: torch.tensor(pairs)}

    hint = (
        "The first layer takes the 2 coordinates, every later one takes what the one before puts "
        "out. The output layer comes on top of the `layers` others, with 2 outputs, one for each "
        "class."
    )
    return Case(label, run, expect, hint)


def _run_generator(function, probe):
    """Draw two networks from one seed, a third from where the generator stands, two without."""
    one, other = _generator(), _generator()
    first, second, third = (
        [parameter for parameter, _ in _build(function, probe, 6, 3, generator=g).param()]
        for g in (one, other, one)
    )
    for k, pair in enumerate(zip(first, second, strict=True)):
        if not torch.equal(*pair):
            raise Failure(
                ("another", k),
                "two networks, from two generators with one seed, differ in linear layer "
                f"{k // 2 + 1}",
                "Does every `Linear` get the `generator` that is given, the output layer too?",
            )
    if len(set(map(id, first))) < len(first):
        raise Failure(
            ("shared",),
            "one linear layer stands in several places",
            "A `Linear` that is made once and listed again is one layer, with one set of weights. "
            "Make a new one in each round.",
        )
    if any(map(torch.equal, first[::2], third[::2])):
        raise Failure(
            ("again",),
            "two networks, made one after the other with the same generator, are not different",
            "Draw from the generator that is given, as it stands: do not make one inside the "
            "function, give it a new seed, set it back, or keep a network from an earlier call.",
        )
    if torch.equal(*[_build(function, probe, 6, 3).param()[0][0] for _ in range(2)]):
        raise Failure(("fixed",), "two networks, made without a generator, are the same")
    return {}


def _draws(widths, init, dtype, generator):
    """The oracle: the parameters drawn layer by layer, without a Linear."""
    options = {"generator": generator, "dtype": torch.float64}
    parameters = []
    for a, b in pairwise(widths):
        if init == "xavier":
            weight = torch.randn(b, a, **options) * math.sqrt(2 / (a + b))
            bias = torch.zeros(b, dtype=torch.float64)
        else:
            weight = (2 * torch.rand(b, a, **options) - 1) / math.sqrt(a)
            bias = (2 * torch.rand(b, **options) - 1) / math.sqrt(a)
        parameters += [weight.to(dtype), bias.to(dtype)]
    return parameters


def _outputs(parameters, x):
    """The oracle: torch.nn's functions."""
    weights, biases = parameters[::2], parameters[1::2]
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        x = torch.relu(torch.nn.functional.linear(x, weight, bias))
    return torch.nn.functional.linear(x, weights[-1], biases[-1])


def _drawn_case(label, width, layers, hint, tol=1e-9, **options):
    """Parameters by the oracle's own draws, then outputs by torch.nn's functions."""
    init, dtype = options.get("init", "xavier"), options.get("dtype", torch.float32)
    widths = [2] + layers * [width] + [2]

    def named(parameters, forward, generator):
        values = {"the number of parameter tensors": len(parameters)}
        for number, parameter in enumerate(parameters):
            kind = "bias" if number % 2 else "weight"
            values[f"the {kind} of linear layer {number // 2 + 1}"] = parameter.clone()
        if all(parameter.dtype == dtype for parameter in parameters):
            for name, points in OUTPUTS.items():
                values[name] = forward(points.to(dtype))
        following = torch.rand(1, generator=generator).item()
        return {**values, "what the generator draws next": following}

    def run(function, probe):
        generator = _generator()
        network = _build(function, probe, width, layers, generator=generator, **options)
        parameters = [parameter for parameter, _ in network.param()]
        values = named(parameters, network.forward, generator)
        kinds = [type(module).__name__ for module in _flat(network)]
        wanted = ["Linear", *layers * ["ReLU", "Linear"]]
        if kinds != wanted and complaint(case, values):
            rows = ", ".join(kinds), ", ".join(wanted)
            raise Failure(("modules", *kinds), f"the modules are {rows[0]}, wanted {rows[1]}")
        return values

    def expect():
        generator = _generator()
        parameters = _draws(widths, init, dtype, generator)
        return named(parameters, lambda x: _outputs(parameters, x), generator)

    case = Case(label, run, expect, hint, tol)
    return case


SIZES = _size_case("width 6, 2 layers: three linear layers, 2 → 6 → 6 → 2", 6, 2)


def _no_layer_case(label, hint):
    """Whoever fails above gets no further result here: it would only hide what was done there."""
    case = _drawn_case(label, 5, 0, hint, dtype=torch.float64)

    def run(function, probe):
        failed = complaint(SIZES, SIZES.run(function, probe))
        return case.expect() if failed else case.run(function, probe)

    return replace(case, run=run)


PAPER_NETWORK = Exercise(
    number="7.1",
    solution=paper.paper_network,
    cases=(
        _size_case("the paper's: five linear layers, 2 → 25 → 25 → 25 → 25 → 2"),
        SIZES,
        Case(
            "every layer draws anew, from the generator that is given, or else PyTorch's own",
            _run_generator,
        ),
        _drawn_case(
            "width 6, 3 layers: parameters drawn layer by layer, outputs equal torch.nn's",
            6,
            3,
            "The generator draws the parameters of one layer after the other, from the input on, "
            "and nothing else. Is a layer made that is not used, is one copied, or a parameter "
            "changed afterwards?",
            dtype=torch.float64,
        ),
        _drawn_case(
            'width 5, 6 layers, init="torch"',
            5,
            6,
            "Does every layer get `init`, the output layer too, and keep the parameters that it "
            "drew?",
            init="torch",
            dtype=torch.float64,
        ),
        _drawn_case("width 1, 1 layer: float32 unless another dtype is given", 1, 1, "", 1e-5),
        _no_layer_case(
            "no hidden layer: the output layer is all there is",
            "How many columns arrive at the output layer if there is no layer before it?",
        ),
    ),
    mistakes="""
return Sequential(modules) => return Sequential([*modules, ReLU()])
# There is a ReLU behind the output layer. It would cut off all negative outputs; the last layer
# has nothing behind it.

, ReLU()] => ]
# The ReLUs are missing. Without them the layers collapse to a single one (chapter 2).

return Sequential(modules) => return Sequential(modules[:-2] + modules[-1:])
# The last hidden layer has no ReLU behind it, so it and the output layer collapse to one.

range(layers) => range(layers - 1)
# One linear layer is missing: `layers` counts those of size `width`, the first one among them,
# and the output layer comes on top.

modules = [] => modules = []
    last = Linear(width if layers else 2, 2, **options)
Linear(in_features, 2, **options) => last
or
def paper_network(width=25, layers=4, *, init='xavier', generator=None, dtype=None):
    options = {'init': init, 'generator': generator, 'dtype': dtype}
    modules = [Linear(width if layers else 2, 2, **options)]
    for k in range(layers):
        modules = [Linear(width if k < layers - 1 else 2, width, **options), ReLU(), *modules]
    return Sequential(modules)
# The layers got each other's random numbers: they were not made in order, from the input on.

'init': init, =>
# `init` was not handed on: the layers drew Xavier's weights, whatever was asked for.

, 'dtype': dtype =>
# `dtype` was not handed on: the parameters are float32, `Linear`'s default.

'dtype': dtype => 'dtype': torch.float64
# No dtype was given, and the parameters are float64. Is one written where `dtype` belongs?

in_features, 2, **options => in_features, 2, init=init, generator=generator
or
in_features, 2, **options => in_features, 2, generator=generator
# The output layer has another dtype than the others. It needs all three options, as they do.

in_features, 2, **options => width, 2, **options
# The output layer takes `width` columns always. With no layer before it, 2 arrive.

modules = [] => modules, width, layers = ([], 25, 4)
or
modules = [] => modules, width = ([], 25)
or
range(layers) => range(4)
# Right for the paper's network, but 25 or 4 was written where `width` or `layers` belongs.

Sequential(modules) => Sequential(*modules)
# `Sequential` takes one argument, the list: no asterisk.
""",
)

# --- pairs -----------------------------------------------------------------------


def _pair(function, probe, arguments, names):
    """Call the reader's function; name the two parts of the pair that it returns."""
    result = probe(function, *arguments)
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        what = f"one {type(result).__name__}"
        if isinstance(result, (tuple, list)):
            what = f"a {type(result).__name__} of {len(result)}"
        said = f"`{function.__name__}` returns {what}, wanted a pair"
        raise Failure(("no pair", what), said, "`return a, b` returns a pair.")
    return dict(zip(names, result, strict=True))


def _rates(*shape, seed):
    """Error rates between 0.02 and 0.42 that do not fall in order."""
    rates = torch.rand(shape, generator=_generator(seed), dtype=torch.float64)
    return 0.02 + 0.4 * rates


# --- summarize -------------------------------------------------------------------


def summarize(errors):
    """Return mean and standard deviation, in per cent, of the errors at the end of training.

    ``errors`` has shape (repeats, epochs), rates between 0 and 1.
    """
    final = 100 * errors[:, -1]
    return final.mean().item(), final.std().item()


def _summarize_case(label, *shape, seed):
    errors, names = _rates(*shape, seed=seed), ("the mean in per cent", "the std in per cent")

    def expect():
        final = [100 * row[-1] for row in errors.tolist()]
        return dict(zip(names, (statistics.mean(final), statistics.stdev(final)), strict=True))

    return Case(
        label,
        run=lambda function, probe: _pair(function, probe, (errors,), names),
        expect=expect,
        hint="Take the last column, one error rate for each of the R repetitions, times 100. "
        "Of these R numbers take the mean, which divides by R, and the standard deviation, with "
        "R − 1 under its root.",
    )


SUMMARIZE = Exercise(
    number="7.2",
    solution=summarize,
    cases=(
        _summarize_case("12 repetitions, 4 columns: equals Python's `statistics`", 12, 4, seed=1),
        _summarize_case("3 repetitions, 5 columns", 3, 5, seed=2),
        _summarize_case("2 repetitions, one column", 2, 1, seed=3),
    ),
    mistakes="""
100 * => 1 *
# These are shares between 0 and 1. Per cent were asked for.

std() => div(100).std()
# The mean is in per cent, the standard deviation is still a share.

std() => std(correction=0)
# The squares were divided by R. With R − 1 the variance is right on average; `std()` does so by
# default.

errors[:, -1] => errors[-1]
# This is the last *row*, as `errors[-1]` takes it: one repetition with all its columns. The end of
# training is the last column.

errors[:, -1] => errors[:, 0]
# This is the first column. The end of training is the last one.

errors[:, -1] => errors.min(1).values
# For each repetition the best column was picked. Nobody knows it beforehand, and picking it by
# the test error would be learning from the test data.

errors[:, -1] => errors
# All columns went in, from the first on. Only the last one is wanted.

std() => var()
or
std() => var().div(100)
# The second number is the variance; its root is missing.

std().item() => std().item() / math.sqrt(len(final))
# The second number was divided by √R, which makes it smaller the more repetitions there are.
# That is another quantity, which comes later in this chapter.

final.mean().item(), final.std().item() => final.std().item(), final.mean().item()
# The two have changed places: first the mean.

errors[:, -1] => errors[:10, -1]
or
errors[:, -1] => errors[:-1, -1]
or
errors[:, -1] => errors[1:, -1]
# Not all repetitions went in. Is 10 written somewhere, or does a loop begin late or end early?

std() => sub(final.mean()).abs().mean()
or
std() => square().sum().div(len(final) - 1).sqrt()
# No standard deviation: a mean distance from the mean, or the squares were taken around 0?
""",
)

# --- standardize ------------------------------------------------------------------


def _sets(rows, others, columns, seed, dtype=torch.float64):
    """Columns and sets that differ in mean and spread, so that no two ways agree."""
    scale = torch.arange(1, columns + 1, dtype=torch.float64)
    train = 0.7 * scale * randn(rows, columns, seed=seed) + scale.sqrt() + 1.5
    test = 1.9 * scale * randn(others, columns, seed=seed + 1) - 0.8
    return train.to(dtype), test.to(dtype)


def _standardize_case(label, train, test, tol=1e-9):
    names = "the training set", "the test set"

    def expect():
        numbers = train.double().flatten().tolist()
        mean, std = statistics.fmean(numbers), statistics.stdev(numbers)
        return {
            name: ((x.double() - mean) / std).to(x.dtype)
            for name, x in zip(names, (train, test), strict=True)
        }

    return Case(
        label,
        run=lambda function, probe: _pair(function, probe, (train, test), names),
        expect=expect,
        hint="Two numbers, the mean and the standard deviation (with n − 1) of all n entries of "
        "`train`. From both sets the one is subtracted, and then the other divides them.",
        tol=tol,
    )


STANDARDIZE = Exercise(
    number="7.3",
    solution=standardize,
    cases=(
        _standardize_case(
            "7 training and 5 test points with 3 columns: equals Python's `statistics`",
            *_sets(7, 5, 3, seed=21),
        ),
        _standardize_case("one training point and one test point", *_sets(1, 1, 3, seed=23)),
        _standardize_case(
            "float32 stays float32", *_sets(9, 4, 1, seed=25, dtype=torch.float32), tol=1e-5
        ),
        _standardize_case("other points, as many as at first", *_sets(7, 5, 3, seed=27)),
    ),
    mistakes="""
(test - mean) / std => (test - test.mean()) / test.std()
# The test set was standardised by its own mean and standard deviation. The two sets are then
# changed by different rules, and a single number has no spread at all.

mean, std = (train.mean(), train.std()) =>
    both = torch.cat([train, test])
    mean, std = (both.mean(), both.std())
# Mean and standard deviation were taken over both sets together. The test data then have a part
# in what the network is trained on.

(train.mean(), train.std()) => (train.mean(0), train.std(0))
# Each column got a mean and a standard deviation of its own. The program takes one number each,
# over all entries.

std()) => std(correction=0))
# The squares were divided by n. The program divides by n − 1, as `std()` does.

train.std() => ((train - train.mean()).square().sum() / (len(train) - 1)).sqrt()
# The squares were divided by the number of points, less 1. The entries are counted here:
# `train.numel()` of them.

train.std() => train.var()
# This divides by the variance; its root is missing.

((train - mean) / std, (test - mean) / std) => (train - mean / std, test - mean / std)
# Only the mean was divided: `/` comes before `−`. Put brackets round the difference.

(train.mean(), train.std()) => (train.min(), train.max() - train.min())
# This maps the smallest entry to 0 and the largest to 1. Wanted are mean 0 and standard
# deviation 1.

((train - mean) / std, (test - mean) / std) =>
    (train.sub_(mean).div_(std), test.sub_(mean).div_(std))
or
(test - mean) / std => test.sub_(mean).div_(std)
# `sub_`, `-=` and their like change what was given. Whoever called still needs the raw points:
# make new tensors.

(test - mean) / std => test
or
return ((train - mean) / std, (test - mean) / std) =>
    train = (train - mean) / std
    return (train, (test - train.mean()) / train.std())
# The test set came out as it went in. Either it was returned so, or `train` was replaced before
# the test set's turn: by then its mean is 0 and its deviation 1. Keep the two numbers first.

((train - mean) / std, (test - mean) / std) => ((test - mean) / std, (train - mean) / std)
# The two have changed places: first the training set.
""",
)

# --- paired_gap ------------------------------------------------------------------


def paired_gap(ours, theirs):
    """Return the mean of theirs − ours, pair by pair, and the standard error of that mean."""
    differences = theirs - ours
    return differences.mean().item(), differences.std().item() / math.sqrt(len(differences))


def _paired_case(repeats, seed, label, turned=False):
    """Rates that rise and fall together, one pair alike; the gap changes its sign."""
    shared = _rates(repeats, seed=seed)
    ours = shared + 0.15 * _rates(repeats, seed=seed + 1)
    theirs = shared + 0.2 * _rates(repeats, seed=seed + 2)
    theirs[repeats // 2] = ours[repeats // 2]
    pair = (theirs, ours) if turned else (ours, theirs)
    names = "the mean difference", "its standard error"

    def expect():
        differences = [b - a for a, b in zip(*map(torch.Tensor.tolist, pair), strict=True)]
        error = statistics.stdev(differences) / repeats**0.5
        return dict(zip(names, (statistics.mean(differences), error), strict=True))

    return Case(
        label=label,
        run=lambda function, probe: _pair(function, probe, pair, names),
        expect=expect,
        hint="First the differences theirs − ours, one for each of R repetitions. Then the first "
        "number is their mean, the second their standard deviation (with R − 1) over √R.",
    )


PAIRED_GAP = Exercise(
    number="7.4",
    solution=paired_gap,
    cases=(
        _paired_case(6, 11, "6 pairs: equals Python's `statistics` on the differences"),
        _paired_case(3, 21, "3 pairs"),
        _paired_case(12, 11, "12 pairs: theirs is better, and the gap negative", turned=True),
        _paired_case(2, 31, "2 pairs"),
    ),
    mistakes="""
len(differences) => 10
# 10 was written where the number of pairs belongs.

differences.std().item() / math.sqrt(len(differences)) =>
    math.sqrt(ours.var() / len(ours) + theirs.var() / len(theirs))
# This standard error is made of the two variances alone, as for settings that share nothing.
# Here each pair was measured on the same data: take the differences first.

/ math.sqrt(len(differences)) =>
# The second number is the standard deviation of a single difference. The mean of R of them is
# more exact than that.

math.sqrt(len(differences)) => len(differences)
# Divided by R; the standard error divides by √R.

std() => std(correction=0)
# The standard deviation was taken with R. With R − 1 the variance is right on average; `std()`
# does so by default.

len(differences) => len(differences) - 1
# R − 1 belongs into the standard deviation, and `std()` has it there already. The root is √R.

std().item() / math.sqrt(len(differences)) => var().item() / len(differences)
# This is the square of the standard error; a root is missing.

theirs - ours => ours - theirs
# The sign: theirs − ours is wanted.

theirs - ours => (theirs - ours).abs()
# The differences lost their signs. A repetition in which theirs is better must count against
# the gap.

theirs - ours => theirs.sort().values - ours.sort().values
# Sorting tears the pairs apart: entry k of both belongs to the same data.

theirs - ours => 100 * (theirs - ours)
# A factor 100: keep the unit of what is given.

theirs - ours => theirs.sub_(ours)
# `sub_`, `-=` and their like change what was given. `theirs - ours` makes a new tensor.
""",
)

# --- repeats_needed --------------------------------------------------------------


def repeats_needed(std, gap):
    """Return how many unpaired repetitions of each of two settings show a gap of their means.

    The smallest R for which the standard error std · √(2/R) is at most gap / 2.
    """
    return math.ceil(8 * std**2 / gap**2)


def _repeats_case(std, gap, label, hint=""):
    def expect():
        """The oracle: try one number after the other."""
        repeats = 1
        while math.sqrt(std**2 / repeats + std**2 / repeats) > gap / 2:
            repeats += 1
        return repeats

    hint = hint or (
        "Each of the two means has the variance std²/R; the variances add up, and the root of "
        "their sum is to be at most gap / 2. R is the smallest whole number, from 1 on, for which "
        "it is: round up, once, at the end, or try one number after the other."
    )
    return returns(label, "the number of repetitions", (std, gap), expect, hint)


REPEATS_NEEDED = Exercise(
    number="7.5",
    solution=repeats_needed,
    cases=(
        _repeats_case(3.0, 1.65, "std 3, gap 1.65"),
        _repeats_case(0.8, 0.3, "std 0.8, gap 0.3"),
        _repeats_case(5.0, 7.9, "std 5, gap 7.9"),
        _repeats_case(
            1.5,
            0.75,
            "std 1.5, gap 0.75: some R makes it half the gap, exactly",
            "With 32 repetitions the standard error is 0.375, half the gap exactly: that is 'at "
            "most half'. One less is too few.",
        ),
        _repeats_case(
            1,
            40,
            "std 1, gap 40: one repetition of each will do",
            "One repetition of each is enough here, and there cannot be fewer.",
        ),
        _repeats_case(
            1.0,
            0.07,
            "std 1, gap 0.07: more than a thousand",
            "Right for larger gaps. What in your code bounds R, or passes some numbers over?",
        ),
    ),
    mistakes="""
8 => 4
# Half of what is needed, before rounding. Was a single variance counted, where the difference of
# two means has twice that? Or was the half of gap / 2 not squared: gap² / 4?

math.ceil(8 * std ** 2 / gap ** 2) => math.ceil(8 * std ** 2 / gap ** 2) + 1
or
math.ceil(8 * std ** 2 / gap ** 2) => math.floor(8 * std ** 2 / gap ** 2) + 1
# One too many: with one repetition less the standard error is small enough already.

8 => 16
# Twice too many, before rounding. Were the two standard errors added up, and not their squares?
# Or was something doubled twice, or the repetitions of both settings counted?

math.ceil => int
or
math.ceil => round
or
math.ceil(8 * std ** 2 / gap ** 2) => max(1, int(8 * std ** 2 / gap ** 2))
or
math.ceil(8 * std ** 2 / gap ** 2) => max(1, round(8 * std ** 2 / gap ** 2))
or
math.ceil(8 * std ** 2 / gap ** 2) => max(1, math.ceil(8 * std ** 2 / gap ** 2) - 1)
or
math.ceil(8 * std ** 2 / gap ** 2) => max(1, 8 * std ** 2 // gap ** 2)
# One too few, or rounded the wrong way: with so few repetitions the standard error is still too
# large.

8 => 2
# This makes the standard error as large as the gap. It is to be at most half of it.

8 * std ** 2 / gap ** 2 => 4 * std ** 2 / gap
or
8 * std ** 2 / gap ** 2 => 8 * std ** 2 / gap
# Here R goes with 1 / gap, not with 1 / gap². Squaring both sides squares the gap / 2 as well.

std ** 2 / gap ** 2 => std / gap
# The squares are missing: it is the variances that shrink with R.

8 * std ** 2 / gap ** 2 => math.sqrt(8) * std / gap
# This is √R. Square it: four times as many repetitions halve the standard error.

math.ceil(8 * std ** 2 / gap ** 2) => math.ceil(math.sqrt(8) * std / gap) ** 2
or
math.ceil(8 * std ** 2 / gap ** 2) => 8 * math.ceil(std ** 2 / gap ** 2)
or
math.ceil(8 * std ** 2 / gap ** 2) => 8 * math.ceil(std / gap) ** 2
# Rounded too early: a part of the formula was rounded up and then squared or multiplied.

std ** 2 / gap ** 2 => gap ** 2 / std ** 2
# Upside down: a smaller gap needs more repetitions, not fewer.

math.ceil => 2 * math.ceil
# An even number, twice what is wanted. Does it count the repetitions of both settings together?
# Those of each are wanted.

math.ceil(8 * std ** 2 / gap ** 2) => 8 * std ** 2 / gap ** 2
or
math.ceil(8 * std ** 2 / gap ** 2) => max(1, 8 * std ** 2 / gap ** 2)
or
math.ceil(8 * std ** 2 / gap ** 2) => max(1.0, 8 * std ** 2 / gap ** 2)
# Nothing can be repeated a fraction of a time. Round to a whole number; which way?

math.ceil(8 * std ** 2 / gap ** 2) => max(2, math.ceil(8 * std ** 2 / gap ** 2))
# The smallest number is 1: the standard deviation is known here, not estimated.
""",
)

EXERCISES = {
    "paper-network": PAPER_NETWORK,
    "summarize": SUMMARIZE,
    "standardize": STANDARDIZE,
    "paired-gap": PAIRED_GAP,
    "repeats-needed": REPEATS_NEEDED,
}
