"""Exercises of chapter 02: ReLU, Tanh, central differences, vanishing gradients."""

import torch

from ... import activations
from ...gradcheck import numerical_gradient
from ..exercise import Case, Exercise
from ._shared import autograd, randn, remembers_nothing, returns

# --- what both activations are asked ---------------------------------------------


def _away_from_zero(x):
    """Move every number a little outward: ReLU has no derivative at 0."""
    return x + 0.1 * x.sign()


X, GRAD = _away_from_zero(randn(5, 3, seed=1)), randn(5, 3, seed=2)
LARGE = torch.tensor([[-1e3, -1e2, 1e2], [1e3, -9.0, 5.0]], dtype=torch.float64)


def _backward_case(function, x, grad, label, hint="", tol=1e-9):
    def run(cls, probe):
        module = probe(cls)
        y = probe(module.forward, x)
        return {"y": y, "dL/dx": probe(module.backward, x, function(x), grad)}

    def expect():
        return {"y": function(x), "dL/dx": autograd(function, x, grad=grad)[0]}

    return Case(label, run, expect, hint, tol)


def _contract_case(function):
    """Any shape, the kink, and the three methods that are inherited."""
    shapes = ((), (0, 3), (2, 3, 4))
    given = [(_away_from_zero(randn(*s, seed=4)), randn(*s, seed=5)) for s in shapes]

    def run(cls, probe):
        module = probe(cls)
        x = torch.tensor([0.0, -2.0, 3.0, 1e-60], dtype=torch.float64)
        grad = torch.tensor([0.7, -0.4, 0.3, 0.2], dtype=torch.float64)
        at_zero, _, _, above = probe(module.backward, x, probe(module.forward, x), grad)
        inherited = all(callable(getattr(module, m, None)) for m in ("gradient_step", "zero_grad"))
        values = {
            "at x = 0 the result lies between 0 and the upstream gradient": (
                0 <= at_zero.item() <= 0.7
            ),
            "just above 0 the upstream gradient passes": abs(above.item() - 0.2) < 1e-12,
            "the class is a Module": inherited and getattr(module, "param", list)() == [],
        }
        for x, grad in given:
            values[f"y for x of the shape {tuple(x.shape)}"] = y = probe(module.forward, x)
            values[f"dL/dx for that shape, {tuple(x.shape)}"] = probe(module.backward, x, y, grad)
        return values

    def expect():
        values = {f"y for x of the shape {tuple(x.shape)}": function(x) for x, _ in given}
        for x, grad in given:
            name = f"dL/dx for that shape, {tuple(x.shape)}"
            values[name] = autograd(function, x, grad=grad)[0]
        return values

    label = "no, one or three dimensions, no entries, numbers at and next to 0, a Module's methods"
    return Case(label, run, expect)


def _activation_cases(function, forward_hint, backward_hint):
    equals = "backward: equals autograd's gradient, for a random upstream gradient"
    single = "a batch of one in float32: float32 comes out"
    return (
        Case(
            f"forward: equals torch.{function.__name__} on 5 × 3 numbers",
            run=lambda cls, probe: {"y": probe(probe(cls).forward, X)},
            expect=lambda: {"y": function(X)},
            hint=forward_hint,
        ),
        _backward_case(function, X, GRAD, equals, backward_hint),
        _backward_case(
            function,
            LARGE,
            GRAD[:2],
            "forward and backward: hold for large numbers",
            "What becomes of each step of your formula where x is 1000, −1000 or −9? Does one "
            "overflow to ∞, or meet a bound?",
        ),
        _backward_case(function, X[:1].float(), GRAD[:1].float(), single, tol=1e-5),
        _contract_case(function),
        remembers_nothing(
            lambda cls, probe: probe(cls), function, ((X,), GRAD), ((2 * X[:2],), -GRAD[:2])
        ),
    )


