"""Exercises of chapter 07: the paper's network, Table III, pairs, how many repetitions."""

import math
import statistics

import torch

from ... import paper
from ...activations import ReLU
from ...data import standardize
from ...linear import Linear
from ...sequential import Sequential
from ..check import Case, Exercise, Mistake, as_number
from ..probe import Failure
from ._random import randn

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
        )
    for module in network.modules:
        if isinstance(module, type):
            name = module.__name__
            raise Failure(("class", name), f"the list holds the class `{name}`, wanted a module")
    return network


def _sizes(network):
    linear = [module for module in _flat(network) if module.param()]
    rows = [(layer.in_features, layer.out_features) for layer in linear]
    return torch.tensor(rows, dtype=torch.float64).reshape(-1, 2)


def _size_case(label, *arguments):
    width, layers = arguments or (25, 4)
    widths = [2] + layers * [width] + [2]
    name = "the linear layers' sizes (a row: in, out)"

    def run(function, probe):
        network = _build(function, probe, *arguments, generator=_generator())
        sizes = _sizes(network)
        return {"the number of linear layers": len(sizes), name: sizes}

    return Case(
        label=label,
        run=run,
        expect=lambda: {
            "the number of linear layers": layers + 1,
            name: torch.tensor(list(zip(widths, widths[1:], strict=False)), dtype=torch.float64),
        },
        hint="The first layer takes the 2 coordinates, every later one takes what the one "
        "before puts out. The output layer comes on top of the `layers` others.",
    )


def _run_generator(function, probe):
    one, other = _generator(), _generator()
    networks = [_build(function, probe, 6, 3, generator=g) for g in (one, other)]
    first, second = ([p for p, _ in network.param()] for network in networks)
    state = one.get_state()
    _build(function, probe, 6, 3, generator=one)
    return {
        "generators with the same seed give the same network": (
            len(first) == len(second) and all(map(torch.equal, first, second))
        ),
        "the generator that is given moves on with every draw": not torch.equal(
            state, one.get_state()
        ),
        "every linear layer has parameters of its own": len(set(map(id, first))) == len(first),
        "two networks have no parameter in common": not set(map(id, first)) & set(map(id, second)),
    }


def _run_without_generator(function, probe):
    networks = [_build(function, probe, 3, 1) for _ in range(2)]
    weights = [network.param()[0][0] for network in networks]
    return {"two networks drawn one after the other differ": not torch.equal(*weights)}


def _draws(widths, init, dtype, generator):
    """The oracle: the parameters drawn layer by layer, without a Linear."""
    options = {"generator": generator, "dtype": torch.float64}
    parameters = []
    for a, b in zip(widths, widths[1:], strict=False):
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

    def run(function, probe):
        network = _build(function, probe, width, layers, generator=_generator(), **options)
        parameters = [parameter for parameter, _ in network.param()]
        values = {"the number of parameter tensors": len(parameters)}
        for number, parameter in enumerate(parameters):
            kind = "bias" if number % 2 else "weight"
            values[f"the {kind} of linear layer {number // 2 + 1}"] = parameter.clone()
        if all(parameter.dtype == dtype for parameter in parameters):
            for name, points in OUTPUTS.items():
                values[name] = network.forward(points.to(dtype))
        values["the number of modules"] = len(_flat(network))
        return values

    def expect():
        parameters = _draws(widths, init, dtype, _generator())
        values = {"the number of parameter tensors": len(parameters)}
        for number, parameter in enumerate(parameters):
            kind = "bias" if number % 2 else "weight"
            values[f"the {kind} of linear layer {number // 2 + 1}"] = parameter
        for name, points in OUTPUTS.items():
            values[name] = _outputs(parameters, points.to(dtype))
        values["the number of modules"] = 2 * layers + 1
        return values

    return Case(label=label, run=run, expect=expect, hint=hint, tol=tol)


def _network(
    width=25,
    layers=4,
    *,
    linear=None,
    between=lambda number: [ReLU()],
    last=lambda a, options: [Linear(a, 2, **options)],
    **options,
):
    """Build a network of which one thing can be made otherwise."""
    linear = linear or (lambda number, a, b: Linear(a, b, **options))
    modules = []
    in_features = 2
    for number in range(layers):
        modules += [linear(number, in_features, width), *between(number)]
        in_features = width
    return Sequential(modules + last(in_features, options))


def _options(init, generator, dtype):
    return {"init": init, "generator": generator, "dtype": dtype}


def network_relu_at_the_end(
    width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32
):
    options = _options(init, generator, dtype)
    return _network(width, layers, last=lambda a, o: [Linear(a, 2, **o), ReLU()], **options)


def network_without_relu(width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32):
    return _network(width, layers, between=lambda number: [], **_options(init, generator, dtype))


