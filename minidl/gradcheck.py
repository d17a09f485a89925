"""Gradients by finite differences: a judge that knows no calculus."""

import torch

from . import rules
from .rules import FINITE, NOT_NEGATIVE, POSITIVE, TENSOR, describe, takes

POINT = {"dtype": torch.float64, "holds": FINITE}
POINTS, TARGET = TENSOR(some=True, **POINT), TENSOR(same="prediction", holds=FINITE)
CHECK = {"h": POSITIVE, "tol": NOT_NEGATIVE}


def gives_a_number(owner, f, x, **_):
    """Refuse a function that gives something other than a number."""
    value = f(x)
    if getattr(value, "shape", ()) or not isinstance(value, torch.Tensor | int | float):
        raise TypeError(f"{owner}: f(x) is {describe(value)}, wanted a number, shape ()")


@takes(gives_a_number, f=rules.FUNCTION, x=TENSOR(**POINT), h=POSITIVE)
def numerical_gradient(f, x, h=1e-6):
    """Estimate the gradient of a scalar function by central differences.

    Each entry of x is moved by the step +h and by −h, all others held:
    ∂f/∂xᵢ ≈ (f(x + h eᵢ) − f(x − h eᵢ)) / 2h, with an error of order h² where f is
    smooth.  Rounding adds one of order ε/h, so that h = 1e-6 suits float64.  ``f`` takes a
    tensor like x and returns a number or a 0-d tensor; the gradient is like x, of any shape.
    """
    grad = torch.zeros(x.shape, dtype=x.dtype)
    for i in range(x.numel()):
        step = torch.zeros(x.shape, dtype=x.dtype)
        step.view(-1)[i] = h
        grad.view(-1)[i] = (f(x + step) - f(x - step)) / (2 * h)
    return grad


@takes(module=rules.MODULE, x=POINTS, **CHECK, generator=rules.GENERATOR)
def gradcheck(module, x, *, h=1e-6, tol=1e-6, generator=None):
    """Compare a module's ``backward`` with central differences; return the largest difference.

    The outputs are weighted with random numbers, L = Σ v·y, so that dL/dy = v is
    no special case.  Checked are dL/dx and dL/dθ of every parameter; the stored
    gradients are reset, and hold dL/dθ afterwards.  Within h of a kink a central difference is
    wrong, and in float32 rounding would drown it.

    Raises
    ------
    AssertionError
        If a difference is larger than ``tol`` or is not a number; the entry is named.
    """
    x = x.clone()
    y = module.forward(x)
    v = torch.randn(y.shape, generator=generator, dtype=y.dtype)
    module.zero_grad()
    grads = [("x", module.backward(x, y, v), _differences(module, x, v, x, h))]
    for index, (parameter, grad) in enumerate(module.param()):
        name = f"param()[{index}]"
        grads.append((name, grad, _differences(module, x, v, parameter, h)))
    return max(_compare(module, *entry, tol) for entry in grads)


@takes(loss=rules.LOSS, prediction=POINTS, target=TARGET, **CHECK)
def gradcheck_loss(loss, prediction, target, *, h=1e-6, tol=1e-6):
    """Compare a loss's ``backward`` with central differences; as :func:`gradcheck`."""
    grad = loss.backward(prediction, target)
    numerical = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return _compare(loss, "prediction", grad, numerical, tol)


def _differences(module, x, v, moved, h):
    """Central differences of L = Σ v·y while ``moved``, x or a parameter, is changed."""
    original = moved.clone()

    def loss(value):
        moved.copy_(value)
        return (v * module.forward(x)).sum()

    try:
        return numerical_gradient(loss, original, h)
    finally:
        moved.copy_(original)


def _compare(owner, name, grad, numerical, tol):
    name = f"{owner}: dL/d{name}"
    if not isinstance(grad, torch.Tensor) or grad.shape != numerical.shape:
        raise AssertionError(f"{name} is {describe(grad)}, wanted shape {tuple(numerical.shape)}")
    difference = (grad - numerical).abs()
    if not (difference <= tol).all():
        worst = torch.unravel_index(difference.nan_to_num(torch.inf).argmax(), grad.shape)
        entry = tuple(index.item() for index in worst)
        theirs = f"central differences give {numerical[entry].item():.6g}"
        raise AssertionError(f"{name} at {entry} is {grad[entry].item():.6g}, {theirs}")
    return difference.max().item()
