"""The fully connected layer, and the ways to draw its first parameters."""

import math

import torch

from .module import Module
from .rules import COUNT, FLOAT, GENERATOR, ONE_OF, TENSOR, takes


@takes(in_features=COUNT, out_features=COUNT)
def xavier_std(in_features, out_features):
    """Return the standard deviation of Xavier's normal initialisation, σ = √(2 / (in + out)).

    It is the compromise between 1/√in, which keeps the variance of the outputs, and 1/√out,
    which keeps the variance of the gradients on the way back: equation 12 of Glorot and Bengio,
    *Understanding the difficulty of training deep feedforward neural networks*, 2010.
    """
    return math.sqrt(2 / (in_features + out_features))


START = ONE_OF("xavier", "xavier_all", "torch")
BATCH = TENSOR("N", "self.in_features", like="self.weight")


@takes(in_features=COUNT, out_features=COUNT, init=START, generator=GENERATOR, dtype=FLOAT)
class Linear(Module):
    """Fully connected layer, y = x Wᵀ + b.

    The parameters are drawn in float64, so that they are the same on every machine.

    Parameters
    ----------
    init
        How the first parameters are drawn.  ``"xavier"``: normal weights with
        standard deviation :func:`xavier_std`, zero biases, as is usual.
        ``"xavier_all"``: the biases normal with that standard deviation, too, as in
        the program of the paper's authors.  ``"torch"``: weights and biases uniform
        in ±1/√in_features, as PyTorch's own layer does.

    Attributes
    ----------
    weight : torch.Tensor, shape (out_features, in_features)
    bias : torch.Tensor, shape (out_features,)
    weight_grad, bias_grad : torch.Tensor
        dL/dW and dL/db, added up since the last ``zero_grad``.
    """

    def __init__(self, in_features, out_features, *, init="xavier", generator=None, dtype=None):
        self.in_features = in_features
        self.out_features = out_features
        self.weight = torch.zeros(out_features, in_features, dtype=dtype)
        self.bias = torch.zeros(out_features, dtype=dtype)
        self.weight_grad = torch.zeros_like(self.weight)
        self.bias_grad = torch.zeros_like(self.bias)
        for parameter in [self.weight] if init == "xavier" else [self.weight, self.bias]:
            options = {"generator": generator, "dtype": torch.float64}
            if init == "torch":
                uniform = torch.rand(parameter.shape, **options)
                parameter.copy_((2 * uniform - 1) / math.sqrt(in_features))
            else:
                normal = torch.randn(parameter.shape, **options)
                parameter.copy_(normal * xavier_std(in_features, out_features))

    @takes(x=BATCH)
    def forward(self, x):
        """Return x Wᵀ + b: shape (N, in_features) to (N, out_features)."""
        return torch.addmm(self.bias, x, self.weight.t())

    @takes(x=BATCH, y=TENSOR("N", "self.out_features", like="x"), grad=TENSOR(same="y"))
    def backward(self, x, y, grad):
        """Return dL/dx = G W, where G is ``grad``; add Gᵀ x and the rows of G to the gradients."""
        self.weight_grad.addmm_(grad.t(), x)
        self.bias_grad.add_(grad.sum(0))
        return grad.mm(self.weight)

    def param(self):
        """Return ``[(weight, weight_grad), (bias, bias_grad)]``."""
        return [(self.weight, self.weight_grad), (self.bias, self.bias_grad)]

    def __repr__(self):
        name = type(self).__name__
        return f"{name}({self.in_features}, {self.out_features})"
