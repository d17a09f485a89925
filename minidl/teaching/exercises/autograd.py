"""Exercises of chapter 08: copied parameters, stacked layers, fair shares, the culprit."""

from itertools import pairwise, permutations

import torch

from ...activations import ReLU
from ...linear import Linear
from ...sequential import Sequential
from ..check import Case, Exercise, Mistake, as_number
from ..probe import Failure
from ._random import randn

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


def copy_noted(model, network):
    count = 0
    for (ours, _), theirs in zip(model.param(), network.parameters(), strict=True):
        theirs.copy_(ours)
        count += 1
    return count


def copy_shared(model, network):
    count = 0
    for (ours, _), theirs in zip(model.param(), network.parameters(), strict=True):
        theirs.data = ours
        count += 1
    return count


def copy_to_a_name(model, network):
    count = 0
    for (ours, _), theirs in zip(model.param(), network.parameters(), strict=True):
        theirs = ours.clone()  # noqa: F841
        count += 1
    return count


def copy_weights_only(model, network):
    count = 0
    with torch.no_grad():
        for (ours, _), theirs in zip(model.param(), network.parameters(), strict=True):
            if ours.dim() == 2:
                theirs.copy_(ours)
                count += 1
    return count


def copy_transposed(model, network):
    count = 0
    with torch.no_grad():
        for (ours, _), theirs in zip(model.param(), network.parameters(), strict=True):
            theirs.copy_(ours.t())
            count += 1
    return count


def copy_wrong_way(model, network):
    count = 0
    with torch.no_grad():
        for (ours, _), theirs in zip(model.param(), network.parameters(), strict=True):
            ours.copy_(theirs)
            count += 1
    return count


def copy_gradients(model, network):
    count = 0
    with torch.no_grad():
        for (_, grad), theirs in zip(model.param(), network.parameters(), strict=True):
            theirs.copy_(grad)
            count += 1
    return count


def copy_reversed(model, network):
    count = 0
    with torch.no_grad():
        for (ours, _), theirs in zip(model.param()[::-1], network.parameters(), strict=True):
            theirs.copy_(ours)
            count += 1
    return count


def copy_returns_early(model, network):
    count = 0
    with torch.no_grad():
        for (ours, _), theirs in zip(model.param(), network.parameters(), strict=True):
            theirs.copy_(ours)
            count += 1
            return count


def copy_first_layer(model, network):
    count = 0
    with torch.no_grad():
        for (ours, _), theirs in zip(
            model.modules[0].param(), network[0].parameters(), strict=True
        ):
            theirs.copy_(ours)
            count += 1
    return count


def copy_counts_numbers(model, network):
    copy_parameters(model, network)
    return sum(ours.numel() for ours, _ in model.param())


def copy_counts_layers(model, network):
    return copy_parameters(model, network) // 2


def copy_counts_modules(model, network):
    copy_parameters(model, network)
    return len(model.modules)


def copy_added(model, network):
    count = 0
    with torch.no_grad():
        for (ours, _), theirs in zip(model.param(), network.parameters(), strict=True):
            theirs.add_(ours)
            count += 1
    return count


def copy_new_parameters(model, network):
    count = 0
    for ours, theirs in zip(model.modules, network, strict=True):
        if isinstance(ours, Linear):
            theirs.weight = torch.nn.Parameter(ours.weight.clone())
            theirs.bias = torch.nn.Parameter(ours.bias.clone())
            count += 2
    return count


def copy_grad_off(model, network):
    torch.set_grad_enabled(False)
    count = 0
    for (ours, _), theirs in zip(model.param(), network.parameters(), strict=True):
        theirs.copy_(ours)
        count += 1
    return count


def copy_freezes(model, network):
    count = 0
    for (ours, _), theirs in zip(model.param(), network.parameters(), strict=True):
        theirs.requires_grad = False
        theirs.copy_(ours)
        count += 1
    return count


def copy_detached(model, network):
    count = 0
    for (ours, _), theirs in zip(model.param(), network.parameters(), strict=True):
        theirs.detach().clone().copy_(ours)
        count += 2
    return count


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


