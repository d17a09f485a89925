"""Exercises of chapter 01: one-hot targets, the radius, mini-batches."""

import math
from itertools import islice

import torch

from ... import data
from ..exercise import Case, Exercise, Mistake, as_number
from ..probe import Failure
from ._random import randn

# --- one_hot ---------------------------------------------------------------------

LABELS = torch.tensor([2, 0, 1, 1, 3])


def _one_hot_case(labels, num_classes, label, hint="", **options):
    def expect():
        target = torch.nn.functional.one_hot(labels, num_classes)
        return {"one_hot(labels)": target.to(options.get("dtype", torch.float32))}

    return Case(
        label=label,
        run=lambda one_hot, probe: {
            "one_hot(labels)": probe(one_hot, labels, num_classes, **options)
        },
        expect=expect,
        hint=hint,
    )


def one_hot_transposed(labels, num_classes, dtype=torch.float32):
    return torch.eye(num_classes, dtype=dtype)[labels].t()


def one_hot_ignores_dtype(labels, num_classes, dtype=torch.float32):
    return torch.eye(num_classes)[labels]


def one_hot_rows_of_ones(labels, num_classes, dtype=torch.float32):
    return torch.ones(len(labels), num_classes, dtype=dtype)


def one_hot_zeros(labels, num_classes, dtype=torch.float32):
    return torch.zeros(len(labels), num_classes, dtype=dtype)


def one_hot_integers(labels, num_classes, dtype=torch.float32):
    return torch.eye(num_classes, dtype=torch.int64)[labels]


def one_hot_shifted(labels, num_classes, dtype=torch.float32):
    return torch.eye(num_classes)[labels - 1]


def one_hot_reversed(labels, num_classes, dtype=torch.float32):
    return torch.eye(num_classes)[num_classes - 1 - labels]


def one_hot_guesses_classes(labels, num_classes, dtype=torch.float32):
    return torch.eye(int(labels.max()) + 1)[labels]


def one_hot_signs(labels, num_classes, dtype=torch.float32):
    return 2 * torch.eye(num_classes)[labels] - 1


def one_hot_labels_as_entries(labels, num_classes, dtype=torch.float32):
    y = torch.zeros(len(labels), num_classes)
    for i, label in enumerate(labels):
        y[i, label] = label
    return y


def one_hot_whole_columns(labels, num_classes, dtype=torch.float32):
    y = torch.zeros(len(labels), num_classes)
    y[:, labels] = 1
    return y


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
    mistakes=(
        Mistake(
            one_hot_transposed,
            "Rows and columns have changed places. In this book one sample is one row.",
        ),
        Mistake(
            one_hot_ignores_dtype,
            "The `dtype` that is given has no effect. Hand it on to the tensor you make.",
        ),
        Mistake(
            one_hot_rows_of_ones,
            "Whole rows are 1. Only the entry in the label's column is.",
        ),
        Mistake(one_hot_zeros, "All entries are 0: no 1 was set in the tensor that comes back."),
        Mistake(
            one_hot_integers,
            "The entries are right, but they are integers. The network computes with "
            "floating-point numbers; `torch.zeros` and `torch.eye` make them by default.",
        ),
        Mistake(
            one_hot_shifted,
            "Each 1 stands one column too far left. Labels count from 0, as Python does: "
            "label 0 is column 0.",
        ),
        Mistake(one_hot_reversed, "The columns run backwards: label 0 belongs to column 0."),
        Mistake(
            one_hot_guesses_classes,
            "The number of columns was taken from the largest label that occurs. A batch may "
            "lack the last class; use num_classes.",
        ),
        Mistake(one_hot_signs, "The other entries of a row are 0, not −1."),
        Mistake(
            one_hot_labels_as_entries,
            "The label was written into its column. The entry is 1 whatever the label is.",
        ),
        Mistake(
            one_hot_whole_columns,
            "`y[:, labels] = 1` sets whole columns, in every row. Each row needs its own "
            "column: index both, `y[torch.arange(N), labels]`.",
        ),
    ),
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
        label=f"side {side:g}: the disc has half of the square's area",
        run=lambda radius, probe: {name: math.pi * _positive(radius, probe, side) ** 2},
        expect=lambda: {name: side**2 / 2},
        hint="Write down the area of the disc and the area of the square, and set the first "
        "equal to half of the second.",
    )


def _grid_case(side):
    name = "the share of grid points inside"
    return Case(
        label=f"side {side:g}: half of a fine grid of points lies inside",
        run=lambda radius, probe: {name: _share_inside(_positive(radius, probe, side), side)},
        expect=lambda: {name: 0.5},
        tol=1e-3,
    )


