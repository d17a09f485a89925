"""Exercises of chapter 09: the work of a step, the joined layer, the roofline, what is gained."""

import torch
from torch.utils.flop_counter import FlopCounterMode

from ..exercise import Case, Exercise, as_number, difference
from ..probe import Failure
from ._shared import autograd, randn, returns

# --- multiply_adds ---------------------------------------------------------------


def multiply_adds(widths, batch_size):
    """Count the multiply-adds of the matrix products of a training step.

    ``widths`` lists the columns from the input to the output.  Each layer multiplies
    three times, forward, for its weights' gradient and for its input's, which the first
    layer does not need.
    """
    total = 0
    for k in range(1, len(widths)):
        products = 2 if k == 1 else 3
        total += products * batch_size * widths[k - 1] * widths[k]
    return total


def _adds_case(widths, batch_size, label):
    def expect():
        """The oracle: PyTorch counts what its own step does; a multiply-add is two for it."""
        pairs = zip(widths, widths[1:], strict=False)
        network = torch.nn.Sequential(*(torch.nn.Linear(a, b) for a, b in pairs))
        with FlopCounterMode(display=False) as counter:
            network(torch.ones(batch_size, widths[0])).sum().backward()
        return counter.get_total_flops() // 2

    hint = "List the products of each layer, with their shapes. A product of (l, m) by (m, n) "
    hint += "takes l · m · n multiply-adds."
    return returns(label, "the count", (list(widths), batch_size), expect, hint)


MULTIPLY_ADDS = Exercise(
    number="9.1",
    solution=multiply_adds,
    cases=(
        _adds_case((3, 4), 5, "one layer from 3 to 4 features, 5 samples"),
        _adds_case((2, 5, 3), 7, "two layers"),
        _adds_case((4, 3, 6, 2), 1, "three layers of different sizes, a batch of one"),
        _adds_case((2, 25, 25, 25, 25, 2), 100, "the paper's network and batch"),
    ),
    mistakes="""
2 if k == 1 else 3 => 3
# The first layer was given three products. The gradient of its input, the data, is not wanted.

2 if k == 1 else 3 => 2
# Two products a layer. All but the first also pass a gradient on to the layer before.

2 if k == 1 else 3 => 1 if k == 1 else 3
or
2 if k == 1 else 3 => 1 if k == 1 else 2
or
2 if k == 1 else 3 => 3 - (k == 1) - (k == len(widths) - 1)
# One layer needs two products: forward, and for its weights.

2 if k == 1 else 3 => 1
# This is the way forward alone. The way back multiplies too.

k == 1 else => k == len(widths) - 1 else
# A product was spared at the last layer. It is at the other end that a gradient is not wanted.

products * batch_size => products
# This is the count for one sample; a batch has several.

products * batch_size => 2 * products * batch_size
# Twice too large: a multiplication and the addition behind it count as one here.

widths[k - 1] => (widths[k - 1] + 1)
or
return total => return total + batch_size * sum(widths[1:])
# Only matrix products count; biases were counted as well.

2 if k == 1 else 3 => 0 if k == 1 else 3
# The first layer was left out altogether.

range(1, len(widths)) => range(1, len(widths) - 1)
# The last layer was left out.

widths[k - 1] => widths[k]
# Each layer was taken for square. Its weights have as many columns as it has inputs.

widths[k - 1] * widths[k] => (widths[k - 1] + widths[k])
# The two widths of a layer were added. Each input meets each output: they multiply.

total += => total =
# Only the last layer was counted: is the total set anew in every turn of the loop?

products * batch_size => products * batch_size ** 2
# The batch size was multiplied in twice.

return total => return float(total)
# `int(…)` makes a number of it, an integer as Python has it.

return total => widths.pop()
    return total
# `pop`, `remove` and `del` take widths out of the list itself, and whoever called the function
# finds them gone. Go through it with a loop, or copy it first: `list(widths)`.
""",
)

# --- linear_joined ---------------------------------------------------------------