def _run_copy(widths, dtype):
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
            "a later change of `model` leaves the network as it is": all(
                map(torch.equal, copied, after)
            ),
            "the network's parameters are still the same tensor objects": all(
                a is b for a, b in zip(after, before, strict=True)
            ),
            "the network's parameters still require grad": all(t.requires_grad for t in after),
            "autograd is left switched on": noting,
            "the number of tensors copied": count,
        }

    return run


def _expect_copy(widths, dtype):
    """The oracle: the numbers themselves, drawn again."""

    def expect():
        values = {}
        for number, (a, b) in enumerate(pairwise(widths)):
            for seed, shape in enumerate(((b, a), (b,))):
                drawn = randn(*shape, seed=10 * number + seed, dtype=dtype)
                values[f"the network's parameter {2 * number + seed}"] = drawn
        return values | {
            "`model` is left as it is": True,
            "a later change of `model` leaves the network as it is": True,
            "the network's parameters are still the same tensor objects": True,
            "the network's parameters still require grad": True,
            "autograd is left switched on": True,
            "the number of tensors copied": 2 * (len(widths) - 1),
        }

    return expect


def _copy_case(widths, dtype, label):
    return Case(
        label=label,
        run=_run_copy(widths, dtype),
        expect=_expect_copy(widths, dtype),
        hint="Parameter k of the network must get the numbers of parameter k of the model, for "
        "every k; what is returned is the number of tensors, weights and biases together.",
    )


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
    mistakes=(
        Mistake(
            copy_noted,
            "PyTorch refuses to overwrite a parameter while autograd takes notes. Copy inside a "
            "block `with torch.no_grad():`.",
        ),
        Mistake(
            copy_shared,
            "`theirs.data = ours` copies nothing: from now on both names stand for the same "
            "memory, and training one network changes the other. Write the numbers over.",
        ),
        Mistake(
            copy_to_a_name,
            "The network's numbers are still its own: nothing was written into them. (A line such "
            "as `theirs = …` writes nothing; it lets the name `theirs` stand for another tensor.)",
        ),
        Mistake(copy_weights_only, "The weights are copied, the biases are not."),
        Mistake(
            copy_transposed,
            "The weights were transposed. `minidl` stores them as PyTorch does, (out, in).",
        ),
        Mistake(copy_wrong_way, "This copies from `network` to `model`: the wrong way round."),
        Mistake(
            copy_gradients,
            "The gradients were copied, which are zero here. In the pairs of `param()` the "
            "parameter comes first.",
        ),
        Mistake(
            copy_reversed,
            "The parameters of the two meet in opposite orders. Both lists begin with the first "
            "layer's weight.",
        ),
        Mistake(
            copy_returns_early,
            "The `return` stands inside the loop, so that only the first tensor is copied.",
        ),
        Mistake(copy_first_layer, "Only the first layer was copied."),
        Mistake(
            copy_counts_numbers,
            "The copy is right. What was counted are the single numbers; count the tensors.",
        ),
        Mistake(
            copy_counts_layers,
            "The copy is right. What was counted are the linear layers; each has two tensors.",
        ),
        Mistake(
            copy_counts_modules,
            "The copy is right. What was counted are the modules, activations and all; count "
            "the tensors copied.",
        ),
        Mistake(
            copy_added,
            "The model's numbers were added to the network's own. They are to replace them.",
        ),
        Mistake(
            copy_new_parameters,
            "The network was given new parameters. An optimiser that was made before would go "
            "on changing the old ones. Write into those that are there.",
        ),
        Mistake(
            copy_grad_off,
            "`torch.set_grad_enabled(False)` switches autograd off for everything that follows. "
            "`with torch.no_grad():` switches it off for a block, and on again.",
        ),
        Mistake(
            copy_freezes,
            "The parameters no longer require grad, so PyTorch cannot train this network. Let "
            "`requires_grad` be, and copy inside `with torch.no_grad():`.",
        ),
        Mistake(
            copy_detached,
            "`clone()` makes a new tensor, so the numbers went into a copy that is lost at once.",
        ),
    ),
)

# --- linear_many -----------------------------------------------------------------


def linear_many(x, weight, bias):
    """Return y (S, N, out) from x (S, N, in), weight (S, out, in) and bias (S, out)."""
    return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2))


def many_untransposed(x, weight, bias):
    return x @ weight + bias[:, None]


