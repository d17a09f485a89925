"""Print what Lighthouse says of every page, on a simulated desktop machine and telephone.

``python pages/lighthouse.py [PAGE ...]``, by ``make lighthouse``; npx fetches Lighthouse.
"""

import gzip
import http.server
import json
import os
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

from chromium import chromium

HTML = Path(__file__).resolve().parent.parent / "_build" / "html"
LIGHTHOUSE = ["npx", "--yes", "lighthouse@12.8.2", "--quiet", "--output", "json"]
CHROME = "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-background-networking"
FORMS = {"desktop": ["--preset=desktop"], "phone": []}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serve text compressed, as hosts of pages do, and say nothing."""

    protocol_version = "HTTP/1.1"  # which keeps a connection for the next request

    def log_message(self, *arguments):
        """Keep the terminal for the scores."""

    def do_GET(self):
        """Send a file."""
        file = Path(self.translate_path(self.path))
        self.send_response(200 if file.is_file() else 404)
        body = gzip.compress(file.read_bytes() if file.is_file() else b"")
        self.send_header("Content-Type", self.guess_type(file))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    """Print a line for each page and device."""
    pages = sys.argv[1:] or [str(p.relative_to(HTML)) for p in sorted(HTML.glob("book/*.html"))]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=HTML))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for page in pages:
        address = f"http://127.0.0.1:{server.server_port}/{page}"
        for form, options in FORMS.items():
            report = json.loads(
                subprocess.run(
                    [*LIGHTHOUSE, CHROME, *options, "--", address],
                    stdout=subprocess.PIPE,
                    env=os.environ | {"CHROME_PATH": chromium() or ""},
                    check=True,
                ).stdout
            )
            scores = (f"{k} {round(100 * v['score'])}" for k, v in report["categories"].items())
            print(f"{page:30}{form:9}{', '.join(scores)}", flush=True)


if __name__ == "__main__":
    main()
