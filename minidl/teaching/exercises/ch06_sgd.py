"""Exercises of chapter 06: descent, its largest rate, sample by sample, a whole epoch."""

import math
from itertools import pairwise

import torch

from ... import train
from ...activations import Tanh
from ...data import minibatches
from ...linear import Linear
from ...losses import MSELoss
from ...module import Module
from ...paper import torch_twin
from ...sequential import Sequential
from ..exercise import Case, Exercise, as_number
from ._shared import randn, returns

# --- descend ---------------------------------------------------------------------


def descend(grad, start, lr, steps):
    """Follow gradient descent: return the start and every position after it.

    ``grad`` maps a position, shape (d,), to the gradient there; the result has
    shape (steps + 1, d).
    """
    path = [start]
    for _ in range(steps):
        path.append(path[-1] - lr * grad(path[-1]))
    return torch.stack(path)


DESCEND_HINT = (
    (
        ".*the shape is",
        "Each position is a row, from the start to the last: shape (steps + 1, d), also if there "
        "is no step, and if nothing moves any more. Does the loop, or `return`, end it too early?",
    ),
    (r".*\[0, \d\]", "Row 0 is the start itself, and stays what it was."),
    (
        r".*\[1, \d\]",
        "Row 0 is right, row 1 is not: it is row 0 less lr times the gradient there, and no later "
        "step may change it.",
    ),
    (
        r".*\[",
        "The first step is right. Each later one is like it, up to the last row: it sets out from "
        "the row above, with the gradient there alone and the same lr.",
    ),
)
FAR = (
    "Right where the steps get smaller. Here positions grow, and `grad` returns the very tensor "
    "that it is given: is a step cut or held back, or something changed in place?"
)


def _bowl_case(curvatures, lr, steps, label, dtype=torch.float64, tol=1e-9):
    """A bowl, where every position is known: θ times (1 − lr · a), once a step."""
    curvatures = torch.tensor(curvatures, dtype=dtype)
    start = randn(len(curvatures), seed=1, dtype=dtype)

    def expect():
        steps_taken = torch.arange(steps + 1, dtype=dtype)[:, None]
        return start * (1 - lr * curvatures) ** steps_taken

    arguments = (lambda theta: curvatures * theta, start, lr, steps)
    return returns(label, "the path", arguments, expect, DESCEND_HINT, tol=tol)


VALLEY_START = torch.tensor([-1.0, 0.7], dtype=torch.float64)


def _valley(theta):
    """A curved valley, (θ₁² − θ₂)² + θ₁² / 4."""
    return (theta[0] ** 2 - theta[1]) ** 2 + theta[0] ** 2 / 4


def _valley_grad(theta):
    inner = theta[0] ** 2 - theta[1]
    return torch.stack([4 * theta[0] * inner + theta[0] / 2, -2 * inner])


def _expect_valley():
    """The oracle: torch.optim.SGD and autograd."""
    theta = VALLEY_START.clone().requires_grad_()
    optimizer = torch.optim.SGD([theta], lr=0.1)
    path = [VALLEY_START]
    for _ in range(6):
        optimizer.zero_grad()
        _valley(theta).backward()
        optimizer.step()
        path.append(theta.detach().clone())
    return torch.stack(path)


