"""Exercises of chapter 08: copied parameters, stacked layers, fair shares, the culprit."""

from itertools import pairwise, permutations

import torch

from ...activations import ReLU
from ...linear import Linear
from ...sequential import Sequential
from ..exercise import Case, Exercise, as_number
from ..probe import Failure
from ._shared import randn, returns

# --- copy_parameters -------------------------------------------------------------


def copy_parameters(model, network):
    """Copy a Sequential's parameters into its ``torch.nn`` counterpart, in place.

    Returns the number of tensors copied.
    """
    pairs = list(zip(model.param(), network.parameters(), strict=True))
    with torch.no_grad():
        for (ours, _), theirs in pairs:
            theirs.copy_(ours)
    return len(pairs)


def _networks(widths, dtype):
    """Build a model and a ``torch.nn`` network of its layers, all parameters different."""
    modules, layers = [], []
    for number, (a, b) in enumerate(pairwise(widths)):
        ours = Linear(a, b, dtype=dtype)
        theirs = torch.nn.utils.skip_init(torch.nn.Linear, a, b, dtype=dtype)
        for seed, tensor in enumerate((ours.weight, ours.bias, theirs.weight, theirs.bias)):
            tensor.detach().copy_(randn(*tensor.shape, seed=10 * number + seed))
        modules += [ours, ReLU()]
        layers += [theirs, torch.nn.ReLU()]
    return Sequential(modules[:-1]), torch.nn.Sequential(*layers[:-1])


def _copy_case(widths, dtype, label):
    def run(copy, probe):
        model, network = _networks(widths, dtype)
        original = [ours.clone() for ours, _ in model.param()]
        before = list(network.parameters())
        try:
            count = probe(copy, model, network)
            noting = torch.is_grad_enabled()
        finally:
            torch.set_grad_enabled(True)
        after = list(network.parameters())
        copied = [theirs.detach().clone() for theirs in after]
        kept = all(map(torch.equal, [ours for ours, _ in model.param()], original))
        for ours, _ in model.param():
            ours.add_(1)
        return {
            **{f"the network's parameter {k}": theirs for k, theirs in enumerate(copied)},
            "`model` is left as it is": kept,
            "a later change of `model` leaves the network as it is": (
                all(map(torch.equal, copied, after))
            ),
            "the network's parameters are still the same tensor objects": (
                all(a is b for a, b in zip(after, before, strict=True))
            ),
            "the network's parameters still require grad": all(t.requires_grad for t in after),
            "autograd is left switched on": noting,
            "the number of tensors copied": count,
        }

    def expect():
        """The oracle: the numbers themselves, drawn again."""
        values = {"the number of tensors copied": 2 * (len(widths) - 1)}
        for number, (a, b) in enumerate(pairwise(widths)):
            for seed, shape in enumerate(((b, a), (b,))):
                drawn = randn(*shape, seed=10 * number + seed, dtype=dtype)
                values[f"the network's parameter {2 * number + seed}"] = drawn
        return values

    hint = (
        "Parameter k of the network must get the numbers of parameter k of the model, for every "
        "k; what is returned is the number of tensors, weights and biases together."
    )
    return Case(label, run, expect, hint)


