"""The built book in a real browser.

The book is built once, if its pages are older than their sources.  Pages are served from a
local port; what they fetch from the CDN comes from the pinned npm packages; any other request
to the outside is refused and noted.
"""

import mimetypes
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import browser as tools
import lab
import pytest
from filelock import FileLock
from notebooks import CHAPTERS, read
from the_pages import missing, settle

ROOT = tools.ROOT


def pytest_ignore_collect(collection_path):
    """Without a browser leave one test, which says so."""
    if collection_path.is_file() and collection_path.name != "test_browser.py" and missing():
        return True
    return None


def newest(*patterns):
    """Return the time of the last change to any file that matches, below the root."""
    files = (file for pattern in patterns for file in ROOT.glob(pattern))
    return max(file.stat().st_mtime for file in files if file.is_file())


@pytest.fixture(scope="session")
def turns():
    """Let one process at a time make what all of them use."""
    (ROOT / "_build").mkdir(exist_ok=True)
    return FileLock(ROOT / "_build" / "pages.lock")


@pytest.fixture(scope="session")
def npm(turns):
    """Have the pinned npm packages at hand."""
    done = tools.NODE_MODULES / "complete"
    with turns:
        if not done.is_file():
            if subprocess.run(["npm", "ci", "--prefix", tools.FOLDER], check=False).returncode:
                pytest.skip("npm could not fetch its packages: the pages were not tried")
            done.touch()


@pytest.fixture(scope="session")
def html(npm, turns):
    """Return the folder of the built book, newer than its sources."""
    built = tools.HTML / "searchindex.js"
    sources = ("book/*", "book/_static/*", "minidl/**/*.py", "pages/*.py", "pages/templates/*")
    with turns:
        if not built.is_file() or built.stat().st_mtime < newest("_*.yml", *sources):
            command = Path(sys.executable).parent / "jupyter-book"
            subprocess.run(
                [command, "build", ".", "-n", "-W", "--keep-going", "--all"], cwd=ROOT, check=True
            )
    return tools.HTML


@pytest.fixture(scope="session")
def offline(html, turns):
    """Return the folder of the pages that need no network, newer than the book."""
    folder = ROOT / "_build" / "offline"
    done = folder / "complete"
    with turns:
        if not done.is_file() or done.stat().st_mtime < newest("_build/html/**/*"):
            subprocess.run([sys.executable, tools.FOLDER / "offline.py"], check=True)
    return folder


@pytest.fixture(scope="session")
def chromium():
    """Start one browser for all tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = tools.launch(playwright)
        yield started
        started.close()


@pytest.fixture(scope="session")
def address(html):
    """Serve the built book; return its address."""
    with tools.serve(html) as url:
        yield url


@pytest.fixture(scope="session")
def visit(chromium, address):
    """Open a page of the book as a person would, and wait until it has settled; None opens none.

    The page notes its errors, and in ``outside`` the requests that are neither to the book nor
    to a pinned package; these are refused.
    """

    @contextmanager
    def opened(name, base=None, **options):
        base = base or address
        options = {"viewport": {"width": 1280, "height": 900}} | options
        context = chromium.new_context(**options)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.errors, page.outside = [], []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on(
            "console",
            lambda message: message.type == "error" and page.errors.append(message.text),
        )

        def answer(route):
            url = route.request.url
            file = tools.from_npm(url)
            if url.startswith((base, "data:", "blob:")):
                route.continue_()
            elif file:
                route.fulfill(
                    path=file,
                    content_type=mimetypes.guess_type(file)[0],
                    headers={"Access-Control-Allow-Origin": "*"},
                )
            else:
                page.outside.append(url)
                route.abort()

        context.route("**/*", answer)
        if name:
            page.goto(base + name)
            settle(page)
        yield page
        context.close()

    return opened


@pytest.fixture(scope="module")
def jupyterlab(request, chromium, tmp_path_factory):
    """JupyterLab in the browser, with jupyterlab-myst or without, as the module's MYST says."""
    with lab.serve(tmp_path_factory.mktemp("lab"), myst=request.module.MYST) as url:
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(60_000)
        yield lab.Lab(page, url)
        page.close()


@pytest.fixture(scope="module", params=CHAPTERS, ids=lambda path: path.stem)
def chapter(request, jupyterlab):
    """Open a chapter in JupyterLab; gives the notebook as it is stored."""
    with jupyterlab.notebook(request.param.name):
        yield read(request.param)
