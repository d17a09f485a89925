"""Draw the live figures as pictures, for pages without scripts, notebooks and print.

Each stands in the bare page that its own files make, light, 700 px wide, where one press of its
first button has led to the end: ``python pages/stills.py`` writes book/_static/live/*.webp.
"""

import io
from pathlib import Path

from chromium import chromium
from PIL import Image
from playwright.sync_api import sync_playwright

LIVE = Path(__file__).parent.parent / "book" / "_static" / "live"
PAGE = """<style>body {{ margin: 0; width: 700px; font: 16px sans-serif; background: white; }}
figure {{ margin: 0; }}</style>
<figure class="live" id="fig-live-{}"><img alt=""><figcaption></figcaption></figure>"""


def still(page, name):
    """Return a figure's picture as an image."""
    page.set_content(PAGE.format(name))
    page.add_style_tag(path=LIVE / "live.css")
    for script in ("network", "stage", name):
        page.add_script_tag(path=LIVE / f"{script}.js")
    page.wait_for_selector("figure[data-ready]")
    for button in page.query_selector_all(".stage button.btn:not([aria-disabled=true])")[:1]:
        button.click()
    page.wait_for_function("() => !document.querySelector('.stage').innerText.includes('Pause')")
    return Image.open(io.BytesIO(page.locator(".pictures").screenshot()))


def main():
    """Write all pictures."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(device_scale_factor=2, reduced_motion="reduce")
        page.set_default_timeout(120_000)
        for path in sorted(LIVE.glob("*.js")):
            if path.stem not in ("live", "network", "stage"):
                still(page, path.stem).save(LIVE / f"{path.stem}.webp", quality=70, method=6)
        browser.close()


if __name__ == "__main__":
    main()
