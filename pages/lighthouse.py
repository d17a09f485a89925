"""Print what Lighthouse says of every page, on a simulated desktop machine and telephone.

``python pages/lighthouse.py [PAGE ...]`` judges _build/offline, served on this machine.
"""

import sys
import tempfile
from pathlib import Path

import browser
from offline import OFFLINE


def main():
    """Print a line for each page and device."""
    pages = sys.argv[1:] or [name for name in browser.page_names(OFFLINE) if name != "index.html"]
    print(f"{'':30}{'':9}performance  accessibility  best practices  SEO")
    with browser.serve(OFFLINE) as address, tempfile.TemporaryDirectory() as folder:
        for name in pages:
            for form in ("desktop", "mobile"):
                scores = browser.lighthouse(address + name, Path(folder) / "report.json", form)
                print(
                    f"{name:30}{form:9}{scores['performance']:11}{scores['accessibility']:15}"
                    f"{scores['best-practices']:16}{scores['seo']:5}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
