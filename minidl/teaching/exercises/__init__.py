"""The exercises of the book: a file a chapter, gathered here under the keys the chapters use."""

from . import (
    activations,
    autograd,
    experiment,
    linear,
    loss,
    problem,
    sequential,
    speed,
    training,
)

CHAPTERS = (
    problem,
    activations,
    linear,
    loss,
    sequential,
    training,
    experiment,
    autograd,
    speed,
)
EXERCISES = {key: exercise for chapter in CHAPTERS for key, exercise in chapter.EXERCISES.items()}