RELU = Exercise(
    number="2.1",
    solution=activations.ReLU,
    parts=("forward", "backward"),
    cases=_activation_cases(
        torch.relu,
        "Positive numbers pass unchanged, negative ones become 0: no exponentials, no other bound.",
        "Which entries of x were let through? Those entries of the upstream gradient pass too, "
        "unchanged; the others become 0. (`*` goes entry by entry, `@` does not.)",
    ),
    mistakes="""
x.clamp(min=0) => x.abs()
y.sign() => (x > 0)
# This is |x|: negative numbers become 0, not positive.

min=0 => max=0
y.sign() => (x > 0)
# This keeps the negative numbers and sets the positive ones to 0. It is to be the other way round.

x.clamp(min=0) => torch.where(x > 0, x, 0.01 * x)
y.sign() => (x > 0)
# This is the 'leaky' ReLU, which lets a hundredth of the negative numbers through.

return x.clamp(min=0) => x[x < 0] = 0
    return x
# The caller's tensor was written into, and the layer before needs it as it was. Make a new one;
# methods that end in an underscore do not.

grad * y.sign() => (x > 0).to(x.dtype)
or
grad * y.sign() => x > 0
# This is the derivative of ReLU itself. The chain rule multiplies it by the upstream gradient
# `grad`.

grad * y.sign() => grad.clamp(min=0)
or
grad * y.sign() => (grad * y.sign()).clamp(min=0)
# Negative *gradients* were set to 0. What decides is the sign of x, not that of grad.

y.sign() => y
# The gradient was multiplied by the output, or by x. The slope of ReLU where x > 0 is 1,
# whatever the size of x.

y.sign() => (x < 0)
# The gradient passes where x is negative. It is to pass where x is positive.

return grad * y.sign() => grad[x < 0] = 0
    return grad
# The upstream gradient belongs to the caller. Make a new tensor instead of writing into it.

y.sign() => y / x
# What does `backward` give at x = 0? A quotient like y / x is 0 / 0 there. Compare x with 0.

return x.clamp(min=0) => self.x = x
    return x.clamp(min=0)
y.sign() => (self.x > 0)
or
return x.clamp(min=0) => self.mask = x > 0
    return x.clamp(min=0)
y.sign() => self.mask
# Nothing need be kept: `backward` is handed x and y. A module that remembers its last input
# gives wrong gradients as soon as another batch comes between.
""",
)

TANH = Exercise(
    number="2.2",
    solution=activations.Tanh,
    parts=("forward", "backward"),
    cases=_activation_cases(
        torch.tanh,
        "y is 0 where x is 0, and runs from −1 to 1. `torch.tanh` is allowed. (A fraction of sums "
        "needs brackets around both.)",
        "Write the slope in terms of the output y (the second hint in the text has the way), "
        "and multiply it by the upstream gradient, entry by entry. No other factor comes in.",
    ),
    mistakes="""
torch.tanh(x) => (x.exp() - (-x).exp()) / (x.exp() + (-x).exp())
or
torch.tanh(x) => ((2 * x).exp() - 1) / ((2 * x).exp() + 1)
or
torch.tanh(x) => (1 - (-2 * x).exp()) / (1 + (-2 * x).exp())
# The formula is right on paper, but an exponential overflows to ∞, and ∞ / ∞ is not a number.
# `torch.tanh` takes care of that.

torch.tanh(x) => math.tanh(x)
# `math.tanh` takes one number, `torch.tanh` a tensor of any shape.

tanh => tan
# `torch.tan` is the tangent. Its hyperbolic brother is `torch.tanh`.

torch.tanh(x) => torch.atan(x)
or
torch.tanh(x) => x.clamp(-1, 1)
or
torch.tanh(x) => x / (1 + x.abs())
# This is another S: the arctangent, a straight line cut off, or x / (1 + |x|). Use `torch.tanh`.

torch.tanh(x) => 2 * torch.sigmoid(x) - 1
# This is tanh(x / 2): a factor 2 is missing beside x, as in tanh(x) = 2 σ(2x) − 1.

grad * (1 - y * y) => 1 - y * y
# This is the derivative of tanh itself. The chain rule multiplies it by the upstream gradient
# `grad`.

y * y => y
or
y * y => y.abs()
# The derivative is 1 − y², and the square is missing.

grad * => grad +
or
grad * (1 - y * y) => grad / (1 - y * y)
# The chain rule *multiplies* the upstream gradient by the slope, 1 − y².

y * y => x * x
# 1 − x² is not it: what is squared is the output y = tanh(x).

y * y => torch.tanh(y).square()
# tanh was taken of y, which is tanh(x) already.

(1 - y * y) => (1 - y).square()
# (1 − y)² is not 1 − y².

(1 - y * y) => y * (1 - y)
# y (1 − y) is the slope of the sigmoid.

1 - y => 1 + y
or
1 - y * y => y * y - 1
# A sign: the slope is 1 − y².

(1 - y * y) => (1 - y * y).sqrt()
# This is 1 / cosh x, the root of the slope.

(1 - y * y) => 1 - y * y
# `grad * 1 - y * y` is (grad · 1) − y². Brackets are missing.

return torch.tanh(x) => self.y = torch.tanh(x)
    return self.y
y * y => self.y * self.y
# Nothing need be kept: `backward` is handed the y that it is to use. Another batch may have come
# between.

y * y => y.square_()
or
grad * (1 - y * y) => grad.mul_(1 - y * y)
or
torch.tanh(x) => x.tanh_()
# The caller's tensor was written into. Methods that end in an underscore do that, `*=` and
# `t[…] = …` as well. Make a new one.
""",
)

