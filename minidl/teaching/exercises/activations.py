"""Exercises of chapter 02: ReLU, Tanh, central differences, vanishing gradients."""

import torch

from ... import activations
from ...gradcheck import numerical_gradient
from ...module import Module
from ..check import Case, Exercise, Mistake, as_number
from ._random import randn

# --- what both activations are asked ---------------------------------------------


def _away_from_zero(x):
    """Move every number a little outward: ReLU has no derivative at 0."""
    return x + 0.1 * x.sign()


X = _away_from_zero(randn(5, 3, seed=1))
GRAD = randn(5, 3, seed=2)
OTHER = _away_from_zero(randn(4, 2, seed=3))


def _forward_case(function, x, label, hint):
    return Case(
        label=label,
        run=lambda cls, probe: {"y": probe(probe(cls).forward, x)},
        expect=lambda: {"y": function(x)},
        hint=hint,
    )


def _autograd(function, x, grad):
    """The oracle: PyTorch's own function, differentiated by autograd."""
    leaf = x.clone().requires_grad_()
    function(leaf).backward(grad)
    return leaf.grad


def _backward_case(function, x, grad, label, hint=""):
    def run(cls, probe):
        module = probe(cls)
        y = function(x)
        probe(module.forward, OTHER)
        return {"dL/dx": probe(module.backward, x, y, grad)}

    return Case(
        label=label,
        run=run,
        expect=lambda: {"dL/dx": _autograd(function, x, grad)},
        hint=hint,
    )


def _float32_case(function):
    x, grad = X.float(), GRAD.float()

    def run(cls, probe):
        module = probe(cls)
        return {
            "y": probe(module.forward, x),
            "dL/dx": probe(module.backward, x, function(x), grad),
        }

    return Case(
        label="forward and backward: float32 in, float32 out",
        run=run,
        expect=lambda: {"y": function(x), "dL/dx": _autograd(function, x, grad)},
        tol=1e-5,
    )


def _run_contract(cls, probe):
    """Any shape, the kink, and the three methods that are inherited."""
    module = probe(cls)
    x = torch.tensor([0.0, -2.0, 3.0, 1e-60], dtype=torch.float64)
    grad = torch.tensor([0.7, -0.4, 0.3, 0.2], dtype=torch.float64)
    at_zero, _, _, above = probe(module.backward, x, probe(module.forward, x), grad)
    x = _away_from_zero(randn(2, 3, 4, seed=4))
    y = probe(module.forward, x)
    dx = probe(module.backward, x, y, randn(2, 3, 4, seed=5))
    inherited = all(callable(getattr(module, m, None)) for m in ("gradient_step", "zero_grad"))
    return {
        "at x = 0 the result is 0 or the upstream gradient": at_zero.item() in (0.0, 0.7),
        "just above 0 the upstream gradient passes": abs(above.item() - 0.2) < 1e-12,
        "tensors of three dimensions keep their shape": y.shape == dx.shape == x.shape,
        "the class is a Module": inherited and getattr(module, "param", list)() == [],
    }


CONTRACT = Case(
    label="one or three dimensions, numbers at and next to 0, and the methods of a Module",
    run=_run_contract,
    expect=lambda: {
        "at x = 0 the result is 0 or the upstream gradient": True,
        "just above 0 the upstream gradient passes": True,
        "tensors of three dimensions keep their shape": True,
        "the class is a Module": True,
    },
)


def _activation_cases(function, forward_hint, backward_hint):
    name = f"torch.{function.__name__}"
    large = torch.tensor([[-1e3, -1e2, 1e2], [1e3, -3.0, 3.0]], dtype=torch.float64)
    return (
        _forward_case(function, X, f"forward: equals {name} on 5 × 3 numbers", forward_hint),
        _forward_case(
            function,
            large,
            "forward: holds for large numbers",
            "Somewhere an exponential overflows.",
        ),
        _backward_case(
            function,
            X,
            GRAD,
            "backward: equals autograd's gradient, for a random upstream gradient",
            backward_hint,
        ),
        _backward_case(function, X[:1], GRAD[:1], "backward: a batch of one"),
        _float32_case(function),
        CONTRACT,
    )


