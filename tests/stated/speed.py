"""Chapter 9; its measured values are printed by its cells, from the file that stores them."""

import json
import math

from notebooks import ROOT
from prose_sources import calc, measured, run

from .common import BATCH, STEPS, WIDTHS

STORED = json.loads((ROOT / "minidl" / "teaching" / "speed.json").read_text(encoding="utf-8"))
PRODUCTS = [row for row in STORED["roofline"] if row["what"] == "product"]
ROWS = calc(PRODUCTS[0]["batch_size"])
CHEAPEST = min(STORED["operations"], key=lambda row: row["microseconds"])

#: Multiply-adds of a step for each sample: what is needed; with the first layer's GW; and as
#: ``fit`` does it, whose [X 1] has a column more, forward and for the weights.
LAYERS = list(zip(WIDTHS, WIDTHS[1:], strict=False))
NEEDED = 3 * sum(a * b for a, b in LAYERS) - WIDTHS[0] * WIDTHS[1]
BY_METHODS = 3 * sum(a * b for a, b in LAYERS)
BY_FIT = NEEDED + 2 * sum(b for _, b in LAYERS)
MORE = max(BY_METHODS, BY_FIT) / NEEDED - 1

STATED = [
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