def many_two_dimensions(x, weight, bias):
    return x @ weight.t() + bias[:, None]


def many_transposed_stack(x, weight, bias):
    return x @ weight.transpose(0, 1) + bias[:, None]


def many_bias_bare(x, weight, bias):
    return x @ weight.transpose(1, 2) + bias


def many_bias_last(x, weight, bias):
    return x @ weight.transpose(1, 2) + bias[:, :, None]


def many_bias_first(x, weight, bias):
    return x @ weight.transpose(1, 2) + bias[0]


def many_without_bias(x, weight, bias):
    return x @ weight.transpose(1, 2)


def many_bias_subtracted(x, weight, bias):
    return x @ weight.transpose(1, 2) - bias[:, None]


def many_bias_mean(x, weight, bias):
    return x @ weight.transpose(1, 2) + bias.mean(0)


def many_first_weight(x, weight, bias):
    return x @ weight[0].t() + bias[:, None]


def many_first_network(x, weight, bias):
    return x @ weight[0].t() + bias[0]


def many_first_input(x, weight, bias):
    return x[0] @ weight.transpose(1, 2) + bias[:, None]


def many_summed(x, weight, bias):
    return (x @ weight.transpose(1, 2) + bias[:, None]).sum(0)


def many_inputs_first(x, weight, bias):
    return (x @ weight.transpose(1, 2) + bias[:, None]).transpose(1, 2)


def many_samples_first(x, weight, bias):
    return (x @ weight.transpose(1, 2) + bias[:, None]).transpose(0, 1)


def many_bent(x, weight, bias):
    return (x @ weight.transpose(1, 2) + bias[:, None]).clamp(min=0)


def many_entrywise(x, weight, bias):
    return x * weight.transpose(1, 2) + bias[:, None]


def many_only_one(x, weight, bias):
    return x[0] @ weight[0].t() + bias[0]


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
        return {"y": torch.stack([torch.nn.functional.linear(*layer) for layer in layers])}

    return Case(
        label=label,
        run=lambda many, probe: {"y": probe(many, x, weight, bias)},
        expect=expect,
        hint="Network s has its own rows x[s], its own weight[s] and its own bias[s]; its result "
        "is what one linear layer makes of these.",
        tol=tol,
    )


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
    mistakes=(
        Mistake(
            many_untransposed,
            "x is (S, N, in) and weight (S, out, in): the two sizes that meet in the product "
            "differ. The weight's last two dimensions must be swapped first.",
        ),
        Mistake(
            many_two_dimensions,
            "`t()` works for two dimensions at most. `transpose(1, 2)` names the two to be "
            "swapped.",
        ),
        Mistake(
            many_transposed_stack,
            "`transpose(0, 1)` swaps the networks with the outputs. It is each network's matrix "
            "that is to be transposed: dimensions 1 and 2.",
        ),
        Mistake(
            many_bias_bare,
            "Broadcasting lines up the last dimensions: a bias of shape (S, out) meets the "
            "(N, out) of the product, so that sample n would get the bias of network n. Give it "
            "a dimension of size 1 in the middle.",
        ),
        Mistake(
            many_bias_last,
            "`bias[:, :, None]` has shape (S, out, 1), which lines up with (S, N, out) in the "
            "wrong place: the new dimension belongs where the samples are.",
        ),
        Mistake(many_bias_first, "Every network was given the bias of network 0."),
        Mistake(many_without_bias, "The bias is missing."),
        Mistake(many_bias_subtracted, "The bias is to be added, not subtracted."),
        Mistake(many_bias_mean, "The biases were averaged over the networks; each has its own."),
        Mistake(many_first_weight, "Every network was given the weights of network 0."),
        Mistake(
            many_first_network, "Every network was given the weights and the bias of network 0."
        ),
        Mistake(many_first_input, "Every network was given the data of network 0."),
        Mistake(
            many_summed,
            "The results were summed over the networks. Nothing is to be mixed between them.",
        ),
        Mistake(
            many_inputs_first,
            "Each network's result is transposed: samples are its rows, outputs its columns.",
        ),
        Mistake(
            many_samples_first, "The networks are the first dimension, the samples the second."
        ),
        Mistake(many_bent, "A ReLU was applied as well. Only the linear layer is wanted."),
        Mistake(many_entrywise, "`*` multiplies entry by entry; a matrix product is wanted, `@`."),
        Mistake(many_only_one, "This is the result of network 0 alone. There are S of them."),
    ),
)

