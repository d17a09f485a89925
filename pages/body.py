"""A Sphinx extension: mends in a page's text what the tools that write it get wrong.

Each of these is a fault that a reader with a screen reader, a keyboard or a telephone would
meet, or an address that the page lacks.  Why this is ours and not a library's: the faults are in
what the libraries write, and each mend goes when its own has been mended there.
"""

import html
import re
from itertools import count

import imagesize

#: Pixels to an inch of a picture on a page.
PAGE_DPI = 100

MENDS = [
    # A name of its own would hide what the button says: show the code, or hide it.
    (r'<summary aria-label="Toggle hidden content">', "<summary>"),
    # The corner of a table is not the heading of anything.
    (r"<th[^>]*>(?:<p></p>)?\s*</th>", "<td></td>"),
    # A list has items; the role of an entry of a bibliography has been given up.
    (r'role="doc-biblioentry"', 'role="listitem"'),
    # One name for many elements is no name.
    (r' id="(?:exercise|solution)-content"', ""),
    # A space is no part of a link.
    (r"(Solution to)(<a [^>]*>) ", r"\1 \2"),
    # A full stop stays with the formula before it, and so does a bracket.
    (
        r'(\(?<span class="math notranslate nohighlight">[^<]*</span>[.,;:!?)]+'
        r'|\(<span class="math notranslate nohighlight">[^<]*</span>)',
        r'<span class="kept-together">\1</span>',
    ),
    # A quotation mark of a title comes out straight where the title is repeated.
    (r"(Solution to (?:<a [^>]*>)?Exercise [^<]*\([^<]*)'(?=[^<]*\))", r"\1’"),
    # An exercise can be linked to, as a heading can.
    (
        r'(<div class="exercise admonition" id="([^"]+)">\s*<p class="admonition-title">.*?)</p>',
        r'\1<a class="headerlink" href="#\2" title="Link to this exercise">#</a></p>',
    ),
]

#: The printed output of a cell.
OUTPUT = re.compile(
    r'(<div class="output stream)( [^>]*>\s*<div class="highlight"><pre>(?:<span></span>)?)'
    r"(.*?)</pre>",
    re.S,
)

#: What a line of the text must not be broken between: a number and its unit or label.
UNBROKEN = [
    (r"(\d) (%|±)", "\\1\N{NO-BREAK SPACE}\\2"),
    (r"± (\d)", "±\N{NO-BREAK SPACE}\\1"),
    (r"\b(Fig\.|Exercise|Table|chapters?) (\d)", "\\1\N{NO-BREAK SPACE}\\2"),
]

#: The longest line of an output that a page has room for, in characters.
LONGEST = 79


def mend(body):
    """Return a page's text, mended, every code cell with an address of its own."""
    for pattern, replacement in MENDS:
        body = re.sub(pattern, replacement, body)
    body = re.sub(OUTPUT, wrapped, body)
    parts = re.split(r"(<(?:pre|code|script)\b.*?</(?:pre|code|script)>|<[^>]*>)", body, flags=re.S)
    for pattern, replacement in UNBROKEN:
        parts[::2] = [re.sub(pattern, replacement, text) for text in parts[::2]]
    body = "".join(parts)
    number = count(1)

    def cell(match):
        name = f"cell-{next(number)}"
        return (
            f'<div id="{name}" class="cell{match[1]}">'
            f'<a class="headerlink cell-link" href="#{name}" title="Link to this cell">#</a>'
        )

    return re.sub(r'<div class="cell((?: [^"]*)?)">', cell, body)


def wrapped(output):
    """Let long lines of an output be broken, and those of what a check says: not of tables."""
    begin, rest, text = output.groups()
    printed = html.unescape(re.sub("<[^>]*>", "", text))
    table = re.search(r"\S {2,}\S", printed)
    long = not table and max(map(len, printed.splitlines()), default=0) > LONGEST
    said = text.startswith("Exercise ")
    return f"{begin}{' sentences' if long or said else ''}{rest}{text}</pre>"


def sized(body, files):
    """Give pictures their size, so that the text keeps its place, and leave later ones for later.

    Parameters
    ----------
    body : str
    files : dict
        From a picture's name in the built book to its file.
    """
    number = count()

    def picture(match):
        width, height = shown_size(files[match[1]]) if match[1] in files else (-1, -1)
        size = f' width="{width}" height="{height}"' if width > 0 else ""
        lazy = ' loading="lazy"' if next(number) else ""
        return f"{match[0]}{size}{lazy}"

    return re.sub(r'<img\b[^>]*? src="(?:\.\./)*_images/([^"]+)"', picture, body)


def shown_size(file):
    """Return a picture's width and height on a page: its inches, where it says how many it has.

    What is finer than the page stays sharp on a fine screen, and all type comes out alike.
    """
    width, height = imagesize.get(file)
    dpi, _ = imagesize.getDPI(file)
    scale = PAGE_DPI / dpi if dpi > PAGE_DPI else 1
    return round(width * scale), round(height * scale)


def change_body(app, pagename, templatename, context, doctree):
    """Mend a page before its template is filled."""
    if context.get("body"):
        files = {name: f"{app.srcdir}/{path}" for path, name in app.builder.images.items()}
        context["body"] = sized(mend(context["body"]), files)


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", change_body, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
