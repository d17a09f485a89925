"""The comparison of pictures, on a notebook of its own."""

import re

import nbformat
import pytest
from notebooks import run, validate

PLOT = """import matplotlib.pyplot as plt
figure, axis = plt.subplots()
axis.plot([0, 1, 2], [0, 1, 0], linewidth=2)
axis.set_title("a title")
plt.show()"""

CHANGED = [
    PLOT.replace("[0, 1, 0]", "[0, 1, 0.3]"),
    PLOT.replace("linewidth=2", 'linewidth=2, color="C1"'),
    PLOT.replace("a title", "another title"),
]
MORE_OR_FEWER = [
    PLOT.replace("subplots()", "subplots(figsize=(6, 3))"),
    PLOT + "\nplt.figure()\nplt.plot([1])\nplt.show()",
    PLOT.replace("plt.show()", "plt.close()"),
]


@pytest.fixture(scope="module")
def validated(tmp_path_factory):
    """Store the outputs of equal cells, change the source of all but the first, and validate."""
    sources = [PLOT, *CHANGED, *MORE_OR_FEWER]
    folder = tmp_path_factory.mktemp("pictures")
    cells = [nbformat.v4.new_code_cell(PLOT) for _ in sources]
    notebook = run(nbformat.v4.new_notebook(cells=cells))
    for cell, source in zip(notebook.cells, sources, strict=True):
        cell.source = source
    return validate(notebook, folder), folder / "_build" / "pictures"


def kinds(folder, cell):
    return sorted(file.stem.rsplit("-", 1)[1] for file in folder.glob(f"*Cell {cell}-*"))


def test_the_same_plot_passes(validated):
    done, folder = validated
    assert "1 passed" in done.stdout
    assert not re.search(r"FAILED .*Cell 0\b", done.stdout)
    assert kinds(folder, 0) == []


@pytest.mark.parametrize("place", range(len(CHANGED)))
def test_a_changed_plot_fails_names_the_cell_and_leaves_three_pictures(validated, place):
    done, folder = validated
    cell = 1 + place
    assert done.returncode == 1
    assert f"Cell {cell}: picture 0 differs from the stored one by" in done.stdout
    assert kinds(folder, cell) == ["actual", "difference", "expected"]


@pytest.mark.parametrize("place", range(len(MORE_OR_FEWER)))
def test_another_size_or_number_of_pictures_fails(validated, place):
    done, _ = validated
    cell = 1 + len(CHANGED) + place
    assert done.returncode == 1
    assert re.search(rf"FAILED .*Cell {cell}\b", done.stdout), done.stdout


def test_no_other_cell_fails(validated):
    assert f"{len(CHANGED + MORE_OR_FEWER)} failed, 1 passed" in validated[0].stdout