def linear_joined(x, wb, grad):
    """Go forward and back through a linear layer whose bias is the last column of its weight.

    Returns ``(y, dx, wb_grad)``: the output, dL/dx, and the gradient of weight and bias
    in one matrix of the shape of ``wb``.
    """
    joined = torch.cat([x, torch.ones_like(x[:, :1])], 1)
    return joined @ wb.t(), grad @ wb[:, :-1], grad.t() @ joined


Y, DX, WEIGHTS, BIAS = "y", "dL/dx", "dL/d[W b]", "dL/d[W b], last column"
SHAPES = (
    "y has a row for each sample, whatever their number; dL/dx has the shape of `x`, and the "
    "gradient that of `wb`."
)
DTYPES = "All three results are wanted in the dtype of `x`. What was made with another?"


def _refuse_other(name, value, expected, tol):
    """Raise a Failure for a wrong type, shape or dtype, of a kind that only the same one shares."""
    trouble = difference(name, value, expected, tol)
    if trouble and trouble.kind == ("type",):
        raise Failure(("type", name, type(value).__name__), trouble.sentence)
    if trouble and trouble.kind == ("shape",):
        raise Failure(("shape", name, tuple(value.shape)), trouble.sentence, SHAPES)
    if trouble and trouble.kind == ("dtype",):
        raise Failure(("dtype", name, str(value.dtype)), trouble.sentence, DTYPES)


def _parts(y, dx, wb_grad):
    """Name what is returned; the bias's gradient apart, that it can be told from the weights'."""
    return {Y: y, DX: dx, WEIGHTS: wb_grad, BIAS: wb_grad}


def _compared(name, value):
    """Cut the bias's column out of the gradient of [W b], or all the others."""
    if name == WEIGHTS:
        return value[:, :-1]
    return value[:, -1] if name == BIAS else value


def _joined_case(sizes, label, hint, names=(Y, DX, WEIGHTS, BIAS), **options):
    dtype, tol = options.get("dtype", torch.float64), options.get("tol", 1e-9)
    n, n_in, n_out = sizes
    x, wb, grad = (
        randn(n, n_in, seed=31, dtype=dtype),
        randn(n_out, n_in + 1, seed=32, dtype=dtype),
        randn(n, n_out, seed=33, dtype=dtype),
    )

    def linear(x, wb):
        return torch.nn.functional.linear(x, wb[:, :-1], wb[:, -1])

    def whole():
        """The oracle: torch.nn.functional.linear and autograd."""
        return _parts(linear(x, wb), *autograd(linear, x, wb, grad=grad))

    def expect():
        found = whole()
        return {name: _compared(name, found[name]) for name in names}

    def run(function, probe):
        result = probe(function, x, wb, grad)
        if not isinstance(result, (tuple, list)) or len(result) != 3:
            kind = type(result).__name__
            count = f" of {len(result)}" if isinstance(result, (tuple, list)) else ""
            raise Failure(
                ("parts", kind, count),
                f"what `linear_joined` returns is a {kind}{count}, expected y, dx and wb_grad, "
                "three tensors",
            )
        found, wanted, values = _parts(*result), whole(), {}
        for name in names:
            _refuse_other(name.partition(",")[0], found[name], wanted[name], tol)
            values[name] = _compared(name, found[name])
        return values

    return Case(label=label, run=run, expect=expect, hint=hint, tol=tol)


OTHER_SIZES = "Right for other sizes. Which line takes one size for another?"

