"""Check the built book: a page for every entry of the table of contents, no solution in sight.

A build can end without an error and without pages; this looks.
"""

import sys

from leaks import leaks_of_site, secrets
from notebooks import ROOT, pages

html = ROOT / "_build" / "html"
files = [html / f"{page}.html" for page in pages()]
missing = [page for page in [html / "index.html", *files] if not page.is_file()]
if missing:
    sys.exit("missing pages: " + ", ".join(str(page.relative_to(ROOT)) for page in missing))
found = leaks_of_site(html, secrets())
if found:
    sys.exit(f"solutions outside their dropdowns: {found}")
print(f"{len(files)} pages in _build/html, as in _toc.yml")
