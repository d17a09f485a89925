"""The contestants: one training run, done by each program in its own best manner.

All start from the same parameters, meet the same mini-batches in the same order, take
the same steps, and return the mean loss of each epoch.  Each is a function of the task that
prepares what it may (its own kind of arrays, a compiled function) and returns a
:class:`Training`; what counts is its ``train``.
"""

import inspect
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

import numpy as np
import torch

from minidl import (
    Linear,
    MSELoss,
    Sequential,
    accumulate_batch,
    accumulate_samples,
    disc,
    fit,
    one_hot,
    train_epoch,
)
from minidl.fast.plan import by_columns
from minidl.paper import paper_network, torch_twin


@dataclass(frozen=True)
class Task:
    """A training run; the defaults are the paper's Table II, in float32."""

    width: int = 25
    layers: int = 4
    batch_size: int = 100
    samples: int = 1000
    epochs: int = 20
    lr: float = 0.1
    dtype: str = "float32"

    @property
    def steps(self):
        """How many steps the run takes."""
        return self.epochs * self.samples // self.batch_size

    def data(self):
        """Draw the points and their one-hot targets."""
        dtype = getattr(torch, self.dtype)
        x, labels = disc(self.samples, generator=torch.Generator().manual_seed(1), dtype=dtype)
        return x, one_hot(labels, 2, dtype)

    def network(self):
        """Build the network with its first parameters."""
        generator, dtype = torch.Generator().manual_seed(0), getattr(torch, self.dtype)
        return paper_network(self.width, self.layers, generator=generator, dtype=dtype)


@dataclass
class Training:
    """A training that can be run again.

    ``parameters``, tensors, are weight and bias of each layer in turn, as they are before the
    first step; ``train()`` returns the mean loss of each epoch.
    """

    parameters: list
    train: Callable

    def __post_init__(self):
        self.first = [parameter.detach().clone() for parameter in self.parameters]

    def reset(self):
        """Go back to the first parameters; not timed."""
        with torch.no_grad():
            for parameter, first in zip(self.parameters, self.first, strict=True):
                parameter.copy_(first)


@dataclass(frozen=True)
class Contestant:
    """One way to train: its name in tables, and what makes a :class:`Training` of a task.

    ``needs`` is a library, or a program, without which it is left out; who ``trains`` must
    reach everybody's parameters and losses.
    """

    name: str
    make: Callable
    needs: str = ""
    trains: bool = True

    def lacks(self):
        """Say whether what it needs is not there."""
        return self.needs and not (shutil.which(self.needs) or find_spec(self.needs))


def tensors(network):
    """List the parameters of a network."""
    return [parameter for parameter, _ in network.param()]


def by_fit(task, network=None, loss=None, **options):
    """Train by ``minidl.fit``."""
    network, loss = network or task.network(), loss or MSELoss()
    x, y = task.data()
    options |= {"epochs": task.epochs, "batch_size": task.batch_size, "lr": task.lr}
    return Training(tensors(network), lambda: fit(network, loss, x, y, **options).loss)


def bare(part):
    """Take the argument checks off a module or a loss, as a reader's own has none."""
    methods = {k: inspect.unwrap(f) for k, f in vars(type(part)).items() if callable(f)}
    copy = object.__new__(type(f"Own{type(part).__name__}", (type(part),), methods))
    vars(copy).update(vars(part))
    return copy


class ReaderLinear(Linear):
    """The layer as most would write it."""

    def forward(self, x):
        return x @ self.weight.t() + self.bias

    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x
        self.bias_grad += grad.sum(0)
        return grad @ self.weight


def readers_own(task):
    """Train by ``minidl.fit``, compiled, modules of which it knows their methods alone."""
    network = Sequential([bare(module) for module in task.network().modules])
    for layer in network.modules[::2]:
        layer.__class__ = ReaderLinear
    return by_fit(task, network, bare(MSELoss()), errors=False, compile=True)


