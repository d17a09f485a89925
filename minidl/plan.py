"""A training step as a list of calls: written once, run for every mini-batch.

``forward_pass`` and ``backward_pass`` find out at every step again what is to be done,
and ask for new memory for every result.  For mini-batches of one size all of that is
known beforehand.  A :class:`Plan` is the list: each entry is an operation of PyTorch
with its arguments filled in and a place for its result.  To train is to run down it.

The formulas are those of the modules, with fewer operations:

- A column of ones behind x makes x Wᵀ + b a single product, [x 1] [W b]ᵀ, and gives
  dL/dW and dL/db in another single one, Gᵀ [x 1].
- All [W b] lie in one buffer, and their gradients in another: a step is one operation.
- Each step's gradients are written, not added to zeros.
- Activations work in place, forward and backward.
- The gradient of the network's input is not computed, and nothing is checked twice.
- In inference mode PyTorch does not look at each call whether autograd must note it.
"""

from functools import partial

import torch

from .activations import ReLU, Sigmoid, Tanh
from .linear import Linear
from .sequential import Sequential


class Place:
    """Memory for N rows of numbers, and a column of ones behind them.

    Attributes
    ----------
    full : torch.Tensor, shape (N, columns + 1)
    part : torch.Tensor, shape (N, columns)
        All but the column of ones.

    Without the column, where nothing is multiplied with it, both are the same.
    """

    def __init__(self, like, columns, ones=True):
        self.full = like.new_ones(len(like), columns + ones)
        self.part = self.full[:, :columns]


def relu_calls(y):
    """List a ReLU's calls; max(1, 0) = 1, so the column of ones may take part."""
    return [y.full.relu_]


def relu_grad_calls(y, grad):
    """List the calls that multiply the gradient by a ReLU's derivative, the sign of y."""
    return [y.full.sign_, partial(grad.full.mul_, y.full)]


def tanh_calls(y):
    """List a tanh's calls."""
    return [y.part.tanh_]


def tanh_grad_calls(y, grad):
    """List the calls in which y becomes y², and the gradient G becomes G − G y²."""
    return [
        partial(y.part.mul_, y.part),
        partial(grad.part.addcmul_, grad.part, y.part, value=-1),
    ]


def sigmoid_calls(y):
    """List a sigmoid's calls."""
    return [y.part.sigmoid_]


def sigmoid_grad_calls(y, grad):
    """List the calls in which y becomes y − y², and multiplies the gradient."""
    return [
        partial(y.part.addcmul_, y.part, y.part, value=-1),
        partial(grad.part.mul_, y.part),
    ]


def no_calls(*places):
    """List no calls: there is no activation."""
    return []


FORWARD = {
    ReLU: relu_calls,
    Tanh: tanh_calls,
    Sigmoid: sigmoid_calls,
    type(None): no_calls,
}
BACKWARD = {
    ReLU: relu_grad_calls,
    Tanh: tanh_grad_calls,
    Sigmoid: sigmoid_grad_calls,
    type(None): no_calls,
}


def blocks(model):
    """List a network's linear layers, each with the activation behind it or None.

    Returns
    -------
    list of [Linear, Module or None], or None
        None if a plan cannot be written: for a network with another module or another
        order, or that uses a module twice.  A class of your own, or one derived from
        ours, may do anything in its methods; such a network is trained by calling them.
    """
    modules = chain(model)
    found = []
    for module in modules:
        if type(module) is Linear:
            found.append([module, None])
        elif type(module) in FORWARD and found and found[-1][1] is None:
            found[-1][1] = module
        else:
            return None
    different = {id(module) for module in modules}
    return found if found and len(different) == len(modules) else None


def chain(model):
    """List a network's modules, those of inner networks in their places."""
    if type(model) is not Sequential:
        return [model]
    return [part for module in model.modules for part in chain(module)]


