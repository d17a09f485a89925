"""Chapter 8."""

import math
import re

from notebooks import ROOT
from prose_sources import calc, code, measured, of, out, run

from .common import (
    BATCH,
    EPOCHS,
    LARGEST_GAP,
    OURS,
    PAPER_GAP,
    PARAMETERS,
    PLATEAU,
    QUARTER,
    RATE,
    READINGS,
    SEEDS,
    SETTING,
    STEPS,
    TABLE3,
    TESTED_400,
    TORCH,
    TORCH_TRAIN,
    TRAIN,
    pick,
    tens,
)

FINER_GRID = measured("100 seeds, both starts, a grid of rates", 100, 11, 13, 0.45, 5.0, 5.2)

BY_BATCH = of(
    lambda *values: [values[k] for k in (0, 2, 4, 6)],
    out("08-036", "Xavier weights # ± # # ± # default weights # ± # # ± #"),
)
SHARES = out("08-043", "weights: #%, biases: #%")


def year(key):
    """Year of an entry of the bibliography."""
    entry = (ROOT / "book" / "references.bib").read_text().split(f"{{{key},")[1]
    return int(re.search(r"year\s*=\s*\{(\d{4})\}", entry)[1])


STATED = [
    ("most networks leave ¼ within # epochs", EPOCHS),
    (
        "All of `minidl`'s end below # % test error",
        of(
            math.ceil,
            run("08-003", "100 * results['minidl'].curves('test_error')[:, -1].max().item()"),
        ),
    ),
    (
        "two of them have learned nothing",
        run("08-003", "(results['torch'].curves('test_error')[:, -1] > 0.49).sum() == 2"),
    ),
    ("Test error after # epochs.", EPOCHS),
    (
        "minidl lie between # and #. The ten runs of PyTorch are spread between # and #.",
        run(
            "08-003",
            "[100 * f(results[n].curves('test_error')[:, -1]) for n in ('minidl', 'torch') "
            "for f in (torch.min, torch.max)]",
        ),
    ),
    (
        "paper's result: about # with a short bar for its own framework, about # with "
        "a bar from "
        "# to # for PyTorch",
        *(pick(OURS, 0), pick(TORCH, 0), of(lambda m, s: (m - s, m + s), TORCH)),
    ),
    ("Twenty epochs are # steps", STEPS),
    ("After # steps, # parameters of a network", STEPS, PARAMETERS),
    ("after each sample, # steps an epoch instead of #.", TRAIN, calc(1000 / 100)),
    (
        "With # seeds, four ways to start and two ways to step, that is # networks, half of "
        "which take # steps",
        of(lambda n: (n, 4 * 2 * n), code("08-032", "SEEDS = range(#)")),
        calc(20 * 1000),
    ),
    ("makes more than three million steps", calc(160 * 200 + 160 * 20000 > 3e6)),
    (
        "of about # rows of data, # networks with batches of #, or",
        of(lambda rows: (rows, rows / 100, 100), code("08-030", "max(1, # // batch_size)")),
    ),
    ("In the stack of #, the first # networks", run("08-032", "len(x_train), len(SEEDS)")),
    ("the next # Xavier weights", run("08-032", "len(SEEDS)")),
    ("all four starts meet the same # folds", run("08-032", "len(folds)")),
    ("the mean over the # seeds", run("08-032", "len(SEEDS)")),
    (
        "rises by more than twenty points",
        of(lambda low, _, __, high: high - low > 20, BY_BATCH),
    ),
    ("the same # networks, the same data", run("08-032", "len(x_train)")),
    ("Over # steps a rounding error", calc(20 * 1000)),
    ("the means of # runs move", run("08-032", "len(SEEDS)")),
    ("boxes, from # to # %, in which", code("08-045", "(means > #) & (means < #)")),
    ("step after each mini-batch: # marks a group", run("08-032", "len(SEEDS)")),
    (
        "The means climb from # with Xavier weights and zero biases over # and # to # with "
        "default weights and biases, and the marks reach up to #.",
        *(BY_BATCH, run("08-036", "by_batch.max()")),
    ),
    ("four equal boxes, all from # to # per cent", code("08-045", "(means > #) & (means < #)")),
    (
        "mini-batches have # and # samples, so that # epochs make # and # steps",
        of(
            lambda a, b: (a, b, 20, 20 * 1000 / a, 20 * 1000 / b),
            code("08-049", "in (#, #):"),
        ),
    ),
    (
        "with mini-batches of #, as at first, but for # epochs: # steps",
        *(BATCH, code("08-051", "epochs=#)"), calc(100 * 1000 / 100)),
    ),
    (
        "Mean test error of # seeds after # epochs, with mini-batches of #, # and # samples",
        *(code("08-032", "SEEDS = range(#)"), EPOCHS, BATCH, code("08-049", "in (#, #):")),
    ),
    ("At # steps the curves are far apart, from # to #.", STEPS, pick(BY_BATCH, 0, 3)),
    (
        "At # steps only the start with default weights and default biases is still high, near #.",
        calc(20 * 1000 / 50),
        run("08-049", "by_size[50][1, 1].mean()"),
    ),
    (
        "At # steps all four lie together between # and #.",
        calc(20 * 1000 / 20),
        of(
            lambda *means: (math.floor(min(means)), math.ceil(max(means))),
            run("08-049", "by_size[20].mean(2)"),
        ),
    ),
    (
        "At # steps stands a grey box from # to #.",
        calc(20 * 1000),
        code("08-045", "(means > #) & (means < #)"),
    ),
    (
        "five times the steps remove the gap",
        of(
            lambda before, after: before > 25 and after < 5,
            out("08-051", "200 steps: # % after 100 epochs, 1000 steps: # %"),
        ),
    ),
    (
        "more than ten points lie between them",
        of(
            lambda *errors: min(errors[1::2]) - max(errors[::2]) > 10,
            out("08-053", "as before # # in random order # # loss divided by N, not N·C # #"),
        ),
    ),
    (
        "raises the mean test error from # % to # %, and # % of the rise are the weights', # % the",
        *(pick(BY_BATCH, 0, 3), SHARES),
    ),
    ("no start costs even # points", code("08-045", "apart < #)")),
    (
        "mean test error of # %, and ours has about # % (# over the # seeds",
        *(pick(TORCH, 0), pick(BY_BATCH, 3), pick(TESTED_400, 0), SEEDS),
    ),
    (
        "The paper's has # % on its training data, # points less than on its test "
        "data; none of "
        "some # variants",
        pick(TORCH_TRAIN, 0),
        PAPER_GAP,
        READINGS,
    ),
    ("lie more than # points apart", LARGEST_GAP),
    ("the loss of the # networks with mini-batches", run("08-032", "len(x_train)")),
    ("each mini-batch, mean of # seeds", run("08-032", "len(SEEDS)")),
    ("Dashed: the loss #.", QUARTER),
    (
        "All begin above # and are near # after two or three epochs",
        run("08-058", "math.floor(100 * curves.mean(2)[0].min()) / 100, 0.25"),
    ),
    (
        "are near 0.25 after two or three epochs",
        run("08-058", "((curves.mean(2)[2] - 0.25).abs() < 0.03).all()"),
    ),
    (
        "reaches # at epoch #. Xavier weights with default biases follow, down to #. Default "
        "weights with zero biases stay near the line for ten epochs and end at #. "
        "Default weights "
        "with default biases leave it last and end at #.",
        run("08-058", "(end := curves.mean(2)[-1])[0], len(curves), end[1], end[2], end[3]"),
    ),
    ("have fallen to about #. With", QUARTER),
    ("So a loss of # is that", QUARTER),
    ("after only about # epochs", PLATEAU),
    ("see its # networks one by one", run("08-032", "len(SEEDS)")),
    ("no running Python. Dashed: #.)", QUARTER),
    (
        r"$\tfrac{#}{#}$ in the first layer, # in the next three and $\tfrac{#}{#}$ in "
        r"the last",
        calc(4, 27, 1, 50, 27),
    ),
    (r"that is $\tfrac{#}{#}$ in the last layer and # in", calc(4, 27, 1)),
    (r"with default weights $\tfrac{#}{#}$ and", calc(2, 75)),
    (
        r"\approx #, \qquad \sqrt{#} \approx # .",
        calc(*[(RATIO := 4 / 27 * 50 / 27 * 3**5)] * 2, math.sqrt(RATIO)),
    ),
    (
        "should vary # times less from point to point, and the first layer's gradient be # times",
        calc(math.sqrt(66.7), math.sqrt(150)),
    ),
    (
        "Its spread is even larger than that of the first line and its gradient nearly as large",
        of(
            lambda s, g, other_s, other_g: other_s > s and 0.8 < other_g / g < 1,
            out("08-063", "Xavier, zero # # Xavier, default # #"),
        ),
    ),
    ("Yet its error is twice as high", of(lambda a, b, *_: round(b / a) == 2, BY_BATCH)),
    (
        r"$\sqrt{2/#} \approx #$, the default",
        calc(2 + SETTING.width, math.sqrt(2 / (2 + SETTING.width))),
    ),
    ("some of the # training points", TRAIN),
    (
        "gradient norm against the spread of the outputs, # points for each start",
        run("08-032", "len(SEEDS)"),
    ),
    (
        "it falls from # to about # per cent, for both kinds of weights; with default "
        "biases from "
        "# to # per cent for Xavier weights and from # to # per cent for default weights",
        pick(out("08-065", "Xavier, zero #% #% #% #%"), 0),
        tens(pick(out("08-065", "Xavier, zero #% #% #% #%"), 3)),
        pick(out("08-065", "Xavier, default #% #% #% #%"), 0, 3),
        pick(out("08-065", "default, default #% #% #% #%"), 0, 3),
    ),
    (
        "in its last hidden layer one neuron in six bends",
        of(lambda *p: round(100 / p[-1]) == 6, out("08-065", "default, default #% #% #% #%")),
    ),
    ("line was # before, the second #, the third #.", pick(BY_BATCH, 2, 0, 1)),
    (
        "Mean test error of # seeds after # epochs with mini-batches of #, against",
        *(run("08-032", "len(SEEDS)"), EPOCHS, BATCH),
    ),
    (
        "learning rate from # to #. For minidl's start it lies between # and # everywhere, "
        "lowest at #. For PyTorch's start it falls from nearly # at # over # at # and "
        "# at # to "
        "about # at # and does not get lower at #.",
        run(
            "08-070",
            "rates[0], rates[-1], cells[:, 0].mean(1).min(), cells[:, 0].mean(1).max()",
        ),
        run("08-070", "rates[cells[:, 0].mean(1).argmin()]"),
        tens(run("08-070", "cells[0, 1].mean()")),
        run("08-070", "[x for k in range(1, 4) for x in (rates[k - 1], cells[k, 1].mean())]"),
        run("08-070", "rates[3], rates[4]"),
    ),
    (
        "about twice the error that `minidl`'s start has at a quarter of the rate",
        run(
            "08-070",
            "round(((c := cells.mean(2))[3, 1] / c[1, 0]).item()) == 2 and rates[3] == "
            "4 * rates[1]",
        ),
    ),
    (
        r"On # other seeds and a finer grid the picture was the same: at best # to # %, near "
        r"$\eta = #$, against # to # % near $\eta = #$",
        *(FINER_GRID, RATE),
    ),
    ("of chapter 7, # and # %, to the last", pick(TABLE3, 8, 12)),
    ("in two pages, from #:", calc(year("wengert1964simple"))),
]
