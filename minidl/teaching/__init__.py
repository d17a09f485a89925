"""What the book needs and the framework does not: exercise checks, plots, a style."""

from .check import check
from .progress import progress

__all__ = ["check", "progress"]
