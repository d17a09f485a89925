"""The ladder of the chapter on speed: from the paper's loops to the fast ``fit``."""

import torch
from contestants import Floor, Minidl, MinidlCompiled, Torch

from minidl import Linear, accumulate_batch, accumulate_samples, minibatches, train_epoch


class Loops(Minidl):
    """The paper's way: each sample forward and backward by itself."""

    name = "sample by sample, as in the paper"
    accumulate = staticmethod(accumulate_samples)

    def train(self):
        task = self.task
        options = {"batch_size": task.batch_size, "lr": task.lr, "accumulate": self.accumulate}
        return [
            train_epoch(self.network, self.loss, self.x, self.y, **options)
            for _ in range(task.epochs)
        ]


class Batches(Loops):
    """All samples of a mini-batch at once, with the methods of the chapters."""

    name = "mini-batches as matrices"
    accumulate = staticmethod(accumulate_batch)


def unchecked(method):
    """Take the argument checks off a method."""
    return method.__func__.__wrapped__.__get__(method.__self__)


class Unchecked(Minidl):
    """The same formulas, without the checks of the arguments."""

    name = "… without argument checks"

    def train(self):
        forward = [unchecked(module.forward) for module in self.network.modules]
        backward = [unchecked(module.backward) for module in self.network.modules]
        loss_forward, loss_backward = unchecked(self.loss.forward), unchecked(self.loss.backward)
        losses = []
        for _ in range(self.task.epochs):
            total = 0.0
            for x, y in minibatches(self.x, self.y, self.task.batch_size):
                self.zero_grad()
                outputs = [x]
                for method in forward:
                    outputs.append(method(outputs[-1]))
                total += loss_forward(outputs[-1], y).item() * len(x)
                grad = loss_backward(outputs[-1], y)
                for k in reversed(range(len(backward))):
                    grad = backward[k](outputs[k], outputs[k + 1], grad)
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
        pairs = self.network.param()
        self.parameter_buffer = torch.cat([parameter.flatten() for parameter, _ in pairs])
        self.grad_buffer = torch.zeros_like(self.parameter_buffer)
        start = 0
        for module in self.network.modules:
            if isinstance(module, Linear):
                for name in ("weight", "bias"):
                    shape = getattr(module, name).shape
                    part = slice(start, start + shape.numel())
                    setattr(module, name, self.parameter_buffer[part].view(shape))
                    setattr(module, f"{name}_grad", self.grad_buffer[part].view(shape))
                    start = part.stop

    def zero_grad(self):
        self.grad_buffer.zero_()

    def step(self):
        self.parameter_buffer.add_(self.grad_buffer, alpha=-self.task.lr)


class Fit(Minidl):
    """``minidl.fit``: fewer operations."""

    name = "… fewer operations: minidl.fit"


class FitCompiled(MinidlCompiled):
    """The same compiled."""

    name = "… compiled: minidl.fit(compile=True)"


#: From slow to fast; PyTorch and the floor to compare with.
LADDER = {
    "loops": Loops,
    "batches": Batches,
    "unchecked": Unchecked,
    "one-buffer": OneBuffer,
    "minidl": Fit,
    "minidl-compiled": FitCompiled,
    "torch": Torch,
    "floor": Floor,
}
