"""Make _build/offline from _build/html: the same pages, which fetch nothing from outside.

The folder can be opened from a disc or a memory stick, with no server and no network.
"""

import re
import shutil
import sys

from browser import ADDRESS, HTML, NODE_MODULES, ROOT, from_npm, page_names

OFFLINE = ROOT / "_build" / "offline"
LOCAL = "_static/npm/"

#: What a page may fetch from a package: its main script, and what that loads when it must.
PARTS = {
    "mathjax": [
        "es5/tex-mml-chtml.js",
        "es5/a11y",
        "es5/input",
        "es5/output/chtml",
        "es5/sre",
        "es5/ui",
    ],
    "@jupyter-widgets/html-manager": ["dist/embed.js", "dist/*.woff2"],
}

PRELOAD = re.compile(r'\s*<link rel="preload"[^>]*>')
SCRIPT = re.compile(r"<script\b[^>]*>")
#: A page from a disc has no origin, so that nothing can be asked of one.
FOR_SERVERS = re.compile(r' (?:integrity|crossorigin)="[^"]*"')


def copy_packages(folder):
    """Copy the parts of the npm packages that the pages use."""
    for name, parts in PARTS.items():
        package = NODE_MODULES / name
        for part in parts:
            sources = list(package.glob(part))
            if not sources:
                sys.exit(f"{package / part} is missing: run make again")
            for source in sources:
                target = folder / LOCAL / name / source.relative_to(package)
                target.parent.mkdir(parents=True, exist_ok=True)
                copy = shutil.copytree if source.is_dir() else shutil.copyfile
                copy(source, target)


def localise(html, up):
    """Return a page's text with every script from the CDN replaced by the local file.

    Parameters
    ----------
    html : str
    up : str
        The way from the page to the folder's root, such as ``"../"``.
    """

    def tag(match):
        text = match[0]
        address = re.search(r'src="([^"]*)"', text)
        if not address or not ADDRESS.match(address[1]):
            return text
        if not from_npm(address[1]):
            sys.exit(f"{address[1]}: not a file of the packages pinned in pages/package.json")
        return FOR_SERVERS.sub("", ADDRESS.sub(rf"{up}{LOCAL}\g<name>/", text))

    return SCRIPT.sub(tag, PRELOAD.sub("", html))


def main():
    """Make the folder anew."""
    shutil.rmtree(OFFLINE, ignore_errors=True)
    shutil.copytree(HTML, OFFLINE)
    copy_packages(OFFLINE)
    for name in page_names(OFFLINE):
        page = OFFLINE / name
        page.write_text(localise(page.read_text(), "../" * name.count("/")))
    # The search shows the beginning of each page it finds by fetching it: no file: page may.
    options = OFFLINE / "_static" / "documentation_options.js"
    options.write_text(
        options.read_text().replace("SHOW_SEARCH_SUMMARY: true", "SHOW_SEARCH_SUMMARY: false")
    )
    (OFFLINE / "complete").touch()
    print(f"{len(page_names(OFFLINE))} pages in _build/offline; open _build/offline/index.html")


if __name__ == "__main__":
    main()
