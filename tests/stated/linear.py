"""Chapter 3."""

from prose_sources import calc, code, of, out, run

from .common import BATCH, PARAMETERS, SETTING, WIDTH, WIDTHS, pick

STATED = [
    ("network has # such numbers", PARAMETERS),
    ("more than four thousand for a single step", of(lambda n: 2 * n > 4000, PARAMETERS)),
    (
        "with weights (#, #) and bias −#.",
        code("03-003", "output = # * x1 + # * x2 - #"),
    ),
    (
        "The forward pass for # samples, # features and # neurons",
        run("03-007", "len(x), *weight.t().shape"),
    ),
    (
        "X with # rows and # columns, times W transposed with # rows and # columns, plus b "
        "with a single row of #, equals Y with # rows and # columns",
        run("03-007", "*x.shape, *weight.t().shape, len(bias), *y.shape"),
    ),
    (
        "Given: X, # by #; W, # by #; G, # by #. Wanted: the gradient of the weights, # by #; "
        "of the biases, one row of #; of the input, # by #.",
        run("03-007", "*x.shape, *weight.shape, *y.shape, *weight.shape, len(bias), *x.shape"),
    ),
    (r"(-2)\cdot 3$ | $-#$", pick(out("03-019", "dL/dW [[#, #]]"), 0)),
    (r"(-2)\cdot(-1)$ | $#$", pick(out("03-019", "dL/dW [[#, #]]"), 1)),
    ("$1 + (-2)$ | $-#$", out("03-019", "dL/db [#]")),
    (
        r"$1\cdot(2,\ 1)$ | $(#,\ #)$ | | $\partial L/\partial X$, row 1 | "
        r"$-2\cdot(2,\ 1)$ | $(-#,\ -#)$",
        out("03-019", "dL/dX [[#, #], [#, #]]"),
    ),
    ("For the paper's network, `[#, #, #, #, #, #]`", calc(*WIDTHS)),
    (
        "layer, # × #, and a batch of # they are # numbers in place of #.",
        *(WIDTH, WIDTH, BATCH),
        calc(SETTING.batch_size * SETTING.width**2, SETTING.width**2),
    ),
    ("ten linear layers of # neurons", code("03-030", "depth=10, width=#")),
    ("ten linear layers of # neurons (left)", code("03-030", "depth=10, width=#")),
    (
        "from layer # to layer # (right)",
        of(lambda depth: (depth, 0), code("03-030", "depth=#, width")),
    ),
    (
        "standard deviation #, # and # times Xavier's",
        of(
            lambda *scales: scales[::-1],
            code("03-030", 'in ((#, "^-"), (#, "o-"), (#, "s-"))'),
        ),
    ),
    (
        "With half of it they fade by a factor of a thousand; with double, they grow",
        of(
            lambda *factors: all(round(f, -2) == 1000 for f in factors),
            run(
                "03-030",
                "sizes(2)[0][-1] / sizes(2)[0][0], sizes(0.5)[0][0] / sizes(0.5)[0][-1]",
            ),
        ),
    ),
    ("is # times Xavier's size good", code("03-scale", "0.8, #, 1.0, 1.1")),
    ("the outputs of # neurons behind each layer, and", code("03-030", "depth=10, width=#")),
    ("What lies beyond # is", code("03-scale", "clamp(-6, #)")),
    (
        "takes the scale from # to #.",
        code("03-scale", "scales = [#, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4, 1.6, #]"),
    ),
    ("a third at #, a tenth at #.", calc(round((1 / 3) ** 0.1, 1), round((1 / 10) ** 0.1, 1))),
    ("Ten layers forgive a tenth; a hundred would not", calc(0.9**10 > 0.3 and 0.9**100 < 1e-4)),
    ("layers from # to # features the root", WIDTH, WIDTH),
    (
        r"from 2 to #, $\text{in}\cdot\sigma^2 = 2 \cdot 2/#$",
        *(WIDTH, calc(2 + SETTING.width)),
    ),
    (
        "about three times smaller with PyTorch's",
        of(
            lambda one, other: round(one / other) == 3,
            pick(out("03-037", "xavier spread over the points: # # # # #"), 4),
            pick(out("03-037", "torch spread over the points: # # # # #"), 4),
        ),
    ),
    (
        "though it began ahead after the first layer",
        of(
            lambda one, other: one < other,
            pick(out("03-037", "xavier spread over the points: # # # # #"), 1),
            pick(out("03-037", "torch spread over the points: # # # # #"), 1),
        ),
    ),
    ("pass answer for # parameters", PARAMETERS),
]