DESCEND = Exercise(
    number="6.1",
    solution=descend,
    cases=(
        _bowl_case(
            (0.5, 4.0, 2.0),
            0.3,
            5,
            "a bowl in three variables, 5 steps: six rows, as the closed formula has them",
        ),
        returns(
            "a curved valley, 6 steps: equals torch.optim.SGD with autograd",
            "the path",
            (_valley_grad, VALLEY_START, 0.1, 6),
            _expect_valley,
            "Right in a bowl, where each entry of the gradient is a multiple of its own coordinate "
            "alone. Here it is not, and d, lr and steps differ. Is any of that assumed? Does one "
            "coordinate move before another?",
        ),
        _bowl_case((1.5, 0.2), 0.5, 1, "a single step: two rows"),
        _bowl_case((1.5, 0.2), 0.5, 0, "no step: the start alone, as one row"),
        _bowl_case((2.0, 2.0), 0.5, 4, "at the bottom after one step: five rows all the same"),
        returns(
            "a rate that is far too large, with a `grad` that returns its argument",
            "the path",
            (lambda theta: theta, VALLEY_START, 3.0, 3),
            lambda: torch.stack([VALLEY_START * factor for factor in (1, -2, 4, -8)]),
            FAR,
        ),
        _bowl_case((1.5, 0.2), 0.5, 4, "float32 in, float32 out", torch.float32, tol=1e-5),
    ),
    mistakes="""
path[-1] - lr => path[-1] + lr
# The gradient was added. It points uphill; the step goes against it.

path = [start] => path = [start.clone()]
path.append(path[-1] - lr * grad(path[-1])) => start -= lr * grad(start)
    path.append(start.clone())
# Something is written into `start`, the caller's own tensor, or a view of it. Make a new tensor
# for each position.

path = [start] => theta = start.clone()
    path = [theta]
path.append(path[-1] - lr * grad(path[-1])) => theta -= lr * grad(theta)
    path.append(theta)
or
path = [start] => theta, path = start.clone(), [start]
path.append(path[-1] - lr * grad(path[-1])) => theta -= lr * grad(theta)
    path.append(theta)
# Several rows are equal to the last position. Does one and the same tensor stand in the list many
# times, and is it changed in place by each step?

stack(path) => stack(path[1:])
# The start is missing: it is the first row.

range(steps) => range(steps - 1)
# The last position is missing. steps + 1 positions lie around `steps` steps, as fence posts
# around fence rails.

range(steps) => range(steps + 1)
# One step too many was taken.

torch.stack(path) => path[-1]
# Only the last position is returned; the whole path is wanted.

grad(path[-1]) => grad(start)
or
grad(path[-1]) => grad(path[max(0, len(path) - 2)])
or
grad(path[-1]) => grad(path[-1] - lr * grad(path[-1]))
# The gradient is not the one at the position that the step sets out from. It changes on the way:
# ask `grad` again at each.

lr * grad => grad
# The learning rate was left out: these are steps for lr = 1.

grad(path[-1]) => grad(path[-1]) / grad(path[-1]).norm()
or
grad(path[-1]) => grad(path[-1]).sign()
# Only the direction of the gradient, or its signs, were used. Here its size is meant to count:
# flat ground, small step.

path = [start] => path, total = ([start], 0)
path.append( => total = total + grad(path[-1])
    path.append(
lr * grad(path[-1]) => lr * total
or
path = [start] => path, total = ([start], 0)
path.append( => total = 0.9 * total + grad(path[-1])
    path.append(
lr * grad(path[-1]) => lr * total
# Gradients of earlier steps came in. A step uses the gradient at the present position alone.
""",
)

# --- largest_stable_lr -----------------------------------------------------------


def largest_stable_lr(curvatures):
    """Return the learning rate below which descent converges on a bowl.

    Coordinate i is multiplied by 1 − η aᵢ at each step, and shrinks if and only if
    0 < η < 2 / aᵢ.  All must shrink, so the largest curvature decides.
    """
    return 2 / max(curvatures)


def _converges(curvatures, lr, steps=200):
    """Whether descent from (1, 1, …) still gets nearer to the bottom after many steps."""
    position, distances = [1.0 for _ in curvatures], []
    for _ in range(steps):
        position = [p - lr * a * p for a, p in zip(curvatures, position, strict=True)]
        distances.append(math.sqrt(sum(p * p for p in position)))
    return distances[-1] < distances[-2] or distances[-1] == 0


def _rate_case(curvatures, label, hint=""):
    def expect():
        """Halve an interval of learning rates until it is narrow: no formula involved."""
        low, high = 0.0, 5 / min(curvatures)
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if _converges(curvatures, middle) else (low, middle)
        return low

    hint = hint or (
        "Descent converges if *every* coordinate shrinks. Write down the condition for each, and "
        "ask which of them is the first to fail as the rate grows. (If rates are tried: are they "
        "close enough together?)"
    )
    name = "the largest learning rate"
    return returns(label, name, (curvatures,), expect, hint, tol=1e-6)


