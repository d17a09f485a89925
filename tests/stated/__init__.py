"""Where the numbers of the prose come from that are not in a formula or near by.

A file for each chapter holds a list of entries: words of the text, each ``#`` a number,
and the sources of these numbers in order.  Words without ``#`` are a claim, and their
source must be true.
"""

from . import (
    activations,
    autograd,
    experiment,
    intro,
    linear,
    loss,
    problem,
    sequential,
    sgd,
    speed,
)

STATED = {
    "intro": intro.STATED,
    "01_problem": problem.STATED,
    "02_activations": activations.STATED,
    "03_linear": linear.STATED,
    "04_loss": loss.STATED,
    "05_sequential": sequential.STATED,
    "06_sgd": sgd.STATED,
    "07_experiment": experiment.STATED,
    "08_autograd": autograd.STATED,
    "09_speed": speed.STATED,
}
