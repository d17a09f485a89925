"""What an exercise is, and what it makes of an answer.

An :class:`Exercise` has *cases*, each a property that a right answer has, with an
independent oracle; and *mistakes*, wrong answers that people write, each with a hint.
"""

import inspect
import math
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral, Real

import torch

from . import guard, patterns
from .mistakes import read_mistakes
from .probe import Failure, Probe, is_stub

#: For what draws without a generator, that it is always the same; none that a reader would choose.
SEED = 8_642_097_531
ROUNDED = (
    "Right to a few digits: was it rounded, or computed in float32? Or was a small number added?"
)
NEARLY = (
    "Nearly right: was a number rounded, a step or a search too coarse, one too many counted, or "
    "something drawn at random or taken off?"
)
TRUTHS = "These are truth values, as a comparison gives them, and not numbers."
DTYPES = (
    "Was a new tensor made without the `dtype` of those that were given, or a dtype changed? "
    "`torch.zeros_like(x)` and `dtype=x.dtype` keep it."
)


@dataclass(frozen=True)
class Case:
    """One property of a right answer."""

    #: The property, as the reader sees it.
    label: str
    #: ``run(answer, probe)`` returns a dict from names to values: tensors, numbers, truth values.
    #: The name of a truth value is a statement.
    run: Callable
    #: ``expect()`` returns the same dict as it should be, from an oracle that shares no code with
    #: the solution.  What it holds says what is asked: a float means a Python float, an int an
    #: integer, a list a list, a tensor a tensor.  Statements are to be true where it leaves them
    #: out.
    expect: Callable = dict
    #: For answers that equal no known mistake.  It must hold for all of them; or, as pairs, each
    #: must for those whose complaint begins as its regular expression says, the first that fits.
    hint: str | tuple = ""
    #: Largest difference allowed, relative to values above 1.
    tol: float = 1e-9
    #: Seconds that the case itself may take, beside the answer.
    seconds: float = 0


@dataclass(frozen=True)
class Exercise:
    """What a reader is to write."""

    #: Chapter and number, ``"2.1"``.
    number: str
    #: The book's own class or function.
    solution: Callable
    #: In the order in which they are tried.
    cases: tuple
    #: As :mod:`.mistakes` reads them.
    mistakes: str
    #: For a class: the methods that are to be written.
    parts: tuple = ()
    #: How many of the first cases the stub passes as it stands.
    given: int = 0

    @property
    def name(self):
        """Name of the class or function that is to be written."""
        return self.solution.__name__

    @cached_property
    def wrong_answers(self):
        """The mistakes, as a tuple of :class:`.mistakes.Mistake`."""
        return read_mistakes(self.mistakes, self.solution, self.name)

    def outcome(self, case, answer, limit=guard.SECONDS, again=False):
        """Run one case on an answer, for so many seconds at most; ``again`` is :class:`Probe`'s.

        Returns its values as a dict, or the :class:`Failure` that kept them from coming out.
        """
        probe = Probe(answer, f"Exercise {self.number}", again)
        misfit = self.misfit(answer)
        if misfit:
            return misfit
        try:
            with torch.random.fork_rng(devices=[]), guard.guarded(limit + case.seconds):
                torch.manual_seed(SEED)
                result = case.run(answer, probe)
                complaint(case, result)
        except Failure as failure:
            result = failure
        except guard.Accident as accident:
            result = probe.accident(self.solution, accident)
        except Exception as error:
            result = probe.failure(self.solution, error)
        return result

    def known(self, mistake, case):
        """Return the outcome of a mistake in a case; it is always the same."""
        if (mistake, case) not in self._known:
            with warnings.catch_warnings(action="ignore"):  # what PyTorch says of our mistakes
                self._known[mistake, case] = self.outcome(case, mistake.answer)
        return self._known[mistake, case]

    @cached_property
    def _known(self):
        return {}

    def misfit(self, answer):
        """Say why an answer cannot be called as the stub can, as a :class:`Failure`, or None."""
        is_class = isinstance(self.solution, type)
        if not callable(answer) or (is_class and not isinstance(answer, type)):
            kind = "class" if is_class else "function"
            return Failure(("kind",), f"this is {_short(answer)}, wanted the {kind} `{self.name}`")
        if not is_class:
            return _misfit(self.solution, answer)
        methods = [name for name, part in vars(self.solution).items() if inspect.isfunction(part)]
        pairs = ((getattr(self.solution, m), vars(answer).get(m)) for m in methods)
        return next(filter(None, (_misfit(ours, theirs) for ours, theirs in pairs)), None)

    def trouble(self, answer, limit=guard.SECONDS):
        """Return the first :class:`Failure` that an answer meets, or None."""
        for case in self.cases:
            trouble = complaint(case, self.outcome(case, answer, limit))
            if trouble:
                return trouble
        return None

    def untouched(self, answer):
        """Whether every part that is to be written is still its stub."""
        if not isinstance(answer, type):
            return is_stub(answer)
        return all(is_stub(vars(answer).get(part)) for part in self.parts)


