"""The reference: an entry for every public name, and links to it from the chapters' code."""

import re
from pathlib import Path
from types import ModuleType

import pytest
from bs4 import BeautifulSoup
from notebooks import CHAPTERS, pages
from reference import rows

import minidl
from minidl import paper, teaching

CHAPTER = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def soups(html):
    """Read every page of the book."""
    return {
        Path(name).name: BeautifulSoup((html / f"{name}.html").read_text(), "html.parser")
        for name in pages()
    }


def public(package):
    """List the addresses of what a package offers, its modules aside."""
    things = {name: thing for name, thing in vars(package).items() if name[0] != "_"}
    own = [name for name, thing in things.items() if not isinstance(thing, ModuleType)]
    return {f"{package.__name__}.{name}" for name in own}


def test_every_public_name_has_an_entry(soups):
    entries = {entry["id"] for entry in soups["reference"].select("dt.sig[id]")}
    results = {f"minidl.paper.{name}" for name in ("TABLE3", "FIGURE2", "FRAMEWORKS")}
    names = public(minidl) | public(paper) - results | public(teaching)
    assert len(names) > 35
    assert names - entries == set()


def test_an_entry_shows_what_its_rules_want_and_refuse(soups):
    entry = soups["reference"].select_one('dt[id="minidl.Sequential.backward_pass"]').parent
    text = " ".join(entry.get_text().split())
    assert text.startswith("backward_pass(outputs, grad)")
    for words in ("outputs (a list)", "Returns", "for outputs that forward_pass cannot have"):
        assert words in text
    text = soups["reference"].select_one('dt[id="minidl.Linear.forward"]').parent.get_text()
    assert "shape (N, in_features), dtype and device of self.weight" in text


def test_the_reference_has_the_rows_of_all_chapters(soups):
    table = soups["reference"].select_one("#whole-table table, #whole-table ~ * table")
    found = [
        (cells[0].get_text(), re.findall(r"\w+", cells[1].get_text()), cells[2].get_text())
        for cells in (row.select("td") for row in table.select("tbody tr"))
    ]
    assert [(chapter, names) for chapter, names, _ in found] == [
        (str(number), names)
        for number, path in enumerate(CHAPTERS, start=1)
        for names, _ in rows(path)
    ]


@CHAPTER
def test_what_a_chapter_adds_is_linked_from_its_code_and_its_table(soups, path):
    places = ("pre a.sphinx-codeautolink-a", "table a[href^='reference.html']")
    code, table = (
        {link["href"].rpartition(".")[2] for link in soups[path.stem].select(place)}
        for place in places
    )
    for names, _ in rows(path):
        assert set(names) <= table
        assert set(names) & code


@CHAPTER
def test_only_the_first_of_the_links_to_an_entry_is_a_stop_for_the_tab_key(soups, path):
    links = soups[path.stem].select("a.sphinx-codeautolink-a")
    stops = [link["href"].partition("#")[2] for link in links if link.get("tabindex") != "-1"]
    assert len(stops) < 40
    assert sorted(stops) == sorted({link["href"].partition("#")[2] for link in links})


def test_no_link_within_the_book_is_dead(soups):
    names = {page: {one["id"] for one in soup.select("[id]")} for page, soup in soups.items()}
    for page, soup in soups.items():
        for link in soup.article.select("a[href*='#']:not([href*=':'])"):
            place, _, name = link["href"].partition("#")
            assert not name or name in names[Path(place).stem or page], (page, link["href"])