LINEAR_JOINED = Exercise(
    number="9.2",
    solution=linear_joined,
    cases=(
        _joined_case(
            (5, 3, 2),
            "5 samples, 3 → 2 features: y equals linear's",
            "Only y was looked at so far. Which column must meet the bias, and for which samples?",
            [Y],
        ),
        _joined_case(
            (5, 3, 2),
            "dL/dx equals autograd's",
            "y is right, dL/dx is not. It is that of chapter 3's layer; which part of [W b] is its "
            "weight?",
            [DX],
        ),
        _joined_case(
            (5, 3, 2),
            "the gradient of [W b], all columns but the last",
            "y and dL/dx are right, the weights' part of the gradient is not. It is that of "
            "chapter 3's weights.",
            [WEIGHTS],
        ),
        _joined_case(
            (5, 3, 2),
            "its last column",
            "Only the last column is wrong, the bias's: it is the sum of G's rows.",
            [BIAS],
        ),
        _joined_case((4, 3, 3), "4 samples, 3 → 3 features", OTHER_SIZES),
        _joined_case((3, 2, 3), "[W b] is square, 3 samples, 2 → 3 features", OTHER_SIZES),
        _joined_case((1, 4, 2), "a batch of one", OTHER_SIZES),
        _joined_case((6, 2, 5), "float32 in, float32 out", "", dtype=torch.float32, tol=1e-5),
    ),
    mistakes="""
x, torch.ones_like(x[:, :1]) => torch.ones_like(x[:, :1]), x
# The ones stand in front of x, and the bias behind W: so the bias meets a feature. Both must be
# at the same end.

x, torch.ones_like(x[:, :1]) => torch.ones_like(x[:, :1]), x
wb[:, :-1] => wb[:, 1:]
# This would be right for [b W], with the bias in the first column. In [W b] it is the last.

joined @ wb.t() => x @ wb[:, :-1].t()
# The bias is missing in y.

ones_like => zeros_like
# The bias is multiplied by 0 here, and so it vanishes.

torch.cat([x, torch.ones_like(x[:, :1])], 1) => x
# x has a column less than [W b]: something must meet the bias.

torch.ones_like(x[:, :1])], 1 => torch.ones_like(x[:1])], 0
# The ones were put below x as one more sample. They are one more *feature*, the same for each
# sample.

wb[:, :-1] => wb
# dL/dx has a column too many: what would be the gradient of the ones. x does not have it.

wb[:, :-1] => wb[:, 1:]
# For dL/dx the first column of [W b] was left out, not b.

grad.t() @ joined => joined.t() @ grad
# The gradient of [W b] is transposed: it has the shape of [W b] itself.

wb.t() => wb
# For y, [W b] has to be transposed.

grad.t() @ joined => grad.t() @ joined / len(x)
# The gradient was divided by the number of samples. That is in the upstream gradient already.

grad.t() @ joined => grad.t() @ x
# The gradient lacks the column that belongs to the bias.

grad @ wb[:, :-1], grad.t() @ joined => grad.t() @ joined, grad @ wb[:, :-1]
# dL/dx and the gradient of [W b] are in the wrong order.

joined = => grad = torch.ones_like(grad)
    joined =
# The upstream gradient was left out.

, grad @ wb[:, :-1], grad.t() @ joined) => )
# Only y is returned; the two gradients are wanted as well.

grad.t() @ joined => torch.cat([grad.t() @ x, grad[0][:, None]], 1)
# The bias's gradient is that of the first sample. All samples add to it.

torch.ones_like(x[:, :1]) => torch.ones(len(x), 1, dtype=torch.float64)
wb.t() => wb.double().t()
grad.t() => grad.double().t()
# The ones are float64 whatever x is, and so is what they are joined with.

joined = => x, wb, grad = (x.float(), wb.float(), grad.float())
    joined =
# The result is float32 whatever x is. `torch.ones_like(x[:, :1])` has the dtype of x.

grad @ wb[:, :-1] => (grad @ wb[:, :-1]).round(decimals=6)
joined @ wb.t() => (joined @ wb.t()).round(decimals=6)
# Right but for rounding: was it rounded, or computed in float32?

joined @ wb.t() => (joined @ wb.t()).squeeze()
# `squeeze` drops every dimension of size 1, and so the row of a batch of one. A slice such as
# `[:, :-1]` keeps both dimensions.

wb[:, :-1] => wb[:, :-1].t()
# For dL/dx, W was transposed. Compare the shapes: G W.

wb[:, :-1] => (wb[:, :-1].t() if wb.shape[1] == len(wb) + 1 else wb[:, :-1])
# For dL/dx, W was transposed where it is square: the shapes fit either way, and only one is
# right.

grad @ wb[:, :-1] => -grad @ wb[:, :-1]
or
grad.t() @ joined => -grad.t() @ joined
# This gradient has the wrong sign. The minus belongs to the step.

grad.t() @ joined => (grad.t() @ joined).roll(1, 1)
# The bias's column stands first in the gradient, as for [b W]. In [W b] it is last.

grad.t() @ joined => torch.cat([grad.t() @ x, grad.mean(0)[:, None]], 1)
# Only the last column is wrong: the bias's gradient is a sum over the samples, not a mean.

grad.t() @ joined => torch.cat([grad.t() @ x, 0 * grad.sum(0)[:, None]], 1)
# Only the last column is wrong: it is 0, and the bias would never learn.

grad.t() @ joined => torch.cat([grad.t() @ x, 2 * grad.sum(0)[:, None]], 1)
# Only the last column is wrong, twice what it should be: did the bias's gradient come in twice,
# with the ones and by itself?

grad.t() @ joined => torch.cat([grad.t() @ x, grad.sum().expand(len(wb), 1)], 1)
# Only the last column is wrong: all of G was added up. Each output has a bias of its own.
""",
)

