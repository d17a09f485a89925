"""The reader's own framework: what passed its check, gathered in one file.

Each passed check writes the reader's code to ``my_minidl.py`` beside the notebook: the
definitions as they were typed, in the order of the exercises, with the imports and helpers
they need.  :func:`load` imports such a file, and :func:`minidl.teaching.progress` says which
exercises are in it.
"""

import ast
import builtins
import importlib.util
import linecache
import os
import re
import symtable
import sys
import textwrap
import types
from pathlib import Path

from IPython.utils.capture import capture_output

import minidl

from .probe import Probe

FILE = "my_minidl.py"
HEAD = f'''"""My own deep-learning framework, gathered from the exercises of the book.

Try it:  python -m minidl train --framework {FILE}

The checks of the book write this file: an answer that has passed takes the place of the
section of its exercise.  All else stays as you leave it.
"""

import torch
'''
MARK = re.compile(r"^# ---- Exercise (\d+\.\d+): (\w+) -+$", re.MULTILINE)
REMARK = "It passed, but was not kept:"

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
    "7.3": "standardize",
}


class NotKept(Exception):
    """Why an answer that passed could not be kept."""


def enabled():
    """Whether passed answers are kept; the tests switch it off with MINIDL_OWN=off."""
    return os.environ.get("MINIDL_OWN") != "off"


def keep(exercise, answer):
    """Add a passed answer to the file, or replace an earlier version of it.

    One that cannot be kept leaves a remark there, unless an earlier version is in the file.
    Returns a sentence for the reader; empty if nothing is to be kept.
    """
    if not enabled():
        return ""
    path, said = Path.cwd() / FILE, f"Kept in {FILE}."
    name, number = exercise.name, exercise.number
    try:
        head, sections = read(path)
        _, earlier = sections.pop(number, ("", ""))
        try:
            source, imports = _gather(name, answer)
            _refuse_clashes(name, source, sections)
            text = _compose(head, imports, sections | {number: (name, source)})
            _try_out(exercise, text)
        except NotKept as error:
            said = f"It passed, but was not kept in {FILE}: {error}."
            if name in defined(earlier):
                return said
            remark = f"# {REMARK} {' '.join(str(error).split())}.\n"
            text = _compose(head, set(), sections | {number: (name, remark)})
        new = path.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        os.replace(new, path)
    except (OSError, UnicodeDecodeError, NotKept) as error:
        return f"It passed, but was not kept in {FILE}: {error}."
    return said


def load(path):
    """Import a file of this kind; a ValueError says why it cannot be done."""
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    spec = importlib.util.spec_from_file_location("my_minidl", path)
    sys.modules["my_minidl"] = module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ValueError(f"{path} cannot be imported: {_said(error)}") from error
    return module


def missing(module, setting=None):
    """List what the experiment needs and a module does not define: ``Linear (exercise 3.2)``.

    A ``setting`` with raw inputs needs no ``standardize``.
    """
    return [
        f"{name} (exercise {number})"
        for number, name in NEEDED.items()
        if (setting is None or setting.standardize or name != "standardize")
        and getattr(getattr(module, name, None), "__module__", None) != module.__name__
    ]


def framework(setting=None):
    """Load the reader's framework, or say what is missing and return ``"minidl"`` in its place."""
    path, module = Path.cwd() / FILE, types.ModuleType("nothing")
    if enabled() and path.is_file():
        try:
            module = load(path)
        except ValueError as error:
            print(f"{error}.\nUntil that is mended, the book's own stands in.")
            return "minidl"
    lacking = missing(module, setting)
    if not lacking:
        print(f"Everything below runs on your own code, from {FILE}.")
        return module
    numbers = ", ".join(name.split("exercise ")[1].strip(")") for name in lacking)
    print("Still missing from your framework:")
    print(textwrap.fill(f"exercises {numbers}.", 40))
    print("Until it is whole, the book's stands in.")
    return "minidl"


# ---- what an answer needs


