"""A training step in few operations, on memory that is there already.

The formulas are those of the modules.  What makes them fast:

- Samples are columns here, not rows.  PyTorch's routine takes less time for products of
  this shape.
- A row of ones below X makes W X + b a single product, [W b] [X; 1], and gives dL/dW and
  dL/db in another single one, G [X; 1]ᵀ.
- All [W b] lie in one buffer, and their gradients in another: a step is one operation.
- Every result has its place, made once; activations work in place, forward and backward.
- The gradient of the network's input is not computed, and nothing is checked twice.
- In inference mode PyTorch does not look at each call whether autograd must note it.
"""

from itertools import islice

import torch

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


def nothing_(*places):
    """Do nothing: there is no activation."""


#: For each activation, what makes y of x in its place, and what takes its slope (y is lost).
ACTIVATIONS = {
    ReLU: (torch.relu_, relu_slope_),
    Tanh: (torch.tanh_, tanh_slope_),
    Sigmoid: (torch.sigmoid_, sigmoid_slope_),
    type(None): (nothing_, nothing_),
}


def blocks(model):
    """List a network's linear layers, each with the activation behind it or None.

    Returns
    -------
    list of (Linear, Module or None), or None
        None if there is no plan for it: for a network with another module or another
        order, or that uses a module twice.  A class of your own, or one derived from
        ours, may do anything in its methods; such a network is trained by calling them.
    """
    modules = chain(model)
    found = []
    for module in modules:
        if type(module) is Linear:
            found.append((module, None))
        elif type(module) in ACTIVATIONS and found and found[-1][1] is None:
            found[-1] = (found[-1][0], module)
        else:
            return None
    different = {id(module) for module in modules}
    return found if found and len(different) == len(modules) else None


def chain(model):
    """List a network's modules, those of inner networks in their places."""
    if type(model) is not Sequential:
        return [model]
    return [part for module in model.modules for part in chain(module)]


def by_columns(*matrices):
    """Copy matrices so that the numbers of a column, not of a row, lie side by side in memory."""
    return tuple(matrix.t().contiguous().t() for matrix in matrices)


class Place:
    """Memory for the numbers of N samples, a column each, and a row of ones below them.

    Attributes
    ----------
    full : torch.Tensor, shape (rows + 1, N)
    part : torch.Tensor, shape (rows, N)
        All but the row of ones.
    """

    def __init__(self, like, rows, samples):
        self.full = like.new_ones(rows + 1, samples)
        self.part = self.full[:rows]


class Weights:
    """Weights and biases as matrices [W b] in one buffer, and their gradients in another.

    They are copies: the layers' own stay as they are until :meth:`store` is called.

    Attributes
    ----------
    values, grads : torch.Tensor, shape (M,)
        The buffers.
    joined, joined_grads : list of torch.Tensor, shapes (out_features, in_features + 1)
        For each layer a view of each buffer.
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
    """The places for N samples, and what is done in them.

    Parameters
    ----------
    blocks : list of (Linear, Module or None)
        As the function :func:`blocks` lists them.
    weights : Weights
        Of these layers.
    samples : int
        N.
    """

    def __init__(self, blocks, weights, samples):
        places = [Place(weights.values, layer.out_features, samples) for layer, _ in blocks]
        bends, slopes = zip(*(ACTIVATIONS[type(bend)] for _, bend in blocks), strict=True)
        self.way_forward = list(zip(weights.joined, places, bends, strict=True))
        self.output = places[-1].part
        self.grad = grad = torch.empty_like(self.output)
        self.flat = grad.view(-1)
        self.way_back = []
        for k in range(len(blocks) - 1, 0, -1):
            y, before = places[k].part, places[k - 1]
            # once its slope has been taken, y has served its turn
            before_grad = y if y.shape == before.part.shape else torch.empty_like(before.part)
            weight, weight_grad = weights.joined[k][:, :-1].t(), weights.joined_grads[k]
            tensors = y, grad, weight_grad, before.full.t(), weight, before_grad
            self.way_back.append((slopes[k], *tensors))
            grad = before_grad
        self.first = slopes[0], places[0].part, grad, weights.joined_grads[0]

    def forward(self, x):
        """Return the network's output, shape (C, N), for samples with their row of ones."""
        for joined, place, bend_ in self.way_forward:
            torch.mm(joined, x, out=place.part)
            bend_(place.part)
            x = place.full
        return self.output

    def gradients(self, x, y):
        """Go forward and back, and write the gradients of Σ (p − t)², divided by 2.

        Parameters
        ----------
        x, y : torch.Tensor, shapes (N, in_features + 1) and (N, C)
            Samples with a one behind each, and targets.

        Returns
        -------
        torch.Tensor, 0-d
            Σ (p − t)².
        """
        torch.sub(self.forward(x.t()), y.t(), out=self.grad)
        squares = self.flat.dot(self.flat)
        for slope_, output, grad, weight_grad, before, weight, before_grad in self.way_back:
            slope_(output, grad)
            torch.mm(grad, before, out=weight_grad)
            torch.mm(weight, grad, out=before_grad)
        slope_, output, grad, weight_grad = self.first
        slope_(output, grad)
        torch.mm(grad, x, out=weight_grad)
        return squares


