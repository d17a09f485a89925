"""The reader's own framework: what passed its check, gathered in one file.

Each passed check hands the reader's code to :func:`keep`, which writes it to
``my_minidl.py`` beside the notebook: the cells as they were typed, in the order of
the exercises, with the imports they need.  :func:`load` reads such a file back.
"""

import ast
import builtins
import hashlib
import importlib.util
import linecache
import os
import re
import sys
import tempfile
import types
from pathlib import Path

import minidl

FILE = "my_minidl.py"

HEAD = '''"""My own deep-learning framework, gathered from the exercises of the book.

Try it:  python -m minidl train --framework {file}
"""

# The checks of the book write this file. If you edit it, they keep a copy of
# your version beside it before they write again.
# fingerprint: {fingerprint}
'''
MARK = re.compile(r"^# ---- Exercise (\d+\.\d+): (\w+) -+$", re.MULTILINE)

#: What the paper's experiment needs, by the number of its exercise.
NEEDED = {
    "1.1": "balanced_radius",
    "1.2": "one_hot",
    "1.3": "minibatches",
    "2.1": "ReLU",
    "3.2": "Linear",
    "3.4": "xavier_std",
    "4.1": "MSELoss",
    "5.1": "Sequential",
    "6.4": "train_epoch",
    "7.1": "paper_network",
}


def enabled():
    """Whether passed answers are kept; the tests switch it off with MINIDL_OWN=off."""
    return os.environ.get("MINIDL_OWN") != "off"


def keep(number, name, answer):
    """Add a passed answer to the file, or replace an earlier version of it.

    Parameters
    ----------
    number : str
        Of the exercise, ``"2.1"``.
    name : str
        Of the class or function.
    answer : type or callable
        As it stands in the notebook.

    Returns
    -------
    str
        A sentence for the reader; empty if nothing is to be kept.
    """
    if not enabled():
        return ""
    source = _cell_of(answer)
    if not source:
        return ""
    path = Path.cwd() / FILE
    try:
        imports, sections, copied = _read(path)
        namespace = _namespace(answer)
        others = {other for other, _ in sections.values()}
        source = _with_helpers(source, namespace, others)
        sections[number] = (name, source)
        imports |= _imports(source, namespace)
        _write(path, imports, sections)
    except (OSError, SyntaxError) as error:
        return f"It could not be kept in {FILE}: {error}."
    return f"Kept in {FILE}." + (f" Your edited version is in {copied.name}." if copied else "")


def load(path):
    """Import a file of this kind.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    module

    Raises
    ------
    ValueError
        If there is no such file, or it cannot be imported; it says why.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    spec = importlib.util.spec_from_file_location("my_minidl", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["my_minidl"] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        said = " ".join(str(error).split())
        raise ValueError(f"{path} cannot be imported: {type(error).__name__}: {said}") from error
    return module


def missing(module):
    """List what the experiment needs and a module does not define itself.

    Returns
    -------
    list of str
        ``"Linear (exercise 3.2)"`` and so on, in the order of the exercises.
    """
    return [
        f"{name} (exercise {number})"
        for number, name in NEEDED.items()
        if getattr(getattr(module, name, None), "__module__", None) != module.__name__
    ]


def framework():
    """Load the reader's framework, if it is whole; say what is missing if it is not.

    Returns
    -------
    module or str
        For :func:`minidl.experiment.run`: the module, or ``"minidl"`` in its place.
    """
    path = Path.cwd() / FILE
    lacking = list(missing(types.ModuleType("nothing")))
    if enabled() and path.is_file():
        try:
            module = load(path)
        except ValueError as error:
            print(f"{error}.")
        else:
            lacking = missing(module)
            if not lacking:
                print(f"Everything below runs on your own code, from {FILE}.")
                return module
    print("Still missing from your framework:")
    for part in lacking:
        print(f"  {part}")
    print("Until it is whole, the book's own stands in.")
    return "minidl"


def _cell_of(answer):
    """Text of the notebook cell that a class or function was written in."""
    functions = vars(answer).values() if isinstance(answer, type) else [answer]
    for function in functions:
        file = getattr(getattr(function, "__code__", None), "co_filename", "")
        if file and (not file.endswith(".py") or "ipykernel" in file):
            return "".join(linecache.getlines(file)).strip() + "\n"
    return ""


def _namespace(answer):
    """Global names that a class's methods, or a function, can see."""
    functions = vars(answer).values() if isinstance(answer, type) else [answer]
    return next(f.__globals__ for f in functions if hasattr(f, "__globals__"))