def network_one_relu(width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32):
    options = _options(init, generator, dtype)
    return _network(
        width,
        layers,
        between=lambda number: [],
        last=lambda a, o: [ReLU(), Linear(a, 2, **o)],
        **options,
    )


def network_relu_first(width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32):
    options = _options(init, generator, dtype)
    modules = []
    in_features = 2
    for _ in range(layers):
        modules += [ReLU(), Linear(in_features, width, **options)]
        in_features = width
    return Sequential([*modules, Linear(in_features, 2, **options)])


def network_relu_not_behind_the_first(
    width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32
):
    options = _options(init, generator, dtype)
    return _network(width, layers, between=lambda number: [ReLU()] if number else [], **options)


def network_relu_not_before_the_last(
    width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32
):
    options = _options(init, generator, dtype)
    return _network(
        width, layers, between=lambda number: [ReLU()] if number < layers - 1 else [], **options
    )


def network_too_shallow(width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32):
    return _network(width, layers - 1, **_options(init, generator, dtype))


def network_too_deep(width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32):
    return _network(width, layers + 1, **_options(init, generator, dtype))


def network_without_output(
    width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32
):
    return _network(width, layers, last=lambda a, o: [], **_options(init, generator, dtype))


def network_of_one_object(
    width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32
):
    options = _options(init, generator, dtype)
    first = Linear(2, width, **options)
    hidden = Linear(width, width, **options)
    return _network(
        width, layers, linear=lambda number, a, b: hidden if number else first, **options
    )


def network_without_generator(
    width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32
):
    return _network(width, layers, init=init, dtype=dtype)


def network_generator_only_first(
    width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32
):
    options = {"init": init, "dtype": dtype}
    return _network(
        width,
        layers,
        linear=lambda number, a, b: Linear(
            a, b, **options, generator=None if number else generator
        ),
        **options,
    )


def network_own_generators(
    width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32
):
    return _network(
        width,
        layers,
        linear=lambda number, a, b: Linear(a, b, init=init, dtype=dtype, generator=_generator(0)),
        last=lambda a, o: [Linear(a, 2, **o, generator=_generator(0))],
        init=init,
        dtype=dtype,
    )


def network_reseeds(width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32):
    generator.manual_seed(0)
    return _network(width, layers, **_options(init, generator, dtype))


def network_without_init(width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32):
    return _network(width, layers, generator=generator, dtype=dtype)


def network_without_dtype(
    width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32
):
    return _network(width, layers, init=init, generator=generator)


def network_output_without_options(
    width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32
):
    options = _options(init, generator, dtype)
    return _network(width, layers, last=lambda a, o: [Linear(a, 2, generator=generator)], **options)


def network_always_from_two(
    width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32
):
    options = _options(init, generator, dtype)
    return _network(
        width, layers, linear=lambda number, a, b: Linear(2, width, **options), **options
    )


def network_never_from_two(
    width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32
):
    options = _options(init, generator, dtype)
    return _network(
        width, layers, linear=lambda number, a, b: Linear(width, width, **options), **options
    )


def network_swapped(width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32):
    options = _options(init, generator, dtype)
    return _network(
        width,
        layers,
        linear=lambda number, a, b: Linear(b, a, **options),
        last=lambda a, o: [Linear(2, a, **o)],
        **options,
    )


def network_one_output(width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32):
    options = _options(init, generator, dtype)
    return _network(width, layers, last=lambda a, o: [Linear(a, 1, **o)], **options)


def network_hard_coded(width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32):
    return _network(25, 4, **_options(init, generator, dtype))


def network_fixed_width(width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32):
    return _network(25, layers, **_options(init, generator, dtype))


def network_fixed_layers(width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32):
    return _network(width, 4, **_options(init, generator, dtype))


def network_arguments_swapped(
    width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32
):
    return _network(layers, width, **_options(init, generator, dtype))


def network_as_list(width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32):
    return _network(width, layers, **_options(init, generator, dtype)).modules


def network_unpacked(width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32):
    return Sequential(*_network(width, layers, **_options(init, generator, dtype)).modules)


def network_relu_class(width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32):
    options = _options(init, generator, dtype)
    return _network(width, layers, between=lambda number: [ReLU], **options)


def network_returns_too_early(
    width=25, layers=4, *, init="xavier", generator=None, dtype=torch.float32
):
    options = _options(init, generator, dtype)
    modules = []
    in_features = 2
    for _ in range(layers):
        modules += [Linear(in_features, width, **options), ReLU()]
        in_features = width
        modules.append(Linear(in_features, 2, **options))
        return Sequential(modules)
    return None


