"""The contestants: one training run, done by each library in its own best manner.

All start from the same parameters, meet the same mini-batches in the same order, take
the same steps, and return the mean loss of each epoch.  What each may prepare
beforehand (its own kind of arrays, a compiled function) is in its ``__init__``; what
counts is ``train``.
"""

import shutil
import warnings
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.util import find_spec
from types import MappingProxyType

import numpy as np
import torch

from minidl import Linear, MSELoss, disc, fit, one_hot
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

    def __post_init__(self):
        if self.samples % self.batch_size:
            raise ValueError(f"{self.samples} samples make no whole batches of {self.batch_size}")

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
        return paper_network(
            self.width,
            self.layers,
            generator=torch.Generator().manual_seed(0),
            dtype=getattr(torch, self.dtype),
        )

    def parameters(self):
        """Return the first parameters as new arrays: weight and bias of each layer in turn."""
        return [array.copy() for array in first_parameters(self)]


@lru_cache(maxsize=2)
def first_parameters(task):
    """Draw the first parameters once, as for wide networks that takes longer than a step."""
    return [parameter.numpy() for parameter, _ in task.network().param()]


class Contestant:
    """One way to train.

    Attributes
    ----------
    name : str
        For the tables.
    library : str or None
        What must be installed.
    trains : bool
        Whether parameters and losses must come out like everybody's.
    """

    name = ""
    library = None
    trains = True

    def __init__(self, task):
        self.task = task

    @classmethod
    def lacks(cls):
        """Say what is missing for this contestant to run, or return None."""
        if cls.library and find_spec(cls.library) is None:
            return f"{cls.library} is not installed"
        return None

    def reset(self):
        """Go back to the first parameters; not timed."""

    def train(self):
        """Train, and return the mean loss of each epoch."""
        raise NotImplementedError

    def parameters(self):
        """Return the parameters as arrays, in the order and shapes of :meth:`Task.parameters`."""
        raise NotImplementedError


def lacks_compiler():
    """Say that there is no C++ compiler, which ``torch.compile`` needs, or return None."""
    found = any(shutil.which(name) for name in ("c++", "g++", "clang++"))
    return None if found else "there is no C++ compiler"


class Minidl(Contestant):
    """``minidl.fit``, without the error rates that nobody else measures."""

    name = "minidl"
    options = MappingProxyType({"errors": False})

    def __init__(self, task):
        super().__init__(task)
        self.x, self.y = task.data()
        self.network = task.network()
        self.loss = MSELoss()

    def reset(self):
        for (parameter, _), first in zip(self.network.param(), self.task.parameters(), strict=True):
            parameter.copy_(torch.from_numpy(first))

    def train(self):
        history = fit(
            self.network,
            self.loss,
            self.x,
            self.y,
            epochs=self.task.epochs,
            batch_size=self.task.batch_size,
            lr=self.task.lr,
            **self.options,
        )
        return history.loss

    def parameters(self):
        return [parameter.numpy() for parameter, _ in self.network.param()]


class MinidlCompiled(Minidl):
    """``minidl.fit`` compiled."""

    name = "minidl, compiled"
    options = MappingProxyType({"errors": False, "compile": True})

    @classmethod
    def lacks(cls):
        return lacks_compiler()


class MinidlPerSample(Minidl):
    """``minidl.fit`` in the paper's way, sample by sample."""

    name = "minidl, per sample"
    options = MappingProxyType({"errors": False, "per_sample": True})


class MinidlPerSampleCompiled(MinidlCompiled):
    """``minidl.fit`` sample by sample, compiled."""

    name = "minidl, per sample, compiled"
    options = MappingProxyType({"errors": False, "per_sample": True, "compile": True})


class Torch(Contestant):
    """PyTorch as its tutorials write it: ``torch.nn``, autograd, ``torch.optim.SGD``.

    ``split`` stands for the ``DataLoader``, which is slower by far for tensors in memory.
    """

    name = "PyTorch"

    def __init__(self, task):
        super().__init__(task)
        self.x, self.y = task.data()
        self.network = torch_twin(task.network())
        self.criterion = torch.nn.MSELoss()

    def reset(self):
        with torch.no_grad():
            for parameter, first in zip(
                self.network.parameters(), self.task.parameters(), strict=True
            ):
                parameter.copy_(torch.from_numpy(first))

    def loss(self, x, y):
        return self.criterion(self.network(x), y)

    def train(self):
        optimizer = torch.optim.SGD(self.network.parameters(), lr=self.task.lr)
        size = self.task.batch_size
        losses = []
        for _ in range(self.task.epochs):
            total = 0.0
            for x, y in zip(self.x.split(size), self.y.split(size), strict=True):
                optimizer.zero_grad()
                loss = self.loss(x, y)
                loss.backward()
                optimizer.step()
                total += loss.item() * size
            losses.append(total / self.task.samples)
        return losses

    def parameters(self):
        return [parameter.detach().numpy() for parameter in self.network.parameters()]


