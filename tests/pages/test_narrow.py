"""Pages on a telephone: nothing is cut off, and only boxes scroll sideways."""

import pytest
from legible import PHONE
from the_pages import PAGES

NARROW = {"viewport": {"width": 360, "height": 740}}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_does_not_scroll_sideways(visit, name):
    with visit(name, **NARROW) as page:
        page.evaluate("() => document.querySelectorAll('details').forEach(d => (d.open = true))")
        page.evaluate("() => document.querySelectorAll('.toggle-button').forEach(b => b.click())")
        width, seen = page.evaluate(
            "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert seen == 360
        assert width <= seen
        # The theme may hide what is too wide: then no one can reach it.
        cut = page.evaluate(
            """() => [...document.querySelectorAll("article *")].filter(element => {
                 const box = element.getBoundingClientRect();
                 if (!box.width || box.right <= innerWidth + 1) return false;
                 if (getComputedStyle(element).visibility === "hidden") return false;
                 for (let up = element; up.tagName !== "ARTICLE"; up = up.parentElement)
                   if (/auto|scroll/.test(getComputedStyle(up).overflowX)
                       || up.tagName === "MJX-ASSISTIVE-MML") return false;
                 return true;
               }).map(element => element.outerHTML.slice(0, 100))"""
        )
        assert cut == []


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_picture_is_as_wide_as_its_type_needs(visit, name, mode):
    """How large its type is then, is looked at where the chapters are run."""
    with visit(name, **NARROW) as page:
        page.evaluate("mode => (document.documentElement.dataset.theme = mode)", mode)
        page.evaluate("() => window.loadWidgets?.()")
        page.wait_for_timeout(500)
        widths = page.evaluate(
            """() => [...document.querySelectorAll("article img[width]")]
                 .filter(one => one.checkVisibility() && one.width)
                 .map(one => {
                   const style = getComputedStyle(one);
                   const padding = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
                   return [Number(one.getAttribute("width")), one.clientWidth - padding];
                 })"""
        )
        assert all(width >= min(own, PHONE) for own, width in widths), widths
