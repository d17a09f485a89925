"""The prose against the code: every number has a source, every name in code font exists.

Sources that take long are asked only when the whole suite runs, ``pytest --nbval``.
"""

import re

import pytest
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser
from notebooks import CHAPTERS, ROOT, code_cells, read
from prose import FRONT, PAGES, Text, book, code_spans, page_texts, printed, seen
from prose_names import ELSEWHERE, complaint
from prose_numbers import changed, complaints, stated
from prose_sources import evaluate, measured
from stated import STATED

BOOK = book()
CHAPTER = pytest.mark.parametrize("chapter", sorted({text.chapter for text in BOOK}))
#: Chapters, and pages that are checked for names only.
SPANS = {
    chapter: [span for text in texts for span in code_spans(text.source)]
    for chapter, texts in (
        *((name, [t for t in BOOK if t.chapter == name]) for name in {t.chapter for t in BOOK}),
        *((path.stem, page_texts(path)) for path in FRONT),
    )
}
WHERE = pytest.mark.parametrize("chapter", sorted(SPANS))

#: Changed digits that no source can notice, and why.
UNNOTICED = {
    ("03-031", r"$«0» \cdot 0 = 0$"): "0 times anything is 0",
    ("03-031", r"$0 \cdot «0» = 0$"): "0 times anything is 0",
    ("08-066 alt", "from 57 to «38» per cent"): "38.5 is printed, and rounds to 38 or to 39",
}


@pytest.fixture(scope="module")
def ran(request):
    """What the chapters give where a source asks them."""
    sources = [source for entries in STATED.values() for _, *given in entries for source in given]
    return evaluate(sources, slow=request.config.getoption("nbval", False))


def texts(chapter):
    return [text for text in BOOK if text.chapter == chapter]


# What the tests read


def spans_by_myst(source):
    """List the pieces in code font as the book's own parser finds them."""
    options = MdParserConfig(enable_extensions={"amsmath", "colon_fence", "dollarmath"})
    parser, spans = create_md_parser(options, RendererHTML), []
    for token in parser.parse(source):
        if token.type == "inline":
            spans += [part.content for part in token.children if part.type == "code_inline"]
        elif token.info.startswith("{") and "literalinclude" not in token.info:
            name, _, title = token.info.partition("}")
            if name == "{admonition" or name == "{exercise":
                spans += spans_by_myst(title)
            spans += spans_by_myst(re.sub(r"^:[\w-]+:.*\n?", "", token.content, flags=re.M))
    return spans


def test_the_texts_are_those_that_myst_reads():
    sources = [c.source for p in CHAPTERS for c in read(p).cells if c.cell_type == "markdown"]
    for source in [*sources, *(path.read_text() for path in PAGES + FRONT)]:
        assert code_spans(seen(source)) == spans_by_myst(source)


# Numbers


@CHAPTER
def test_every_number_has_a_source_and_agrees_with_it(chapter, ran):
    said = [c for text in texts(chapter) for c in complaints(text, STATED.get(chapter, []), ran)[0]]
    assert not said, "\n".join(said)


@pytest.mark.parametrize("chapter", STATED)
def test_what_is_stated_still_stands_in_the_text(chapter):
    gone = [
        words
        for words, *_ in STATED[chapter]
        if not any(stated(text, words) for text in texts(chapter))
    ]
    assert not gone, "\n".join(gone)


def test_a_changed_digit_is_noticed(ran):
    """Every number that is compared with something, each digit in turn."""
    tried, unnoticed = 0, []
    for text in BOOK:
        entries = STATED.get(text.chapter, [])
        for number in complaints(text, entries, ran)[1]:
            for copy in changed(number):
                tried += 1
                if not complaints(copy, entries, ran)[0]:
                    unnoticed.append(number)
    listed = {
        next((key for key in UNNOTICED if key[0] == n.text.place and key[1] in str(n)), str(n))
        for n in unnoticed
    }
    assert listed == UNNOTICED.keys()
    assert tried > 1000


def test_a_claim_in_words_is_compared_with_its_source(ran):
    """The same text is refused if the claim's source does not bear it out."""
    text = Text("", "", "half of it arrives", [(0, None)])
    source = measured("for this test", 1)
    assert complaints(text, [("half of it arrives", source)], {})[0] == []
    assert complaints(text, [("half of it arrives", measured("for this test", 0))], {})[0]


def test_the_table_in_the_readme_is_the_output_of_chapter_7():
    (cell,) = [c for c in code_cells(read(CHAPTERS[6])) if "format_table" in c.source]
    assert f"```\n{printed(cell).strip()}\n```" in (ROOT / "README.md").read_text()


# Names


@WHERE
def test_every_name_in_code_font_exists(chapter):
    inside = chapter if chapter[0].isdigit() else None
    said = [complaint(span, inside) for span in SPANS[chapter]]
    assert not any(said), "\n".join(filter(None, said))


@WHERE
def test_a_misspelt_name_is_noticed(chapter):
    """Every word of three letters or more that is no text, with one letter doubled."""
    inside = chapter if chapter[0].isdigit() else None
    unnoticed = []
    for span in set(SPANS[chapter]) - ELSEWHERE.keys():
        for word in re.finditer(r"[A-Za-z_]{3,}", span):
            if span.count('"', 0, word.start()) % 2 == 0:
                middle = (word.start() + word.end()) // 2
                if not complaint(span[:middle] + span[middle - 1 :], inside):
                    unnoticed.append(span[:middle] + span[middle - 1 :])
    assert not unnoticed


def test_what_is_said_to_be_elsewhere_is_spoken_of():
    spoken = {word for spans in SPANS.values() for span in spans for word in (span, *span.split())}
    assert ELSEWHERE.keys() <= spoken