PAPER_NETWORK = Exercise(
    number="7.1",
    solution=paper.paper_network,
    cases=(
        _size_case("the paper's: five linear layers, 2 → 25 → 25 → 25 → 25 → 2"),
        _size_case("width 6, 2 layers: three linear layers, 2 → 6 → 6 → 2", 6, 2),
        Case(
            label="the same seed gives the same network; every layer draws from the generator",
            run=_run_generator,
            expect=lambda: {
                "generators with the same seed give the same network": True,
                "the generator that is given moves on with every draw": True,
                "every linear layer has parameters of its own": True,
                "two networks have no parameter in common": True,
            },
            hint="Every `Linear` is to be a new one, and to draw from the generator that is given.",
        ),
        _drawn_case(
            "width 6, 3 layers: parameters drawn layer by layer, outputs equal torch.nn's",
            6,
            3,
            "Make the layers in order from the input on, each with the `generator`, and put a "
            "ReLU behind every one but the last.",
            dtype=torch.float64,
        ),
        _drawn_case(
            'width 5, 2 layers, init="torch"',
            5,
            2,
            "Hand `init` on to every layer, the output layer too.",
            init="torch",
            dtype=torch.float64,
        ),
        _drawn_case(
            "width 4, 2 layers: float32 unless another dtype is given",
            4,
            2,
            "Hand `dtype` on to every layer.",
            tol=1e-5,
        ),
        Case(
            label="without a generator",
            run=_run_without_generator,
            expect=lambda: {"two networks drawn one after the other differ": True},
        ),
    ),
    mistakes=(
        Mistake(
            network_relu_at_the_end,
            "There is a ReLU behind the output layer. It would cut off all negative outputs; the "
            "last layer has nothing behind it.",
        ),
        Mistake(
            network_without_relu,
            "The ReLUs are missing. Without them the layers collapse to a single one (chapter 2).",
        ),
        Mistake(
            network_one_relu,
            "There is a single ReLU, before the output layer. Each of the hidden layers has one "
            "behind it, so it belongs into the loop.",
        ),
        Mistake(
            network_relu_first,
            "The ReLU stands before its linear layer, so the first one cuts off the negative "
            "coordinates of the points. It belongs behind.",
        ),
        Mistake(
            network_relu_not_behind_the_first,
            "The first linear layer has no ReLU behind it.",
        ),
        Mistake(
            network_relu_not_before_the_last,
            "The last hidden layer has no ReLU behind it, so it and the output layer collapse "
            "to one.",
        ),
        Mistake(
            network_too_shallow,
            "One linear layer is missing: `layers` counts those of size `width`, the first one "
            "among them, and the output layer comes on top.",
        ),
        Mistake(
            network_too_deep,
            "One linear layer too many: the first one, from the 2 coordinates, is among the "
            "`layers`.",
        ),
        Mistake(network_without_output, "The output layer is missing: `width` columns come out."),
        Mistake(
            network_of_one_object,
            "One `Linear` was made and listed several times. These are one layer with one set of "
            "weights; make a new one in each round.",
        ),
        Mistake(
            network_without_generator,
            "The generator was not handed on, so the layers draw from PyTorch's global one: "
            "another network at every run.",
        ),
        Mistake(
            network_generator_only_first,
            "Only the first layers got the generator; the others draw from PyTorch's global one.",
        ),
        Mistake(
            network_own_generators,
            "The layers draw from generators made inside the function, so every network is the "
            "same. Use the one that is given.",
        ),
        Mistake(
            network_reseeds,
            "The generator was given a new seed inside the function. It must go on from where it "
            "stands, else every network is the same.",
        ),
        Mistake(
            network_without_init,
            "`init` was not handed on: the layers drew Xavier's weights, whatever was asked for.",
        ),
        Mistake(
            network_without_dtype,
            "`dtype` was not handed on: the parameters are float32, `Linear`'s default.",
        ),
        Mistake(
            network_output_without_options,
            "The output layer was not given `init` and `dtype`; it needs all three options, as "
            "the others do.",
        ),
        Mistake(
            network_always_from_two,
            "Every hidden layer takes 2 columns. Only the first one meets the points; after it "
            "`width` columns arrive.",
        ),
        Mistake(
            network_never_from_two,
            "The first layer takes `width` columns, but a point has 2 coordinates.",
        ),
        Mistake(
            network_swapped,
            "The two sizes of each `Linear` have changed places: first what comes in, then what "
            "goes out.",
        ),
        Mistake(
            network_one_output,
            "There is a single output. The network has one for each class, 2.",
        ),
        Mistake(
            network_hard_coded,
            "Right for the paper's network, but `width` and `layers` are not used.",
        ),
        Mistake(network_fixed_width, "25 was written where `width` belongs."),
        Mistake(network_fixed_layers, "4 was written where `layers` belongs."),
        Mistake(
            network_arguments_swapped,
            "`width` and `layers` have changed places: `layers` is how many, `width` how wide.",
        ),
        Mistake(
            network_as_list,
            "The list is right. A list has no `forward` and no `backward`: put it into a "
            "`Sequential`.",
        ),
        Mistake(
            network_unpacked,
            "`Sequential` takes one argument, the list: no asterisk.",
        ),
        Mistake(
            network_relu_class,
            "`ReLU` without brackets is the class. `ReLU()` makes a module of it.",
        ),
        Mistake(
            network_returns_too_early,
            "The output layer and the `return` stand inside the loop, so it ends after its first "
            "round. Take them out to the left.",
        ),
    ),
)

