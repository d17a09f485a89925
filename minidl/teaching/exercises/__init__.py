"""The exercises of the book: a file a chapter, gathered here under the keys the chapters use."""

from . import activations, linear, problem

EXERCISES = {**problem.EXERCISES, **activations.EXERCISES, **linear.EXERCISES}
