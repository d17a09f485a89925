"""Tell a right answer that was rounded from a wrong one."""

import torch

from ..exercise import difference
from ..probe import Failure

HINT = "Right but for rounding: was it rounded, or computed in float32?"

#: What is lost in float32, and a little more where much is added up.
FLOAT32 = 1e-5


def refuse_rounded(name, value, expected, tol=1e-9):
    """Raise a Failure of its own kind for a value that differs by rounding alone."""
    trouble = difference(name, value, expected, tol)
    if trouble and trouble.kind == ("number",) and _is_rounded(value, expected):
        raise Failure(("rounded", name), trouble.sentence, HINT)


def _is_rounded(value, expected):
    value, exact = (torch.as_tensor(v, dtype=torch.float64) for v in (value, expected))
    rounded = [exact.round(decimals=digits) for digits in range(1, 9)]
    return torch.allclose(value, exact, rtol=FLOAT32, atol=FLOAT32) or any(
        torch.allclose(value, other, rtol=1e-9, atol=1e-9) for other in rounded
    )
