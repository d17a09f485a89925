"""Whether what stands in code font exists: in the package, torch, Python or the chapter.

A piece is read as Python where it is Python: names, chains of attributes, calls whose
arguments must fit, signatures that must be the real ones.  Else it is a file or a command.
"""

import ast
import builtins
import contextlib
import importlib
import inspect
import keyword
import math
import pkgutil
import re
from functools import cache

import torch
from notebooks import CHAPTERS, ROOT, as_python, code_cells, read
from prose import printed

import minidl
from minidl.__main__ import parser
from minidl.experiment import FRAMEWORKS
from minidl.teaching.exercises import EXERCISES

#: Files that the book speaks of and that a reader or a build makes, and other tools' words.
ELSEWHERE = {
    "my_minidl.py": "made by the checks of the exercises",
    "book/my_minidl.py": "made by the checks of the exercises",
    ".venv": "made by make",
    "_build/html/index.html": "made by make",
    "_build/offline": "made by make book-offline",
    "_build/minidl.pdf": "made by make book-pdf",
    "npm install --prefix pages NAME@VERSION": "a command of npm",
    "jupyterlab-myst": "a package for Jupyter",
    "mystnb": "a key of a cell's metadata",
    "exercise": "a tag of cells",
    "remove-output": "a tag of cells",
    'Name = check("key", Name)': "a pattern",
    "(parameter, gradient)": "the pairs that param() lists",
    "(y, dx, wb_grad)": "what linear_joined returns",
    ":::{exercise}": "a directive of the pages",
    ":::{solution}": "a directive of the pages",
}

#: Letters that stand for anything.
ANY = set("abcdfjknt")

#: What an object of this name is, where more than one thing has attributes like these.
TENSOR = torch.Tensor
KINDS = {
    **dict.fromkeys(("x", "y", "a", "b", "c", "t", "grad", "labels", "squares"), (TENSOR,)),
    **dict.fromkeys(("prediction", "target", "weight", "draws"), (TENSOR,)),
    "model": (minidl.Sequential,),
    "network": (minidl.Sequential, torch.nn.Sequential),
    "inner": (minidl.Module,),
    "optimizer": (minidl.SGD, torch.optim.SGD),
    "loss": (minidl.MSELoss, TENSOR),
}


@cache
def package():
    """Map the names that the package's modules define to what they stand for."""
    found = {}
    for info in pkgutil.walk_packages(minidl.__path__, "minidl."):
        if not info.name.endswith("__main__"):
            module = importlib.import_module(info.name)
            for name, thing in vars(module).items():
                if getattr(thing, "__module__", info.name) == info.name:
                    found.setdefault(name, thing)
            found.setdefault(info.name.rpartition(".")[2], module)
    found |= {exercise.name: exercise.solution for exercise in EXERCISES.values()}
    return found | {name: getattr(minidl, name) for name in minidl.__all__}


@cache
def classes():
    """List the classes of the package."""
    return [thing for thing in package().values() if isinstance(thing, type)]


@cache
def parameters():
    """Gather the parameters of the package's functions and classes, and their variables."""
    found = set()
    for thing in package().values():
        if callable(thing):
            with contextlib.suppress(TypeError, ValueError):
                found.update(inspect.signature(thing).parameters)
        code = getattr(thing, "__code__", None)
        found.update(code.co_varnames if code else ())
    return found


class Words(ast.NodeVisitor):
    """Gather the names in a piece of code, and the attributes that its classes set."""

    def __init__(self):
        self.names, self.own = set(), set()

    def visit(self, node):
        for part in ("id", "attr", "arg", "name", "asname"):
            if isinstance(word := getattr(node, part, None), str):
                self.names.update(word.split("."))
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and "\n" not in node.value
        ):
            self.names.update(re.findall(r"\w+", node.value))
        super().visit(node)

    def visit_ClassDef(self, node):
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute) and getattr(part.value, "id", "") == "self":
                self.own.add(part.attr)
            elif isinstance(part, ast.FunctionDef):
                self.own.add(part.name)
        self.generic_visit(node)


@cache
def words(chapter=None):
    """Gather the words of a chapter's code and of its solutions; of all without a chapter."""
    found, output = Words(), ""
    for path in CHAPTERS:
        if chapter in (None, path.stem):
            for cell in code_cells(read(path)):
                found.visit(ast.parse(as_python(cell.source)))
                output += printed(cell)
    for exercise in EXERCISES.values():
        if chapter is None or exercise.number.split(".")[0] == chapter[:2].lstrip("0"):
            found.visit(ast.parse(inspect.getsource(exercise.solution)))
    if chapter is None:
        for path in (ROOT / "minidl").glob("*.py"):
            found.visit(ast.parse(path.read_text()))
    # autograd's notes are named PowBackward0, in the text Pow
    printed_names = set(re.findall(r"[A-Z]\w*?(?=Backward\d|\b)", output))
    return found, printed_names


