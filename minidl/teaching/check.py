"""Check a reader's answer to an exercise, and say what went wrong.

An :class:`Exercise` has *cases*, each a property that a right answer has, with an
independent oracle; and *mistakes*, wrong answers that people write, each runnable
and with a hint.  An answer that fails a case is compared with the mistakes: where
it gives the very result of one, the hint says what was done.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from .probe import Failure, Probe

RED, BOLD, PLAIN = "\x1b[31m", "\x1b[1m", "\x1b[0m"


@dataclass(frozen=True)
class Case:
    """One property of a right answer.

    Parameters
    ----------
    label : str
        The property, as the reader sees it.
    run : callable
        ``run(answer, probe)`` returns a dict from names to values: tensors,
        numbers, booleans.
    expect : callable
        ``expect()`` returns the same dict as it should be, from an oracle that
        shares no code with the solution.
    hint : str
        For answers that equal no known mistake.
    tol : float
        Largest difference allowed, relative to values above 1.
    """

    label: str
    run: Callable
    expect: Callable
    hint: str = ""
    tol: float = 1e-9


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people write, and what to tell them."""

    answer: Callable
    hint: str


@dataclass(frozen=True)
class Exercise:
    """What a reader is to write.

    Parameters
    ----------
    number : str
        Chapter and number, ``"2.1"``.
    solution : type or callable
        The book's own.
    cases : tuple of Case
        In the order in which they are tried.
    mistakes : tuple of Mistake
    given : int
        How many of the first cases the stub passes as it stands.
    """

    number: str
    solution: Callable
    cases: tuple
    mistakes: tuple
    given: int = 0

    @property
    def name(self):
        """Name of the class or function that is to be written."""
        return self.solution.__name__

    def outcome(self, case, answer):
        """Run one case on an answer.

        Returns
        -------
        dict or Failure
            The values, or what kept them from coming out.
        """
        probe = Probe(answer, f"Exercise {self.number}")
        try:
            if isinstance(self.solution, type) and not isinstance(answer, type):
                raise Failure(
                    ("kind",), f"this is {_short(answer)}, wanted the class `{self.name}`"
                )
            if not callable(answer):
                raise Failure(
                    ("kind",), f"this is {_short(answer)}, wanted the function `{self.name}`"
                )
            return case.run(answer, probe)
        except Failure as failure:
            return failure
        except Exception as error:
            return probe.failure(self.name, error)


def check(key, answer):
    """Check an answer, print what was found, and return what the chapter goes on with.

    Parameters
    ----------
    key : str
        Name of the exercise, as the chapter gives it.
    answer : type or callable
        The reader's class or function.

    Returns
    -------
    type or callable
        The answer itself if it passes every case, else the book's own.
    """
    from .exercises import EXERCISES

    exercise = EXERCISES[key]
    title = f"Exercise {exercise.number}, {exercise.name}"
    passed = []
    for case in exercise.cases:
        outcome = exercise.outcome(case, answer)
        trouble = complaint(case, outcome)
        if trouble is None:
            passed.append(f"  ✓ {case.label}")
            continue
        untouched = isinstance(outcome, Failure) and outcome.kind[0] == "stub"
        if untouched and len(passed) <= exercise.given:
            print(f"{title}: not attempted yet.")
        else:
            print(f"{BOLD}{RED}{title}: not yet.{PLAIN}")
            print(*passed, sep="\n", end="\n" if passed else "")
            print(f"  {RED}✗{PLAIN} {case.label}")
            print(f"    {trouble}.")
            hint = "" if untouched else find_hint(exercise, answer, case, outcome)
            if hint:
                print(f"    {BOLD}Hint:{PLAIN} {hint}")
        print(f"Until it passes, the chapter goes on with the book's {exercise.name}.")
        return exercise.solution
    print(f"{title}: passed.")
    print(*passed, sep="\n")
    return answer


def find_hint(exercise, answer, case, outcome):
    """Return the hint of the mistake that gives the same outcome, else the case's own.

    Where several mistakes fit the failed case, all cases decide between them.
    """
    alike = [
        mistake
        for mistake in exercise.mistakes
        if same(outcome, exercise.outcome(case, mistake.answer))
    ]
    if len(alike) > 1:
        whole = [exercise.outcome(other, answer) for other in exercise.cases]
        for mistake in alike:
            theirs = [exercise.outcome(other, mistake.answer) for other in exercise.cases]
            if all(map(same, whole, theirs)):
                return mistake.hint
    if alike:
        return alike[0].hint
    return "" if isinstance(outcome, Failure) else case.hint


def complaint(case, outcome):
    """Say what is wrong with an outcome, or return None if it is as expected."""
    if isinstance(outcome, Failure):
        return outcome.sentence
    for name, expected in case.expect().items():
        trouble = difference(name, outcome[name], expected, case.tol)
        if trouble:
            return trouble
    return None


def difference(name, value, expected, tol):
    """Say where a value differs from the expected one, or return None."""
    if not isinstance(expected, torch.Tensor):
        return _plain_difference(name, value, expected, tol)
    if not isinstance(value, torch.Tensor):
        return f"{name} is {_short(value)}, expected a tensor of shape {tuple(expected.shape)}"
    if value.shape != expected.shape:
        return f"{name} has shape {tuple(value.shape)}, expected {tuple(expected.shape)}"
    if value.dtype != expected.dtype:
        return f"{name} has dtype {value.dtype}, expected {expected.dtype}"
    if value.isnan().any() and not expected.isnan().any():
        return f"{name} holds NaN, 'not a number'{_places(value.isnan())}"
    wrong = ~torch.isclose(value, expected, rtol=tol, atol=tol)
    if not wrong.any():
        return None
    entry = tuple(wrong.nonzero()[0].tolist())
    at = f" at [{', '.join(map(str, entry))}]" if entry else ""
    return (
        f"{name}{at} is {value[entry].item():.6g}, expected {expected[entry].item():.6g}"
        f"{_places(wrong)}"
    )


def same(one, other):
    """Whether two outcomes are alike: the same failure, or equal values."""
    if isinstance(one, Failure) or isinstance(other, Failure):
        return isinstance(one, Failure) and isinstance(other, Failure) and one.kind == other.kind
    return one.keys() == other.keys() and all(_equal(one[name], other[name]) for name in one)


def _plain_difference(name, value, expected, tol):
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        value = value.item()
    if isinstance(expected, float) and isinstance(value, (int, float)):
        if abs(value - expected) <= tol * max(1, abs(expected)):
            return None
        return f"{name} is {value:.6g}, expected {expected:.6g}"
    if type(value) is type(expected) and value == expected:
        return None
    return f"{name} is {_short(value)}, expected {expected!r}"


def _equal(one, other):
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        return (
            one.shape == other.shape
            and one.dtype == other.dtype
            and torch.allclose(one, other, rtol=1e-9, atol=1e-12, equal_nan=True)
        )
    if isinstance(one, float) and isinstance(other, float):
        return one == other or abs(one - other) <= 1e-9 * max(1, abs(one))
    return type(one) is type(other) and one == other


def _places(mask):
    return f"; {mask.sum().item()} of {mask.numel()} entries are wrong" if mask.numel() > 1 else ""


def _short(value):
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    text = repr(value)
    if len(text) > 40:
        text = text[:40] + "…"
    return f"{text} (a {type(value).__name__})"
