"""What may be given to a public function: data that stands beside it.

A function is decorated by :func:`takes` with a rule for each argument, and its body holds
mathematics only.  What breaks a rule is named before anything has changed: who was given
what, and what was wanted.  The rules stay at hand as ``function.rules``, so that one test
walks over all of them.
"""

import inspect
import math
from collections.abc import Callable
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import wraps
from itertools import repeat

import torch
from torch.compiler import is_dynamo_compiling


def takes(*relations, **rules):
    """Decorate a function with rules for its arguments, a class with those of its ``__init__``.

    Parameters
    ----------
    *relations : callable
        What arguments must be to each other.  ``relation(owner, **given)`` is called when each
        is right by itself, and raises if they do not go together.
    **rules : Rule or TENSOR
        For each argument, tried in this order.
    """

    def decorate(function):
        if isinstance(function, type):
            function.__init__ = decorate(function.__init__)
            return function
        parameters = inspect.signature(function).parameters
        names = tuple(parameters)
        checks = [(names.index(name), name, rule.check) for name, rule in rules.items()]
        defaults = {k: p.default for k, p in parameters.items() if p.default is not p.empty}
        *_, place, name = ("", *function.__qualname__.split("."))
        owner = place if name == "__init__" else None if names[0] == "self" else name

        @wraps(function)
        def wrapper(*args, **options):
            # torch.compile writes the body alone: a compiled step is tried before it is run
            if not is_dynamo_compiling():
                values = args
                if len(args) != len(names):
                    given = {**defaults, **dict(zip(names, args, strict=False)), **options}
                    values = [given[name] for name in names if name in given]
                if len(values) == len(names):  # if not, Python itself says what is missing
                    who, given = owner or values[0], {}
                    for index, name, check in checks:
                        check(who, name, values[index], given)
                        given[name] = values[index]
                    for relation in relations:
                        relation(who, **dict(zip(names, values, strict=True)))
            return function(*args, **options)

        wrapper.rules = rules
        return wrapper

    return decorate


@dataclass(frozen=True)
class Rule:
    """What one argument must be.

    Attributes
    ----------
    wanted : str
        How an error says it.
    kind : type or tuple of types
        Its class; any other is a TypeError.  A truth value is no number.
    holds : callable
        Whether a value of that class will do; if not, ``error`` is raised.
    optional : bool
        Whether None will do.
    parts : iterable of Rule
        For the entries of a list, one after another.
    """

    wanted: str
    kind: type | tuple = object
    holds: Callable = lambda value: True
    optional: bool = False
    error: type = ValueError
    parts: object = ()

    def check(self, owner, name, value, given):
        """Raise an error if the value breaks the rule."""
        if value is None and self.optional:
            return
        fits = isinstance(value, self.kind) and (type(value) is not bool or self.kind is bool)
        if not fits or not self.holds(value):
            error = self.error if fits else TypeError
            raise error(f"{owner}: {name} is {describe(value)}, wanted {self.wanted}")
        if self.parts:
            for index, (part, rule) in enumerate(zip(value, self.parts, strict=False)):
                rule.check(owner, f"{name}[{index}]", part, given)


COUNT = Rule("a whole number, 1 or more", int, lambda n: n >= 1)
FROM_ZERO = Rule("a whole number, 0 or more", int, lambda n: n >= 0)
POSITIVE = Rule("a finite number above 0", (int, float), lambda a: 0 < a < math.inf)
NOT_NEGATIVE = Rule("a finite number, 0 or more", (int, float), lambda a: 0 <= a < math.inf)
FLAG = Rule("True or False", bool)
FUNCTION = Rule("a function", Callable)
GENERATOR = Rule("a torch.Generator", torch.Generator, optional=True)
DTYPE = Rule(
    "torch.float32 or torch.float64",
    torch.dtype,
    lambda dtype: dtype in (torch.float32, torch.float64),
)
#: A dtype, or None for PyTorch's default one.
FLOAT = replace(DTYPE, optional=True)
#: For what is not used, or asked of those it is handed on to.
ANYTHING = Rule("anything")


def ONE_OF(*choices):
    """Make the rule that a value is one of a few words, or None if that is among them."""
    wanted = " or ".join(map(repr, choices))
    return Rule(wanted, holds=lambda value: isinstance(value, str | None) and value in choices)


def A(*kinds):
    """Make the rule that a value is an instance of one of these classes."""
    return Rule("a " + " or ".join(kind.__name__ for kind in kinds), kinds)


