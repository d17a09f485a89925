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
from ...sequential import Sequential
from ...torch_twin import torch_twin
from ...train import accumulate_batch, accumulate_samples
from ..exercise import Case, Exercise, Mistake, as_number
from ._random import randn

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


def descend_climbs(grad, start, lr, steps):
    path = [start]
    for _ in range(steps):
        path.append(path[-1] + lr * grad(path[-1]))
    return torch.stack(path)


def descend_changes_start(grad, start, lr, steps):
    path = [start.clone()]
    for _ in range(steps):
        start -= lr * grad(start)
        path.append(start.clone())
    return torch.stack(path)


def descend_one_tensor(grad, start, lr, steps):
    theta = start.clone()
    path = [theta]
    for _ in range(steps):
        theta -= lr * grad(theta)
        path.append(theta)
    return torch.stack(path)


def descend_without_start(grad, start, lr, steps):
    return descend(grad, start, lr, steps)[1:]


def descend_one_too_few(grad, start, lr, steps):
    return descend(grad, start, lr, steps - 1)


def descend_one_too_many(grad, start, lr, steps):
    return descend(grad, start, lr, steps + 1)


def descend_last_only(grad, start, lr, steps):
    return descend(grad, start, lr, steps)[-1]


def descend_one_gradient(grad, start, lr, steps):
    slope = grad(start)
    return torch.stack([start - k * lr * slope for k in range(steps + 1)])


def descend_without_rate(grad, start, lr, steps):
    return descend(grad, start, 1.0, steps)


def descend_from_start(grad, start, lr, steps):
    path = [start]
    for _ in range(steps):
        path.append(start - lr * grad(path[-1]))
    return torch.stack(path)


def descend_normalised(grad, start, lr, steps):
    return descend(lambda theta: grad(theta) / grad(theta).norm(), start, lr, steps)


def descend_adds_up(grad, start, lr, steps):
    total = torch.zeros_like(start)
    path = [start]
    for _ in range(steps):
        total = total + grad(path[-1])
        path.append(path[-1] - lr * total)
    return torch.stack(path)


def descend_gradients(grad, start, lr, steps):
    return torch.stack([grad(theta) for theta in descend(grad, start, lr, steps)])


def descend_transposed(grad, start, lr, steps):
    return descend(grad, start, lr, steps).t()


def _bowl_case(curvatures, lr, steps, label, hint, dtype=torch.float64, tol=1e-9):
    """A bowl, where every position is known: θ times (1 − lr · a), once a step."""
    curvatures = torch.tensor(curvatures, dtype=dtype)
    start = randn(len(curvatures), seed=1, dtype=dtype)

    def expect():
        steps_taken = torch.arange(steps + 1, dtype=dtype)[:, None]
        return {"the path": start * (1 - lr * curvatures) ** steps_taken}

    return Case(
        label=label,
        run=lambda descend, probe: {
            "the path": probe(descend, lambda theta: curvatures * theta, start, lr, steps)
        },
        expect=expect,
        hint=hint,
        tol=tol,
    )


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
    return {"the path": torch.stack(path)}


DESCEND_HINT = (
    "Row 0 is the start. Row k + 1 is row k less lr times the gradient *at* row k. There are "
    "steps + 1 rows."
)

DESCEND = Exercise(
    number="6.1",
    solution=descend,
    cases=(
        _bowl_case(
            (0.5, 4.0, 2.0),
            0.3,
            5,
            "a bowl in three variables, 5 steps: six rows, as the closed formula has them",
            DESCEND_HINT,
        ),
        Case(
            label="a curved valley, 6 steps: equals torch.optim.SGD with autograd",
            run=lambda descend, probe: {
                "the path": probe(descend, _valley_grad, VALLEY_START, 0.1, 6)
            },
            expect=_expect_valley,
            hint=DESCEND_HINT,
        ),
        _bowl_case((1.5, 0.2), 0.5, 1, "a single step: two rows", DESCEND_HINT),
        _bowl_case(
            (1.5, 0.2),
            0.5,
            4,
            "float32 in, float32 out",
            DESCEND_HINT,
            dtype=torch.float32,
            tol=1e-5,
        ),
    ),
    mistakes=(
        Mistake(
            descend_climbs,
            "The gradient was added. It points uphill; the step goes against it.",
        ),
        Mistake(
            descend_changes_start,
            "The steps were taken in the caller's own tensor: `start -= …` writes into it. Make "
            "a new tensor for each position.",
        ),
        Mistake(
            descend_one_tensor,
            "All rows are equal to the last position: one and the same tensor stands in the list "
            "many times, and each step in place changed them all.",
        ),
        Mistake(descend_without_start, "The start is missing: it is the first row."),
        Mistake(
            descend_one_too_few,
            "The last position is missing. steps + 1 positions lie around `steps` steps, as "
            "fence posts around fence rails.",
        ),
        Mistake(descend_one_too_many, "One step too many was taken."),
        Mistake(descend_last_only, "Only the last position is returned; the whole path is wanted."),
        Mistake(
            descend_one_gradient,
            "Every step uses the gradient at the start. It changes on the way: ask `grad` again "
            "at each position.",
        ),
        Mistake(
            descend_without_rate, "The learning rate was left out: these are steps for lr = 1."
        ),
        Mistake(
            descend_from_start,
            "Every step sets out from the start again. It must set out from the position that "
            "was reached last.",
        ),
        Mistake(
            descend_normalised,
            "The gradient was divided by its length, so that all steps are equally long. Here "
            "the length is meant to count: flat ground, small step.",
        ),
        Mistake(
            descend_adds_up,
            "The gradients of all steps so far were added up. A step uses the gradient at the "
            "present position alone.",
        ),
        Mistake(
            descend_gradients,
            "These are the gradients along the path. The positions themselves are wanted.",
        ),
        Mistake(
            descend_transposed, "A position is a row, not a column: the shape is (steps + 1, d)."
        ),
    ),
)

