"""Reading and moving about: links, buttons, search, keyboard, print."""

import pytest
from notebooks import pages

FIRST = pages()[0]
CHAPTER = "book/02_activations.html"


def test_the_root_leads_to_the_first_page_and_that_to_the_first_chapter(visit, html):
    with visit(f"file://{html}/index.html") as page:
        page.wait_for_url(f"**/{FIRST}.html")
        link = page.get_by_role("link", name="Begin with chapter 1")
        assert link.bounding_box()["y"] < 800
        link.click()
        page.wait_for_url("**/01_problem.html")


def test_a_copy_button_copies_the_code_and_nothing_else(visit, address):
    with visit(address + CHAPTER, permissions=["clipboard-read", "clipboard-write"]) as page:
        block = page.locator(".cell_input:visible .highlight").nth(3)
        block.hover()
        block.locator(".copybtn").click()
        copied = page.evaluate("() => navigator.clipboard.readText()")
        assert copied.strip() == block.locator("pre").inner_text().strip()


@pytest.mark.parametrize(("word", "chapter"), [("MSELoss", "04_loss"), ("learning rate", "06_sgd")])
def test_the_search_finds_classes_and_terms_on_a_disc_too(visit, address, html, word, chapter):
    for place in (address, f"file://{html}/"):
        with visit(f"{place}search.html?q={word.replace(' ', '+')}") as page:
            page.wait_for_selector(f"#search-results a[href*='{chapter}']")
            assert page.errors == []


def test_the_search_can_be_opened_by_keyboard(visit, address):
    with visit(address + CHAPTER) as page:
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
  return seen || style.boxShadow !== "none" ? "" : element.outerHTML.slice(0, 120);
}"""

UNREACHED = """() =>
  [...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")]
    .filter(element => !element.dataset.reached && element.tabIndex >= 0 && !element.disabled)
    .filter(element => element.type !== "radio" || element.checked)
    .filter(element => element.checkVisibility({ visibilityProperty: true }))
    .filter(element => element.getBoundingClientRect().width > 0)
    .map(element => element.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("name", [f"{FIRST}.html", CHAPTER, "book/08_autograd.html"])
def test_the_keyboard_reaches_every_control_and_shows_where_it_is(visit, address, name):
    with visit(address + name, reduced_motion="reduce") as page:
        for _ in range(600):
            page.keyboard.press("Tab")
            unseen = page.evaluate(FOCUSED)
            assert not unseen
            if unseen is None:
                break
        assert page.locator("[data-reached]").count() > 30
        assert page.evaluate(UNREACHED) == []


def test_hints_and_solutions_open_by_keyboard_and_by_a_click_on_any_part_of_their_title(
    visit, address
):
    with visit(address + CHAPTER, reduced_motion="reduce") as page:
        for kind, said in ((".tip", "Hint 1"), (".solution", "Solution to Exercise 2.1 (ReLU)")):
            box = page.locator(f"details{kind}").first
            title = box.locator("summary")
            inside = box.locator("p").first
            assert title.inner_text().replace("\N{NO-BREAK SPACE}", " ") == said
            assert box.locator("summary :is(a, button), details").count() == 0
            assert not inside.is_visible()
            title.press("Enter")
            assert inside.is_visible()
            title.click()
            assert not inside.is_visible()


def test_what_opens_says_what_it_shows(visit, address):
    with visit(address + CHAPTER) as page:
        said = page.locator("summary, button").evaluate_all(
            "all => all.map(one => one.ariaLabel || one.textContent)"
        )
        assert any("Show the code of the figure" in each for each in said)
        assert not any("hidden content" in each or "Click to" in each for each in said)


def test_who_wants_no_motion_gets_none(visit, address):
    with visit(address + CHAPTER, reduced_motion="reduce") as page:
        moving = """all => all.map(one => getComputedStyle(one)).filter(
            style => (style.transitionDuration + "," + style.animationDuration).split(",")
                       .some(time => parseFloat(time) > 0.01) || style.scrollBehavior === "smooth")
            .length"""
        assert page.locator("*").evaluate_all(moving) == 0


def test_a_formula_is_mathml_for_a_screen_reader(visit, address):
    with visit(address + CHAPTER) as page:
        shown = page.locator("mjx-container").count()
        assert shown > 20
        assert page.locator("mjx-container > mjx-math[aria-hidden=true]").count() == shown
        assert page.locator("mjx-container > mjx-assistive-mml > math").count() == shown


def test_what_scrolls_says_so_and_only_while_it_does(visit, address):
    """On a telephone that is turned, what fits again is no stop for the Tab key any more."""
    with visit(address + CHAPTER) as page:
        page.set_viewport_size({"width": 200, "height": 700})
        found = page.locator(".scrolls").evaluate_all(
            """all => all.map(box => box.scrollWidth > box.clientWidth && box.tabIndex === 0
                                     && getComputedStyle(box).boxShadow.includes("inset"))"""
        )
        assert len(found) > 10
        assert all(found)
        page.set_viewport_size({"width": 1280, "height": 700})
        assert page.locator("span.math :is(.scrolls, [tabindex])").count() == 0


def test_paper_shows_the_text_alone_and_keeps_answers_closed(visit, address):
    with visit(address + CHAPTER) as page:
        page.emulate_media(media="print")
        page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
        for gone in (".bd-sidebar-primary", ".bd-header-article", ".copybtn", ".dials"):
            assert not page.locator(gone).first.is_visible(), gone
        assert page.locator("article p").first.is_visible()
        answers = page.locator(".solution.dropdown :is(section, pre)")
        assert answers.count()
        assert not any(each.is_visible() for each in answers.all())
        code = page.locator(".highlight pre").first
        assert code.evaluate("pre => getComputedStyle(pre).whiteSpace").startswith("pre-wrap")


def test_dark_and_light_are_known_before_the_first_paint(visit, address, html):
    with visit(address + CHAPTER, color_scheme="dark") as page:
        assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
        page.locator(".theme-switch-button").first.click()
        chosen = page.evaluate("() => document.documentElement.dataset.mode")
        page.reload()
        assert page.evaluate("() => document.documentElement.dataset.mode") == chosen
    text = (html / CHAPTER).read_text()
    assert text.index("prefers-color-scheme") < text.index('rel="stylesheet"')
