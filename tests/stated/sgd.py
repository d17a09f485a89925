"""Chapter 6."""

import math

from prose_sources import calc, code, of, out, run

from .common import BATCH, HALF, PARAMETERS, QUARTER, RATE, SETTING, TRAIN, WIDTH, pick

#: The first epoch after which no point of the square's edge is put inside.
CLOSED = run(
    "06-060",
    "next(epoch for epoch, network in enumerate(snapshots) if not any("
    "network.forward(torch.stack(edge, 1)).argmax(1).any() "
    "for along in [torch.linspace(-1, 1, 201, dtype=torch.float64)] "
    "for side in (torch.ones_like(along), -torch.ones_like(along)) "
    "for edge in ((along, side), (side, along))))",
)

STATED = [
    ("network's # parameters the backward", PARAMETERS),
    ("a learning rate of # and mini-batches of #, and gives", RATE, BATCH),
    ("The paper's network has # directions", PARAMETERS),
    (
        "with curvatures # (across) and # (up and down)",
        run("06-006", "curvatures"),
    ),
    (
        "For # the dots stop far from the centre, at about minus #. For # they zigzag a few "
        "times and then run along the axis to the centre. For # they zigzag up and "
        "down all the "
        "way to the centre, ever less. For # the zigzag grows from # to # while",
        run("06-007", "(r := list(paths))[0], paths[r[0]][-1, 0], r[1], r[2], r[3]"),
        run("06-007", "paths[0.205][0, 1], paths[0.205][-1, 1]"),
    ),
    ("makes of them after # steps", code("06-006", "start, lr, #)")),
    ("With the rate # the flat direction", run("06-006", "min(paths)")),
    (
        "way to go after # steps. With # that",
        code("06-006", "start, lr, #)"),
        run("06-006", "max(paths)"),
    ),
    (
        "four fifths of its way",
        of(
            lambda *row: round(row[-2], 1) == 0.8,
            out("06-009", "lr 0.01 factors # and #, after 20 steps # and #"),
        ),
    ),
    (
        "has grown to more than double",
        of(
            lambda *row: 2 < row[-1] < 3,
            out("06-009", "lr 0.205 factors # and #, after 20 steps # and #"),
        ),
    ),
    ("move the # biases of the first layer", WIDTH),
    ("tensor of shape $(#{,})$", PARAMETERS),
    ("a vector of # entries", PARAMETERS),
    ("a matrix of shape $(#, #)$", out("06-022", "shape: (#, #)")),
    ("from that of all #, as a share", TRAIN),
    ("mean square of # draws)", code("06-024", "draws=#")),
    (
        "samples, from # to #.",
        pick(code("06-024", "batch_sizes = (#, 2, 5, 10, 20, 50, 100, 200, #)"), 0, 1),
    ),
    (
        "network starts at #, the trained one at about #. At # samples",
        run("06-024", "relative_errors(untrained, [1])[0], relative_errors(trained, [1])[0]"),
        code("06-024", "100, 200, #)"),
    ),
    (
        "a single sample is off by little more than that",
        of(
            lambda s, _: 1 < s < 1.3,
            out("06-025", "untrained s = # gradient lengths, s / √100 = #"),
        ),
    ),
    (
        "each good to about a tenth",
        of(
            lambda _, s: round(s, 1) == 0.1,
            out("06-025", "untrained s = # gradient lengths, s / √100 = #"),
        ),
    ),
    (
        "a hundred of them give a direction with an error as long as the gradient",
        of(
            lambda _, s: 0.8 < s < 1.25,
            out("06-025", "epochs s = # gradient lengths, s / √100 = #"),
        ),
    ),
    ("Ten mini-batches of # allow", BATCH),
    ("all # samples together", TRAIN),
    (
        "A hundred times as many calls",
        of(
            lambda one, all_: all_ == 100 * one,
            out("06-032", "batch # calls"),
            out("06-032", "samples # calls"),
        ),
    ),
    (
        "From two points in five wrong to about one in fifty",
        of(
            lambda _, first, __, last: round(first / 20) == 2 and round(last) == 2,
            out("06-041", "epoch 1 loss # test error #%"),
            out("06-041", "epoch 20 loss # test error #%"),
        ),
    ),
    ("After two epochs, # steps, all # parameters", calc(2 * 1000 / 100), PARAMETERS),
    ("A sum of # gradients is # times their mean", BATCH, BATCH),
    ("divide the learning rate, by #.", BATCH),
    (r"a step with $\eta = #$ is a step with $\eta = #$ in", RATE, calc(SETTING.lr * 100)),
    (
        r"bowl with $a = 1$, $\eta = #$. Right: training loss of three networks on the "
        r"disc, $\eta = #$.",
        *(code("06-049", "theta: theta, one, #, 60"), RATE),
    ),
    (
        "from 1 to 0 within # steps",
        run("06-049", "len(left.lines[0].get_ydata()) - 1"),
    ),
    (
        "the three solid curves fall smoothly and close together to #;",
        run(
            "06-049",
            "max(line.get_ydata()[-1] for line in right.lines if line.get_linestyle() == '-')",
        ),
    ),
    (
        "one dashed curve jumps from # to # after nine epochs",
        run("06-049", "right.lines[4].get_ydata()[8], max(right.lines[4].get_ydata()[9:])"),
    ),
    (
        "go down and up again between # and #.",
        run("06-049", "min(right.lines[2].get_ydata()), max(right.lines[0].get_ydata()[10:])"),
    ),
    ("gets mini-batches of #.", BATCH),
    (
        "gets them about as far as twenty times gets mini-batches",
        of(
            lambda one, other: abs(one / other - 1) < 0.1,
            out("06-051", "steps 1000, loss # mini-batches of 100, epochs 20"),
            out("06-051", "steps 200, loss #"),
        ),
    ),
    (
        "the same data: #, #, #, # and #.",
        code("06-053", 'for lr, style in ((#, "s-"), (#, "o-"), (#, "^-"), (#, "v-"))'),
        code("06-053", "lr=#.0, acc"),
    ),
    ("The thin line is #. Below: with rate #,", QUARTER, code("06-053", "lr=#.0, acc")),
    (
        "# falls slowly from # to #. # falls to #. # jumps up and down between # and "
        "#, with a flat "
        "stretch at #, and ends there. # lies flat just above # from",
        run(
            "06-053",
            "0.005, (y := [line.get_ydata() for line in above.lines[1:]])[0][0], "
            "y[0][-1], 0.1, y[1][-1]",
        ),
        run("06-053", "0.8, min((y := above.lines[3].get_ydata())[1:]), max(y[1:]), y[-1]"),
        run("06-053", "1.5, above.lines[4].get_ydata()[-1]"),
    ),
    (
        "for the rate #: the loss at each",
        code("06-053", "lr=#.0, acc"),
    ),
    (
        "from below # to more than # to the power #.",
        run("06-053", "math.ceil(finite[0]), 10, 10 * (math.log10(finite[-1]) // 10)"),
    ),
    ("of the first five mini-batches", run("06-053", "len(finite) == 5")),
    (
        "- **#, too small.**",
        run("06-053", "0.005"),
    ),
    ("it is not yet where # was after two", RATE),
    (
        "not yet where 0.1 was after two",
        run("06-053", "above.lines[1].get_ydata()[-1] > above.lines[2].get_ydata()[1]"),
    ),
    ("- **#, about right.**", RATE),
    ("- **#, too large.** The loss jumps", run("06-053", "0.8")),
    ("- **#, much too large", run("06-053", "1.5")),
    ("- **#, diverging.**", code("06-053", "lr=#.0, acc")),
    ("all # sums are negative", WIDTH),
    (
        "an error rate near # %. The rate # is on the border. It too lies at # for",
        HALF,
        run("06-053", "0.8"),
        QUARTER,
    ),
    (r"keep $\eta = #$ and", RATE),
    ("all # samples, #, or #.", code("06-057", "in (#, #, #)}")),
    (
        "for batches of # it falls from # to #, for # to #, for # it is below # after "
        "two epochs "
        "and ends near #.",
        run("06-057", "1000, curves[1000][0], curves[1000][-1], 100, curves[100][-1], 10"),
        of(lambda x: math.ceil(10 * x) / 10, run("06-057", "curves[10][200]")),
        run("06-057", "curves[10][-1]"),
    ),
    (
        "that of # ends after # steps, that of # after #. That of # goes on to # steps",
        run("06-057", "[(size, len(curve) - 1) for size, curve in curves.items()]"),
    ),
    (
        "band between # and #, with higher needles",
        run("06-057", "[round(sorted(curves[10][500:])[k], d) for k, d in ((100, 2), (-40, 1))]"),
    ),
    ("of mini-batches of # takes a hundred times", code("06-057", "(1000, 100, #)")),
    ("as an epoch of one batch of #,", code("06-057", "(#, 100, 10)")),
    ("each step costs # of them", out("06-032", "accumulate_batch # calls")),
    ("the loss for mini-batches of # jumps", code("06-057", "(1000, 100, #)")),
    (
        "from epoch # to # it is one and the same mini-batch, number # (counted from 0)",
        run("06-058", "2, 1 + by_epoch[1:].argmax(1).tolist().count(50)"),
        out("06-058", "mini-batch number [#, 50, 50, 50, 50, 50, 50, 50, 50, 50, 38"),
    ),
    (
        "from epoch # on it is number #.",
        run("06-058", "2 + by_epoch[1:].argmax(1).tolist().index(38), 38"),
    ),
    ("untrained and after #, # and # epochs with", code("06-060", "(0, #, #, #)):")),
    ("before training and after #, # and # epochs. Dashed", code("06-060", "(0, #, #, #)):")),
    (
        "After # epochs it is all that lies below a slightly bent line, three quarters of the "
        "square. After # it is a lopsided polygon, too wide and too low. After # it",
        code("06-060", "(0, #, #, #)):"),
    ),
    (
        "three quarters of the square",
        run(
            "06-060",
            "abs(snapshots[2].forward(fold.x_train).argmax(1).double().mean() - 0.75) < 0.03",
        ),
    ),
    ("Below are all epochs from # to #.", run("06-060", "0, len(snapshots) - 1")),
    ("the last of them in epoch #.", CLOSED),
    ("a new network for # epochs at", code("06-dials", "in range(#)")),
    ("A rate of # is about right", RATE),
    ("and # samples are more than the first", BATCH),
]
