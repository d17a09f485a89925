"""What the exercises of several chapters have in common: numbers, oracles, kinds of cases."""

import torch

from ..exercise import Case, as_number, difference
from ..probe import Failure

ROUNDED = "Right but for rounding: was it rounded, or computed in float32?"

#: What is lost in float32, and a little more where much is added up.
FLOAT32 = 1e-5


def randn(*shape, seed, dtype=torch.float64):
    """Draw normal numbers, the same on every run and on every machine."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)


def autograd(function, *tensors, grad=None):
    """The oracle of every backward: autograd's gradients with respect to these tensors."""
    leaves = [tensor.detach().clone().requires_grad_() for tensor in tensors]
    function(*leaves).backward(grad)
    return [leaf.grad for leaf in leaves]


def returns(label, name, arguments, expect, hint="", *, tol=1e-9, number=False, **options):
    """Make a case of a function: for these arguments it returns what ``expect()`` does.

    With ``number`` any kind of number will do.  Lists are handed over as copies.
    """

    def run(function, probe):
        given = [list(value) if isinstance(value, list) else value for value in arguments]
        value = probe(function, *given, **options)
        return {name: as_number(name, value) if number else value}

    return Case(label, run, lambda: {name: expect()}, hint, tol)


def refuse_rounded(name, value, expected, tol=1e-9):
    """Raise a Failure of its own kind for a value that differs by rounding alone."""
    trouble = difference(name, value, expected, tol)
    if trouble and trouble.kind == ("number",) and _is_rounded(value, expected):
        raise Failure(("rounded", name), trouble.sentence, ROUNDED)


def _is_rounded(value, expected):
    value, exact = (torch.as_tensor(v, dtype=torch.float64) for v in (value, expected))
    rounded = [exact.round(decimals=digits) for digits in range(1, 9)]
    return torch.allclose(value, exact, rtol=FLOAT32, atol=FLOAT32) or any(
        torch.allclose(value, other, rtol=1e-9, atol=1e-9) for other in rounded
    )