# --- pairs of numbers ------------------------------------------------------------


def _pair(function, result, names):
    """Take a result apart into two named numbers, or refuse it."""
    try:
        one, other = result
    except (TypeError, ValueError):
        length = f" of {len(result)}" if isinstance(result, (list, tuple)) else ""
        what = f"a {type(result).__name__}{length}"
        if isinstance(result, torch.Tensor):
            what = f"a tensor of shape {tuple(result.shape)}"
        raise Failure(
            ("no pair", what), f"`{function}` returns {what}, wanted a pair of two numbers"
        ) from None
    for name, value in zip(names, (one, other), strict=True):
        if isinstance(value, torch.Tensor) and value.numel() != 1:
            shape = tuple(value.shape)
            raise Failure(
                ("shape", name, shape), f"{name} is a tensor of shape {shape}, wanted a number"
            )
    return {name: as_number(name, value) for name, value in zip(names, (one, other), strict=True)}


def _rates(*shape, seed, dtype=torch.float64):
    """Error rates between 0.02 and 0.42 that do not fall in order."""
    rates = torch.rand(shape, generator=_generator(seed), dtype=torch.float64)
    return (0.02 + 0.4 * rates).to(dtype)


# --- summarize -------------------------------------------------------------------


def summarize(errors):
    """Return mean and standard deviation, in per cent, of the errors at the end of training.

    ``errors`` has shape (repeats, epochs), rates between 0 and 1.
    """
    final = 100 * errors[:, -1]
    return final.mean().item(), final.std().item()


def summarize_shares(errors):
    return errors[:, -1].mean().item(), errors[:, -1].std().item()


def summarize_half_percent(errors):
    return 100 * errors[:, -1].mean().item(), errors[:, -1].std().item()


def summarize_by_n(errors):
    final = 100 * errors[:, -1]
    return final.mean().item(), final.std(correction=0).item()


def summarize_last_repetition(errors):
    final = 100 * errors[-1]
    return final.mean().item(), final.std().item()


def summarize_first_epoch(errors):
    first = 100 * errors[:, 0]
    return first.mean().item(), first.std().item()


def summarize_best_epoch(errors):
    best = 100 * errors.min(1).values
    return best.mean().item(), best.std().item()


def summarize_pooled(errors):
    return 100 * errors.mean().item(), 100 * errors.std().item()


def summarize_over_epochs(errors):
    means = 100 * errors.mean(1)
    return means.mean().item(), means.std().item()


def summarize_variance(errors):
    final = 100 * errors[:, -1]
    return final.mean().item(), final.var().item()


def summarize_standard_error(errors):
    final = 100 * errors[:, -1]
    return final.mean().item(), final.std().item() / math.sqrt(len(final))


def summarize_reversed(errors):
    return summarize(errors)[::-1]


def summarize_mean_only(errors):
    return summarize(errors)[0]


def summarize_each_epoch(errors):
    return 100 * errors.mean(0), 100 * errors.std(0)


def summarize_second_to_last(errors):
    final = 100 * errors[:, -2]
    return final.mean().item(), final.std().item()


def summarize_median(errors):
    final = 100 * errors[:, -1]
    return statistics.median(final.tolist()), final.std().item()


def _summarize_case(errors, label, hint, tol=1e-9):
    names = "the mean in per cent", "the standard deviation in per cent"

    def expect():
        final = [100 * row[-1] for row in errors.double().tolist()]
        return dict(zip(names, (statistics.mean(final), statistics.stdev(final)), strict=True))

    return Case(
        label=label,
        run=lambda function, probe: _pair("summarize", probe(function, errors), names),
        expect=expect,
        hint=hint,
        tol=tol,
    )


_SUMMARIZE_HINT = (
    "Take the last column, one error rate for each repetition, times 100. Of these numbers "
    "take the mean and the standard deviation."
)