def _with_helpers(source, namespace, others):
    """Put in front of a cell what it uses from the notebook's other cells."""
    for name in sorted(_free_names(source) - others):
        value = namespace.get(name)
        if getattr(value, "__module__", None) == "__main__" and not hasattr(minidl, name):
            cell = _cell_of(value)
            for node in ast.parse(cell).body if cell else ():
                if getattr(node, "name", None) == name:
                    helper = ast.get_source_segment(cell, node)
                    return _with_helpers(f"{helper}\n\n\n{source}", namespace, others)
    return source


def _imports(source, namespace):
    """Import lines, or plain assignments, for the names that a cell takes from outside."""
    lines = set()
    for name in sorted(_free_names(source)):
        value = namespace.get(name)
        if isinstance(value, types.ModuleType):
            alias = "" if value.__name__ == name else f" as {name}"
            lines.add(f"import {value.__name__}{alias}")
        elif hasattr(minidl, name):
            lines.add(f"from minidl import {name}")
        elif isinstance(value, (bool, int, float, str)):
            lines.add(f"{name} = {value!r}")
        elif getattr(value, "__module__", "__main__") not in ("__main__", None):
            lines.add(f"from {value.__module__} import {name}")
    return lines


def _free_names(source):
    """Names that a piece of code reads and does not define anywhere itself."""
    read, defined = set(), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else defined).add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            defined.add(node.name)
        elif isinstance(node, ast.arg):
            defined.add(node.arg)
        elif isinstance(node, ast.alias):
            defined.add((node.asname or node.name).split(".")[0])
    return read - defined - set(vars(builtins))


def _read(path):
    """Return the imports and sections of a file, and the copy made if it was edited."""
    if not path.is_file():
        return set(), {}, None
    text = path.read_text()
    fingerprint, _, body = text.partition("# fingerprint: ")[2].partition("\n")
    copied = None
    if fingerprint != _fingerprint(body):
        copied = _free_path(path)
        copied.write_text(text)
    marks = list(MARK.finditer(body))
    ends = [*(mark.start() for mark in marks), len(body)][1:]
    sections = {
        mark[1]: (mark[2], body[mark.end() : end].strip() + "\n")
        for mark, end in zip(marks, ends, strict=True)
    }
    head = body[: marks[0].start()] if marks else body
    return {line for line in head.splitlines() if line.strip()}, sections, copied


def _write(path, imports, sections):
    """Write the file whole or not at all."""
    own = {name for name, _ in sections.values()}
    imports = {line for line in imports if line.split()[-1] not in own}
    kinds = ("import ", "from ", "")
    order = sorted(
        imports,
        key=lambda line: (next(i for i, k in enumerate(kinds) if line.startswith(k)), line),
    )
    body = "\n".join(order) + "\n"
    for number in sorted(sections, key=lambda number: [int(part) for part in number.split(".")]):
        name, source = sections[number]
        body += f"\n\n{f'# ---- Exercise {number}: {name} '.ljust(78, '-')}\n\n{source}"
    text = HEAD.format(file=path.name, fingerprint=_fingerprint(body)) + body
    with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".tmp", delete=False) as file:
        file.write(text)
    os.replace(file.name, path)


def _fingerprint(body):
    return hashlib.sha256(body.encode()).hexdigest()[:16]


def _free_path(path):
    number = 1
    while (copy := path.with_name(f"{path.stem}.edited-{number}{path.suffix}")).exists():
        number += 1
    return copy
