"""The book's address stands in _config.yml, and everything else agrees with it."""

import json
import re
import tomllib

import pytest
import yaml
from browser import ROOT
from the_pages import CHAPTERS

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text())
URL = CONFIG["repository"]["url"]
BRANCH = CONFIG["repository"]["branch"]
OWNER, NAME = URL.removeprefix("https://github.com/").split("/")
BOOK = CONFIG["html"]["baseurl"]

#: The first code cell of every notebook.
INSTALL = f"""# Where minidl is missing, as on Colab, this installs it.
from importlib.util import find_spec

if find_spec("minidl") is None:
    %pip install -q git+{URL}@{BRANCH}"""

#: How a repository is named in the addresses that people click or paste.
MENTIONS = re.compile(
    r"mybinder\.org/v2/gh/([\w.-]+/[\w.-]+)"
    r"|colab\.research\.google\.com/github/([\w.-]+/[\w.-]+)"
    r"|github\.com/([\w.-]+/minidl)\b"
    r"|([\w-]+)\.github\.io/(minidl)\b"
)


def test_the_pages_address_is_the_repositorys():
    assert f"https://{OWNER}.github.io/{NAME}/" == BOOK


def test_every_mention_agrees():
    files = [
        *ROOT.glob("*.md"),
        *ROOT.glob("*.toml"),
        *ROOT.glob("*.cff"),
        *ROOT.glob("book/*.md"),
        *ROOT.glob("book/*.ipynb"),
        *ROOT.glob("binder/*"),
        *ROOT.glob("minidl/**/*.py"),
    ]
    found = {}
    for file in files:
        for match in MENTIONS.finditer(file.read_text()):
            found.setdefault("/".join(filter(None, match.groups())), []).append(file.name)
    assert set(found) == {f"{OWNER}/{NAME}"}, found
    assert {"README.md", "intro.md", "CITATION.cff", "pyproject.toml"} <= set(
        found[f"{OWNER}/{NAME}"]
    )


def test_the_project_says_where_it_lives():
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]
    assert urls == {"Homepage": BOOK, "Repository": URL}
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["repository-code"] == URL
    assert citation["url"] == BOOK


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_chapter_has_its_buttons(html, name):
    notebook = name.replace(".html", ".ipynb")
    text = (html / name).read_text()
    for wanted in (
        f"https://mybinder.org/v2/gh/{OWNER}/{NAME}/{BRANCH}?urlpath=lab/tree/{notebook}",
        f"https://colab.research.google.com/github/{OWNER}/{NAME}/blob/{BRANCH}/{notebook}",
        URL,
    ):
        assert f'href="{wanted}"' in text, wanted
    download = re.search(r'href="([^"]+\.ipynb)"[^>]*\s+class="btn[^"]*download-source', text)
    served = (html / name).parent / download[1]
    assert json.loads(served.read_text()) == json.loads((ROOT / notebook).read_text())


def test_every_notebook_has_the_cell_that_installs_minidl_and_no_page_shows_it(html):
    for name in CHAPTERS:
        cells = json.loads((ROOT / name.replace(".html", ".ipynb")).read_text())["cells"]
        assert "".join(cells[0]["source"]).startswith("# ")
        assert "".join(cells[1]["source"]) == INSTALL
        assert cells[1]["metadata"] == {"tags": ["remove-cell"]}
        assert cells[1]["outputs"] == []
        page = (html / name).read_text()
        assert "find_spec" not in page and "pip install" not in page


LINKS = re.compile(r"\]\((https://[^)]*\.ipynb)\)")


@pytest.mark.parametrize("file", ["README.md", "book/intro.md"])
def test_links_to_notebooks_name_files_that_exist(file):
    links = LINKS.findall((ROOT / file).read_text())
    assert links
    for link in links:
        assert (ROOT / "book" / link.rsplit("book/", 1)[1]).is_file(), link


def test_binder_installs_what_the_book_is_built_with():
    def pins(file):
        return dict(re.findall(r"^([\w-]+)==([\w.]+)", (ROOT / file).read_text(), re.MULTILINE))

    binder, book = pins("binder/requirements.txt"), pins("requirements.txt")
    shared = set(binder) & set(book)
    assert {"torch", "ipykernel"} <= shared
    assert {name: binder[name] for name in shared} == {name: book[name] for name in shared}
    assert {"jupyterlab", "jupyterlab-myst"} <= set(binder)
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {re.match(r"[\w-]+", need)[0] for need in needed} <= set(binder)