def HAS(*methods):
    """Make the rule that a value is an object, no class, with these methods."""

    def holds(value):
        for method in methods:
            if not callable(getattr(value, method, None)):
                return False
        return not isinstance(value, type)

    return Rule(f"an object with {', '.join(methods)}", holds=holds, error=TypeError)


def LIST_OF(rule=None):
    """Make the rule for a list or tuple, and for each entry of it."""
    return Rule("a list", (list, tuple), parts=repeat(rule) if rule else ())


MODULE = HAS("forward", "backward", "gradient_step", "zero_grad", "param")
NETWORK = HAS("forward_pass", "backward_pass", "gradient_step", "zero_grad", "param")
LOSS = HAS("forward", "backward")


class TENSOR:
    """The rule for a tensor; it may not require grad.

    Parameters
    ----------
    *shape : str
        A word for each dimension, none for any shape.  ``"self.…"`` is that attribute of the
        module; another word is any size, but the same wherever it stands: ``"N"``.  A final
        ``...`` is any number of further dimensions.
    like, same : str
        An argument, or attribute of the module, whose dtype and device it shares; ``same``: and
        whose shape.
    dtype : torch.dtype or "any"
        Floating-point if not given.
    some : bool
        Whether it may not be empty.
    holds : tuple of (str, callable)
        What else is asked of its numbers, in words and as a test.
    """

    def __init__(self, *shape, like="", same="", dtype=None, some=False, holds=None):
        self.like, _, self.attribute = (like or same).partition(".")
        self.floating = dtype is None and not self.like
        self.dtype = None if dtype == "any" else dtype
        self.shape, self.same, self.some, self.holds = shape, same, some, holds
        self.open = ... in shape
        words = [(i, *w.partition(".")) for i, w in enumerate(shape) if w is not ...]
        self.own = [(i, attribute) for i, _, dot, attribute in words if dot]
        self.free = [(i, word) for i, word, dot, _ in words if not dot]

    def check(self, owner, name, value, given):
        """Raise an error if the value breaks the rule; note what its shape's words stand for."""
        like = None
        if self.like:
            like = getattr(owner, self.attribute) if self.attribute else given[self.like]
        if not isinstance(value, torch.Tensor):
            error, wanted = TypeError, "a tensor"
        elif self.floating and not value.is_floating_point():
            error, wanted = TypeError, "a floating-point tensor"
        elif self.dtype is not None and value.dtype != self.dtype:
            error, wanted = TypeError, f"dtype {_name(self.dtype)}"
        elif (self.shape or self.same) and not self._fits(value.shape, like, owner, given):
            error, wanted = ValueError, f"shape {self._shape(like, owner, given)}"
        elif like is not None and value.dtype != like.dtype:
            error, wanted = TypeError, f"dtype {_name(like.dtype)}"
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

    def _fits(self, sizes, like, owner, given):
        """Whether a tensor has the shape; if so, its words stand for these sizes from now on."""
        if self.same:
            return sizes == like.shape
        if len(sizes) < len(self.shape) - 1 if self.open else len(sizes) != len(self.shape):
            return False
        for i, attribute in self.own:
            if sizes[i] != getattr(owner, attribute):
                return False
        for i, word in self.free:
            if given.setdefault(word, sizes[i]) != sizes[i]:
                return False
        return True

    def _shape(self, like, owner, given):
        """Write the shape that is wanted, each size as far as it is known."""
        if self.same:
            return tuple(like.shape)
        known = given | {f"self.{name}": getattr(owner, name) for _, name in self.own}
        sizes = ["…" if word is ... else str(known.get(word, word)) for word in self.shape]
        return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


FINITE = ("finite numbers only", lambda value: value.isfinite().all())
SAMPLES = TENSOR("N", "in_features", some=True, holds=FINITE)
TARGETS = TENSOR("N", "out_features", like="x", holds=FINITE)
#: A pair of samples and targets that were not trained on, with the columns of x and of y.
TEST = Rule(
    "a pair (x, y)",
    (list, tuple),
    lambda pair: len(pair) == 2,
    optional=True,
    error=TypeError,
    parts=(
        TENSOR("test rows", "in_features", like="x", some=True, holds=FINITE),
        TENSOR("test rows", "out_features", like="x", holds=FINITE),
    ),
)
#: Handed on to modules, which have rules of their own for its columns.
A_TENSOR = TENSOR(dtype="any")
#: The same for samples.
ROWS = TENSOR("N", ..., dtype="any", some=True)


# ---- what a network and its data must be to each other