COPY_PARAMETERS = Exercise(
    number="8.1",
    solution=copy_parameters,
    cases=(
        _copy_case((2, 5, 3), torch.float64, "two layers, 2 → 5 → 3 features"),
        _copy_case(
            (4, 4, 4, 4), torch.float64, "three square layers, in which shapes tell nothing"
        ),
        _copy_case((3, 2), torch.float32, "one layer in float32"),
    ),
    mistakes="""
with torch.no_grad() => with torch.enable_grad()
# PyTorch refuses to overwrite a parameter while autograd takes notes. Copy inside a block
# `with torch.no_grad():`.

theirs.copy_(ours) => theirs.data = ours
# `theirs.data = ours` copies nothing: from now on both names stand for the same memory, and
# training one network changes the other. Write the numbers over.

theirs.copy_(ours) => theirs = ours.clone()
or
def copy_parameters(model, network):
    parameters = network.parameters()
    count = len(list(parameters))
    with torch.no_grad():
        for (ours, _), theirs in zip(model.param(), parameters):
            theirs.copy_(ours)
    return count
# The network's numbers are still its own: nothing was written into them. (A line such as
# `theirs = …` writes nothing; it lets the name `theirs` stand for another tensor. And what
# `parameters()` returns can be run through only once: after `len(list(…))` it is used up.)

(ours, _) => ours
# `param()` gives pairs (parameter, gradient), and `copy_` was handed a whole pair. Unpack it,
# with `for (ours, _), theirs in …`.

in pairs => in pairs[::2]
return len(pairs) => return len(pairs[::2])
# The weights are copied, the biases are not.

copy_(ours) => copy_(ours.t())
# The weights were transposed. `minidl` stores them as PyTorch does, (out, in).

theirs.copy_(ours) => ours.copy_(theirs)
# This copies from `network` to `model`: the wrong way round.

(ours, _) => (_, ours)
# The gradients were copied, which are zero here. In the pairs of `param()` the parameter comes
# first.

model.param() => model.param()[::-1]
# The parameters of the two meet in opposite orders. Both lists begin with the first layer's
# weight.

theirs.copy_(ours) => theirs.copy_(ours)
    return 1
# The `return` stands inside the loop, so that only the first tensor is copied.

in pairs => in pairs[:2]
return len(pairs) => return 2
# Only the first layer was copied.

return len(pairs) => return sum(ours.numel() for (ours, _), _ in pairs)
# The copy is right. What was counted are the single numbers; count the tensors.

return len(pairs) => return len(pairs) // 2
# The copy is right. What was counted are the linear layers; each has two tensors.

return len(pairs) => return len(model.modules)
# The copy is right. What was counted are the modules, activations and all; count the tensors
# copied.

theirs.copy_(ours) => theirs.add_(ours)
# The model's numbers were added to the network's own. They are to replace them.

def copy_parameters(model, network):
    layers = [pair for pair in zip(model.modules, network, strict=True) if pair[0].param()]
    for ours, theirs in layers:
        theirs.weight = torch.nn.Parameter(ours.weight.clone())
        theirs.bias = torch.nn.Parameter(ours.bias.clone())
    return 2 * len(layers)
# The network was given new parameters. An optimiser that was made before would go on changing
# the old ones. Write into those that are there.

with torch.no_grad(): => torch.set_grad_enabled(False)
    if True:
# `torch.set_grad_enabled(False)` switches autograd off for everything that follows.
# `with torch.no_grad():` switches it off for a block, and on again.

theirs.copy_(ours) => theirs.requires_grad = False
    theirs.copy_(ours)
# The parameters no longer require grad, so PyTorch cannot train this network. Let
# `requires_grad` be, and copy inside `with torch.no_grad():`.

theirs.copy_(ours) => theirs.detach().clone().copy_(ours)
return len(pairs) => return 2 * len(pairs)
# `clone()` makes a new tensor, so the numbers went into a copy that is lost at once.
""",
)

# --- linear_many -----------------------------------------------------------------


def linear_many(x, weight, bias):
    """Return y (S, N, out) from x (S, N, in), weight (S, out, in) and bias (S, out)."""
    return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2))


def _many_case(sizes, label, dtype=torch.float64, tol=1e-9):
    s, n, a, b = sizes
    x, weight, bias = (
        randn(s, n, a, seed=21, dtype=dtype),
        randn(s, b, a, seed=22, dtype=dtype),
        randn(s, b, seed=23, dtype=dtype),
    )

    def expect():
        """The oracle: torch.nn.functional.linear, one network at a time."""
        layers = zip(x, weight, bias, strict=True)
        return torch.stack([torch.nn.functional.linear(*layer) for layer in layers])

    hint = (
        "Network s has its own rows x[s], its own weight[s] and its own bias[s]; its result is "
        "what one linear layer makes of these."
    )
    return returns(label, "y", (x, weight, bias), expect, hint, tol=tol)