class Planned:
    """Training by plans, one for each number of samples that comes.

    Parameters
    ----------
    blocks : list of (Linear, Module or None)
        As the function :func:`blocks` lists them.
    loss : MSELoss
    lr : float
        The learning rate η.
    per_sample : bool
        Whether each sample goes forward and backward by itself.
    """

    @torch.inference_mode()
    def __init__(self, blocks, loss, lr, per_sample=False):
        self.blocks = blocks
        self.weights = Weights([layer for layer, _ in blocks])
        self.loss = loss
        self.lr = lr
        self.per_sample = per_sample
        self.scale = 0
        self.sum = torch.zeros_like(self.weights.grads) if per_sample else None
        self.plans = {}

    def plan(self, samples):
        """Return the plan for so many samples; the first time it is made."""
        if samples not in self.plans:
            self.plans[samples] = Plan(self.blocks, self.weights, samples)
        return self.plans[samples]

    @torch.inference_mode()
    def prepare(self, x, y):
        """Return samples and targets as the other methods want them: a one behind each sample."""
        return by_columns(torch.cat([x, torch.ones_like(x[:, :1])], 1), y)

    @torch.inference_mode()
    def epoch(self, batches):
        """Take a step on each of a list of mini-batches, and return a list of their losses."""
        squares, sizes = [], []
        for x, y in batches:
            pieces = zip(x.split(1), y.split(1), strict=True) if self.per_sample else [(x, y)]
            plan = self.plan(1 if self.per_sample else len(x))
            for piece in pieces:
                squares.append(plan.gradients(*piece))
                if self.per_sample:
                    self.sum.add_(self.weights.grads)
            if self.per_sample:
                self.weights.grads.copy_(self.sum)
                self.sum.zero_()
            size = y.numel() if self.loss.reduction == "mean" else 1
            sizes.append(size)
            # dL/dp is 2 (p − t)/size, and so this factor belongs to all gradients behind it
            self.scale = 2 / size
            self.weights.values.add_(self.weights.grads, alpha=-self.lr * self.scale)
        values = iter(torch.stack(squares).tolist())
        counts = [len(x) if self.per_sample else 1 for x, _ in batches]
        return [sum(islice(values, n)) / size for n, size in zip(counts, sizes, strict=True)]

    @torch.inference_mode()
    def predict(self, x):
        """Return the network's output for prepared samples, shape (N, C)."""
        prediction = x.new_empty(len(x), self.blocks[-1][0].out_features)
        for part, place in zip(x.split(MOST), prediction.split(MOST), strict=True):
            place.copy_(self.plan(len(part)).forward(part.t()).t())
        return prediction

    @torch.inference_mode()
    def store(self):
        """Let the layers hold what was reached, and the gradients of the last mini-batch."""
        self.weights.store(self.scale)
