"""Exercises and guesses on a page, where no Python runs."""

import ast

import pytest
from bs4 import BeautifulSoup
from notebooks import CHAPTERS
from questions import COLUMNS


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


GUESS = "book/02_activations.html"


def opened(page):
    """Return the answers of the first guess that can be read, and whether what comes out can."""
    box = page.locator(".guess").first
    answers = [one for one in box.locator("[aria-live] li").all() if one.is_visible()]
    return [one.inner_text() for one in answers], page.locator(".guessed .cell").first.is_visible()


def test_a_guess_by_keyboard_gets_its_answer_shows_what_comes_out_and_is_remembered(visit, address):
    with visit(address + GUESS) as page:
        choices = page.locator(".guess").first.get_by_role("group").get_by_role("button")
        assert choices.count() == 4
        assert opened(page) == ([], False)
        choices.first.focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        [first], shown = opened(page)
        assert first.startswith("It meets an infinity there") and shown
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        [second], _ = opened(page)
        assert second.startswith("Yes.")
        page.reload()
        [again], shown = opened(page)
        assert again.startswith("Yes.") and shown
        pressed = choices.evaluate_all("all => all.map(one => one.ariaPressed)")
        assert pressed == ["false", "false", "true", "false"]
        page.evaluate("() => localStorage.setItem('guess-overflow', 9)")
        page.reload()
        assert opened(page) == ([], False)
        assert page.errors == []


def test_where_nothing_may_be_stored_a_guess_works_all_the_same(visit, address):
    with visit(address + GUESS) as page:
        page.evaluate(
            """() => Object.defineProperty(Storage.prototype, "setItem", {
                      value: () => { throw new Error("full"); } })"""
        )
        page.locator(".guess button").first.click()
        assert opened(page)[1]
        assert page.errors == []


def test_without_scripts_and_on_paper_a_guess_is_text(visit, address):
    with visit(address + GUESS, java_script_enabled=False) as page:
        assert page.locator(".guess").first.locator("ol").first.is_visible()
        for closed in (".guess details", ".guessed"):
            page.locator(f"{closed} > summary").first.click()
        assert page.get_by_text("It meets an infinity there").is_visible()
        assert page.locator(".guessed .cell").first.is_visible()
    with visit(address + GUESS) as page:
        page.emulate_media(media="print")
        answers, shown = opened(page)
        assert len(answers) == 4 and shown
        assert not page.locator(".guessed > summary, .launch").first.is_visible()


def test_every_guess_has_an_answer_for_each_choice(soup):
    guesses = soup.select(".guess")
    assert guesses
    for guess in guesses:
        choices, answers = (each.find_all("li") for each in guess.select("ol"))
        assert 2 <= len(choices) == len(answers) <= 4
        assert sum(answer.get_text().startswith("Yes") for answer in answers) == 1
        assert guess["id"].startswith("guess-")