# --- largest_stable_lr -----------------------------------------------------------


def largest_stable_lr(curvatures):
    """Return the learning rate below which descent converges on a bowl.

    Coordinate i is multiplied by 1 − η aᵢ at each step, and shrinks if and only if
    0 < η < 2 / aᵢ.  All must shrink, so the largest curvature decides.
    """
    return 2 / max(curvatures)


def rate_of_smallest(curvatures):
    return 2 / min(curvatures)


def rate_without_two(curvatures):
    return 1 / max(curvatures)


def rate_of_sum(curvatures):
    return 2 / sum(curvatures)


def rate_of_mean(curvatures):
    return 2 * len(curvatures) / sum(curvatures)


def rate_upside_down(curvatures):
    return max(curvatures) / 2


def rate_fastest(curvatures):
    return 2 / (max(curvatures) + min(curvatures))


def rate_of_last(curvatures):
    return 2 / curvatures[-1]


def rate_of_first(curvatures):
    return 2 / curvatures[0]


def rate_root(curvatures):
    return 2 / math.sqrt(max(curvatures))


def rate_half_missing(curvatures):
    return 4 / max(curvatures)


def _converges(curvatures, lr, steps=200):
    """Whether descent from (1, 1, …) still gets nearer to the bottom after many steps."""
    position, distances = [1.0 for _ in curvatures], []
    for _ in range(steps):
        position = [p - lr * a * p for a, p in zip(curvatures, position, strict=True)]
        distances.append(math.sqrt(sum(p * p for p in position)))
    return distances[-1] < distances[-2] or distances[-1] == 0


def _brute_force(curvatures):
    """Halve an interval of learning rates until it is narrow: no formula involved."""
    low, high = 0.0, 5 / min(curvatures)
    for _ in range(40):
        middle = (low + high) / 2
        if _converges(curvatures, middle):
            low = middle
        else:
            high = middle
    return low


def _rate_case(curvatures, label):
    name = "the largest learning rate"
    return Case(
        label=label,
        run=lambda rate, probe: {name: as_number(name, probe(rate, list(curvatures)))},
        expect=lambda: {name: _brute_force(curvatures)},
        hint="Descent converges if *every* coordinate shrinks. Write down the condition for each, "
        "and ask which of them is the first to fail as the rate grows.",
        tol=1e-6,
    )


LARGEST_STABLE_LR = Exercise(
    number="6.2",
    solution=largest_stable_lr,
    cases=(
        _rate_case((3.0,), "one curvature: the limit that is found by trying"),
        _rate_case((0.5, 4.0, 8.0, 2.5), "four curvatures, the largest one inside"),
        _rate_case((6.0, 0.2), "the largest one first"),
        _rate_case((0.3, 0.1, 0.25, 0.4), "four small ones"),
    ),
    mistakes=(
        Mistake(
            rate_of_smallest,
            "With this rate the flattest coordinate just shrinks. What do the steeper ones do?",
        ),
        Mistake(
            rate_without_two,
            "With this rate the steepest coordinate reaches the bottom in one step. A larger one "
            "overshoots, and still converges; up to where?",
        ),
        Mistake(
            rate_of_sum,
            "The curvatures do not add up: each coordinate moves by itself.",
        ),
        Mistake(
            rate_of_mean,
            "The average curvature was used. A coordinate that is steeper than average diverges "
            "with this rate, and one is enough.",
        ),
        Mistake(rate_upside_down, "Upside down: the steeper the bowl, the smaller the rate."),
        Mistake(
            rate_fastest,
            "This is the rate with which the slowest coordinate is quickest. Larger ones still "
            "converge.",
        ),
        Mistake(rate_of_last, "The last curvature was used. The list need not be in order."),
        Mistake(rate_of_first, "The first curvature was used. The list need not be in order."),
        Mistake(
            rate_root,
            "A root too many: the factor is 1 − η a, with a itself in it.",
        ),
        Mistake(
            rate_half_missing,
            "Twice too large. The loss has a factor ½, which its derivative cancels: the gradient "
            "is a θ, and the factor of a step 1 − η a.",
        ),
    ),
)

# --- what the last two exercises share ---------------------------------------------

IN, HIDDEN, OUT = 3, 4, 2


def _model(dtype=torch.float64, first=()):
    """A small network with random biases; ``first`` may hold a module to be put in front."""
    options = {
        "init": "torch",
        "generator": torch.Generator().manual_seed(1),
        "dtype": dtype,
    }
    layers = [Linear(IN, HIDDEN, **options), Tanh(), Linear(HIDDEN, OUT, **options)]
    return Sequential([*first, *layers])