EACH_LOOKED_AT = (
    "Right for four, of which the third was the largest. Is any left out, the first or the last? "
    "Must there be several? Is a search too coarse, or does it end too early?"
)

LARGEST_STABLE_LR = Exercise(
    number="6.2",
    solution=largest_stable_lr,
    cases=(
        _rate_case([2.5, 0.8, 7.0, 5.0], "four curvatures: the limit that is found by trying"),
        _rate_case([3.0], "one curvature", EACH_LOOKED_AT),
        _rate_case([6.0, 0.2], "the largest one first", EACH_LOOKED_AT),
        _rate_case(
            [10.0, 4.0, 9.0],
            "ten, four and nine",
            "Right where all have one digit. Are they compared as text? Is one left out, or a "
            "search too coarse?",
        ),
        _rate_case(
            [0.3, 0.1, 0.25, 0.4],
            "four small ones, the largest one last",
            "Here the last curvature is the largest, all are below 1, and the limit is above 1: is "
            "the last one left out, does a largest or smallest value start from 1, or is the rate "
            "held below it?",
        ),
    ),
    mistakes="""
max => min
# With this rate the flattest coordinate just shrinks. What do the steeper ones do?

2 / => 1 /
# With this rate the steepest coordinate reaches the bottom in one step. A larger one
# overshoots, and still converges; up to where?

max => sum
or
max => math.prod
or
max(curvatures) => math.hypot(*curvatures)
or
2 / => 2 / len(curvatures) /
or
max(curvatures) => len(curvatures)
or
2 / max(curvatures) => math.prod(2 / a for a in curvatures)
# Each coordinate moves by itself: curvatures neither add up nor multiply, and how many there are
# does not matter.

/ max(curvatures) => * len(curvatures) / sum(curvatures)
or
2 / max(curvatures) => sum(2 / a for a in curvatures) / len(curvatures)
# An average was used. A coordinate that is steeper than average diverges with this rate, and one
# is enough.

2 / max(curvatures) => max(curvatures) / 2
or
/ => *
# Upside down: the steeper the bowl, the smaller the rate.

max(curvatures) => (max(curvatures) + min(curvatures))
# This is the rate with which the slowest coordinate is quickest. Larger ones still converge.

max(curvatures) => curvatures[-1]
or
max(curvatures) => curvatures[0]
or
max(curvatures) => max(curvatures[0], curvatures[1])
or
max(curvatures) => sorted(curvatures)[-2]
# Not the largest curvature was used, but the first, the last or another one. The list is in no
# order, and all of it counts.

/ => //
or
2 / max(curvatures) => int(2 / max(curvatures))
# Only the whole part is left: `//` and `int` drop the digits behind the point.

2 / => 4 /
# Twice too large. The loss has a factor ½, which its derivative cancels: the gradient is a θ,
# and the factor of a step 1 − η a.
""",
)

# --- what the last two exercises share ---------------------------------------------

IN, HIDDEN, OUT = 3, 4, 2
LOSS = "the returned loss"
KEPT = "weight_grad and bias_grad are still the same tensors"
UNCHANGED = "loss.reduction is what it was"


def _model(dtype=torch.float64, first=()):
    """A small network with random biases; ``first`` may hold a module to be put in front."""
    generator = torch.Generator().manual_seed(1)
    options = {"init": "torch", "generator": generator, "dtype": dtype}
    layers = [Linear(IN, HIDDEN, **options), Tanh(), Linear(HIDDEN, OUT, **options)]
    return Sequential([*first, *layers])


def _data(n, dtype=torch.float64):
    return randn(n, IN, seed=2, dtype=dtype), randn(n, OUT, seed=3, dtype=dtype)


def _named(kind, tensors):
    """Name copies of the weights and biases, or of their gradients, layer by layer."""
    names = [f"layer {k}'s {name}{kind}" for k in (1, 2) for name in ("weight", "bias")]
    return {n: t.detach().clone() for n, t in zip(names, tensors, strict=True)}


