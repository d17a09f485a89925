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