# --- shares ----------------------------------------------------------------------


def shares(table):
    """Return Shapley's shares of the weights and of the biases, two fractions that add up to 1.

    ``table[i, j]`` is the mean error with weights i and biases j, 0 or 1.
    """
    weights = (table[1, 0] - table[0, 0]) + (table[1, 1] - table[0, 1])
    biases = (table[0, 1] - table[0, 0]) + (table[1, 1] - table[1, 0])
    return torch.stack([weights, biases]) / (2 * (table[1, 1] - table[0, 0]))


def shares_weights_first(table):
    whole = table[1, 1] - table[0, 0]
    return torch.stack([table[1, 0] - table[0, 0], table[1, 1] - table[1, 0]]) / whole


def shares_biases_first(table):
    whole = table[1, 1] - table[0, 0]
    return torch.stack([table[1, 1] - table[0, 1], table[0, 1] - table[0, 0]]) / whole


def shares_first_steps(table):
    whole = table[1, 1] - table[0, 0]
    return torch.stack([table[1, 0] - table[0, 0], table[0, 1] - table[0, 0]]) / whole


def shares_last_steps(table):
    whole = table[1, 1] - table[0, 0]
    return torch.stack([table[1, 1] - table[0, 1], table[1, 1] - table[1, 0]]) / whole


def shares_in_points(table):
    return shares(table) * (table[1, 1] - table[0, 0])


def shares_in_per_cent(table):
    return 100 * shares(table)


def shares_not_halved(table):
    return 2 * shares(table)


def shares_swapped(table):
    return shares(table).flip(0)


def shares_negative(table):
    return -shares(table)


def shares_of_last_cell(table):
    return shares_in_points(table) / table[1, 1]


def shares_scaled_first_steps(table):
    steps = shares_first_steps(table)
    return steps / steps.sum()


def shares_divided_twice(table):
    return shares(table) / (table[1, 1] - table[0, 0])


def shares_absolute(table):
    return shares(table).abs()


def shares_ratios(table):
    return torch.stack([table[1, 0] / table[0, 0], table[0, 1] / table[0, 0]])


def shares_half_each(table):
    return torch.full_like(table[0], 0.5)


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


def _run_shares(table):
    def run(function, probe):
        weights, biases = _two(probe(function, table))
        return {
            "the weights' share": as_number("the weights' share", weights),
            "the biases' share": as_number("the biases' share", biases),
        }

    return run


def _expect_shares(table):
    """The oracle: go through both orders, switch by switch, and average."""

    def expect():
        orders, whole = list(permutations(range(2))), (table[1, 1] - table[0, 0]).item()
        found = [0.0, 0.0]
        for order in orders:
            state = [0, 0]
            for switch in order:
                before = table[tuple(state)].item()
                state[switch] = 1
                found[switch] += (table[tuple(state)].item() - before) / len(orders) / whole
        return {"the weights' share": found[0], "the biases' share": found[1]}

    return expect


