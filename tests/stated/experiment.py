"""Chapter 7."""

import math

from prose_sources import calc, code, measured, of, out, run

from .common import (
    BATCH,
    BY_BATCH_400,
    BY_SAMPLE_400,
    EPOCHS,
    HALF,
    LARGEST_GAP,
    OURS,
    OURS_TRAIN,
    PAPER_GAP,
    PARAMETERS,
    PLATEAU,
    QUARTER,
    RATE,
    READINGS,
    REPEATS,
    SEEDS,
    SETTING,
    TABLE3,
    TEST,
    TESTED_400,
    TORCH,
    TORCH_TRAIN,
    TRAIN,
    TRAINED_400,
    WIDTH,
    WIDTHS,
    pick,
)

DIVERGED = measured("of 100 runs that add up 100 gradients, those whose loss ends infinite", 100)


def spread(one, other):
    """Root of the sum of two squares."""
    return math.sqrt(one**2 + other**2)


def error_of_difference(one, other, repeats):
    """Unpaired standard error, from two pairs of mean and standard deviation."""
    return of(lambda _, s, __, t: spread(s, t) / math.sqrt(repeats), one, other)


STEP_GAP = of(lambda one, _, other, __: one - other, BY_BATCH_400, BY_SAMPLE_400)


STATED = [
    (
        "custom framework, train | # | # | | custom framework, test | # | # | "
        "| PyTorch, train | # | # | | PyTorch, test | # | # |",
        *(OURS_TRAIN, OURS, TORCH_TRAIN, TORCH),
    ),
    ("four linear layers of size #, followed", WIDTH),
    ('an output layer of size #"', calc(2)),
    ("| # → # → # → # → # → #; a ReLU", calc(*WIDTHS)),
    ("sample number # |", TRAIN),
    ("| # of each |", TEST),
    ("mini batch size #, # epochs |", BATCH, EPOCHS),
    ("| η = #; derivatives", RATE),
    ("are the # gradients added", BATCH),
    ('"performed # times with', REPEATS),
    ("std with # or with #? | after the last epoch; with # |", REPEATS, calc(9, 9)),
    (
        "Adding the # gradients without dividing multiplies the step by #. We tried it with "
        "η = #: of # runs, # diverged.",
        *(BATCH, BATCH, RATE, DIVERGED, DIVERGED),
    ),
    ("training takes # steps where we take one", BATCH),
    ("seeded with `seed` plus its number, # to #.", calc(0), calc(SETTING.repeats - 1)),
    ("These are the # parameters", PARAMETERS),
    ("moves each of the # parameters", PARAMETERS),
    ("For the error rate it is # %.", HALF),
    ("classes' shares has a loss of #.", QUARTER),
    (
        "the training loss starts at #, is below the dotted line at # from epoch # on, falls "
        "steadily to # at epoch # and then slowly to #.",
        run("07-014", "history.loss[0], left.lines[1].get_ydata()[0]"),
        run("07-014", "1 + [loss < 0.25 for loss in history.loss].index(True)"),
        run("07-014", "history.loss[8], 9, history.loss[-1]"),
    ),
    (
        "from # and # per cent after the first epoch to # and # after the fourth and # and # "
        "after the last",
        run(
            "07-014",
            "[100 * part[e] for e in (0, 3, -1) for part in (history.train_error, "
            "history.test_error)]",
        ),
    ),
    (
        "loss falls to # and its errors to # per cent. PyTorch's loss drops to # in two epochs "
        "and leaves it only slowly; its test errors fall slowly from # to # per cent",
        run(
            "07-021",
            "ours.curves('loss').mean(0)[-1], 100 * ours.curves('test_error').mean(0)[-1]",
        ),
        run("07-021", "theirs.curves('loss').mean(0)[1]"),
        run("07-021", "100 * theirs.curves('test_error').mean(0)[[0, -1]]"),
    ),
    ("after only about # epochs", PLATEAU),
    ("one curve each, over # epochs", code("07-025", "epochs=#)")),
    (
        "the epoch up to #. All drop to the dashed line at # within two epochs",
        code("07-025", "epochs=#)"),
        of(lambda *losses: max(losses), run("07-026", "losses[:, 1]")),
    ),
    (
        "seven are below # by epoch #, three only by epoch #, and all end between # and #. A "
        "vertical dotted line marks epoch #,",
        code("07-025", "loss < #)"),
        of(
            lambda *epochs: (sorted(epochs)[6], sorted(epochs)[9]),
            out("07-025", "below 0.2: # # # # # # # # # #"),
        ),
        run("07-026", "losses[:, -1].min(), losses[:, -1].max()"),
        EPOCHS,
    ),
    ("after # epochs the mean error is where", code("07-025", "epochs=#)")),
    ("where the custom framework was after #.", EPOCHS),
    (
        "the mean error is where the custom framework was",
        of(
            lambda theirs, _, __, ours, *___: abs(theirs - ours) < 0.5,
            out("07-025", "after 60 epochs: mean #, smallest #, largest #"),
            pick(TABLE3, 4, 5),
        ),
    ),
    (
        "anywhere between # and # %",
        pick(out("07-025", "after 20 epochs: mean #, smallest #, largest #"), 1, 2),
    ),
    ("(A loss still near # and few", QUARTER),
    ("all outputs are close to #, but", calc(0.5)),
    ("Multiply by # before", calc(100)),
    ("# against #, # against #, with similar", pick(TABLE3, 0, 2, 4, 6)),
    (
        "are twice (test) and three times (train) as large here",
        of(
            lambda train, _, old_train, __, test, ___, old_test, ____: (
                round(test / old_test) == 2 and round(train / old_train) == 3
            ),
            pick(TABLE3, *range(8, 16)),
        ),
    ),
    (
        "over # seeds (`python -m minidl train --framework torch --repeats #`) "
        "they are # ± # (train) and # ± # (test)",
        *(SEEDS, SEEDS, TRAINED_400, TESTED_400),
    ),
    ("in about # that we tried", READINGS),
    (
        "network has # points more errors on test",
        PAPER_GAP,
    ),
    (
        "Here they differ by # points, and in those # readings by # at most",
        pick(out("07-048", "PyTorch, test - train # ± #"), 0),
        *(READINGS, LARGEST_GAP),
    ),
    (
        "seeds # to #, make ten experiments",
        of(lambda n: (0, n - 1), code("07-035", "repeats=#)")),
    ),
    (
        "came within # of the paper's # was luck",
        of(lambda ours, paper: (ours - paper, paper), pick(TABLE3, 4, 6)),
    ),
    ("and does so # times", code("07-037", "torch.rand(#, 10")),
    ("holds numbers from 0 to #.", of(lambda n: n - 1, code("07-035", "repeats=#)"))),
    (
        "Test error of # single runs (outlined) and of # means of ten of them (filled)",
        *(code("07-035", "repeats=#)"), code("07-037", "torch.rand(#, 10")),
    ),
    ("One run, at # per cent, lies beyond the right edge", run("07-038", "pool.max()")),
    (
        "broad, from # to # per cent, half of them between # and #,",
        run("07-038", "pool.min(), pool.sort().values[-2]"),
        run("07-038", "pool.sort().values[[25, 75]]"),
    ),
    (
        "a narrow hump around #, nearly all from # to #.",
        run("07-038", "means.median(), means.quantile(0.01), means.quantile(0.99)"),
    ),
    ("at the paper's # lies in the left half", pick(OURS, 0)),
    ("Dashed: the paper's #.", pick(OURS, 0)),
    ("means below #, the least that the rounded # can", calc(4.88 - 0.005), pick(OURS, 0)),
    ("about # times in a hundred", calc(100 * math.erf(2 / math.sqrt(2)))),
    (
        "Is the paper's # within chance of our #, the mean",
        pick(OURS, 0),
        pick(out("07-037", "single runs: mean #, std #"), 0),
    ),
    (
        "one mean of ten in five or so lies below",
        of(lambda p: 15 < p < 25, out("07-037", "paper's 4.88: #%")),
    ),
    ("error of # ± # within chance of our # ± # over #?", TORCH_TRAIN, TRAINED_400, SEEDS),
    (
        "six standard errors apart",
        of(
            lambda gap, error: round(gap / error) == 6,
            out("07-040", "train: # points, standard error #"),
        ),
    ),
    (
        "around # to #, the last is high throughout, # to #.",
        run("07-043", "grid[0].min(), grid[0].max(), grid[5].min(), grid[5].max()"),
    ),
    (
        "is seven standard errors wide",
        of(
            lambda gap, error, _: round(gap / error) == 7,
            out("07-048", "custom, test # ± # (unpaired ± #)"),
        ),
    ),
    ("For PyTorch it is # ± #.", out("07-048", "PyTorch, test - train # ± #")),
    (
        "The paper has # there, with a standard error that it does not give: # by",
        PAPER_GAP,
        error_of_difference(TORCH_TRAIN, TORCH, 10),
    ),
    (
        "ours, # against # points. Even",
        *(
            pick(out("07-031", "PyTorch test: # ± #"), 1),
            pick(out("07-031", "custom test: # ± #"), 1),
        ),
    ),
    (
        "scatter more than five times as widely",
        of(
            lambda _, ours, __, theirs: theirs > 5 * ours,
            out("07-031", "test: # ± # PyTorch test: # ± #"),
        ),
    ),
    (
        r"be $\sqrt{#^2 + #^2} = #$",
        *(
            pick(out("07-031", "PyTorch test: # ± #"), 1),
            pick(out("07-031", "custom test: # ± #"), 1),
        ),
        of(
            spread,
            *(
                pick(out("07-031", "PyTorch test: # ± #"), 1),
                pick(out("07-031", "custom test: # ± #"), 1),
            ),
        ),
    ),
    (
        r"$\sqrt{(#^2 + #^2)/#} = #$",
        *(pick(BY_BATCH_400, 1), pick(BY_SAMPLE_400, 1), SEEDS),
        error_of_difference(BY_BATCH_400, BY_SAMPLE_400, 400),
    ),
    (r"$#/\sqrt{#} = #$, fits both", pick(OURS, 1), REPEATS, calc(2.23 / math.sqrt(10))),
    (
        "first # to # repetitions of our",
        of(lambda first, end: (first, end - 1), code("07-050", "counts = range(#, #)")),
    ),
    (
        "framework claims # ± #, and a hundred give #:",
        run(
            "07-018",
            "(first := 100 * ours.curves('test_error')[:5, -1]).mean(), first.std() / 5**0.5",
        ),
        pick(out("07-037", "single runs: mean #, std #"), 0),
    ),
    (
        "its mean from # repetitions to #.",
        of(lambda a, b: (a, b - 1), code("07-052", "arange(#, #)")),
    ),
    (
        "of the first R runs against R from # to #, with",
        of(lambda a, b: (a, b - 1), code("07-052", "arange(#, #)")),
    ),
    (
        "It starts near #, is # at ten, # at forty-three and # at a hundred; the band "
        "is # points "
        "wide at ten and # at a hundred. A dashed line marks #.",
        run("07-052", "running[[0, 8, 41, 98]], 2 * error[[8, 98]]"),
        pick(OURS, 0),
    ),
    (
        "Over # seeds these are the test errors; the second row comes from "
        "`python -m minidl train --batch-size 1 --repeats #`",
        *(SEEDS, SEEDS),
    ),
    (
        "(our reading) | # | # | | a step after each sample | # | # | "
        "| the paper, ten repetitions | # | # |",
        *(BY_BATCH_400, BY_SAMPLE_400, OURS),
    ),
    ("With # runs of each, the two differ by #", SEEDS, STEP_GAP),
    (
        r"$# \pm #$, and nobody",
        *(STEP_GAP, error_of_difference(BY_BATCH_400, BY_SAMPLE_400, 10)),
    ),
    (
        "both variances: # for the two ways of stepping, # for the two frameworks "
        "(from # and #, "
        "again over # seeds, where the gap is #)",
        error_of_difference(BY_BATCH_400, BY_SAMPLE_400, 2),
        error_of_difference(BY_BATCH_400, TESTED_400, 2),
        *(pick(BY_BATCH_400, 1), pick(TESTED_400, 1), SEEDS),
        of(lambda theirs, _, ours, __: theirs - ours, TESTED_400, BY_BATCH_400),
    ),
    (
        "about a sixth of what is needed",
        of(lambda needed: round(needed / 10) == 6, out("07-057", "sample steps: #")),
    ),
    (
        "framework gets to # % errors while PyTorch is left far behind, at # % in the "
        "paper and "
        "at # % here",
        *(pick(TABLE3, 4), pick(TORCH, 0), pick(TABLE3, 12)),
    ),
]
