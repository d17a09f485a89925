"""What a wrong result has to do with the right one, in a few words that are true of any answer."""

import math
from fractions import Fraction
from itertools import permutations, product

import torch

KINDS = {1: "entry", 2: "row", 3: "matrix"}
ROOTS = {"√2": math.sqrt(2), "√3": math.sqrt(3), "π": math.pi, "√π": math.sqrt(math.pi)}


def of_number(value, expected):
    """Say what a number has to do with the expected one: ``": its square"``."""
    if not (value and expected and math.isfinite(value)):
        return ""
    for words, way in {"its square": expected**2, "its root": abs(expected) ** 0.5}.items():
        if math.isclose(value, way, rel_tol=1e-9) and expected not in (2, 4):  # 4 is twice 2, too
            return f": {words}"
    if math.isclose(value * expected, 1):
        return ": 1 divided by it"
    if abs(value) > 1 and value in (round(expected), math.trunc(expected)):  # 1 may be a bound
        return ": rounded, or cut down, to a whole number"
    return _times(value / expected)


def of_shape(value, expected):
    """Say what a tensor has to do with the expected one, where the shapes differ."""
    value, expected = _floats(value, expected)
    if _close(value.flatten(), expected.flatten()):
        return ": the right numbers, in another shape"
    if value.ndim == expected.ndim:
        if any(_close(value.permute(order), expected) for order in permutations(range(value.ndim))):
            return ": the dimensions have changed places"
        both = tuple(map(slice, map(min, value.shape, expected.shape)))
        common = value[both]
        if common.numel() and _close(common, expected[both]):
            if common.shape == value.shape:
                return ": what is there is right, and the rest is missing"
            if common.shape == expected.shape:
                return ": what is wanted is there, and more after it"
    ways = {"sums": torch.sum, "means": torch.mean, "largest numbers": torch.amax}
    every = tuple(range(expected.ndim))
    dims = [*(every if expected.ndim > 1 else ()), every] if expected.numel() else []
    for (words, way), dim, keepdim in product(ways.items(), dims, (False, True)):
        if _close(value, way(expected, dim=dim, keepdim=keepdim)):
            which = f"{words[:-1]} of all" if dim == every else f"{words} along {dim=} of"
            return f": the {which} the right numbers"
    return ""


def of_entries(value, expected, wrong):
    """Say where a tensor is wrong, and what it has to do with the right one."""
    value, expected = _floats(value, expected)
    v, e = value[wrong], expected[wrong]
    return _where(expected, wrong) + (_how(value, expected, v, e) if v.isfinite().all() else "")


def _where(expected, wrong):
    signs = {"0": expected == 0, "a negative number": expected < 0}
    signs["a positive number"] = expected > 0
    for words, there in signs.items():
        if torch.equal(wrong, there) and not wrong.all():
            return f", just where {words} is expected"
    kind = KINDS.get(wrong.ndim)
    if kind and len(wrong) > 2:
        rows = wrong.reshape(len(wrong), -1).any(1)
        for at in (0, len(rows) - 1):
            if rows[at] and rows.sum() == 1:
                return f", in {kind} {at} alone" if wrong.ndim > 1 else ""
            if not rows[at] and rows.sum() == len(rows) - 1:
                return f", in every {kind} but {kind} {at}"
    return ""


def _how(value, expected, v, e):
    many, kind = len(v) > 1, KINDS.get(value.ndim)
    if not v.any():
        return f": {'they are all' if many else 'it is'} 0"
    if _close(v, -e):
        return f": {'they have' if many else 'it has'} the other sign"
    if not many:
        return ""
    if _close(v.abs(), v.abs()[0].expand_as(v)):
        mixed = "" if _close(v, v[0].expand_as(v)) else "1 or −1 times "
        return f": they are all {mixed}{(v[0].abs() if mixed else v[0]).item():.4g}"
    if value.ndim > 1:
        for words, way in (
            (f"every {kind} is the same", value[:1].expand_as(value)),
            ("in reverse order", expected.flip(0)),
            ("rows and columns have changed places", expected.mT),
            ("the transposed was dealt out row by row", expected.mT.reshape(value.shape)),
        ):
            if _close(value, way) and len(value) > 1:
                return f": {words}"
        if value.ndim == 2 and sorted(value.tolist()) == sorted(expected.tolist()):
            return ": the right rows, in another order"
    if _close(value.flatten().sort().values, expected.flatten().sort().values):
        return ": the right numbers, in other places"
    if e.all() and _close(v, (v[0] / e[0]) * e):
        ratio = (v[0] / e[0]).item()
        roughly = f"{ratio:.4g}"
        return _times(ratio) or (f": {roughly} times what is expected" if roughly != "1" else "")
    if _close(v - e, (v - e)[0].expand_as(v)):
        return f": each {(v - e)[0].abs().item():.4g} too {'large' if v[0] > e[0] else 'small'}"
    if _close(v, e.trunc()) and not _close(v, e.clamp(0, 1)):
        return ": cut down to whole numbers"
    if value.ndim > 1:
        a, b = value.flatten(1), expected.flatten(1)
        own = (a * b).sum(1, keepdim=True) / (b * b).sum(1, keepdim=True)
        if _close(a, own * b):
            return f": every {kind} is multiplied by a number of its own"
    return ""


def _times(ratio):
    """Write a ratio in words, if it is a simple one."""
    simple = Fraction(ratio).limit_denominator(100)
    names = {**ROOTS, **{f"1/{name}": 1 / root for name, root in ROOTS.items()}}
    if min(abs(simple.numerator), simple.denominator) < 10 and abs(ratio) < 1000:
        names[str(simple)] = float(simple)
    for name, number in names.items():
        if math.isclose(ratio, number, rel_tol=1e-9) and number != 1:
            return f": {name} times what is expected"
    return ""


def _floats(value, expected):
    """Convert integers, which have no mean and are not compared by a tolerance."""
    dtype = expected.dtype if expected.is_floating_point() else torch.float64
    return value.to(dtype), expected.to(dtype)


def _close(one, other):
    """Whether two tensors have one shape and the same numbers."""
    near = 1e-6 if one.dtype == torch.float32 else 1e-9
    return one.shape == other.shape and torch.allclose(one, other, rtol=near, atol=near)
