"""Run a reader's code so that whatever goes wrong with it can be said in a sentence."""

import ast
import difflib
import inspect
import linecache
import re
import sys
import textwrap
import traceback
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from unittest.mock import patch

import torch

from . import guard


@dataclass(eq=False)
class Failure(Exception):
    """Something about a reader's code that can be told without comparing numbers."""

    #: What happened, for comparing two failures: ``("none", "backward")``.
    kind: tuple
    #: What happened, for the reader.  Names in backquotes may differ between two failures of one
    #: kind, as their functions may be called differently.
    sentence: str
    #: A hint, if this is a slip that has nothing to do with the exercise.
    slip: str = ""


class AutogradUsed(RuntimeError):
    """Raised in the place of autograd while a reader's code is being checked."""


#: What Python and PyTorch say to slips that have nothing to do with the exercise.
SLIPS = (
    (
        r"\(\) (takes|missing|got an unexpected|got multiple)",
        "This is a call inside your code: what it hands over is not what that function takes.",
    ),
    (
        r"bitwise_xor|unsupported operand type\(s\) for \^",
        "A power is written `**` in Python, not `^`.",
    ),
    (
        r"Boolean value of Tensor with more than one value is ambiguous",
        "`if`, `and` and Python's own `max` want one truth value, and a tensor holds many. Use a "
        "tensor operation, such as `x.clamp(min=0)`, `torch.where` or `a * b`.",
    ),
    (
        r"expected m1 and m2 to have the same dtype|expected scalar type|must have the same dtype",
        "Tensors of different dtypes met. Make new tensors with the dtype of the ones you were "
        "given: `torch.zeros_like(x)`, or `dtype=x.dtype`.",
    ),
)


class Probe:
    """Calls a reader's functions, and looks at what they do beside their result.

    ``stub`` is how the message of the untouched stub begins: ``"Exercise 2.1"``.  ``again`` is
    for what is asked a second time: now matrices come as views, and lie in memory column by column.
    """

    def __init__(self, answer, stub, again=False):
        self.stub = stub
        self.again = again
        self.files = _files(answer)

    def __call__(self, function, *arguments, then=None, **options):
        """Call a function of the reader's and return its result, if there is no complaint.

        Tensors are handed over as copies, and must stay as they are.  ``then``, say ``list``
        for a generator, is applied to the result while errors are still the reader's.  A
        :class:`Failure` is raised if it raises, returns None, uses autograd, changes an argument
        or a setting of PyTorch, keeps an argument for later, or has a :class:`.guard.Accident`.
        """
        before, arguments = arguments, [_copy(argument, self.again) for argument in arguments]
        state = getattr(getattr(function, "__self__", None), "__dict__", {})
        attributes = set(state)

        def call():
            result = function(*arguments, **options)
            return result if then is None or result is None else then(result)

        settings = guard.settings()
        try:
            with _no_autograd(), guard.no_way_out():
                result = call()
        except guard.Accident as accident:
            raise self.accident(function, accident) from None
        except NotImplementedError as error:
            if str(error).startswith(self.stub):
                written = "is still to be written"
                if not is_stub(function):
                    written = "still has the `raise` line of the stub in it: take it out"
                raise _failed(function, "stub", written) from None
            raise self.failure(function, error) from None
        except SystemExit as error:
            accident = guard.left().with_traceback(error.__traceback__)
            raise self.accident(function, accident) from None
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise self.failure(function, error) from None
        finally:
            changed = guard.set_back(settings)

        if changed:
            happened = partial(guard.changed_settings, settings)
            line = self.first_line(call, arguments, before, happened)
            guard.set_back(settings)
            hint = "That would hold for all that runs after it. It has been set back."
            said = f"changes {' and '.join(changed)}{line}"
            raise _failed(function, "setting", said, *changed, slip=hint)
        for index, (argument, copy) in enumerate(zip(arguments, before, strict=True)):
            if _changed(argument, copy):
                what = _argument_name(function, index)
                part = "" if argument.shape == copy.shape else "the shape of "
                line = self.first_line(call, arguments, before, partial(_changed, argument, copy))
                said = f"changes {part}its argument `{what}`{line}"
                raise _failed(function, "changed", said, what)
        new = [name for name in state if name not in attributes]
        if new:
            value = state.pop(new[0])
            line = self.first_line(call, arguments, before, lambda: state.keys() - attributes)
            raise self.stored(function, new[0], value, arguments, sorted(attributes), line)
        if result is None:
            why = "is its `return` missing?"
            if any(isinstance(n, ast.Return) and n.value for n in ast.walk(_tree(function))):
                why = "did it end without reaching a `return`, or is what stands there None?"
            said = f"returns None{self.definition(function)}: {why}"
            raise _failed(function, "none", said)
        if isinstance(result, torch.Tensor) and result.requires_grad:
            said = "returns what requires grad (autograd is at work in it)"
            said += f"{self.definition(function)}; expected a plain tensor"
            raise _failed(function, "autograd", said)
        return result

    def accident(self, function, accident):
        """Turn an :class:`.guard.Accident` into a :class:`Failure`."""
        line = self.line_of(accident.__traceback__)
        return _failed(function, accident.kind, accident.sentence + line, slip=accident.hint)

    def failure(self, function, error):
        """Turn an exception of the reader's code into a :class:`Failure`."""
        line = self.line_of(error.__traceback__)
        if isinstance(error, AutogradUsed):
            return _failed(function, "autograd", f"uses autograd{line}, and this book does without")
        message = textwrap.shorten(str(error), 200, placeholder=" …")
        kind = type(error).__name__
        raised = f"{kind}: {message}" if message else kind
        if not line:
            said = f"cannot be used as the exercise asks: {raised}"
            return _failed(function, "unusable", said, raised)
        slip = next((hint for pattern, hint in SLIPS if re.search(pattern, message)), "")
        return _failed(function, "raised", f"raises {raised}{line}", raised, slip=slip)

    def stored(self, function, attribute, value, arguments, attributes, line):
        """Describe an attribute that a method has set and that was not there before."""
        for index, argument in enumerate(arguments):
            if _holds(value, argument):
                what = _argument_name(function, index)
                said = f"keeps its argument `{what}` for later, as `self.{attribute}`{line}"
                said += "; a module remembers nothing between forward and backward"
                return _failed(function, "kept", said, what)
        near = difflib.get_close_matches(attribute, attributes, n=1)
        meant = f"; was `self.{near[0]}` meant?" if near else ""
        said = f"sets `self.{attribute}`, which was not there before{line}{meant}"
        return _failed(function, "added", said)

    def line_of(self, trace):
        """Name the last line of the reader's own that a traceback passes through."""
        line = ""
        for frame, number in traceback.walk_tb(trace):
            if frame.f_code.co_filename in self.files:
                line = _quote(frame.f_code.co_filename, number)
        return line

    def definition(self, function):
        """Name the line in which a reader's function begins."""
        code = getattr(inspect.unwrap(function), "__code__", None)
        if code is None or code.co_filename not in self.files:
            return ""
        return _quote(code.co_filename, code.co_firstlineno)

    def first_line(self, call, arguments, before, happened):
        """Run the call again line by line and name the line after which it happened."""
        for argument, copy in zip(arguments, before, strict=True):
            if isinstance(argument, torch.Tensor):
                argument.data = copy.clone()
        last, found = None, None

        def trace(frame, event, _):
            nonlocal last, found
            if frame.f_code.co_filename not in self.files:
                return None
            if found is None and last is not None and happened():
                found = last
            now = frame.f_back if event == "return" else frame
            last = (now.f_code.co_filename, now.f_lineno)
            return trace

        previous = sys.gettrace()
        sys.settrace(trace)
        try:
            call()
        except (Exception, guard.Accident):
            return ""
        finally:
            sys.settrace(previous)
        return _quote(*found) if found else ""


