"""Exercises of chapter 01: one-hot targets, the radius, mini-batches."""

import math
from itertools import islice

import torch

from ... import data
from ..exercise import Case, Exercise, as_number
from ..probe import Failure
from ._shared import randn, returns

# --- one_hot ---------------------------------------------------------------------

LABELS = torch.tensor([2, 0, 1, 1, 3])


def _one_hot_case(labels, num_classes, label, hint="", **options):
    def expect():
        target = torch.nn.functional.one_hot(labels, num_classes)
        return target.to(options.get("dtype", torch.float32))

    return returns(label, "one_hot(labels)", (labels, num_classes), expect, hint, **options)


ONE_HOT = Exercise(
    number="1.2",
    solution=data.one_hot,
    cases=(
        _one_hot_case(
            LABELS,
            4,
            "five labels of four classes: one row a label, a 1 in the label's column",
            "Sample i has its row i. In that row all entries are 0 but the one in column "
            "labels[i], which is 1.",
        ),
        _one_hot_case(LABELS[:1], 4, "a single label"),
        _one_hot_case(
            torch.tensor([0, 1, 0]),
            3,
            "three classes of which only two occur: still three columns",
        ),
        _one_hot_case(LABELS, 4, "with dtype=torch.float64", dtype=torch.float64),
    ),
    mistakes="""
[labels] => [labels].t()
# Rows and columns have changed places. In this book one sample is one row.

dtype=dtype => dtype=torch.float32
# The `dtype` that is given has no effect. Hand it on to the tensor you make.

torch.eye(num_classes, dtype=dtype)[labels] => torch.ones(len(labels), num_classes)
# Whole rows are 1. Only the entry in the label's column is.

torch.eye(num_classes, dtype=dtype)[labels] => torch.zeros(len(labels), num_classes)
# All entries are 0: no 1 was set in the tensor that comes back.

dtype=dtype => dtype=torch.int64
# The entries are right, but they are integers. The network computes with floating-point
# numbers; `torch.zeros` and `torch.eye` make them by default.

[labels] => [labels - 1]
# Each 1 stands one column too far left. Labels count from 0, as Python does: label 0 is column
# 0.

[labels] => [num_classes - 1 - labels]
# The columns run backwards: label 0 belongs to column 0.

eye(num_classes => eye(int(labels.max()) + 1
# The number of columns was taken from the largest label that occurs. A batch may lack the last
# class; use num_classes.

[labels] => [labels] * 2 - 1
# The other entries of a row are 0, not −1.

[labels] => [labels] * labels[:, None]
# The label was written into its column. The entry is 1 whatever the label is.

return torch.eye(num_classes, dtype=dtype)[labels] => y = torch.zeros(len(labels), num_classes)
    y[:, labels] = 1
    return y
# `y[:, labels] = 1` sets whole columns, in every row. Each row needs its own column: index
# both, `y[torch.arange(N), labels]`.
""",
)

# --- balanced_radius -------------------------------------------------------------


def _share_inside(radius, side, cells=2000):
    """Share of a fine grid of points in the square that lie in the disc."""
    ticks = (torch.arange(cells, dtype=torch.float64) + 0.5) / cells - 0.5
    squares = (side * ticks).square()
    return (squares[:, None] + squares < radius**2).double().mean().item()


def _positive(radius, probe, side):
    value = probe(radius, side)
    if isinstance(value, torch.Tensor):
        raise Failure(("tensor",), "this is a tensor, wanted a Python float: use `math.sqrt`")
    value = as_number("the radius", value)
    if value <= 0:
        raise Failure(("sign",), f"the radius is {value:.6g}, wanted one above 0")
    return value


def _area_case(side):
    name = f"the area of your disc, for a square of side {side:g} and area {side**2:g},"
    return Case(
        f"side {side:g}: the disc has half of the square's area",
        run=lambda radius, probe: {name: math.pi * _positive(radius, probe, side) ** 2},
        expect=lambda: {name: side**2 / 2},
        hint="Write down the area of the disc and the area of the square, and set the first "
        "equal to half of the second.",
    )


def _grid_case(side):
    name = "the share of grid points inside"
    return Case(
        f"side {side:g}: half of a fine grid of points lies inside",
        run=lambda radius, probe: {name: _share_inside(_positive(radius, probe, side), side)},
        expect=lambda: {name: 0.5},
        tol=1e-3,
    )


