"""The numbers of a mini-batch's diagram; all else in the diagrams is seen in their pictures."""

from itertools import accumulate

import pytest
import torch

from minidl import Linear, MSELoss, Sequential, Tanh
from minidl.paper import torch_twin
from minidl.teaching.diagrams import record_moves


def network():
    options = {"generator": torch.Generator().manual_seed(3), "dtype": torch.float64}
    return Sequential([Linear(2, 4, **options), Tanh(), Linear(4, 3, **options)])


def test_the_moves_are_those_of_autograd():
    twin, generator = torch_twin(network()), torch.Generator().manual_seed(4)
    x = torch.randn(3, 2, generator=generator, dtype=torch.float64)
    y = torch.randn(3, 3, generator=generator, dtype=torch.float64)
    bias = twin[-1].bias

    def gradient(rows):
        loss = torch.nn.functional.mse_loss(twin(x[rows]), y[rows])
        return torch.autograd.grad(loss, bias)[0][-1].item()

    added = list(accumulate(gradient(slice(n, n + 1)) for n in range(3)))
    before, mean = bias[-1].item(), gradient(slice(0, 3))
    after = before - 0.5 * mean

    recorded = record_moves(network(), MSELoss(), x, y, lr=0.5)
    assert [move.name for move in recorded] == [
        *("reset", "+ 1", "+ 2", "+ 3", "/ 3", "step", "reset")
    ]
    gradients = [move.gradient for move in recorded]
    assert gradients == pytest.approx([0, *added, mean, mean, 0], abs=1e-12)
    values = [move.parameter for move in recorded]
    assert values == pytest.approx([before] * 5 + [after] * 2, abs=1e-12)
