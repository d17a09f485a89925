"""The contestants: one training run, done by each program in its own best manner.

All start from the same parameters, meet the same mini-batches in the same order, take
the same steps, and return the mean loss of each epoch.  What each may prepare
beforehand (its own kind of arrays, a compiled function) is in its ``__init__``; what
counts is ``train``.
"""

import shutil
from dataclasses import dataclass
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
    minibatches,
    one_hot,
    train_epoch,
)
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


class Contestant:
    """One way to train.

    Attributes
    ----------
    name : str
        For the tables.
    needs : str or None
        A library, or a program, without which it is left out.
    trains : bool
        Whether parameters and losses must come out like everybody's.
    """

    needs = None
    trains = True

    def __init__(self, task):
        self.task = task
        self.x, self.y = task.data()
        self.first = [parameter.clone() for parameter, _ in task.network().param()]

    @classmethod
    def lacks(cls):
        """Say whether what it needs is not there."""
        return cls.needs and not (shutil.which(cls.needs) or find_spec(cls.needs))

    def reset(self):
        """Go back to the first parameters; not timed."""
        with torch.no_grad():
            for parameter, first in zip(self.tensors(), self.first, strict=True):
                parameter.copy_(first)

    def tensors(self):
        """List the parameters, weight and bias of each layer in turn."""
        return [parameter for parameter, _ in self.network.param()]

    def parameters(self):
        """Return the parameters as arrays."""
        return [np.asarray(tensor.detach()) for tensor in self.tensors()]


class Fit(Contestant):
    """``minidl.fit``."""

    name = "minidl: fit"
    errors = compile = False

    def __init__(self, task):
        super().__init__(task)
        self.network, self.loss = task.network(), MSELoss()

    def train(self):
        task = self.task
        options = {"epochs": task.epochs, "batch_size": task.batch_size, "lr": task.lr}
        options |= {"errors": self.errors, "compile": self.compile}
        return fit(self.network, self.loss, self.x, self.y, **options).loss


class FitErrors(Fit):
    """With its error rates, before the first epoch and after each."""

    name = "minidl: fit, with error rates"
    errors = True


class FitCompiled(Fit):
    """Compiled."""

    name = "minidl: fit, compiled"
    needs = "c++"
    compile = True


def bare(part):
    """Take the argument checks off a module or a loss, as a reader's own has none."""
    methods = {
        name: getattr(method, "__wrapped__", method)
        for name, method in vars(type(part)).items()
        if name in ("forward", "backward")
    }
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


class ReaderCompiled(FitCompiled):
    """``minidl.fit`` compiled, of modules of which it knows their methods alone."""

    name = "a reader's modules: fit, compiled"

    def __init__(self, task):
        super().__init__(task)
        self.network = Sequential([bare(module) for module in self.network.modules])
        for layer in self.network.modules[::2]:
            layer.__class__ = ReaderLinear
        self.loss = bare(self.loss)


class Loops(Fit):
    """The paper's way: each sample forward and backward by itself."""

    name = "sample by sample"
    accumulate = staticmethod(accumulate_samples)

    def train(self):
        options = {"batch_size": self.task.batch_size, "lr": self.task.lr}
        options["accumulate"] = self.accumulate
        data = self.network, self.loss, self.x, self.y
        return [train_epoch(*data, **options) for _ in range(self.task.epochs)]


class LoopsTwice(Loops):
    """The same, and going back begins with going forward again: the paper's program."""

    name = "sample by sample, forward twice"

    @staticmethod
    def accumulate(model, loss, x, y):
        values = []
        for x_sample, y_sample in zip(x.split(1), y.split(1), strict=True):
            prediction = model.forward(x_sample)
            model.backward(x_sample, prediction, loss.backward(prediction, y_sample))
            values.append(loss.forward(prediction, y_sample).item())
        for _, grad in model.param():
            grad.div_(len(x))
        return sum(values) / len(values)


class Batches(Loops):
    """All samples of a mini-batch at once, with the methods of the chapters."""

    name = "mini-batches, by the methods"
    accumulate = staticmethod(accumulate_batch)


