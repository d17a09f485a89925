"""Exercises of chapter 01: one-hot targets, the radius, mini-batches."""

import math
from itertools import islice
from unittest.mock import patch

import torch

from ... import data
from ..exercise import Case, Exercise
from ..probe import Failure
from ._shared import randn, returns

# --- one_hot ---------------------------------------------------------------------

LABELS = torch.tensor([2, 0, 1, 1, 2])
THEIRS = torch.nn.functional.one_hot


def _one_hot_case(label, *calls, hint="", **options):
    """Each call is (labels, num_classes)."""

    def run(one_hot, probe):
        with patch.object(torch.nn.functional, "one_hot", wraps=THEIRS) as library:
            values = {_name(*call): probe(one_hot, *call, **options) for call in calls}
        if library.called:
            said = "this calls `torch.nn.functional.one_hot`, and the exercise is to do without"
            raise Failure(("library",), said)
        return values

    def expect():
        dtype = options.get("dtype", torch.float32)
        return {_name(*call): THEIRS(*call).to(dtype) for call in calls}

    return Case(label, run, expect, hint)


def _name(labels, num_classes):
    return f"one_hot({labels.tolist()}, {num_classes})"


ONE_HOT = Exercise(
    number="1.2",
    solution=data.one_hot,
    cases=(
        _one_hot_case(
            "five labels of four classes: one row a label, a 1 in the label's column",
            (LABELS, 4),
            hint="There is a row for each label, in the order of the labels, and a column for each "
            "class, num_classes of them. Row i has a single 1, in column labels[i]: does every row "
            "get its own, and is it all 0 before?",
        ),
        _one_hot_case(
            "five other labels, a single label, a single class, many classes",
            (torch.tensor([3, 1, 0, 3, 0]), 4),
            (LABELS[:1], 4),
            (torch.tensor([0, 0]), 1),
            (torch.tensor([300, 2]), 301),
            (LABELS, 4),
            hint="Right for five labels of four classes. What in your code fits only those, or "
            "is left from the call before? (`squeeze` would take away a single row.)",
        ),
        _one_hot_case("with dtype=torch.float64", (LABELS, 4), dtype=torch.float64),
    ),
    mistakes="""
[labels] => [labels].t()
# Rows and columns have changed places. In this book one sample is one row.

dtype=dtype => dtype=torch.float32
# The `dtype` that is given has no effect. Is it handed on to the tensor you make, and kept?

return torch.eye(num_classes, dtype=dtype)[labels] =>
    y = torch.zeros(len(labels), num_classes, dtype=dtype)
    y[:, labels] = 1
    return y
# Whole columns are 1, in every row: are they set with `y[:, labels] = 1`, or are all rows one
# and the same list? Each row needs its own column: `y[torch.arange(N), labels]`.

dtype=dtype => dtype=torch.int64
or
torch.eye(num_classes, dtype=dtype)[labels] => labels[:, None] == torch.arange(num_classes)
or
dtype=dtype => dtype=dtype or torch.int64
or
dtype=dtype => dtype=dtype or torch.bool
# The entries are right, but they are integers or truth values. The network computes with
# floating-point numbers; `torch.zeros` and `torch.eye` make them where they are told `dtype=None`.

dtype=dtype => dtype=dtype or torch.float64
# Where `dtype` is None, PyTorch's default is wanted, float32. Hand None on, or set that.

[labels] => [labels - 1]
# Each 1 stands one column too far left. Labels count from 0, as Python does: label 0 is column
# 0.

eye(num_classes => eye(int(labels.max()) + 1
or
eye(num_classes, dtype=dtype)[labels] =>
    eye(len(labels.unique()), dtype=dtype)[labels.unique(return_inverse=True)[1]]
or
[labels] => [labels.unique(return_inverse=True)[1]]
# The classes were numbered, or counted, by the labels that occur. A batch may lack a class: the
# label is the column, and num_classes their number.

return torch => return 1 - torch
# 0 and 1 have changed places.

[labels] => [labels] * labels[:, None]
# The label was written into its column. The entry is 1 whatever the label is.

[labels] => [labels] * (torch.arange(len(labels)) < 1)[:, None]
# Only the first row has its 1. Does the function return from inside the loop?

""",
)

# --- balanced_radius -------------------------------------------------------------


def _radius_case(side, hint):
    return returns(
        f"side {side:g}: the disc has half of the square's area",
        "the radius",
        (side,),
        lambda: (side**2 / 2 / math.pi) ** 0.5,
        hint,
    )


def _share_inside(radius, probe, side=40.0, cells=2000):
    """Share of a fine grid of points in the square that lie in the disc."""
    ticks = (torch.arange(cells, dtype=torch.float64) + 0.5) / cells - 0.5
    squares = (side * ticks).square()
    inside = squares[:, None] + squares < probe(radius, side) ** 2
    return {"the share of grid points inside": inside.double().mean().item()}


