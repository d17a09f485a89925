"""Draw without a window, keep no reader's framework, and begin with what takes longest."""

import os

import hypothesis
import matplotlib

matplotlib.use("Agg")
os.environ["MINIDL_OWN"] = "off"

# No test fails for the clock: the first example may be slow on a busy machine.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

#: The files that take longest, in this order, so that no process is left alone with one at the
#: end (``make test`` gives a file to the next process that is free).
LONGEST = [
    "test_distributed.py",
    "test_exercises.py",
    "test_every_page.py",
    "test_solved.py",
    "test_plan.py",
    "test_lab.py",
    "test_reading.py",
    "08_autograd.ipynb",
    "test_own.py",
    "07_experiment.ipynb",
]


def pytest_collection_modifyitems(items):
    """Put the longest files first; within a file all stays in order."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONGEST)))
