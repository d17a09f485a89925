"""Exercises of chapter 08: copied parameters, stacked layers, fair shares, the culprit."""

from itertools import pairwise, permutations

import torch

from ...activations import ReLU
from ...linear import Linear
from ...sequential import Sequential
from ..exercise import Case, Exercise
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
    """Build a model and a ``torch.nn`` network of its layers, all parameters different.

    There are two modules more than parameters, lest whoever counts modules, or from 1, be right.
    """
    modules, layers = [ReLU(), ReLU()], [torch.nn.ReLU(), torch.nn.ReLU()]
    for number, (a, b) in enumerate(pairwise(widths)):
        ours = Linear(a, b, dtype=dtype)
        theirs = torch.nn.utils.skip_init(torch.nn.Linear, a, b, dtype=dtype)
        tensors = ours.weight, ours.bias, theirs.weight, theirs.bias
        for seed, tensor in enumerate((*tensors, ours.weight_grad, ours.bias_grad)):
            tensor.detach().copy_(randn(*tensor.shape, seed=10 * number + seed))
        modules += [ours, ReLU()]
        layers += [theirs, torch.nn.ReLU()]
    return Sequential(modules), torch.nn.Sequential(*layers)


OVERWRITE = "Write the numbers over those that are there, into their memory: `theirs.copy_(ours)`."


def _copy_case(widths, dtype, label, noting=True):
    def run(copy, probe):
        model, network = _networks(widths, dtype)
        tensors = [tensor for pair in model.param() for tensor in pair]
        original = [(tensor, tensor.data_ptr(), tensor.clone()) for tensor in tensors]
        before = list(network.parameters())
        places = [theirs.data_ptr() for theirs in before]
        with torch.set_grad_enabled(noting):
            count = probe(copy, model, network)
        now = [tensor for pair in model.param() for tensor in pair]
        for k, (tensor, (old, place, numbers)) in enumerate(zip(now, original, strict=True)):
            what = f"{('parameter', 'the gradient of parameter')[k % 2]} {k // 2} of `model`"
            hint = "`model` stays as it is: read its parameters, and write into `network` alone."
            for said, wrong in (
                ("now requires a gradient", tensor.requires_grad),
                ("has changed", not torch.equal(tensor, numbers)),
                ("is another tensor than before", tensor is not old or old.data_ptr() != place),
            ):
                if wrong:
                    raise Failure(("model", k, said), f"{what} {said}", hint)
        for k, (theirs, old) in enumerate(zip(network.parameters(), before, strict=True)):
            if theirs is not old:
                said = f"parameter {k} of `network` is another tensor object than before"
                why = "An optimiser that was made before would go on changing the old one. "
                raise Failure(("object", k), said, why + OVERWRITE)
            if theirs.data_ptr() != places[k]:
                said = f"the numbers of parameter {k} of `network` lie in other memory than before"
                raise Failure(("memory", k), said, OVERWRITE)
            if not theirs.requires_grad:
                raise Failure(
                    ("requires grad", k),
                    f"parameter {k} of `network` no longer requires a gradient",
                    "PyTorch could not train it. Let `requires_grad` be, and copy inside `with "
                    "torch.no_grad():`.",
                )
        values = {f"the network's parameter {k}": t.detach() for k, t in enumerate(before)}
        return {**values, "the number of tensors copied": count}

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
        "k: does a loop begin late or end early? What is returned is the number of tensors, "
        "weights and biases together."
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
        _copy_case(
            (3, 2), torch.float32, "one layer in float32; autograd is off, and stays off", False
        ),
    ),
    mistakes="""
with torch.no_grad() => with torch.enable_grad()
or
with torch.no_grad(): => if True:
# PyTorch refuses to overwrite a parameter while autograd takes notes. Copy inside a block
# `with torch.no_grad():`.

theirs.copy_(ours) => theirs = ours.clone()
or
theirs.copy_(ours) => theirs.detach().clone().copy_(ours)
or
def copy_parameters(model, network):
    parameters = network.parameters()
    count = len(list(parameters))
    with torch.no_grad():
        for (ours, _), theirs in zip(model.param(), parameters):
            theirs.copy_(ours)
    return count
# The network's numbers are still its own: nothing was written into them. (`theirs = …` lets the
# name stand for another tensor; `clone()` and `deepcopy` make others. What `parameters()` and
# `zip` return can be run through only once: after `len(list(…))` it is used up.)

in pairs => in pairs[::2]
return len(pairs) => return len(pairs[::2])
or
in pairs => in pairs[::2]
# The weights are copied, the biases are not.

(ours, _) => (_, ours)
# The gradients were copied. In the pairs of `param()` the parameter comes first.

return len(pairs) => return len(pairs) - 1
# The copy is right, the number is one too small: is it the last index, which begins at 0?

return len(pairs) => return sum(ours.numel() for (ours, _), _ in pairs)
# The copy is right. What was counted are the single numbers; count the tensors.

return len(pairs) => return len(model.modules)
# The copy is right. What was counted are the modules, activations and all; count the tensors
# copied.

theirs.copy_(ours) => theirs.add_(ours)
# The model's numbers were added to the network's own. They are to replace them.
""",
)