def radius_of_the_paper(side):
    return side / math.sqrt(math.pi)


def radius_without_root(side):
    return side**2 / (2 * math.pi)


def radius_is_diameter(side):
    return 2 * side / math.sqrt(2 * math.pi)


def radius_from_circumference(side):
    return side**2 / 2 / (2 * math.pi)


def radius_inscribed(side):
    return side / 2


def radius_half_of_inscribed(side):
    return side / (2 * math.sqrt(2))


def radius_constant(side):
    return 0.798


def radius_precedence(side):
    return side / math.sqrt(2) * math.pi


def radius_area_itself(side):
    return math.pi * side**2 / 2


def radius_for_side_two(side):
    return math.sqrt(2 / math.pi)


RADIUS = Exercise(
    number="1.1",
    solution=data.balanced_radius,
    cases=(
        _area_case(2.0),
        _area_case(3.0),
        _grid_case(2.0),
    ),
    mistakes=(
        Mistake(
            radius_of_the_paper,
            "This is the paper's radius. Its disc has the area of the whole square, "
            "π r² = side², and reaches over its edges. Half of that area is wanted.",
        ),
        Mistake(
            radius_without_root,
            "This is r², not r: a square root is missing.",
        ),
        Mistake(radius_is_diameter, "This is the disc's diameter, twice its radius."),
        Mistake(
            radius_from_circumference,
            "2 π r is the length of the circle. Its area is π r².",
        ),
        Mistake(
            radius_inscribed,
            "This disc touches the four edges and covers π/4 of the square, 79 %.",
        ),
        Mistake(
            radius_half_of_inscribed,
            "This halves the area of the disc that touches the edges. The half of the "
            "square's area is wanted.",
        ),
        Mistake(
            radius_constant,
            "A number read off a picture, and rounded. The function is to compute the radius, "
            "for any side.",
        ),
        Mistake(
            radius_precedence,
            "`a / math.sqrt(2) * math.pi` multiplies by π. It belongs under the root, below the "
            "line: mind the brackets.",
        ),
        Mistake(
            radius_area_itself,
            "π times half of side² is no radius: divide by π, then take the root.",
        ),
        Mistake(
            radius_for_side_two,
            "Right for a square of side 2, but the function is to work for any side.",
        ),
    ),
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
MIXED = (
    "each point still has its own target",
    "every point comes exactly once",
    "every target comes exactly once",
    "the order is a new one",
    "the second epoch's order differs from the first's",
    "two generators with the same seed give the same order",
    "the points are mixed over all mini-batches",
)


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
    holds = (
        all(torch.equal(x + AHEAD, y) for x, y in zip(xs, ys, strict=True)),
        all(torch.equal(x.sort().values, NUMBERED.flatten()) for x in xs),
        all(torch.equal(y.sort().values, NUMBERED.flatten() + AHEAD) for y in ys),
        not torch.equal(xs[0], NUMBERED.flatten()),
        not torch.equal(*xs),
        torch.equal(xs[0], torch.cat([x for x, _ in again])),
        not any(_is_run(x) for epoch in epochs for x, _ in epoch),
    )
    return dict(zip(MIXED, holds, strict=True))


def _expected_shuffled():
    return dict.fromkeys(MIXED, True)


def minibatches_hidden_state(x, y, batch_size, *, generator=None):
    if generator is not None:
        order = torch.randperm(len(x))
        x, y = x[order], y[order]
    yield from zip(x.split(batch_size), y.split(batch_size), strict=True)


def minibatches_within(x, y, batch_size, *, generator=None):
    for x_batch, y_batch in zip(x.split(batch_size), y.split(batch_size), strict=True):
        order = torch.arange(len(x_batch))
        if generator is not None:
            order = torch.randperm(len(x_batch), generator=generator)
        yield x_batch[order], y_batch[order]


def minibatches_always_mixed(x, y, batch_size, *, generator=None):
    order = torch.randperm(len(x), generator=generator or torch.Generator().manual_seed(1))
    yield from zip(x[order].split(batch_size), y[order].split(batch_size), strict=True)


def minibatches_separate(x, y, batch_size, *, generator=None):
    return x.split(batch_size), y.split(batch_size)


def minibatches_endless(x, y, batch_size, *, generator=None):
    start = 0
    while True:
        yield x[start : start + batch_size], y[start : start + batch_size]
        start += batch_size


def minibatches_dropping(x, y, batch_size, *, generator=None):
    for start in range(0, len(x) - batch_size + 1, batch_size):
        yield x[start : start + batch_size], y[start : start + batch_size]


def minibatches_counting(x, y, batch_size, *, generator=None):
    yield from zip(x.chunk(batch_size), y.chunk(batch_size), strict=True)


def minibatches_sliding(x, y, batch_size, *, generator=None):
    for start in range(0, len(x)):
        yield x[start : start + batch_size], y[start : start + batch_size]


def minibatches_off_by_one(x, y, batch_size, *, generator=None):
    for start in range(0, len(x), batch_size):
        yield x[start : start + batch_size - 1], y[start : start + batch_size - 1]


def minibatches_without_order(x, y, batch_size, *, generator=None):
    yield from zip(x.split(batch_size), y.split(batch_size), strict=True)


def minibatches_torn_apart(x, y, batch_size, *, generator=None):
    if generator is not None:
        x = x[torch.randperm(len(x), generator=generator)]
        y = y[torch.randperm(len(y), generator=generator)]
    yield from zip(x.split(batch_size), y.split(batch_size), strict=True)


def minibatches_one_for_both(x, y, batch_size, *, generator=None):
    if generator is not None:
        order = torch.randperm(len(x), generator=generator)
        x = y = x[order]
    yield from zip(x.split(batch_size), y.split(batch_size), strict=True)


def minibatches_with_replacement(x, y, batch_size, *, generator=None):
    if generator is not None:
        order = torch.randint(len(x), (len(x),), generator=generator)
        x, y = x[order], y[order]
    yield from zip(x.split(batch_size), y.split(batch_size), strict=True)


def minibatches_of_one_seed(x, y, batch_size, *, generator=None):
    if generator is not None:
        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
        x, y = x[order], y[order]
    yield from zip(x.split(batch_size), y.split(batch_size), strict=True)


def minibatches_first_only(x, y, batch_size, *, generator=None):
    return [(x[:batch_size], y[:batch_size])]


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
            label="with a generator: a new order every epoch, each point with its own target",
            run=_run_shuffled,
            expect=_expected_shuffled,
            hint="Draw one order with `torch.randperm(len(x), generator=generator)` and use it "
            "to index x and y alike.",
        ),
    ),
    mistakes=(
        Mistake(
            minibatches_dropping,
            "The samples that do not fill a mini-batch are lost. The last one may be smaller.",
        ),
        Mistake(
            minibatches_counting,
            "`batch_size` was taken for the number of mini-batches. It is the number of "
            "samples in one.",
        ),
        Mistake(
            minibatches_sliding,
            "The mini-batches overlap: each starts one row after the one before. The start "
            "must move by batch_size.",
        ),
        Mistake(
            minibatches_off_by_one,
            "Each mini-batch is one row short. A slice leaves out its end already: "
            "`x[start : start + batch_size]`.",
        ),
        Mistake(
            minibatches_without_order,
            "The generator is ignored. Where one is given, the samples come in a new order.",
        ),
        Mistake(
            minibatches_torn_apart,
            "x and y were put in two different orders, so the points lost their targets. Draw "
            "one order and use it for both.",
        ),
        Mistake(
            minibatches_one_for_both,
            "Both halves of the pairs come from x: what became of y?",
        ),
        Mistake(
            minibatches_with_replacement,
            "Some samples come twice and others never: `randint` draws with replacement. "
            "`torch.randperm` gives every row exactly once.",
        ),
        Mistake(
            minibatches_of_one_seed,
            "Every epoch has the same order. Draw a new one from the generator that is given; "
            "it moves on with every draw. A generator made or seeded inside starts again each "
            "time.",
        ),
        Mistake(
            minibatches_hidden_state,
            "The order was drawn without the generator that is given, so nobody can repeat it.",
        ),
        Mistake(
            minibatches_within,
            "Each mini-batch was mixed by itself, so it always holds the same points. Mix all "
            "rows first, then cut.",
        ),
        Mistake(
            minibatches_always_mixed,
            "The rows were mixed although no generator was given. Without one they come in order.",
        ),
        Mistake(
            minibatches_separate,
            "All pieces of x came out together, then all of y. Wanted are pairs: the first piece "
            "of each, then the second of each.",
        ),
        Mistake(
            minibatches_endless,
            "The loop has no end: it must stop when `start` reaches the number of rows.",
        ),
        Mistake(minibatches_first_only, "Only the first mini-batch came out; a loop is missing."),
    ),
)

EXERCISES = {"one-hot": ONE_HOT, "balanced-radius": RADIUS, "minibatches": MINIBATCHES}
