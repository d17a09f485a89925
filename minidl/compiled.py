"""A run of training steps, or of samples, as one compiled function.

The gradients of this framework are plain tensor code.  So ``torch.compile`` needs no
autograd to see a whole step, from the mini-batch to the new parameters, and several of
them at once.
"""

import warnings
from functools import cache

import torch

#: Steps, or samples, in one compiled function.  More take longer to compile, and save little.
CHUNK = 10

#: The compiler writes C++ and no Python; tensors get their sizes from our checks.  Its
#: matching of patterns is off: it makes add_(a @ b, alpha=c) a product and forgets c.
OPTIONS = {"cpp_wrapper": True, "size_asserts": False, "pattern_matcher": False}


def steps(model, loss, lr, batches):
    """Take a step on each of a list of mini-batches.

    Returns
    -------
    torch.Tensor, shape (len(batches),)
        Their losses, each before its step.
    """
    values = []
    for x, y in batches:
        model.zero_grad()
        outputs = model.forward_pass(x)
        model.backward_pass(outputs, loss.backward(outputs[-1], y))
        values.append(loss.forward(outputs[-1], y))
        model.gradient_step(lr)
    return torch.stack(values)


def samples(model, loss, x, y):
    """Add the gradients of a few samples, one by one, to what the modules hold.

    Returns
    -------
    torch.Tensor, shape (len(x),)
        Their losses.
    """
    values = []
    for x_sample, y_sample in zip(x.split(1), y.split(1), strict=True):
        outputs = model.forward_pass(x_sample)
        model.backward_pass(outputs, loss.backward(outputs[-1], y_sample))
        values.append(loss.forward(outputs[-1], y_sample))
    return torch.stack(values)


def joined_gradients(weights, activations, loss, x, y):
    """Go forward and backward with each layer's weight and bias joined, [W b].

    Parameters
    ----------
    weights : list of torch.Tensor, shapes (out_features, in_features + 1)
    activations : list of Module or None
        For each layer, what follows it.
    loss : MSELoss
    x, y : torch.Tensor
        A mini-batch.

    Returns
    -------
    grads : list of torch.Tensor
        Of the shapes of ``weights``.
    loss : torch.Tensor, 0-d
    """
    inputs, sums, outputs = [], [], [x]
    for weight, activation in zip(weights, activations, strict=True):
        inputs.append(torch.cat([outputs[-1], x.new_ones(len(x), 1)], 1))
        sums.append(inputs[-1] @ weight.t())
        outputs.append(activation.forward(sums[-1]) if activation else sums[-1])
    grad = loss.backward(outputs[-1], y)
    grads = [None] * len(weights)
    for k in range(len(weights) - 1, -1, -1):
        if activations[k]:
            grad = activations[k].backward(sums[k], outputs[k + 1], grad)
        grads[k] = grad.t() @ inputs[k]
        if k > 0:
            grad = grad @ weights[k][:, :-1]
    return grads, loss.forward(outputs[-1], y)


def joined_steps(weights, activations, loss, lr, batches):
    """Take a step on each of a list of mini-batches, weights and biases joined.

    The learning rate is a tensor, 0-d: a number would be compiled anew when it changes.

    Returns
    -------
    weights, grads : lists of torch.Tensor
        After the last step, and of the last mini-batch.
    losses : torch.Tensor, shape (len(batches),)
    """
    losses = []
    for x, y in batches:
        grads, value = joined_gradients(weights, activations, loss, x, y)
        losses.append(value)
        weights = [w - lr * g for w, g in zip(weights, grads, strict=True)]
    return weights, grads, torch.stack(losses)


def joined_samples(weights, activations, loss, grads, x, y):
    """Add the gradients of a few samples, one by one, weights and biases joined.

    Returns
    -------
    grads : list of torch.Tensor
        The gradients that were given, and these.
    losses : torch.Tensor, shape (len(x),)
    """
    losses = []
    for x_sample, y_sample in zip(x.split(1), y.split(1), strict=True):
        more, value = joined_gradients(weights, activations, loss, x_sample, y_sample)
        losses.append(value)
        grads = [g + m for g, m in zip(grads, more, strict=True)]
    return grads, torch.stack(losses)


@cache
def compiled(function):
    """Let ``torch.compile`` take a function; to ask it once is enough."""
    return torch.compile(function, dynamic=False, options=OPTIONS)


class CompiledTraining:
    """Training by a compiled function, and by the same uncompiled where there is no compiler.

    This is what its kinds have in common.

    Parameters
    ----------
    function : callable
        It takes a few steps, or goes through a few samples.
    """

    def __init__(self, function):
        self.plain = function
        self.function = compiled(function)

    def prepare(self, x):
        """Return the samples as :meth:`epoch` wants them: as they are."""
        return x

    def epoch(self, batches):
        """Take a step on each of a list of mini-batches, and return a list of their losses."""
        self.keep()
        try:
            return self.train(batches)
        except RuntimeError as error:
            if not isinstance(error, torch._dynamo.exc.TorchDynamoException):
                raise
            reason = str(error).strip().splitlines()[0]
            warnings.warn(
                f"fit: compile=True found no way to compile ({reason}); training goes on without",
                stacklevel=5,
            )
            self.undo()
            self.function = self.plain
            return self.epoch(batches)

    def train(self, batches):
        """Take the steps, several in one call of the function."""
        parts = [batches[start : start + CHUNK] for start in range(0, len(batches), CHUNK)]
        return [value for part in parts for value in self.take(part).tolist()]


