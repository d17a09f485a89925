"""Chapter 1."""

import math

from prose_sources import calc, code, of, out, run

from minidl.teaching import guard

from .common import BATCH, EPOCHS, EPS32, EPS64, HALF, OURS, TEST, TORCH, TRAIN, pick, tens

RADIUS, SHARE = (pick(out("01-017", "the paper's r = #, share #"), k) for k in (0, 1))


def upright_line():
    """Smallest error in per cent of an upright line on the whole square, by area."""
    r = math.sqrt(2 / math.pi)
    errors = []
    for k in range(int(1000 * r)):
        c = k / 1000  # right of it the answer is "outside"
        cut_off = r**2 * math.acos(c / r) - c * math.sqrt(r**2 - c**2)
        errors.append((cut_off + 2 * (1 + c) - (2 - cut_off)) / 4)
    return 100 * min(errors)


STATED = [
    (
        "with about # decimal digits. We use float64, with about #, wherever",
        calc(-math.log10(EPS32), -math.log10(EPS64)),
    ),
    ("Nine points in ten are inside", of(lambda p: round(p, -1) == 90, out("01-011", "#%"))),
    (
        "an endless loop after # seconds and a flood of output after # characters",
        calc(guard.SECONDS, guard.CHARACTERS),
    ),
    ("The radius itself, #, is larger than 1", calc(2 / math.sqrt(math.pi))),
    ("$r = #$ for the moment", code("01-009", "squares < #**2")),
    ("from 0 at radius 0 to 1 at radius #.", calc(math.sqrt(2))),
    ("A dot at radius # lies at one half", calc(math.sqrt(2 / math.pi))),
    ("a square at radius # at #.", RADIUS, SHARE),
    ("would be wrong on # % of the points", of(lambda share: 100 * (1 - share), SHARE)),
    ("network is reported with # % errors on test data", pick(TORCH, 0)),
    (
        "almost twice as bad as no thinking",
        of(lambda error, share: 1.7 < error / (100 - 100 * share) < 2, pick(TORCH, 0), SHARE),
    ),
    (
        "after # epochs of training. With balanced classes the lazy answer costs # %, "
        "and # % is a network",
        *(EPOCHS, HALF, pick(TORCH, 0)),
    ),
    ("repeats one row # times", code("01-029", ".expand(#, 2)")),
    (
        "Both are near # %",
        of(
            lambda one, other: round((one + other) / 2, -1),
            out("01-029", "always inside: #%"),
            out("01-029", "coin toss: #%"),
        ),
    ),
    (
        "`directions` has shape $(#, #)$, the matrix product `x @ directions` has shape $(#, #)$",
        *(run("01-031", "directions.shape"), run("01-031", "far_side.shape")),
    ),
    (
        "gives the labels the shape $(#, #)$",
        run("01-031", "labels[:, None].shape"),
    ),
    ("The best line of #.", out("01-031", "best of # lines: 34.3% errors")),
    (
        "A third of the points is still wrong",
        of(lambda p: abs(p - 100 / 3) < 2, out("01-031", "lines: #% errors")),
    ),
    ("no upright line does better than # %", calc(upright_line())),
    ("the paper takes # of its # samples", BATCH, TRAIN),
    ("a set of # points vary by chance", code("01-042", "disc(#, generator")),
    ("draws # sets and counts", code("01-042", "in range(#)]")),
    ("the count has mean # and", calc(1000 / 2)),
    (r"standard deviation $\sqrt{# \cdot", TRAIN),
    (
        r"for $p = #\,\%$ and $n = #$ that is # %",
        *(of(round, pick(OURS, 0)), TEST, calc(100 * math.sqrt(0.05 * 0.95 / 1000))),
    ),
    (
        "How many of # points lie inside, in # sets. The dashed lines mark # ± #.",
        *(code("01-042", "disc(#, generator"), code("01-042", "in range(#)]")),
        *(calc(1000 / 2), calc(math.sqrt(1000) / 2)),
    ),
    (
        "centred at #, reaching from about # to #.",
        *(calc(1000 / 2), tens(run("01-042", "counts.min(), counts.max()"))),
    ),
]
