"""The comparison of pictures and the look at the size of type, on a notebook of their own."""

import legible
from nbformat.v4 import new_code_cell, new_notebook
from notebooks import run, validate

PLOT = """import matplotlib.pyplot as plt
figure, axis = plt.subplots()
axis.plot([0, 1, 2], [0, 1, 0], linewidth=2)
axis.set_title("a title")
plt.show()"""

#: Cells that draw something else than they did.
CHANGED = [
    PLOT.replace("[0, 1, 0]", "[0, 1, 0.3]"),
    PLOT.replace("a title", "another title"),
    PLOT + "\nplt.figure()\nplt.plot([1])\nplt.show()",
    PLOT.replace("plt.show()", "plt.close()"),
]


def test_every_change_of_a_picture_fails_and_the_same_plot_passes(tmp_path):
    sources = [PLOT, *CHANGED]
    notebook = run(new_notebook(cells=[new_code_cell(PLOT) for _ in sources]))
    for cell, source in zip(notebook.cells, sources, strict=True):
        cell.source = source
    said = validate(notebook, tmp_path).stdout
    assert f"{len(CHANGED)} failed, 1 passed" in said and "Cell 0:" not in said
    for number in (1, 2):
        assert f"Cell {number}: picture 0 differs from the stored one by" in said
        files = (tmp_path / "_build" / "pictures").glob(f"*Cell {number}-*")
        kinds = sorted(file.stem.rsplit("-", 1)[1] for file in files)
        assert kinds == ["actual", "difference", "expected"]


DRAWN = """import matplotlib.pyplot as plt
figure, axis = plt.subplots(figsize=(7.4, 3))
axis.set_xticks([0, 1], ["zero", "one"], fontsize=9)
plt.show()"""


def test_small_type_in_a_notebook_is_named(tmp_path):
    cells = [new_code_cell(source) for source in (legible.WATCH, DRAWN, legible.JUDGE)]
    said = validate(new_notebook(cells=cells), tmp_path).stdout
    assert "too small to read on a phone: 'one': " in said
