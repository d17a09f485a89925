"""Exercises of chapter 01: one-hot targets, the radius, mini-batches."""

import math

import torch

from ... import data
from ..check import Case, Exercise, Mistake
from ._random import randn

# --- one_hot ---------------------------------------------------------------------

LABELS = torch.tensor([2, 0, 1, 1, 3])


def _one_hot_case(labels, num_classes, label, hint=""):
    return Case(
        label=label,
        run=lambda one_hot, probe: {"one_hot(labels)": probe(one_hot, labels, num_classes)},
        expect=lambda: {
            "one_hot(labels)": torch.nn.functional.one_hot(labels, num_classes).float()
        },
        hint=hint,
    )


def one_hot_transposed(labels, num_classes):
    return torch.eye(num_classes)[labels].t()


def one_hot_integers(labels, num_classes):
    return torch.eye(num_classes, dtype=torch.int64)[labels]


def one_hot_shifted(labels, num_classes):
    return torch.eye(num_classes)[labels - 1]


def one_hot_reversed(labels, num_classes):
    return torch.eye(num_classes)[num_classes - 1 - labels]


def one_hot_guesses_classes(labels, num_classes):
    return torch.eye(int(labels.max()) + 1)[labels]


def one_hot_signs(labels, num_classes):
    return 2 * torch.eye(num_classes)[labels] - 1


def one_hot_labels_as_entries(labels, num_classes):
    y = torch.zeros(len(labels), num_classes)
    for i, label in enumerate(labels):
        y[i, label] = label
    return y


def one_hot_whole_columns(labels, num_classes):
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
    ),
    mistakes=(
        Mistake(
            one_hot_transposed,
            "Rows and columns have changed places. In this book one sample is one row.",
        ),
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


def _radius_case(side, label):
    return Case(
        label=label,
        run=lambda radius, probe: {
            f"share of the square of side {side} inside your disc": _share_inside(
                float(probe(radius, side)), side
            )
        },
        expect=lambda: {f"share of the square of side {side} inside your disc": 0.5},
        hint="Write down the area of the disc and the area of the square, and set the first "
        "equal to half of the second.",
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


def radius_for_side_two(side):
    return math.sqrt(2 / math.pi)


RADIUS = Exercise(
    number="1.1",
    solution=data.balanced_radius,
    cases=(
        _radius_case(2.0, "half of a fine grid on the paper's square lies in the disc"),
        _radius_case(3.0, "half of a fine grid on a square of side 3 lies in the disc"),
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
            radius_for_side_two,
            "Right for a square of side 2, but the function is to work for any side.",
        ),
    ),
)

# --- minibatches -----------------------------------------------------------------

X = randn(7, 2, seed=1)
Y = randn(7, 3, seed=2)


def _batches(minibatches, probe, *arguments, **options):
    batches = probe(minibatches, *arguments, then=list, **options)
    values = {"the number of mini-batches": len(batches)}
    for number, (x, y) in enumerate(batches, start=1):
        values[f"x of mini-batch {number}"] = x
        values[f"y of mini-batch {number}"] = y
    return values


def _expected_batches(x, y, batch_size):
    values = {"the number of mini-batches": math.ceil(len(x) / batch_size)}
    for number in range(1, values["the number of mini-batches"] + 1):
        rows = range((number - 1) * batch_size, min(number * batch_size, len(x)))
        values[f"x of mini-batch {number}"] = torch.stack([x[i] for i in rows])
        values[f"y of mini-batch {number}"] = torch.stack([y[i] for i in rows])
    return values


def _in_order(batch_size, label, hint=""):
    return Case(
        label=label,
        run=lambda minibatches, probe: _batches(minibatches, probe, X, Y, batch_size),
        expect=lambda: _expected_batches(X, Y, batch_size),
        hint=hint,
    )


NUMBERED = torch.arange(40.0, dtype=torch.float64)[:, None]


def _run_shuffled(minibatches, probe):
    """Two epochs from one generator, with targets that equal the points."""
    generator = torch.Generator().manual_seed(3)
    epochs = [
        probe(minibatches, NUMBERED, NUMBERED.clone(), 15, then=list, generator=generator)
        for _ in range(2)
    ]
    xs = [torch.cat([x for x, _ in epoch]).flatten() for epoch in epochs]
    ys = [torch.cat([y for _, y in epoch]).flatten() for epoch in epochs]
    return {
        "each point still has its own target": all(map(torch.equal, xs, ys)),
        "the sorted points of an epoch": xs[0].sort().values,
        "the order is a new one": not torch.equal(xs[0], NUMBERED.flatten()),
        "the second epoch's order differs from the first's": not torch.equal(*xs),
    }


def _expected_shuffled():
    return {
        "each point still has its own target": True,
        "the sorted points of an epoch": NUMBERED.flatten(),
        "the order is a new one": True,
        "the second epoch's order differs from the first's": True,
    }


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
            "Mini-batch k begins at row k · batch_size; x and y are cut at the same rows.",
        ),
        _in_order(7, "a mini-batch that takes all samples"),
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
            minibatches_with_replacement,
            "Some samples come twice and others never: `randint` draws with replacement. "
            "`torch.randperm` gives every row exactly once.",
        ),
        Mistake(
            minibatches_of_one_seed,
            "Every epoch has the same order: a new generator was made inside. Use the one "
            "that is given; it moves on with every draw.",
        ),
        Mistake(minibatches_first_only, "Only the first mini-batch came out; a loop is missing."),
    ),
)

EXERCISES = {"one-hot": ONE_HOT, "balanced-radius": RADIUS, "minibatches": MINIBATCHES}
