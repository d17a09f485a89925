"""What is mended in a page's text; the pages themselves are tested in a browser."""

import pytest
from body import LONGEST, mend

SPACE = "\N{NO-BREAK SPACE}"
LONG = "word " * (LONGEST // 5 + 1)
FORMULA = r'<span class="math notranslate nohighlight">\(x\)</span>'


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        (LONG, True),
        ("Exercise 1.1, one_hot: not attempted yet.", True),
        ("&lt;" * LONGEST, False),
        (f"a     1   2\n{LONG}", False),
    ],
)
def test_only_text_that_is_too_wide_is_broken_and_no_table(text, broken):
    output = f'<div class="output stream x"><div class="highlight"><pre><span></span>{text}\n</pre>'
    assert ('class="output stream sentences' in mend(output)) == broken


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("4.9 % wrong", f"4.9{SPACE}% wrong"),
        ("500 ± 15.8", f"500{SPACE}±{SPACE}15.8"),
        ("as in Fig. 2.3 of", f"as in Fig.{SPACE}2.3 of"),
        ('<img alt="4.9 % wrong">', '<img alt="4.9 % wrong">'),
        (f"So {FORMULA}.", f'So <span class="kept-together">{FORMULA}.</span>'),
        (f"So {FORMULA} is", f"So {FORMULA} is"),
    ],
)
def test_a_number_keeps_its_unit_and_a_formula_its_full_stop(text, wanted):
    assert mend(text) == wanted
