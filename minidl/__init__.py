"""minidl: a small deep-learning framework on PyTorch tensor operations alone.

The book that builds it, chapter by chapter, is in ``book/``.
"""

from .activations import ReLU, Sigmoid, Tanh
from .data import balanced_radius, disc, disc_fold, error_rate, minibatches, one_hot, standardize
from .fast.fit import fit
from .gradcheck import gradcheck, gradcheck_loss, numerical_gradient
from .linear import Linear, xavier_std
from .losses import MSELoss
from .module import Module
from .optim import SGD
from .sequential import Sequential
from .train import History, accumulate_batch, accumulate_samples, train_epoch

__all__ = [
    "SGD",
    "History",
    "Linear",
    "MSELoss",
    "Module",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "accumulate_batch",
    "accumulate_samples",
    "balanced_radius",
    "disc",
    "disc_fold",
    "error_rate",
    "fit",
    "gradcheck",
    "gradcheck_loss",
    "minibatches",
    "numerical_gradient",
    "one_hot",
    "standardize",
    "train_epoch",
    "xavier_std",
]
