"""What is mended in a page's text; the pages themselves are tested in a browser."""

import re

import pytest
from body import LONGEST, mend

SPACE = "\N{NO-BREAK SPACE}"
LONG = "word " * (LONGEST // 5 + 1)


def output(text):
    """Return a cell's printed output as it stands in a page."""
    return (
        '<div class="output stream highlight-myst-ansi notranslate">'
        f'<div class="highlight"><pre><span></span>{text}\n</pre></div></div>'
    )


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        (LONG, True),
        (f"first\n  {LONG}", True),
        ("Exercise 1.1, one_hot: not attempted yet.", True),
        ("&lt;" * LONGEST, False),
        ("x" * LONGEST, False),
        (f"a     1   2\n{LONG}", False),
    ],
)
def test_only_text_that_is_too_wide_is_broken_and_no_table(text, broken):
    assert ('class="output stream sentences' in mend(output(text))) == broken


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("4.9 % wrong", f"4.9{SPACE}% wrong"),
        ("500 ± 15.8", f"500{SPACE}±{SPACE}15.8"),
        ("as in Fig. 2.3 of", f"as in Fig.{SPACE}2.3 of"),
        ("<code>5 % 2</code>", "<code>5 % 2</code>"),
        ("<pre>1 ± 2</pre>", "<pre>1 ± 2</pre>"),
        ('<img alt="4.9 % wrong">', '<img alt="4.9 % wrong">'),
    ],
)
def test_a_number_keeps_its_unit_in_text_and_nothing_else_changes(text, wanted):
    assert mend(text) == wanted


def test_a_formula_keeps_its_full_stop_and_its_bracket():
    formula = r'<span class="math notranslate nohighlight">\(x\)</span>'
    kept = '<span class="kept-together">'
    assert mend(f"<p>So {formula}.</p>") == f"<p>So {kept}{formula}.</span></p>"
    assert mend(f"<p>({formula} is)</p>") == f"<p>{kept}({formula}</span> is)</p>"
    assert mend(f"<p>So {formula} is</p>") == f"<p>So {formula} is</p>"


def test_cells_are_numbered_from_the_top():
    page = mend('<div class="cell docutils"></div><div class="cell tag_x docutils"></div>')
    assert re.findall(r'id="(cell-\d)" class="cell', page) == ["cell-1", "cell-2"]