# --- attainable ------------------------------------------------------------------


def attainable(rows, inner, columns, peak, bandwidth):
    """Bound the speed of a float32 product of (rows, inner) by (inner, columns), in FLOP/s.

    ``peak`` is in FLOP/s, ``bandwidth`` in bytes/s; each number is moved once.
    """
    operations = 2 * rows * inner * columns
    moved = 4 * (rows * inner + inner * columns + rows * columns)
    return min(peak, operations / moved * bandwidth)


def _number_case(name, arguments, label, expect, hint):
    """Make a case of a function that returns one number, of any kind."""

    def run(function, probe):
        return {name: as_number(name, probe(function, *arguments))}

    return Case(label=label, run=run, expect=expect, hint=hint)


def _attainable_case(sizes, peak, bandwidth, label):
    rows, inner, columns = sizes

    def expect():
        """The oracle: the longer of two times, for real tensors whose bytes torch counts."""
        a, b = torch.ones(rows, inner), torch.ones(inner, columns)
        moved = sum(tensor.nbytes for tensor in (a, b, a @ b))
        operations = 2 * sum((row[:, None] * b).numel() for row in a)
        return {"the speed": operations / max(operations / peak, moved / bandwidth)}

    return _number_case(
        "the speed",
        (*sizes, peak, bandwidth),
        label,
        expect,
        "Two bounds: the peak itself, and the intensity (FLOP for each byte) times the bytes "
        "that come in a second. A float32 number has four bytes; three matrices are moved.",
    )


ATTAINABLE = Exercise(
    number="9.3",
    solution=attainable,
    cases=(
        _attainable_case((5, 3, 4), 1e9, 1e8, "a small product: memory is the bound"),
        _attainable_case((90, 70, 80), 1e9, 1e8, "a large one: arithmetic is the bound"),
        _attainable_case((1, 30, 20), 3e11, 2e10, "one row: memory again"),
        _attainable_case((6, 7, 2), 1.0, 3.0, "a slow machine with a good memory"),
    ),
    mistakes="""
min( => max(
# The larger of the two bounds was taken. Both must be kept.

min(peak, operations / moved * bandwidth) => operations / (operations / peak + moved / bandwidth)
# The two times were added up, as if nothing could be moved while something else is computed.
# The bound asked for lets both go on at the same time.

2 * rows => rows
# Half of what memory allows: was a multiply-add counted as one operation, or a float32 number
# as eight bytes?

4 * =>
# Numbers were counted, not bytes. float32 has four bytes.

4 * => 32 *
# An eighth of what memory allows: bytes, not bits.

min(peak, operations / moved * bandwidth) => min(peak, operations / moved * bandwidth) / 1e9
# Right, but in GFLOP/s; FLOP/s are wanted.

2 * rows * inner * columns => (2 * inner - 1) * rows * columns
# Counted exactly, each entry takes one addition less than multiplications. Here a multiply-add
# counts as two throughout, the first as well.

min(peak, operations / moved * bandwidth) => int(min(peak, operations / moved * bandwidth))
# Right but for rounding: was it rounded, or computed in float32?

+ rows * columns =>
or
+ inner * columns =>
# A matrix was left out. Both factors have to be moved, and the result, too.

rows * inner + inner * columns => 2 * rows * inner * columns
# Each number was counted as often as it is used. Once in the processor it stays there.

min(peak, operations / moved * bandwidth) => operations / moved
# This is the intensity. What speed does it allow?

operations / moved => moved / operations
# Bytes were divided by operations. The intensity is the other way round.

min(peak, operations / moved * bandwidth) => operations / moved * bandwidth
# This is what memory allows. The processor has its own limit.

min(peak, operations / moved * bandwidth) => peak
# This is the peak, whatever memory does.

operations / moved * bandwidth => bandwidth / (operations / moved) ** 2
# The more operations there are for each byte, the *faster* memory lets it go.

min(peak, operations / moved * bandwidth) => max(operations / peak, moved / bandwidth)
# This is the shortest time. A speed is wanted, in FLOP/s.

operations / moved * bandwidth => bandwidth
# Bytes a second were compared with operations a second. How many operations are done with each
# byte?
""",
)

