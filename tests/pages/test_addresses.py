"""The book's address stands in _config.yml, and everything else agrees with it."""

import json
import re
import tomllib

import pytest
import yaml
from notebooks import CHAPTERS, ROOT, code_cells, read

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text())
URL, BRANCH = CONFIG["repository"]["url"], CONFIG["repository"]["branch"]
PLACE = URL.removeprefix("https://github.com/")
BOOK = CONFIG["html"]["baseurl"]

#: The first code cell of every notebook.
INSTALL = f"""# Where minidl is missing, as on Colab, this installs it.
from importlib.util import find_spec

if find_spec("minidl") is None:
    %pip install -q git+{URL}@{BRANCH}"""

#: How a repository is named in the addresses that people click or paste.
MENTIONS = re.compile(
    r"(?:mybinder\.org/v2/gh|colab\.research\.google\.com/github)/([\w.-]+/[\w.-]+)"
    r"|github\.com/([\w.-]+/minidl)\b|//([\w-]+)\.github\.io/(minidl)\b"
)


def test_every_mention_agrees():
    patterns = ["*.md", "*.toml", "*.cff", "_config.yml", "book/*.md", "book/*.ipynb", "binder/*"]
    files = [file for pattern in patterns for file in ROOT.glob(pattern)]
    found = {file.name: set(MENTIONS.findall(file.read_text())) for file in files}
    places = {"/".join(filter(None, place)) for each in found.values() for place in each}
    assert places == {PLACE}, found
    assert all(found[name] for name in ("README.md", "CITATION.cff", "pyproject.toml"))
    assert CONFIG["sphinx"]["config"]["ogp_site_url"] == BOOK


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_chapter_has_its_buttons_and_the_cell_that_installs_minidl(html, path):
    notebook = f"book/{path.name}"
    text = (html / "book" / f"{path.stem}.html").read_text()
    binder, colab = (
        f"https://mybinder.org/v2/gh/{PLACE}/{BRANCH}?urlpath=lab/tree/{notebook}",
        f"https://colab.research.google.com/github/{PLACE}/blob/{BRANCH}/{notebook}",
    )
    for wanted in (binder, colab, URL):
        assert f'href="{wanted}"' in text, wanted
    download = re.search(r'href="([^"]+\.ipynb)"[^>]*\s+class="btn[^"]*download-source', text)
    assert json.loads((html / "book" / download[1]).read_text()) == json.loads(path.read_text())
    lines = re.findall(r'<p class="launch">(.*?)</p>', text)
    assert len(lines) == text.count('<div class="exercise admonition"') >= 2
    for line in lines:
        assert re.findall(r'href="([^"]+)"', line) == [binder, colab, download[1]]
    install = code_cells(read(path))[0]
    assert (install.source, install.metadata) == (INSTALL, {"tags": ["remove-cell"]})
    assert "find_spec" not in text


@pytest.mark.parametrize("file", ["README.md", "book/intro.md"])
def test_links_to_notebooks_name_files_that_exist(file):
    links = re.findall(r"\]\(https://[^)]*/(book/[^)]*\.ipynb)\)", (ROOT / file).read_text())
    assert links
    assert all((ROOT / link).is_file() for link in links)


def test_binder_installs_what_the_book_is_built_with():
    def pins(file):
        return dict(re.findall(r"^([\w-]+)==([\w.]+)", (ROOT / file).read_text(), re.MULTILINE))

    binder, book = pins("binder/requirements.txt"), pins("requirements.txt")
    assert {name: book[name] for name in binder} == binder
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {re.match(r"[\w-]+", need)[0] for need in needed} <= set(binder)