LINEAR_MANY = Exercise(
    number="8.2",
    solution=linear_many,
    cases=(
        _many_case((3, 5, 2, 4), "3 networks, 5 samples, 2 → 4 features: equals one at a time"),
        _many_case((3, 3, 3, 3), "all sizes 3, in which shapes tell nothing"),
        _many_case((2, 1, 4, 3), "a batch of one"),
        _many_case((1, 4, 3, 2), "a single network"),
        _many_case((4, 3, 5, 2), "float32 in, float32 out", torch.float32, tol=1e-5),
    ),
    mistakes="""
torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) => x @ weight + bias[:, None]
# x is (S, N, in) and weight (S, out, in): the two sizes that meet in the product differ. The
# weight's last two dimensions must be swapped first.

torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) => x @ weight.t() + bias[:, None]
# `t()` works for two dimensions at most. `transpose(1, 2)` names the two to be swapped.

torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) =>
    x @ weight.transpose(0, 1) + bias[:, None]
# `transpose(0, 1)` swaps the networks with the outputs. It is each network's matrix that is to
# be transposed: dimensions 1 and 2.

weight.transpose(1, 2) => weight.transpose(0, 2)
or
torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) =>
    x @ weight.permute(2, 1, 0) + bias[:, None]
# `transpose(0, 2)`, or `.T` of three dimensions, swaps the networks with the inputs. It is each
# network's matrix that is to be transposed: dimensions 1 and 2.

weight.transpose(1, 2) => weight.reshape(len(weight), x.shape[2], -1)
# `reshape` leaves the numbers in their order and cuts it into rows of another length. In a
# transposed matrix they are in another order: `transpose(1, 2)`.

torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) => x @ weight.transpose(1, 2) + bias
or
bias[:, None] => bias
# Broadcasting lines up the last dimensions: a bias of shape (S, out) meets the (N, out) of the
# product, so that sample n would get the bias of network n. Give it a dimension of size 1 in
# the middle.

torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) =>
    x @ weight.transpose(1, 2) + bias[:, :, None]
# `bias[:, :, None]` has shape (S, out, 1), which lines up with (S, N, out) in the wrong place:
# the new dimension belongs where the samples are.

bias[:, None] => bias[0]
# Every network was given the bias of network 0.

bias[:, None] => 0 * bias[:, None]
# The bias is missing.

bias[:, None] => -bias[:, None]
# The bias is to be added, not subtracted.

bias[:, None] => bias.mean(0)
# The biases were averaged over the networks; each has its own.

weight.transpose(1, 2) => weight[:1].expand_as(weight).transpose(1, 2)
# Every network was given the weights of network 0.

torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) => x @ weight[0].t() + bias[0]
# Every network was given the weights and the bias of network 0.

x, weight.transpose => x[:1].expand_as(x), weight.transpose
# Every network was given the data of network 0.

return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) =>
    return (x @ weight.transpose(1, 2) + bias[:, None]).sum(0)
# The results were summed over the networks. Nothing is to be mixed between them.

return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) =>
    return (x @ weight.transpose(1, 2) + bias[:, None]).transpose(1, 2)
# Each network's result is transposed: samples are its rows, outputs its columns.

return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) =>
    return (x @ weight.transpose(1, 2) + bias[:, None]).transpose(0, 1)
# The networks are the first dimension, the samples the second.

return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) =>
    return (x @ weight.transpose(1, 2) + bias[:, None]).clamp(min=0)
# A ReLU was applied as well. Only the linear layer is wanted.

torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) =>
    x * weight.transpose(1, 2) + bias[:, None]
# `*` multiplies entry by entry; a matrix product is wanted, `@`.

torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) => x[0] @ weight[0].t() + bias[0]
# This is the result of network 0 alone. There are S of them.
""",
)

# --- shares ----------------------------------------------------------------------