# --- ReLU ------------------------------------------------------------------------


class ReluAbsolute(activations.ReLU):
    def forward(self, x):
        return x.abs()


class ReluMaximumOfAll(activations.ReLU):
    def forward(self, x):
        return x.max()


class ReluMask(activations.ReLU):
    def forward(self, x):
        return (x > 0).to(x.dtype)


class ReluChangesInput(activations.ReLU):
    def forward(self, x):
        x[x < 0] = 0
        return x


class ReluLeaves(activations.ReLU):
    def backward(self, x, y, grad):
        return (x > 0).to(x.dtype)


class ReluOfGrad(activations.ReLU):
    def backward(self, x, y, grad):
        return grad.clamp(min=0)


class ReluTimesOutput(activations.ReLU):
    def backward(self, x, y, grad):
        return grad * y


class ReluPassesAll(activations.ReLU):
    def backward(self, x, y, grad):
        return grad


class ReluWrongSide(activations.ReLU):
    def backward(self, x, y, grad):
        return grad * (x < 0)


class ReluChangesGrad(activations.ReLU):
    def backward(self, x, y, grad):
        grad[x < 0] = 0
        return grad


class ReluSigned(activations.ReLU):
    def backward(self, x, y, grad):
        return grad * x.sign()


class ReluKeepsInput(Module):
    def forward(self, x):
        self.x = x
        return x.clamp(min=0)

    def backward(self, x, y, grad):
        return grad * (self.x > 0)


class ReluClips(activations.ReLU):
    def forward(self, x):
        return x.clamp(0, 1)


class ReluDividesByInput(activations.ReLU):
    def backward(self, x, y, grad):
        return grad * y / x


class ReluSums(activations.ReLU):
    def backward(self, x, y, grad):
        return (grad * (x > 0)).sum()


class ReluNoModule:
    def forward(self, x):
        return x.clamp(min=0)

    def backward(self, x, y, grad):
        return grad * (x > 0)


RELU = Exercise(
    number="2.1",
    solution=activations.ReLU,
    parts=("forward", "backward"),
    cases=_activation_cases(
        torch.relu,
        "Positive numbers pass unchanged, negative ones become 0.",
        "Which entries of x were let through? Those entries of the upstream gradient pass too, "
        "unchanged; the others become 0.",
    ),
    mistakes=(
        Mistake(ReluAbsolute, "This is |x|: negative numbers become 0, not positive."),
        Mistake(
            ReluMaximumOfAll,
            "`x.max()` is the largest number of the whole batch. Each number is to be compared "
            "with 0 by itself.",
        ),
        Mistake(
            ReluMask, "This says where x is positive. What is wanted there is x itself, not 1."
        ),
        Mistake(
            ReluChangesInput,
            "The caller's tensor was written into, and the layer before needs it as it was. "
            "Make a new one; methods that end in an underscore do not.",
        ),
        Mistake(
            ReluLeaves,
            "This is the derivative of ReLU itself. The chain rule multiplies it by the "
            "upstream gradient `grad`.",
        ),
        Mistake(
            ReluOfGrad,
            "Negative *gradients* were set to 0. What decides is the sign of x, not that of grad.",
        ),
        Mistake(
            ReluTimesOutput,
            "The gradient was multiplied by the output. The slope of ReLU where x > 0 is 1, "
            "whatever the size of x.",
        ),
        Mistake(
            ReluPassesAll,
            "Everything passes. Where x is negative the output does not depend on x, so there "
            "the gradient is 0.",
        ),
        Mistake(ReluWrongSide, "The comparison is the wrong way round."),
        Mistake(
            ReluChangesGrad,
            "The upstream gradient belongs to the caller. Make a new tensor instead of writing "
            "into it.",
        ),
        Mistake(
            ReluSigned,
            "The sign of x is −1 for negative x, which turns the gradient round. There the "
            "slope is 0. (The sign of y would do.)",
        ),
        Mistake(ReluClips, "Large numbers were cut off at 1. ReLU has no upper end."),
        Mistake(
            ReluDividesByInput,
            "y / x is the slope except at x = 0, where it is 0 / 0. Compare x with 0 instead.",
        ),
        Mistake(
            ReluSums,
            "The entries were added up. Each entry of x has a gradient of its own: the result "
            "has the shape of x.",
        ),
        Mistake(
            ReluNoModule,
            "The class does not inherit from Module: write `class ReLU(Module):`, as in the stub.",
        ),
        Mistake(
            ReluKeepsInput,
            "Nothing need be kept: `backward` is handed x and y. A module that remembers its "
            "last input gives wrong gradients as soon as another batch comes between.",
        ),
    ),
)

