"""What ``pip install`` brings is all that the notebooks read, wherever they are run."""

import ast
import os
import re
import shutil
import subprocess
import sys

import pytest
from notebooks import CHAPTERS, ROOT, as_python, code_cells, read

#: Shared by all, because the environment has them: pip is to bring the package alone.
PIP = "pip install --quiet --no-deps --no-build-isolation --disable-pip-version-check".split()


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Install a copy of the package's sources, as pip does from the repository's address."""
    clone, target = (tmp_path_factory.mktemp(name) for name in ("clone", "target"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, clone)
    shutil.copytree(ROOT / "minidl", clone / "minidl", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-m", *PIP, "--target", target, clone], check=True)
    return target


def test_the_installed_package_is_complete(installed):
    ours = {
        file.relative_to(ROOT)
        for file in (ROOT / "minidl").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    theirs = {file.relative_to(installed) for file in (installed / "minidl").rglob("*.*")}
    assert ours == {file for file in theirs if "__pycache__" not in file.parts}


def test_all_that_the_notebooks_import_can_be_imported_from_any_folder(installed, tmp_path):
    lines = {
        ast.unparse(node)
        for path in CHAPTERS
        for cell in code_cells(read(path))
        for node in ast.walk(ast.parse(as_python(cell.source)))
        if isinstance(node, (ast.Import, ast.ImportFrom))
    }
    assert "from minidl.teaching import check" in lines
    code = "\n".join([*sorted(lines), "import minidl", "use_style()", "print(minidl.__file__)"])
    environment = os.environ | {"PYTHONPATH": str(installed), "MPLBACKEND": "Agg"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(installed / "minidl" / "__init__.py")


def test_no_notebook_opens_a_file_beside_it():
    for path in CHAPTERS:
        for cell in code_cells(read(path)):
            assert not re.search(r"\bopen\(|\bPath\(|\.\./", cell.source), (path.name, cell.id)
