"""What may be given to a public function: data that stands beside it.

A function is decorated by :func:`takes` with a rule for each argument, and its body holds
mathematics only.  What breaks a rule is named before anything has changed: who was given
what, and what was wanted.  The rules stay at hand as ``function.rules``, and tell the docstring
what each parameter must be; by hand it says what one means, if its name does not.
"""

import inspect
import math
import re
from collections.abc import Callable
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import wraps
from itertools import repeat
from pathlib import Path
from textwrap import fill, indent

import torch
from torch.compiler import is_dynamo_compiling


def takes(*relations, **rules):
    """Decorate a function with rules for its arguments, or a class with those of ``__init__``.

    ``rules`` are tried in their order; then ``relation(owner, **given)`` raises an error if
    arguments that are right by themselves do not go together.  A dataclass may have its rules
    beside its fields, ``n: Annotated[int, COUNT, "what it means"]``.
    """

    def decorate(function):
        if isinstance(function, type):
            function.__init__ = decorate(function.__init__)
            function.__doc__ = _documented(function.__doc__, relations, rules)
            return function
        parameters = inspect.signature(function).parameters
        names = tuple(parameters)
        for name, hint in inspect.get_annotations(function).items():
            if hasattr(hint, "__metadata__"):
                rule, means = hint.__metadata__
                rules[name] = replace(rule, means=f"\n    {means}")
        needed = {name for name, p in parameters.items() if p.default is p.empty}
        owner = function.__qualname__.removesuffix(".__init__").rpartition(".")[2]
        is_method = names[0] == "self" and function.__name__ != "__init__"

        @wraps(function)
        def wrapper(*args, **options):
            if not is_dynamo_compiling():  # which has to see the mathematics only
                given = dict(zip(names, args, strict=False), **options)
                if needed <= given.keys():  # if not, Python itself says what is missing
                    who = given["self"] if is_method else owner
                    for name, rule in rules.items():
                        if name in given:
                            rule.check(who, name, given[name], given)
                    for relation in relations:
                        relation(who, **given)
            return function(*args, **options)

        wrapper.rules = rules
        wrapper.__doc__ = _documented(function.__doc__, relations, rules)
        return wrapper

    return decorate


def _documented(doc, relations, rules):
    """Write into a docstring what each parameter must be, and what is refused."""
    summary, *parts = re.split(r"\n\n(?=\w+\n---)", inspect.cleandoc(doc or ""))
    parts = {"Parameters": ""} | dict(re.split(r"\n-+\n", part, maxsplit=1) for part in parts)
    means = {name: rule.means for name, rule in rules.items()}
    means |= re.findall(r"(?m)^(\w+)((?:\n+ .+)+)", parts["Parameters"])
    parts["Parameters"] = "\n".join(
        f"{name} : {rule.wanted}{' or None' * rule.optional}{means[name]}"
        for name, rule in rules.items()
    )
    refused = [relation.__doc__.splitlines()[0].rstrip(".") for relation in relations]
    refused = ["For an argument that is not as above", *refused, "before anything is changed."]
    text = indent(fill("; ".join(refused).replace("Refuse", "for"), 90), "    ")
    raises = f"TypeError, ValueError\n{text}\n{parts.pop('Raises', '')}".rstrip()
    parts = [f"{title}\n{'-' * len(title)}\n{part}" for title, part in parts.items()]
    return "\n\n".join([summary, *parts, f"Raises\n------\n{raises}"])


def describe(value):
    """Say in a few words what a value is: its dtype and shape if it is a tensor."""
    if isinstance(value, torch.Tensor):
        device = "" if value.device.type == "cpu" else f" on {value.device}"
        text = f"a {_name(value.dtype)} tensor of shape {tuple(value.shape)}{device}"
        return text.replace("a int", "an int")
    if isinstance(value, type):
        return f"the class {value.__name__}"
    text = " ".join(repr(value).split())
    return f"{text if len(text) <= 60 else text[:60] + ' …'} of type {type(value).__name__}"


def _name(dtype):
    return str(dtype).removeprefix("torch.")


@dataclass(frozen=True)
class Rule:
    """What one argument must be: of a class (else a TypeError), and such that it ``holds``.

    A truth value is no number.  ``parts`` are the rules of a list's entries.
    """

    wanted: str
    kind: type | tuple = object
    holds: Callable = lambda value: True
    optional: bool = False
    parts: object = ()
    means: str = field(default="", compare=False)

    def check(self, owner, name, value, given):
        """Raise an error if the value breaks the rule."""
        if value is None and self.optional:
            return
        fits = isinstance(value, self.kind) and (type(value) is not bool or self.kind is bool)
        if not fits or not self.holds(value):
            error = ValueError if fits and self.kind is not object else TypeError
            raise error(f"{owner}: {name} is {describe(value)}, wanted {self.wanted}")
        if self.parts:
            for index, (part, rule) in enumerate(zip(value, self.parts, strict=False)):
                rule.check(owner, f"{name}[{index}]", part, given)