def _parameters(network):
    if isinstance(network, Module):
        return _named("", [parameter for parameter, _ in network.param()])
    return _named("", network.parameters())


def _gradients(model):
    return _named("_grad", [grad for _, grad in model.param()])


# --- accumulate_samples ------------------------------------------------------------


class Witness(Module):
    """Stands in front of a network, passes everything on, and counts the rows."""

    def __init__(self):
        self.rows = []

    def forward(self, x):
        self.rows.append(len(x))
        return x.clone()

    def backward(self, x, y, grad):
        return grad.clone()


def _accumulated(function, probe, model, loss, x, y):
    stored, reduction = [grad for _, grad in model.param()], loss.reduction
    value = as_number(LOSS, probe(function, model, loss, x, y))
    kept = all(grad is old for (_, grad), old in zip(model.param(), stored, strict=True))
    unchanged = loss.reduction == reduction
    gradients = _gradients(model)
    return {**_parameters(model), **gradients, LOSS: value, KEPT: kept, UNCHANGED: unchanged}


def _whole_batch(x, y, reduction="mean"):
    """The oracle: autograd and torch.nn.MSELoss on the whole mini-batch."""
    twin = torch_twin(_model(x.dtype))
    value = torch.nn.MSELoss(reduction=reduction)(twin(x), y)
    value.backward()
    gradients = _named("_grad", [parameter.grad for parameter in twin.parameters()])
    return {**_parameters(twin), **gradients, LOSS: value.item()}


ACCUMULATE_HINT = (
    (
        "layer .*_grad",
        "The stored gradients are to be the mean of the samples' own: each sample is run backward "
        "once, with its own target. When all are added up (does `return` end the loop early?), "
        "each tensor is divided once, by the number of samples.",
    ),
    ("layer", "The parameters are to stay as they are. Were they divided, or was a step taken?"),
    (
        LOSS,
        "Parameters and gradients are right. The returned loss is not: it is the mean of what "
        "`loss.forward` says of each sample, the sum of them divided by N once; `//` drops digits.",
    ),
)
SUM_HINT = (
    ("layer .*_grad", "With 'sum' the gradients are the samples' sum."),
    (
        ".*",
        "With `loss.reduction` equal to 'sum' the returned loss is the sum of the samples' losses.",
    ),
)


def _accumulate_case(n, label, hint=ACCUMULATE_HINT, dtype=torch.float64, tol=1e-9):
    x, y = _data(n, dtype)
    return Case(
        label,
        run=lambda function, probe: _accumulated(function, probe, _model(dtype), MSELoss(), x, y),
        expect=lambda: _whole_batch(x, y),
        hint=hint,
        tol=tol,
    )


def _run_witnessed(function, probe):
    witness = Witness()
    values = _accumulated(function, probe, _model(first=[witness]), MSELoss(), *_data(5))
    return {"the network is given one sample at a time": set(witness.rows) == {1}, **values}


BARE_LOSS = "the returned loss of a network that is a single tanh"


def _run_summed(function, probe):
    """Two networks, one of which has no gradients to divide."""
    x, y = _data(5)
    bare = probe(function, Sequential([Tanh()]), MSELoss("sum"), x[:, :OUT], y)
    values = _accumulated(function, probe, _model(), MSELoss("sum"), x, y)
    return {**values, BARE_LOSS: as_number(BARE_LOSS, bare)}


def _expect_summed():
    x, y = _data(5)
    bare = torch.nn.functional.mse_loss(torch.tanh(x[:, :OUT]), y, reduction="sum").item()
    return {**_whole_batch(x, y, "sum"), BARE_LOSS: bare}


def _run_two_batches(function, probe):
    """Two mini-batches of different sizes, with a reset in between."""
    model, (x, y) = _model(), _data(9)
    _accumulated(function, probe, model, MSELoss(), x[3:], y[3:])
    model.zero_grad()
    return _accumulated(function, probe, model, MSELoss(), x[:3], y[:3])


