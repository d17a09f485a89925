"""The reader's own framework: what passed its check, gathered in one file.

Each passed check hands the reader's code to :func:`keep`, which writes it to
``my_minidl.py`` beside the notebook: the definitions as they were typed, in the order
of the exercises, with the imports and helpers they need.  :func:`load` reads such a file back.
"""

import ast
import builtins
import hashlib
import importlib.util
import os
import re
import shutil
import sys
import types
from pathlib import Path

from IPython import get_ipython

import minidl

FILE = "my_minidl.py"

HEAD = '''"""My own deep-learning framework, gathered from the exercises of the book.

Try it:  python -m minidl train --framework {file}
"""

# The checks of the book write this file. If you edit it, they keep a copy of
# your version beside it before they write again.
# fingerprint: {fingerprint}
'''
FINGERPRINT = re.compile(r"^# fingerprint: ?(\w*)$", re.MULTILINE)
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
    "7.3": "standardize",
}


def enabled():
    """Whether passed answers are kept; the tests switch it off with MINIDL_OWN=off."""
    return os.environ.get("MINIDL_OWN") != "off"


def keep(exercise, answer):
    """Add a passed answer to the file, or replace an earlier version of it.

    The new file is tried out before it takes the place of the old one: imported by
    itself, without the notebook, it must still pass the exercise.

    Parameters
    ----------
    exercise : Exercise
    answer : type or callable
        As it stands in the notebook.

    Returns
    -------
    str
        A sentence for the reader; empty if nothing is to be kept.
    """
    if not enabled():
        return ""
    path = Path.cwd() / FILE
    try:
        imports, sections, edited = _read(path)
        namespace = _notebook(answer)
        source, needed = _gather(exercise.name, namespace)
        _refuse_book(exercise.name, source)
        _refuse_clashes(exercise.number, source, sections)
        sections[exercise.number] = (exercise.name, source)
        text = _compose(imports | needed, sections)
        _try_out(exercise, text)
        copy = _copy(path) if edited else None
        _write(path, text)
    except (OSError, UnicodeDecodeError, NotKept) as error:
        return f"It passed, but was not kept in {FILE}: {error}."
    said = f"Kept in {FILE}."
    if copy:
        said += f" You had edited it; a copy of your version is in {copy.name}."
    return said


class NotKept(Exception):
    """Why an answer that passed could not be kept."""


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


def missing(module, setting=None):
    """List what the experiment needs and a module does not define itself.

    Parameters
    ----------
    module : module
    setting : Setting, optional
        Of the experiment; one with raw inputs needs no ``standardize``.

    Returns
    -------
    list of str
        ``"Linear (exercise 3.2)"`` and so on, in the order of the exercises.
    """
    return [
        f"{name} (exercise {number})"
        for number, name in NEEDED.items()
        if (setting is None or setting.standardize or name != "standardize")
        and getattr(getattr(module, name, None), "__module__", None) != module.__name__
    ]


def framework(setting=None):
    """Load the reader's framework, if it is whole; say what is missing if it is not.

    Parameters
    ----------
    setting : Setting, optional
        What it is to run, see :func:`missing`.

    Returns
    -------
    module or str
        For :func:`minidl.paper.run`: the module, or ``"minidl"`` in its place.
    """
    path = Path.cwd() / FILE
    lacking = missing(types.ModuleType("nothing"), setting)
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
    print("Still missing from your framework:")
    for part in lacking:
        print(f"  {part}")
    print("Until it is whole, the book's own stands in.")
    return "minidl"


def _notebook(answer):
    """The notebook's variables; among them ``In``, the text of every cell that was run."""
    shell = get_ipython()
    if shell is not None:
        return shell.user_ns
    functions = vars(answer).values() if isinstance(answer, type) else [answer]
    return next((f.__globals__ for f in functions if hasattr(f, "__globals__")), {})


def _gather(name, namespace):
    """Collect a definition and what it uses from the notebook's other cells.

    Returns
    -------
    (str, set of str)
        The source, helpers first, and the import lines that it needs.
    """
    source, imports, seen = [], set(), {name}

    def add(name):
        definition = _definition(name, namespace)
        for used in sorted(_free_names(definition) - seen):
            seen.add(used)
            line = _import_of(used, namespace)
            if line:
                imports.add(line)
            elif used in namespace:
                add(used)
        source.append(definition)

    add(name)
    return "\n\n\n".join(source) + "\n", imports


def _definition(name, namespace):
    """Text of the last cell's definition of a name: a class, a function or an assignment."""
    for cell in reversed(namespace.get("In", [])):
        try:
            nodes = ast.parse(cell).body
        except SyntaxError:
            continue
        for node in reversed(nodes):
            targets = [getattr(node, "name", None)]
            if isinstance(node, ast.Assign):
                targets = [target.id for target in node.targets if isinstance(target, ast.Name)]
            if name in targets and " = check(" not in ast.unparse(node):
                first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
                return "\n".join(cell.splitlines()[first - 1 : node.end_lineno])
    raise NotKept(f"the cell that defines `{name}` was not found (a line with %% would hide it)")