def shares(table):
    """Return Shapley's shares of the weights and of the biases, two fractions that add up to 1.

    ``table[i, j]`` is the mean error with weights i and biases j, 0 or 1.
    """
    weights = (table[1, 0] - table[0, 0]) + (table[1, 1] - table[0, 1])
    biases = (table[0, 1] - table[0, 0]) + (table[1, 1] - table[1, 0])
    return torch.stack([weights, biases]) / (2 * (table[1, 1] - table[0, 0]))


def _two(value):
    """Read two numbers out of a tensor of shape (2,)."""
    if not isinstance(value, torch.Tensor) or value.shape != (2,):
        what = f"of type {type(value).__name__}"
        if isinstance(value, torch.Tensor):
            what = f"a tensor of shape {tuple(value.shape)}"
        raise Failure(
            ("shape", what), f"what `shares` returns is {what}, expected a tensor of shape (2,)"
        )
    return value.tolist()


def _shares_case(rows, label):
    table = torch.tensor(rows, dtype=torch.float64)
    names = "the weights' share", "the biases' share"

    def run(function, probe):
        values = _two(probe(function, table))
        return {name: as_number(name, value) for name, value in zip(names, values, strict=True)}

    def expect():
        """The oracle: go through both orders, switch by switch, and average."""
        orders, whole = list(permutations(range(2))), (table[1, 1] - table[0, 0]).item()
        found = [0.0, 0.0]
        for order in orders:
            state = [0, 0]
            for switch in order:
                before = table[tuple(state)].item()
                state[switch] = 1
                found[switch] += (table[tuple(state)].item() - before) / len(orders) / whole
        return dict(zip(names, found, strict=True))

    hint = (
        "For each of the two orders, write down by how much the error changes when the weights "
        "are switched, and when the biases are. Average each over the orders, then divide by the "
        "whole change."
    )
    return Case(label, run, expect, hint, tol=1e-6)


SHARES = Exercise(
    number="8.3",
    solution=shares,
    cases=(
        _shares_case([[5.0, 9.0], [12.0, 30.0]], "two switches that make each other worse"),
        _shares_case([[2.0, 3.0], [6.0, 7.0]], "two switches that do not affect each other"),
        _shares_case([[10.5, 20.0], [16.0, 18.25]], "two switches that get in each other's way"),
        _shares_case([[8.0, 3.0], [13.0, 12.0]], "a switch that helps has a negative share"),
        _shares_case([[20.0, 17.0], [9.0, 4.0]], "an error that falls"),
    ),
    mistakes="""
table[1, 0] - table[0, 0] + (table[1, 1] - table[0, 1]) => 2 * (table[1, 0] - table[0, 0])
table[0, 1] - table[0, 0] + (table[1, 1] - table[1, 0]) => 2 * (table[1, 1] - table[1, 0])
or
table[1, 0] - table[0, 0] + (table[1, 1] - table[0, 1]) => 2 * (table[1, 1] - table[0, 1])
table[0, 1] - table[0, 0] + (table[1, 1] - table[1, 0]) => 2 * (table[0, 1] - table[0, 0])
# This is one order only. In the other order the switches change the error by other amounts.

table[1, 0] - table[0, 0] + (table[1, 1] - table[0, 1]) => 2 * (table[1, 0] - table[0, 0])
table[0, 1] - table[0, 0] + (table[1, 1] - table[1, 0]) => 2 * (table[0, 1] - table[0, 0])
# Each switch was judged when it comes first. What it does after the other one is left out, and
# the shares do not add up to 1.

table[1, 0] - table[0, 0] + (table[1, 1] - table[0, 1]) => 2 * (table[1, 1] - table[0, 1])
table[0, 1] - table[0, 0] + (table[1, 1] - table[1, 0]) => 2 * (table[1, 1] - table[1, 0])
# Each switch was judged when it comes last. What it does before the other one is left out, and
# the shares do not add up to 1.

/ (2 * (table[1, 1] - table[0, 0])) => / 2
# These are changes of the error. As fractions, they are still to be divided by the whole
# change.

torch.stack([weights, biases]) => 100 * torch.stack([weights, biases])
# A factor of 100: fractions are wanted, that add up to 1.

2 * (table[1, 1] - table[0, 0]) => table[1, 1] - table[0, 0]
# Twice too large: the *mean* over the two orders is wanted, not their sum.

[weights, biases] => [biases, weights]
# The two shares are in the wrong order. The first index of the table switches the weights, and
# the weights' share comes first.

[weights, biases] => [-weights, -biases]
# The signs: a change is the error after the switch less the error before it.

2 * (table[1, 1] - table[0, 0]) => 2 * table[1, 1]
# The changes were divided by the error at the end, not by the whole change.

return torch.stack([weights, biases]) / (2 * (table[1, 1] - table[0, 0])) =>
    steps = torch.stack([table[1, 0] - table[0, 0], table[0, 1] - table[0, 0]])
    return steps / steps.sum()
# Each switch was judged when it comes first, and the two results stretched to add up to 1. What
# a switch does after the other one has not been looked at.

2 * (table[1, 1] - table[0, 0]) => 2 * (table[1, 1] - table[0, 0]) ** 2
# The changes were divided by the whole change twice.

[weights, biases] => [weights.abs(), biases.abs()]
(2 * (table[1, 1] - table[0, 0])) => (2 * (table[1, 1] - table[0, 0]).abs())
or
[weights, biases] => [weights.abs(), biases.abs()]
# A switch that helps has a negative share; here its sign was lost.

torch.stack([weights, biases]) / (2 * (table[1, 1] - table[0, 0])) =>
    torch.stack([table[1, 0] / table[0, 0], table[0, 1] / table[0, 0]])
# These are ratios of errors. A share is a change, divided by the whole change.

torch.stack([weights, biases]) / (2 * (table[1, 1] - table[0, 0])) =>
    [part / (2 * (table[1, 1] - table[0, 0])) for part in (weights, biases)]
# A list of two numbers. `torch.stack` makes one tensor of them.

torch.stack([weights, biases]) / (2 * (table[1, 1] - table[0, 0])) => torch.full_like(table[0], 0.5)
# One half for each whatever the table says: it is the *changes* that are averaged.
""",
)