RADIUS = Exercise(
    number="1.1",
    solution=data.balanced_radius,
    cases=(_area_case(2.0), _area_case(3.0), _grid_case(2.0)),
    mistakes="""
2 * math.pi => math.pi
# This is the paper's radius. Its disc has the area of the whole square, π r² = side², and
# reaches over its edges. Half of that area is wanted.

side / math.sqrt(2 * math.pi) => side ** 2 / (2 * math.pi)
# This is r², not r: a square root is missing.

side / => 2 * side /
# This is the disc's diameter, twice its radius.

side / math.sqrt(2 * math.pi) => side ** 2 / 2 / (2 * math.pi)
# 2 π r is the length of the circle. Its area is π r².

math.sqrt(2 * math.pi) => 2
# This disc touches the four edges and covers π/4 of the square, 79 %.

math.sqrt(2 * math.pi) => math.sqrt(8)
# This halves the area of the disc that touches the edges. The half of the square's area is
# wanted.

side / math.sqrt(2 * math.pi) => 0.798
# A number read off a picture, and rounded. The function is to compute the radius, for any side.

math.sqrt(2 * math.pi) => math.sqrt(2) * math.pi
# `a / math.sqrt(2) * math.pi` multiplies by π. It belongs under the root, below the line: mind
# the brackets.

side / math.sqrt(2 * math.pi) => math.pi * side ** 2 / 2
# π times half of side² is no radius: divide by π, then take the root.

side / math.sqrt(2 * math.pi) => math.sqrt(2 / math.pi)
# Right for a square of side 2, but the function is to work for any side.
""",
)

# --- minibatches -----------------------------------------------------------------

X = randn(7, 2, seed=1)
Y = randn(7, 3, seed=2)


def _pairs(batches):
    """List what comes out, but no more of it than there can be."""
    pairs = list(islice(batches, 50))
    if len(pairs) == 50:
        raise Failure(("endless",), "there is no end of mini-batches: 50, and more to come")
    for pair in pairs:
        if not (isinstance(pair, (tuple, list)) and len(pair) == 2):
            raise Failure(
                ("pairs",), "what comes out are not pairs: wanted (x_batch, y_batch) each time"
            )
    return pairs


def _batches(minibatches, probe, *arguments, **options):
    batches = probe(minibatches, *arguments, then=_pairs, **options)
    values = {"the number of mini-batches": len(batches)}
    for number, (x, y) in enumerate(batches):
        values[f"x of mini-batch {number}"] = x
        values[f"y of mini-batch {number}"] = y
    return values


def _expected_batches(x, y, batch_size):
    values = {"the number of mini-batches": math.ceil(len(x) / batch_size)}
    for number in range(values["the number of mini-batches"]):
        rows = range(number * batch_size, min((number + 1) * batch_size, len(x)))
        values[f"x of mini-batch {number}"] = torch.stack([x[i] for i in rows])
        values[f"y of mini-batch {number}"] = torch.stack([y[i] for i in rows])
    return values


def _in_order(batch_size, label, hint="", dtype=torch.float64):
    x, y = X.to(dtype), Y.to(dtype)
    return Case(
        label=label,
        run=lambda minibatches, probe: _batches(minibatches, probe, x, y, batch_size),
        expect=lambda: _expected_batches(x, y, batch_size),
        hint=hint,
    )


NUMBERED = torch.arange(130.0, dtype=torch.float64)[:, None]
#: What a target is more than its point.
AHEAD = 1000


def _epoch(minibatches, probe, generator):
    """Rows of an epoch of 130 numbered points, in batches of 45."""
    targets = NUMBERED.flatten() + AHEAD
    pairs = probe(minibatches, NUMBERED, targets, 45, then=_pairs, generator=generator)
    return [(x.flatten(), y) for x, y in pairs]


def _is_run(rows):
    """Whether rows are neighbours in the data."""
    return len(rows) > 1 and rows.max() - rows.min() == len(rows) - 1


def _run_shuffled(minibatches, probe):
    generator, twin = (torch.Generator().manual_seed(3) for _ in range(2))
    epochs = [_epoch(minibatches, probe, generator) for _ in range(2)]
    again = _epoch(minibatches, probe, twin)
    xs, ys = ([torch.cat([pair[i] for pair in epoch]) for epoch in epochs] for i in (0, 1))
    return {
        "each point still has its own target": (
            all(torch.equal(x + AHEAD, y) for x, y in zip(xs, ys, strict=True))
        ),
        "every point comes exactly once": (
            all(torch.equal(x.sort().values, NUMBERED.flatten()) for x in xs)
        ),
        "every target comes exactly once": (
            all(torch.equal(y.sort().values, NUMBERED.flatten() + AHEAD) for y in ys)
        ),
        "the order is a new one": not torch.equal(xs[0], NUMBERED.flatten()),
        "the second epoch's order differs from the first's": not torch.equal(*xs),
        "two generators with the same seed give the same order": (
            torch.equal(xs[0], torch.cat([x for x, _ in again]))
        ),
        "the points are mixed over all mini-batches": (
            not any(_is_run(x) for epoch in epochs for x, _ in epoch)
        ),
    }