def by_methods(task, accumulate, network=None, loss=None):
    """Train by the chapters' loop: the modules' methods, with the checks of their arguments."""
    network, loss = network or task.network(), loss or MSELoss()
    (x, y), epoch = task.data(), inspect.unwrap(train_epoch)
    options = {"batch_size": task.batch_size, "lr": task.lr, "accumulate": accumulate}

    def train():
        return [epoch(network, loss, x, y, **options) for _ in range(task.epochs)]

    return Training(tensors(network), train)


def accumulate_twice(model, loss, x, y):
    """Go through samples one by one, forward again before backward: the paper's program."""
    values = []
    for x_sample, y_sample in zip(x.split(1), y.split(1), strict=True):
        prediction = model.forward(x_sample)
        model.backward(x_sample, prediction, loss.backward(prediction, y_sample))
        values.append(loss.forward(prediction, y_sample).item())
    for _, grad in model.param():
        grad.div_(len(x))
    return sum(values) / len(values)


def unchecked(task, joined=False):
    """Train by the same formulas, without the checks of the arguments.

    If ``joined``, all parameters are parts of one tensor and all gradients of another.
    """
    network = bare(Sequential([bare(module) for module in task.network().modules]))
    if joined:
        parameters, grads = join(network.modules[::2])
        network.zero_grad = grads.zero_
        network.gradient_step = lambda lr: parameters.add_(grads, alpha=-lr)
    return by_methods(task, inspect.unwrap(accumulate_batch), network, bare(MSELoss()))


def join(layers):
    """Make the layers' tensors parts of two long ones, and return these."""
    whole = []
    for names in (("weight", "bias"), ("weight_grad", "bias_grad")):
        places = [(layer, name) for layer in layers for name in names]
        parts = [getattr(*place) for place in places]
        whole.append(torch.cat([part.flatten() for part in parts]))
        pieces = whole[-1].split([part.numel() for part in parts])
        for place, part, piece in zip(places, parts, pieces, strict=True):
            setattr(*place, piece.view(part.shape))
    return whole


def by_torch(task, errors=False):
    """Train as PyTorch's tutorials do: ``torch.nn``, autograd, ``torch.optim.SGD``.

    ``split`` stands for the ``DataLoader``, which is slower by far for tensors in memory.
    """
    network, criterion, size = torch_twin(task.network()), torch.nn.MSELoss(), task.batch_size
    samples, targets = task.data()
    classes = targets.argmax(1)

    @torch.no_grad()
    def error_rate():
        return (network(samples).argmax(1) != classes).sum().item() / task.samples

    def train():
        optimizer, losses = torch.optim.SGD(network.parameters(), lr=task.lr), []
        rates = [error_rate()] if errors else []
        for _ in range(task.epochs):
            total = 0.0
            for x, y in zip(samples.split(size), targets.split(size), strict=True):
                optimizer.zero_grad()
                loss = criterion(network(x), y)
                loss.backward()
                optimizer.step()
                total += loss.item() * size
            losses.append(total / task.samples)
            if errors:
                rates.append(error_rate())
        return losses

    return Training(list(network.parameters()), train)


def by_numpy(task):
    """Train by NumPy, in place where that is no trouble; the arrays lie in tensors' memory."""
    parameters = tensors(task.network())
    weights, biases = ([p.numpy() for p in parameters[k::2]] for k in (0, 1))
    samples, targets = (tensor.numpy() for tensor in task.data())
    size, lr, last = task.batch_size, task.lr, len(weights) - 1

    def step(x, y):
        outputs = [x]
        for k, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            output = outputs[k] @ weight.T
            output += bias
            if k < last:
                np.maximum(output, 0, out=output)
            outputs.append(output)
        grad = outputs[-1] - y
        loss = float(np.vdot(grad, grad)) / grad.size
        grad *= 2 / grad.size
        for k in reversed(range(last + 1)):
            weight_grad = grad.T @ outputs[k]
            bias_grad = grad.sum(axis=0)
            if k > 0:
                grad = grad @ weights[k]
                grad *= outputs[k] > 0
            weight_grad *= lr
            bias_grad *= lr
            weights[k] -= weight_grad
            biases[k] -= bias_grad
        return loss

    batches = [(samples[k : k + size], targets[k : k + size]) for k in range(0, len(samples), size)]

    def train():
        return [sum(step(*batch) for batch in batches) / len(batches) for _ in range(task.epochs)]

    return Training(parameters, train)


