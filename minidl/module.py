"""The contract that every part of a network keeps."""

from .rules import NOT_NEGATIVE, takes


class Module:
    """One step of a network: a function of a batch, and its derivative.

    A module computes ``y = f(x; θ)`` for a batch ``x``, one sample a row.  It
    remembers nothing of ``x`` or ``y``: whoever runs the network keeps them and
    hands them back in :meth:`backward`.  Subclasses write ``forward`` and
    ``backward``, and ``param`` if they have parameters.  The five methods are those of
    the paper's Table I.
    """

    def forward(self, x):
        """Return the output, shape (N, out_features), for a batch, shape (N, in_features)."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self, x, y, grad):
        """Return dL/dx, in the shape of x, and *add* dL/dθ to the stored gradients.

        Parameters
        ----------
        x, y : torch.Tensor, shapes (N, in_features) and (N, out_features)
            What went in, and what came out: ``forward(x)``.
        grad : torch.Tensor, shape (N, out_features)
            dL/dy, the derivative of the loss with respect to y.
        """
        raise NotImplementedError(f"{type(self).__name__} has no backward")

    @takes(lr=NOT_NEGATIVE)
    def gradient_step(self, lr):
        """Take one step of gradient descent with learning rate lr, θ ← θ − lr · dL/dθ, in place."""
        for parameter, grad in self.param():
            parameter.add_(grad, alpha=-lr)

    def zero_grad(self):
        """Set the stored gradients to zero, in place."""
        for _, grad in self.param():
            grad.zero_()

    def param(self):
        """List the pairs ``(parameter, gradient)``, two tensors of equal shape; maybe none."""
        return []

    def __repr__(self):
        return f"{type(self).__name__}()"
