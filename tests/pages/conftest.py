"""The built book in Chromium, by pytest-playwright: built once, if a source is newer."""

import http.server
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from chromium import chromium
from filelock import FileLock
from notebooks import ROOT

HTML = ROOT / "_build" / "html"
SOURCES = ["_*.yml", "book/*", "book/_static/*", "minidl/**/*.py", "pages/*.*", "pages/templates/*"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Start the system's Chromium, if it has one."""
    if not chromium():
        pytest.skip("the pages were NOT tested: no Chromium was found ($CHROMIUM, or on the PATH)")
    return browser_type_launch_args | {
        "executable_path": chromium(),
        "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    }


@pytest.fixture(scope="session")
def html():
    """Return the folder of the built book; one process builds it, and the others wait."""
    built = HTML / "searchindex.js"
    sources = [path.stat().st_mtime for pattern in SOURCES for path in ROOT.glob(pattern)]
    built.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(ROOT / "_build" / "pages.lock"):
        if not built.is_file() or built.stat().st_mtime < max(sources):
            jupyter_book = Path(sys.executable).parent / "jupyter-book"
            build = [jupyter_book, "build", ".", "-n", "-W", "--keep-going", "--all", "-q"]
            subprocess.run(build, cwd=ROOT, check=True)
    return HTML


@pytest.fixture(scope="session")
def address(html):
    """Serve the built book; return its address."""
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=html)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture(scope="session")
def visit(browser):
    """Open a page as a person would, wait until its formulas are set, and close it.

    ``page.requests`` has the addresses that it asked for, ``page.errors`` what went wrong.
    """

    @contextmanager
    def opened(url, **options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.requests, page.errors = [], []
        page.on("request", lambda request: page.requests.append(request.url))
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda line: line.type == "error" and page.errors.append(line.text))
        page.goto(url)
        if options.get("java_script_enabled", True):
            page.evaluate("() => window.MathJax?.startup?.promise")
            page.evaluate("() => document.fonts.ready.then(() => true)")
        yield page
        context.close()

    return opened
