"""What the tests of the pages share: the names of the pages, and when one is ready."""

import importlib.util
import shutil

from browser import chromium
from notebooks import pages

#: From the table of contents, and so known before they are built.
CHAPTERS = [f"{page}.html" for page in pages() if page.split("/")[-1][0].isdigit()]
PAGES = [*(f"{page}.html" for page in pages()), "search.html"]


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