# --- Tanh ------------------------------------------------------------------------


class TanhNaive(activations.Tanh):
    def forward(self, x):
        return (x.exp() - (-x).exp()) / (x.exp() + (-x).exp())


class TanhSigmoid(activations.Tanh):
    def forward(self, x):
        return torch.sigmoid(x)


class TanhUpsideDown(activations.Tanh):
    def forward(self, x):
        return (x.exp() + (-x).exp()) / (x.exp() - (-x).exp())


class TanhHalfArgument(activations.Tanh):
    def forward(self, x):
        return 2 * torch.sigmoid(x) - 1


class TanhLeaves(activations.Tanh):
    def backward(self, x, y, grad):
        return 1 - y * y


class TanhNotSquared(activations.Tanh):
    def backward(self, x, y, grad):
        return grad * (1 - y)


class TanhOfInput(activations.Tanh):
    def backward(self, x, y, grad):
        return grad * (1 - x * x)


class TanhTwice(activations.Tanh):
    def backward(self, x, y, grad):
        return grad * (1 - torch.tanh(y).square())


class TanhSquareOfDifference(activations.Tanh):
    def backward(self, x, y, grad):
        return grad * (1 - y).square()


class TanhSigmoidSlope(activations.Tanh):
    def backward(self, x, y, grad):
        return grad * y * (1 - y)


class TanhPlus(activations.Tanh):
    def backward(self, x, y, grad):
        return grad * (1 + y * y)


class TanhPrecedence(activations.Tanh):
    def backward(self, x, y, grad):
        return grad * 1 - y * y


class TanhKeepsOutput(Module):
    def forward(self, x):
        self.y = torch.tanh(x)
        return self.y

    def backward(self, x, y, grad):
        return grad * (1 - self.y * self.y)


class TanhChangesOutput(activations.Tanh):
    def backward(self, x, y, grad):
        return y.square_().neg_().add_(1).mul_(grad)


TANH = Exercise(
    number="2.2",
    solution=activations.Tanh,
    parts=("forward", "backward"),
    cases=_activation_cases(
        torch.tanh,
        "`torch.tanh` is a tensor operation, and allowed.",
        "Write the slope in terms of the output y (the second hint in the text has the way), "
        "and multiply it by the upstream gradient, entry by entry.",
    ),
    mistakes=(
        Mistake(
            TanhNaive,
            "The formula is right on paper, but eˣ overflows to ∞ for large x, and ∞ / ∞ is "
            "not a number. `torch.tanh` takes care of that.",
        ),
        Mistake(
            TanhSigmoid, "This is the sigmoid, which runs from 0 to 1; tanh runs from −1 to 1."
        ),
        Mistake(TanhUpsideDown, "Numerator and denominator have changed places."),
        Mistake(
            TanhHalfArgument,
            "Nearly: tanh(x) = 2 σ(2x) − 1, and the factor 2 inside is missing.",
        ),
        Mistake(
            TanhLeaves,
            "This is the derivative of tanh itself. The chain rule multiplies it by the "
            "upstream gradient `grad`.",
        ),
        Mistake(TanhNotSquared, "The derivative is 1 − y², and the square is missing."),
        Mistake(
            TanhOfInput,
            "1 − x² is not it: what is squared is the output y = tanh(x).",
        ),
        Mistake(
            TanhTwice,
            "tanh was taken of y, which is tanh(x) already.",
        ),
        Mistake(TanhSquareOfDifference, "(1 − y)² is not 1 − y²."),
        Mistake(TanhSigmoidSlope, "y (1 − y) is the slope of the sigmoid."),
        Mistake(TanhPlus, "A sign: (1 − y²), not (1 + y²)."),
        Mistake(
            TanhPrecedence,
            "`grad * 1 - y * y` is (grad · 1) − y². Brackets are missing.",
        ),
        Mistake(
            TanhKeepsOutput,
            "The output of the *last* forward was used. `backward` is handed the y it is to "
            "use; another batch may have come between.",
        ),
        Mistake(
            TanhChangesOutput,
            "A method that ends in an underscore writes into its tensor, here the caller's y.",
        ),
    ),
)

