"""The names of the pages, from the table of contents and so before they are built."""

import yaml
from browser import ROOT


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


CHAPTERS = [
    f"{entry}.html"
    for entry in entries(yaml.safe_load((ROOT / "_toc.yml").read_text()))
    if entry.split("/")[-1][0].isdigit()
]
PAGES = [
    f"{entry}.html" for entry in entries(yaml.safe_load((ROOT / "_toc.yml").read_text()))
] + ["search.html"]
