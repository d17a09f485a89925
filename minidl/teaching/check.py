"""Check a reader's answer to an exercise, and say what went wrong.

An answer that fails a case is compared with the mistakes that people make: where it
gives the very result of one, the hint says what was done.
"""

import ast
import io
import re
import time
from contextlib import redirect_stdout
from itertools import product

from IPython import get_ipython

from . import guard, own
from .exercise import complaint, same
from .exercises import EXERCISES
from .probe import Failure

RED, BOLD, PLAIN = "\x1b[31m", "\x1b[1m", "\x1b[0m"

#: For an answer that is right when it is asked for the first time.
AGAIN = (
    "Either: something is kept from an earlier call. Or: a matrix is taken to lie in memory row by "
    "row, as a transposed one does not; `view` asks for that, `reshape` does not."
)

#: An answer is slow if its check computes for so many seconds, and so many times the solution's.
SLOW, TIMES = 0.5, 10


def check(key, answer, limit=guard.SECONDS):
    """Check an answer, print what was found, and return what the chapter goes on with.

    Whatever the answer does, later cells find PyTorch's settings as they were.

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
        The answer itself if it passes every case and is not slow, else the book's own.
    """
    exercise = EXERCISES[key]
    title = f"Exercise {exercise.number}, {exercise.name}"
    unread = _unread(exercise.name)
    if answer is exercise.solution:
        print(f"{title}: this is the book's own, and the chapter goes on with it.")
        print(unread or "The cell with yours was not run (again), or it ended in an error.")
        print("Run that cell, mended if need be, and then this one.")
        return answer
    if unread:
        print(f"{unread} What is looked at here is the version before it.")
    for name in guard.mend_settings():
        print(f"Before this check {name} had been changed; it has been set back.")
    passed, start = [], time.process_time()
    for again, case in product((False, True), exercise.cases):
        outcome = exercise.outcome(case, answer, limit, again)
        trouble = complaint(case, outcome)
        if trouble is None:
            passed += [] if again else [f"  ✓ {case.label}"]
            continue
        stub = isinstance(outcome, Failure) and outcome.kind[0] == "stub"
        if stub and len(passed) <= exercise.given and exercise.untouched(answer):
            print(f"{title}: not attempted yet.")
        else:
            print(f"{BOLD}{RED}{title}: not yet.{PLAIN}")
            print(*passed, sep="\n", end="\n" if passed else "")
            if trouble.kind[0] not in ("kind", "signature"):
                print(f"  {RED}✗{PLAIN} {'asked once more: ' if again else ''}{case.label}")
            print(f"    {trouble.sentence}{'' if trouble.sentence.endswith('?') else '.'}")
            hint = "" if stub else find_hint(exercise, answer, case, outcome, trouble, limit)
            hint = AGAIN if again else hint
            if hint:
                print(f"    {BOLD}Hint:{PLAIN} {hint}")
        print(f"Until it passes, the chapter goes on with the book's {exercise.name}.")
        return exercise.solution
    slow = _slow(exercise, answer, time.process_time() - start)
    print(f"{title}: passed.")
    print(*passed, sep="\n")
    kept = own.keep(exercise, answer)
    if kept:
        print(kept)
    if slow:
        print(f"It is right, but slow: {slow}.")
        print(f"Lest a figure take minutes, the chapter goes on with the book's {exercise.name}.")
        return exercise.solution
    return answer


def find_hint(exercise, answer, case, outcome, trouble, limit=guard.SECONDS):
    """Return the hint of the mistake that fails the same case with the same outcome.

    One case may agree by chance: a function must be like the mistake in all of them.  Of a
    class other methods may be wrong as well, and so it is enough if it passes no case that
    the mistake fails.  If several mistakes with different hints are left, all are named; if
    none, the hint is the trouble's or the case's own.  The latter is about numbers and
    shapes, and is kept back for other troubles.
    """
    alike = [
        (mistake, [exercise.known(mistake, other) for other in exercise.cases])
        for mistake in exercise.wrong_answers
        if same(outcome, theirs := exercise.known(mistake, case)) and complaint(case, theirs)
    ]
    if alike and trouble.kind[0] != "endless":
        with redirect_stdout(io.StringIO()):
            whole = [exercise.outcome(other, answer, limit) for other in exercise.cases]
        exact = [pair for pair in alike if all(map(same, whole, pair[1]))]
        if exact or not isinstance(answer, type):
            alike = exact
        passes = [not complaint(*pair) for pair in zip(exercise.cases, whole, strict=True)]
        for mistake, theirs in alike[:]:
            fails = map(complaint, exercise.cases, theirs)
            if any(a and b for a, b in zip(passes, fails, strict=True)):
                alike.remove((mistake, theirs))
    hints = list(dict.fromkeys(mistake.hint for mistake, _ in alike))
    if hints:
        return hints[0] if len(hints) == 1 else f"Either: {' Or: '.join(hints)}"
    if isinstance(outcome, Failure) or trouble.slip:
        return trouble.slip
    return case.hint if trouble.kind[0] in ("number", "shape", "nan") else ""


def _slow(exercise, answer, seconds):
    """Say how much slower than the solution an answer is, if it is much slower."""
    if seconds < SLOW:
        return ""
    with redirect_stdout(io.StringIO()):
        seconds = min(seconds, exercise.seconds(answer))
        ours = exercise.seconds(exercise.solution)
    if seconds < max(SLOW, TIMES * ours):
        return ""
    return f"this took {seconds:.1f} seconds, and {ours:.2g} with the book's own"


# ---- the notebook's cells


def _unread(name):
    """Say what is wrong with the last cell that was to define a name, if Python cannot read it."""
    shell = get_ipython()
    for cell in reversed(shell.user_ns.get("In", []) if shell else []):
        if re.search(rf"^(class|def) {name}\b", cell, re.MULTILINE):
            try:
                compile(cell, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            except SyntaxError as error:
                where = f"in its line {error.lineno}: {error.msg}"
                return f"The cell with your {name} cannot be read, for a mistake {where}."
            return ""
    return ""


def _stand_in(info):
    """Before the cell of a check runs: if its name is undefined, let it be the book's own.

    The cell with the reader's has not been run, or ended in an error.
    """
    for name, key in re.findall(r'^(\w+) = check\("(.+)", \1\)', info.raw_cell, re.MULTILINE):
        if key in EXERCISES:
            get_ipython().user_ns.setdefault(name, EXERCISES[key].solution)


if get_ipython() is not None:
    get_ipython().events.register("pre_run_cell", _stand_in)
