"""What holds on every page, looked at in one load of each."""

import pytest
from browser import NODE_MODULES
from the_pages import CHAPTERS, PAGES, settle

AXE = NODE_MODULES / "axe-core" / "axe.min.js"
LIMIT = 1_000_000
BOOK = [name for name in PAGES if name != "search.html"]


@pytest.fixture(scope="module", params=PAGES)
def page(request, visit, address):
    """Load a page once for all that is asked of it; note its name and what it weighs."""
    with visit(None, reduced_motion="reduce") as page:
        page.name = request.param
        responses = {}
        page.on("response", lambda response: responses.update({response.url: response}))
        page.goto(address + page.name)
        page.evaluate("() => document.querySelectorAll('img').forEach(i => (i.loading = 'eager'))")
        page.wait_for_function("() => [...document.images].every(picture => picture.complete)")
        page.weights = {
            url: response.request.sizes()["responseBodySize"]
            for url, response in list(responses.items())
            if url.startswith(address)
        }
        settle(page)
        yield page


def test_it_asks_for_nothing_unpinned_and_reports_no_error(page):
    assert page.errors == []
    assert page.outside == []


def test_it_is_lighter_than_a_megabyte(page, address):
    assert page.weights[address + page.name] > 1000
    assert sum(page.weights.values()) < LIMIT, page.weights


def test_every_cell_and_exercise_can_be_linked_to(page):
    for kind in ("div.cell", "div.exercise.admonition"):
        found = page.locator(kind)
        assert (found.count() > 2) == (page.name in CHAPTERS)
        addresses = found.evaluate_all(
            """elements => elements.map(element => [
                 element.id, element.querySelector(".headerlink")?.hash])"""
        )
        assert all(identity and link == f"#{identity}" for identity, link in addresses)
        assert len({identity for identity, _ in addresses}) == len(addresses)
    twice = page.evaluate(
        """() => { const names = [...document.querySelectorAll("article [id]")].map(e => e.id);
                   return names.filter((name, place) => names.indexOf(name) !== place); }"""
    )
    assert twice == []


def test_it_leads_to_the_page_before_and_the_page_after(page, address):
    links = page.evaluate(
        """() => ["a.left-prev", "a.right-next"].map(
                 kind => document.querySelector(kind)?.href ?? null)"""
    )
    around = [None, *(address + name for name in BOOK), None]
    place = around.index(address + page.name) if page.name in BOOK else None
    assert links == ([around[place - 1], around[place + 1]] if place else [None, None])


def test_headings_are_in_order(page):
    levels = page.locator("article :is(h1, h2, h3, h4, h5), main h1").evaluate_all(
        "all => all.filter(one => one.checkVisibility()).map(one => +one.tagName[1])"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(next <= level + 1 for level, next in zip(levels, levels[1:], strict=False))


def test_pictures_have_words(page):
    alts = page.locator("article img").evaluate_all("all => all.map(one => one.alt)")
    assert all(len(alt) > 15 for alt in alts), alts


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(
        "scheme => document.documentElement.dataset.theme === scheme", arg=scheme
    )
    page.evaluate("() => document.querySelectorAll('details').forEach(d => (d.open = true))")
    if not page.evaluate("() => window.axe !== undefined"):
        page.add_script_tag(path=AXE)
    violations = page.evaluate(
        "() => axe.run({ resultTypes: ['violations'] }).then(result => result.violations)"
    )
    assert not violations, "\n".join(
        f"{violation['id']}: {violation['help']}\n"
        + "\n".join(
            f"    {node['target']} {node['failureSummary']}" for node in violation["nodes"][:5]
        )
        for violation in violations
    )