RADIUS = Exercise(
    number="1.1",
    solution=data.balanced_radius,
    cases=(
        _radius_case(
            5.0,
            "Write down the area of the disc, π r², and the area of the square, and set the first "
            "equal to half of the second. Is r the root of the whole, and is nothing rounded?",
        ),
        _radius_case(
            2,
            "Right for side 5. What fits that side only, what becomes of an integer, or was the "
            "first result kept?",
        ),
        _radius_case(
            0.7, "Right for sides 5 and 2. What fits whole numbers only, or sides above 1?"
        ),
        Case(
            "side 40: half of a fine grid of points lies inside",
            _share_inside,
            lambda: {"the share of grid points inside": 0.5},
            "Right for sides up to 5. Does a search go far enough, or does a bound hold r down?",
            tol=1e-3,
        ),
    ),
    mistakes="""
2 * math.pi => math.pi
# This is the paper's radius. Its disc has the area of the whole square, π r² = side², and
# reaches over its edges. Half of that area is wanted.

side / math.sqrt(2 * math.pi) => side ** 2 / (2 * math.pi)
# This is r², not r: a square root is missing.

side / => 2 * side /
# This is twice the radius that is wanted. Is it the diameter? Was the area doubled instead of
# halved? Or is it `side` times the radius for side 2, and not side 1?

side / math.sqrt(2 * math.pi) => side / math.pi
# This is side / π: is a root missing over π? (The area is π r²; 2 π r is the circle's length.)

side / math.sqrt(2 * math.pi) => side ** 2 / 2 / (2 * math.pi)
# This is side² / 4π: 2 π r is the length of the circle, its area is π r². Or is a root written
# `** 1 / 2`? That takes the first power and halves it: `** 0.5`.

math.sqrt(2 * math.pi) => 2
# This disc touches the four edges and covers π/4 of the square, 79 %.

math.sqrt(2 * math.pi) => math.sqrt(2)
# This disc goes through the four corners and covers π/2 of the square, more than all of it.

math.sqrt(2 * math.pi) => math.sqrt(4 * math.pi)
or
math.sqrt(2 * math.pi) => math.sqrt(8 * math.pi)
# The side, or the radius, was halved, which leaves a quarter of an area. Half of the *area* is
# wanted, side² / 2, under the root.

side / => side //
or
side / math.sqrt(2 * math.pi) => math.sqrt(side ** 2 // 2 / math.pi)
# The radius, or half of the area, was cut down to a whole number. Divide with `/`, and without
# `int`.

math.sqrt(2 * math.pi) => math.sqrt(2) * math.pi
or
side / math.sqrt(2 * math.pi) => side * math.sqrt(math.pi / 2)
or
side / math.sqrt(2 * math.pi) => side ** 2 / 2 / math.sqrt(math.pi)
or
side / math.sqrt(2 * math.pi) => math.sqrt(side ** 2 / 2) / math.pi
or
side / math.sqrt(2 * math.pi) => math.sqrt(side) / (2 * math.pi)
# Mind the brackets. `a / 2 * b` multiplies by b, `a / b ** 0.5` takes the root of b alone; under
# the root stands side² / (2 · π), as a whole.

side / math.sqrt(2 * math.pi) => math.sqrt(side / (2 * math.pi))
# Under the root stands the square of the side.

side / math.sqrt(2 * math.pi) => math.sqrt(2 / math.pi)
or
side / math.sqrt(2 * math.pi) => 2 / math.sqrt(math.pi)
# `side` is not used: this is a radius for a square of side 2. The function is to work for any.
""",
)

# --- minibatches -----------------------------------------------------------------

X = randn(7, 2, seed=1)
Y = randn(7, 3, seed=2)


def _pairs(minibatches, probe, *arguments, **options):
    """List what comes out, but no more of it than there can be."""
    pairs = probe(minibatches, *arguments, then=lambda all: list(islice(all, 50)), **options)
    if len(pairs) == 50:
        raise Failure(("endless",), "50 mini-batches have come out, and there are more")
    for pair in pairs:
        if not (isinstance(pair, (tuple, list)) and len(pair) == 2):
            what = _describe(pair)
            said = f"this is {what}, wanted (x_batch, y_batch) each time"
            raise Failure(("pairs", what, len(pairs)), f"what comes out are not pairs: {said}")
    places = [x.data_ptr() for x, _ in pairs if isinstance(x, torch.Tensor) and x.numel()]
    if len(set(places)) < len(places):
        said = "mini-batches lie in the same memory: the same rows again, or one tensor overwritten"
        raise Failure(("shared", len(pairs)), said)
    return pairs


