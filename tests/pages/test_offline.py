"""The pages that need no network, opened from the disc with none."""

import re

import pytest
from the_pages import CHAPTERS, PAGES, settle


@pytest.fixture
def disc(chromium, offline):
    """Open a page of _build/offline from its file; note every request that is not for a file."""
    context = chromium.new_context(offline=True)
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.requests, page.errors = [], []
    page.on("request", lambda request: page.requests.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda line: line.type == "error" and page.errors.append(line.text))

    def opened(name):
        page.goto(f"file://{offline}/{name}")
        if name == "index.html":
            page.wait_for_url("**/book/intro.html")
        settle(page)
        return page

    yield opened
    context.close()


def leaving(page):
    """Return the requests that leave the disc."""
    return [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))]


@pytest.mark.parametrize("name", [*PAGES, "index.html"])
def test_nothing_leaves_the_page(disc, name):
    page = disc(name)
    assert leaving(page) == []
    assert page.errors == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_formula_is_set(disc, name):
    page = disc(name)
    formulas = page.locator(".math").count()
    assert formulas > 5
    assert page.locator(".math mjx-container").count() >= formulas
    assert page.locator("mjx-merror, [data-mjx-error]").count() == 0
    fonts = "() => [...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)"
    assert any("MJX" in family for family in page.evaluate(fonts))


def test_widgets_appear(disc, html):
    with_widgets = [name for name in CHAPTERS if "widget-view+json" in (html / name).read_text()]
    assert with_widgets
    for name in with_widgets:
        page = disc(name)
        views = page.locator("script[type*='widget-view+json']").count()
        assert page.locator(".widget-subarea > .jupyter-widgets").count() == views
        shown = page.locator(".widget-subarea img").first
        shown.scroll_into_view_if_needed()
        assert shown.evaluate("picture => picture.naturalWidth") > 100


def test_the_search_finds_xavier(disc):
    page = disc("search.html?q=xavier")
    page.wait_for_selector("#search-results li a")
    assert page.locator("#search-results li a[href*='03_linear']").count()
    assert leaving(page) == []


def test_no_address_of_the_cdn_is_left(offline):
    fetched = re.compile(r'(?:src|href)="(?:https?:)?//[^"]*\.(?:js|css|woff2?)\b')
    for name in [*PAGES, "index.html"]:
        assert not fetched.search((offline / name).read_text()), name
