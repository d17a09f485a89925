"""The pages that need no network, opened from the disc with none, on a telephone."""

import re
from contextlib import contextmanager

import pytest
from legible import PHONE
from the_pages import CHAPTERS, PAGES, settle


@pytest.fixture(scope="module")
def disc(chromium, offline):
    """Open a page of _build/offline from its file, on a telephone without a network."""

    @contextmanager
    def opened(name):
        context = chromium.new_context(offline=True, viewport={"width": 360, "height": 740})
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.name = name
        page.requests, page.errors = [], []
        page.on("request", lambda request: page.requests.append(request.url))
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda line: line.type == "error" and page.errors.append(line.text))
        page.goto(f"file://{offline}/{name}")
        if name == "index.html":
            page.wait_for_url("**/book/intro.html")
        settle(page)
        yield page
        context.close()

    return opened


@pytest.fixture(scope="module", params=[*PAGES, "index.html"])
def page(request, disc):
    """Load a page once for all that is asked of it."""
    with disc(request.param) as page:
        yield page


def leaving(page):
    """Return the requests that leave the disc."""
    return [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))]


def test_nothing_leaves_the_page(page):
    assert leaving(page) == []
    assert page.errors == []


def test_every_formula_is_set(page):
    formulas = page.locator(".math").count()
    assert formulas > 5 or page.name not in CHAPTERS
    assert page.locator(".math mjx-container").count() >= formulas
    assert page.locator("mjx-merror, [data-mjx-error]").count() == 0
    fonts = "() => [...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)"
    assert any("MJX" in family for family in page.evaluate(fonts)) or not formulas


def test_every_widget_appears(page, html):
    stored = (html / page.name).read_text().count("widget-view+json")
    views = page.locator("script[type*='widget-view+json']").count()
    assert views == stored
    assert page.locator(".widget-subarea > .jupyter-widgets").count() == views
    if views:
        shown = page.locator(".widget-subarea img").first
        shown.scroll_into_view_if_needed()
        assert shown.evaluate("picture => picture.naturalWidth") > 100


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_picture_is_as_wide_as_its_type_needs(page, mode):
    """How large its type is then, is looked at where the chapters are run."""
    page.evaluate("mode => (document.documentElement.dataset.theme = mode)", mode)
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


def test_it_does_not_scroll_sideways_at_360_pixels(page):
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


def test_some_pages_have_widgets(html):
    assert any("widget-view+json" in (html / name).read_text() for name in CHAPTERS)


def test_the_search_finds_xavier(disc):
    with disc("search.html?q=xavier") as page:
        page.wait_for_selector("#search-results li a")
        assert page.locator("#search-results li a[href*='03_linear']").count()
        assert leaving(page) == []


def test_no_address_of_the_cdn_is_left(offline):
    fetched = re.compile(r'(?:src|href)="(?:https?:)?//[^"]*\.(?:js|css|woff2?)\b')
    for name in [*PAGES, "index.html"]:
        assert not fetched.search((offline / name).read_text()), name
