"""Check a reader's answer to an exercise, and say what went wrong.

An answer that fails a case is compared with the mistakes that people make: where it
gives the very result of one, the hint says what was done.
"""

from contextlib import redirect_stdout

from . import guard, own
from .exercise import complaint, same
from .exercises import EXERCISES
from .probe import Failure

RED, BOLD, PLAIN = "\x1b[31m", "\x1b[1m", "\x1b[0m"


def check(key, answer, limit=guard.SECONDS):
    """Check an answer, print what was found, and return what the chapter goes on with.

    Whatever the answer does, later cells find PyTorch and ``minidl`` as they were.

    Parameters
    ----------
    key : str
        Name of the exercise, as the chapter gives it.
    answer : type or callable
        The reader's class or function.
    limit : float
        Seconds that it may take for each of the exercise's properties.

    Returns
    -------
    type or callable
        The answer itself if it passes every case, else the book's own.
    """
    exercise = EXERCISES[key]
    title = f"Exercise {exercise.number}, {exercise.name}"
    if answer is exercise.solution:
        print(f"{title}: this is the book's own. Run the cell with yours, then this one again.")
        return answer
    guard.watch_names()
    for name in guard.mend_settings():
        print(f"Before this check {name} had been changed; it has been set back.")
    for name in guard.mend_names():
        print(f"Before this check something stood in the place of `{name}`; it has been put back.")
    passed = []
    for case in exercise.cases:
        outcome = exercise.outcome(case, answer, limit)
        trouble = complaint(case, outcome)
        if trouble is None:
            passed.append(f"  ✓ {case.label}")
            continue
        stub = isinstance(outcome, Failure) and outcome.kind[0] == "stub"
        if stub and len(passed) <= exercise.given and exercise.untouched(answer):
            print(f"{title}: not attempted yet.")
        else:
            print(f"{BOLD}{RED}{title}: not yet.{PLAIN}")
            print(*passed, sep="\n", end="\n" if passed else "")
            print(f"  {RED}✗{PLAIN} {case.label}")
            print(f"    {trouble.sentence}{'' if trouble.sentence.endswith('?') else '.'}")
            hint = "" if stub else find_hint(exercise, answer, case, outcome, trouble, limit)
            if hint:
                print(f"    {BOLD}Hint:{PLAIN} {hint}")
        print(f"Until it passes, the chapter goes on with the book's {exercise.name}.")
        return exercise.solution
    print(f"{title}: passed.")
    print(*passed, sep="\n")
    kept = own.keep(exercise, answer)
    if kept:
        print(kept)
    return answer


def find_hint(exercise, answer, case, outcome, trouble, limit=guard.SECONDS):
    """Return the hint of the mistake that gives the same outcome, else the case's own.

    Where several mistakes fit the failed case, all cases decide between them.  The
    case's own hint is about numbers and shapes, and is kept back for other troubles.
    """
    earlier = exercise.cases[: exercise.cases.index(case)]
    alike = [
        mistake
        for mistake in exercise.wrong_answers
        if same(outcome, exercise.outcome(case, mistake.answer))
        and not any(complaint(c, exercise.outcome(c, mistake.answer)) for c in earlier)
    ]
    if len(alike) > 1:
        with redirect_stdout(None):
            whole = [exercise.outcome(other, answer, limit) for other in exercise.cases]
        for mistake in alike:
            theirs = [exercise.outcome(other, mistake.answer) for other in exercise.cases]
            if all(map(same, whole, theirs)):
                return mistake.hint
    if alike:
        return alike[0].hint
    if isinstance(outcome, Failure):
        return outcome.slip
    return case.hint if trouble.kind[0] in ("number", "shape") else ""
