"""Sources of the numbers in the prose: stored outputs, code, and the chapters run again.

What a source stands for is a list of numbers.  ``#`` in a pattern is a number.
"""

import contextlib
import io
import os
import re
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context

from notebooks import CHAPTERS, ROOT, as_python, code_cells, read
from prose import printed

#: Cells that take long, and what is built on them: run with the whole suite only.
SLOW = set(
    "06-047 06-049 07-025 07-026 07-035 07-037 07-038 07-042 07-043 07-052 08-034 08-036 08-038 "
    "08-043 08-047 08-049 08-053 08-058 08-070".split()
)

#: Cells whose results no source asks for, left out because they take long.
UNUSED = set(
    "02-slope 02-spread 03-init 06-034 06-043 06-051 06-062 06-dials 07-010 07-050 07-width "
    "08-014 08-023 08-045 08-050 08-051 08-060 08-061 08-063 08-065 08-066 08-068 08-start "
    "08-073 08-074 08-075".split()
)

#: What a cell that is left out would have found, needed for the drawing of another.
FOUND = {"within": True}

#: A number in code and output.
FIGURE = r"[−-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?"


@cache
def pattern(words, figure=FIGURE):
    """Compile words in which ``#`` is a number and any blank is any space."""
    parts = [r"\s+".join(map(re.escape, part.split(" "))) for part in words.split("#")]
    return re.compile(f"({figure})".join(parts))


@cache
def cells():
    """Map the ids of all code cells to the cells."""
    return {cell.id: cell for path in CHAPTERS for cell in code_cells(read(path))}


def _found(cell, text, words):
    matches = list(pattern(words).finditer(text))
    if len(matches) != 1:
        raise LookupError(f"{cell}: {words!r} stands there {len(matches)} times")
    return [float(group.replace("−", "-")) for group in matches[0].groups()]


@dataclass(frozen=True)
class out:
    """Numbers in the stored output of a cell."""

    cell: str
    words: str

    def values(self, ran):
        return _found(self.cell, printed(cells()[self.cell]), self.words)


@dataclass(frozen=True)
class code:
    """Numbers in the code of a cell."""

    cell: str
    words: str

    def values(self, ran):
        return _found(self.cell, cells()[self.cell].source, self.words)


@dataclass(frozen=True)
class run:
    """An expression, evaluated right after a cell of the chapter has run."""

    cell: str
    expression: str

    @property
    def slow(self):
        return self.cell in SLOW

    def values(self, ran):
        return ran[self]


@dataclass(frozen=True)
class calc:
    """Numbers that the table itself computes."""

    numbers: tuple

    def __init__(self, *numbers):
        object.__setattr__(self, "numbers", numbers)

    def values(self, ran):
        return list(map(float, self.numbers))


@dataclass(frozen=True)
class measured(calc):
    """Numbers that no test computes, and how they were found."""

    how: str

    def __init__(self, how, *numbers):
        super().__init__(*numbers)
        object.__setattr__(self, "how", how)


@dataclass(frozen=True)
class of:
    """What a function makes of the numbers of other sources."""

    function: object
    sources: tuple

    def __init__(self, function, *sources):
        object.__setattr__(self, "function", function)
        object.__setattr__(self, "sources", sources)

    def values(self, ran):
        return flat(self.function(*(v for source in self.sources for v in source.values(ran))))


def flat(value):
    """List the numbers in a number, a tensor, or a sequence of them."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, (list, tuple)):
        return [number for part in value for number in flat(part)]
    return [float(value)]


def runs(sources):
    """List the ``run`` sources among sources."""
    for source in sources:
        if isinstance(source, run):
            yield source
        elif isinstance(source, of):
            yield from runs(source.sources)


def evaluate(sources, *, slow):
    """Run the chapters as far as ``run`` sources need them; map each to its numbers."""
    wanted = {source for source in runs(sources) if slow or not source.slow}
    jobs = []
    for path in CHAPTERS:
        ids = [cell.id for cell in code_cells(read(path))]
        mine = sorted((s for s in wanted if s.cell in ids), key=lambda s: s.expression)
        if mine:
            jobs.append((path, mine))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as workers:
        parts = list(workers.map(_run_chapter, *zip(*jobs[::-1], strict=True)))
    return {source: values for part in parts for source, values in part.items()}


def _run_chapter(path, sources):
    """Run a chapter's cells and evaluate the sources, each right after its cell."""
    os.environ["MINIDL_OWN"] = "off"
    import matplotlib
    import matplotlib.pyplot as plt
    import torch

    matplotlib.use("Agg")
    torch.set_num_threads(1)
    os.chdir(ROOT / "book")
    slow = any(source.slow for source in sources)
    left, namespace, found = set(sources), dict(FOUND), {}
    for cell in code_cells(read(path)):
        if not left:
            break
        if cell.id in UNUSED or (cell.id in SLOW and not slow):
            continue
        plt.close("all")
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(as_python(cell.source), cell.id, "exec"), namespace)
        for source in [source for source in left if source.cell == cell.id]:
            found[source] = flat(eval(f"({source.expression})", dict(namespace)))
            left.remove(source)
    assert not left, left
    return found