SUMMARIZE = Exercise(
    number="7.2",
    solution=summarize,
    cases=(
        _summarize_case(
            _rates(6, 4, seed=1),
            "6 repetitions of 4 epochs: equals Python's `statistics`",
            _SUMMARIZE_HINT,
        ),
        _summarize_case(_rates(3, 5, seed=2), "3 repetitions of 5 epochs", _SUMMARIZE_HINT),
        _summarize_case(
            _rates(2, 3, seed=3, dtype=torch.float32),
            "2 repetitions of 3 epochs, in float32",
            _SUMMARIZE_HINT,
            tol=1e-5,
        ),
    ),
    mistakes=(
        Mistake(summarize_shares, "These are shares between 0 and 1. Per cent were asked for."),
        Mistake(
            summarize_half_percent,
            "The mean is in per cent, the standard deviation is still a share.",
        ),
        Mistake(
            summarize_by_n,
            "The squares were divided by R. With R − 1 the variance is right on average; "
            "`std()` does so by default.",
        ),
        Mistake(
            summarize_last_repetition,
            "`errors[-1]` is the last *row*: one repetition with all its epochs. The end of "
            "training is the last column.",
        ),
        Mistake(
            summarize_first_epoch,
            "This is the first epoch. At the end of training stands the last column.",
        ),
        Mistake(
            summarize_best_epoch,
            "For each repetition the best epoch was picked. Nobody knows it beforehand, and "
            "picking it by the test error would be learning from the test data.",
        ),
        Mistake(
            summarize_pooled,
            "All epochs went in, from the first on. Only the last one is wanted.",
        ),
        Mistake(
            summarize_over_epochs,
            "Each repetition was averaged over its epochs. Only the last epoch is wanted.",
        ),
        Mistake(summarize_variance, "The second number is the variance; its root is missing."),
        Mistake(
            summarize_standard_error,
            "The second number was divided by √R, which makes it smaller the more repetitions "
            "there are. That is another quantity, which comes later in this chapter.",
        ),
        Mistake(summarize_reversed, "The two have changed places: first the mean."),
        Mistake(
            summarize_mean_only,
            "Only the mean is returned. `return a, b` returns a pair.",
        ),
        Mistake(
            summarize_each_epoch,
            "These are the means of every epoch. Only the last one is wanted.",
        ),
        Mistake(
            summarize_second_to_last,
            "`-2` is the last column but one. The last has index −1.",
        ),
        Mistake(summarize_median, "The median was taken in place of the mean."),
    ),
)

# --- standardize ------------------------------------------------------------------


def standardize_own_numbers(train, test):
    return (train - train.mean()) / train.std(), (test - test.mean()) / test.std()


def standardize_own_spread(train, test):
    return (train - train.mean()) / train.std(), (test - train.mean()) / test.std()


def standardize_together(train, test):
    both = torch.cat([train, test])
    return (train - both.mean()) / both.std(), (test - both.mean()) / both.std()


def standardize_columns(train, test):
    mean, std = train.mean(0), train.std(0)
    return (train - mean) / std, (test - mean) / std


def standardize_rows(train, test):
    return tuple((x - x.mean(1, keepdim=True)) / x.std(1, keepdim=True) for x in (train, test))


def standardize_by_n(train, test):
    mean, std = train.mean(), train.std(unbiased=False)
    return (train - mean) / std, (test - mean) / std


def standardize_variance(train, test):
    mean, variance = train.mean(), train.var()
    return (train - mean) / variance, (test - mean) / variance


def standardize_mean_left_in(train, test):
    return train / train.std(), test / train.std()


def standardize_spread_left(train, test):
    return train - train.mean(), test - train.mean()


def standardize_divided_first(train, test):
    mean, std = train.mean(), train.std()
    return train / std - mean, test / std - mean


def standardize_range(train, test):
    low, high = train.min(), train.max()
    return (train - low) / (high - low), (test - low) / (high - low)


def standardize_in_place(train, test):
    mean, std = train.mean(), train.std()
    train.sub_(mean).div_(std)
    test.sub_(mean).div_(std)
    return train, test


def standardize_twice_measured(train, test):
    train = (train - train.mean()) / train.std()
    return train, (test - train.mean()) / train.std()


def standardize_train_only(train, test):
    return (train - train.mean()) / train.std(), test


def standardize_reversed(train, test):
    return standardize(train, test)[::-1]


def _sets(rows, others, columns, seed, dtype=torch.float64):
    """Columns and sets that differ in mean and spread, so that no two ways agree."""
    scale = torch.arange(1, columns + 1, dtype=torch.float64)
    train = 0.7 * scale * randn(rows, columns, seed=seed) + scale.sqrt() + 1.5
    test = 1.9 * scale * randn(others, columns, seed=seed + 1) - 0.8
    return train.to(dtype), test.to(dtype)


