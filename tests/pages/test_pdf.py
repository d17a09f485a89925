"""The book in one file."""

import re
import subprocess
import sys

import browser as tools
import pypdfium2
import pytest
from pypdf import PdfReader
from the_pages import PAGES


@pytest.fixture(scope="module")
def pdf(offline):
    subprocess.run([sys.executable, tools.FOLDER / "pdf.py"], check=True)
    return PdfReader(tools.ROOT / "_build" / "minidl.pdf")


@pytest.fixture(scope="module")
def texts(pdf):
    """What each page says; pypdf, which knows the outline, takes long to say it."""
    with pypdfium2.PdfDocument(pdf.stream) as document:
        return [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]


def test_it_is_a_book(pdf, texts):
    assert len(texts) > 50
    assert pdf.metadata.title == "minidl: deep learning by hand"
    assert "deep learning by hand" in texts[0]
    assert "Contents" in texts[1][:12]


def test_every_chapter_is_in_it(html, texts):
    book = " ".join(texts)
    for name in PAGES:
        if name == "search.html":
            continue
        page = re.sub(r"<noscript>.*?</noscript>", "", (html / name).read_text(), flags=re.DOTALL)
        paragraphs = re.findall(r"<p>([A-Z][^<\\]{60,200})</p>", page)
        assert paragraphs or "bibliography" in name
        for paragraph in paragraphs[:3]:
            words = re.sub(r"&#\d+;|&\w+;", "", paragraph).split()[:6]
            assert " ".join(words) in book, (name, words)


def test_the_table_of_contents_is_right(pdf, texts):
    listed = [entry for entry in pdf.outline if not isinstance(entry, list)]
    contents = " ".join(texts[1:6])
    checked = 0
    for entry in listed:
        title = " ".join(entry.title.split())
        place = pdf.get_destination_page_number(entry)
        if re.match(r"\d\. ", title):
            words = r"\s*".join(map(re.escape, title.split()))  # blanks get lost in wide lines
            assert re.search(rf"{words}\s*{place + 1}\b", contents), (title, place + 1)
            assert title.split(". ")[1] in texts[place]
            checked += 1
    assert checked >= 8


def test_pages_are_numbered(texts):
    assert not texts[0].endswith("1")
    for place, text in enumerate(texts[1:], start=2):
        assert re.search(rf"(^|\D){place}$", text) or text.startswith(str(place)), place


def test_formulas_are_set_and_answers_stand_at_the_end(texts):
    book = " ".join(texts)
    assert r"\(" not in book
    assert r"\frac" not in book
    end = max(place for place, text in enumerate(texts) if "Hints and solutions" in text)
    first = min(place for place, text in enumerate(texts) if "Solution to" in text)
    assert first >= end