# --- gain ------------------------------------------------------------------------


def gain(share, factor):
    """Return how many times as fast a program gets if a share of its time shrinks by a factor."""
    return 1 / (1 - share + share / factor)


def _gain_case(share, factor, label):
    def expect():
        """The oracle: a thousand equal pieces of time, of which some get shorter."""
        pieces = [1.0] * 1000
        shorter = [1 / factor if k < round(1000 * share) else 1.0 for k in range(1000)]
        return {"times as fast": sum(pieces) / sum(shorter)}

    return _number_case(
        "times as fast",
        (share, factor),
        label,
        expect,
        "Let the whole take one second. How long does the part take afterwards, how long the "
        "rest, and how often does their sum go into that second?",
    )


GAIN = Exercise(
    number="9.4",
    solution=gain,
    cases=(
        _gain_case(0.6, 3.0, "three fifths of the time, three times as fast"),
        _gain_case(0.875, 5.0, "seven eighths, five times as fast"),
        _gain_case(0.05, 10.0, "a twentieth, ten times as fast"),
        _gain_case(1.0, 4.0, "all of it"),
        _gain_case(0.0, 4.0, "none of it"),
    ),
    mistakes="""
1 - share + share / factor => share + (1 - share) / factor
# The rest was made faster, not the part. `share` is the part that gets faster.

1 / (1 - share + share / factor) => 1 - share + share / factor
# This is the new time, as a share of the old. How often does it go into the old one?

1 / (1 - share + share / factor) => 1 - share + share * factor
# Factors were averaged. Add up *times*, and divide afterwards.

+ share / factor =>
# This is for a part that vanishes altogether. Here something of it is left.

1 / (1 - share + share / factor) => factor / share
# The rest, which gets no faster, was forgotten.

1 / (1 - share + share / factor) => factor
# This would be so if all of the time got shorter by the factor.

1 / (1 - share + share / factor) => share * factor
# A share of the factor is neither a time nor a ratio.

1 / (1 - share + share / factor) => share - share / factor
# This is the share of the time that is saved. The ratio of old to new is wanted.

1 / (1 - share + share / factor) => 100 / (1 - share + share / factor) - 100
# This is in per cent beyond the old speed; a ratio is wanted.

share / factor => share * factor
# The part was made slower: its time was multiplied by the factor.

- share + share / factor => - share / factor
# What is left of the part was taken off the whole, in the place of what is saved.

1 - share + => 1 +
# The part is in the sum twice, once at its old length. The rest is less than 1.

1 / (1 - share + share / factor) => round(1 / (1 - share + share / factor), 2)
# Right but for rounding: was it rounded, or computed in float32?
""",
)

EXERCISES = {
    "multiply-adds": MULTIPLY_ADDS,
    "linear-joined": LINEAR_JOINED,
    "attainable": ATTAINABLE,
    "gain": GAIN,
}