def _import_of(name, namespace):
    """The line that imports a name, or nothing if the notebook itself defines it."""
    value = namespace.get(name)
    if isinstance(value, types.ModuleType):
        return f"import {value.__name__}" + (f" as {name}" if value.__name__ != name else "")
    home = getattr(value, "__module__", None)
    if hasattr(minidl, name) and (home == "__main__" or value is getattr(minidl, name)):
        return f"from minidl import {name}"
    if getattr(value, "__name__", None) == name and home not in (None, "__main__", "builtins"):
        return f"from {home} import {name}"
    return ""


def _refuse_book(name, source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("minidl"):
            if name in [alias.name for alias in node.names]:
                raise NotKept(f"it uses the book's own `{name}`")


def _refuse_clashes(number, source, sections):
    """Refuse a helper that another section defines differently under the same name."""
    ours = _top_level(source)
    for other, (name, text) in sections.items():
        for shared in ours.keys() & _top_level(text).keys() if other != number else ():
            if ours[shared] != _top_level(text)[shared]:
                raise NotKept(
                    f"`{shared}` is also defined for exercise {other} ({name}), and differently; "
                    "give one of the two another name"
                )


def _top_level(source):
    """Map the names that a section defines to their syntax."""
    found = {}
    for node in ast.parse(source).body:
        names = [getattr(node, "name", None)]
        if isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        found.update((name, ast.dump(node)) for name in names if name)
    return found


def _try_out(exercise, text):
    """Import the new file by itself and let the exercise look at what is in it."""
    module = types.ModuleType("my_minidl")
    try:
        exec(compile(text, FILE, "exec"), vars(module))
    except Exception as error:
        said = " ".join(str(error).split())
        raise NotKept(f"the file would not run: {type(error).__name__}: {said}") from error
    trouble = exercise.trouble(vars(module).get(exercise.name))
    if trouble:
        raise NotKept(f"taken out of the notebook it does not pass: {trouble.sentence}")


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
    """Return imports and sections of a file, and whether it was edited by hand."""
    if not path.is_file():
        return set(), {}, False
    text = path.read_text(encoding="utf-8")
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise NotKept(f"there is a mistake in its line {error.lineno}: {error.msg}") from error
    found = FINGERPRINT.search(text)
    edited = found is None or found[1] != _fingerprint(text)
    marks = list(MARK.finditer(text))
    ends = [*(mark.start() for mark in marks), len(text)][1:]
    sections = {
        mark[1]: (mark[2], text[mark.end() : end].strip() + "\n")
        for mark, end in zip(marks, ends, strict=True)
    }
    head = text[: marks[0].start()] if marks else ""
    imports = set()
    for node in ast.parse(head).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                node.names = [alias]
                imports.add(ast.unparse(node))
    return imports, sections, edited


def _compose(imports, sections):
    """Write imports and sections as one text, without the imports of what it defines itself."""
    own = {name for _, source in sections.values() for name in _top_level(source)}
    modules, names = [], {}
    for line in sorted(imports):
        if line.split()[-1] in own:
            continue
        if line.startswith("import "):
            modules.append(line)
        else:
            home, _, name = line.removeprefix("from ").partition(" import ")
            names.setdefault(home, []).append(name)
    froms = [f"from {home} import {', '.join(parts)}" for home, parts in names.items()]
    blocks = ["\n".join(modules), "\n".join(froms)]
    text = HEAD.format(file=FILE, fingerprint="")
    text += "\n" + "\n\n".join(block for block in blocks if block) + "\n"
    for number in sorted(sections, key=lambda number: [int(part) for part in number.split(".")]):
        name, source = sections[number]
        text += f"\n\n{f'# ---- Exercise {number}: {name} '.ljust(78, '-')}\n\n{source}"
    return text.replace("# fingerprint: ", f"# fingerprint: {_fingerprint(text)}", 1)


def _write(path, text):
    """Write the file whole or not at all."""
    new = path.with_suffix(".new")
    try:
        new.write_text(text, encoding="utf-8")
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


def _fingerprint(text):
    """Tell whether a text is as it was written: a hash of all but the fingerprint itself."""
    return hashlib.sha256(FINGERPRINT.sub("# fingerprint:", text).encode()).hexdigest()[:16]


def _copy(path):
    """Copy a file beside itself, under a name that is free."""
    number = 1
    while (copy := path.with_name(f"{path.stem}.edited-{number}{path.suffix}")).exists():
        number += 1
    shutil.copyfile(path, copy)
    return copy
