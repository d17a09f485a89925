"""Run a reader's code so that whatever goes wrong with it can be said in a sentence."""

import linecache
import sys
import traceback
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

import torch


class Failure(Exception):
    """Something about a reader's code that can be told without comparing numbers.

    Parameters
    ----------
    kind : tuple
        What happened, for comparing two failures: ``("none", "backward")``.
    sentence : str
        What happened, for the reader.
    """

    def __init__(self, kind, sentence):
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence


class AutogradUsed(RuntimeError):
    """Raised in the place of autograd while a reader's code is being checked."""


class Probe:
    """Calls a reader's functions, and looks at what they do beside their result.

    Parameters
    ----------
    answer : type or callable
        What the reader wrote.
    stub : str
        How the message of the untouched stub begins: ``"Exercise 2.1"``.
    """

    def __init__(self, answer, stub):
        self.stub = stub
        self.files = _files(answer)

    def __call__(self, function, *arguments, then=None, **options):
        """Call a function and return its result, if there is nothing to complain of.

        Parameters
        ----------
        function : callable
            A function, class or bound method of the reader's.
        *arguments, **options
            For it.  Tensors are handed over as copies, and must stay as they are.
        then : callable, optional
            Applied to the result while errors are still attributed to the reader:
            ``list`` for a generator.

        Returns
        -------
        object

        Raises
        ------
        Failure
            If it raises, returns None, uses autograd, changes an argument, or keeps
            one for later.
        """
        name = function.__name__
        before, arguments = arguments, [_copy(argument) for argument in arguments]

        def call():
            result = function(*arguments, **options)
            return result if then is None or result is None else then(result)

        try:
            with _no_autograd():
                result = call()
        except NotImplementedError as error:
            if str(error).startswith(self.stub):
                raise Failure(("stub", name), f"`{name}` is still to be written") from None
            raise self.failure(name, error) from None
        except (Exception, SystemExit) as error:
            raise self.failure(name, error) from None

        for index, (argument, copy) in enumerate(zip(arguments, before, strict=True)):
            if _changed(argument, copy):
                what = _argument_name(function, index)
                line = self.first_line(call, arguments, before, partial(_changed, argument, copy))
                raise Failure(
                    ("changed", name, what), f"`{name}` changes its argument `{what}`{line}"
                )
        owner = getattr(function, "__self__", None)
        kept = _kept(owner, arguments)
        if kept is not None:
            attribute, index = kept
            what = _argument_name(function, index)
            delattr(owner, attribute)
            line = self.first_line(call, arguments, before, partial(_kept, owner, arguments))
            raise Failure(
                ("kept", name, what),
                f"`{name}` keeps its argument `{what}` for later, as `self.{attribute}`{line}; "
                "a module remembers nothing between forward and backward",
            )
        if result is None:
            raise Failure(
                ("none", name),
                f"`{name}` returns None{self.definition(function)}: is its `return` missing?",
            )
        if isinstance(result, torch.Tensor) and result.requires_grad:
            raise Failure(
                ("autograd", name),
                f"the result of `{name}` requires grad{self.definition(function)}: "
                "autograd is at work in it, and this book does without",
            )
        return result

    def failure(self, name, error):
        """Turn an exception of the reader's code into a :class:`Failure`."""
        line = self.line_of(error.__traceback__)
        if isinstance(error, AutogradUsed):
            return Failure(
                ("autograd", name), f"`{name}` uses autograd{line}, and this book does without"
            )
        message = " ".join(str(error).split())
        if len(message) > 200:
            message = message[:200] + " …"
        kind = type(error).__name__
        said = f"{kind}: {message}" if message else kind
        return Failure(("raised", name, said), f"`{name}` raises {said}{line}")

    def line_of(self, trace):
        """Name the last line of the reader's own that a traceback passes through."""
        line = ""
        for frame, number in traceback.walk_tb(trace):
            if frame.f_code.co_filename in self.files:
                line = _quote(frame.f_code.co_filename, number)
        return line

    def definition(self, function):
        """Name the line in which a reader's function begins."""
        code = getattr(function, "__code__", None)
        if code is None or code.co_filename not in self.files:
            return ""
        return _quote(code.co_filename, code.co_firstlineno)

    def first_line(self, call, arguments, before, happened):
        """Run the call again line by line and name the line after which it happened."""
        for argument, copy in zip(arguments, before, strict=True):
            if isinstance(argument, torch.Tensor):
                argument.copy_(copy)
        last, found = None, None

        def trace(frame, event, _):
            nonlocal last, found
            if frame.f_code.co_filename not in self.files:
                return None
            if found is None and last is not None and happened():
                found = last
            last = (frame.f_code.co_filename, frame.f_lineno)
            return trace

        previous = sys.gettrace()
        sys.settrace(trace)
        try:
            call()
        except Exception:
            return ""
        finally:
            sys.settrace(previous)
        return _quote(*found) if found else ""


def _files(answer):
    """Names of the files, or cells, that a class or function was written in."""
    parts = vars(answer).values() if isinstance(answer, type) else [answer]
    codes = (getattr(part, "__code__", None) for part in parts)
    return {code.co_filename for code in codes if code is not None}


def _quote(file, number):
    text = linecache.getline(file, number).strip()
    return f", in line {number} of your cell: `{text}`" if text else f", in line {number}"


def _argument_name(function, index):
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    if hasattr(function, "__self__"):
        names = names[1:]
    return names[index] if index < len(names) else f"number {index + 1}"


def _copy(argument):
    return argument.clone() if isinstance(argument, torch.Tensor) else argument


def _changed(argument, before):
    """Whether a tensor differs by more than the rounding of 'add h, take h off again'."""
    if not isinstance(argument, torch.Tensor):
        return False
    if argument.shape != before.shape:
        return True
    return not torch.allclose(argument, before, rtol=1e-9, atol=1e-12, equal_nan=True)


def _kept(owner, arguments):
    """Return the attribute of an object that shares memory with an argument, and which."""
    for attribute, value in list(vars(owner).items()) if hasattr(owner, "__dict__") else ():
        for index, argument in enumerate(arguments):
            if (
                isinstance(value, torch.Tensor)
                and isinstance(argument, torch.Tensor)
                and value.untyped_storage().data_ptr() == argument.untyped_storage().data_ptr()
            ):
                return attribute, index
    return None


@contextmanager
def _no_autograd():
    def refuse(*_, **__):
        raise AutogradUsed

    with (
        patch.object(torch.autograd, "grad", refuse),
        patch.object(torch.autograd, "backward", refuse),
    ):
        yield
