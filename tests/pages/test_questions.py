"""Exercises and guesses on a page, where no Python runs."""

import ast

import pytest
from bs4 import BeautifulSoup
from notebooks import CHAPTERS
from questions import COLUMNS, short

LONG = '''@takes(n=COUNT)
def add(n, other):
    """Add.

    And more.
    """
    # why
    return n_with_a_long_name + other_with_a_long_name + one_with_a_long_name
'''


def test_a_solution_loses_what_is_not_its_answer():
    assert short(LONG) == (
        "def add(n, other):\n    # why\n    return (\n        n_with_a_long_name\n"
        "        + other_with_a_long_name\n        + one_with_a_long_name\n    )\n"
    )


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def soup(request, html):
    """Read each chapter's page."""
    text = (html / "book" / f"{request.param.stem}.html").read_text()
    return BeautifulSoup(text, "html.parser")


def test_every_solution_is_short_code(soup):
    codes = [code.get_text() for code in soup.select("details.solution pre")]
    assert len(codes) >= len(soup.select("details.solution")) >= 2
    for code in codes:
        assert max(map(len, code.splitlines())) <= COLUMNS, code
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                assert not node.decorator_list and ast.get_docstring(node) is None, code


def test_no_check_speaks_of_an_answer_that_nobody_gave(soup):
    assert "not attempted" not in soup.get_text()
    checks = [cell for cell in soup.select(".cell") if " = check(" in cell.get_text()]
    assert len(checks) >= 2
    assert not any(cell.select(".cell_output") for cell in checks)