def complaint(span, chapter=None):
    """Say what does not exist in a piece in code font, or return None.

    Parameters
    ----------
    span : str
    chapter : str, optional
        Stem of the chapter that it stands in.
    """
    if span in ELSEWHERE or keyword.iskeyword(span) or span == "@":
        return None
    if re.match(r"(python|make|pip|pytest|--)\b", span) or span.startswith("--"):
        return _command(span)
    if re.search(r"/$|\.(py|md|yml|json|ipynb)$", span):
        known = (ROOT / span).exists() or (ROOT / "minidl" / span).exists()
        return None if known else f"no file {span}"
    return _python(span.replace("…", "..."), chapter)


def _command(span):
    """Check a command line: targets of make, options of minidl."""
    first, *rest = span.split()
    if first == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M)
        return None if set(rest) <= set(targets) else f"make has no {rest}"
    if first == "pytest" and rest == ["--nbval"]:
        return None
    if first == "python" and rest[0].endswith(".py"):
        if not (ROOT / rest[0]).is_file():
            return f"no file {rest[0]}"
        known = all(word in EXERCISES or (ROOT / word).is_file() for word in rest[1:])
        return None if known else f"unknown argument in {span}"
    if span.startswith(("python -m minidl", "--")):
        actions = parser()._option_string_actions
        options = [word for word in span.split() if word.startswith("--")]
        unknown = [option for option in options if option not in actions]
        if unknown:
            return f"minidl has no option {unknown[0]}"
        for word in span.split():
            if word.endswith(".py") and word not in ELSEWHERE:
                return f"no file {word}"
            if word.isupper() and word not in {a.metavar for a in actions.values()}:
                return f"no {word}"
        choices = dict(re.findall(r"(--[\w-]+) (\w+)", span))
        for option, value in choices.items():
            allowed = actions[option].choices
            if option == "--framework" and not value.startswith(("book", "my", "FILE")):
                allowed = FRAMEWORKS
            if allowed and value not in allowed:
                return f"{option} cannot be {value}"
        if "-m minidl " in span:
            command = span.split("-m minidl ")[1].split()[0]
            if not command.startswith("--") and command != "train":
                return f"minidl has no command {command}"
        return None
    return f"unknown command {span}"


def _python(span, chapter):
    """Check a piece of Python."""
    if span.startswith("@"):
        span = span[1:]
    if re.match(r"[.<]", span):
        span = "x" + span  # a method or a comparison without its object
    trees = (_parse(span), _parse(span + "\n    pass"), _parse(span + ":\n    pass"))
    tree = next((tree for tree in trees if tree), None)
    signature = _parse(f"def {span}: pass") if re.fullmatch(r"\w+\(.*\)", span) else None
    if "." in span.partition("(")[0] and span.endswith(")"):
        owner, _, method = span.partition("(")[0].rpartition(".")
        thing = package().get(owner)
        if isinstance(thing, type):
            signature = _parse(f"def {method}({span.partition('(')[2]}: pass")
            return _signature(signature.body[0], getattr(thing, method, None), span)
    if signature and (tree is None or _takes_some(signature.body[0].args)):
        name = signature.body[0].name
        if name in package() and callable(package()[name]):
            return _signature(signature.body[0], package()[name], span)
        theirs = [vars(c)[name] for c in classes() if name in vars(c)]
        theirs = [t for t in theirs if callable(t)]
        if theirs and not hasattr(TENSOR, name):
            complaints = [_signature(signature.body[0], method, span) for method in theirs]
            return None if None in complaints else complaints[0]
    if tree is None:
        return f"not Python: {span}"
    names = Names(chapter)
    names.visit(tree)
    return names.complaint


def _parse(source):
    try:
        return ast.parse(source)
    except SyntaxError:
        return None


def _takes_some(arguments):
    """Whether some argument has no default: else it is a call."""
    return len(arguments.args) > len(arguments.defaults)


