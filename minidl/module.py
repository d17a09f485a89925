"""The contract that every part of a network keeps."""

from .rules import NOT_NEGATIVE, takes


class Module:
    """One step of a network: a function of a batch, and its derivative.

    A module computes ``y = f(x; θ)`` for a batch ``x``, one sample a row.  It
    remembers nothing of ``x`` or ``y``: whoever runs the network keeps them and
    hands them back in :meth:`backward`.  Subclasses write ``forward`` and
    ``backward``, and ``param`` if they have parameters.

    Notes
    -----
    The five methods are those of the paper's Table I.
    """

    def forward(self, x):
        """Compute the output for a batch.

        Parameters
        ----------
        x : torch.Tensor, shape (N, in_features)

        Returns
        -------
        torch.Tensor, shape (N, out_features)
        """
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self, x, y, grad):
        """Turn the gradient of the output into the gradient of the input.

        Parameters
        ----------
        x : torch.Tensor, shape (N, in_features)
            What went in.
        y : torch.Tensor, shape (N, out_features)
            What came out: ``forward(x)``.
        grad : torch.Tensor, shape (N, out_features)
            dL/dy, the derivative of the loss with respect to y.

        Returns
        -------
        torch.Tensor, shape (N, in_features)
            dL/dx.  As a side effect dL/dθ is *added* to the stored gradients.
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
        """List the parameters with their gradients.

        Returns
        -------
        list of (torch.Tensor, torch.Tensor)
            Pairs ``(parameter, gradient)`` of equal shape; empty if there are none.
        """
        return []

    def __repr__(self):
        return f"{type(self).__name__}()"
