"""Numbers that were measured or computed: those of the prose are the chapter's own.

Such a number has a decimal point, a power of ten or a per cent sign, in a text, a caption or
a description of a picture; formulas, code, links and the names of parts do not count.  It is
right if the chapter's code or outputs hold a number that rounds to it, to the digits given
(3.9 % may be 0.039), or if ``numbers.yml`` says where it comes from.  On a page it may be
any chapter's.  Behind ± stands a standard deviation or a standard error: the text says which.
"""

import ast
import re
from decimal import Decimal
from functools import cache

import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebooks import CHAPTERS, ROOT, as_python, code_cells, read

LISTED = yaml.safe_load((ROOT / "tests" / "book" / "numbers.yml").read_text())
README, *_ = PAGES = [ROOT / name for name in ("README.md", "book/intro.md", "book/notation.md")]
PLACES = {path.stem: path for path in [*CHAPTERS, *PAGES]}

PER_CENT = r"(?:\s?\\?%|\sper\scent)"
NUMBER = re.compile(
    r"(?<![\w.])([-−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)(?!\w|\.\d)"
    rf"({PER_CENT}|(?=\s(?:to|and|or|±)\s[\d.]+{PER_CENT}))?"  # the 3 of "3 to 4 %" is one, too
)
UNSEEN = re.compile(
    r"^```(?!\{).*?^```|\$\$.*?\$\$|\$.*?\$|(`+)(?!`).+?(?<!`)\1(?!`)"
    r"|\]\(.*?\)|https?://\S+|^:(?!alt:)[\w-]+:.*?$"
    r"|(?:chapter|exercise|section|version|Python)s? [\d.]+(?:(?:,| and| to) \d[\d.]*)*",
    re.M | re.S | re.I,
)


def numbers(text):
    """List a text's numbers that count: each as it is written, its value, whether per cent."""
    found = [(m[0], m[1].replace("−", "-"), m[2] is not None) for m in NUMBER.finditer(text)]
    return [(w, Decimal(n), share) for w, n, share in found if share or "." in n or "e" in n]


def sentences(text):
    """List sentences and rows of tables; the digits of what does not count are hidden."""
    text = re.sub(r"^```(\{.*?)^```$", r":::\1:::", text, flags=re.M | re.S)  # a box is no code
    text = UNSEEN.sub(lambda match: re.sub(r"\d", "·", match[0]), text)
    text = re.sub(r"(?<=\d) (?=\d{3}(?!\d))", "", text)  # the gap in a large number
    parts = re.split(r"(?<=[.?!])\s|\n\s*\n|(?<=\|)\n", text)
    return [" ".join(part.split()) for part in parts]


def prose(notebook):
    """Yield the places of a notebook's texts, captions and descriptions, and what they say."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield cell.id, cell.source
        shown = cell.metadata.get("mystnb", {})
        yield f"{cell.id}, caption", shown.get("figure", {}).get("caption", "")
        yield f"{cell.id}, alt text", shown.get("image", {}).get("alt", "")


def printed(cell):
    """Join what a code cell has put out as text."""
    outputs = [{"text": output.get("text", "")} | output.get("data", {}) for output in cell.outputs]
    return "\n".join(text for out in outputs for kind, text in out.items() if kind[:4] == "text")


def known(notebook):
    """Gather the numbers of a notebook's outputs and code, each without its sign, too."""
    found = set()
    for cell in code_cells(notebook):
        found |= {value for _, value, _ in numbers(re.sub(r"(?<=\d),(?=\d)", "", printed(cell)))}
        for node in ast.walk(ast.parse(as_python(cell.source))):
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                found |= {Decimal(repr(node.value)), Decimal(repr(-node.value))}
    return found | {abs(value) for value in found}


def complaints(texts, known, listed=()):
    """Say which numbers have no source, and what is listed and stands nowhere."""
    said, gone = [], set(listed)
    for place, text in texts:
        for sentence in sentences(text):
            rest = sentence
            for words in listed:
                if words in sentence:
                    gone.discard(words)
                    rest = rest.replace(words, "")
            for written, value, share in numbers(rest):
                half = Decimal(5).scaleb(value.as_tuple().exponent - 1)
                scales = (1, 100) if share else (1,)
                if not any(abs(value - k * source) <= half for source in known for k in scales):
                    said.append(f"{place}: {written!r} is in no output and no code: {sentence}")
            if re.search(r"\d ± \d", rest) and not re.search(r"standard\s(error|deviat)", text):
                said.append(f"{place}: what stands behind ±? {sentence}")
    return said + [f"{words!r} is said nowhere" for words in gone]


@cache
def sources(path):
    """Gather what :func:`known` finds in a chapter; on a page, in all chapters."""
    return known(read(path)) if path in CHAPTERS else set().union(*map(sources, CHAPTERS))


@pytest.mark.parametrize("name", sorted(PLACES.keys() | LISTED.keys()))
def test_every_number_has_a_source(name):
    path = PLACES[name]
    texts = prose(read(path)) if path in CHAPTERS else [("text", path.read_text())]
    said = complaints(texts, sources(path), LISTED.get(name, {}))
    what_to_do = f"{path.name}: correct it, print it, or see to tests/book/numbers.yml"
    assert not said, "\n".join([what_to_do, *said])


def test_the_table_in_the_readme_is_printed_by_chapter_7():
    blocks = re.findall(r"^```\w*\n(.*?)\n```$", README.read_text(), re.M | re.S)
    tables = [block for block in blocks if len(numbers(block)) > 2]
    outputs = "\n".join(printed(cell) for cell in code_cells(read(CHAPTERS[6])))
    assert tables
    assert all(table in outputs for table in tables)


def test_a_spoilt_digit_is_noticed():
    output = new_output("stream", text="share 0.0388, loss -0.254\n")
    cell = new_code_cell("lr = 0.1", outputs=[output])
    right = "A rate of 0.1 gives 3.9 %, a loss of −0.25; see chapter 7.7, `7.7` and $7.7$."
    spoilt = ["A rate of 0.2.", "It gives 3.8 %.", "A loss of −0.26.", "0.1 ± 0.1", "Now 2 or 4 %."]
    for text in (right, *spoilt):
        notebook = new_notebook(cells=[cell, new_markdown_cell(text)])
        assert len(complaints(prose(notebook), known(notebook))) == (text in spoilt), text
    assert not complaints([("", spoilt[0])], set(), {"rate of 0.2": "where it is from"})
    assert complaints([("", right)], known(notebook), {"rate of 0.2": "where it is from"})
