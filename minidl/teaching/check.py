"""Check a reader's answer to an exercise, and say what went wrong.

An answer that fails a case is compared with the mistakes that people make: where it
gives the very result of one, the hint says what was done.
"""

import ast
import inspect
import io
import linecache
import re
import time
import warnings
from contextlib import redirect_stdout
from itertools import product

import torch
from IPython import get_ipython

from . import guard, own
from .exercise import complaint, same
from .exercises import EXERCISES
from .probe import Failure

RED, BOLD, PLAIN = "\x1b[31m", "\x1b[1m", "\x1b[0m"

#: For an answer that fails a case, and passes it when it is defined anew and asked nothing else.
KEPT = (
    "Asked this and nothing before it, your code is right: something is kept from earlier calls, "
    "in a name outside the function or in a default value."
)

#: For any other that is right when it is asked for the first time.
LAYOUT = (
    "A matrix is taken to lie in memory row by row, as a transposed one does not; `view` asks for "
    "that, `reshape` does not."
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
    for name in guard.set_back(guard.STANDARD):
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
            if again:
                hint = KEPT if _right_anew(exercise, answer, case, limit, again) else LAYOUT
            else:
                hint = "" if stub else find_hint(exercise, answer, case, outcome, trouble, limit)
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
    the mistake fails.  In cases further on in which the mistake raises an error or gets NaN, an
    answer may do otherwise.  If several mistakes with different hints are left, all are named;
    if none, the hint is the trouble's or the case's own.  The latter is about numbers and
    shapes, and is kept back for other troubles.
    """
    alike = [
        mistake
        for mistake in exercise.wrong_answers
        if same(outcome, theirs := exercise.known(mistake, case)) and complaint(case, theirs)
    ]
    if alike and trouble.kind[0] != "endless":
        with redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
            whole = {other: exercise.outcome(other, answer, limit) for other in exercise.cases}
        later = exercise.cases[exercise.cases.index(case) + 1 :]
        known = {
            mistake: [
                (other, whole[other], theirs)
                for other in exercise.cases
                if not _broke(theirs := exercise.known(mistake, other)) or other not in later
            ]
            for mistake in alike
        }
        exact = [m for m in alike if all(same(ours, theirs) for _, ours, theirs in known[m])]
        if exact or not isinstance(answer, type):
            alike = exact
        alike = [
            mistake
            for mistake in alike
            if all(complaint(c, a) or not complaint(c, b) for c, a, b in known[mistake])
        ]
    hints = list(dict.fromkeys(mistake.hint for mistake in alike))
    if hints:
        return hints[0] if len(hints) == 1 else f"Either: {' Or: '.join(hints)}"
    if trouble.kind[0] != "endless" and _right_anew(exercise, answer, case, limit):
        return KEPT
    if isinstance(outcome, Failure) or trouble.slip:
        return trouble.slip
    if trouble.kind[0] not in ("number", "shape", "nan"):
        return ""
    hints = [(".*", case.hint)] if isinstance(case.hint, str) else case.hint
    return next((hint for start, hint in hints if re.match(start, trouble.sentence)), "")


def _broke(outcome):
    """Whether an error was raised, or a number is none."""
    if isinstance(outcome, Failure):
        return outcome.kind[0] == "raised"
    numbers = (value for value in outcome.values() if isinstance(value, (float, torch.Tensor)))
    return any(torch.as_tensor(number).isnan().any() for number in numbers)


def _right_anew(exercise, answer, case, limit, again=False):
    """Whether an answer passes a case when it has just been defined, as by its cell."""
    parts = vars(answer).values() if isinstance(answer, type) else [answer]
    part = next(filter(inspect.isfunction, parts), None)
    if part is None:
        return False
    file, names = part.__code__.co_filename, dict(part.__globals__)
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
        tree.body = [node for node in tree.body if "check(" not in ast.unparse(node)]
        with redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
            with guard.guarded(limit), guard.no_way_out():
                exec(compile(tree, file, "exec"), names)
            outcome = exercise.outcome(case, names[answer.__name__], limit, again)
    except (Exception, guard.Accident):
        return False
    return complaint(case, outcome) is None


def _slow(exercise, answer, seconds):
    """Say how much slower than the solution an answer is, if it is much slower."""
    if seconds < SLOW:
        return ""
    times = []
    with redirect_stdout(io.StringIO()):
        for version in (answer, exercise.solution):
            start = time.process_time()
            exercise.trouble(version)
            times.append(time.process_time() - start)
    seconds, ours = min(seconds, times[0]), times[1]
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