class Unchecked(Fit):
    """The same formulas, without the checks of the arguments."""

    name = "… without argument checks"

    def __init__(self, task):
        super().__init__(task)
        self.modules = [bare(module) for module in self.network.modules]
        self.loss = bare(self.loss)

    def train(self):
        losses = []
        for _ in range(self.task.epochs):
            total = 0.0
            for x, y in minibatches(self.x, self.y, self.task.batch_size):
                self.zero_grad()
                outputs = [x]
                for module in self.modules:
                    outputs.append(module.forward(outputs[-1]))
                total += self.loss.forward(outputs[-1], y).item() * len(x)
                grad = self.loss.backward(outputs[-1], y)
                for k in reversed(range(len(self.modules))):
                    grad = self.modules[k].backward(outputs[k], outputs[k + 1], grad)
                self.step()
            losses.append(total / len(self.x))
        return losses

    def zero_grad(self):
        for _, grad in self.network.param():
            grad.zero_()

    def step(self):
        for parameter, grad in self.network.param():
            parameter.add_(grad, alpha=-self.task.lr)


class OneBuffer(Unchecked):
    """The same, all parameters in one tensor and all gradients in another."""

    name = "… parameters and gradients in one tensor each"

    def __init__(self, task):
        super().__init__(task)
        layers = [module for module in self.modules if isinstance(module, Linear)]
        self.network = Sequential(self.modules)
        sizes = [p.numel() for layer in layers for p in (layer.weight, layer.bias)]
        self.buffer = torch.zeros(sum(sizes), dtype=self.x.dtype)
        self.grad_buffer = torch.zeros_like(self.buffer)
        for suffix, buffer in (("", self.buffer), ("_grad", self.grad_buffer)):
            parts = iter(buffer.split(sizes))
            for layer in layers:
                for name in ("weight", "bias"):
                    shape = getattr(layer, name).shape
                    setattr(layer, name + suffix, next(parts).view(shape))

    def zero_grad(self):
        self.grad_buffer.zero_()

    def step(self):
        self.buffer.add_(self.grad_buffer, alpha=-self.task.lr)


class Torch(Contestant):
    """PyTorch as its tutorials write it: ``torch.nn``, autograd, ``torch.optim.SGD``.

    ``split`` stands for the ``DataLoader``, which is slower by far for tensors in memory.
    """

    name = "PyTorch"
    errors = False

    def __init__(self, task):
        super().__init__(task)
        self.network = torch_twin(task.network())
        self.criterion = torch.nn.MSELoss()

    def tensors(self):
        return list(self.network.parameters())

    def train(self):
        optimizer = torch.optim.SGD(self.network.parameters(), lr=self.task.lr)
        size = self.task.batch_size
        losses, rates = [], [self.error_rate()] if self.errors else []
        for _ in range(self.task.epochs):
            total = 0.0
            for x, y in zip(self.x.split(size), self.y.split(size), strict=True):
                optimizer.zero_grad()
                loss = self.criterion(self.network(x), y)
                loss.backward()
                optimizer.step()
                total += loss.item() * size
            losses.append(total / self.task.samples)
            if self.errors:
                rates.append(self.error_rate())
        return losses

    @torch.no_grad()
    def error_rate(self):
        wrong = self.network(self.x).argmax(1) != self.y.argmax(1)
        return wrong.float().mean().item()


class TorchErrors(Torch):
    """The same with the error rates, before the first epoch and after each."""

    name = "PyTorch, with error rates"
    errors = True


class NumPy(Contestant):
    """NumPy by hand, in place where that is no trouble."""

    name = "NumPy by hand"

    def __init__(self, task):
        super().__init__(task)
        self.x, self.y = self.x.numpy(), self.y.numpy()

    def reset(self):
        first = [parameter.numpy().copy() for parameter in self.first]
        self.weights, self.biases = first[0::2], first[1::2]

    def parameters(self):
        return [array for pair in zip(self.weights, self.biases, strict=True) for array in pair]

    def train(self):
        size = self.task.batch_size
        losses = []
        for _ in range(self.task.epochs):
            total = 0.0
            for start in range(0, self.task.samples, size):
                rows = slice(start, start + size)
                total += self.step(self.x[rows], self.y[rows]) * size
            losses.append(total / self.task.samples)
        return losses

    def step(self, x, y):
        weights, biases, lr = self.weights, self.biases, self.task.lr
        last = len(weights) - 1
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