# --- numerical_gradient ----------------------------------------------------------

POINT = randn(2, 3, seed=4)
A = randn(2, 3, seed=5)
B = randn(2, 3, seed=6)


def quadratic(x):
    """For which central differences are exact, whatever the step."""
    return (A * x * x).sum() + (B * x).sum() * x[0, 1]


def cubic(x):
    """For which they are off by h² times the cubic coefficient."""
    return (B * x**3).sum()


def product_of_sines(x):
    """Neither quadratic nor a sum over the entries."""
    return torch.sin(x).prod()


def _run_default_step(gradient, probe):
    """Leave h out; the error for a cubic function at 0 shows how large it was."""
    zero = torch.zeros(1, dtype=X.dtype)
    return {
        "the gradient of the product": probe(gradient, product_of_sines, POINT),
        "the gradient of 10¹² x³ at 0, which is 10¹² h²": probe(
            gradient, lambda x: 1e12 * (x**3).sum(), zero
        ),
    }


def _gradient_case(f, x, h, expect, label, hint="", tol=1e-7):
    return Case(
        label=label,
        run=lambda gradient, probe: {"gradient": probe(gradient, f, x, h)},
        expect=lambda: {"gradient": expect()},
        hint=hint,
        tol=tol,
    )


def _filled(x, h, quotient):
    """Fill a gradient entry by entry; ``quotient`` gets x and the step eᵢ h."""
    grad = torch.zeros_like(x)
    for i in range(x.numel()):
        step = torch.zeros_like(x)
        step.view(-1)[i] = h
        grad.view(-1)[i] = quotient(x, step)
    return grad


def gradient_forward_difference(f, x, h=1e-6):
    return _filled(x, h, lambda x, step: (f(x + step) - f(x)) / h)


def gradient_backward_difference(f, x, h=1e-6):
    return _filled(x, h, lambda x, step: (f(x) - f(x - step)) / h)


def gradient_over_h(f, x, h=1e-6):
    return _filled(x, h, lambda x, step: (f(x + step) - f(x - step)) / h)


def gradient_precedence(f, x, h=1e-6):
    return _filled(x, h, lambda x, step: (f(x + step) - f(x - step)) / 2 * h)


def gradient_wrong_sign(f, x, h=1e-6):
    return _filled(x, h, lambda x, step: (f(x - step) - f(x + step)) / (2 * h))


def gradient_all_at_once(f, x, h=1e-6):
    return (f(x + h) - f(x - h)) / (2 * h) * torch.ones_like(x)


def gradient_undivided(f, x, h=1e-6):
    return _filled(x, h, lambda x, step: f(x + step) - f(x - step))


def gradient_of_last(f, x, h=1e-6):
    grad = _filled(x, h, lambda x, step: (f(x + step) - f(x - step)) / (2 * h))
    grad.view(-1)[:-1] = 0
    return grad


def gradient_without_last(f, x, h=1e-6):
    grad = _filled(x, h, lambda x, step: (f(x + step) - f(x - step)) / (2 * h))
    grad.view(-1)[-1] = 0
    return grad


def gradient_of_first(f, x, h=1e-6):
    grad = _filled(x, h, lambda x, step: (f(x + step) - f(x - step)) / (2 * h))
    grad.view(-1)[1:] = 0
    return grad


def gradient_step_grows(f, x, h=1e-6):
    grad, step = torch.zeros_like(x), torch.zeros_like(x)
    for i in range(x.numel()):
        step.view(-1)[i] = h
        grad.view(-1)[i] = (f(x + step) - f(x - step)) / (2 * h)
    return grad