# --- culprit ---------------------------------------------------------------------


def culprit():
    """Return the letter of the explanation that all experiments of the chapter support."""
    return "d"


def _run_culprit(function, probe):
    said = probe(function)
    letter = said.strip().strip(".)(").lower() if isinstance(said, str) else said
    one = isinstance(letter, str) and len(letter) == 1 and letter in "abcdef"
    return {
        "this is one letter from a to f": one,
        "the letter's explanation agrees with every experiment": letter == "d",
        "said": letter,
    }


CULPRIT = Exercise(
    number="8.4",
    solution=culprit,
    cases=(
        Case("the letter's explanation agrees with every experiment of the chapter", _run_culprit),
    ),
    mistakes="""
'd' => 'a'
# From the same first parameters, `minidl` and PyTorch ended with the same 2077 numbers. The
# arithmetic of a framework cannot make a gap that is not there.

'd' => 'b'
# Gradients added up sample by sample, or for the mini-batch at once, led to the same parameters.
# The step is taken once a mini-batch in both programs.

'd' => 'c'
# The start it is. But look at the shares, and at their standard errors: whose is the larger part
# of the gap?

'd' => 'e'
# A network that is stuck in a minimum stays there however long it is trained. Look at what
# PyTorch's start reaches after 60 epochs.

'd' => 'f'
# With 100 seeds, and with 1600, the gap is many standard errors wide. Chance alone makes two of
# them at most, most of the time.

'd' => ('d', 'e')
or
'd' => 'd and e'
or
'd' => 'de'
# One letter is wanted. And d and e exclude each other: do more steps close the gap, or not?

'd' => 'initialisation'
# Return the letter in front of an explanation, not a word from it.

'd' => 4
# Return the letter as a string, in quotes, not its number.
""",
)

EXERCISES = {
    "copy-parameters": COPY_PARAMETERS,
    "linear-many": LINEAR_MANY,
    "shapley-shares": SHARES,
    "culprit": CULPRIT,
}