def by_jax(task):
    """Train by JAX, the run in one jitted function: a scan over epochs of scans over batches."""
    import jax

    jax.config.update("jax_enable_x64", task.dtype == "float64")
    # on one core, handing the work to another thread only costs
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    shape = (task.samples // task.batch_size, task.batch_size, 2)
    x, y = (jax.numpy.array(t.numpy().reshape(shape)) for t in task.data())

    def loss(parameters, x, y):
        *hidden, last = zip(parameters[0::2], parameters[1::2], strict=True)
        for weight, bias in hidden:
            x = jax.nn.relu(x @ weight.T + bias)
        weight, bias = last
        return jax.numpy.mean((x @ weight.T + bias - y) ** 2)

    def step(parameters, batch):
        value, grads = jax.value_and_grad(loss)(parameters, *batch)
        return [p - task.lr * grad for p, grad in zip(parameters, grads, strict=True)], value

    def epoch(parameters, _):
        parameters, losses = jax.lax.scan(step, parameters, (x, y))
        return parameters, losses.mean()

    @partial(jax.jit, donate_argnums=0)
    def run(parameters):
        return jax.lax.scan(epoch, parameters, length=task.epochs)

    class Scan(Training):
        """Arrays of JAX are not written to: here they are replaced."""

        def reset(self):
            self.parameters = [jax.numpy.array(first.numpy()) for first in self.first]
            jax.block_until_ready(self.parameters)

    def train():
        training.parameters, losses = run(training.parameters)
        jax.block_until_ready(training.parameters)
        return losses.tolist()

    training = Scan(tensors(task.network()), train)
    return training


def products(task, columns=False):
    """Train nothing: only a step's matrix products, into memory that is there already.

    If ``columns``, the numbers of a column lie side by side in memory, as in a plan.
    """
    weights, mm = tensors(task.network())[::2], torch.mm
    sizes = [2, *map(len, weights)]
    outputs = [torch.zeros(task.batch_size, size, dtype=weights[0].dtype) for size in sizes]
    if columns:
        outputs = by_columns(*outputs)
    grads, weight_grads = ([torch.zeros_like(t) for t in each] for each in (outputs, weights))
    step = [(outputs[k], w.t(), outputs[k + 1]) for k, w in enumerate(weights)]
    for k in reversed(range(len(weights))):
        step.append((grads[k + 1].t(), outputs[k], weight_grads[k]))
        if k > 0:
            step.append((grads[k + 1], weights[k], grads[k]))

    def train():
        for _ in range(task.steps):
            for left, right, product in step:
                mm(left, right, out=product)

    return Training(weights, train)


PLAIN = partial(by_fit, errors=False)

#: By the name that the command line uses, in the order of the table.
CONTESTANTS = {
    "paper": Contestant(
        "sample by sample, forward twice", partial(by_methods, accumulate=accumulate_twice)
    ),
    "loops": Contestant("sample by sample", partial(by_methods, accumulate=accumulate_samples)),
    "batches": Contestant(
        "mini-batches, by the methods", partial(by_methods, accumulate=accumulate_batch)
    ),
    "unchecked": Contestant("… without argument checks", unchecked),
    "one-buffer": Contestant(
        "… parameters and gradients in one tensor each", partial(unchecked, joined=True)
    ),
    "minidl": Contestant("minidl: fit", PLAIN),
    "minidl-errors": Contestant("minidl: fit, with error rates", by_fit),
    "minidl-compiled": Contestant("minidl: fit, compiled", partial(PLAIN, compile=True), "c++"),
    "reader-compiled": Contestant("a reader's modules: fit, compiled", readers_own, "c++"),
    "torch": Contestant("PyTorch", by_torch),
    "torch-errors": Contestant("PyTorch, with error rates", partial(by_torch, errors=True)),
    "numpy": Contestant("NumPy by hand", by_numpy),
    "jax-scan": Contestant("JAX, the run in one scan", by_jax, "jax"),
    "floor": Contestant("the matrix products alone", products, trains=False),
    "floor-columns": Contestant(
        "the same, samples as columns", partial(products, columns=True), trains=False
    ),
}