def gradient_two_dimensions(f, x, h=1e-6):
    grad = torch.zeros_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            step = torch.zeros_like(x)
            step[i, j] = h
            grad[i, j] = (f(x + step) - f(x - step)) / (2 * h)
    return grad


def gradient_flat(f, x, h=1e-6):
    return _filled(x, h, lambda x, step: (f(x + step) - f(x - step)) / (2 * h)).flatten()


def gradient_own_step(f, x, h=1e-6):
    return _filled(x, 1e-4, lambda x, step: (f(x + step) - f(x - step)) / 2e-4)


def gradient_moves_x(f, x, h=1e-6):
    grad = torch.zeros_like(x)
    for i in range(x.numel()):
        x.view(-1)[i] += h
        above = f(x)
        x.view(-1)[i] -= 2 * h
        grad.view(-1)[i] = (above - f(x)) / (2 * h)
    return grad


def gradient_alias(f, x, h=1e-6):
    grad = torch.zeros_like(x)
    for i in range(x.numel()):
        above = x.clone()
        below = above
        above.view(-1)[i] += h
        below.view(-1)[i] -= h
        grad.view(-1)[i] = (f(above) - f(below)) / (2 * h)
    return grad


def gradient_first_row(f, x, h=1e-6):
    grad = torch.zeros_like(x)
    for i in range(len(x)):
        step = torch.zeros_like(x)
        step[i] = h
        grad[i] = (f(x + step) - f(x - step)) / (2 * h)
    return grad


def _autograd_of(f):
    leaf = POINT.clone().requires_grad_()
    f(leaf).backward()
    return leaf.grad


NUMERICAL_GRADIENT = Exercise(
    number="2.3",
    solution=numerical_gradient,
    cases=(
        _gradient_case(
            quadratic,
            POINT,
            0.1,
            lambda: _autograd_of(quadratic),
            "a quadratic function of 2 × 3 numbers, h = 0.1: no error at all",
            "For each entry by itself: move only that entry by +h and by −h, and divide the "
            "difference of the two function values by 2h.",
            tol=1e-10,
        ),
        _gradient_case(
            cubic,
            POINT,
            0.1,
            lambda: _autograd_of(cubic) + 0.01 * B,
            "a cubic function, h = 0.1: off by h² times the coefficient, as theory says",
            "Is the h that is given used everywhere?",
        ),
        Case(
            label="without h: the step is 1e-6, and a product of sines has autograd's gradient",
            run=_run_default_step,
            expect=lambda: {
                "the gradient of the product": _autograd_of(product_of_sines),
                "the gradient of 10¹² x³ at 0, which is 10¹² h²": torch.ones(1, dtype=X.dtype),
            },
            hint="Keep `h=1e-6` in the first line, as it was in the stub.",
            tol=1e-7,
        ),
        _gradient_case(
            lambda x: float((x**2).sum()),
            POINT.flatten(),
            0.1,
            lambda: 2 * POINT.flatten(),
            "a tensor of one dimension, and a function that returns a Python number",
        ),
        _gradient_case(
            lambda x: (x**2).sum(),
            POINT.reshape(3, 1, 2),
            0.1,
            lambda: 2 * POINT.reshape(3, 1, 2),
            "a tensor of three dimensions",
        ),
    ),
    mistakes=(
        Mistake(
            gradient_forward_difference,
            "This is the difference from x to x + h. It has an error of order h; the central "
            "one, from x − h to x + h, has one of order h².",
        ),
        Mistake(
            gradient_backward_difference,
            "This is the difference from x − h to x. It has an error of order h; the central "
            "one, from x − h to x + h, has one of order h².",
        ),
        Mistake(
            gradient_over_h,
            "Twice too large: between x − h and x + h lies a distance of 2h.",
        ),
        Mistake(
            gradient_precedence,
            "`/ 2 * h` divides by 2 and then multiplies by h. Brackets are missing: `/ (2 * h)`.",
        ),
        Mistake(gradient_wrong_sign, "The sign: f(x + h) comes first."),
        Mistake(
            gradient_all_at_once,
            "All entries were moved at once, which gives the sum of all partial derivatives. "
            "Move one at a time.",
        ),
        Mistake(gradient_undivided, "The difference must be divided by the distance, 2h."),
        Mistake(
            gradient_of_last,
            "Only the last entry is there. Is a new `grad` made in every turn of the loop?",
        ),
        Mistake(gradient_without_last, "The last entry is missing: the loop ends one turn early."),
        Mistake(
            gradient_of_first,
            "Only the first entry is there. Does the function return from inside the loop?",
        ),
        Mistake(
            gradient_step_grows,
            "The step was not set back: in turn k all entries up to k are moved. Make a new step "
            "in every turn.",
        ),
        Mistake(
            gradient_two_dimensions,
            "Two loops fit two dimensions only. `x.numel()` and `view(-1)` work for any shape.",
        ),
        Mistake(gradient_flat, "The numbers are right. Give the result the shape of x."),
        Mistake(gradient_own_step, "A step of your own was used in place of the h that is given."),
        Mistake(
            gradient_moves_x,
            "x is moved in place and not put back. Put it back, or add the step to a copy.",
        ),
        Mistake(
            gradient_alias,
            "`below = above` is a second name for the same tensor, not a copy, so both moves "
            "cancel. Clone x twice.",
        ),
        Mistake(
            gradient_first_row,
            "Whole rows were moved at once. Each single entry has a derivative of its own; "
            "`x.numel()` counts them.",
        ),
    ),
)

