"""The exercises of the book: a file a chapter, gathered here under the keys the chapters use."""

from . import (
    ch01_problem,
    ch02_activations,
    ch03_linear,
    ch04_loss,
    ch05_sequential,
    ch06_sgd,
    ch07_experiment,
    ch08_autograd,
    ch09_speed,
)

CHAPTERS = (
    ch01_problem,
    ch02_activations,
    ch03_linear,
    ch04_loss,
    ch05_sequential,
    ch06_sgd,
    ch07_experiment,
    ch08_autograd,
    ch09_speed,
)
EXERCISES = {key: exercise for chapter in CHAPTERS for key, exercise in chapter.EXERCISES.items()}