ACCUMULATE_SAMPLES = Exercise(
    number="6.3",
    solution=train.accumulate_samples,
    cases=(
        _accumulate_case(
            5, "five samples: loss and gradients equal autograd's on the whole mini-batch"
        ),
        Case(
            "the network is given one sample at a time",
            _run_witnessed,
            lambda: _whole_batch(*_data(5)),
            ACCUMULATE_HINT,
        ),
        Case(
            "a second mini-batch, of another size, after a reset",
            _run_two_batches,
            lambda: _whole_batch(*(rows[:3] for rows in _data(9))),
            "Five samples were right. Here are three, after six others and a reset. Does something "
            "depend on the size 5, or was something left behind?",
        ),
        _accumulate_case(
            1, "a batch of one", "Right for five samples and for three. What is different for one?"
        ),
        Case(
            "a loss that is a sum: nothing is divided",
            _run_summed,
            _expect_summed,
            SUM_HINT,
        ),
        _accumulate_case(7, "float32 as well as float64", dtype=torch.float32, tol=1e-5),
    ),
    mistakes="""
grad.div_(len(x)) => pass
# The stored gradients are the sum over the samples, N times too large. If there is a division
# in your code, it does not reach them: `grad = grad / n` makes a new tensor.

.item()) => .item())
    for _, grad in model.param():
        grad.div_(len(x) if loss.reduction == 'mean' else 1)
grad.div_(len(x)) => pass
# The stored gradients were divided after every sample, so that the first ones were divided
# again and again. Divide once, after the loop.

outputs = model => model.zero_grad()
    outputs = model
# Only the last sample's gradients are left. Were they reset inside the loop, or does
# `backward_pass` stand behind it?

if loss.reduction == 'sum': => if False:
or
loss.reduction == 'sum' => loss.reduction == 'mean'
# Divide if `loss.reduction` is 'mean', gradients and loss alike; if it is 'sum', neither.

model.backward_pass(outputs, loss.backward(outputs[-1], y_sample)) => pass
# The losses are right, but the stored gradients are zero. Did nothing go backward through
# `model`, or were they reset afterwards?

loss.backward(outputs[-1], y_sample) => loss.backward(y_sample, outputs[-1])
# Every gradient has the wrong sign. `loss.backward` takes the prediction first, the target
# second.

values = [] => return accumulate_batch(model, loss, x, y)
# The numbers are right, but the network got several samples at a time. Here it is to get them one
# by one.

x.split(1), y.split(1) => x, y
# A row taken out of x by itself has one dimension. The network wants a batch, of shape (1, in).

x.split(1), y.split(1) => x.split(1)[:-1], y.split(1)[:-1]
/ len(values) => / len(x)
# The last sample was left out.
""",
)

# --- train_epoch -------------------------------------------------------------------


def _cut(x, y, batch_size):
    """Cut rows into mini-batches, in order."""
    edges = [*range(0, len(x), batch_size), len(x)]
    return [(x[a:b], y[a:b]) for a, b in pairwise(edges)]


def _torch_epoch(twin, batches, lr):
    """The oracle: torch.nn, autograd and torch.optim.SGD; returns the epoch's mean loss."""
    optimizer = torch.optim.SGD(twin.parameters(), lr=lr)
    total = 0.0
    for x, y in batches:
        optimizer.zero_grad()
        value = torch.nn.functional.mse_loss(twin(x), y)
        value.backward()
        optimizer.step()
        total += value.item() * len(x)
    return total / max(1, sum(len(x) for x, _ in batches))


def _expect_epochs(n, batch_size, lr, epochs=1, dtype=torch.float64):
    twin = torch_twin(_model(dtype))
    for _ in range(epochs):
        value = _torch_epoch(twin, _cut(*_data(n, dtype), batch_size), lr)
    return {**_parameters(twin), LOSS: value}


EPOCH_HINT = (
    (
        "layer",
        "For each mini-batch of batch_size in turn, the smaller last one too, and in this order: "
        "reset, `accumulate` with that mini-batch, one step of `model` with lr. Then `return`.",
    ),
    (
        LOSS,
        "The training is right, the returned loss is not. Each loss that `accumulate` returned, "
        "before the step, counts times the samples of its mini-batch; the sum is divided by the "
        "number of all samples.",
    ),
)