def _standardize_case(label, train, test, tol=1e-9):
    def run(function, probe):
        result = probe(function, train.clone(), test.clone())
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise Failure(
                ("no pair",), "`standardize` does not return a pair, wanted `(train, test)`"
            )
        return {"the training set": result[0], "the test set": result[1]}

    def expect():
        numbers = train.double().flatten().tolist()
        mean, std = statistics.fmean(numbers), statistics.stdev(numbers)
        sets = {"the training set": train, "the test set": test}
        return {name: ((x.double() - mean) / std).to(x.dtype) for name, x in sets.items()}

    return Case(
        label=label,
        run=run,
        expect=expect,
        hint="Two numbers, the mean and the standard deviation of all entries of `train`; both "
        "sets less the one, over the other.",
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
        _standardize_case("a test set of one point", *_sets(6, 1, 2, seed=23)),
        _standardize_case(
            "float32 stays float32", *_sets(9, 4, 2, seed=25, dtype=torch.float32), tol=1e-5
        ),
    ),
    mistakes=(
        Mistake(
            standardize_own_numbers,
            "The test set was standardised by its own mean and standard deviation. The two sets "
            "are then changed by different rules, and a single new point has no spread at all.",
        ),
        Mistake(
            standardize_own_spread,
            "The test set's own standard deviation was used. Both numbers are the training set's.",
        ),
        Mistake(
            standardize_together,
            "Mean and standard deviation were taken over both sets together. The test data then "
            "have a part in what the network is trained on.",
        ),
        Mistake(
            standardize_columns,
            "Each column got a mean and a standard deviation of its own. The program takes one "
            "number each, over all entries.",
        ),
        Mistake(
            standardize_rows,
            "Each point was standardised by itself (dimension 1), which takes away where it lies.",
        ),
        Mistake(
            standardize_by_n,
            "The squares were divided by n. The program divides by n − 1, as `std()` does.",
        ),
        Mistake(standardize_variance, "This divides by the variance; its root is missing."),
        Mistake(standardize_mean_left_in, "The mean was left in: subtract it before you divide."),
        Mistake(
            standardize_spread_left, "The mean is gone, the division by the deviation is missing."
        ),
        Mistake(
            standardize_divided_first,
            "The mean was subtracted after the division, when it is no longer the mean.",
        ),
        Mistake(
            standardize_range,
            "This maps the smallest entry to 0 and the largest to 1. Wanted are mean 0 and "
            "standard deviation 1.",
        ),
        Mistake(
            standardize_in_place,
            "`sub_`, `-=` and their like change what was given. Whoever called still needs the "
            "raw points: make new tensors.",
        ),
        Mistake(
            standardize_twice_measured,
            "`train` was replaced before the test set's turn, so that its mean is 0 and its "
            "deviation 1 by then. Keep the two numbers first.",
        ),
        Mistake(standardize_train_only, "The test set was returned as it came."),
        Mistake(standardize_reversed, "The two have changed places: first the training set."),
    ),
)

# --- paired_gap ------------------------------------------------------------------


def paired_gap(ours, theirs):
    """Return the mean of theirs − ours, pair by pair, and the standard error of that mean."""
    differences = theirs - ours
    return differences.mean().item(), differences.std().item() / math.sqrt(len(differences))


def paired_size_of_gap(ours, theirs):
    gap, error = paired_gap(ours, theirs)
    return abs(gap), error


def paired_ten(ours, theirs):
    differences = theirs - ours
    return differences.mean().item(), differences.std().item() / math.sqrt(10)


def paired_unpaired(ours, theirs):
    error = math.sqrt(ours.var() / len(ours) + theirs.var() / len(theirs))
    return (theirs.mean() - ours.mean()).item(), error


def paired_std(ours, theirs):
    return (theirs - ours).mean().item(), (theirs - ours).std().item()


def paired_without_root(ours, theirs):
    return (theirs - ours).mean().item(), (theirs - ours).std().item() / len(ours)


def paired_by_n(ours, theirs):
    differences = theirs - ours
    return differences.mean().item(), differences.std(correction=0).item() / math.sqrt(len(ours))


def paired_root_of_n_minus_one(ours, theirs):
    differences = theirs - ours
    return differences.mean().item(), differences.std().item() / math.sqrt(len(ours) - 1)


def paired_variance(ours, theirs):
    return (theirs - ours).mean().item(), (theirs - ours).var().item() / len(ours)


def paired_variance_over_root(ours, theirs):
    return (theirs - ours).mean().item(), (theirs - ours).var().item() / math.sqrt(len(ours))


def paired_wrong_sign(ours, theirs):
    mean, error = paired_gap(ours, theirs)
    return -mean, error