COUNT = Rule("a whole number, 1 or more", int, lambda n: n >= 1)
FROM_ZERO = Rule("a whole number, 0 or more", int, lambda n: n >= 0)
POSITIVE = Rule("a finite number above 0", (int, float), lambda a: 0 < a < math.inf)
NOT_NEGATIVE = Rule("a finite number, 0 or more", (int, float), lambda a: 0 <= a < math.inf)
FLAG = Rule("True or False", bool)
PATH = Rule("a path", (str, Path), optional=True)
FUNCTION = Rule("a function", Callable)
GENERATOR = Rule("a torch.Generator", torch.Generator, optional=True)
FLOATS = (torch.float32, torch.float64)
DTYPE = Rule("torch.float32 or torch.float64", torch.dtype, FLOATS.__contains__)
#: None is PyTorch's default dtype.
FLOAT = replace(DTYPE, optional=True)


def ONE_OF(*words):
    """Make the rule for a choice."""
    return Rule(" or ".join(map(repr, words)), str, lambda value: value in words)


def A(*kinds):
    """Make the rule for an instance of one of these classes."""
    return Rule("a " + " or ".join(kind.__name__ for kind in kinds), kinds)


def HAS(*methods):
    """Make the rule for an object with these methods; a class is none."""

    def holds(value):
        found = all(callable(getattr(value, method, None)) for method in methods)
        return found and not isinstance(value, type)

    return Rule(f"an object with {', '.join(methods)}", holds=holds)


def LIST_OF(rule=None):
    """Make the rule for a list or tuple, and for each entry of it."""
    wanted = f"a list, each entry {rule.wanted}" if rule else "a list"
    return Rule(wanted, (list, tuple), parts=repeat(rule) if rule else ())


MODULE = HAS("forward", "backward", "gradient_step", "zero_grad", "param")
NETWORK = HAS("forward_pass", "backward_pass", "gradient_step", "zero_grad", "param")
LOSS = HAS("forward", "backward")


class TENSOR:
    """The rule for a tensor; none may require grad.

    ``shape`` has a word for each dimension: ``"self.…"`` is that attribute of the module, another
    any size, but the same wherever it stands; ``"…"`` at the end is any number of dimensions.
    ``like`` names an argument or attribute whose dtype and device it has, ``same`` one whose
    shape it has, too; else a ``dtype``, which may be "any", or floating-point numbers.  ``some``:
    it may not be empty.  ``holds``: what is true of its numbers, in words and as a function.
    """

    optional, means = False, ""

    def __init__(self, *shape, like="", same="", dtype=None, some=False, holds=None):
        self.shape, self.same, self.some, self.holds = shape, same, some, holds
        self.like, _, self.attribute = (like or same).partition(".")
        self.dtype = None if dtype == "any" else dtype
        self.floating = dtype is None and not self.like
        words = [(i, w, w.partition(".")[2]) for i, w in enumerate(shape) if w != "…"]
        self.words = sorted(words, key=lambda word: not word[2])  # what is known comes first
        parts = [
            "a floating-point tensor" if self.floating else "a tensor",
            shape and f"shape {self._sizes(None, {})}",
            self.like and f"{'shape, ' * bool(same)}dtype and device of {like or same}",
            self.dtype and f"dtype {_name(self.dtype)}",
            some and "not empty",
            holds and holds[0],
        ]
        self.wanted = ", ".join(filter(None, parts))

    def check(self, owner, name, value, given):
        """Raise an error if the value breaks the rule; note what its words stand for."""
        like = None
        if self.like:
            like = getattr(owner, self.attribute) if self.attribute else given[self.like]
        dtype = self.dtype if like is None else like.dtype
        if not isinstance(value, torch.Tensor):
            error, wanted = TypeError, "a tensor"
        elif self.floating and not value.is_floating_point():
            error, wanted = TypeError, "a floating-point tensor"
        elif self.same and value.shape != like.shape:
            error, wanted = ValueError, f"shape {tuple(like.shape)}"
        elif self.shape and not self._fits(value.shape, owner, given):
            error, wanted = ValueError, f"shape {self._sizes(owner, given)}"
        elif dtype is not None and value.dtype != dtype:
            error, wanted = TypeError, f"dtype {_name(dtype)}"
        elif like is not None and value.device != like.device:
            error, wanted = ValueError, f"a tensor on {like.device}"
        elif value.requires_grad:
            error, wanted = ValueError, f"one that does not require grad: pass {name}.detach()"
        elif self.some and value.numel() == 0:
            error, wanted = ValueError, "one that is not empty"
        elif self.holds and (value.is_meta or not self.holds[1](value)):
            error, wanted = ValueError, self.holds[0]
        else:
            return
        raise error(f"{owner}: {name} is {describe(value)}, wanted {wanted}")

    def _fits(self, sizes, owner, given):
        n = len(self.words)
        if len(sizes) != n and (self.shape[-1] != "…" or len(sizes) < n):
            return False
        for i, word, attribute in self.words:
            size = getattr(owner, attribute) if attribute else given.setdefault(word, sizes[i])
            if sizes[i] != size:
                return False
        return True

    def _sizes(self, owner, given):
        known = {word: getattr(owner, name, name) for _, word, name in self.words if name} | given
        sizes = ", ".join(str(known.get(word, word)) for word in self.shape)
        return f"({sizes}{',' * (len(self.shape) == 1)})"


