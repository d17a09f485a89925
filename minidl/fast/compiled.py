"""Training by the modules' own methods, and by steps that ``torch.compile`` made one function."""

from functools import cache

import torch

from .. import distributed
from .plan import by_columns

#: Steps in one compiled function.  More take longer to compile, and save little.
CHUNK = 10

#: The compiler writes C++ and no Python; tensors get their sizes from our checks.  Its
#: matching of patterns is off: it makes add_(a @ b, alpha=c) a product and forgets c.
OPTIONS = {"cpp_wrapper": True, "size_asserts": False, "pattern_matcher": False}


@cache
def compiled(body):
    """Let ``torch.compile`` take a function; by itself it gives up after eight kinds of input."""
    return torch.compile(body, fullgraph=True, dynamic=False, recompile_limit=100, options=OPTIONS)


def plain_steps(parameters, activations, loss, lr, batches):
    """Take a step on each mini-batch, for linear layers: parameters go in, and others come out.

    Samples are columns; η is a 0-d tensor, as for another number all would be compiled anew.
    """
    losses = []
    for x, y in batches:
        weights, biases = parameters[::2], parameters[1::2]
        sums, outputs = [], [x.t()]
        for weight, bias, activation in zip(weights, biases, activations, strict=True):
            sums.append(weight @ outputs[-1] + bias[:, None])
            outputs.append(activation.forward(sums[-1]) if activation else sums[-1])
        losses.append(loss.forward(outputs[-1], y.t()))
        grad, grads = loss.backward(outputs[-1], y.t()), []
        for k in reversed(range(len(weights))):
            if activations[k]:
                grad = activations[k].backward(sums[k], outputs[k + 1], grad)
            grads = [grad @ outputs[k].t(), grad.sum(1), *grads]
            grad = weights[k].t() @ grad
        parameters = [p - lr * g for p, g in zip(parameters, grads, strict=True)]
    return parameters, grads, torch.stack(losses)


def steps(model, loss, lr, batches):
    """Take a step on each of a list of mini-batches, and return their losses, a 1-d tensor."""
    losses = []
    for x, y in batches:
        model.zero_grad()
        outputs = model.forward_pass(x)
        model.backward_pass(outputs, loss.backward(outputs[-1], y))
        losses.append(loss.forward(outputs[-1], y))
        model.gradient_step(lr)
    return torch.stack(losses)


class Methods:
    """The way for any modules; the others have the methods of this one."""

    def __init__(self, model, loss, lr, accumulate=None):
        self.model, self.loss, self.lr, self.accumulate = model, loss, lr, accumulate
        self.mean = True  # not the sum: in which way processes have parts of it

    def prepare(self, x, y):
        """Return samples and targets as the other methods want them: as they are."""
        return x, y

    def epoch(self, batches, sizes):
        """Take a step on each of a list of mini-batches; return their losses' parts made here.

        ``sizes`` has the samples of each mini-batch, of which other processes may have some.
        """
        losses = []
        for (x, y), size in zip(batches, sizes, strict=True):
            self.model.zero_grad()
            value = self.accumulate(self.model, self.loss, x, y) if len(x) else 0.0
            share = len(x) / size if self.mean else 1
            distributed.add_up_gradients(self.model, share)
            losses.append(value * share)
            self.model.gradient_step(self.lr)
        return losses

    def predict(self, x):
        """Return the network's output for prepared samples."""
        self.store()
        return self.model.forward(x)

    def store(self):
        """Let the modules hold what was reached: they do."""


class CompiledMethods(Methods):
    """Compiled steps of any modules."""

    @torch.inference_mode()
    def epoch(self, batches, sizes):
        """Take a step on each of a list of mini-batches, and return a list of their losses."""
        losses = []
        for start in range(0, len(batches), CHUNK):
            losses += self.take(batches[start : start + CHUNK]).tolist()
        return losses

    def take(self, batches):
        """Take a few steps, and return their losses."""
        return compiled(steps)(self.model, self.loss, self.lr, batches)


class CompiledLayers(CompiledMethods):
    """Compiled steps of linear layers and activations, in fewer operations."""

    prepare = staticmethod(by_columns)

    @torch.inference_mode()
    def __init__(self, blocks, model, loss, lr):
        super().__init__(model, loss, lr)
        self.activations = [activation for _, activation in blocks]
        self.parameters, self.grads = zip(*model.param(), strict=True)
        self.parameters = [parameter.clone() for parameter in self.parameters]
        self.lr = self.parameters[0].new_tensor(lr)

    def take(self, batches):
        """Take a few steps, and return their losses."""
        arguments = self.parameters, self.activations, self.loss, self.lr, batches
        self.parameters, self.grads, losses = compiled(plain_steps)(*arguments)
        return losses

    def store(self):
        """Let the layers hold what was reached, and the gradients of the last mini-batch."""
        for pair, *reached in zip(self.model.param(), self.parameters, self.grads, strict=True):
            for tensor, value in zip(pair, reached, strict=True):
                tensor.copy_(value)
