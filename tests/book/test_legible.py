"""The look at the size of type, on pictures of its own; the chapters' are in test_solved.py."""

import matplotlib.pyplot as plt
import nbformat
import pytest
from legible import JUDGE, PHONE, WATCH, smallest
from notebooks import validate


def figure_with(points, text="words"):
    figure = plt.figure(figsize=(5, 2))
    figure.text(0.5, 0.2, "larger", fontsize=30)
    figure.text(0.5, 0.5, text, fontsize=points)
    plt.close(figure)
    return figure


def test_the_smallest_text_counts():
    assert smallest(figure_with(10), 5) == ("words", pytest.approx(10 / 72 * PHONE / 5))


def test_an_exponent_counts():
    raised, plain = (smallest(figure_with(10, text), 5)[1] for text in ("$10^{-8}$", "10"))
    assert raised == pytest.approx(0.7 * plain)


DRAWN = """import matplotlib.pyplot as plt
figure, axis = plt.subplots(figsize=({width}, 3))
axis.set_xticks([0, 1], ["zero", "one"], fontsize=9)
"""
SHOWN = "plt.show()"
STORED = "import io\nfigure.savefig(io.BytesIO())\nplt.close()"


def ran(folder, code):
    cells = [nbformat.v4.new_code_cell(source) for source in (WATCH, code, JUDGE)]
    return validate(nbformat.v4.new_notebook(cells=cells), folder)


@pytest.mark.parametrize("made", [SHOWN, STORED])
def test_small_type_in_a_notebook_is_named(tmp_path, made):
    done = ran(tmp_path, DRAWN.format(width=7.4) + made)
    assert "too small to read on a phone: 'one': " in done.stdout


def test_larger_type_passes(tmp_path):
    assert "3 passed" in ran(tmp_path, DRAWN.format(width=4) + STORED).stdout


def test_a_notebook_in_which_nothing_is_seen_does_not_pass(tmp_path):
    assert "no picture was made" in ran(tmp_path, "1 + 1").stdout