# --- numerical_gradient ----------------------------------------------------------

POINT, A, B = randn(2, 3, seed=4), randn(2, 3, seed=5), randn(2, 3, seed=6)
ZERO = torch.zeros(1, dtype=torch.float64)
UNIT = torch.tensor([[0.0, 0, 1], [0, 0, 0]], dtype=torch.float64)


def polynomial(x):
    """For which central differences are off by h² times the cubic coefficients, B."""
    return (A * x * x + B * x**3).sum() + (B * x).sum() * x[0, 1]


def product_of_sines(x):
    """Neither quadratic nor a sum over the entries."""
    return torch.sin(x).prod()


def _gradients(label, hint, *calls, tol=1e-9):
    """Each call is (name, arguments, what is expected)."""
    return Case(
        label,
        lambda gradient, probe: {name: probe(gradient, *given) for name, given, _ in calls},
        lambda: {name: expected for name, _, expected in calls},
        hint,
        tol,
    )


NUMERICAL_GRADIENT = Exercise(
    number="2.3",
    solution=numerical_gradient,
    cases=(
        _gradients(
            "a cubic polynomial of 2 × 3 numbers, h = 0.1: off by h² times the coefficients of x³",
            (
                ("gradient: the shape", "The result has the shape of x, and its dtype."),
                (
                    ".*",
                    "For each entry, first and last as well: move it alone, not its whole row, by "
                    "+h and by −h, and divide the difference of the two function values by "
                    "`(2 * h)`. Is the h that is given used everywhere?",
                ),
            ),
            ("gradient", (polynomial, POINT, 0.1), autograd(polynomial, POINT)[0] + 0.01 * B),
            tol=1e-10,
        ),
        _gradients(
            "without h: the step is 1e-6, and a product of sines has autograd's gradient",
            "Is `h=1e-6` still in the first line, is that h used, and for every entry?",
            ("gradient", (product_of_sines, POINT), autograd(product_of_sines, POINT)[0]),
            (
                "the gradient of 10¹² x³ at 0, which is 10¹² h²",
                (lambda x: 1e12 * (x**3).sum(), ZERO),
                ZERO + 1,
            ),
            tol=1e-7,
        ),
        _gradients(
            "other shapes, and functions that return a Python number or a part of x",
            "Right for a polynomial of 2 × 3 numbers. What in your code fits only such a shape, or "
            "only some functions? What f returns may be a part of x, and move with it.",
            (
                "for six numbers",
                (lambda x: float((x**2).sum()), POINT.flatten()),
                2 * POINT.flatten(),
            ),
            (
                "for 3 × 1 × 2 numbers",
                (lambda x: (x**2).sum(), POINT.view(3, 1, 2)),
                2 * POINT.view(3, 1, 2),
            ),
            ("for a single number", (lambda x: x**2, POINT[0, 0]), 2 * POINT[0, 0]),
            ("for f(x) = x[0, 2]", (lambda x: x[0, 2], POINT), UNIT),
            tol=1e-7,
        ),
    ),
    mistakes="""
f(x - step)) / (2 * h) => f(x)) / h
or
f(x + step) - f(x - step)) / (2 * h) => f(x) - f(x - step)) / h
# This is a one-sided difference, between x and x + h or between x − h and x. It has an error of
# order h; the central one, from x − h to x + h, has one of order h².

/ (2 * h) => / h
# Twice too large: between x − h and x + h lies a distance of 2h.

/ (2 * h) => / 2 * h
# This was divided by 2 and then multiplied by h. Are brackets missing, `/ (2 * h)`?

f(x + step) - f(x - step) => f(x - step) - f(x + step)
# The sign: f(x + h) comes first.

step.view(-1)[i] = h => step += h
# All entries were moved at once, which gives the sum of all partial derivatives. Move one at a
# time.

/ (2 * h) => / (2 * h)
    return grad
# Only the first entry is there. Does the function return from inside the loop?

for i in => step = torch.zeros_like(x)
    for i in
step = torch.zeros(x.shape, dtype=x.dtype) => pass
# In turn k all entries up to k are moved: what earlier turns moved was not set back. Begin each
# turn with x as it was given.

for i in => h = 1e-6
    for i in
# A step of your own was used in place of the h that is given.

step.view(-1)[i] = h => x.view(-1)[i] += h
    above = f(x)
    x.view(-1)[i] -= 2 * h
f(x + step) - f(x - step) => above - f(x)
# x was written into and not put back as it was. Put it back, or work on a copy.

f(x + step) - f(x - step) => f((x + step).view(-1)) - f((x - step).view(-1))
# Was `f` handed one long row? It takes a tensor of the shape of x, and may look for x[0, 1].

step.view(-1)[i] = h => moved = x + step
    moved.view(-1)[i] += h
    above = f(moved)
    moved.view(-1)[i] -= 2 * h
f(x + step) - f(x - step) => above - f(moved)
# What `f` returns may be a part of the tensor that it was given, and changes with it when that is
# moved again. Take its number at once, `float(f(…))`, or move two copies.

f(x + step) - f(x - step) => f(x) - f(x)
# All differences are 0, or are not stored. Is `f` called with two different tensors, x moved up
# and x moved down? (`below = above` is a second name, not a copy: clone x twice.)

range(x.numel()) => range(len(x))
step.view(-1)[i] => step[i]
grad.view(-1)[i] => grad[i]
# Whole rows were moved at once. Each single entry has a derivative of its own; `x.numel()`
# counts them.
""",
)

