"""Reading and moving about: links, buttons, search, keyboard, print."""

import re

import pytest
from the_pages import CHAPTERS, PAGES

CHAPTER = CHAPTERS[1]


def test_the_link_of_a_cell_leads_to_it(visit, address):
    with visit(CHAPTER) as page:
        cell = page.locator("#cell-5")
        cell.scroll_into_view_if_needed()
        cell.hover()
        cell.locator("> .cell-link").click()
        assert page.url == f"{address}{CHAPTER}#cell-5"
        page.reload()
        page.wait_for_load_state("load")
        page.evaluate("() => MathJax.startup.promise")
        assert page.locator("#cell-5").evaluate("cell => cell.getBoundingClientRect().top") < 900


def test_a_copy_button_copies_the_code_and_nothing_else(visit):
    with visit(CHAPTER, permissions=["clipboard-read", "clipboard-write"]) as page:
        for place in (0, 3):
            block = page.locator(".cell_input:visible .highlight").nth(place)
            block.hover()
            block.locator(".copybtn").click()
            copied = page.evaluate("() => navigator.clipboard.readText()")
            assert copied.strip() == block.locator("pre").inner_text().strip()


def test_one_can_go_to_the_next_page_and_back(visit):
    with visit(PAGES[0]) as page:
        page.locator("a.right-next").click()
        page.wait_for_url(f"**/{PAGES[1]}")
        page.locator("a.left-prev").click()
        page.wait_for_url(f"**/{PAGES[0]}")


@pytest.mark.parametrize(
    ("word", "chapter"),
    [
        ("Sequential", "05_sequential"),
        ("MSELoss", "04_loss"),
        ("xavier", "03_linear"),
        ("backward", "02_activations"),
        ("learning rate", "06_sgd"),
        ("autograd", "08_autograd"),
    ],
)
def test_the_search_finds_classes_and_terms(visit, word, chapter):
    with visit(f"search.html?q={word.replace(' ', '+')}") as page:
        page.wait_for_selector("#search-results li a")
        page.wait_for_function("() => !document.querySelector('#search-progress')?.innerText")
        assert page.locator(f"#search-results a[href*='{chapter}']").count()


def test_the_search_can_be_opened_by_keyboard(visit):
    with visit(CHAPTER) as page:
        page.keyboard.press("Control+k")
        page.keyboard.type("sigmoid")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=sigmoid*")


FOCUSED = """() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  const style = getComputedStyle(element);
  const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  element.dataset.reached = "yes";
  return { seen: seen || style.boxShadow !== "none", what: element.outerHTML.slice(0, 120) };
}"""

UNREACHED = """() =>
  [...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")]
    .filter(element => !element.dataset.reached && element.tabIndex >= 0 && !element.disabled)
    .filter(element => element.checkVisibility({ visibilityProperty: true }))
    .filter(element => element.getBoundingClientRect().width > 0)
    .map(element => element.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("name", [PAGES[0], CHAPTERS[1], CHAPTERS[5], CHAPTERS[7]])
def test_the_keyboard_reaches_every_control_and_shows_where_it_is(visit, name):
    with visit(name, reduced_motion="reduce") as page:
        reached = 0
        for _ in range(600):
            page.keyboard.press("Tab")
            focused = page.evaluate(FOCUSED)
            if focused is None:
                break
            reached += 1
            assert focused["seen"], focused["what"]
        assert 30 < reached < 600
        assert page.evaluate(UNREACHED) == []


def test_hints_open_by_keyboard(visit):
    with visit(CHAPTER, reduced_motion="reduce") as page:
        box = page.locator(".admonition.dropdown").first
        inside = box.locator("p:not(.admonition-title)").first
        assert not inside.is_visible()
        box.locator("button").focus()
        page.keyboard.press("Enter")
        assert inside.is_visible()


def test_who_wants_no_motion_gets_none(visit):
    moving = """() => [...document.querySelectorAll("*")].filter(element => {
      const style = getComputedStyle(element);
      const longest = list => Math.max(...list.split(",").map(parseFloat));
      return longest(style.transitionDuration) > 0.01 || longest(style.animationDuration) > 0.01
        || style.scrollBehavior === "smooth";
    }).length"""
    with visit(CHAPTER) as page:
        assert page.evaluate(moving) > 0
    with visit(CHAPTER, reduced_motion="reduce") as page:
        assert page.evaluate(moving) == 0


def test_a_formula_is_mathml_for_a_screen_reader(visit):
    with visit(CHAPTER) as page:
        shown = page.locator("mjx-container").count()
        assert shown > 20
        assert page.locator("mjx-container > mjx-math[aria-hidden=true]").count() == shown
        assert page.locator("mjx-container > mjx-assistive-mml > math").count() == shown
        assert page.locator("mjx-container[tabindex='0']:not(.wide, [display])").count() == 0


def test_what_scrolls_says_so_and_only_while_it_does(visit):
    """On a telephone that is turned, what fits again is no stop for the Tab key any more."""
    marked = """() => [...document.querySelectorAll(".scrolls")].map(
        box => [box.scrollWidth > box.clientWidth, box.tabIndex, getComputedStyle(box).boxShadow])
    """
    formulas = "() => document.querySelectorAll('span.math .scrolls, span.math [tabindex]').length"
    with visit(CHAPTER) as page:
        page.set_viewport_size({"width": 200, "height": 700})
        assert page.evaluate(formulas) > 3
        found = page.evaluate(marked)
        assert len(found) > 10
        for scrolls, tab, shadow in found:
            assert scrolls and tab == 0 and "inset" in shadow
        page.set_viewport_size({"width": 1280, "height": 700})
        assert page.evaluate(formulas) == 0


def test_paper_shows_the_text_alone_and_keeps_answers_closed(visit):
    with visit(CHAPTER) as page:
        page.emulate_media(media="print")
        page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
        for gone in (".bd-sidebar-primary", ".bd-header-article", ".prev-next-area", ".copybtn"):
            assert not page.locator(gone).first.is_visible(), gone
        assert page.locator("article p").first.is_visible()
        answers = page.locator(".solution.dropdown section, .solution.dropdown pre")
        assert answers.count() and not any(each.is_visible() for each in answers.all())
        wraps = "pre => getComputedStyle(pre).whiteSpace"
        assert re.match("pre-wrap", page.locator(".highlight pre").first.evaluate(wraps))


def test_dark_and_light_are_known_before_the_first_paint(visit, html):
    with visit(CHAPTER, color_scheme="dark", java_script_enabled=True) as page:
        assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
        page.locator(".theme-switch-button").first.click()
        chosen = page.evaluate("() => document.documentElement.dataset.mode")
        page.reload()
        assert page.evaluate("() => document.documentElement.dataset.mode") == chosen
    text = (html / CHAPTER).read_text()
    assert text.index("prefers-color-scheme") < text.index('rel="stylesheet"')
