"""Chapter 2."""

import math

from prose_sources import calc, code, of, out, run

from .common import EPS32, EPS64, power


def best_step(dtype, central, steps="steps"):
    """Smallest mean error in the picture of steps, and the step that has it."""
    error = f"mean_error(s, torch.{dtype}, {central})"
    return run("02-023", f"min(({error}, s) for s in {steps})")


def around(error, step):
    """The powers of ten below and above a step, and the one nearest to its error."""
    return power(step, math.floor), power(step, math.ceil), power(error)


BEST_FORWARD = best_step("float64", False)
BEST_CENTRAL = best_step("float64", True)
BEST_SINGLE = best_step("float32", True, "shown")
CENTRAL_AT_H = run("02-023", "mean_error(1e-6, torch.float64, True)")
SINGLE_AT_H = run("02-023", "mean_error(1e-6, torch.float32, True)")

STATED = [
    ("computes # straight lines", run("02-003", "A.shape[1]")),
    ("by a matrix $A$ of shape $(#, #)$", run("02-003", "A.shape")),
    ("and adds # offsets $a$", run("02-003", "a.shape")),
    ("$XA + a$, of shape $(N, #)$", run("02-003", "A.shape[1]")),
    ("with a matrix $B$ of shape $(#, #)$", run("02-003", "B.shape")),
    (r"\underbrace{(X A + a)}_{(N,\,#)}", run("02-003", "A.shape[1]")),
    ("the same # random lines", run("02-005", "first.shape[1]")),
    (
        "nearly all close to 0, and next to nothing at $\\pm #$. The sigmoid",
        code("02-slope", "1.5, 2, #, 4]"),
    ),
    (
        "next to nothing at",
        of(lambda slope: 0 < slope < 0.01, run("02-007", "1 - torch.tanh(torch.tensor(3.0)) ** 2")),
    ),
    (
        "The sigmoid passes at best a quarter.",
        run("02-007", "abs(max((f(grid + 0.001) - f(grid - 0.001)) / 0.002) - 0.25) < 1e-6"),
    ),
    ("give at $-#$, $0$ and $#$?", run("02-013", "extreme[0], extreme[2]")),
    (
        "a relative error of about $#$ in float64, and $#$ in float32",
        calc(power(EPS64), power(EPS32)),
    ),
    ("magnifies it to about $#/h$", calc(power(EPS64))),
    (
        r"$h^2 \approx #/h$ gives $h \approx #$ for the central difference; for the forward "
        r"one $h \approx #/h$ gives $#$.",
        calc(power(EPS64), power(EPS64 ** (1 / 3)), power(EPS64), power(EPS64**0.5)),
    ),
    (
        "averaged over # points from −# to #, against",
        of(
            lambda low, high, unit: (low + high, low / unit, (high - 1) / unit),
            code("02-023", "arange(-#, #, dtype=torch.float64) / #"),
        ),
    ),
    (
        "forward difference in float64 is best near # with an error below #.",
        of(lambda error, step: (power(step), power(error, math.ceil)), BEST_FORWARD),
    ),
    (
        "central difference in float64 is best between # and # with an error near #.",
        of(around, BEST_CENTRAL),
    ),
    (
        "central difference in float32 is best between # and # with an error near #,",
        of(around, BEST_SINGLE),
    ),
    ("and grows to # at a step of #.", of(power, SINGLE_AT_H), calc(1e-6)),
    (
        "good to about eleven digits, the forward one to eight",
        of(
            lambda one, _, other, __: 11 <= -math.log10(one) < 12 and -8 > math.log10(other),
            *(BEST_CENTRAL, BEST_FORWARD),
        ),
    ),
    (
        "the central one still has ten",
        of(lambda error: 10 <= -math.log10(error) < 11, CENTRAL_AT_H),
    ),
    (
        "no more than one or two digits",
        of(lambda error: 1 <= -math.log10(error) <= 2, SINGLE_AT_H),
    ),
    ("At $h = #$, the step that we shall use", code("02-025", "h=#)")),
    ("`numerical_gradient(f, x, h=#)`", code("02-025", "h=#)")),
    ("With $h = #$ and random", code("02-025", "h=#)")),
    ("true and measured with h = #.", code("02-030", "step = #")),
    (
        "with h = # rises in a straight ramp from 0 at minus # to 1 at #,",
        *[code("02-030", "step = #")] * 3,
    ),
    (
        "the number of activations from # to #.",
        of(lambda first, end: (first, end - 1), code("02-037", "depths = range(#, #)")),
    ),
    (
        "Tanh falls slowly to about a quarter",
        of(lambda share: abs(share - 0.25) < 0.05, run("02-037", "surviving(Tanh(), 10)")),
    ),
    (
        "less than a millionth of the gradient is left",
        of(lambda *shares: shares[-1] < 1e-6, out("02-038", "Sigmoid() after 1, 5, 10: # # #")),
    ),
    (
        "half of it arrives",
        of(
            lambda *shares: round(shares[-1], 1) == 0.5,
            out("02-038", "ReLU() after 1, 5, 10: # # #"),
        ),
    ),
]
