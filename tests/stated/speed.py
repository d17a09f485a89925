"""Chapter 9; its measured values are printed by its cells, from the file that stores them."""

import json

from notebooks import ROOT
from prose_sources import calc, measured

from .common import BATCH, STEPS

STORED = json.loads((ROOT / "minidl" / "teaching" / "speed.json").read_text(encoding="utf-8"))
PRODUCTS = [row for row in STORED["roofline"] if row["what"] == "product"]
ROWS = calc(PRODUCTS[0]["batch_size"])

STATED = [
    ("the paper's training, # steps on mini-batches of #", STEPS, BATCH),
    (
        "the product of a batch of # with a square matrix, for widths from # to #",
        ROWS,
        calc(*(f(row["width"] for row in PRODUCTS) for f in (min, max))),
    ),
    ("measured for twelve widths", calc(len(PRODUCTS) == 12)),
    ("Points: products of (#, w) by (w, w), and ReLUs on (#, w)", ROWS, ROWS),
    ("With a batch of one it is below # for every width", calc(1 / 2)),
    (
        "that the critical # % should not be passed up",
        measured("Knuth 1974: 'our opportunities in that critical 3%'", 3),
    ),
]
