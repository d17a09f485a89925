"""Each live figure has a dial below it in the notebook, and each dial a live figure above it."""

import dis
import re

import nbformat
import pytest
from notebooks import CHAPTERS, ROOT, as_python, read, run

CHAPTER = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)

#: Turns every dial of a function, one after the other, and presses its button if it has one.
TURN = """
for control in {name}.widget.kwargs_widgets:
    if hasattr(control, "options"):
        control.index = len(control.options) - 1
    elif isinstance(control.value, bool):
        control.value = not control.value
    else:
        control.value = control.value + 3 * control.step
button = getattr({name}.widget, "manual_button", None)
if button:
    button.click()
"""


def places(notebook):
    """Return where the live figures and the dials of a notebook stand."""
    figures = [n for n, cell in enumerate(notebook.cells) if "\n:figclass: live\n" in cell.source]
    dials = [n for n, cell in enumerate(notebook.cells) if "\n@interact" in f"\n{cell.source}"]
    return figures, dials


@CHAPTER
def test_a_dial_with_a_word_on_it_stands_below_each_live_figure_and_nowhere_else(path):
    notebook = read(path)
    figures, dials = places(notebook)
    assert figures and dials == [place + 1 for place in figures]
    for cell in (notebook.cells[place] for place in dials):
        assert cell.metadata.tags == ["remove-cell"] and cell.source.startswith("# ")
        assert "interactive(" in cell.outputs[-1].data["text/plain"]
    made = [n for n, cell in enumerate(notebook.cells) if "ipywidgets" in cell.source]
    assert set(made) <= set(dials)


def names(code, operation):
    """Gather the names with which compiled code, and what is defined in it, does something."""
    found = {step.argval for step in dis.get_instructions(code) if step.opname == operation}
    parts = [part for part in code.co_consts if hasattr(part, "co_consts")]
    return found.union(*(names(part, operation) for part in parts))


@CHAPTER
def test_a_dial_can_be_turned_when_the_chapter_is_done(path):
    """What it computes with is not called something else by a later cell."""
    notebook = read(path)
    _, dials = places(notebook)
    for place in dials:
        cell, *later = (c for c in notebook.cells[place:] if c.cell_type == "code")
        used = names(compile(cell.source, cell.id, "exec"), "LOAD_GLOBAL")
        for other in later:
            steps = dis.get_instructions(compile(as_python(other.source), other.id, "exec"))
            assert used & {step.argval for step in steps if step.opname == "STORE_NAME"} == set()


def test_every_live_figure_stands_on_a_page():
    texts = [path.read_text() for path in [ROOT / "book/intro.md", *CHAPTERS]]
    placed = re.findall(r":name: fig-live-(\w+)", "".join(texts))
    drawn = {path.stem for path in (ROOT / "book/_static/live").glob("*.webp")}
    assert sorted(placed) == sorted(drawn)


def shown(outputs):
    """List what a cell shows, its dials aside."""
    found = [output.get("text") or output.get("data", {}) for output in outputs]
    return [each for each in found if "interactive(" not in str(each)]


@CHAPTER
def test_what_a_dial_shows_changes_where_it_is_turned(path):
    notebook = read(path)
    _, dials = places(notebook)
    for place in reversed(dials):
        [name] = re.findall(r"^@interact.*\ndef (\w+)", notebook.cells[place].source, re.M)
        turn = nbformat.v4.new_code_cell(TURN.replace("{name}", name))
        notebook.cells.insert(place + 1, turn)
    del notebook.cells[dials[-1] + len(dials) + 1 :]
    run(notebook)
    for place in (dial + before for before, dial in enumerate(dials)):
        fresh, turned = (shown(notebook.cells[n].outputs) for n in (place, place + 1))
        assert turned and turned[-1] != (fresh or [None])[-1]
        assert not any(o.output_type == "error" for o in notebook.cells[place + 1].outputs)