# --- linear_many -----------------------------------------------------------------


def linear_many(x, weight, bias):
    """Return y (S, N, out) from x (S, N, in), weight (S, out, in) and bias (S, out)."""
    return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2))


def _many_case(sizes, label, dtype=torch.float64, tol=1e-9, seed=21):
    s, n, a, b = sizes
    shapes = (s, n, a), (s, b, a), (s, b)
    x, weight, bias = (randn(*shape, seed=seed + k, dtype=dtype) for k, shape in enumerate(shapes))

    def expect():
        """The oracle: torch.nn.functional.linear, one network at a time."""
        layers = zip(x, weight, bias, strict=True)
        return torch.stack([torch.nn.functional.linear(*layer) for layer in layers])

    hint = (
        "Network s has its own rows x[s], its own weight[s] and its own bias[s]; its result is "
        "what one linear layer makes of these: x[s] @ weight[s].t() + bias[s], and nothing more."
    )
    return returns(label, "y", (x, weight, bias), expect, hint, tol=tol)


LINEAR_MANY = Exercise(
    number="8.2",
    solution=linear_many,
    cases=(
        _many_case((3, 5, 2, 4), "3 networks, 5 samples, 2 → 4 features: equals one at a time"),
        _many_case((3, 3, 3, 3), "all sizes 3, in which shapes tell nothing"),
        _many_case((3, 5, 2, 4), "the first sizes again, with other numbers", seed=24),
        _many_case((2, 1, 4, 3), "a batch of one"),
        _many_case((1, 4, 3, 2), "a single network"),
        _many_case((3, 4, 1, 1), "one feature in, one out"),
        _many_case((4, 3, 5, 2), "float32 in, float32 out", torch.float32, tol=1e-5),
    ),
    mistakes="""
torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) => x @ weight + bias[:, None]
or
torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) =>
    torch.einsum('sni,sij->snj', x, weight) + bias[:, None]
# x is (S, N, in) and weight (S, out, in): the two sizes that meet in the product differ. The
# weight's last two dimensions must be swapped first.

torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) => x @ weight.t() + bias[:, None]
# `t()`, which `functional.linear` calls as well, works for two dimensions at most.
# `transpose(1, 2)` names the two to be swapped.

torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) =>
    x @ weight.transpose(0, 1) + bias[:, None]
or
weight.transpose(1, 2) => weight.transpose(0, 2)
or
torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) =>
    x @ weight.permute(2, 1, 0) + bias[:, None]
# `transpose(0, 1)` swaps the networks with the outputs; `transpose(0, 2)`, and `.T` of three
# dimensions, with the inputs. It is each network's matrix that is to be transposed: dimensions 1
# and 2.

weight.transpose(1, 2) => weight.reshape(len(weight), x.shape[2], -1)
# The weight's numbers were cut into rows of another length, in the order that they had, as
# `reshape` does. In a transposed matrix they are in another order: `transpose(1, 2)`.

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

bias[:, None] => 0 * bias[:, None]
# The bias is missing.

bias[:, None] => -bias[:, None]
# The bias is to be added, not subtracted.

bias[:, None] => 2 * bias[:, None]
or
bias[:, None] => x.shape[2] * bias[:, None]
# The bias came in more than once: twice, or once for each input, inside the sum.

bias[:, None] => bias[0]
or
weight.transpose(1, 2) => weight[:1].expand_as(weight).transpose(1, 2)
or
bias[:, None] => bias[0]
weight.transpose(1, 2) => weight[:1].expand_as(weight).transpose(1, 2)
# Every network was given the weights of network 0, or its bias, or both.

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

torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) => x @ weight.sum(0).t() + bias[:, None]
# The weights were summed over the networks. In einsum both factors have the same letter s, and
# the result has it too.

torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) =>
    list(torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)))
# This is a list of the networks' results. `torch.stack` makes one tensor of them.

return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) =>
    return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)).flatten(0, 1)
# The networks' results stand below each other, in two dimensions. `torch.stack` gives them a
# dimension of their own.

return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)) =>
    return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2)).squeeze()
# `squeeze` drops every dimension of size 1, and so that of a batch of one.

weight.transpose(1, 2) => weight.transpose_(1, 2)
or
bias[:, None] => bias.unsqueeze_(1)
# A method with an underscore at its end, or `+=` and its like, changes the tensor itself.
# `transpose(1, 2)` and `a + b` make another one.
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


def _shares_case(rows, label):
    table = torch.tensor(rows, dtype=torch.float64)

    def run(function, probe):
        value = probe(function, table)
        if not isinstance(value, torch.Tensor) or value.shape != (2,):
            what = f"a {type(value).__name__}"
            if isinstance(value, torch.Tensor):
                what = f"a tensor of shape {tuple(value.shape)}"
            said = f"`shares` returns {what}, wanted a tensor of shape (2,)"
            slip = "`torch.stack([a, b])` makes one tensor of two that hold a number each."
            raise Failure(("shape", what), said, slip)
        return {"the shares (weights, biases)": value}

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
        return {"the shares (weights, biases)": torch.tensor(found, dtype=torch.float64)}

    hint = (
        "For each of the two orders, write down by how much the error changes when the weights "
        "are switched, and when the biases are: after less before, with its sign. Average each "
        "over the orders, then divide by the whole change, e₁₁ − e₀₀."
    )
    return Case(label, run, expect, hint)


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
or
table[1, 0] - table[0, 0] + (table[1, 1] - table[0, 1]) => 2 * (table[1, 1] - table[0, 1])
table[0, 1] - table[0, 0] + (table[1, 1] - table[1, 0]) => 2 * (table[1, 1] - table[1, 0])
or
return torch.stack([weights, biases]) / (2 * (table[1, 1] - table[0, 0])) =>
    steps = torch.stack([table[1, 0] - table[0, 0], table[0, 1] - table[0, 0]])
    return steps / steps.sum()
or
return torch.stack([weights, biases]) / (2 * (table[1, 1] - table[0, 0])) =>
    steps = torch.stack([table[1, 1] - table[0, 1], table[1, 1] - table[1, 0]])
    return steps / steps.sum()
# Each switch was judged in one place only, either always first or always last. What it does in the
# other place is left out.

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
or
2 * (table[1, 1] - table[0, 0]) => 2 * table[0, 0]
# The changes were divided by an error, that at the end or the start, not by the whole change.

(2 * (table[1, 1] - table[0, 0])) => (2 * (table[1, 1] - table[0, 0]).abs())
# The whole change has a sign: an error may fall. Here the sign was lost.

torch.stack([weights, biases]) / (2 * (table[1, 1] - table[0, 0])) =>
    (torch.stack([weights, biases]) / (2 * (table[1, 1] - table[0, 0]))).clamp(0, 1)
# The shares were cut off at 0 and 1. One may be negative, and the other larger than 1.

torch.stack([weights, biases]) / (2 * (table[1, 1] - table[0, 0])) =>
    torch.stack([weights.abs(), biases.abs()]) / (weights.abs() + biases.abs())
or
def shares(table):
    weights = (table[1, 0] - table[0, 0]).abs() + (table[1, 1] - table[0, 1]).abs()
    biases = (table[0, 1] - table[0, 0]).abs() + (table[1, 1] - table[1, 0]).abs()
    return torch.stack([weights, biases]) / (2 * (table[1, 1] - table[0, 0]).abs())
or
def shares(table):
    weights = (table[1, 0] - table[0, 0]).abs() + (table[1, 1] - table[0, 1]).abs()
    biases = (table[0, 1] - table[0, 0]).abs() + (table[1, 1] - table[1, 0]).abs()
    return torch.stack([weights, biases]) / (weights + biases)
# A switch may make the error smaller: then its change is negative. Here that sign was lost.

torch.stack([weights, biases]) / (2 * (table[1, 1] - table[0, 0])) => torch.full_like(table[0], 0.5)
# One half for each, whatever the table says. Follow each order through the entries: which one
# stands before a switch, and which after it?
""",
)

# --- culprit ---------------------------------------------------------------------


def culprit():
    """Return the letter of the explanation that all experiments of the chapter support."""
    return "d"


def _run_culprit(function, probe):
    said = probe(function)
    if not isinstance(said, str) or said not in tuple("abcdef"):
        raise Failure(
            ("no letter", repr(said)),
            f"this is {str(repr(said))[:40]}, wanted a string: one letter from a to f",
            'Return the letter alone, lower-case and in quotes: `return "a"`, if it were a.',
        )
    return {"the letter's explanation agrees with every experiment": said == "d", "said": said}


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
""",
)

EXERCISES = {
    "copy-parameters": COPY_PARAMETERS,
    "linear-many": LINEAR_MANY,
    "shapley-shares": SHARES,
    "culprit": CULPRIT,
}
