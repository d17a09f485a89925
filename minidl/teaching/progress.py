"""Which exercises have passed, chapter by chapter, as the reader's own framework has them."""

import textwrap
from pathlib import Path

from . import own
from .exercises import EXERCISES


def progress(chapter=None, file=own.FILE):
    """Print which exercises have passed, and what the paper's experiment still needs.

    Parameters
    ----------
    chapter : int, optional
        This one alone; all if None.
    file : str or Path
        Where the checks keep what has passed.
    """
    kept = {}
    try:
        if own.enabled():
            _, kept = own.read(Path(file))
    except (OSError, UnicodeDecodeError, own.NotKept) as error:
        print(f"{file} cannot be read: {error}.")
    if chapter is None and not Path(file).is_file():
        print(f"There is no {file} here; the checks write it beside the notebooks.")
    chapters = {}
    for exercise in sorted(EXERCISES.values(), key=lambda exercise: own.place(exercise.number)):
        number, _ = own.place(exercise.number)
        if chapter in (None, number):
            chapters.setdefault(number, []).append(exercise)
    for number, exercises in chapters.items():
        marks = (f"{'✓' if e.number in kept else '·'} {e.number} {e.name}" for e in exercises)
        _print_wrapped(f"{number}  ", marks, "  ")
    shown = [exercise for exercises in chapters.values() for exercise in exercises]
    passed = sum(exercise.number in kept for exercise in shown)
    print(f"{passed} of {len(shown)} exercises passed.")
    lacking = []
    for exercise in shown:
        _, text = kept.get(exercise.number, ("", ""))
        title = f"{exercise.number} {exercise.name}"
        if own.REMARK in text:
            print(f"{title}: {text.removeprefix('#').strip()}")
        if exercise.number in own.NEEDED and exercise.name not in own.defined(text):
            lacking.append(title)
    if lacking:
        _print_wrapped("The paper's experiment still needs ", lacking, ", ", end=".")


def _print_wrapped(begin, parts, between, end=""):
    """Print parts on lines of at most 79 characters that break between two of them."""
    text = between.join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)
    lines = textwrap.fill(text + end, 79, initial_indent=begin, subsequent_indent="   ")
    print(lines.replace("\N{NO-BREAK SPACE}", " "))
