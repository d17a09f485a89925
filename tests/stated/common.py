"""Settings, the paper's figures, long measurements and helpers that several chapters need."""

import math

import torch
from prose_sources import calc, measured, of, out

from minidl.experiment import PAPER, Setting

SETTING = Setting()
WIDTHS = [2, *[SETTING.width] * SETTING.layers, 2]
PARAMETERS = calc(sum((a + 1) * b for a, b in zip(WIDTHS, WIDTHS[1:], strict=False)))
EPOCHS, RATE, WIDTH = calc(SETTING.epochs), calc(SETTING.lr), calc(SETTING.width)
BATCH, TRAIN, TEST = calc(SETTING.batch_size), calc(SETTING.n_train), calc(SETTING.n_test)
REPEATS = calc(SETTING.repeats)
STEPS = calc(SETTING.epochs * SETTING.n_train / SETTING.batch_size)

#: The paper's Table III: mean and standard deviation.
OURS_TRAIN, OURS, TORCH_TRAIN, TORCH = (
    calc(*PAPER[key])
    for key in (("minidl", "train"), ("minidl", "test"), ("torch", "train"), ("torch", "test"))
)
#: The gap of its two figures for PyTorch.
PAPER_GAP = calc(PAPER["torch", "test"][0] - PAPER["torch", "train"][0])
#: Quoted from its section III.
PLATEAU = measured("the paper: 'reaches a plateau after only about 3 epochs'", 3)

#: Error rate, in per cent, of one answer to two balanced classes; loss of the best constant.
HALF, QUARTER = calc(100 * 0.5), calc(0.5**2)

EPS32, EPS64 = (torch.finfo(dtype).eps for dtype in (torch.float32, torch.float64))

# Too long for a test: mean and standard deviation in per cent over 400 seeds, and a search.
SEEDS = measured("the number of seeds of these runs", 400)
TRAINED_400 = measured("python -m minidl train --framework torch --repeats 400", 28.17, 10.71)
TESTED_400 = measured("python -m minidl train --framework torch --repeats 400", 29.17, 11.01)
BY_BATCH_400 = measured("python -m minidl train --repeats 400", 6.04, 3.27)
BY_SAMPLE_400 = measured("python -m minidl train --batch-size 1 --repeats 400", 5.07, 1.82)
READINGS = measured("readings of the paper's PyTorch side that were tried", 25)
LARGEST_GAP = measured("largest gap of train and test error among these readings", 3.0)

#: Chapter 7's table: mean, standard deviation, the paper's mean and standard deviation.
TABLE3 = out(
    "07-033",
    "Custom framework, train # # # # Custom framework, test # # # # "
    "PyTorch, train # # # # PyTorch, test # # # #",
)


def pick(source, *places):
    """Some of a source's numbers."""
    return of(lambda *values: [values[place] for place in places], source)


def tens(source):
    """A source's numbers, rounded to tens."""
    return of(lambda *values: [round(value, -1) for value in values], source)


def power(x, rounding=round):
    """The power of ten nearest to x, or next to it."""
    return 10.0 ** rounding(math.log10(x))
