"""A Sphinx extension: what would keep a telephone from showing a page.

The theme sends 2000 icons in three fonts, 300 kB; the few that the pages show are left in them.
The typeface of text and figures comes as a Python package; of its 1300 characters as many.
Sphinx puts a dozen scripts before the text; they wait until it is there.  A dozen style sheets
become one, without the nine tenths of it that no page asks for.  Of MathJax's 23 MB,
what a page never asks for is left out of the folder.  Pictures are stored as WebP, without loss,
in a third of their bytes.
"""

import hashlib
import logging
import os
import re
from pathlib import Path

import font_source_sans_pro
from fontTools import subset
from PIL import Image
from sphinx.builders.html._assets import _JavaScript

#: What a page loads of MathJax (book.js): its script, and what that loads when a formula needs it.
MATHJAX = ("startup.js", "core.js", "input/tex", "output/chtml", "a11y/assistive-mml.js")

#: A style sheet of a page.
LINK = r'[ \t]*<link [^>]*?href="([^"?]+\.css)\b[^>]*>\n?'

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
        and "mathjax/" not in str(each.filename)  # book.js starts it
    ]


def shrink(app, exception):
    """Take out what no page, script or style sheet names or loads."""
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    [folder] = (out / "_static" / "vendor" / "fontawesome").iterdir()
    pages = [page for page in out.rglob("*.html") if "_static" not in page.parts]
    places = [*pages, *out.glob("_static/*.*s"), *out.glob("_static/[ls]*/*.*s")]
    text = "".join(place.read_text() for place in places)
    names = set(re.findall(r"\bfa-[a-z0-9-]+", text))
    points = set(re.findall(r'"\\(f[0-9a-f]{3})"', text))
    for selectors, point in re.findall(
        r'([^{}]+)\{content:"\\([0-9a-f]+)"\}', (folder / "css" / "all.min.css").read_text()
    ):
        if names & set(re.findall(r"fa-[a-z0-9-]+", selectors)):
            points.add(point)
    for font in folder.glob("webfonts/*.woff2"):
        lessen(font, font, points)
    typeface = out / "_static" / "typeface"
    typeface.mkdir(exist_ok=True)
    for weight in ("", "It", "Semibold"):
        font = font_source_sans_pro.font_files_ttf[f"SourceSansPro{weight}"]
        lessen(font, typeface / f"{weight or 'Regular'}.woff2", {f"{ord(c):x}" for c in text})
    for picture in out.glob("_images/*.png"):
        Image.open(picture).save(picture.with_suffix(".webp"), lossless=True)
        picture.unlink()
    named = "".join(place.read_text() for place in places if place.suffix != ".css")
    words = set(re.findall(r"[\w-]+", re.sub(r"<link[^>]*>", "", named)))
    for place in pages:
        page = re.sub(r"(_images/[^\"]+)\.png", r"\1.webp", place.read_text())
        place.write_text(one_sheet(page, place, out / "_static", words))
    mathjax = out / "_static" / "mathjax"
    for file in mathjax.rglob("*.*"):
        if not file.relative_to(mathjax).as_posix().startswith(MATHJAX):
            file.unlink()


def one_sheet(page, place, static, words):
    """Return a page with one style sheet, in the place of the first of its many."""
    sheets = [(place.parent / link).resolve() for link in re.findall(LINK, page)]
    if not sheets:
        return page
    sheet = "".join(asked_for(file, static, words) for file in sheets)
    (static / "all.css").write_text(sheet)
    version = hashlib.sha256(sheet.encode()).hexdigest()[:8]
    href = os.path.relpath(static / "all.css", place.parent)
    links = iter([f'<link rel="stylesheet" href="{href}?v={version}" />\n'])
    return re.sub(LINK, lambda _: next(links, ""), page)


def asked_for(file, static, words):
    """Return a style sheet as it reads in a file of ``static``, without rules for other words.

    A rule goes if each of its selectors has a class that no page and no script names.
    """
    text = re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.S)
    text = re.sub(
        r'@import "([^"]+)";', lambda found: asked_for(file.parent / found[1], static, words), text
    )

    def address(found):
        return f"url({found[1]}{os.path.relpath(file.parent / found[2], static)}"

    def rule(found):
        selectors = re.sub(r":not\([^()]*\)", "", found[1]).split(",")
        asked = (set(re.findall(r"\.([A-Za-z_-][\w-]*)", each)) <= words for each in selectors)
        return found[0] if any(asked) else ""

    text = re.sub(r"""url\((["']?)(?!["']?(?:data:|#))([^)"']+)""", address, text)
    return re.sub(r"([^{}]+)\{[^{}]*\}", rule, text)


def lessen(font, file, points):
    """Store a font with the characters of these code points only, as a page loads it."""
    characters = f"--unicodes={','.join(points)}"
    subset.main([str(font), characters, "--flavor=woff2", f"--output-file={file}"])


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", defer, priority=900)
    app.connect("build-finished", shrink, priority=900)  # the theme writes its colours of code then
    return {"parallel_read_safe": True, "parallel_write_safe": True}