def _data(n, dtype=torch.float64):
    return randn(n, IN, seed=2, dtype=dtype), randn(n, OUT, seed=3, dtype=dtype)


def _tensors(network, names):
    """Copies of the layers' tensors with these names, of a minidl or a torch network."""
    modules = network.modules() if isinstance(network, torch.nn.Module) else network.modules
    layers = [module for module in modules if hasattr(module, "weight")]
    return [getattr(layer, name).detach().clone() for layer in layers for name in names]


def _parameters(network):
    names = [f"layer {k}'s {name}" for k in (1, 2) for name in ("weight", "bias")]
    return dict(zip(names, _tensors(network, ("weight", "bias")), strict=True))


def _gradients(model):
    names = [f"layer {k}'s {name}" for k in (1, 2) for name in ("weight_grad", "bias_grad")]
    return dict(zip(names, _tensors(model, ("weight_grad", "bias_grad")), strict=True))


KEPT = "weight_grad and bias_grad are still the same tensors"


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
    name = "the returned loss"
    stored = [grad for _, grad in model.param()]
    value = as_number(name, probe(function, model, loss, x, y))
    kept = all(grad is old for (_, grad), old in zip(model.param(), stored, strict=True))
    return {name: value, **_gradients(model), **_parameters(model), KEPT: kept}


def _autograd(x, y, reduction="mean"):
    """The oracle: autograd and torch.nn.MSELoss on the whole mini-batch."""
    twin = torch_twin(_model(x.dtype))
    value = torch.nn.MSELoss(reduction=reduction)(twin(x), y)
    value.backward()
    names = _gradients(_model()).keys()
    gradients = [parameter.grad for parameter in twin.parameters()]
    return {
        "the returned loss": value.item(),
        **dict(zip(names, gradients, strict=True)),
        **_parameters(twin),
        KEPT: True,
    }


def _accumulate_case(n, label, hint, dtype=torch.float64, tol=1e-9):
    x, y = _data(n, dtype)
    return Case(
        label=label,
        run=lambda function, probe: _accumulated(function, probe, _model(dtype), MSELoss(), x, y),
        expect=lambda: _autograd(x, y),
        hint=hint,
        tol=tol,
    )


def _run_witnessed(function, probe):
    witness = Witness()
    x, y = _data(5)
    values = _accumulated(function, probe, _model(first=[witness]), MSELoss(), x, y)
    alone = set(witness.rows) == {1}
    return {"the network is given one sample at a time": alone, **values}


def _run_summed(function, probe):
    """Two networks, one of which has no gradients to divide."""
    x, y = _data(5)
    name = "the returned loss of a network that is a single tanh"
    bare = probe(function, Sequential([Tanh()]), MSELoss("sum"), x[:, :OUT], y)
    values = _accumulated(function, probe, _model(), MSELoss("sum"), x, y)
    return {**values, name: as_number(name, bare)}


def _expect_summed():
    x, y = _data(5)
    bare = torch.nn.functional.mse_loss(torch.tanh(x[:, :OUT]), y, reduction="sum").item()
    return {
        **_autograd(x, y, "sum"),
        "the returned loss of a network that is a single tanh": bare,
    }


def _run_two_batches(function, probe):
    """Two mini-batches of different sizes, with a reset in between."""
    model, (x, y) = _model(), _data(9)
    _accumulated(function, probe, model, MSELoss(), x[3:], y[3:])
    model.zero_grad()
    return _accumulated(function, probe, model, MSELoss(), x[:3], y[:3])


def _expect_two_batches():
    x, y = _data(9)
    return _autograd(x[:3], y[:3])


def _samples(model, loss, x, y):
    """Add up every sample's gradient, and return the list of their losses."""
    values = []
    for x_sample, y_sample in zip(x.split(1), y.split(1), strict=True):
        outputs = model.forward_pass(x_sample)
        model.backward_pass(outputs, loss.backward(outputs[-1], y_sample))
        values.append(loss.forward(outputs[-1], y_sample).item())
    return values


def _divide(model, number):
    for _, grad in model.param():
        grad.div_(number)


def _average(values, loss):
    return sum(values) if loss.reduction == "sum" else sum(values) / len(values)


def samples_undivided(model, loss, x, y):
    return _average(_samples(model, loss, x, y), loss)


def samples_divided_inside(model, loss, x, y):
    values = []
    for x_sample, y_sample in zip(x.split(1), y.split(1), strict=True):
        values.append(accumulate_batch(model, loss, x_sample, y_sample))
        if loss.reduction == "mean":
            _divide(model, len(x))
    return _average(values, loss)


def samples_divided_twice(model, loss, x, y):
    values = _samples(model, loss, x, y)
    if loss.reduction == "mean":
        _divide(model, len(x) ** 2)
    return _average(values, loss)


def samples_parameters_divided(model, loss, x, y):
    values = _samples(model, loss, x, y)
    if loss.reduction == "mean":
        for parameter, _ in model.param():
            parameter.div_(len(x))
    return _average(values, loss)