def _epoch_case(
    label, n, batch_size, lr, epochs=1, dtype=torch.float64, hint=EPOCH_HINT, leftover=0, tol=1e-9
):
    def run(function, probe):
        model, (x, y) = _model(dtype), _data(n, dtype)
        for k, (_, grad) in enumerate(model.param()):
            grad.copy_(leftover * randn(*grad.shape, seed=10 + k))
        for _ in range(epochs):
            value = probe(function, model, MSELoss(), x, y, batch_size=batch_size, lr=lr)
            value = as_number(LOSS, value)
        return {**_parameters(model), LOSS: value, **_gradients(model)}

    return Case(label, run, lambda: _expect_epochs(n, batch_size, lr, epochs, dtype), hint, tol)


#: Added to the losses that a recorder returns: a loop that computes its own misses it.
INVENTED = 1000.0


class Recorder:
    """An ``accumulate`` that keeps what it was given and then does its work."""

    def __init__(self, added=0.0):
        self.added = added
        self.batches = []
        self.clean = True

    def __call__(self, model, loss, x, y, /):
        self.batches.append((x.clone(), y.clone()))
        self.clean = self.clean and not any(grad.any() for _, grad in model.param())
        return train.accumulate_samples(model, loss, x, y) + self.added


def _run_recorded(function, probe):
    model, (x, y), recorder = _model(), _data(7), Recorder(INVENTED)
    value = probe(function, model, MSELoss(), x, y, batch_size=3, lr=0.3, accumulate=recorder)
    return {
        "`accumulate` is called with mini-batches of 3, 3 and 1 samples": (
            [len(x) for x, _ in recorder.batches] == [3, 3, 1]
        ),
        "the stored gradients are zero when `accumulate` is called": recorder.clean,
        **_parameters(model),
        LOSS: as_number(LOSS, value),
    }


def _expect_recorded():
    expected = _expect_epochs(7, 3, 0.3)
    return {**expected, LOSS: expected[LOSS] + INVENTED}


def _run_shuffled(function, probe):
    """Two epochs from one generator; whichever order was drawn, the oracle follows it."""
    model, (x, y) = _model(), _data(40)
    twin, generator = torch_twin(model), torch.Generator().manual_seed(4)
    seen, other = [], torch.Generator().manual_seed(4)
    for _ in range(2):
        recorder = Recorder()
        options = {"batch_size": 15, "lr": 0.3, "generator": generator, "accumulate": recorder}
        value = as_number(LOSS, probe(function, model, MSELoss(), x, y, **options))
        less = value - _torch_epoch(twin, recorder.batches, 0.3)
        seen.append([torch.cat(column) for column in zip(*recorder.batches, strict=True)])
        list(minibatches(x, y, 15, generator=other))
    rows = {tuple(row): target for row, target in zip(x.tolist(), y.tolist(), strict=True)}
    pairs = [pair for x, y in seen for pair in zip(x.tolist(), y.tolist(), strict=True)]
    theirs = _parameters(twin)
    return {
        "each sample still has its own target": (
            all(rows.get(tuple(row)) == target for row, target in pairs)
        ),
        "the smallest to the largest x₁ of an epoch": seen[0][0][:, 0].sort().values,
        "the samples come in a new order": not torch.equal(seen[0][0], x),
        "the order of the second epoch differs from that of the first": (
            not torch.equal(seen[0][0], seen[1][0])
        ),
        "one order was drawn from the generator for each epoch, by `minibatches`": (
            torch.equal(generator.get_state(), other.get_state())
        ),
        **{name + LESS: ours - theirs[name] for name, ours in _parameters(model).items()},
        "the returned loss, less torch's": less,
    }


LESS = ", less what torch.optim.SGD makes of the same mini-batches"


def _expect_shuffled():
    return {
        "the smallest to the largest x₁ of an epoch": _data(40)[0][:, 0].sort().values,
        **{name + LESS: 0 * parameter for name, parameter in _parameters(_model()).items()},
        "the returned loss, less torch's": 0.0,
    }


