"""Exercises of chapter 09: the work of a step, the joined layer, the roofline, what is gained."""

from itertools import pairwise

import torch
from torch.utils.flop_counter import FlopCounterMode

from ..exercise import Case, Exercise
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


def _adds_case(widths, batch_size, label, hint=""):
    def expect():
        """The oracle: PyTorch counts what its own step does; a multiply-add is two for it."""
        network = torch.nn.Sequential(
            *(torch.nn.Linear(a, b, device="meta") for a, b in pairwise(widths))
        )
        with FlopCounterMode(display=False) as counter:
            network(torch.ones(batch_size, widths[0], device="meta")).sum().backward()
        return counter.get_total_flops() // 2

    hint = hint or (
        "List the products of each layer, forward and back, with their shapes. One of (l, m) by "
        "(m, n) takes l · m · n multiply-adds. Are all layers in the sum, the last one too, and "
        "each once?"
    )
    return returns(label, "the count", (list(widths), batch_size), expect, hint)


MULTIPLY_ADDS = Exercise(
    number="9.1",
    solution=multiply_adds,
    cases=(
        _adds_case((5, 3, 7, 4), 6, "three layers of different sizes, 6 samples"),
        _adds_case((2, 5, 3), 1, "two layers, a batch of one"),
        _adds_case(
            (3, 1), 5, "a single layer", "A single layer is the first, and the last as well."
        ),
        _adds_case(
            8 * (5,),
            3,
            "seven layers of one size",
            "Right for up to three layers, of different widths. Does your code tell layers by "
            "their sizes and not by their places, or stop after three?",
        ),
        _adds_case(
            (100_000_007, 70_001, 50_021),
            10_000_019,
            "a huge network and batch",
            "Right for smaller numbers. Python's integers are exact; a float holds 15 digits, "
            "float32 seven, an int32 ends at 2³¹ and an int64 at 2⁶³.",
        ),
    ),
    mistakes="""
2 if k == 1 else 3 => 3
# The first layer was given three products. The gradient of its input, the data, is not wanted.

2 if k == 1 else 3 => 2
# Two products a layer. All but the first also pass a gradient on to the layer before.

2 if k == 1 else 3 => 1
# This is the way forward alone. The way back multiplies too.

k == 1 else => k == len(widths) - 1 else
or
2 if k == 1 else 3 => 3 - (k == 1) - (k == len(widths) - 1)
# A product was spared at the last layer. It is at the other end that a gradient is not wanted.

2 if k == 1 else 3 => 1 if k == 1 else 3
or
2 if k == 1 else 3 => 1 if k == 1 else 2
or
2 if k == 1 else 3 => 0 if k == 1 else 3
# Every layer needs two products at least, the first as well: forward, and for its weights.

widths[k - 1] => widths[k]
or
widths[k] => widths[k - 1]
# Each layer was taken for square. Its weights have as many columns as it has inputs.

widths[k - 1] * widths[k] => (widths[k - 1] + widths[k])
# The two widths of a layer were added. Each input meets each output: they multiply.

products * batch_size => products
# This is the count for one sample; a batch has several.

products * batch_size => products * batch_size ** 2
# The batch size was multiplied in twice.

products * batch_size => 2 * products * batch_size
# Twice too large: were multiplications and additions counted? Both together are one here.

widths[k - 1] => (widths[k - 1] + 1)
or
return total => return total + batch_size * sum(widths[1:])
or
return total => return total + batch_size * sum(widths[1:-1])
or
return total => return total + 2 * batch_size * sum(widths[1:])
# Only matrix products count; biases or activations were counted as well.

range(1, len(widths)) => range(1, len(widths) - 1)
or
range(1, len(widths)) => range(1, max(2, len(widths) - 1))
# The last layer was left out.

2 if k == 1 else 3 => 2 if k == 1 else 3
    total += widths[k - 1] * widths[k] * (1 - batch_size)
# One product of each layer was counted without the batch, forward or for the weights' gradient.
# Both run over all samples.

k == 1 else => widths[k - 1] == widths[0] else
# The first layer was told by its width, and others may be as wide. Tell it by its place.

widths[k - 1] * widths[k] => widths[k - 1] * widths[k]
    return total
# Only the first layer was counted: does the `return` stand inside the loop?

return total => return float(total)
# This is a float. Where does it come in? A sum that begins with 0.0, an average, or `/` in the
# place of `//`, makes one.
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


PARTS = "y", "dL/dx", "dL/d[W b]"


def _joined_case(sizes, label, hint="", looked_at=PARTS, dtype=torch.float64, tol=1e-9, seed=31):
    """All three results tell mistakes apart, also where only one is looked at."""
    n, n_in, n_out = sizes
    x, wb, grad = (
        randn(n, n_in, seed=seed, dtype=dtype),
        randn(n_out, n_in + 1, seed=seed + 1, dtype=dtype),
        randn(n, n_out, seed=seed + 2, dtype=dtype),
    )

    def linear(x, wb):
        return torch.nn.functional.linear(x, wb[:, :-1], wb[:, -1])

    def expect():
        """The oracle: torch.nn.functional.linear and autograd."""
        found = linear(x, wb), *autograd(linear, x, wb, grad=grad)
        return {name: part for name, part in zip(PARTS, found, strict=True) if name in looked_at}

    def run(function, probe):
        result = probe(function, x, wb, grad)
        if not isinstance(result, tuple) or len(result) != 3:
            what = f"a {type(result).__name__}"
            if isinstance(result, (tuple, list)):
                what += f" of {len(result)}"
            said = f"`linear_joined` returns {what}, wanted a tuple of three tensors"
            raise Failure(("parts", what), said, "`return y, dx, wb_grad` returns the three.")
        return dict(zip(PARTS, result, strict=True))

    hint = hint or (
        "Right for the first 5 samples, 3 → 2 features. What in your code fits only those sizes, "
        "or those numbers?"
    )
    return Case(label, run, expect, hint, tol)


LINEAR_JOINED = Exercise(
    number="9.2",
    solution=linear_joined,
    cases=(
        _joined_case(
            (5, 3, 2),
            "5 samples, 3 → 2 features: y equals linear's",
            "Only y was looked at so far: x Wᵀ, plus b for each sample, and nothing more. Which "
            "part of [W b] is W, and what meets b?",
            PARTS[:1],
        ),
        _joined_case(
            (5, 3, 2),
            "dL/dx equals autograd's",
            "y is right, dL/dx is not. It is that of chapter 3's layer, G W; which part of [W b] "
            "is W?",
            PARTS[1:2],
        ),
        _joined_case(
            (5, 3, 2),
            "the gradient of [W b] equals autograd's",
            "y and dL/dx are right. The gradient of [W b] is chapter 3's weight gradient in all "
            "columns but the last, and the bias's, the sum of G's rows, in that one.",
            PARTS[2:],
        ),
        _joined_case((4, 3, 3), "4 samples, 3 → 3 features"),
        _joined_case((3, 2, 3), "[W b] is square, 3 samples, 2 → 3 features"),
        _joined_case((1, 4, 2), "a batch of one"),
        _joined_case((5, 3, 2), "the first sizes again, with other numbers", seed=34),
        _joined_case(
            (6, 1, 1), "one feature in, one out; float32 stays", dtype=torch.float32, tol=1e-5
        ),
    ),
    mistakes="""
x, torch.ones_like(x[:, :1]) => torch.ones_like(x[:, :1]), x
# The ones stand in front of x, and the bias behind W: so the bias meets a feature. Both must be
# at the same end.

x, torch.ones_like(x[:, :1]) => torch.ones_like(x[:, :1]), x
wb[:, :-1] => wb[:, 1:]
or
joined @ wb.t() => x @ wb[:, 1:].t() + wb[:, 0]
wb[:, :-1] => wb[:, 1:]
# The bias was read from the first column, as of [b W]. In [W b] it is the last.

joined @ wb.t() => x @ wb[:, :-1].t()
# The bias is missing in y.

wb[:, :-1] => wb
# dL/dx has a column too many: what would be the gradient of the ones. x does not have it.

wb[:, :-1] => wb[:, 1:]
# For dL/dx the first column of [W b] was left out, not b.

grad.t() @ joined => joined.t() @ grad
# The gradient of [W b] is transposed: it has the shape of [W b] itself.

grad.t() @ joined => grad.t() @ joined / len(x)
# The gradient was divided by the number of samples. That is in the upstream gradient already.

grad.t() @ joined => grad.t() @ x
# The gradient lacks the column that belongs to the bias.

grad @ wb[:, :-1], grad.t() @ joined => grad.t() @ joined, grad @ wb[:, :-1]
# dL/dx and the gradient of [W b] are in the wrong order.

grad @ wb[:, :-1] => joined @ wb.t() @ wb[:, :-1]
or
grad.t() @ joined => (joined @ wb.t()).t() @ joined
or
joined = torch.cat([x, torch.ones_like(x[:, :1])], 1) =>
    joined = torch.cat([x, torch.ones_like(x[:, :1])], 1)
    grad = joined @ wb.t()
# y stands where the upstream gradient G belongs.

grad.t() @ joined => torch.cat([grad.t() @ x, grad.mean(0)[:, None]], 1)
# Only the last column is wrong: the bias's gradient is a sum over the samples, not a mean.

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


def _attainable_case(sizes, peak, bandwidth, label):
    rows, inner, columns = sizes

    def expect():
        """The oracle: the longer of two times, for real tensors whose bytes torch counts."""
        a, b = torch.ones(rows, inner), torch.ones(inner, columns)
        moved = sum(tensor.nbytes for tensor in (a, b, a @ b))
        operations = 2 * sum((row[:, None] * b).numel() for row in a)
        return operations / max(operations / peak, moved / bandwidth)

    hint = (
        "Two bounds, of which the smaller counts: the peak itself, and the intensity (FLOP for "
        "each byte) times the bytes that come in a second. Three matrices are moved, two factors "
        "and the result: the height times the width of each, four bytes a number."
    )
    return returns(label, "the speed", (*sizes, peak, bandwidth), expect, hint)


ATTAINABLE = Exercise(
    number="9.3",
    solution=attainable,
    cases=(
        _attainable_case((5, 3, 4), 2e9, 1e8, "a small product: memory is the bound"),
        _attainable_case((90, 70, 80), 3e8, 1e8, "a large one: arithmetic is the bound"),
        _attainable_case((1, 30, 1), 3e11, 2e10, "one row by one column: memory again"),
        _attainable_case((6, 7, 2), 0.5, 3.0, "a slow machine with a good memory"),
    ),
    mistakes="""
min( => max(
or
min(peak, operations / moved * bandwidth) => peak
# This is the peak, though memory allows less. Is the smaller of the two bounds returned? If so,
# the other one came out too large: are all of the bytes below the fraction bar, in brackets?

min(peak, operations / moved * bandwidth) => operations / (operations / peak + moved / bandwidth)
# The two times were added up, as if nothing could be moved while something else is computed.
# The bound asked for lets both go on at the same time.

2 * rows => rows
# Half of what memory allows: was a multiply-add counted as one operation, or a float32 number
# as eight bytes?

4 * =>
# Four times what memory allows: were numbers counted, not bytes? float32 has four bytes.

min(peak, operations / moved * bandwidth) => min(peak, operations / moved * bandwidth) / 1e9
# Right, but in GFLOP/s; FLOP/s are wanted.

+ rows * columns =>
or
+ inner * columns =>
# A matrix was left out. Both factors have to be moved, and the result, too.

operations / moved => rows * inner / (2 * (2 * rows + inner))
# This is for a square weight, `inner` = `columns`. The two may differ.

min(peak, operations / moved * bandwidth) => min(peak, operations / moved * bandwidth) / peak
# This is a share of the peak. The speed itself is wanted.

+ rows * columns => + 2 * rows * columns
# The result was counted twice. It is written once, and not read.

operations / moved => operations // moved
# The intensity was cut down to a whole number, as `//` does.

min(peak, operations / moved * bandwidth) => operations / moved
# This is the intensity. What speed does it allow?

operations / moved => moved / operations
# The bandwidth was multiplied by bytes / operations. Is the intensity the other way round, or was
# the bandwidth divided by it?

min(peak, operations / moved * bandwidth) => operations / moved * bandwidth
or
min(peak, operations / moved * bandwidth) => min(peak, operations / moved) * bandwidth
# This is what memory allows. Is the smaller one of two *speeds* returned, and is the other one
# the `peak` that is given?

min(peak, operations / moved * bandwidth) => max(operations / peak, moved / bandwidth)
# This is the shortest time. A speed is wanted, in FLOP/s.

operations / moved * bandwidth => bandwidth
or
min(peak, operations / moved * bandwidth) => min(bandwidth, operations / moved * peak)
# These are bytes a second. Does `bandwidth` stand where `peak` belongs, or was it not multiplied
# by the operations that are done with each byte?
""",
)

# --- gain ------------------------------------------------------------------------


def gain(share, factor):
    """Return how many times as fast a program gets if a share of its time shrinks by a factor."""
    return 1 / (1 - share + share / factor)


def _gain_case(share, factor, label, hint=""):
    def expect():
        """The oracle: a thousand equal pieces of time, of which some get shorter."""
        pieces = [1.0] * 1000
        shorter = [1 / factor if k < round(1000 * share) else 1.0 for k in range(1000)]
        return sum(pieces) / sum(shorter)

    hint = hint or (
        "Let the whole take one second. How long does the part take afterwards, how long the "
        "rest, and how often does the sum of both, in brackets, go into that second?"
    )
    return returns(label, "times as fast", (share, factor), expect, hint)


GAIN = Exercise(
    number="9.4",
    solution=gain,
    cases=(
        _gain_case(0.7, 5.0, "seven tenths of the time, five times as fast"),
        _gain_case(0.996, 50.0, "nearly all of it, fifty times as fast"),
        _gain_case(0.004, 1e6, "next to nothing, a million times as fast"),
        _gain_case(0.4, 1, "a factor of 1", "If the part takes as long as before, so does all."),
        _gain_case(1.0, 4.0, "all of it", "If the part is all, all takes 1/`factor` of its time."),
        _gain_case(0.0, 4.0, "none of it", "If the part is nothing, all takes as long as before."),
    ),
    mistakes="""
1 - share + share / factor => share + (1 - share) / factor
# The rest was made faster, not the part. `share` is the part that gets faster.

1 / (1 - share + share / factor) => 1 - share + share / factor
# This is the new time, as a share of the old. How often does it go into the old one?

1 / (1 - share + share / factor) => 1 - share + share * factor
# Factors were averaged. Add up *times*, and divide afterwards.

+ share / factor =>
# This is for a part that vanishes altogether; `//` would make 0 of it. Here something is left.

1 / (1 - share + share / factor) => factor / share
# The rest, which gets no faster, was forgotten.

share / factor => share * factor
# The part was made slower: its time was multiplied by the factor.

1 / (1 - share + share / factor) => 1 // (1 - share + share / factor)
or
1 / (1 - share + share / factor) => int(1 / (1 - share + share / factor))
or
1 / (1 - share + share / factor) => round(1 / (1 - share + share / factor))
# This was cut down or rounded to a whole number.

- share + share / factor => - share / factor
# What is left of the part was taken off the whole, in the place of what is saved.

1 / (1 - share + share / factor) => 1 / (1 - share + share / factor) - 1
# This is what is gained beyond the old speed. The ratio is 1 more.

share / factor => share / 100 / factor
1 - share => 1 - share / 100
# `share` was taken for per cent. It is a fraction, from 0 to 1.
""",
)

EXERCISES = {
    "multiply-adds": MULTIPLY_ADDS,
    "linear-joined": LINEAR_JOINED,
    "attainable": ATTAINABLE,
    "gain": GAIN,
}