def samples_divided_by_all_numbers(model, loss, x, y):
    values = _samples(model, loss, x, y)
    if loss.reduction == "mean":
        _divide(model, y.numel())
    return _average(values, loss)


def samples_divided_by_features(model, loss, x, y):
    values = _samples(model, loss, x, y)
    if loss.reduction == "mean":
        _divide(model, x.shape[1])
    return _average(values, loss)


def samples_divided_by_a_hundred(model, loss, x, y):
    values = _samples(model, loss, x, y)
    if loss.reduction == "mean":
        _divide(model, 100)
    return _average(values, loss)


def samples_rebound(model, loss, x, y):
    values = _samples(model, loss, x, y)
    if loss.reduction == "mean":
        for module in model.modules:
            if module.param():
                module.weight_grad = module.weight_grad / len(x)
                module.bias_grad = module.bias_grad / len(x)
    return _average(values, loss)


def samples_weights_divided_only(model, loss, x, y):
    values = _samples(model, loss, x, y)
    if loss.reduction == "mean":
        for _, grad in model.param()[::2]:
            grad.div_(len(x))
    return _average(values, loss)


def samples_reset_inside(model, loss, x, y):
    values = []
    for x_sample, y_sample in zip(x.split(1), y.split(1), strict=True):
        model.zero_grad()
        values.append(accumulate_batch(model, loss, x_sample, y_sample))
    if loss.reduction == "mean":
        _divide(model, len(x))
    return _average(values, loss)


def samples_step_inside(model, loss, x, y):
    values = []
    for x_sample, y_sample in zip(x.split(1), y.split(1), strict=True):
        values.append(accumulate_batch(model, loss, x_sample, y_sample))
        model.gradient_step(0.1)
    if loss.reduction == "mean":
        _divide(model, len(x))
    return _average(values, loss)


def samples_last_loss(model, loss, x, y):
    values = _samples(model, loss, x, y)
    if loss.reduction == "mean":
        _divide(model, len(x))
    return values[-1]


def samples_summed_loss(model, loss, x, y):
    values = _samples(model, loss, x, y)
    if loss.reduction == "mean":
        _divide(model, len(x))
    return sum(values)


def samples_sum_divided(model, loss, x, y):
    values = _samples(model, loss, x, y)
    _divide(model, len(x))
    return sum(values) / len(values)


def samples_sum_averaged_loss(model, loss, x, y):
    values = _samples(model, loss, x, y)
    if loss.reduction == "mean":
        _divide(model, len(x))
    return sum(values) / len(values)


def samples_sum_divided_gradients(model, loss, x, y):
    values = _samples(model, loss, x, y)
    _divide(model, len(x))
    return _average(values, loss)


def samples_without_backward(model, loss, x, y):
    pairs = zip(x.split(1), y.split(1), strict=True)
    return _average([loss.forward(model.forward(a), b).item() for a, b in pairs], loss)


def samples_swapped(model, loss, x, y):
    values = []
    for x_sample, y_sample in zip(x.split(1), y.split(1), strict=True):
        outputs = model.forward_pass(x_sample)
        model.backward_pass(outputs, loss.backward(y_sample, outputs[-1]))
        values.append(loss.forward(outputs[-1], y_sample).item())
    if loss.reduction == "mean":
        _divide(model, len(x))
    return _average(values, loss)


def samples_all_at_once(model, loss, x, y):
    return accumulate_batch(model, loss, x, y)


def samples_flat_rows(model, loss, x, y):
    values = [
        accumulate_batch(model, loss, x_sample, y_sample)
        for x_sample, y_sample in zip(x, y, strict=True)
    ]
    if loss.reduction == "mean":
        _divide(model, len(x))
    return _average(values, loss)


def samples_first_only(model, loss, x, y):
    return accumulate_batch(model, loss, x[:1], y[:1])


def samples_not_the_last(model, loss, x, y):
    pairs = [(x[n : n + 1], y[n : n + 1]) for n in range(len(x) - 1)]
    values = [accumulate_batch(model, loss, *pair) for pair in pairs]
    if loss.reduction == "mean":
        _divide(model, len(x))
    return sum(values) if loss.reduction == "sum" else sum(values) / len(x)


def samples_first_target(model, loss, x, y):
    values = [accumulate_batch(model, loss, sample, y[:1]) for sample in x.split(1)]
    if loss.reduction == "mean":
        _divide(model, len(x))
    return _average(values, loss)


ACCUMULATE_HINT = (
    "Each sample's own gradient is that of its own loss, a mean over its outputs. The gradient of "
    "the mini-batch is the mean of these over the samples."
)

