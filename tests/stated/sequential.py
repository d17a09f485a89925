"""Chapter 5."""

from prose_sources import code, of, out, run

from .common import BATCH, PARAMETERS, RATE, pick, power

STATED = [
    (
        "a linear layer from # to # features, tanh, and a linear layer from # to #.",
        run("05-003", "first.in_features, first.out_features"),
        run("05-003", "third.in_features, third.out_features"),
    ),
    (
        "inner list wants # features and gets #:",
        of(
            lambda got, wanted: (wanted, got),
            out("05-026", "tensor of shape (3, #), wanted shape (N, #)"),
        ),
    ),
    ("Gradients in the graph at x = #,", code("05-028", "x=#.0):")),
    (
        "from $y$ had arrived, #. It was passed on. The share from $b$, #, arrived later",
        run("05-028", "3.0 * 3.0 + 3.0, 3.0 * 3.0"),
    ),
    (
        r"$9 \cdot 2x = #$ are what is missing",
        of(
            lambda a, b: b - a,
            out("05-028", "a, b, x: dy/dx = #"),
            out("05-028", "measured: dy/dx = #"),
        ),
    ),
    (
        "node a passes on #, a dashed arrow from b to a is marked #, too late, and x gets #.",
        run("05-028", "3.0 * 3.0 + 3.0, 3.0 * 3.0"),
        out("05-028", "a, b, x: dy/dx = #"),
    ),
    (
        "node a passes on # and x gets #.",
        run("05-028", "gradients('ybax')['a']"),
        out("05-028", "measured: dy/dx = #"),
    ),
    ("The columns are #, #, # and # blocks", code("05-040", "in (#, #, #, #)]")),
    (
        "a hundred-thousandth of the gradient is left",
        of(lambda *sizes: power(sizes[-1]) == 1e-5, out("05-040", "without # # # #")),
    ),
    (
        "even a few times larger than it was sent",
        of(lambda *sizes: 2 < sizes[-1] < 5, out("05-040", "with # # # #")),
    ),
    ("paper's network and # samples:", BATCH),
    (
        "ten times the parameters",
        of(
            lambda kept, parameters: round(kept / parameters) == 10,
            out("05-045", "numbers in the list: #"),
            out("05-045", "parameters: #"),
        ),
    ),
    ("a batch of # means a hundred million", BATCH),
    ("a mean over # freshly drawn networks", code("05-047", "networks=#")),
    ("untrained paper network, on # points", code("05-047", "disc(#, generator")),
    (
        "the five lie between # and #, lowest at the second layer",
        of(lambda *sizes: (min(sizes), max(sizes)), out("05-048", "xavier # # # # #")),
    ),
    (
        "lowest at the second layer",
        of(lambda *sizes: min(sizes) == sizes[1], out("05-048", "xavier # # # # #")),
    ),
    (
        "from # at the first layer to # at the last",
        pick(out("05-048", "torch # # # # #"), 0, -1),
    ),
    (
        "no layer has gradients five times as large as another's",
        of(lambda *sizes: max(sizes) < 5 * min(sizes), out("05-048", "xavier # # # # #")),
    ),
    (
        "more than fifty times as large as those of the first",
        of(lambda *sizes: sizes[-1] > 50 * sizes[0], out("05-048", "torch # # # # #")),
    ),
    ("gradients of all # parameters", PARAMETERS),
    (
        "At the paper's rate of # nine tenths of it are kept. At # it is little more "
        "than half, "
        "and at # the loss",
        *(RATE, code("05-050", "0.1, #, 2.0")),
        code("05-050", "0.5, #)"),
    ),
    (
        "nine tenths of it are kept",
        of(lambda *row: row[-1] == 90, out("05-050", "0.1 # # #%")),
    ),
    (
        "it is little more than half",
        of(lambda *row: 50 < row[-1] < 60, out("05-050", "0.5 # # #%")),
    ),
]