class SampleBySample:
    """How both kinds go through mini-batches sample by sample, several in one call."""

    def train(self, batches):
        """Take a step on each of a list of mini-batches, and return a list of their losses."""
        losses = []
        for x, y in batches:
            self.reset()
            parts = zip(x.split(CHUNK), y.split(CHUNK), strict=True)
            values = torch.cat([self.add_samples(*part) for part in parts])
            divisor = len(x) if self.loss.reduction == "mean" else 1
            self.step(divisor)
            losses.append(values.sum().item() / divisor)
        return losses


class CompiledMethods(CompiledTraining):
    """Compiled steps of any modules, by their methods.

    Parameters
    ----------
    model : Sequential
        Or another network with ``forward_pass`` and ``backward_pass``.
    loss : MSELoss, or any loss
    lr : float
        The learning rate η.
    """

    def __init__(self, model, loss, lr, function=steps):
        super().__init__(function)
        self.model = model
        self.loss = loss
        self.lr = lr
        self.before = [parameter.clone() for parameter, _ in model.param()]

    def take(self, batches):
        """Take a step on each of a few mini-batches, and return their losses, a 1-d tensor."""
        return self.function(self.model, self.loss, self.lr, batches)

    def keep(self):
        """Note what the modules hold, in case the epoch must be taken back."""
        for (parameter, _), before in zip(self.model.param(), self.before, strict=True):
            before.copy_(parameter)

    def undo(self):
        """Take back the last epoch."""
        for (parameter, _), before in zip(self.model.param(), self.before, strict=True):
            parameter.copy_(before)

    def load(self):
        """Go on from what the modules hold now: they are what is trained."""

    def store(self):
        """Let the modules hold what was reached: they do."""


class CompiledMethodSamples(SampleBySample, CompiledMethods):
    """The same sample by sample."""

    def __init__(self, model, loss, lr):
        super().__init__(model, loss, lr, samples)

    def reset(self):
        """Begin a mini-batch."""
        self.model.zero_grad()

    def add_samples(self, x, y):
        """Add the gradients of a few samples, and return their losses, a 1-d tensor."""
        return self.function(self.model, self.loss, x, y)

    def step(self, divisor):
        """Divide the gradients by a number, and take a step."""
        for _, grad in self.model.param():
            grad.div_(divisor)
        self.model.gradient_step(self.lr)


class CompiledLayers(CompiledTraining):
    """Compiled steps of linear layers and activations, with fewer operations.

    Parameters
    ----------
    blocks : list of [Linear, Module or None]
        As :func:`minidl.plan.blocks` lists them.
    loss : MSELoss
    lr : float
        The learning rate η.
    """

    def __init__(self, blocks, loss, lr, function=joined_steps):
        super().__init__(function)
        self.layers, self.activations = map(list, zip(*blocks, strict=True))
        self.loss = loss
        self.lr = self.layers[0].weight.new_tensor(lr)
        self.load()

    def take(self, batches):
        """Take a step on each of a few mini-batches, and return their losses, a 1-d tensor."""
        self.weights, self.grads, losses = self.function(
            self.weights, self.activations, self.loss, self.lr, batches
        )
        return losses

    def keep(self):
        """Note the weights, in case the epoch must be taken back; new ones take their place."""
        self.before = self.weights

    def undo(self):
        """Take back the last epoch; the layers are then as they were before it."""
        self.weights = self.before
        for layer, weight in zip(self.layers, self.weights, strict=True):
            part(weight, layer.weight, layer.bias)

    def load(self):
        """Go on from what the layers hold now."""
        self.weights = [join(layer.weight, layer.bias) for layer in self.layers]

    def store(self):
        """Let the layers hold what was reached, and the gradients of the last mini-batch."""
        for layer, weight, grad in zip(self.layers, self.weights, self.grads, strict=True):
            part(weight, layer.weight, layer.bias)
            part(grad, layer.weight_grad, layer.bias_grad)


class CompiledLayerSamples(SampleBySample, CompiledLayers):
    """The same sample by sample."""

    def __init__(self, blocks, loss, lr):
        super().__init__(blocks, loss, lr, joined_samples)

    def reset(self):
        """Begin a mini-batch."""
        self.grads = [torch.zeros_like(weight) for weight in self.weights]

    def add_samples(self, x, y):
        """Add the gradients of a few samples, and return their losses, a 1-d tensor."""
        self.grads, losses = self.function(
            self.weights, self.activations, self.loss, self.grads, x, y
        )
        return losses

    def step(self, divisor):
        """Divide the gradients by a number, and take a step."""
        self.grads = [grad / divisor for grad in self.grads]
        pairs = zip(self.weights, self.grads, strict=True)
        self.weights = [weight - self.lr * grad for weight, grad in pairs]


def join(matrix, column):
    """Put a column behind a matrix: [W b]."""
    return torch.cat([matrix, column[:, None]], 1)


def part(joined, matrix, column):
    """Copy [W b] to where W and b have their places."""
    matrix.copy_(joined[:, :-1])
    column.copy_(joined[:, -1])