class Weights:
    """Weights and biases as matrices [W b] in one buffer, and their gradients in another.

    They are copies: the layers' own stay as they are until :meth:`store` is called.

    Attributes
    ----------
    values, grads : torch.Tensor, shape (M,)
        The buffers.
    value, grad : list of torch.Tensor, shapes (out_features, in_features + 1)
        For each layer a view of each buffer.
    parameters, views : list of torch.Tensor
        Each layer's own weight and bias, and for each the part of ``values`` that stands
        for it.
    """

    def __init__(self, layers):
        self.layers = layers
        shapes = [(layer.out_features, layer.in_features + 1) for layer in layers]
        sizes = [rows * columns for rows, columns in shapes]
        self.values = layers[0].weight.new_empty(sum(sizes))
        self.grads = torch.zeros_like(self.values)
        self.value = [v.view(s) for v, s in zip(self.values.split(sizes), shapes, strict=True)]
        self.grad = [g.view(s) for g, s in zip(self.grads.split(sizes), shapes, strict=True)]
        self.parameters = [p for layer in layers for p in (layer.weight, layer.bias)]
        self.views = [v for value in self.value for v in (value[:, :-1], value[:, -1])]
        self.load()

    def load(self):
        """Copy the layers' weights and biases into the buffer."""
        torch._foreach_copy_(self.views, self.parameters)

    def store(self):
        """Copy the weights and biases back to the layers."""
        torch._foreach_copy_(self.parameters, self.views)

    def store_grads(self, scale):
        """Copy the gradients, times a factor, to the layers."""
        for layer, grad in zip(self.layers, self.grad, strict=True):
            torch.mul(grad[:, :-1], scale, out=layer.weight_grad)
            torch.mul(grad[:, -1], scale, out=layer.bias_grad)


class Plan:
    """The calls of a training step on mini-batches of one size.

    Parameters
    ----------
    blocks : list of [Linear, Module or None]
        As the function :func:`blocks` lists them.
    weights : Weights
        Of these layers.
    loss : MSELoss
    x : torch.Tensor, shape (N, in_features + 1)
        A mini-batch of that size, with its column of ones.
    lr : float
        The learning rate η.

    Attributes
    ----------
    size : int
        What the squares' sum is divided by: N·C for a mean, 1 for a sum.
    scale : float
        2/size.  It belongs to dL/dp = 2 (p − t)/size and so to every gradient behind it;
        one multiplication does for all, in the step.
    """

    def __init__(self, blocks, weights, loss, x, lr):
        last = len(blocks) - 1
        activations = [type(activation) for _, activation in blocks]
        outputs = [Place(x, layer.out_features, k < last) for k, (layer, _) in enumerate(blocks)]
        prediction = outputs[last].full
        grad = Place(x, prediction.shape[1], ones=False)
        self.size = prediction.numel() if loss.reduction == "mean" else 1
        self.scale = 2 / self.size

        self.enter = partial(torch.mm, mat2=weights.value[0].t(), out=outputs[0].part)
        self.forward = FORWARD[activations[0]](outputs[0])
        for k in range(1, len(blocks)):
            weight = weights.value[k].t()
            self.forward.append(partial(torch.mm, outputs[k - 1].full, weight, out=outputs[k].part))
            self.forward += FORWARD[activations[k]](outputs[k])
        self.compare = partial(torch.sub, prediction, out=grad.full)
        self.square = partial(grad.full.view(-1).dot, grad.full.view(-1))

        self.backward, free = [], []
        for k in range(last, 0, -1):
            before, weight = outputs[k - 1], weights.value[k][:, :-1]
            self.backward += BACKWARD[activations[k]](outputs[k], grad)
            free.append(outputs[k])
            before_grad = _take(free, before) or Place(x, before.part.shape[1])
            self.backward += [
                partial(torch.mm, grad.part.t(), before.full, out=weights.grad[k]),
                partial(torch.mm, grad.part, weight, out=before_grad.part),
            ]
            free.append(grad)
            grad = before_grad
        self.backward += BACKWARD[activations[0]](outputs[0], grad)
        self.leave = partial(torch.mm, grad.part.t(), out=weights.grad[0])
        self.step = partial(weights.values.add_, weights.grads, alpha=-lr * self.scale)

    def run(self, x, y):
        """Take one step on a mini-batch, and return the sum of its squared errors, 0-d."""
        self.enter(x)
        for call in self.forward:
            call()
        self.compare(y)
        squares = self.square()
        for call in self.backward:
            call()
        self.leave(x)
        self.step()
        return squares


