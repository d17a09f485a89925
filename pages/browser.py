"""What the tools and tests of the pages share: Chromium, a local server, files from npm."""

import contextlib
import gzip
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
from functools import cache, partial
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent
HTML = ROOT / "_build" / "html"
NODE_MODULES = FOLDER / "node_modules"

#: Where the pages fetch scripts from: https://cdn.jsdelivr.net/npm/NAME@VERSION/PATH.
CDN = "https://cdn.jsdelivr.net/npm/"
ADDRESS = re.compile(re.escape(CDN) + r"(?P<name>(?:@[^/@\"]+/)?[^/@\"]+)@(?P<version>[^/\"]+)/")


def chromium():
    """Return the path of a Chromium, or None: $CHROMIUM, the system's, or Playwright's own."""
    if os.environ.get("CHROMIUM"):
        return os.environ["CHROMIUM"]
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    own = Path.home().glob(".cache/ms-playwright/chromium-*/chrome-linux*/chrome")
    return next(filter(None, map(shutil.which, names)), None) or next(map(str, own), None)


def launch(playwright):
    """Start Chromium without a window and without its own calls to the network."""
    return playwright.chromium.launch(
        executable_path=chromium(),
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    )


@cache
def versions():
    """Return the version of each package that the pages fetch from, as pinned."""
    return json.loads((FOLDER / "package.json").read_text())["dependencies"]


def from_npm(address):
    """Return the local file behind an address of the CDN, or None if there is none.

    Only the pinned version of a package counts: a page that asks for another one is told so.
    """
    found = ADDRESS.match(address)
    if not found or versions().get(found["name"]) != found["version"]:
        return None
    file = NODE_MODULES / found["name"] / address[found.end() :].split("?")[0]
    return file if file.is_file() else None


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serve text compressed, as hosts of pages do, and say nothing."""

    protocol_version = "HTTP/1.1"  # which keeps a connection for the next request
    TEXT = (".html", ".css", ".js", ".svg", ".txt", ".xml", ".json")

    def log_message(self, *arguments):
        """Keep the terminal for the tests."""

    def do_GET(self):
        """Send a file, compressed if it is text and the browser can take it."""
        file = Path(self.translate_path(self.path))
        if not (file.is_file() and file.suffix in self.TEXT and self.accepts_gzip()):
            return super().do_GET()
        body = gzip.compress(file.read_bytes(), mtime=0)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(file) + "; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", len(body))
        self.end_headers()
        self.wfile.write(body)

    def accepts_gzip(self):
        """Whether the request allows a compressed answer."""
        return "gzip" in self.headers.get("Accept-Encoding", "")


@contextlib.contextmanager
def serve(folder):
    """Serve a folder on a free local port; gives its address, ending in a slash."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Handler, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def page_names(html=HTML):
    """Return every page of a built book, relative to its folder."""
    return sorted(
        str(page.relative_to(html)) for page in html.rglob("*.html") if "_static" not in page.parts
    )


def lighthouse(address, report, form="desktop"):
    """Judge a page with Lighthouse; leave its report in a file and return the scores, 0 to 100.

    Parameters
    ----------
    address : str
    report : Path
    form : {"desktop", "mobile"}
        The device that Lighthouse simulates.
    """
    command = [
        NODE_MODULES / ".bin" / "lighthouse",
        address,
        "--quiet",
        "--output=json",
        f"--output-path={report}",
        "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-background-networking",
    ]
    if form == "desktop":
        command.append("--preset=desktop")
    subprocess.run(command, check=True, env=os.environ | {"CHROME_PATH": chromium()})
    categories = json.loads(report.read_text())["categories"]
    return {name: round(100 * category["score"]) for name, category in categories.items()}
