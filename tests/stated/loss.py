"""Chapter 4."""

from prose_sources import calc, code, of, out, run

from .common import BATCH, EPOCHS, HALF, PLATEAU, QUARTER, RATE, SETTING, TRAIN, pick

STATED = [
    ("A network gets # of # points wrong", out("04-005", "wrong: # of #")),
    (
        "it still gets # wrong. Turn it down by a millionth: #.",
        *[pick(out("04-005", "wrong: # of #"), 0)] * 2,
    ),
    ("two numbers on # points", code("04-003", "disc(#, generator")),
    ("A model with one weight, on # points", code("04-003", "disc(#, generator")),
    (
        "goes down to # between weights # and # and up again. The mean squared error is a "
        "smooth parabola; its lowest point, #, lies",
        run("04-003", "min(errors)"),
        run("04-003", "weights[errors.index(0)], weights[-1 - errors[::-1].index(0)]"),
        run("04-003", "min(squares)"),
    ),
    (
        "lies at the left end of the lowest step",
        run("04-003", "abs(squares.index(min(squares)) - errors.index(0)) < 10"),
    ),
    ("a network of # **hidden** neurons", run("04-005", "first.out_features")),
    ("each of the # weights of the second layer", run("04-005", "second.weight.numel()")),
    (
        r"P = \begin{pmatrix} # & # & # \\ # & # & # \end{pmatrix}",
        run("04-007", "prediction"),
    ),
    (
        r"\qquad T = \begin{pmatrix} # & # & # \\ # & # & # \end{pmatrix}",
        run("04-007", "target"),
    ),
    (
        r"P - T = \begin{pmatrix} -# & # & # \\ # & # & # \end{pmatrix}",
        run("04-007", "prediction - target"),
    ),
    (
        "a loss for # samples can be compared with one for #.",
        *(BATCH, TRAIN),
    ),
    ("about ten times as large for # samples as for #.", TRAIN, BATCH),
    ("by more than $#$, it raises an error", calc(1e-6)),
    (
        "From A to B the loss is halved, and the error rate rises from nothing to a third",
        of(
            lambda a, none, b, third: (
                round(b / a, 2) == 0.5 and none == 0 and abs(third - 100 / 3) < 0.1
            ),
            out("04-017", "network A: loss #, error rate #%"),
            out("04-017", "network B: loss #, error rate #%"),
        ),
    ),
    ("For the error rate it was about # %", HALF),
    (
        "a loss of #, with an error rate of # %, is the best",
        *(QUARTER, HALF),
    ),
    ("conventions differ by a factor of #:", out("04-033", "2 by N, N agrees #")),
    ("after only about # epochs", PLATEAU),
    (
        "mini-batches of #, a learning rate of #, # epochs.",
        *(BATCH, RATE, EPOCHS),
    ),
    ("Dashed: #.", QUARTER),
    ("stays level until epoch #.", out("04-038", "0.2500 epochs taken: # loss 0.2495")),
    (r"by $1 - 2\eta/C = #$", calc(1 - 2 * SETTING.lr / 2)),
    (
        "Three epochs are # steps, and $#^{#}",
        calc(3 * SETTING.n_train / SETTING.batch_size, 1 - SETTING.lr),
        calc(3 * SETTING.n_train / SETTING.batch_size),
    ),
    ("$#^2 \\approx", calc((1 - SETTING.lr) ** 30)),
    ("draw the paper's network # times", code("04-041", "in range(#):")),
    ("We look at the loss on # points", code("04-041", "disc(#, generator")),
    (
        "Fresh networks of both kinds begin near one half",
        of(
            lambda one, _, other, __: round(one, 1) == round(other, 1) == 0.5,
            out("04-041", "xavier loss #, outputs differ by #"),
            out("04-041", "torch loss #, outputs differ by #"),
        ),
    ),
    (
        "with PyTorch's initialisation by less than a hundredth",
        of(lambda _, gap: gap < 0.01, out("04-041", "torch loss #, outputs differ by #")),
    ),
    ("cannot fall much below #;", QUARTER),
    ("has a loss of # *and* an error rate near # %", QUARTER, HALF),
]
