"""What the book needs and the framework does not: exercise checks, plots, a style."""

from .check import check

__all__ = ["check"]
