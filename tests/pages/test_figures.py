"""Figures that answer, on a page where no Python runs."""

import re

import pytest
from notebooks import CHAPTERS, code_cells, read

LARGEST_STATE = 1_000_000

#: The pages that have one, and whether it can be played.
PLAYED = {
    "book/02_activations.html": False,
    "book/03_linear.html": False,
    "book/06_sgd.html": True,
    "book/07_experiment.html": True,
    "book/08_autograd.html": False,
}
FIGURE = pytest.mark.parametrize("name", PLAYED)

PICTURE = ".widget-subarea img:visible"
VIEW = "script[type*='widget-view+json']"


def shown(page):
    """Return the description of the one picture that a page's figure shows."""
    return page.locator(PICTURE).get_attribute("alt")


def changes(page, before):
    """Wait until the figure shows another picture than before; return its description."""
    page.wait_for_function(
        """before => [...document.querySelectorAll(".widget-subarea img")]
                       .some(picture => picture.complete && picture.alt !== before)""",
        arg=before,
    )
    return shown(page)


@FIGURE
def test_it_appears_once_when_the_reader_comes_near(visit, address, name):
    with visit(None, reduced_motion="reduce") as page:
        fetched = []
        page.on("request", lambda request: fetched.append(request.url))
        page.goto(address + name)
        page.wait_for_load_state("networkidle")
        assert not any("html-manager" in url for url in fetched)
        view = page.locator(VIEW).first
        view.evaluate("script => script.parentElement.scrollIntoView()")
        page.wait_for_selector(".widget-subarea .jupyter-widgets")
        page.evaluate("() => loadWidgets()")
        page.wait_for_timeout(500)
        assert page.locator(".widget-subarea").count() == page.locator(VIEW).count() == 1
        assert page.locator(PICTURE).count() == 1
        assert page.locator(PICTURE).evaluate("picture => picture.naturalWidth") > 400


@FIGURE
def test_the_keyboard_chooses_another_picture(visit, name):
    with visit(name, reduced_motion="reduce") as page:
        said = [shown(page)]
        handle = page.locator(".noUi-handle")
        if handle.count():
            handle.focus()
            values = [handle.get_attribute("aria-valuetext")]
            last = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
            for key in ("Home", "ArrowRight") if last else ("End", "ArrowLeft"):
                page.keyboard.press(key)
                said.append(changes(page, said[-1]))
                values.append(handle.get_attribute("aria-valuetext"))
            assert len(set(values)) == 3
        else:
            buttons = page.locator(".widget-toggle-button")
            for place in range(1, buttons.count()):
                buttons.nth(place).press("Enter")
                said.append(changes(page, said[-1]))
                pressed = buttons.evaluate_all("all => all.map(one => one.ariaPressed)")
                assert pressed.index("true") == place and pressed.count("true") == 1
        assert len(set(said)) == len(said) >= 2


@FIGURE
def test_every_control_has_a_name_and_a_new_picture_is_announced(visit, name):
    with visit(name) as page:
        controls = page.locator(".widget-subarea :is(.noUi-handle, button:visible)")
        assert controls.count() >= 1
        for control in controls.all():
            assert control.evaluate("one => one.ariaLabel || one.innerText").strip()
        assert page.locator("[aria-live=polite] img:visible").count() == 1


@pytest.mark.parametrize("name", [name for name, played in PLAYED.items() if played])
def test_it_plays_when_told_to_and_stops(visit, name):
    with visit(name, reduced_motion="reduce") as page:
        play, stop = page.locator(".widget-play button:visible").all()
        assert play.evaluate("one => one.querySelector('i').getBoundingClientRect().width") > 5
        before = shown(page)
        page.wait_for_timeout(1500)
        assert shown(page) == before  # nothing moves by itself
        play.press("Enter")
        second = changes(page, before)
        third = changes(page, second)
        play.press("Enter")
        page.wait_for_timeout(300)
        paused = shown(page)
        page.wait_for_timeout(1500)
        assert shown(page) == paused
        assert len({before, second, third}) == 3
        stop.press("Enter")
        first = changes(page, paused)
        assert page.locator(".noUi-handle").get_attribute("aria-valuenow") == "0.0"
        play.press("Enter")
        assert changes(page, first) != first


def test_pages_without_a_figure_have_no_widgets(html):
    for path in CHAPTERS:
        name = f"book/{path.stem}.html"
        views = (html / name).read_text().count("widget-view+json")
        assert views == (name in PLAYED), name


@FIGURE
def test_the_dial_that_needs_python_is_in_the_notebook_and_not_on_the_page(visit, html, name):
    path = next(path for path in CHAPTERS if path.stem in name)
    [cell] = [cell for cell in code_cells(read(path)) if "live(" in cell.source]
    [output] = cell.outputs
    [button] = re.findall(r'live\(\s*"([^"]+)"', cell.source)
    assert "interactive(" in output.data["text/plain"]
    identity = output.data["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert identity not in (html / name).read_text()
    with visit(name) as page:
        assert page.locator(".widget-interact").count() == 0
        assert button not in page.locator(".widget-subarea").inner_text()


@FIGURE
def test_without_scripts_a_picture_and_a_sentence_stand_in(visit, address, name):
    with visit(None, java_script_enabled=False) as page:
        page.goto(address + name)
        picture = page.locator(".still img")
        assert picture.count() == 1
        assert picture.is_visible()
        assert picture.evaluate("one => one.naturalWidth") > 400
        assert len(picture.get_attribute("alt")) > 40
        assert "allow scripts" in page.locator(".still p").inner_text()
        said = picture.get_attribute("alt")
    with visit(name) as page:
        assert shown(page) == said
        assert not page.locator(".still").is_visible()


@FIGURE
def test_its_state_is_small(html, name):
    stem = name.split("/")[1].removesuffix(".html")
    text = (html / "_static" / "widgets" / f"{stem}.js").read_text()
    assert 50_000 < len(text) < LARGEST_STATE
    pictures = re.findall(r"data:image/webp;base64,[A-Za-z0-9+/=]+", text)
    assert len(pictures) == len(set(pictures)) >= 4
    assert max(map(len, pictures)) < 150_000
