"""A Sphinx extension: what would keep a telephone from showing a page.

The theme sends 2000 icons in three fonts, 300 kB; the few that the pages show are left in them.
Sphinx puts a dozen scripts before the text; they wait until it is there.  Of MathJax's 23 MB,
what a page never asks for is left out of the folder.
"""

import logging
import re
import shutil
from pathlib import Path

from fontTools import subset
from sphinx.builders.html._assets import _JavaScript

#: What a page loads of MathJax: its script, and what that loads when a formula needs it.
MATHJAX = ("tex-chtml.js", "input", "output")

logging.getLogger("fontTools").setLevel(logging.WARNING)


def defer(app, pagename, templatename, context, doctree):
    """Let scripts run after the page is there, but for the search, which adds some that cannot."""
    if templatename == "search.html":
        return
    context["script_files"] = [
        _JavaScript(each.filename, priority=each.priority, **each.attributes | {"defer": "defer"})
        if each.filename
        else each
        for each in context["script_files"]
        if "DOCUMENTATION_OPTIONS" not in each.attributes.get("body", "")  # nobody asks for it
    ]


def shrink(app, exception):
    """Take out what no page, script or style sheet names or loads."""
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    [folder] = (out / "_static" / "vendor" / "fontawesome").iterdir()
    places = [*out.rglob("*.html"), *out.glob("_static/*.*s"), *out.glob("_static/s*/*.*s")]
    text = "".join(place.read_text() for place in places)
    names = set(re.findall(r"\bfa-[a-z0-9-]+", text))
    points = set(re.findall(r'"\\(f[0-9a-f]{3})"', text))
    for selectors, point in re.findall(
        r'([^{}]+)\{content:"\\([0-9a-f]+)"\}', (folder / "css" / "all.min.css").read_text()
    ):
        if names & set(re.findall(r"fa-[a-z0-9-]+", selectors)):
            points.add(point)
    for font in folder.glob("webfonts/*.woff2"):
        subset.main(
            [str(font), f"--unicodes={','.join(points)}", "--flavor=woff2", f"--output-file={font}"]
        )
    for each in (out / "_static" / "mathjax").iterdir():
        if each.name not in MATHJAX:
            shutil.rmtree(each) if each.is_dir() else each.unlink()


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", defer, priority=900)
    app.connect("build-finished", shrink)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
