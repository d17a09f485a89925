"""The three activation functions, each on every number of a batch by itself."""

import torch

from .module import Module
from .rules import TENSOR, takes


class ReLU(Module):
    """Rectified linear unit, y = max(x, 0).

    Its derivative is 1 where x > 0 and 0 where x < 0.  At the kink, x = 0, there
    is none; like PyTorch we take 0.  As y is never negative, that is the sign of y.
    See Glorot, Bordes and Bengio, *Deep sparse rectifier neural networks*, 2011.
    """

    @takes(x=TENSOR())
    def forward(self, x):
        """Return max(x, 0), elementwise; any shape."""
        return x.clamp(min=0)

    @takes(x=TENSOR(), y=TENSOR(same="x"), grad=TENSOR(same="x"))
    def backward(self, x, y, grad):
        """Return dL/dx = dL/dy · sign(y); all shapes equal."""
        return grad * y.sign()


class Tanh(Module):
    """Hyperbolic tangent, y = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ), with derivative 1 − y²."""

    @takes(x=TENSOR())
    def forward(self, x):
        """Return tanh(x), elementwise; any shape."""
        return torch.tanh(x)

    @takes(x=TENSOR(), y=TENSOR(same="x"), grad=TENSOR(same="x"))
    def backward(self, x, y, grad):
        """Return dL/dx = dL/dy · (1 − y²); all shapes equal."""
        return grad * (1 - y * y)


class Sigmoid(Module):
    """Logistic sigmoid, y = 1 / (1 + e⁻ˣ), with derivative y (1 − y).

    Written this way it holds for every x: for large negative x the exponential
    overflows to infinity, and 1 / ∞ is the 0 that is wanted.  The equal formula
    eˣ / (1 + eˣ) gives ∞ / ∞ for large positive x.
    """

    @takes(x=TENSOR())
    def forward(self, x):
        """Return 1 / (1 + e⁻ˣ), elementwise; any shape."""
        return 1 / (1 + torch.exp(-x))

    @takes(x=TENSOR(), y=TENSOR(same="x"), grad=TENSOR(same="x"))
    def backward(self, x, y, grad):
        """Return dL/dx = dL/dy · y (1 − y); all shapes equal."""
        return grad * y * (1 - y)
