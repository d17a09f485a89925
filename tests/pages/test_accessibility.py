"""Can everyone read and use the pages?"""

import browser as tools
import pytest
from the_pages import PAGES

AXE = tools.NODE_MODULES / "axe-core" / "axe.min.js"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_violation(visit, name, scheme):
    with visit(name, color_scheme=scheme, reduced_motion="reduce") as page:
        page.evaluate("() => document.querySelectorAll('details').forEach(d => (d.open = true))")
        page.add_script_tag(path=AXE)
        violations = page.evaluate("() => axe.run().then(result => result.violations)")
    assert not violations, "\n".join(
        f"{violation['id']}: {violation['help']}\n"
        + "\n".join(
            f"    {node['target']} {node['failureSummary']}" for node in violation["nodes"][:5]
        )
        for violation in violations
    )