def _misfit(ours, theirs):
    """Compare the parameters of two functions: called as ours, theirs must get the same.

    What has no default is given by its place, and may have another name.
    """
    if not inspect.isfunction(theirs):
        return None
    wanted, got = inspect.signature(ours), inspect.signature(theirs)
    needed = [p for p in wanted.parameters.values() if p.default is p.empty]
    placed = [p.name for p in needed if p.kind is not p.KEYWORD_ONLY]
    named = [name for name in wanted.parameters if name not in placed]
    try:
        for names in ([p.name for p in needed if p.name in named], named):
            bound = got.bind(*placed, **{name: name for name in names}).arguments
            if any(name != value and name in wanted.parameters for name, value in bound.items()):
                raise TypeError("one lands where another belongs")
    except TypeError:
        shown, hint = [_shown(got), _shown(wanted)], ""
        if all("(self" in text for text in shown):
            shown = [re.sub(r"\(self(, )?", "(", text) for text in shown]
        elif "(self" in shown[1]:
            hint = "The first parameter of a method is `self`."
        takes = f"`{ours.__name__}` takes {shown[0]}, wanted {shown[1]}"
        kind = ("signature", ours.__name__)
        return Failure(kind, f"{takes}: keep the parameters of the stub", hint)
    return None


def _shown(signature):
    """Write the parameters without annotations, and functions among the defaults by name."""
    plain = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return re.sub(r"<function (\w+) at \w+>", r"\1", str(inspect.Signature(plain)))


def complaint(case, outcome):
    """Say what is wrong with an outcome as a :class:`Failure`, or return None."""
    if isinstance(outcome, Failure):
        return outcome
    expected = case.expect()
    for name in [*outcome, *expected]:
        if name in expected or isinstance(outcome[name], bool):
            trouble = difference(name, outcome[name], expected.get(name, True), case.tol)
            if trouble:
                return trouble
    return None


def difference(name, value, expected, tol):
    """Say where a value differs from the expected one as a :class:`Failure`, or return None."""
    if isinstance(expected, bool):
        return None if value is expected else Failure(("statement",), f"this does not hold: {name}")
    if isinstance(expected, (int, float)):
        return _number_difference(name, value, expected, tol)
    if not isinstance(expected, torch.Tensor):
        if type(value) is type(expected) and value == expected:
            return None
        return Failure(("type",), f"{name}: this is {_short(value)}, expected {_short(expected)}")
    if type(value) is not torch.Tensor:
        wanted = f"a tensor of shape {tuple(expected.shape)}"
        return Failure(("type",), f"{name}: this is {_short(value)}, expected {wanted}")
    if value.shape != expected.shape:
        shapes = f"{tuple(value.shape)}, expected {tuple(expected.shape)}"
        pattern = patterns.of_shape(value, expected)
        return Failure(("shape",), f"{name}: the shape is {shapes}{pattern}")
    if value.dtype != expected.dtype:
        dtypes = f"{value.dtype}, expected {expected.dtype}"
        hint = TRUTHS if value.dtype == torch.bool else DTYPES
        return Failure(("dtype",), f"{name}: the dtype is {dtypes}", hint)
    if value.isnan().any() and not expected.isnan().any():
        where = f", in {value.isnan().sum()} of {value.numel()} entries" if value.ndim else ""
        return Failure(("nan",), f"{name}: there is NaN, 'not a number'{where}")
    wrong = ~torch.isclose(value, expected, rtol=tol, atol=tol)
    if not wrong.any():
        return None
    entry = tuple(wrong.nonzero()[0].tolist())
    at = f" at [{', '.join(map(str, entry))}]" if entry else ""
    numbers = _apart(value[entry].item(), expected[entry].item())
    hint = ROUNDED if _is_rounded(value, expected) else ""
    pattern = patterns.of_entries(value, expected, wrong) if wrong.numel() > 1 else ""
    return Failure(("number",), f"{name}{at} is {numbers}{_places(wrong)}{pattern}", hint)