def _describe(thing):
    if isinstance(thing, (tuple, list)) and thing:
        return f"a {type(thing).__name__} that begins with {_describe(thing[0])}"
    return "a tensor" if isinstance(thing, torch.Tensor) else f"a {type(thing).__name__}"


def _in_order(batch_size, label, hint, x=X, y=Y):
    cuts = [range(start, min(start + batch_size, 7)) for start in range(0, 7, batch_size)]
    wanted = [(torch.stack([x[i] for i in cut]), torch.stack([y[i] for i in cut])) for cut in cuts]

    def run(minibatches, probe):
        pairs = _pairs(minibatches, probe, x, y, batch_size)
        shapes, right = (
            [str(tuple(getattr(b, "shape", ()))) for b, _ in p] for p in (pairs, wanted)
        )
        if shapes != right and all(isinstance(batch, torch.Tensor) for batch, _ in pairs):
            said = f"{', '.join(shapes) or 'none'}, wanted {', '.join(right)}"
            more = sum(batch.numel() for batch, _ in pairs) - x.numel()
            come = f"These are {'more' if more > 0 else 'fewer'} rows than x has."
            if any(batch.shape[1:] != x.shape[1:] for batch, _ in pairs):
                come = (
                    "These are no rows of x: did x and y change places, are rows cut singly, or "
                    "the columns of x?"
                )
            elif more == 0:
                come = "All rows come out, but cut in other places: is it by `batch_size`?"
            said = f"the shapes of the x that come out are {said}"
            raise Failure(("cut", *shapes), said, f"{come} {hint}")
        rows = torch.cat([batch for batch, _ in pairs]) if shapes == right else x
        if not torch.equal(rows, x) and sorted(rows.tolist()) == sorted(x.tolist()):
            said = "the rows come in another order than they had, and no generator was given"
            slip = "Mix them only `if generator is not None`, and cut from the front."
            raise Failure(("mixed",), said, slip)
        return _values(pairs)

    return Case(label, run, lambda: _values(wanted), hint)


def _values(pairs):
    return {
        f"{name} of mini-batch {number}": batch
        for number, pair in enumerate(pairs)
        for name, batch in zip("xy", pair, strict=True)
    }


NUMBERED = torch.arange(130.0, dtype=torch.float64)[:, None]
#: What a target is more than its point.
AHEAD = 1000


def _epoch(minibatches, probe, generator):
    """Rows of an epoch of 130 numbered points, in batches of 12."""
    targets = NUMBERED.flatten() + AHEAD
    pairs = _pairs(minibatches, probe, NUMBERED, targets, 12, generator=generator)
    return [(x.flatten(), y) for x, y in pairs]


def _is_run(rows):
    """Whether rows are neighbours in the data."""
    return len(rows) > 1 and rows.max() - rows.min() == len(rows) - 1


def _run_shuffled(minibatches, probe):
    generator, twin = (torch.Generator().manual_seed(3) for _ in range(2))
    epochs = [_epoch(minibatches, probe, generator) for _ in range(2)]
    again = _epoch(minibatches, probe, twin)
    xs, ys = ([torch.cat([pair[i] for pair in epoch]) for epoch in epochs] for i in (0, 1))
    batches = [x for epoch in epochs for x, _ in epoch]
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
        "there are twelve samples in each, and ten in the last": (
            [len(x) for x in batches] == 2 * [*10 * [12], 10]
        ),
        "the order is a new one": not torch.equal(xs[0], NUMBERED.flatten()),
        "the order is a new one after the first mini-batch, too": (
            not torch.equal(xs[0][12:], NUMBERED[12:].flatten())
        ),
        "the second epoch's order differs from the first's": not torch.equal(*xs),
        "two generators with the same seed give the same order": (
            torch.equal(xs[0], torch.cat([x for x, _ in again]))
        ),
        "within a mini-batch the points are mixed": (
            not any(torch.equal(x, x.sort().values) for x in batches)
        ),
        "the points are mixed over all mini-batches": not any(map(_is_run, batches)),
    }


