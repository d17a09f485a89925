"""A Sphinx extension: one style sheet for all, with the few icons that the pages show.

The theme and the extensions bring a dozen style sheets, which a browser fetches before it
shows anything, and some 2000 icons in two fonts.  Here they become one file, and the fonts
keep only the icons that occur.
"""

import logging
import re
import shutil
from pathlib import Path

from fontTools import subset

logging.getLogger("fontTools").setLevel(logging.WARNING)

SHEET = "pages.css"
THEME = [f"_static/styles/{name}.css" for name in ("theme", "bootstrap", "pydata-sphinx-theme")]

#: Style sheets of extensions that this book does not use.
UNUSED = ("sphinx-thebe.css", "sphinx-design.min.css")

FONTAWESOME = "_static/vendor/fontawesome"
FONTS = {"fa-solid-900": ("Free", 900), "fa-brands-400": ("Brands", 400)}

ICONS = """
:root {
  --fa-font-solid: normal 900 1em/1 "Font Awesome 6 Free";
  --fa-font-brands: normal 400 1em/1 "Font Awesome 6 Brands";
}
.fa-solid, .fas, .fa-brands, .fab {
  display: inline-block; font-style: normal; line-height: 1; text-rendering: auto;
  -webkit-font-smoothing: antialiased;
}
.fa-solid, .fas { font-family: "Font Awesome 6 Free"; font-weight: 900; }
.fa-brands, .fab { font-family: "Font Awesome 6 Brands"; font-weight: 400; }
.fa-lg { font-size: 1.25em; line-height: 0.05em; vertical-align: -0.075em; }
"""


def collect(app, pagename, templatename, context, doctree):
    """Note the page's style sheets and leave it the one that they become."""
    if not hasattr(app, "minidl_sheets"):
        app.minidl_sheets = dict.fromkeys(THEME)
    for sheet in context["css_files"]:
        if not str(sheet.filename).endswith(UNUSED):
            app.minidl_sheets[str(sheet.filename)] = None
    context["css_files"] = []


def bundle(out, sheets):
    """Return the style sheets' text, imports replaced by what they import."""

    def read(path):
        return re.sub(
            r'@import "([^"]+)";',
            lambda found: read(path.parent / found[1]),
            path.read_text().replace('@charset "UTF-8";', ""),
        )

    # Every style sheet lies in _static or in _static/styles; the bundle in _static.
    text = "\n".join(read(out / sheet) for sheet in sheets)
    return re.sub(r"/\*# sourceMappingURL=[^*]*\*/", "", text)


def icons(out, css):
    """Write fonts with only the icons that pages, scripts and styles name; return their styles."""
    [folder] = (out / FONTAWESOME).iterdir()
    every = (folder / "css" / "all.min.css").read_text()
    places = [*out.rglob("*.html"), *(out / "_static").rglob("*.js")]
    names = {
        name
        for place in places
        if "vendor" not in place.parts
        for name in re.findall(r"\bfa-[a-z0-9-]+", place.read_text())
    }
    points = dict(
        (name, point)
        for selectors, point in re.findall(r'([^{}]+)\{content:"\\([0-9a-f]+)"\}', every)
        for name in re.findall(r"\.(fa-[a-z0-9-]+):before", selectors)
        if name in names
    )
    wanted = {int(point, 16) for point in points.values()}
    wanted |= {int(point, 16) for point in re.findall(r'"\\(f[0-9a-f]{3})"', css)}
    wanted |= {ord(character) for character in css if 0xE000 <= ord(character) <= 0xF8FF}

    text = ICONS
    for file, (family, weight) in FONTS.items():
        options = subset.Options(flavor="woff", notdef_outline=True)
        font = subset.load_font(folder / "webfonts" / f"{file}.ttf", options)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=wanted)
        subsetter.subset(font)
        subset.save_font(font, out / "_static" / f"{file}.woff", options)
        text += (
            f'@font-face {{ font-family: "Font Awesome 6 {family}"; font-weight: {weight}; '
            f"font-display: block; src: url({file}.woff) format('woff'); }}\n"
        )
    for name, point in sorted(points.items()):
        text += f'.{name}::before {{ content: "\\{point}"; }}\n'
    return text


def write(app, exception):
    """Write the style sheet and the fonts, and take away what they replace."""
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    css = bundle(out, app.minidl_sheets)
    (out / "_static" / SHEET).write_text(icons(out, css) + css)
    shutil.rmtree(out / FONTAWESOME)


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", collect, priority=950)
    app.connect("build-finished", write, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