def same(one, other):
    """Whether two outcomes are alike: the same failure, or equal values."""
    if isinstance(one, Failure) or isinstance(other, Failure):
        return isinstance(one, Failure) and isinstance(other, Failure) and one.kind == other.kind
    return one.keys() == other.keys() and all(_equal(one[name], other[name]) for name in one)


def as_number(name, value):
    """Return a number of any kind, or a tensor with one element, as a float, or raise a Failure."""
    if type(value) is torch.Tensor and value.numel() == 1:
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, Real):
        raise Failure(("type", name), f"{name}: this is {_short(value)}, expected a number")
    return float(value)


def _number_difference(name, value, expected, tol):
    """A float or an integer is asked for: a tensor is neither; an int may stand for a float."""
    wanted = "a Python float" if isinstance(expected, float) else "an integer"
    kinds = (float, int) if isinstance(expected, float) else Real
    if isinstance(value, bool) or not isinstance(value, kinds):
        one = type(value) is torch.Tensor and value.numel() == 1
        hint = "`.item()` takes the number out of a tensor with one element." if one else ""
        return Failure(("type",), f"{name}: this is {_short(value)}, expected {wanted}", hint)
    if isinstance(expected, float):
        if math.isclose(value, expected, rel_tol=tol, abs_tol=tol):
            return None
        near = NEARLY if math.isclose(value, expected, rel_tol=0.01) else ""
        hint = ROUNDED if _is_rounded(value, expected) else near
        pattern = patterns.of_number(float(value), expected)
        return Failure(("number",), f"{name} is {_apart(float(value), expected)}{pattern}", hint)
    if value != expected:
        pattern = patterns.of_number(value, expected)
        return Failure(("number",), f"{name} is {value:.12g}, expected {expected}{pattern}")
    if isinstance(value, Integral):
        return None
    return Failure(("type",), f"{name} is {value!r}, the right number, but expected an integer")


def _is_rounded(value, expected):
    """Whether a value is right to some digits, as what was rounded or computed in float32 is."""
    value, exact = (torch.as_tensor(v, dtype=torch.float64) for v in (value, expected))
    ways = [exact.round(decimals=digits) for digits in range(1, 9)]
    return torch.allclose(value, exact, rtol=1e-5, atol=0) or (
        torch.allclose(value, exact, rtol=0.05, atol=0)
        and any(torch.allclose(value, way, rtol=1e-9, atol=1e-9) for way in ways)
    )


def _apart(number, expected):
    """Write two numbers with as many digits as tell them apart."""
    for digits in (6, 9, 12):
        if f"{number:.{digits}g}" != f"{expected:.{digits}g}":
            break
    return f"{number:.{digits}g}, expected {expected:.{digits}g}"


def _equal(one, other):
    if type(one) is type(other) is torch.Tensor:
        if one.shape != other.shape or one.dtype != other.dtype:
            return False
        rtol, atol = (1e-5, 1e-6) if one.dtype == torch.float32 else (1e-9, 1e-12)
        return torch.allclose(one, other, rtol=rtol, atol=atol, equal_nan=True)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return type(one) is type(other) and len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, float) and isinstance(other, float):
        near = math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
        return near or (math.isnan(one) and math.isnan(other))
    return type(one) is type(other) and repr(one) == repr(other)


def _places(mask):
    count, total = mask.sum().item(), mask.numel()
    if total == 1:
        return ""
    return f"; {count} of {total} entries {'is' if count == 1 else 'are'} wrong"


def _short(value):
    if type(value) is torch.Tensor:
        return f"a tensor of shape {tuple(value.shape)}"
    if value is None:
        return "None"
    kind = type(value).__name__
    article = "an" if kind[0] in "aeiou" else "a"
    if isinstance(value, (bool, int, float, str, list, tuple, dict)) and len(repr(value)) <= 40:
        return f"{value!r}, {article} {kind}"
    return f"{article} {kind}"
