"""The comparison of pictures, on a notebook of its own."""

import nbformat
import pytest
from notebooks import run, validate

PLOT = """import matplotlib.pyplot as plt
figure, axis = plt.subplots()
axis.plot([0, 1, 2], [0, 1, 0], linewidth=2)
axis.set_title("a title")
plt.show()"""


def changed(folder, source, stored=PLOT):
    """Store the outputs of one cell, change its source, and validate it."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(stored)])
    run(notebook)
    notebook.cells[0].source = source
    return validate(notebook, folder)


def test_the_same_plot_passes(tmp_path):
    done = changed(tmp_path, PLOT)
    assert done.returncode == 0, done.stdout
    assert not (tmp_path / "_build").exists()


@pytest.mark.parametrize(
    "source",
    [
        PLOT.replace("[0, 1, 0]", "[0, 1, 0.3]"),
        PLOT.replace("linewidth=2", 'linewidth=2, color="C1"'),
        PLOT.replace("a title", "another title"),
    ],
)
def test_a_changed_plot_fails_names_the_cell_and_leaves_three_pictures(tmp_path, source):
    done = changed(tmp_path, source)
    assert done.returncode == 1
    assert "Cell 0: picture 0 differs from the stored one by" in done.stdout
    kinds = [file.stem.rsplit("-", 1)[1] for file in (tmp_path / "_build" / "pictures").iterdir()]
    assert sorted(kinds) == ["actual", "difference", "expected"]


@pytest.mark.parametrize(
    "source",
    [
        PLOT.replace("subplots()", "subplots(figsize=(6, 3))"),
        PLOT + "\nplt.figure()\nplt.plot([1])\nplt.show()",
        PLOT.replace("plt.show()", "plt.close()"),
    ],
)
def test_another_size_or_number_of_pictures_fails(tmp_path, source):
    done = changed(tmp_path, source)
    assert done.returncode == 1
    assert "Cell 0" in done.stdout
