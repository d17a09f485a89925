"""Chapter 9; its measured values are printed by its cells, from the file that stores them."""

import json
import math
from statistics import median

from notebooks import ROOT
from prose_sources import calc, measured, run

from .common import BATCH, STEPS, WIDTHS

STORED = json.loads((ROOT / "minidl" / "teaching" / "speed.json").read_text(encoding="utf-8"))
PRODUCTS = [row for row in STORED["roofline"] if row["what"] == "product"]
ROWS = calc(PRODUCTS[0]["batch_size"])
CHEAPEST = min(STORED["operations"], key=lambda row: row["microseconds"])
RELUS = [row for row in STORED["roofline"] if row["what"] == "relu"]
LIMITS = STORED["roofline"][0]
PIECES = [row["microseconds"] for row in STORED["pieces"]]
LADDER = {row["key"]: row for row in STORED["ladder"]}

#: Microseconds of a step, of a call, and of a step's checks.
STEP = {key: 1000 * row["ms"] / STEPS.numbers[0] for key, row in LADDER.items()}
CALL = median(row["microseconds"] for row in PRODUCTS if row["width"] <= 8)
CHECKS = STEP["batches"] - STEP["unchecked"]

#: Multiply-adds of a step for each sample: what is needed; with the first layer's GW; and as
#: ``fit`` does it, whose [X 1] has a column more, forward and for the weights.
LAYERS = list(zip(WIDTHS, WIDTHS[1:], strict=False))
NEEDED = 3 * sum(a * b for a, b in LAYERS) - WIDTHS[0] * WIDTHS[1]
BY_METHODS = 3 * sum(a * b for a, b in LAYERS)
BY_FIT = NEEDED + 2 * sum(b for _, b in LAYERS)
MORE = max(BY_METHODS, BY_FIT) / NEEDED - 1

#: Microseconds at the peak: of a step, and of a product between hidden layers.
AT_PEAK = 2 * NEEDED * BATCH.numbers[0] / LIMITS["gflops"] / 1000
HIDDEN = 2 * BATCH.numbers[0] * WIDTHS[1] ** 2 / LIMITS["gflops"] / 1000

#: What a step takes, as a multiple of the formula's, for the calls that the chapter counts.
CALLS = {"loops": 5452, "torch": 88, "batches": 74, "minidl": 29}
MISSED = {key: STEP[key] / (calls * CALL + AT_PEAK) for key, calls in CALLS.items()}


def gflops_of_relu(row):
    """Speed of a ReLU, an operation for each number."""
    return row["batch_size"] * row["width"] / row["microseconds"] / 1000


#: What the text says of the measured values in words: another measurement must bear it out.
IN_WORDS = [
    (
        "even they have no more to do, or hardly more, than could be done while they are being "
        "called",
        calc(HIDDEN < 1.2 * CALL),
    ),
    (
        "The orders of magnitude are right, and so is the order of the four",
        calc(
            max(MISSED.values()) < 3
            and STEP["loops"] > STEP["torch"] > STEP["batches"] > STEP["minidl"]
        ),
    ),
    ("The formula comes nearest for", calc(min(MISSED, key=MISSED.get) == "minidl")),
    ("PyTorch most of all", calc(max(MISSED, key=MISSED.get) == "torch")),
    (
        "The others take longer than it says",
        calc(min(missed for key, missed in MISSED.items() if key != "minidl") > 1.2),
    ),
    ("Backward is the longest piece", calc(PIECES[4] - PIECES[3] > PIECES[5] - PIECES[4])),
    (
        "and take almost as long as a whole step",
        calc(0.7 < (PIECES[5] - PIECES[4]) / STEP["minidl"] < 1.1),
    ),
    ("The pieces together fall short of a step", calc(PIECES[5] < STEP["torch"])),
    ("a check that computes nothing takes longer than a call", calc(CHECKS / 20 > 1.2 * CALL)),
    (
        "the checks of a step take about as long as a whole step",
        calc(0.75 < CHECKS / STEP["minidl"] < 1.33),
    ),
    (
        "the last rung is a small one at best",
        calc(STEP["minidl"] / STEP["minidl-compiled"] < 1.5),
    ),
    ("they are most of what `fit` has left", calc(STEP["floor"] / STEP["minidl"] > 0.5)),
    (
        "the wide ReLUs reach the cache's roof",
        calc(gflops_of_relu(RELUS[-1]) > 0.9 * LIMITS["cache"] / 8),
    ),
]

STATED = [
    *IN_WORDS,
    ("the paper's training, # steps on mini-batches of #", STEPS, BATCH),
    (
        "the product of a batch of # with a square matrix, for widths from # to #",
        ROWS,
        calc(*(f(row["width"] for row in PRODUCTS) for f in (min, max))),
    ),
    ("measured for twelve widths", calc(len(PRODUCTS) == 12)),
    ("the same for all our programs to within # %", calc(math.ceil(100 * MORE))),
    (
        "Chapter 6 counted the modules' methods, # a step",
        run("09-018", "2 * len(new_network().modules)"),
    ),
    (
        "fetching a number is the cheapest",
        calc(CHEAPEST["operation"] == "number.item()"),
    ),
    (
        "Of the # calls of the mini-batches # are the reset and the step. The other # are made a "
        "hundred times by the loops: #, and # more",
        run("09-018", "totals['batches']"),
        run("09-018", "2 * len(new_network().param())"),
        run("09-018", "totals['batches'] - 2 * len(new_network().param())"),
        run("09-018", "100 * (totals['batches'] - 2 * len(new_network().param()))"),
        run(
            "09-018", "totals['loops'] - 100 * (totals['batches'] - 2 * len(new_network().param()))"
        ),
    ),
    (
        "its # calls that compute something are fewer than the # of our mini-batches",
        *(
            run("09-018", f"sum(n for (_, view), n in calls['{key}'].items() if not view)")
            for key in ("torch", "batches")
        ),
    ),
    ("Points: products of (#, w) by (w, w), and ReLUs on (#, w)", ROWS, ROWS),
    ("With a batch of one it is below # for every width", calc(1 / 2)),
    (
        "the fastest among tensors of # to # KiB",
        measured("SIZES of tests/benchmarks/roofline.py", 32, 512),
    ),
    (
        "the compiler of PyTorch # makes a product and a sum",
        measured(
            "torch.compile of w.add_(g.t() @ x, alpha=-0.1) with its defaults: w + g.t() @ x; "
            "tests/test_plan.py fails without minidl.compiled.OPTIONS['pattern_matcher']",
            2.13,
        ),
    ),
    (
        "pass up our opportunities in that critical #%",
        measured("Knuth 1974: 'our opportunities in that critical 3%'", 3),
    ),
]
