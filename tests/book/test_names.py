"""What stands in code font exists: each word of it is in the code, or is Python's or torch's.

So a name that is changed in the code is changed in the prose.
"""

import builtins
import keyword
import re
import subprocess

import torch
from notebooks import CHAPTERS, ROOT, code_cells, read, text_outputs

PAGES = [*ROOT.glob("*.md"), *ROOT.glob("book/*.md"), ROOT / "tests" / "README.md"]
FILES = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
TORCH = (torch, torch.Tensor, torch.nn, torch.nn.functional, torch.optim, torch.autograd)
#: Of Sphinx, of autograd's notes, of a cell's metadata, and of nbval.
ELSEWHERE = {"conf", "Addmm", "mystnb", "skip"}


def words(*texts):
    """Gather the words of three letters or more, and those that make up CamelCase."""
    text = " ".join(map(str, texts))
    return {*re.findall(r"[A-Za-z]{3,}", text), *re.findall(r"[A-Z][a-z]{2,}", text)}


def known():
    """Gather the words of the code, its outputs and the names of files, Python's and torch's."""
    files = subprocess.run(FILES, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    code = re.findall(r"^(?!tests/).*\.(?:py|toml|yml)$|^Makefile$", files, flags=re.M)
    cells = [cell for path in CHAPTERS for cell in code_cells(read(path))]
    texts = [(ROOT / name).read_text() for name in code if (ROOT / name).exists()]
    texts += [text for cell in cells for text in (cell.source, *text_outputs(cell))]
    names = [name for thing in (builtins, *TORCH) for name in dir(thing)]
    return words(files, *texts, *names, *keyword.kwlist) | ELSEWHERE


def spans(text):
    """List what is in code font, without blocks, roles, and what stands in quotes."""
    text = re.sub(r"^```(?!\{).*?^```", "", text, flags=re.M | re.S)
    text = re.sub(r"^(```|:::).*$|\{[\w:]+\}`[^`]*`", "", text, flags=re.M)
    return [re.sub('".*?"', "", span[1]) for span in re.findall(r"(`+)(.+?)\1", text)]


def test_every_name_in_code_font_exists():
    texts = [(path.name, path.read_text()) for path in PAGES]
    cells = [cell for path in CHAPTERS for cell in read(path).cells]
    texts += [(cell.id, cell.source) for cell in cells if cell.cell_type == "markdown"]
    found = known()
    assert words(*spans("a `Linaer.forward`")) - found == {"Linaer"}
    for place, text in texts:
        for span in spans(text):
            assert not words(span) - found, f"{place}: `{span}`"
