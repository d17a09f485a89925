"""A network as a list of modules."""

from .module import Module
from .rules import A_TENSOR, LIST_OF, MODULE, NOT_NEGATIVE, ROWS, located, outputs_fit, takes


@takes(modules=LIST_OF(MODULE))
class Sequential(Module):
    """Modules one after another: the output of each is the input of the next.

    A ``Sequential`` is a module itself, so it can stand in another one's list.  An error inside
    a module is passed on with a note that says which one it was.
    """

    def __init__(self, modules):
        self.modules = list(modules)

    @takes(x=A_TENSOR)
    @located
    def forward_pass(self, x):
        """Run every module in turn and keep what comes out, the list ``[x, y1, …, yL]``."""
        outputs = [x]
        for module in self.modules:
            outputs.append(module.forward(outputs[-1]))
        return outputs

    @takes(outputs_fit, outputs=LIST_OF(), grad=A_TENSOR)
    @located
    def backward_pass(self, outputs, grad):
        """Run the list of outputs in reverse, as :meth:`forward_pass` gave it: the chain rule.

        Where a module without rules raises an error, those behind it have added to their gradients.

        Returns
        -------
        torch.Tensor
            dL/dx of the first input.  Every module has added to its gradients.
        """
        for k in reversed(range(len(self.modules))):
            grad = self.modules[k].backward(outputs[k], outputs[k + 1], grad)
        return grad

    @takes(x=A_TENSOR)
    def forward(self, x):
        """Return the last module's output, shape (N, out_features of the last module)."""
        return self.forward_pass(x)[-1]

    @takes(x=ROWS, y=ROWS, grad=ROWS)
    def backward(self, x, y, grad):
        """Return dL/dx.  The outputs are not kept but computed again; ``y`` is not needed."""
        return self.backward_pass(self.forward_pass(x), grad)

    def param(self):
        """Return the pairs of all modules, first module first."""
        return [pair for module in self.modules for pair in module.param()]

    @takes(lr=NOT_NEGATIVE)
    def gradient_step(self, lr):
        """Let every module take its step, θ ← θ − lr · dL/dθ."""
        for module in self.modules:
            module.gradient_step(lr)

    def zero_grad(self):
        """Let every module reset its gradients."""
        for module in self.modules:
            module.zero_grad()

    def __repr__(self):
        return f"{type(self).__name__}([{', '.join(map(repr, self.modules))}])"