def paired_absolute(ours, theirs):
    return paired_gap(torch.zeros_like(ours), (theirs - ours).abs())


def paired_sum(ours, theirs):
    return (theirs - ours).sum().item(), paired_gap(ours, theirs)[1]


def paired_error_of_theirs(ours, theirs):
    return (theirs - ours).mean().item(), theirs.std().item() / math.sqrt(len(theirs))


def paired_difference_of_stds(ours, theirs):
    error = (theirs.std() - ours.std()).abs().item() / math.sqrt(len(ours))
    return (theirs - ours).mean().item(), error


def paired_sorted(ours, theirs):
    return paired_gap(ours.sort().values, theirs.sort().values)


def paired_reversed(ours, theirs):
    return paired_gap(ours, theirs)[::-1]


def paired_relative(ours, theirs):
    return paired_gap(torch.zeros_like(ours), (theirs - ours) / ours)


def paired_percent(ours, theirs):
    return paired_gap(100 * ours, 100 * theirs)


def paired_mean_only(ours, theirs):
    return paired_gap(ours, theirs)[0]


def _paired_case(repeats, seed, label, dtype=torch.float64, tol=1e-9, turned=False):
    """Rates that rise and fall together, with a gap that is not always of one sign."""
    shared = _rates(repeats, seed=seed)
    ours = (shared + 0.15 * _rates(repeats, seed=seed + 1)).to(dtype)
    theirs = (shared + 0.2 * _rates(repeats, seed=seed + 2)).to(dtype)
    names = "the mean difference", "its standard error"
    if turned:
        ours, theirs = theirs, ours

    def expect():
        pairs = zip(ours.double().tolist(), theirs.double().tolist(), strict=True)
        differences = [b - a for a, b in pairs]
        error = statistics.stdev(differences) / repeats**0.5
        return dict(zip(names, (statistics.mean(differences), error), strict=True))

    return Case(
        label=label,
        run=lambda function, probe: _pair("paired_gap", probe(function, ours, theirs), names),
        expect=expect,
        hint="First the differences theirs − ours, one for each repetition. Then their mean, "
        "and their standard deviation over the root of their number.",
        tol=tol,
    )


PAIRED_GAP = Exercise(
    number="7.4",
    solution=paired_gap,
    cases=(
        _paired_case(6, 11, "6 pairs: equals Python's `statistics` on the differences"),
        _paired_case(3, 21, "3 pairs"),
        _paired_case(6, 11, "the other way round: theirs is better, the gap negative", turned=True),
        _paired_case(5, 31, "5 pairs, in float32", dtype=torch.float32, tol=1e-5),
    ),
    mistakes=(
        Mistake(
            paired_size_of_gap,
            "The gap has a sign: it is negative where theirs has the smaller error.",
        ),
        Mistake(paired_ten, "10 was written where the number of pairs belongs."),
        Mistake(
            paired_unpaired,
            "This is the standard error for two settings that share nothing. Here each pair was "
            "measured on the same data: take the differences first.",
        ),
        Mistake(
            paired_std,
            "The second number is the standard deviation of a single difference. The mean of R "
            "of them is more exact than that.",
        ),
        Mistake(paired_without_root, "Divided by R; the standard error divides by √R."),
        Mistake(
            paired_by_n,
            "The standard deviation was taken with R. With R − 1 the variance is right on "
            "average; `std()` does so by default.",
        ),
        Mistake(
            paired_root_of_n_minus_one,
            "The R − 1 belongs into the standard deviation, where `std()` has it already. The "
            "root is √R.",
        ),
        Mistake(paired_variance, "This is the square of the standard error; a root is missing."),
        Mistake(
            paired_variance_over_root,
            "The variance was divided by √R. It is the standard deviation that is wanted there.",
        ),
        Mistake(paired_wrong_sign, "The sign: theirs − ours is wanted."),
        Mistake(
            paired_absolute,
            "The differences lost their signs. A repetition in which theirs is better must count "
            "against the gap.",
        ),
        Mistake(paired_sum, "The differences were added up; their mean is wanted."),
        Mistake(
            paired_error_of_theirs,
            "This is the standard error of theirs alone, not of the differences.",
        ),
        Mistake(
            paired_difference_of_stds,
            "The difference of the two standard deviations is not the standard deviation of the "
            "differences.",
        ),
        Mistake(
            paired_sorted,
            "Sorting tears the pairs apart: entry k of both belongs to the same data.",
        ),
        Mistake(paired_reversed, "The two have changed places: first the mean difference."),
        Mistake(
            paired_relative,
            "The differences were divided by ours. Plain differences are wanted.",
        ),
        Mistake(paired_percent, "A factor 100: keep the unit of what is given."),
        Mistake(
            paired_mean_only,
            "Only the mean is returned. `return a, b` returns a pair.",
        ),
    ),
)