def _signature(shown, function, span):
    """Compare a signature in the text with the real one, which may go on."""
    if function is None:
        return f"no such method: {span}"
    real = inspect.signature(function).parameters.values()
    real = [parameter for parameter in real if parameter.name != "self"]
    arguments = [*shown.args.args, *shown.args.kwonlyargs]
    if len(arguments) > len(real):
        return f"too many arguments: {span}"
    defaults = [*shown.args.defaults, *shown.args.kw_defaults]
    given = dict(zip([a.arg for a in arguments][::-1], defaults[::-1], strict=False))
    for argument, parameter in zip(arguments, real, strict=False):
        if argument.arg != parameter.name:
            return f"{argument.arg} is {parameter.name} in {span}"
        default = given.get(argument.arg)
        if default is not None:
            source = ast.unparse(default)
            named = getattr(parameter.default, "__name__", "")
            if source != named and repr(parameter.default) != source:
                if not isinstance(default, ast.Constant) or default.value != parameter.default:
                    return f"{argument.arg}={source} is {parameter.default!r} in {span}"
    return None


class Names(ast.NodeVisitor):
    """Look up every name, attribute and argument of a piece of Python."""

    def __init__(self, chapter):
        self.chapter, self.printed = words(chapter)
        self.everything, _ = words(None)
        self.complaint = None

    def refuse(self, text):
        self.complaint = self.complaint or text

    def visit_Name(self, node):
        name = node.id
        known = (
            ANY,
            self.chapter.names,
            self.printed,
            self.everything.own,
            parameters(),
            package(),
        )
        if any(name in names for names in known) or name in ("torch", "math", "minidl", "nan"):
            return
        if hasattr(builtins, name) or hasattr(TENSOR, name):
            return
        if name.endswith("_") and any(other.startswith(name) for other in package()):
            return
        self.refuse(f"no {name}")

    def visit_Attribute(self, node):
        root = node.value
        if isinstance(root, ast.Name) and root.id == "self":
            if node.attr not in self.chapter.own:
                self.refuse(f"no self.{node.attr}")
            return
        thing = static(root)
        if thing is not None:
            if not hasattr(thing, node.attr):
                self.refuse(f"no {ast.unparse(node)}")
            return
        last = getattr(root, "attr", getattr(root, "id", None))
        kinds = KINDS.get(last, (TENSOR,))
        if not any(_has(kind, node.attr) for kind in kinds):
            self.refuse(f"no {node.attr} of {ast.unparse(root)}")
        self.visit(root)

    def visit_Call(self, node):
        function = static(node.func)
        dots = [a for a in node.args if isinstance(a, ast.Constant) and a.value is ...]
        starred = [k for k in node.keywords if k.arg is None]
        if function is not None and not dots and not starred:
            self.bind(node, function)
        elif function is None and isinstance(node.func, (ast.Attribute, ast.Name)):
            name = getattr(node.func, "attr", getattr(node.func, "id", None))
            for argument in node.keywords:
                documented = getattr(getattr(TENSOR, name, None), "__doc__", "") or ""
                documented += getattr(getattr(torch, name, None), "__doc__", "") or ""
                if not re.search(rf"\b{argument.arg}\b", documented):
                    self.refuse(f"{name} has no {argument.arg}")
        self.generic_visit(node)

    def bind(self, node, function):
        try:
            signature = inspect.signature(function)
        except ValueError:
            documented = function.__doc__ or ""
            for argument in node.keywords:
                if not re.search(rf"\b{argument.arg}\b", documented):
                    self.refuse(f"{ast.unparse(node.func)} has no {argument.arg}")
            return
        try:
            signature.bind(*node.args, **{k.arg: k.value for k in node.keywords})
        except TypeError as error:
            self.refuse(f"{ast.unparse(node)}: {error}")

    def visit_keyword(self, node):
        self.visit(node.value)

    def visit_Constant(self, node):
        text = node.value
        if isinstance(text, str) and re.fullmatch(r"\w+", text):
            if text not in self.chapter.names and text not in self.everything.names:
                self.refuse(f"no {text!r}")


def static(node):
    """Return what a name or a chain of attributes stands for, if that can be known."""
    if isinstance(node, ast.Name):
        if node.id in KINDS:
            return None
        known = {"torch": torch, "math": math, "minidl": minidl} | package()
        return known.get(node.id, getattr(builtins, node.id, None))
    if isinstance(node, ast.Attribute):
        owner = static(node.value)
        return None if owner is None else getattr(owner, node.attr, None)
    return None


@cache
def _own(kind):
    found = Words()
    for base in kind.__mro__:
        if base.__module__.startswith("minidl"):
            found.visit(ast.parse(inspect.getsource(base)))
    return found.own


def _has(kind, attribute):
    return hasattr(kind, attribute) or attribute in _own(kind)