TRAIN_EPOCH = Exercise(
    number="6.4",
    solution=train.train_epoch,
    cases=(
        _epoch_case(
            "mini-batches of 3, 3 and 1, gradients left from before: equals torch.optim.SGD",
            7,
            3,
            0.24,
            leftover=1,
        ),
        _epoch_case(
            "two epochs in a row, with another batch size and learning rate",
            8,
            5,
            0.05,
            epochs=2,
            hint="One epoch from a fresh network was right. Is something left of an earlier call, "
            "or is a size or learning rate not the one that is given?",
        ),
        _epoch_case(
            "a mini-batch larger than the data, stored gradients that are NaN: one step",
            4,
            10,
            0.3,
            leftover=math.nan,
        ),
        Case(
            "`accumulate` does the work, once for each mini-batch",
            _run_recorded,
            _expect_recorded,
            EPOCH_HINT,
        ),
        Case(
            "with a generator: a new order every epoch, each sample with its own target",
            _run_shuffled,
            _expect_shuffled,
            "Hand the generator on to `minibatches`: it draws one order for x and y alike.",
        ),
        _epoch_case("float32 as well as float64", 7, 3, 0.3, dtype=torch.float32, tol=1e-5),
    ),
    mistakes="""
optimizer.zero_grad() => pass
# The gradients are never reset: each step uses the sum of all mini-batches so far, and of
# whatever was stored before.

optimizer.step() => optimizer.zero_grad()
    optimizer.step()
or
optimizer.step() => pass
# The parameters have not moved. Is there a step, and does it come after `accumulate` and before
# the next reset?

optimizer = => model = __import__('copy').deepcopy(model)
    optimizer =
# A copy was trained. `model` itself is to be changed.

optimizer.zero_grad() => pass
optimizer.step() => optimizer.step()
    optimizer.zero_grad()
# The gradients are reset after each step, but not before the first: what was stored when the
# function was called got into it.

total = 0.0 => total = 0.0
    optimizer.zero_grad()
optimizer.zero_grad() => pass
# The gradients are reset once, at the start of the epoch. They must be reset for every
# mini-batch.

optimizer.step() => pass
return total => optimizer.step()
    return total
# A single step was taken, with the last mini-batch's gradient. Is the step inside the loop?

SGD(model, lr) => SGD(model, lr / batch_size)
or
SGD(model, lr) => SGD(model, lr * batch_size)
or
optimizer.step() => for _, grad in model.param():
        grad.div_(len(x_batch))
    optimizer.step()
# The steps were multiplied or divided by the batch size. The mean is in the loss already.

value * len(x_batch) => value
total / len(x) => total / math.ceil(len(x) / batch_size)
# The training is right. In the returned loss all mini-batches count alike. The last one has fewer
# samples and must count less; the divisor is the number of all samples.

total / len(x) => loss.forward(model.forward(x), y).item()
# The training is right. The returned loss was computed after the last step; wanted is the mean
# of the losses met on the way, each before its step.

optimizer.zero_grad() => optimizer.zero_grad()
    accumulate(model, loss, x_batch, y_batch)
# `accumulate` was called twice for each mini-batch, and all gradients were added twice.

value = accumulate( => value = accumulate_batch(
# `accumulate` was not called, the function that is handed over. Was `accumulate_batch` called by
# name, or its work done in your own lines?

generator=generator => generator=None
# The generator is ignored: the samples come in their old order.

generator=generator => generator=generator or torch.Generator().manual_seed(0)
# The samples were shuffled although no generator was given. Without one they are taken in the
# order in which they stand.

generator=generator => generator=generator and torch.Generator().manual_seed(0)
# Every epoch has the same order. Was a generator made inside, or the given one seeded anew? Hand on
# the one that is given, as it is; it moves on with every draw.
""",
)

EXERCISES = {
    "descend": DESCEND,
    "largest-stable-lr": LARGEST_STABLE_LR,
    "accumulate-samples": ACCUMULATE_SAMPLES,
    "train-epoch": TRAIN_EPOCH,
}
