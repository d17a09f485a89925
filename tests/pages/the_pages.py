"""What the tests of the pages share: the names of the pages, and when one is ready."""

import importlib.util
import shutil

import yaml
from browser import ROOT, chromium


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


#: From the table of contents, and so known before they are built.
CHAPTERS = [
    f"{entry}.html"
    for entry in entries(yaml.safe_load((ROOT / "_toc.yml").read_text()))
    if entry.split("/")[-1][0].isdigit()
]
PAGES = [f"{entry}.html" for entry in entries(yaml.safe_load((ROOT / "_toc.yml").read_text()))] + [
    "search.html"
]


def missing():
    """Say what these tests need and the machine lacks, or return None."""
    if not chromium():
        return "the pages were NOT tested: no Chromium was found ($CHROMIUM, or on the PATH)"
    if not importlib.util.find_spec("playwright"):
        return "the pages were NOT tested: the Python package playwright is not installed"
    if not shutil.which("npm"):
        return "the pages were NOT tested: npm was not found"
    return None


def settle(page):
    """Wait until formulas are set and widgets drawn."""
    page.wait_for_load_state("load")
    page.evaluate("() => window.MathJax?.startup?.promise")
    page.evaluate("() => loadWidgets()")
    page.wait_for_function(
        """() => [...document.querySelectorAll("script[type*='widget-view+json']")]
               .every(view => view.parentElement.querySelector(".jupyter-widgets"))"""
    )
    page.evaluate("() => document.fonts.ready.then(() => true)")
