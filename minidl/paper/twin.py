"""The same network in PyTorch: the other half of the comparison.

This is the one file of ``minidl`` that uses ``torch.nn``, ``torch.optim`` and autograd.
"""

from copy import deepcopy

import torch

from ..activations import ReLU, Sigmoid, Tanh
from ..data import minibatches
from ..linear import Linear
from ..rules import TENSOR, TRAINING, A, describe, takes, tried
from ..sequential import Sequential
from ..train import check_loss, record

ACTIVATIONS = {ReLU: torch.nn.ReLU, Tanh: torch.nn.Tanh, Sigmoid: torch.nn.Sigmoid}


@takes(model=A(Sequential, Linear, *ACTIVATIONS))
def torch_twin(model):
    """Build a module's twin out of ``torch.nn``, with copies of its parameters."""
    if isinstance(model, Sequential):
        return torch.nn.Sequential(*map(torch_twin, model.modules))
    if isinstance(model, Linear):
        twin = torch.nn.Linear(model.in_features, model.out_features, dtype=model.weight.dtype)
        with torch.no_grad():
            twin.weight.copy_(model.weight)
            twin.bias.copy_(model.bias)
        return twin
    return next(twin() for kind, twin in ACTIVATIONS.items() if isinstance(model, kind))


def one_row_fits(owner, network, x, y, **_):
    """Refuse a network and data that do not go together: one row is tried, on a copy."""
    try:
        with tried(owner), torch.no_grad():
            prediction = deepcopy(network).eval()(x[:1])
    except RuntimeError as error:
        raise ValueError(f"{owner}: x is {describe(x)}; the network says: {error}") from error
    TENSOR(same="prediction").check(owner, "y, one row of it,", y[:1], {"prediction": prediction})


@takes(one_row_fits, network=A(torch.nn.Module), **TRAINING)
def fit_torch(network, x, y, *, epochs, batch_size, lr, test=None, generator=None):
    """Train a ``torch.nn`` network as :func:`minidl.fit` does, with autograd and ``torch.optim``.

    Where the training diverges the steps before have been made, and no other.
    """
    criterion = torch.nn.MSELoss()
    optimizer = torch.optim.SGD(network.parameters(), lr=lr)

    def train(epoch):
        total = 0.0
        batches = minibatches(x, y, batch_size, generator=generator)
        for batch, (x_batch, y_batch) in enumerate(batches, start=1):
            optimizer.zero_grad()
            loss = criterion(network(x_batch), y_batch)
            check_loss(loss.item(), lr, f"epoch {epoch}, mini-batch {batch}")
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x_batch)
        return total / len(x)

    sets = [(x, y)] if test is None else [(x, y), test]
    return record(train, torch.no_grad()(network.forward), epochs, lr, *sets)
