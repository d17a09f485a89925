"""Wrong answers that people write, as edits of the solution, each with its hint.

An exercise lists them as text, in stanzas with a blank line between::

    x.clamp(min=0) => x.abs()
    # This is |x|: negative numbers become 0, not positive.

The piece on the left stands exactly once in the solution, as :func:`plain` writes it.
More lines with an arrow are more edits of the same answer; an indented line goes on
with what is put in.  ``or``, on a line by itself, begins another answer with the same hint.

Where an edit will not do, a ``def`` stands in the place of the solution, or of its
method of that name.
"""

import ast
import inspect
import linecache
import math
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import torch

ARROW = " => "

#: Decorators that are no checks.
PYTHONS_OWN = ("property", "staticmethod", "classmethod", "dataclass")


@dataclass(frozen=True)
class Mistake:
    """A wrong answer, and what to tell whoever wrote it."""

    name: str
    answer: Callable
    hint: str


def read_mistakes(text, solution, name):
    """Read the stanzas of an exercise of this name as a tuple of :class:`Mistake`.

    A ValueError says which piece does not stand exactly once in the solution.
    """
    source, mistakes = plain(solution), []
    for stanza in filter(None, text.strip().split("\n\n")):
        lines = stanza.splitlines()
        hint = " ".join(line[2:] for line in lines if line.startswith("# "))
        code = "\n".join(line for line in lines if not line.startswith("# "))
        for change in code.split("\nor\n"):
            title = f"{name} {len(mistakes) + 1}"
            if change.startswith("def "):
                wrong = replaced(source, change)
            else:
                wrong = edited(source, change, title)
            mistakes.append(Mistake(title, compiled(wrong, solution, title), hint))
    return tuple(mistakes)


def plain(thing):
    """Source of a class or function as readers see it, each statement on one line."""
    source = textwrap.dedent(inspect.getsource(thing))
    return ast.unparse(bare(ast.parse(source).body[0]))


def bare(node):
    """Strip a class or function to its mathematics: no docstrings, rules, calls of check_…."""

    class Strip(ast.NodeTransformer):
        def visit_ClassDef(self, node):
            self.generic_visit(node)
            node.decorator_list = [d for d in node.decorator_list if ast.unparse(d) in PYTHONS_OWN]
            if isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant):
                del node.body[0]
            return node

        visit_FunctionDef = visit_ClassDef

        def visit_Expr(self, node):
            name = getattr(getattr(node.value, "func", None), "id", "")
            return None if name.startswith("check_") else node

    return Strip().visit(node)


def edited(source, change, title):
    """Apply the edits of one wrong answer; each piece is looked for in the source as it was."""
    pairs = []
    for line in change.splitlines():
        piece, arrow, put = f"{line} ".partition(ARROW)
        if arrow:
            pairs.append([piece.strip(), put.strip()])
        elif pairs:
            pairs[-1][1] = f"{pairs[-1][1]}\n{line.removeprefix('    ')}".lstrip("\n")
        else:
            raise ValueError(f"{title}: `{line}` has no arrow")
    for piece, _ in pairs:
        if source.count(piece) != 1:
            times = f"stands {source.count(piece)} times in the solution, wanted once"
            raise ValueError(f"{title}: `{piece}` {times}:\n{source}")
    for at, piece, put in sorted(((source.index(p), p, put) for p, put in pairs), reverse=True):
        before, after = source[:at], source[at + len(piece) :]
        line = before.rpartition("\n")[2]
        indent = line[: len(line) - len(line.lstrip())]
        source = before + put.replace("\n", "\n" + indent) + after
    return source


def replaced(source, code):
    """Put a ``def`` in the place of the whole solution, or of one of its methods."""
    tree, new = ast.parse(source).body[0], ast.parse(code).body[0]
    if isinstance(tree, ast.FunctionDef):
        return code
    others = [node for node in tree.body if getattr(node, "name", "") != new.name]
    tree.body = [*others, new]
    return ast.unparse(tree)


def compiled(source, solution, title):
    """Run the source beside what the solution's own module has; return what it defines."""
    file = f"<{title}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace = {"math": math, "torch": torch, **vars(sys.modules[solution.__module__])}
    exec(compile(source, file, "exec"), namespace)
    return namespace[ast.parse(source).body[-1].name]
