"""The front page."""

from .common import OURS, TORCH, pick

STATED = [
    ("Theirs made # % errors on the test data, PyTorch # %", pick(OURS, 0), pick(TORCH, 0)),
]