# --- repeats_needed --------------------------------------------------------------


def repeats_needed(std, gap):
    """Return how many unpaired repetitions of each of two settings show a gap of their means.

    The smallest R for which the standard error std · √(2/R) is at most gap / 2.
    """
    return math.ceil(8 * std**2 / gap**2)


def repeats_of_one(std, gap):
    return math.ceil(4 * std**2 / gap**2)


def repeats_one_more(std, gap):
    return int(8 * std**2 / gap**2) + 1


def repeats_floor(std, gap):
    return int(8 * std**2 / gap**2)


def repeats_rounded(std, gap):
    return round(8 * std**2 / gap**2)


def repeats_whole_gap(std, gap):
    return math.ceil(2 * std**2 / gap**2)


def repeats_half_not_squared(std, gap):
    return math.ceil(4 * std**2 / gap)


def repeats_without_squares(std, gap):
    return math.ceil(8 * std / gap)


def repeats_root(std, gap):
    return math.ceil(math.sqrt(8) * std / gap)


def repeats_upside_down(std, gap):
    return math.ceil(8 * gap**2 / std**2)


def repeats_altogether(std, gap):
    return 2 * math.ceil(8 * std**2 / gap**2)


def repeats_fraction(std, gap):
    return 8 * std**2 / gap**2


def repeats_variance_given(std, gap):
    return math.ceil(8 * std / gap**2)


def repeats_at_least_two(std, gap):
    return max(2, math.ceil(8 * std**2 / gap**2))


def _repeats_case(std, gap, label):
    def expect():
        """The oracle: try one number after the other."""
        repeats = 1
        while math.sqrt(std**2 / repeats + std**2 / repeats) > gap / 2:
            repeats += 1
        return {"the number of repetitions": float(repeats)}

    return Case(
        label=label,
        run=lambda function, probe: {
            "the number of repetitions": as_number(
                "the number of repetitions", probe(function, std, gap)
            )
        },
        expect=expect,
        hint="Each of the two means has the variance std²/R; the variances add up. The root of "
        "their sum is to be at most gap / 2.",
    )


REPEATS_NEEDED = Exercise(
    number="7.5",
    solution=repeats_needed,
    cases=(
        _repeats_case(3.0, 1.7, "std 3, gap 1.7"),
        _repeats_case(0.8, 0.3, "std 0.8, gap 0.3"),
        _repeats_case(5.0, 7.9, "std 5, gap 7.9"),
        _repeats_case(1.0, 40.0, "std 1, gap 40: one repetition of each will do"),
        _repeats_case(1.0, 2.0, "std 1, gap 2: exactly half the gap is small enough"),
    ),
    mistakes=(
        Mistake(
            repeats_of_one,
            "This is for a single mean. Both means are uncertain, so the variance of their "
            "difference is twice that of one.",
        ),
        Mistake(
            repeats_one_more,
            "One too many where the number comes out whole: *at most* half the gap includes "
            "exactly half. `math.ceil` leaves whole numbers alone.",
        ),
        Mistake(
            repeats_floor,
            "Rounded down: with so few repetitions the standard error is still too large.",
        ),
        Mistake(
            repeats_rounded,
            "Rounded to the nearest whole number, which may be too few. Which way must it go?",
        ),
        Mistake(
            repeats_whole_gap,
            "This makes the standard error as large as the gap. It is to be at most half of it.",
        ),
        Mistake(
            repeats_half_not_squared,
            "Squaring both sides squares the gap / 2 as well: gap² / 4.",
        ),
        Mistake(
            repeats_without_squares,
            "The squares are missing: it is the variances that shrink with R.",
        ),
        Mistake(
            repeats_root,
            "This is √R. Square it: four times as many repetitions halve the standard error.",
        ),
        Mistake(
            repeats_upside_down,
            "Upside down: a smaller gap needs more repetitions, not fewer.",
        ),
        Mistake(
            repeats_altogether,
            "This counts the repetitions of both settings together. Those of each are wanted.",
        ),
        Mistake(
            repeats_fraction,
            "Nothing can be repeated a fraction of a time. Round to a whole number; which way?",
        ),
        Mistake(
            repeats_variance_given,
            "`std` is the standard deviation; its square is the variance.",
        ),
        Mistake(
            repeats_at_least_two,
            "The smallest number is 1: the standard deviation is known here, not estimated.",
        ),
    ),
)

EXERCISES = {
    "paper-network": PAPER_NETWORK,
    "summarize": SUMMARIZE,
    "standardize": STANDARDIZE,
    "paired-gap": PAIRED_GAP,
    "repeats-needed": REPEATS_NEEDED,
}