MINIBATCHES = Exercise(
    number="1.3",
    solution=data.minibatches,
    cases=(
        _in_order(
            3,
            "seven samples in mini-batches of three: 3, 3 and 1, in order",
            "Mini-batch k, counted from 0, has the rows from k · batch_size on, batch_size of them "
            "or what is left; x and y are cut at the same rows.",
        ),
        _in_order(
            7,
            "a mini-batch that takes all samples, in float32",
            "Right for seven samples in threes. Is `batch_size` used, and what is different where "
            "nothing is left over?",
            *(X.float(), Y.float()),
        ),
        _in_order(
            10,
            "a mini-batch larger than the data: all samples at once, integers without columns",
            "Where `batch_size` is larger than N, all samples are left over, for the last pair. Or "
            "is it that x has no columns here?",
            *(torch.arange(7), X[:, 0]),
        ),
        _in_order(1, "one sample at a time", "Each pair holds one row, still as a row."),
        Case(
            "with a generator: a new order every epoch, each point with its own target",
            run=_run_shuffled,
        ),
    ),
    mistakes="""
yield from zip(x.split(batch_size), y.split(batch_size), strict=True) =>
    for start in range(0, len(x) - batch_size + 1, batch_size):
        yield (x[start:start + batch_size], y[start:start + batch_size])
or
yield from zip(x.split(batch_size), y.split(batch_size), strict=True) =>
    for start in range(0, len(x) - batch_size, batch_size):
        yield (x[start:start + batch_size], y[start:start + batch_size])
or
yield from zip(x.split(batch_size), y.split(batch_size), strict=True) =>
    for start in range(0, len(x) - 1, batch_size):
        yield (x[start:start + batch_size], y[start:start + batch_size])
# The samples that do not fill a mini-batch are lost. The last one may be smaller: does the loop
# go on for as long as a row is left?

yield from zip(x.split(batch_size), y.split(batch_size), strict=True) =>
    for k in range(len(x) // batch_size + 1):
        yield (x[k * batch_size:(k + 1) * batch_size], y[k * batch_size:(k + 1) * batch_size])
# An empty pair comes last. Where batch_size divides N, nothing is left over.

x.split(batch_size), y.split(batch_size) => x.chunk(batch_size), y.chunk(batch_size)
# `batch_size` was taken for the number of mini-batches. It is the number of samples in one.

x, y = (x[order], y[order]) => pass
# The samples come in their old order. Where a generator is given, draw a new order from it, and
# cut the rows x[order] and y[order], not x and y.

y[order] => y[torch.randperm(len(y), generator=generator)]
or
y[order] => y
# x and y were put in two different orders, so the points lost their targets. Draw one order and
# use it for both.

randperm(len(x) => randint(len(x), (len(x),)
or
randperm(len(x) => randperm(len(x) - 1
or
def minibatches(x, y, batch_size, *, generator=None):
    for start in range(0, len(x), batch_size):
        rows = torch.arange(len(x))
        if generator is not None:
            rows = torch.randperm(len(x), generator=generator)
        rows = rows[start:start + batch_size]
        yield (x[rows], y[rows])
# Some samples come twice, or never. Draw one order of all N rows, once and before the cutting:
# `torch.randperm(N, …)`. (`randint` draws with replacement.)

generator=generator => generator=torch.Generator().manual_seed(0)
# Every epoch has the same order. Draw a new one from the generator that is given; it moves on
# with every draw. A generator made or seeded inside starts again each time.

generator=generator => generator=None
# Nobody can repeat this order. Is all of it drawn from the generator that is given, and is that
# left as it was seeded?

def minibatches(x, y, batch_size, *, generator=None):
    for x_batch, y_batch in zip(x.split(batch_size), y.split(batch_size), strict=True):
        order = torch.arange(len(x_batch))
        if generator is not None:
            order = torch.randperm(len(x_batch), generator=generator)
        yield (x_batch[order], y_batch[order])
# Each mini-batch was mixed by itself, so it always holds the same points. Mix all rows first,
# then cut.

x, y = (x[order], y[order]) => pass
yield from zip(x.split(batch_size), y.split(batch_size), strict=True) =>
    pairs = list(zip(x.split(batch_size), y.split(batch_size), strict=True))
    if generator is not None:
        pairs = [pairs[i] for i in torch.randperm(len(pairs), generator=generator)]
    yield from pairs
# Within a mini-batch the points are neighbours, in their old order: whole pieces were moved, or
# all rows round by some places. Mix the rows first, then cut.

yield from zip(x.split(batch_size), y.split(batch_size), strict=True) =>
    return (x.split(batch_size), y.split(batch_size))
or
yield from zip(x.split(batch_size), y.split(batch_size), strict=True) =>
    return (list(x.split(batch_size)), list(y.split(batch_size)))
# All pieces of x came out together, then all of y. Wanted are pairs: the first piece of each,
# then the second of each.

yield from zip(x.split(batch_size), y.split(batch_size), strict=True) =>
    return (x[:batch_size], y[:batch_size])
or
yield from zip(x.split(batch_size), y.split(batch_size), strict=True) =>
    return [(x[:batch_size], y[:batch_size])]
# Only the first mini-batch came out: is there a loop, and does `return` stand in it, where
# `yield` belongs?
""",
)

EXERCISES = {"one-hot": ONE_HOT, "balanced-radius": RADIUS, "minibatches": MINIBATCHES}