FLOATING, LIKE_LAST = TENSOR(), TENSOR(same="last")
#: Handed on to modules, which have rules of their own; the same for N rows, and for samples.
A_TENSOR, ROWS = TENSOR(dtype="any"), TENSOR("N", "…", dtype="any")
SOME_ROWS = TENSOR("N", "…", dtype="any", some=True)
FINITE = ("finite numbers only", lambda value: value.isfinite().all())
TEST = (
    TENSOR("M", "in_features", like="x", some=True, holds=FINITE),
    TENSOR("M", "out_features", like="x", holds=FINITE),
)
SAMPLES = {"model": NETWORK, "loss": LOSS, "x": SOME_ROWS, "y": SOME_ROWS}
#: What every way to train takes, for one epoch and for several.
EPOCH = {
    "x": TENSOR("N", "in_features", some=True, holds=FINITE),
    "y": TENSOR("N", "out_features", like="x", holds=FINITE),
    "batch_size": COUNT,
    "lr": NOT_NEGATIVE,
    "generator": GENERATOR,
}
TRAINING = EPOCH | {
    "epochs": COUNT,
    "test": Rule("a pair (x, y)", (list, tuple), lambda pair: len(pair) == 2, True, TEST),
}


def one_row_fits(owner, model, loss, x, y, **_):
    """Refuse a network, a loss and data that do not go together: one row is tried on a copy."""
    x, y = x[:1], y[:1]
    known = is_known(model) and is_known(loss)  # forward changes nothing, and backward fits it
    try:
        model, loss = (model, loss) if known else deepcopy((model, loss))
    except Exception:
        return  # what cannot be copied cannot be tried
    with tried(owner):
        outputs = model.forward_pass(x)
        loss.forward(outputs[-1], y)
        grad = loss.backward(outputs[-1], y)
        if not known:
            model.backward_pass(outputs, grad)


@contextmanager
def tried(owner):
    """Say of an error that one row was tried, and put PyTorch's random numbers back."""
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    except Exception as error:
        error.add_note(f"{owner}: one row was tried beforehand; nothing has changed")
        raise


def is_known(module):
    """Whether a module or loss has rules, and all modules in it."""
    own = hasattr(module.forward, "rules") and hasattr(module.backward, "rules")
    return own and all(map(is_known, getattr(module, "modules", ())))


def located(function):
    """Decorate what runs down ``self.modules``: an error says in which it was raised.

    The body's variables tell: its index ``k``, or else how many ``outputs`` there are.
    """

    @wraps(function)
    def wrapper(*args, **options):
        try:
            return function(*args, **options)
        except Exception as error:
            if body := error.__traceback__.tb_next:
                found = body.tb_frame.f_locals
                modules = found["self"].modules
                k = found.get("k", len(found["outputs"]) - 1)
                if k < len(modules):
                    place = f"modules[{k}], number {k + 1} of {len(modules)}: {modules[k]!r}"
                    error.add_note(f"raised in {place}")
            raise

    return wrapper


@located
def outputs_fit(owner, self, outputs, grad):
    """Refuse outputs that ``forward_pass`` cannot have returned, or a gradient unlike the last.

    What a module's rules would refuse is refused before those behind it add to their gradients.
    """
    k = L = len(self.modules)  # in no module yet
    if len(outputs) != L + 1:
        raise ValueError(f"{owner}: outputs has {len(outputs)} entries, wanted x and {L} more")
    given = {"last": outputs[L]}
    FLOATING.check(owner, f"outputs[{L}]", outputs[L], given)
    LIKE_LAST.check(owner, "grad", grad, given)
    for k, module in enumerate(self.modules):
        x, y = outputs[k], outputs[k + 1]
        given = {"x": x, "y": y}
        for name, rule in getattr(module.backward, "rules", {}).items():
            if name in given:
                rule.check(module, name, given[name], given)
        if hasattr(module, "forward_pass") and is_known(module):  # its columns one row tells
            LIKE_LAST.check(module, "y", y[:1], {"last": module.forward(x[:1])})
