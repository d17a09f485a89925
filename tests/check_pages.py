"""Check the built book: a page for every entry of the table of contents, no solution in sight.

A build can end without an error and without pages; this looks.
"""

import sys
from pathlib import Path

import yaml
from leaks import leaks_of_site, secrets
from notebooks import CHAPTERS, read

ROOT = Path(__file__).resolve().parent.parent


def entries(node):
    """Yield every file named in a table of contents, at any depth."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("root", "file"):
                yield value
            else:
                yield from entries(value)
    elif isinstance(node, list):
        for part in node:
            yield from entries(part)


html = ROOT / "_build" / "html"
pages = [
    html / f"{entry}.html" for entry in entries(yaml.safe_load((ROOT / "_toc.yml").read_text()))
]
missing = [page for page in [html / "index.html", *pages] if not page.is_file()]
if missing:
    sys.exit("missing pages: " + ", ".join(str(page.relative_to(ROOT)) for page in missing))
found = leaks_of_site(html, secrets(map(read, CHAPTERS)))
if found:
    sys.exit(f"solutions outside their dropdowns: {found}")
print(f"{len(pages)} pages in _build/html, as in _toc.yml")
