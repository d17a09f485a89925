"""The loss: one number that says how wrong a batch of predictions is."""

from .rules import ONE_OF, TENSOR, takes


@takes(reduction=ONE_OF("mean", "sum"))
class MSELoss:
    """Mean squared error, L = Σ (p − t)² / (N·C), over N samples of C outputs.

    Parameters
    ----------
    reduction
        ``"mean"`` divides by all N·C numbers, as ``torch.nn.MSELoss`` does;
        ``"sum"`` does not divide.
    """

    def __init__(self, reduction="mean"):
        self.reduction = reduction

    @takes(prediction=TENSOR(some=True), target=TENSOR(same="prediction"))
    def forward(self, prediction, target):
        """Return the loss, a 0-d tensor, for two tensors of equal shape (N, C)."""
        squares = (prediction - target).square()
        return squares.mean() if self.reduction == "mean" else squares.sum()

    @takes(prediction=TENSOR(some=True), target=TENSOR(same="prediction"))
    def backward(self, prediction, target):
        """Return dL/dp, shape (N, C): the gradient of the very number ``forward`` gives."""
        grad = 2 * (prediction - target)
        return grad / grad.numel() if self.reduction == "mean" else grad

    def __repr__(self):
        return f"{type(self).__name__}(reduction={self.reduction!r})"