MINIBATCHES = Exercise(
    number="1.3",
    solution=data.minibatches,
    cases=(
        _in_order(
            3,
            "seven samples in mini-batches of three: 3, 3 and 1, in order",
            "Mini-batch k, counted from 0, begins at row k · batch_size; x and y are cut at the "
            "same rows.",
        ),
        _in_order(7, "a mini-batch that takes all samples, in float32", dtype=torch.float32),
        _in_order(10, "a mini-batch larger than the data: all samples at once"),
        Case(
            "with a generator: a new order every epoch, each point with its own target",
            run=_run_shuffled,
            hint="Draw one order with `torch.randperm(len(x), generator=generator)` and use it "
            "to index x and y alike.",
        ),
    ),
    mistakes="""
yield from zip(x.split(batch_size), y.split(batch_size), strict=True) =>
    for start in range(0, len(x) - batch_size + 1, batch_size):
        yield (x[start:start + batch_size], y[start:start + batch_size])
# The samples that do not fill a mini-batch are lost. The last one may be smaller.

x.split(batch_size), y.split(batch_size) => x.chunk(batch_size), y.chunk(batch_size)
# `batch_size` was taken for the number of mini-batches. It is the number of samples in one.

yield from zip(x.split(batch_size), y.split(batch_size), strict=True) =>
    for start in range(len(x)):
        yield (x[start:start + batch_size], y[start:start + batch_size])
# The mini-batches overlap: each starts one row after the one before. The start must move by
# batch_size.

yield from => for x_batch, y_batch in
strict=True) => strict=True):
        yield (x_batch[:batch_size - 1], y_batch[:batch_size - 1])
# Each mini-batch is one row short. A slice leaves out its end already:
# `x[start : start + batch_size]`.

x, y = (x[order], y[order]) => pass
# The generator is ignored. Where one is given, the samples come in a new order.

y[order] => y[torch.randperm(len(y), generator=generator)]
# x and y were put in two different orders, so the points lost their targets. Draw one order and
# use it for both.

x, y = (x[order], y[order]) => x = y = x[order]
# Both halves of the pairs come from x: what became of y?

randperm(len(x) => randint(len(x), (len(x),)
# Some samples come twice and others never: `randint` draws with replacement. `torch.randperm`
# gives every row exactly once.

generator=generator => generator=torch.Generator().manual_seed(0)
# Every epoch has the same order. Draw a new one from the generator that is given; it moves on
# with every draw. A generator made or seeded inside starts again each time.

generator=generator => generator=None
# The order was drawn without the generator that is given, so nobody can repeat it.

def minibatches(x, y, batch_size, *, generator=None):
    for x_batch, y_batch in zip(x.split(batch_size), y.split(batch_size), strict=True):
        order = torch.arange(len(x_batch))
        if generator is not None:
            order = torch.randperm(len(x_batch), generator=generator)
        yield (x_batch[order], y_batch[order])
# Each mini-batch was mixed by itself, so it always holds the same points. Mix all rows first,
# then cut.

if generator is not None => generator = generator or torch.Generator().manual_seed(1)
    if generator is not None
# The rows were mixed although no generator was given. Without one they come in order.

yield from zip(x.split(batch_size), y.split(batch_size), strict=True) =>
    return (x.split(batch_size), y.split(batch_size))
# All pieces of x came out together, then all of y. Wanted are pairs: the first piece of each,
# then the second of each.

yield from zip(x.split(batch_size), y.split(batch_size), strict=True) =>
    start = 0
    while True:
        yield (x[start:start + batch_size], y[start:start + batch_size])
        start += batch_size
# The loop has no end: it must stop when `start` reaches the number of rows.

yield from zip(x.split(batch_size), y.split(batch_size), strict=True) =>
    return [(x[:batch_size], y[:batch_size])]
# Only the first mini-batch came out; a loop is missing.
""",
)

EXERCISES = {"one-hot": ONE_HOT, "balanced-radius": RADIUS, "minibatches": MINIBATCHES}