ACCUMULATE_SAMPLES = Exercise(
    number="6.3",
    solution=accumulate_samples,
    cases=(
        _accumulate_case(
            5,
            "five samples: loss and gradients equal autograd's on the whole mini-batch",
            ACCUMULATE_HINT,
        ),
        Case(
            label="the network is given one sample at a time",
            run=_run_witnessed,
            expect=lambda: {
                "the network is given one sample at a time": True,
                **_autograd(*_data(5)),
            },
            hint=ACCUMULATE_HINT,
        ),
        Case(
            label="a second mini-batch, of another size, after a reset",
            run=_run_two_batches,
            expect=_expect_two_batches,
            hint="The first mini-batch was right, the second, of 3 samples, is not. Does something "
            "depend on the size 5, or was something left behind?",
        ),
        _accumulate_case(1, "a batch of one", ACCUMULATE_HINT),
        Case(
            label="a loss that is a sum: nothing is divided",
            run=_run_summed,
            expect=_expect_summed,
            hint="With `loss.reduction` equal to 'sum' the loss of the mini-batch is the sum of "
            "its samples' losses, and its gradient the sum of theirs.",
        ),
        _accumulate_case(
            7, "float32 as well as float64", ACCUMULATE_HINT, dtype=torch.float32, tol=1e-5
        ),
    ),
    mistakes=(
        Mistake(
            samples_undivided,
            "The stored gradients are the sum over the samples, N times too large. If there is a "
            "division in your code, it does not reach them: `grad = grad / n` makes a new tensor.",
        ),
        Mistake(
            samples_divided_inside,
            "The stored gradients were divided after every sample, so that the first ones were "
            "divided again and again. Divide once, after the loop.",
        ),
        Mistake(
            samples_divided_twice,
            "The gradients were divided by N twice: once each sample's and once their sum?",
        ),
        Mistake(
            samples_parameters_divided,
            "The parameters were divided, not the gradients. `param()` lists pairs: the parameter "
            "first, its gradient second.",
        ),
        Mistake(
            samples_divided_by_all_numbers,
            "The gradients were divided by N · C. The C outputs of a sample are averaged already, "
            "in the loss; what is left is the N samples.",
        ),
        Mistake(
            samples_divided_by_features,
            "The gradients were divided by the number of columns of x, its features. The samples "
            "are its rows.",
        ),
        Mistake(
            samples_divided_by_a_hundred,
            "The gradients were divided by 100, whatever the size of the mini-batch. The last one "
            "of an epoch may be smaller.",
        ),
        Mistake(
            samples_rebound,
            "The numbers are right, but `layer.weight_grad = …` makes a new tensor and leaves the "
            "stored one behind. Divide in place.",
        ),
        Mistake(
            samples_weights_divided_only,
            "The weights' gradients were divided, the biases' were not. Go through all pairs of "
            "`param()`.",
        ),
        Mistake(
            samples_reset_inside,
            "Only the last sample is left: the gradients were reset inside the loop.",
        ),
        Mistake(
            samples_step_inside,
            "The parameters moved: a step was taken inside the loop. This function only adds up; "
            "the step is somebody else's.",
        ),
        Mistake(
            samples_last_loss,
            "The gradients are right, but the loss that is returned is the last sample's alone.",
        ),
        Mistake(
            samples_summed_loss,
            "The gradients are right, but the loss that is returned is the sum over the samples. "
            "Where the loss is a mean, the mean is wanted.",
        ),
        Mistake(
            samples_sum_divided,
            "Something was divided although `loss.reduction` is 'sum'. Look at it before you "
            "divide.",
        ),
        Mistake(
            samples_sum_averaged_loss,
            "The gradients are right, but the returned loss was averaged although "
            "`loss.reduction` is 'sum'.",
        ),
        Mistake(
            samples_sum_divided_gradients,
            "The returned loss is right, but the gradients were divided although "
            "`loss.reduction` is 'sum'.",
        ),
        Mistake(
            samples_without_backward,
            "The losses are right, but the stored gradients are zero: nothing went backward, or "
            "they were reset afterwards.",
        ),
        Mistake(
            samples_swapped,
            "Every gradient has the wrong sign: `loss.backward` takes the prediction first, the "
            "target second.",
        ),
        Mistake(
            samples_all_at_once,
            "The numbers are right, but the network got the whole mini-batch in one go. Here it is "
            "to get the samples one by one.",
        ),
        Mistake(
            samples_flat_rows,
            "A row taken out of x by itself has one dimension. The network wants a batch, "
            "of shape (1, in).",
        ),
        Mistake(samples_first_only, "Only the first sample was used. Is `return` in the loop?"),
        Mistake(samples_not_the_last, "The last sample was left out."),
        Mistake(
            samples_first_target,
            "All samples were compared with the first one's target. Each has its own row of y.",
        ),
    ),
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
    return total / sum(len(x) for x, _ in batches)


def _run_epochs(n, batch_size, lr, epochs=1, dtype=torch.float64, leftover=False):
    def run(function, probe):
        model, (x, y) = _model(dtype), _data(n, dtype)
        if leftover:
            for k, (_, grad) in enumerate(model.param()):
                grad.copy_(randn(*grad.shape, seed=10 + k))
        for _ in range(epochs):
            name = "the returned loss"
            value = probe(function, model, MSELoss(), x, y, batch_size=batch_size, lr=lr)
            value = as_number(name, value)
        return {**_parameters(model), name: value, **_gradients(model)}

    return run


def _expect_epochs(n, batch_size, lr, epochs=1, dtype=torch.float64):
    def expect():
        twin = torch_twin(_model(dtype))
        for _ in range(epochs):
            value = _torch_epoch(twin, _cut(*_data(n, dtype), batch_size), lr)
        return {**_parameters(twin), "the returned loss": value}

    return expect


def _epoch_case(label, hint, *setting, leftover=False, tol=1e-9, **more):
    return Case(
        label=label,
        run=_run_epochs(*setting, leftover=leftover, **more),
        expect=_expect_epochs(*setting, **more),
        hint=hint,
        tol=tol,
    )


#: Added to the losses that a recorder returns: a loop that computes its own misses it.
INVENTED = 1000.0


class Recorder:
    """An ``accumulate`` that keeps what it was given and then does its work."""

    def __init__(self, added=0.0):
        self.added = added
        self.batches = []
        self.clean = True

    def __call__(self, model, loss, x, y):
        self.batches.append((x.clone(), y.clone()))
        self.clean = self.clean and not any(grad.any() for _, grad in model.param())
        return accumulate_samples(model, loss, x, y) + self.added


CALLED = "`accumulate` is called with mini-batches of 3, 3 and 1 samples"
CLEAN = "the stored gradients are zero when `accumulate` is called"


def _run_recorded(function, probe):
    model, (x, y), recorder = _model(), _data(7), Recorder(INVENTED)
    name = "the returned loss"
    value = probe(function, model, MSELoss(), x, y, batch_size=3, lr=0.3, accumulate=recorder)
    return {
        CALLED: [len(x) for x, _ in recorder.batches] == [3, 3, 1],
        CLEAN: recorder.clean,
        **_parameters(model),
        name: as_number(name, value),
    }


def _expect_recorded():
    expected = _expect_epochs(7, 3, 0.3)()
    expected["the returned loss"] += INVENTED
    return {CALLED: True, CLEAN: True, **expected}


OWN_TARGET = "each sample still has its own target"
NEW_ORDER = "the samples come in a new order"
OTHER_ORDER = "the order of the second epoch differs from that of the first"


def _run_shuffled(function, probe):
    """Two epochs from one generator; whichever order was drawn, the oracle follows it."""
    model, (x, y) = _model(), _data(40)
    twin, generator = torch_twin(model), torch.Generator().manual_seed(4)
    seen, values, expected = [], [], []
    for _ in range(2):
        recorder = Recorder()
        options = {"batch_size": 15, "lr": 0.3, "generator": generator, "accumulate": recorder}
        value = probe(function, model, MSELoss(), x, y, **options)
        values.append(as_number("the returned loss", value))
        expected.append(_torch_epoch(twin, recorder.batches, 0.3) if recorder.batches else 0.0)
        seen.append([torch.cat(column) for column in zip(*recorder.batches, strict=True)])
    rows = {tuple(row): target for row, target in zip(x.tolist(), y.tolist(), strict=True)}
    pairs = [pair for x, y in seen for pair in zip(x.tolist(), y.tolist(), strict=True)]
    differences = {
        f"{name}, less what torch.optim.SGD makes of the same mini-batches": ours - theirs
        for (name, ours), theirs in zip(
            _parameters(model).items(), _parameters(twin).values(), strict=True
        )
    }
    return {
        OWN_TARGET: all(rows.get(tuple(row)) == target for row, target in pairs),
        "the smallest to the largest x₁ of an epoch": seen[0][0][:, 0].sort().values,
        NEW_ORDER: not torch.equal(seen[0][0], x),
        OTHER_ORDER: not torch.equal(seen[0][0], seen[1][0]),
        **differences,
        "the returned loss, less torch's": values[-1] - expected[-1],
    }


def _expect_shuffled():
    zeros = {
        f"{name}, less what torch.optim.SGD makes of the same mini-batches": 0 * parameter
        for name, parameter in _parameters(_model()).items()
    }
    return {
        OWN_TARGET: True,
        "the smallest to the largest x₁ of an epoch": _data(40)[0][:, 0].sort().values,
        NEW_ORDER: True,
        OTHER_ORDER: True,
        **zeros,
        "the returned loss, less torch's": 0.0,
    }


def _loop(order):
    """Make an epoch that resets (Z), accumulates (A) and steps (S) in this order."""

    def epoch(model, loss, x, y, *, batch_size, lr, generator=None, accumulate=accumulate_batch):
        total = 0.0
        for x_batch, y_batch in minibatches(x, y, batch_size, generator=generator):
            for letter in order:
                if letter == "Z":
                    model.zero_grad()
                elif letter == "S":
                    model.gradient_step(lr)
                else:
                    total += accumulate(model, loss, x_batch, y_batch) * len(x_batch)
        return total / len(x)

    epoch.__name__ = f"epoch_{order}"
    return epoch


def _epoch_on(batches, model, loss, lr, accumulate):
    """Do all right on the given mini-batches; return their losses and sizes."""
    values = []
    for x_batch, y_batch in batches:
        model.zero_grad()
        values.append((accumulate(model, loss, x_batch, y_batch), len(x_batch)))
        model.gradient_step(lr)
    return values


def _mean(values):
    return sum(value * size for value, size in values) / sum(size for _, size in values)


def _returns(summary):
    """Make an epoch that trains as it should and sums up its losses in another way."""

    def epoch(model, loss, x, y, *, batch_size, lr, generator=None, accumulate=accumulate_batch):
        batches = minibatches(x, y, batch_size, generator=generator)
        return summary(_epoch_on(batches, model, loss, lr, accumulate), len(x))

    epoch.__name__ = f"epoch_{summary.__name__}"
    return epoch


def unweighted(values, n):
    return sum(value for value, _ in values) / len(values)


def last_loss(values, n):
    return values[-1][0]


def summed(values, n):
    return sum(value for value, _ in values)


def divided_by_samples(values, n):
    return sum(value for value, _ in values) / n


def undivided(values, n):
    return sum(value * size for value, size in values)


def _on(cut):
    """Make an epoch that does all right, but on other mini-batches."""

    def epoch(model, loss, x, y, *, batch_size, lr, generator=None, accumulate=accumulate_batch):
        return _mean(_epoch_on(cut(x, y, batch_size, generator), model, loss, lr, accumulate))

    epoch.__name__ = f"epoch_{cut.__name__}"
    return epoch


def without_order(x, y, batch_size, generator):
    return _cut(x, y, batch_size)


def torn_apart(x, y, batch_size, generator):
    if generator is not None:
        x = x[torch.randperm(len(x), generator=generator)]
    return _cut(x, y, batch_size)


def without_remainder(x, y, batch_size, generator):
    batches = list(minibatches(x, y, batch_size, generator=generator))
    return [batch for batch in batches if len(batch[0]) == batch_size] or batches


def first_batch(x, y, batch_size, generator):
    return list(minibatches(x, y, batch_size, generator=generator))[:1]


def whole(x, y, batch_size, generator):
    return minibatches(x, y, len(x), generator=generator)


def singles(x, y, batch_size, generator):
    return minibatches(x, y, 1, generator=generator)


def always_shuffled(x, y, batch_size, generator):
    return minibatches(x, y, batch_size, generator=generator or torch.Generator().manual_seed(0))


def one_seed(x, y, batch_size, generator):
    if generator is not None:
        generator = torch.Generator().manual_seed(0)
    return minibatches(x, y, batch_size, generator=generator)


def with_replacement(x, y, batch_size, generator):
    if generator is not None:
        rows = torch.randint(len(x), (len(x),), generator=generator)
        x, y = x[rows], y[rows]
    return _cut(x, y, batch_size)


def epoch_one_reset(
    model, loss, x, y, *, batch_size, lr, generator=None, accumulate=accumulate_batch
):
    model.zero_grad()
    return _loop("AS")(
        model, loss, x, y, batch_size=batch_size, lr=lr, generator=generator, accumulate=accumulate
    )


def epoch_one_step(
    model, loss, x, y, *, batch_size, lr, generator=None, accumulate=accumulate_batch
):
    total = 0.0
    model.zero_grad()
    for x_batch, y_batch in minibatches(x, y, batch_size, generator=generator):
        total += accumulate(model, loss, x_batch, y_batch) * len(x_batch)
    model.gradient_step(lr)
    return total / len(x)


def epoch_one_step_of_the_last(
    model, loss, x, y, *, batch_size, lr, generator=None, accumulate=accumulate_batch
):
    total = 0.0
    for x_batch, y_batch in minibatches(x, y, batch_size, generator=generator):
        model.zero_grad()
        total += accumulate(model, loss, x_batch, y_batch) * len(x_batch)
    model.gradient_step(lr)
    return total / len(x)


def epoch_fixed_rate(
    model, loss, x, y, *, batch_size, lr, generator=None, accumulate=accumulate_batch
):
    batches = minibatches(x, y, batch_size, generator=generator)
    return _mean(_epoch_on(batches, model, loss, 0.1, accumulate))


def epoch_climbs(model, loss, x, y, *, batch_size, lr, generator=None, accumulate=accumulate_batch):
    batches = minibatches(x, y, batch_size, generator=generator)
    return _mean(_epoch_on(batches, model, loss, -lr, accumulate))


def epoch_divides_again(
    model, loss, x, y, *, batch_size, lr, generator=None, accumulate=accumulate_batch
):
    batches = minibatches(x, y, batch_size, generator=generator)
    return _mean(_epoch_on(batches, model, loss, lr / batch_size, accumulate))


def epoch_own_accumulate(
    model, loss, x, y, *, batch_size, lr, generator=None, accumulate=accumulate_batch
):
    batches = minibatches(x, y, batch_size, generator=generator)
    return _mean(_epoch_on(batches, model, loss, lr, accumulate_batch))


def epoch_loss_afterwards(
    model, loss, x, y, *, batch_size, lr, generator=None, accumulate=accumulate_batch
):
    batches = minibatches(x, y, batch_size, generator=generator)
    _epoch_on(batches, model, loss, lr, accumulate)
    return loss.forward(model.forward(x), y).item()


EPOCH_HINT = (
    "For each mini-batch, in this order: reset, accumulate, step. The returned loss is the mean "
    "over all samples of the losses that `accumulate` returned."
)

TRAIN_EPOCH = Exercise(
    number="6.4",
    solution=train.train_epoch,
    cases=(
        _epoch_case(
            "seven samples in mini-batches of 3, 3 and 1: equals torch.optim.SGD",
            EPOCH_HINT,
            7,
            3,
            0.24,
        ),
        _epoch_case(
            "two epochs in a row, with another batch size and learning rate",
            "One epoch from a fresh network was right. What is different in the second call, or "
            "with other sizes and another learning rate?",
            8,
            5,
            0.05,
            2,
        ),
        _epoch_case(
            "gradients that were stored before do not count",
            "The network came with gradients that an earlier computation had left in it. They got "
            "into a step.",
            7,
            3,
            0.3,
            leftover=True,
        ),
        _epoch_case("a mini-batch larger than the data: one step", EPOCH_HINT, 4, 10, 0.3),
        Case(
            label="`accumulate` does the work, once for each mini-batch",
            run=_run_recorded,
            expect=_expect_recorded,
            hint=EPOCH_HINT,
        ),
        Case(
            label="with a generator: a new order every epoch, each sample with its own target",
            run=_run_shuffled,
            expect=_expect_shuffled,
            hint="Hand the generator on to `minibatches`: it draws one order for x and y alike.",
        ),
        _epoch_case(
            "float32 as well as float64", EPOCH_HINT, 7, 3, 0.3, 1, torch.float32, tol=1e-5
        ),
    ),
    mistakes=(
        Mistake(
            _loop("AS"),
            "The gradients are never reset: each step uses the sum of all mini-batches so far, and "
            "of whatever was stored before.",
        ),
        Mistake(
            _loop("AZS"),
            "The gradients were reset between `accumulate` and the step, so that every step was "
            "taken with zeros. Nothing was learned.",
        ),
        Mistake(
            _loop("ZSA"),
            "No parameter has moved. Is there a step, and does it come after `accumulate` and "
            "before the next reset?",
        ),
        Mistake(
            _loop("SAZ"),
            "The step was taken before `accumulate`, when all that had been accumulated was reset "
            "already.",
        ),
        Mistake(
            _loop("ASZ"),
            "The gradients are reset after each step, but not before the first: what was stored "
            "when the function was called got into it.",
        ),
        Mistake(
            _loop("SZA"),
            "The step comes before `accumulate`, so each step uses the gradient of the mini-batch "
            "before, and the last one's is never used.",
        ),
        Mistake(
            epoch_one_reset,
            "The gradients are reset once, at the start of the epoch. They must be reset for every "
            "mini-batch.",
        ),
        Mistake(
            epoch_one_step,
            "One step was taken for the whole epoch. Each mini-batch gets its own.",
        ),
        Mistake(
            epoch_one_step_of_the_last,
            "A single step was taken, with the last mini-batch's gradient. Is the step inside the "
            "loop?",
        ),
        Mistake(
            epoch_fixed_rate, "The steps were taken with a learning rate of 0.1, whatever lr is."
        ),
        Mistake(epoch_climbs, "The steps go uphill: the gradient must be subtracted."),
        Mistake(
            epoch_divides_again,
            "The gradients were divided by the batch size once more. The mean is in the loss "
            "already.",
        ),
        Mistake(
            _returns(unweighted),
            "The training is right. The returned loss is the mean over the mini-batches; the last "
            "one has fewer samples and must count less.",
        ),
        Mistake(
            _returns(last_loss),
            "The training is right. The returned loss is the last mini-batch's alone.",
        ),
        Mistake(
            _returns(summed),
            "The training is right. The returned loss is the sum of the mini-batches' losses; "
            "the mean over the samples is wanted.",
        ),
        Mistake(
            _returns(divided_by_samples),
            "The training is right. For the returned loss the mini-batches' means were added up "
            "and divided by the number of samples. Each mean stands for all its samples.",
        ),
        Mistake(
            _returns(undivided),
            "The training is right. The losses were weighted with the sizes of the mini-batches, "
            "but their sum was not divided by the number of samples.",
        ),
        Mistake(
            epoch_loss_afterwards,
            "The training is right. The returned loss was computed after the last step; wanted is "
            "the mean of the losses met on the way, each before its step.",
        ),
        Mistake(
            epoch_own_accumulate,
            "`accumulate_batch` was called by name. Call the function that is handed over as "
            "`accumulate`: it may be another one.",
        ),
        Mistake(
            _on(without_order), "The generator is ignored: the samples come in their old order."
        ),
        Mistake(
            _on(torn_apart),
            "x was put in a new order and y was not: the samples lost their targets.",
        ),
        Mistake(
            _on(without_remainder),
            "The samples that do not fill a mini-batch were left out.",
        ),
        Mistake(_on(first_batch), "Only the first mini-batch was used. Is `return` in the loop?"),
        Mistake(_on(whole), "All samples went into one step: batch_size was not used."),
        Mistake(
            _on(singles), "A step was taken after every single sample: batch_size was not used."
        ),
        Mistake(
            _on(always_shuffled),
            "The samples were shuffled although no generator was given. Without one they are taken "
            "in the order in which they stand.",
        ),
        Mistake(
            _on(one_seed),
            "Every epoch has the same order: a new generator was made inside. Hand on the one that "
            "is given; it moves on with every draw.",
        ),
        Mistake(
            _on(with_replacement),
            "Some samples come twice and others never. In an epoch each is to come exactly once.",
        ),
    ),
)

EXERCISES = {
    "descend": DESCEND,
    "largest-stable-lr": LARGEST_STABLE_LR,
    "accumulate-samples": ACCUMULATE_SAMPLES,
    "train-epoch": TRAIN_EPOCH,
}
