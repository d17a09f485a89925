"""Training by the modules' own methods, as :func:`minidl.train_epoch` does it."""

import torch

from ..train import accumulate_samples


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

    def __init__(self, model, loss, lr, per_sample=False):
        self.model, self.loss, self.lr, self.per_sample = model, loss, lr, per_sample

    def prepare(self, x, y):
        """Return samples and targets as the other methods want them: as they are."""
        return x, y

    def epoch(self, batches):
        """Take a step on each of a list of mini-batches, and return a list of their losses."""
        if not self.per_sample:
            return steps(self.model, self.loss, self.lr, batches).tolist()
        losses = []
        for x, y in batches:
            self.model.zero_grad()
            losses.append(accumulate_samples(self.model, self.loss, x, y))
            self.model.gradient_step(self.lr)
        return losses

    def predict(self, x):
        """Return the network's output for prepared samples."""
        self.store()
        return self.model.forward(x)

    def store(self):
        """Let the modules hold what was reached: they do."""