class TorchCompiled(Torch):
    """The same with network and loss in one ``torch.compile``, backward pass included."""

    name = "PyTorch, torch.compile"

    def __init__(self, task, backend="inductor"):
        super().__init__(task)
        self.loss = torch.compile(super().loss, backend=backend, dynamic=False)

    @classmethod
    def lacks(cls):
        return lacks_compiler()


class NumPy(Contestant):
    """NumPy by hand, in place where that is no trouble."""

    name = "NumPy by hand"

    def __init__(self, task):
        super().__init__(task)
        self.x, self.y = (tensor.numpy() for tensor in task.data())

    def reset(self):
        first = self.task.parameters()
        self.weights, self.biases = first[0::2], first[1::2]

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

    def parameters(self):
        return [array for pair in zip(self.weights, self.biases, strict=True) for array in pair]


class JaxStep(Contestant):
    """JAX with one jitted step, parameters donated, losses added up on the device."""

    name = "JAX, a jitted step"
    library = "jax"

    def __init__(self, task):
        super().__init__(task)
        import jax
        import jax.numpy as jnp

        if task.dtype == "float64":
            jax.config.update("jax_enable_x64", True)
        # on one core, handing each step to another thread only costs
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        self.jax, self.jnp = jax, jnp
        shape = (task.samples // task.batch_size, task.batch_size, 2)
        self.x, self.y = (jnp.array(tensor.numpy().reshape(shape)) for tensor in task.data())
        self.prepare()

    def prepare(self):
        self.batches = list(zip(self.x, self.y, strict=True))
        self.jitted = self.jax.jit(self.step, donate_argnums=0)

    def reset(self):
        first = [self.jnp.array(array) for array in self.task.parameters()]
        self.current = list(zip(first[0::2], first[1::2], strict=True))
        self.jax.block_until_ready(self.current)

    def loss(self, parameters, x, y):
        for weight, bias in parameters[:-1]:
            x = self.jax.nn.relu(x @ weight.T + bias)
        weight, bias = parameters[-1]
        return self.jnp.mean((x @ weight.T + bias - y) ** 2)

    def step(self, parameters, total, x, y):
        loss, grads = self.jax.value_and_grad(self.loss)(parameters, x, y)
        lr = self.task.lr
        parameters = self.jax.tree.map(lambda value, grad: value - lr * grad, parameters, grads)
        return parameters, total + loss

    def train(self):
        zero = self.jnp.zeros((), self.task.dtype)
        totals = []
        for _ in range(self.task.epochs):
            total = zero
            for x, y in self.batches:
                self.current, total = self.jitted(self.current, total, x, y)
            totals.append(total)
        self.jax.block_until_ready(self.current)
        return [float(total) / len(self.batches) for total in totals]

    def parameters(self):
        return [np.asarray(array) for pair in self.current for array in pair]


class JaxScan(JaxStep):
    """JAX with the whole run in one jitted function: a scan over epochs of scans over batches."""

    name = "JAX, the run in one scan"

    def prepare(self):
        self.jitted = self.jax.jit(self.run, donate_argnums=0)

    def run(self, parameters, x, y):
        zero = self.jnp.zeros((), self.task.dtype)

        def epoch(parameters, _):
            (parameters, total), _ = self.jax.lax.scan(step, (parameters, zero), (x, y))
            return parameters, total / len(x)

        def step(carry, batch):
            return self.step(*carry, *batch), None

        return self.jax.lax.scan(epoch, parameters, length=self.task.epochs)

    def train(self):
        self.current, losses = self.jitted(self.current, self.x, self.y)
        self.jax.block_until_ready(self.current)
        return losses.tolist()


class SklearnRegressor(Contestant):
    """scikit-learn's ``MLPRegressor``, with everything off that plain descent has not.

    The gradient is that of Σ (p − t)² / 2, averaged over the samples only; with two
    outputs that is everybody's.  The loss it reports is half of everybody's.  What cannot
    be switched off: it validates its arguments and watches the loss for convergence.
    """

    name = "scikit-learn MLPRegressor"
    library = "sklearn"
    model = "MLPRegressor"

    def __init__(self, task):
        super().__init__(task)
        from sklearn import neural_network

        self.x, self.y = (tensor.numpy() for tensor in task.data())
        self.network = getattr(neural_network, self.model)(
            hidden_layer_sizes=(task.width,) * task.layers,
            activation="relu",
            solver="sgd",
            alpha=0,
            batch_size=task.batch_size,
            learning_rate="constant",
            learning_rate_init=task.lr,
            momentum=0,
            nesterovs_momentum=False,
            shuffle=False,
            max_iter=task.epochs,
            n_iter_no_change=np.inf,
            tol=0,
            warm_start=True,
        )
        self.train()

    def reset(self):
        first = self.task.parameters()
        self.network.coefs_ = [weight.T.copy() for weight in first[0::2]]
        self.network.intercepts_ = first[1::2]

    def train(self):
        with warnings.catch_warnings():
            # it says that so few epochs are not enough to converge
            warnings.simplefilter("ignore")
            self.network.fit(self.x, self.y)
        return [2 * float(loss) for loss in self.network.loss_curve_[-self.task.epochs :]]

    def parameters(self):
        pairs = zip(self.network.coefs_, self.network.intercepts_, strict=True)
        return [array for weight, bias in pairs for array in (weight.T, bias)]


class SklearnClassifier(SklearnRegressor):
    """scikit-learn's ``MLPClassifier`` on one-hot targets: two logistic outputs, log loss.

    The same network and as many products, but another loss, so other parameters.
    """

    name = "scikit-learn MLPClassifier (log loss)"
    model = "MLPClassifier"
    trains = False


class Floor(Contestant):
    """No training: only a step's matrix products, into memory that is there already."""

    name = "the matrix products alone"
    trains = False

    def __init__(self, task):
        super().__init__(task)
        layers = [module for module in task.network().modules if isinstance(module, Linear)]
        self.weights = [layer.weight for layer in layers]
        self.weight_grads = [torch.empty_like(weight) for weight in self.weights]
        sizes = [2] + [layer.out_features for layer in layers]
        make = partial(torch.zeros, dtype=self.weights[0].dtype)
        self.outputs = [make(task.batch_size, size) for size in sizes]
        self.grads = [make(task.batch_size, size) for size in sizes]

    def train(self):
        outputs, grads, weights = self.outputs, self.grads, self.weights
        transposed_weights = [weight.t() for weight in weights]
        transposed_grads = [grad.t() for grad in grads]
        forward = range(len(weights))
        backward = range(len(weights) - 1, 0, -1)
        mm = torch.mm
        for _ in range(self.task.steps):
            for k in forward:
                mm(outputs[k], transposed_weights[k], out=outputs[k + 1])
            for k in backward:
                mm(transposed_grads[k + 1], outputs[k], out=self.weight_grads[k])
                mm(grads[k + 1], weights[k], out=grads[k])
            mm(transposed_grads[1], outputs[0], out=self.weight_grads[0])
        return []


#: By the name that the command line uses, in the order of the table.
CONTESTANTS = {
    "minidl": Minidl,
    "minidl-compiled": MinidlCompiled,
    "minidl-per-sample": MinidlPerSample,
    "minidl-per-sample-compiled": MinidlPerSampleCompiled,
    "torch": Torch,
    "torch-compiled": TorchCompiled,
    "numpy": NumPy,
    "jax-step": JaxStep,
    "jax-scan": JaxScan,
    "sklearn-regressor": SklearnRegressor,
    "sklearn-classifier": SklearnClassifier,
    "floor": Floor,
}


def difference(contestant, reference, losses, reference_losses):
    """Return the largest difference of two contestants' parameters and losses.

    Both are of the order of 1, so it is taken as it is.
    """
    pairs = zip(
        [*contestant.parameters(), np.array(losses)],
        [*reference.parameters(), np.array(reference_losses)],
        strict=True,
    )
    return max(float(np.abs(ours - theirs).max()) for ours, theirs in pairs)