# --- sigmoid_bound ---------------------------------------------------------------


def sigmoid_bound(layers):
    """Return the largest share of a gradient that can pass ``layers`` sigmoids.

    Each multiplies by y (1 − y), which is at most 1/4, at y = 1/2.
    """
    return 0.25**layers


def bound_added(layers):
    return 0.25 * layers


def bound_half(layers):
    return 0.5**layers


def bound_divided(layers):
    return 0.25 / layers


def bound_single(layers):
    return 0.25


def bound_tanh(layers):
    return 1.0**layers


def bound_one_less(layers):
    return 0.25 ** (layers - 1)


def bound_swapped(layers):
    return float(layers) ** -4


def bound_value(layers):
    return (0.25 * 0.75) ** layers


def _bound_oracle(layers):
    """The steepest slope found on a fine grid, by autograd, to the power of the layers."""
    x = torch.linspace(-8, 8, 16001, dtype=torch.float64, requires_grad=True)
    torch.sigmoid(x).sum().backward()
    return x.grad.max().item() ** layers


def _bound_case(layers, label):
    return Case(
        label=label,
        run=lambda bound, probe: {
            f"the share after {layers}": as_number("the share", probe(bound, layers))
        },
        expect=lambda: {f"the share after {layers}": _bound_oracle(layers)},
        hint="How large can y (1 − y) be for a y between 0 and 1? Each layer multiplies the "
        "gradient by such a factor.",
    )


SIGMOID_BOUND = Exercise(
    number="2.4",
    solution=sigmoid_bound,
    cases=(
        _bound_case(3, "three sigmoids"),
        _bound_case(1, "one sigmoid"),
        _bound_case(10, "ten sigmoids"),
    ),
    mistakes=(
        Mistake(bound_added, "The factors of the layers multiply; they do not add up."),
        Mistake(
            bound_half,
            "1/2 is the sigmoid's value at 0. Its slope there is y (1 − y) with y = 1/2.",
        ),
        Mistake(bound_divided, "Every layer multiplies by its own slope; nothing is averaged."),
        Mistake(bound_single, "That is one layer's share. The next one takes its part again."),
        Mistake(bound_one_less, "One layer was left out of the count."),
        Mistake(bound_swapped, "Base and exponent have changed places."),
        Mistake(bound_tanh, "1 is the steepest slope of tanh. That of the sigmoid is smaller."),
        Mistake(
            bound_value,
            "y (1 − y) was taken at y = 1/4. It is largest elsewhere: where is its derivative "
            "with respect to y zero?",
        ),
    ),
)

EXERCISES = {
    "relu": RELU,
    "tanh": TANH,
    "numerical-gradient": NUMERICAL_GRADIENT,
    "sigmoid-bound": SIGMOID_BOUND,
}