class JaxScan(Contestant):
    """JAX with the whole run in one jitted function: a scan over epochs of scans over batches."""

    name = "JAX, the run in one scan"
    needs = "jax"

    def __init__(self, task):
        super().__init__(task)
        import jax

        jax.config.update("jax_enable_x64", task.dtype == "float64")
        # on one core, handing the work to another thread only costs
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        self.jax = jax
        shape = (task.samples // task.batch_size, task.batch_size, 2)
        self.x, self.y = (jax.numpy.array(t.numpy().reshape(shape)) for t in (self.x, self.y))
        self.jitted = jax.jit(self.run, donate_argnums=0)

    def reset(self):
        first = [self.jax.numpy.array(parameter.numpy()) for parameter in self.first]
        self.current = list(zip(first[0::2], first[1::2], strict=True))
        self.jax.block_until_ready(self.current)

    def tensors(self):
        return [array for pair in self.current for array in pair]

    def parameters(self):
        return [np.asarray(array) for array in self.tensors()]

    def loss(self, parameters, x, y):
        for weight, bias in parameters[:-1]:
            x = self.jax.nn.relu(x @ weight.T + bias)
        weight, bias = parameters[-1]
        return self.jax.numpy.mean((x @ weight.T + bias - y) ** 2)

    def step(self, parameters, batch):
        loss, grads = self.jax.value_and_grad(self.loss)(parameters, *batch)
        step = lambda value, grad: value - self.task.lr * grad  # noqa: E731
        return self.jax.tree.map(step, parameters, grads), loss

    def run(self, parameters, x, y):
        def epoch(parameters, _):
            parameters, losses = self.jax.lax.scan(self.step, parameters, (x, y))
            return parameters, losses.mean()

        return self.jax.lax.scan(epoch, parameters, length=self.task.epochs)

    def train(self):
        self.current, losses = self.jitted(self.current, self.x, self.y)
        self.jax.block_until_ready(self.current)
        return losses.tolist()


class Floor(Contestant):
    """No training: only a step's matrix products, into memory that is there already."""

    name = "the matrix products alone"
    trains = False

    def __init__(self, task):
        super().__init__(task)
        self.weights = self.first[::2]
        sizes = [2, *(len(weight) for weight in self.weights)]
        self.outputs = [torch.zeros(task.batch_size, size, dtype=self.x.dtype) for size in sizes]
        self.grads = [torch.zeros_like(output) for output in self.outputs]
        self.weight_grads = [torch.empty_like(weight) for weight in self.weights]

    def reset(self):
        pass

    def train(self):
        outputs, grads, weights, weight_grads = (
            self.outputs,
            self.grads,
            self.weights,
            self.weight_grads,
        )
        weights_t = [weight.t() for weight in weights]
        grads_t = [grad.t() for grad in grads]
        mm = torch.mm
        for _ in range(self.task.steps):
            for k in range(len(weights)):
                mm(outputs[k], weights_t[k], out=outputs[k + 1])
            for k in range(len(weights) - 1, 0, -1):
                mm(grads_t[k + 1], outputs[k], out=weight_grads[k])
                mm(grads[k + 1], weights[k], out=grads[k])
            mm(grads_t[1], outputs[0], out=weight_grads[0])
        return []


class FloorColumns(Floor):
    """The same products with samples as columns, as in a plan."""

    name = "the same, samples as columns"

    def __init__(self, task):
        super().__init__(task)
        self.outputs = [output.t().contiguous() for output in self.outputs]
        self.grads = [grad.t().contiguous() for grad in self.grads]

    def train(self):
        outputs, grads, weights = self.outputs, self.grads, self.weights
        weights_t = [weight.t() for weight in weights]
        outputs_t = [output.t() for output in outputs]
        mm = torch.mm
        for _ in range(self.task.steps):
            for k in range(len(weights)):
                mm(weights[k], outputs[k], out=outputs[k + 1])
            for k in range(len(weights) - 1, 0, -1):
                mm(grads[k + 1], outputs_t[k], out=self.weight_grads[k])
                mm(weights_t[k], grads[k + 1], out=grads[k])
            mm(grads[1], outputs_t[0], out=self.weight_grads[0])
        return []


#: By the name that the command line uses, in the order of the table.
CONTESTANTS = {
    "paper": LoopsTwice,
    "loops": Loops,
    "batches": Batches,
    "unchecked": Unchecked,
    "one-buffer": OneBuffer,
    "minidl": Fit,
    "minidl-errors": FitErrors,
    "minidl-compiled": FitCompiled,
    "reader-compiled": ReaderCompiled,
    "torch": Torch,
    "torch-errors": TorchErrors,
    "numpy": NumPy,
    "jax-scan": JaxScan,
    "floor": Floor,
    "floor-columns": FloorColumns,
}
