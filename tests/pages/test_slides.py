"""Pictures behind a slider or buttons, on a page where no Python runs."""

import re

import pytest
from notebooks import CHAPTERS, code_cells, read

WITH = [path for path in CHAPTERS if '"StackModel"' in path.read_text()]


@pytest.fixture(params=WITH, ids=lambda path: path.stem)
def path(request):
    """Take each notebook that has slides."""
    return request.param


def picture(page):
    """Return the one picture that is shown, once it is there."""
    page.wait_for_function(
        """() => [...document.querySelectorAll(".slides img:not([hidden])")].every(
                 one => { one.scrollIntoView(); return one.complete && one.naturalWidth > 400; })"""
    )
    return page.locator(".slides img:visible").get_attribute("alt")


def test_the_keyboard_chooses_another_picture(visit, address, path):
    with visit(f"{address}book/{path.stem}.html", reduced_motion="reduce") as page:
        said = [picture(page)]
        dial = page.locator(".slides input:is([type=range], :checked)")
        assert dial.evaluate("one => one.labels[0].innerText").strip()
        at_the_end = dial.get_attribute("value") == dial.get_attribute("max")
        dial.press("ArrowLeft" if at_the_end else "ArrowRight")
        said.append(picture(page))
        assert said[0] != said[1]
        assert page.locator("[aria-live=polite] img:visible").count() == 1
        play = page.locator(".slides button")
        if play.count():
            page.wait_for_timeout(1200)
            assert picture(page) == said[1]  # nothing moves by itself
            page.locator(".slides [type=range]").press("Home")
            first = picture(page)
            play.press("Enter")
            assert play.inner_text() == "Pause"
            page.wait_for_function(
                "said => document.querySelector('.slides img:not([hidden])').alt !== said",
                arg=first,
            )
            play.press("Enter")
            paused = picture(page)
            page.wait_for_timeout(1200)
            assert picture(page) == paused != first


def test_without_scripts_a_picture_and_a_sentence_stand_there(visit, address, path):
    with visit(f"{address}book/{path.stem}.html", java_script_enabled=False) as page:
        assert page.locator(".slides img:visible").count() == 1
        assert "allow scripts" in page.locator(".slides p").inner_text()
        assert not page.locator(".slides .dials").is_visible()


def test_the_dial_that_needs_python_is_in_the_notebook_and_not_on_the_page(html, path):
    [cell] = [cell for cell in code_cells(read(path)) if "live(" in cell.source]
    assert "interactive(" in cell.outputs[0].data["text/plain"]
    page = (html / "book" / f"{path.stem}.html").read_text()
    assert page.count('class="slides"') == 1
    assert "widget-view+json" not in page
    [button] = re.findall(r'live\(\s*"([^"]+)"', cell.source)
    assert f">{button}<" not in page
