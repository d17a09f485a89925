"""Where Chromium is, for the tests of the pages and for what prints and judges them."""

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium():
    """Return the path of a Chromium, or None: $CHROMIUM, the system's, or Playwright's own."""
    own = Path.home().glob(".cache/ms-playwright/chromium-*/chrome-linux*/chrome")
    found = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES), *map(str, own)]
    return next(filter(None, found), None)