def _shares_case(rows, label):
    table = torch.tensor(rows, dtype=torch.float64)
    return Case(
        label=label,
        run=_run_shares(table),
        expect=_expect_shares(table),
        hint="For each of the two orders, write down by how much the error changes when the "
        "weights are switched, and when the biases are. Average each over the orders, then "
        "divide by the whole change.",
        tol=1e-6,
    )


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
    mistakes=(
        Mistake(
            shares_weights_first,
            "This is one order only, weights first. In the other order the switches change the "
            "error by other amounts.",
        ),
        Mistake(
            shares_biases_first,
            "This is one order only, biases first. In the other order the switches change the "
            "error by other amounts.",
        ),
        Mistake(
            shares_first_steps,
            "Each switch was judged when it comes first. What it does after the other one is "
            "left out, and the shares do not add up to 1.",
        ),
        Mistake(
            shares_last_steps,
            "Each switch was judged when it comes last. What it does before the other one is "
            "left out, and the shares do not add up to 1.",
        ),
        Mistake(
            shares_in_points,
            "These are changes of the error. As fractions, they are still to be divided by the "
            "whole change.",
        ),
        Mistake(shares_in_per_cent, "A factor of 100: fractions are wanted, that add up to 1."),
        Mistake(
            shares_not_halved,
            "Twice too large: the *mean* over the two orders is wanted, not their sum.",
        ),
        Mistake(
            shares_swapped,
            "The two shares are in the wrong order. The first index of the table switches the "
            "weights, and the weights' share comes first.",
        ),
        Mistake(
            shares_negative,
            "The signs: a change is the error after the switch less the error before it.",
        ),
        Mistake(
            shares_of_last_cell,
            "The changes were divided by the error at the end, not by the whole change.",
        ),
        Mistake(
            shares_scaled_first_steps,
            "Each switch was judged when it comes first, and the two results stretched to add up "
            "to 1. What a switch does after the other one has not been looked at.",
        ),
        Mistake(shares_divided_twice, "The changes were divided by the whole change twice."),
        Mistake(
            shares_absolute, "A switch that helps has a negative share; here its sign was lost."
        ),
        Mistake(
            shares_ratios,
            "These are ratios of errors. A share is a change, divided by the whole change.",
        ),
        Mistake(
            shares_half_each,
            "One half for each whatever the table says: it is the *changes* that are averaged.",
        ),
    ),
)

# --- culprit ---------------------------------------------------------------------


def culprit():
    """Return the letter of the explanation that all experiments of the chapter support."""
    return "d"


def culprit_framework():
    return "a"


def culprit_update():
    return "b"


def culprit_biases():
    return "c"


def culprit_minimum():
    return "e"


def culprit_chance():
    return "f"


def culprit_pair():
    return ("d", "e")


def culprit_pair_in_words():
    return "d and e"


def culprit_letters():
    return "de"


def culprit_word():
    return "initialisation"


def culprit_number():
    return 4


def _run_culprit(function, probe):
    said = probe(function)
    letter = said.strip().strip(".)(").lower() if isinstance(said, str) else said
    return {
        "this is one letter from a to f": isinstance(letter, str)
        and len(letter) == 1
        and letter in "abcdef",
        "this explanation agrees with every experiment": letter in ("d", "D"),
        "said": letter,
    }


CULPRIT = Exercise(
    number="8.4",
    solution=culprit,
    cases=(
        Case(
            label="this explanation agrees with every experiment of the chapter",
            run=_run_culprit,
            expect=lambda: {
                "this is one letter from a to f": True,
                "this explanation agrees with every experiment": True,
            },
        ),
    ),
    mistakes=(
        Mistake(
            culprit_framework,
            "From the same first parameters, `minidl` and PyTorch ended with the same 2077 "
            "numbers. The arithmetic of a framework cannot make a gap that is not there.",
        ),
        Mistake(
            culprit_update,
            "Gradients added up sample by sample, or for the mini-batch at once, led to the same "
            "parameters. The step is taken once a mini-batch in both programs.",
        ),
        Mistake(
            culprit_biases,
            "The start it is. But look at the shares, and at their standard errors: whose is the "
            "larger part of the gap?",
        ),
        Mistake(
            culprit_minimum,
            "A network that is stuck in a minimum stays there however long it is trained. Look at "
            "what PyTorch's start reaches after 60 epochs.",
        ),
        Mistake(
            culprit_chance,
            "With 100 seeds, and with 1600, the gap is many standard errors wide. Chance alone "
            "makes two of them at most, most of the time.",
        ),
        Mistake(
            culprit_pair,
            "One letter is wanted. And d and e contradict each other: do more steps close the gap, "
            "or not?",
        ),
        Mistake(
            culprit_pair_in_words,
            "One letter is wanted. And d and e exclude each other: what do more steps do?",
        ),
        Mistake(
            culprit_letters,
            "Two letters; one is wanted. And d and e exclude each other: only one can be true.",
        ),
        Mistake(culprit_word, "Return the letter in front of an explanation, not a word from it."),
        Mistake(culprit_number, "Return the letter as a string, in quotes, not its number."),
    ),
)

EXERCISES = {
    "copy-parameters": COPY_PARAMETERS,
    "linear-many": LINEAR_MANY,
    "shapley-shares": SHARES,
    "culprit": CULPRIT,
}