def one_row_fits(owner, model, loss, x, y, **_):
    """Refuse a network, a loss and data that do not go together: one row is tried, on a copy."""
    try:
        model, loss = deepcopy((model, loss))
    except Exception:
        return  # what cannot be copied cannot be tried
    x, y = x[:1], y[:1]
    with tried(owner):
        network = hasattr(model, "forward_pass")
        outputs = model.forward_pass(x) if network else [x, model.forward(x)]
        grad = loss.backward(outputs[-1], y)
        model.backward_pass(outputs, grad) if network else model.backward(*outputs, grad)
        loss.forward(outputs[-1], y)


@contextmanager
def tried(owner):
    """Say of an error that one row was tried; PyTorch's random numbers are put back."""
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    except Exception as error:
        error.add_note(f"{owner}: one row was tried, on a copy of the network; nothing has changed")
        raise


def outputs_fit(owner, self, outputs, grad):
    """Refuse outputs that a ``forward_pass`` cannot have returned, or a gradient not like the last.

    What a module with rules would refuse in its ``backward`` is refused here, before the modules
    behind it have added to their gradients.  Of other modules nothing is known.
    """
    if len(outputs) != len(self.modules) + 1:
        raise ValueError(
            f"{owner}: outputs has {len(outputs)} entries, "
            f"wanted {len(self.modules) + 1}: the input and one for each module"
        )
    for k, (module, x, y) in enumerate(zip(self.modules, outputs, outputs[1:], strict=False)):
        given = {"x": x, "y": y}
        try:
            for name, rule in getattr(module.backward, "rules", {}).items():
                if name in given:
                    rule.check(module, name, given[name], given)
            if hasattr(module, "forward_pass"):  # which has no rule for the columns of x
                module.forward(x[:1])
        except Exception as error:
            locate(error, self.modules, k)
            raise
    TENSOR().check(owner, "outputs[-1]", outputs[-1], {})
    TENSOR(same="last").check(owner, "grad", grad, {"last": outputs[-1]})


def says_reduction(owner, loss, **_):
    """Refuse a loss that does not say whether it is a mean or a sum."""
    ONE_OF("mean", "sum").check(owner, "loss.reduction", getattr(loss, "reduction", None), {})


def starts_from_zero(owner, model, **_):
    """Refuse a network whose stored gradients are not zero."""
    for index, (_, grad) in enumerate(model.param()):
        if grad.any():
            raise ValueError(
                f"{owner}: the gradient in model.param()[{index}] is not zero: call zero_grad()"
            )


def located(index):
    """Decorate a method that runs down a list of modules: an error says in which it was raised.

    ``index`` tells from the local variables of the method's body how far it had come.
    """

    def decorate(method):
        @wraps(method)
        def wrapper(self, *args, **options):
            try:
                return method(self, *args, **options)
            except Exception as error:
                body = error.__traceback__.tb_next
                if body:
                    locate(error, self.modules, index(**body.tb_frame.f_locals))
                raise

        return wrapper

    return decorate


def locate(error, modules, k):
    """Add a note to an error: in which module of a list it was raised."""
    error.add_note(f"raised in modules[{k}], number {k + 1} of {len(modules)}: {modules[k]!r}")


# ---- what a training must not come to


def check_loss(value, batch, lr, epoch=None):
    """Stop a training whose loss has become infinite or not a number."""
    if not math.isfinite(value):
        place = f"mini-batch {batch}" if epoch is None else f"epoch {epoch}, mini-batch {batch}"
        raise FloatingPointError(f"{place}: the loss is {value}, {_too_large(lr)}")


def check_prediction(prediction, epoch, lr):
    """Stop a training whose network gives infinite numbers or NaN after an epoch."""
    if not prediction.isfinite().all():
        raise FloatingPointError(
            f"epoch {epoch}, after its last mini-batch: the network's output holds infinite "
            f"numbers or NaN, {_too_large(lr)}"
        )


def _too_large(lr):
    return f"with learning rate {lr}; the steps are probably too large, try a smaller learning rate"


# ---- how a value is named


def describe(value):
    """Say in a few words what a value is: its dtype and shape if it is a tensor."""
    if isinstance(value, torch.Tensor):
        article = "an" if _name(value.dtype).startswith("int") else "a"
        device = "" if value.device.type == "cpu" else f" on {value.device}"
        return f"{article} {_name(value.dtype)} tensor of shape {tuple(value.shape)}{device}"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    text = " ".join(repr(value).split())
    return f"{text if len(text) <= 60 else text[:60] + ' …'} of type {type(value).__name__}"


def _name(dtype):
    return str(dtype).removeprefix("torch.")