def _take(free, place):
    """Take a place of the same shape from those that have served their turn, or None."""
    for other in free:
        if other.full.shape == place.full.shape and other.part.shape == place.part.shape:
            free.remove(other)
            return other
    return None


class PlannedTraining:
    """Training by plans, one for each size of mini-batch that comes.

    Parameters
    ----------
    blocks : list of [Linear, Module or None]
        As the function :func:`blocks` lists them.
    loss : MSELoss
    lr : float
        The learning rate η.
    """

    @torch.inference_mode()
    def __init__(self, blocks, loss, lr):
        self.blocks = blocks
        self.weights = Weights([layer for layer, _ in blocks])
        self.loss = loss
        self.lr = lr
        self.plans = {}

    @torch.inference_mode()
    def prepare(self, x):
        """Return the samples as :meth:`epoch` wants them: with a column of ones."""
        return torch.cat([x, torch.ones_like(x[:, :1])], 1)

    @torch.inference_mode()
    def epoch(self, batches):
        """Take a step on each of a list of mini-batches, and return a list of their losses."""
        self.weights.store()
        squares, sizes = [], []
        for x, y in batches:
            plan = self.plans.get(x.shape[0]) or self.plan(x)
            squares.append(plan.run(x, y))
            sizes.append(plan.size)
        self.scale = plan.scale
        values = torch.stack(squares).tolist()
        return [value / size for value, size in zip(values, sizes, strict=True)]

    def plan(self, x):
        """Write the plan for mini-batches of this size."""
        plan = Plan(self.blocks, self.weights, self.loss, x, self.lr)
        self.plans[len(x)] = plan
        return plan

    @torch.inference_mode()
    def undo(self):
        """Take back the last epoch; the layers still are as they were before it."""
        self.weights.load()

    @torch.inference_mode()
    def load(self):
        """Go on from what the layers hold now."""
        self.weights.load()

    @torch.inference_mode()
    def store(self):
        """Let the layers hold what was reached, and the gradients of the last mini-batch."""
        self.weights.store()
        self.weights.store_grads(self.scale)


class PlannedSamples(PlannedTraining):
    """Training by plans as the paper trains: each sample of a mini-batch by itself.

    The plan is one for a single row.  Where another plan takes its step, this one adds
    its gradients to a sum; the step follows when all samples of the mini-batch have come.
    """

    @torch.inference_mode()
    def __init__(self, blocks, loss, lr):
        super().__init__(blocks, loss, lr)
        self.sum = torch.zeros_like(self.weights.grads)

    @torch.inference_mode()
    def epoch(self, batches):
        """Take a step on each of a list of mini-batches, and return a list of their losses."""
        self.weights.store()
        plan = self.plans.get(1) or self.plan(batches[0][0][:1])
        losses = []
        for x, y in batches:
            self.sum.zero_()
            squares = [plan.run(*sample) for sample in zip(x.split(1), y.split(1), strict=True)]
            size = y.numel() if self.loss.reduction == "mean" else 1
            self.scale = 2 / size
            self.weights.values.add_(self.sum, alpha=-self.lr * self.scale)
            losses.append(torch.stack(squares).sum().item() / size)
        self.weights.grads.copy_(self.sum)
        return losses

    def plan(self, x):
        """Write the plan for one sample."""
        plan = super().plan(x)
        plan.step = partial(self.sum.add_, self.weights.grads)
        return plan
