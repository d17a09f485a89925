"""Stochastic gradient descent."""

from .rules import HAS, NOT_NEGATIVE, takes


@takes(model=HAS("gradient_step", "zero_grad"), lr=NOT_NEGATIVE)
class SGD:
    """Plain stochastic gradient descent, θ ← θ − η · dL/dθ, with learning rate η = ``lr``.

    "Stochastic" is in the gradients, not here: they come from a few samples at a
    time.  The step itself is each module's own ``gradient_step``.
    """

    def __init__(self, model, lr):
        self.model = model
        self.lr = lr

    def step(self):
        """Move every parameter against its gradient."""
        self.model.gradient_step(self.lr)

    def zero_grad(self):
        """Forget the gradients added up so far."""
        self.model.zero_grad()

    def __repr__(self):
        return f"SGD(lr={self.lr})"