def is_stub(function):
    """Whether a function is still the stub: nothing in it but the line that raises."""
    tree = _tree(function)
    if not isinstance(tree, ast.FunctionDef):
        return False
    body = tree.body[ast.get_docstring(tree) is not None :]
    return len(body) == 1 and isinstance(body[0], ast.Raise)


def _tree(function):
    """Parse the source of a function; nothing stands in that of one that cannot be found."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (TypeError, OSError, SyntaxError):
        return ast.parse("")


def _files(answer):
    """Names of the files, or cells, that a class or function was written in."""
    parts = vars(answer).values() if isinstance(answer, type) else [answer]
    codes = (getattr(part, "__code__", None) for part in parts)
    return {code.co_filename for code in codes if code is not None}


def _quote(file, number):
    text = linecache.getline(file, number).strip()
    return f", in line {number} of your cell: `{text}`" if text else f", in line {number}"


def _failed(function, kind, said, *details, slip=""):
    """Say what a function does; of methods the name counts, all plain functions are alike."""
    role = function.__name__ if hasattr(function, "__self__") else "function"
    return Failure((kind, role, *details), f"`{function.__name__}` {said}", slip)


def _argument_name(function, index):
    names = list(inspect.signature(function).parameters)
    return names[index] if index < len(names) else f"number {index + 1}"


def _copy(argument, view=False):
    """Copy a tensor; as a view, a matrix lies in memory column by column."""
    if not isinstance(argument, torch.Tensor):
        return argument
    return argument.mT.contiguous().mT if view and argument.ndim > 1 else argument.clone()


def _changed(argument, before):
    """Whether a tensor differs by more than the rounding of 'add h, take h off again'."""
    if not isinstance(argument, torch.Tensor):
        return False
    if argument.shape != before.shape or argument.dtype != before.dtype:
        return True
    return not torch.allclose(argument, before, rtol=1e-9, atol=1e-12, equal_nan=True)


def _holds(value, argument):
    """Whether a value is an argument, a copy of it, or a container with one inside."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return any(_holds(part, argument) for part in value)
    tensors = isinstance(value, torch.Tensor) and isinstance(argument, torch.Tensor)
    return tensors and value.shape == argument.shape and torch.equal(value, argument)


@contextmanager
def _no_autograd():
    places = [(torch.autograd, "grad"), (torch.autograd, "backward")]
    places += [(torch.func, name) for name in ("grad", "vjp", "jvp", "jacrev", "jacfwd")]
    with ExitStack() as stack:
        for place, name in places:  # each with one of its own: PyTorch's compiler tells them apart
            stack.enter_context(patch.object(place, name, partial(_refuse)))
        yield


def _refuse(*_, **__):
    raise AutogradUsed
