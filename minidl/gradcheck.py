"""Gradients by finite differences: a judge that knows no calculus."""

import torch


def numerical_gradient(f, x, h=1e-6):
    """Estimate the gradient of a scalar function by central differences.

    Each entry of x is moved by +h and by −h, all others held:
    ∂f/∂xᵢ ≈ (f(x + h eᵢ) − f(x − h eᵢ)) / 2h, with an error of order h² where f is
    smooth.  Rounding adds one of order ε/h, so that h = 1e-6 suits float64.

    Parameters
    ----------
    f : callable
        Takes a tensor of the shape of x, returns a number or a 0-d tensor.
    x : torch.Tensor of float64
        Any shape; left as it was.
    h : float
        The step.

    Returns
    -------
    torch.Tensor
        Of the shape and dtype of x.
    """
    grad = torch.zeros(x.shape, dtype=x.dtype)
    for i in range(x.numel()):
        step = torch.zeros(x.shape, dtype=x.dtype)
        step.view(-1)[i] = h
        grad.view(-1)[i] = (f(x + step) - f(x - step)) / (2 * h)
    return grad


def gradcheck(module, x, *, h=1e-6, tol=1e-6, generator=None):
    """Compare a module's ``backward`` with central differences.

    The outputs are weighted with random numbers, L = Σ v·y, so that dL/dy = v is
    no special case.  Checked are dL/dx and dL/dθ of every parameter.

    Parameters
    ----------
    module : Module
        Its stored gradients are reset.
    x : torch.Tensor of float64, shape (N, in_features)
        Away from kinks: within h of one, a central difference is wrong.
    h : float
        The step of the differences.
    tol : float
        How large the largest difference may be.
    generator : torch.Generator, optional
        Source of the random weights v.

    Returns
    -------
    float
        The largest difference found, if no larger than ``tol``.

    Raises
    ------
    TypeError
        If x is not float64: in float32 rounding drowns the differences.
    AssertionError
        If a difference is larger than ``tol`` or is not a number; it names the entry.
    """
    if x.dtype != torch.float64:
        raise TypeError(f"gradcheck: x is {x.dtype}, wanted torch.float64")
    y = module.forward(x)
    v = torch.randn(y.shape, generator=generator, dtype=y.dtype)
    module.zero_grad()
    grads = [("x", module.backward(x, y, v), _differences(module, x, v, x, h))]
    for index, (parameter, grad) in enumerate(module.param()):
        name = f"param()[{index}]"
        grads.append((name, grad, _differences(module, x, v, parameter, h)))
    return max(_compare(module, *entry, tol) for entry in grads)


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
    difference = (grad - numerical).abs()
    if not (difference <= tol).all():
        worst = torch.unravel_index(difference.nan_to_num(torch.inf).argmax(), grad.shape)
        entry = tuple(index.item() for index in worst)
        raise AssertionError(
            f"{owner}: dL/d{name} at {entry} is {grad[entry].item():.6g}, "
            f"central differences give {numerical[entry].item():.6g}"
        )
    return difference.max().item()
