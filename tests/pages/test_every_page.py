"""What holds on every page, opened once each: from a disc, with no network."""

import gzip
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from legible import PHONE
from notebooks import pages

BOOK = [f"{name}.html" for name in pages()]
LIMIT = 1_000_000


@pytest.fixture(scope="module", params=[*BOOK, "search.html"])
def page(request, visit, html):
    """Open a page for all that is asked of it."""
    with visit(f"file://{html}/{request.param}", offline=True, reduced_motion="reduce") as page:
        page.name = request.param
        page.evaluate("() => document.querySelectorAll('img').forEach(i => (i.loading = 'eager'))")
        page.wait_for_function("() => [...document.images].every(picture => picture.complete)")
        for figure in page.locator("figure.live").all():
            figure.scroll_into_view_if_needed()
            figure.locator(".sentence").wait_for()
        yield page


def test_it_fetches_little_and_nothing_from_outside(page):
    assert page.errors == []
    assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []
    files = {url.partition("?")[0].removeprefix("file://") for url in page.requests}
    own = [Path(file) for file in files if file.startswith("/") and "/mathjax/" not in file]
    sizes = {file.name: len(gzip.compress(file.read_bytes())) for file in own}
    assert sizes[Path(page.name).name] > 1000
    assert sum(sizes.values()) < LIMIT, sizes


def test_every_live_figure_stands_in_its_picture_s_place(page):
    assert page.locator("figure.live").count() == page.locator("figure[data-ready]").count()
    assert page.locator("figure.live .stage .sentence").evaluate_all(
        "all => all.every(one => one.textContent)"
    )


def test_every_formula_is_set(page):
    formulas = page.locator(".math").count()
    assert page.locator(".math mjx-container").count() >= formulas
    assert page.locator("mjx-merror, [data-mjx-error]").count() == 0
    fonts = "() => [...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)"
    assert any("MJX" in family for family in page.evaluate(fonts)) or not formulas


def test_every_cell_and_exercise_can_be_linked_to(page):
    addresses = page.locator("div.cell, div.exercise.admonition").evaluate_all(
        "all => all.map(one => [one.id, one.querySelector('.headerlink')?.hash])"
    )
    assert all(name and link == f"#{name}" for name, link in addresses)
    names = page.locator("article [id]").evaluate_all("all => all.map(one => one.id)")
    assert len(set(names)) == len(names)


def test_headings_are_in_order_and_pictures_have_words(page):
    levels = page.locator("article :is(h1, h2, h3, h4, h5), main h1").evaluate_all(
        "all => all.filter(one => one.checkVisibility()).map(one => +one.tagName[1])"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(next <= level + 1 for level, next in zip(levels, levels[1:], strict=False))
    alts = page.locator("article img").evaluate_all("all => all.map(one => one.alt)")
    assert all(len(alt) > 15 for alt in alts), alts


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
    page.evaluate("() => document.querySelectorAll('details').forEach(d => (d.open = true))")
    results = Axe().run(page, options={"resultTypes": ["violations"]})
    assert results.violations_count == 0, results.generate_report()


CUT = """() => [...document.querySelectorAll("article *")].filter(element => {
  const box = element.getBoundingClientRect();
  if (!box.width || box.right <= innerWidth + 1) return false;
  if (getComputedStyle(element).visibility === "hidden") return false;
  for (let up = element; up.tagName !== "ARTICLE"; up = up.parentElement)
    if (/auto|scroll/.test(getComputedStyle(up).overflowX)
        || up.tagName === "MJX-ASSISTIVE-MML") return false;
  return true;
}).map(element => element.outerHTML.slice(0, 100))"""

WIDTHS = """() => [...document.querySelectorAll("article img[width]")]
  .filter(one => one.checkVisibility() && one.width)
  .map(one => {
    const style = getComputedStyle(one);
    const padding = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
    return [Number(one.getAttribute("width")), one.clientWidth - padding];
  })"""


def test_it_fits_a_telephone(page):
    """Nothing scrolls sideways or is cut off, and pictures are as wide as their type needs."""
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("() => document.querySelectorAll('details').forEach(d => (d.open = true))")
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360
    assert page.evaluate(CUT) == []
    widths = page.evaluate(WIDTHS)
    assert all(width >= min(own, PHONE) for own, width in widths), widths
