"""A training step in few operations, on memory that is there already.

Chapter 9 derives it.  Samples are columns.  A row of ones below X makes W X + b a single
product, [W b] [X; 1], and its two gradients another, G [X; 1]ᵀ.
"""

from functools import cache, partial

import torch

from .. import distributed
from ..activations import ReLU, Sigmoid, Tanh
from ..linear import Linear
from ..sequential import Sequential

#: Samples that go forward at once where nothing is learned.
MOST = 1000


def relu_slope_(y, grad):
    """Multiply the gradient by a ReLU's derivative, the sign of y."""
    grad.mul_(y.sign_())


def tanh_slope_(y, grad):
    """Multiply the gradient G by a tanh's derivative: G − G y²."""
    grad.addcmul_(grad, y.mul_(y), value=-1)


def sigmoid_slope_(y, grad):
    """Multiply the gradient by a sigmoid's derivative, y − y²."""
    grad.mul_(y.addcmul_(y, y, value=-1))


#: For each activation, what makes y of x in its place, and what takes its slope (y is lost).
ACTIVATIONS = {
    ReLU: (torch.relu_, relu_slope_),
    Tanh: (torch.tanh_, tanh_slope_),
    Sigmoid: (torch.sigmoid_, sigmoid_slope_),
    type(None): (lambda x: None, lambda y, grad: None),
}


def blocks(model):
    """List a network's linear layers, each with the activation behind it or None.

    None if there is no plan for the network: it has another module or another order, or uses
    a module twice.  A class derived from ours may do anything in its methods.
    """
    modules, found = flat(model), []
    for module in modules:
        if type(module) is Linear:
            found.append((module, None))
        elif type(module) in ACTIVATIONS and found and found[-1][1] is None:
            found[-1] = (found[-1][0], module)
        else:
            return None
    return found if found and len(set(map(id, modules))) == len(modules) else None


def flat(model):
    """List a network's modules, those of inner networks in their places."""
    if type(model) is not Sequential:
        return [model]
    return [part for module in model.modules for part in flat(module)]


def by_columns(*matrices):
    """Copy matrices so that the numbers of a column, not of a row, lie side by side in memory."""
    return tuple(matrix.t().contiguous().t() for matrix in matrices)


class Place:
    """Memory for a column for each sample; ``full`` has a row of ones below them."""

    def __init__(self, like, rows, samples):
        self.full = like.new_ones(rows + 1, samples)
        self.part = self.full[:rows]


class Weights:
    """Copies of weights and biases as matrices [W b] in one buffer, their gradients in another.

    ``joined`` and ``joined_grads`` are these matrices, (out_features, in_features + 1).
    """

    def __init__(self, layers):
        self.layers = layers
        shapes = [(layer.out_features, layer.in_features + 1) for layer in layers]
        sizes = [rows * columns for rows, columns in shapes]
        self.values = layers[0].weight.new_empty(sum(sizes))
        self.grads = torch.zeros_like(self.values)
        self.joined, self.joined_grads = (
            [part.view(shape) for part, shape in zip(buffer.split(sizes), shapes, strict=True)]
            for buffer in (self.values, self.grads)
        )
        for layer, joined in zip(layers, self.joined, strict=True):
            joined[:, :-1] = layer.weight
            joined[:, -1] = layer.bias

    def store(self, scale):
        """Copy the parameters, and the gradients times a factor, back to the layers."""
        for layer, joined, grad in zip(self.layers, self.joined, self.joined_grads, strict=True):
            layer.weight.copy_(joined[:, :-1])
            layer.bias.copy_(joined[:, -1])
            torch.mul(grad[:, :-1], scale, out=layer.weight_grad)
            torch.mul(grad[:, -1], scale, out=layer.bias_grad)


class Plan:
    """The places for so many samples in a network, and what is done in them."""

    def __init__(self, blocks, weights, samples):
        self.weights = weights
        self.places = [Place(weights.values, layer.out_features, samples) for layer, _ in blocks]
        self.grads = [torch.empty_like(place.part) for place in self.places]
        self.activations = [ACTIVATIONS[type(activation)] for _, activation in blocks]
        self.transposed = [joined[:, :-1].t() for joined in weights.joined]
        self.rows = [place.full.t() for place in self.places]
        self.differences = self.grads[-1].view(-1)

    def forward(self, x):
        """Return the network's output, shape (C, N), for samples with their row of ones."""
        for k, place in enumerate(self.places):
            torch.mm(self.weights.joined[k], x, out=place.part)
            self.activations[k][0](place.part)
            x = place.full
        return place.part

    def gradients(self, x, y):
        """Write the gradients of Σ (p − t)², divided by 2, and return Σ (p − t)²."""
        torch.sub(self.forward(x.t()), y.t(), out=self.grads[-1])
        squares = self.differences.dot(self.differences)
        for k in reversed(range(len(self.places))):
            grad = self.grads[k]
            self.activations[k][1](self.places[k].part, grad)
            before = self.rows[k - 1] if k > 0 else x
            torch.mm(grad, before, out=self.weights.joined_grads[k])
            if k > 0:
                torch.mm(self.transposed[k], grad, out=self.grads[k - 1])
        return squares


class Planned:
    """Training by plans, one for each number of samples that comes; as ``Methods`` otherwise."""

    @torch.inference_mode()
    def __init__(self, blocks, loss, lr, per_sample=False):
        self.loss, self.lr, self.per_sample = loss, lr, per_sample
        self.weights, self.scale = Weights([layer for layer, _ in blocks]), 0
        self.plan = cache(partial(Plan, blocks, self.weights))  # for so many samples

    @torch.inference_mode()
    def prepare(self, x, y):
        """Return samples and targets as the other methods want them: a one behind each sample."""
        return by_columns(torch.cat([x, torch.ones_like(x[:, :1])], 1), y)

    def accumulate(self, x, y):
        """Write the gradients of a mini-batch; return its Σ (p − t)²."""
        if not self.per_sample or len(x) == 0:
            return self.plan(len(x)).gradients(x, y)
        squares, grads = 0, torch.zeros_like(self.weights.grads)
        for sample in zip(x.split(1), y.split(1), strict=True):
            squares = squares + self.plan(1).gradients(*sample)
            grads.add_(self.weights.grads)
        self.weights.grads.copy_(grads)
        return squares

    @torch.inference_mode()
    def epoch(self, batches, sizes):
        """Take a step on each of a list of mini-batches; return their losses' parts made here.

        ``sizes`` has the samples of each mini-batch, of which other processes may have some.
        """
        squares, entries, several = [], [], distributed.world()[1] > 1
        for (x, y), size in zip(batches, sizes, strict=True):
            squares.append(self.accumulate(x, y))
            if several:
                distributed.add_up(self.weights.grads)
            entries.append(size * y.shape[1] if self.loss.reduction == "mean" else 1)
            # dL/dp is 2 (p − t)/entries, and so this factor belongs to all gradients behind it
            self.scale = 2 / entries[-1]
            self.weights.values.add_(self.weights.grads, alpha=-self.lr * self.scale)
        return [value / n for value, n in zip(torch.stack(squares).tolist(), entries, strict=True)]

    @torch.inference_mode()
    def predict(self, x):
        """Return the network's output for prepared samples, shape (N, C)."""
        return torch.cat([self.plan(len(part)).forward(part.t()).t() for part in x.split(MOST)])

    @torch.inference_mode()
    def store(self):
        """Let the layers hold what was reached, and the gradients of the last mini-batch."""
        self.weights.store(self.scale)