# --- sigmoid_bound ---------------------------------------------------------------


def sigmoid_bound(layers):
    """Return the largest share of a gradient that can pass ``layers`` sigmoids.

    Each multiplies by y (1 − y), which is at most 1/4, at y = 1/2.
    """
    return 0.25**layers


def _bound_case(layers, label, hint):
    def expect():
        """The steepest slope found on a fine grid, by autograd, to the power of the layers."""
        x = torch.linspace(-8, 8, 16001, dtype=torch.float64)
        return autograd(lambda x: torch.sigmoid(x).sum(), x)[0].max().item() ** layers

    return returns(label, f"the share after {layers}", (layers,), expect, hint)


#: So small a number can only be looked at beside another.
HUNDRED = "the share after 100, beside the right one,"

SIGMOID_BOUND = Exercise(
    number="2.4",
    solution=sigmoid_bound,
    cases=(
        _bound_case(
            3,
            "three sigmoids",
            "By its own, each hands on at most the largest y (1 − y) for a y between 0 and 1, at "
            "whatever x that is; a chain at most the product of three such numbers, "
            "each y (1 − y) as a whole, none of them squared.",
        ),
        _bound_case(
            1,
            "one sigmoid",
            "Right for three: is `layers` used, or is something kept from the call before?",
        ),
        Case(
            "a hundred sigmoids",
            run=lambda bound, probe: {HUNDRED: probe(bound, 100) * 4.0**100},
            expect=lambda: {HUNDRED: 1.0},
            hint="Right for one and for three sigmoids. What becomes of a very small share, or of "
            "a number that your code does not foresee?",
        ),
    ),
    mistakes="""
** => *
# The factors of the layers multiply; they do not add up.

0.25 => 0.5
# 1/2 is the sigmoid's value at 0. Its slope there is y (1 − y) with y = 1/2.

** => /
or
** layers => ** (1 / layers)
# Every layer multiplies by its own slope, a power; nothing is averaged, and no root is taken.

** layers =>
# That is one layer's share. The next one takes its part again.

** layers => ** (layers - 1)
or
** layers => ** (layers + 1)
# There is a factor too many or too few: one for each layer.

0.25 ** layers => 4 ** layers
or
0.25 ** layers => 4.0 ** layers
# This is how many times smaller the gradient gets. What share of it is left?

0.25 ** layers => 1 - 0.25 ** layers
# This is the share that is lost.

0.25 ** layers => layers ** 0.25
# Base and exponent have changed places.

0.25 ** layers => 1 // 4 ** layers
or
0.25 => 0.0
# This is 0. Does `//` cut it down, or does a product begin with 0? Or is y (1 − y) taken at y = 0
# or 1, or its derivative instead?

def sigmoid_bound(layers):
    x, share = torch.zeros((), dtype=torch.float64), 1.0
    for _ in range(layers):
        x = torch.sigmoid(x)
        share *= (x * (1 - x)).item()
    return share
# This follows one chain, which begins at x = 0. Only its first sigmoid works at its steepest; the
# bound lets each of them do so.

0.25 => 1.0
# This is 1, as if no layer took anything away. Is a slope multiplied on for each, and is it the
# sigmoid's? (1 is the steepest of tanh.)
""",
)

EXERCISES = {
    "relu": RELU,
    "tanh": TANH,
    "numerical-gradient": NUMERICAL_GRADIENT,
    "sigmoid-bound": SIGMOID_BOUND,
}
