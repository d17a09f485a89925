"""A run of training steps as one compiled function.

The gradients of this framework are plain tensor code.  So ``torch.compile`` needs no
autograd to see a whole step, from the mini-batch to the new parameters, and several of
them at once; it works for all modules that keep the contract.
"""

import warnings

import torch

#: Steps in one compiled function.  More of them take longer to compile, and save little.
STEPS = 10


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


class CompiledTraining:
    """Training by compiled steps, and by the same steps uncompiled where there is no compiler.

    Parameters
    ----------
    model : Sequential
        Or another network with ``forward_pass`` and ``backward_pass``.
    loss : MSELoss, or any loss
    lr : float
        The learning rate η.
    """

    def __init__(self, model, loss, lr):
        self.model = model
        self.loss = loss
        self.lr = lr
        self.before = [parameter.clone() for parameter, _ in model.param()]
        self.steps = torch.compile(steps, dynamic=False, options={"cpp_wrapper": True})

    def prepare(self, x):
        """Return the samples as :meth:`epoch` wants them: as they are."""
        return x

    def epoch(self, batches):
        """Take a step on each of a list of mini-batches, and return a list of their losses."""
        for (parameter, _), before in zip(self.model.param(), self.before, strict=True):
            before.copy_(parameter)
        try:
            return self._steps(batches)
        except RuntimeError as error:
            if not isinstance(error, torch._dynamo.exc.TorchDynamoException):
                raise
            reason = str(error).strip().splitlines()[0]
            warnings.warn(
                f"fit: compile=True found no way to compile ({reason}); training goes on without",
                stacklevel=4,
            )
            self.undo()
            self.steps = steps
            return self._steps(batches)

    def _steps(self, batches):
        parts = [batches[start : start + STEPS] for start in range(0, len(batches), STEPS)]
        values = [self.steps(self.model, self.loss, self.lr, part).tolist() for part in parts]
        return [value for part in values for value in part]

    def undo(self):
        """Take back the last epoch."""
        for (parameter, _), before in zip(self.model.param(), self.before, strict=True):
            parameter.copy_(before)

    def load(self):
        """Go on from what the modules hold now: they are what is trained."""

    def store(self):
        """Let the modules hold what was reached: they do."""