def _gather(name, answer):
    """Collect a definition, the helpers it uses (first), and the import lines it needs."""
    functions = vars(answer).values() if isinstance(answer, type) else [answer]
    namespace = next((f.__globals__ for f in functions if hasattr(f, "__globals__")), {})
    files = ["".join(linecache.getlines(file)) for file in Probe(answer, "").files]
    notebook = namespace.get("In", [])  # the text of every cell that was run
    source, imports, seen = [], set(), {name}

    def add(name, cells):
        definition = _definition(name, cells)
        if definition.startswith(("import ", "from ")):
            imports.add(definition)
            return
        for used in sorted((_used(definition) & namespace.keys()) - seen):
            seen.add(used)
            value = namespace[used]
            ours = getattr(value, "__module__", None) == "__main__"
            if hasattr(minidl, used) and (ours or value is getattr(minidl, used)):
                imports.add(f"from minidl import {used}")
            elif isinstance(value, types.ModuleType):
                whole = value.__name__
                imports.add(f"import {whole}" + f" as {used}" * (whole.partition(".")[0] != used))
            else:
                add(used, [*files, *notebook])
        source.append(definition)

    add(name, [*notebook, *files])
    return "\n\n\n".join(source) + "\n", imports


def source(name, answer):
    """Write what another process needs to have an answer; NotKept says why it cannot be done."""
    code, imports = _gather(name, answer)
    return "\n".join([*sorted(imports), "\n", code])


def _definition(name, cells):
    """Text of the last definition or import of a name at the top of a cell."""
    for cell in reversed(cells):
        try:
            node = defined(cell).get(name)
        except SyntaxError:
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            return ast.unparse(node)
        if node is not None:
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            return "\n".join(cell.splitlines()[first - 1 : node.end_lineno])
    raise NotKept(f"the cell that defines `{name}` was not found (a line with %% would hide it)")


def defined(source):
    """Map the names that a piece of code binds at its top to their nodes, checks aside."""
    found = {}
    for node in ast.parse(source).body:
        names = []
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.asname or alias.name.partition(".")[0] for alias in node.names]
            if names == ["*"]:
                names = dir(sys.modules.get(node.module))
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            names = [node.name]
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and " = check(" not in ast.unparse(node):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            parts = [part for target in targets for part in ast.walk(target)]
            names = [part.id for part in parts if isinstance(part, ast.Name)]
        found |= dict.fromkeys(names, node)
    return found


def _used(source):
    """Names that a piece of code takes from elsewhere."""
    tables, used = [symtable.symtable(source, FILE, "exec")], set()
    for table in tables:
        tables += table.get_children()
        used |= {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
    return used - defined(source).keys() - vars(builtins).keys()


# ---- the file


def read(path):
    """Return a file's head, and its sections by their numbers: a name and a text each."""
    text = path.read_text(encoding="utf-8") if path.is_file() else HEAD
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise NotKept(f"there is a mistake in its line {error.lineno}: {error.msg}") from error
    head, *parts = MARK.split(text)
    sections = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return head, {number: (name, source.strip() + "\n") for number, name, source in sections}


def _refuse_clashes(name, source, others):
    """Refuse the book's own answer, and a helper that another section defines differently."""
    if re.search(rf"from minidl\S* import .*\b{name}\b", source):
        raise NotKept(f"it uses the book's own `{name}`")
    ours = defined(source)
    for number, (title, text) in others.items():
        theirs = defined(text)
        for shared in ours.keys() & theirs.keys():
            if ast.dump(ours[shared]) != ast.dump(theirs[shared]):
                raise NotKept(
                    f"`{shared}` is also defined for exercise {number} ({title}), and differently; "
                    "give one of the two another name"
                )


def place(number):
    """Chapter and place of an exercise, by which its number is sorted."""
    return [int(part) for part in number.split(".")]


def _compose(head, imports, sections):
    """Write a file, with those imports that its head lacks and no section defines itself."""
    own = {name for _, source in sections.values() for name in defined(source)}
    new = [line for line in sorted(imports) if line.split()[-1] not in own]
    lines = [head.rstrip(), *(line for line in new if line not in head.splitlines())]
    for number in sorted(sections, key=place):
        name, source = sections[number]
        title = f"# ---- Exercise {number}: {name} ".ljust(78, "-")
        lines.append(f"\n\n{title}\n\n{source.strip()}")
    return "\n".join(lines) + "\n"


def _try_out(exercise, text):
    """Run the new file by itself, and the exercise with it, in silence."""
    module = types.ModuleType("my_minidl")
    try:
        linecache.cache[FILE] = (len(text), None, text.splitlines(keepends=True), FILE)
        with capture_output():
            exec(compile(text, FILE, "exec"), vars(module))
            trouble = exercise.trouble(vars(module).get(exercise.name))
    except Exception as error:
        raise NotKept(f"the file would not run: {_said(error)}") from error
    if trouble:
        raise NotKept(f"taken out of the notebook it does not pass: {trouble.sentence}")


def _said(error):
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
