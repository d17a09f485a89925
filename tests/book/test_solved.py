"""The book as a reader leaves it who got everything right.

Each notebook has its stubs filled with the solutions and is validated by nbval,
pictures included: every check passes, and every other output is the stored one.
As every picture is drawn here, this is also where the size of its type is looked at.
"""

import legible
import nbformat
import pytest
from notebooks import CHAPTERS, code_cells, read, solve, validate

from minidl.teaching.exercises import EXERCISES


def passed(cell):
    """What a check prints about a right answer."""
    exercise = EXERCISES[cell.source.split('check("')[1].split('"')[0]]
    lines = [f"Exercise {exercise.number}, {exercise.name}: passed."]
    lines += [f"  ✓ {case.label}" for case in exercise.cases]
    return "".join(f"{line}\n" for line in lines)


def expect_passes(notebook):
    """Put into every check cell what it is to print, and return how many there are."""
    checks = [cell for cell in code_cells(notebook) if " = check(" in cell.source]
    for cell in checks:
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=passed(cell))]
    return len(checks)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_with_every_stub_filled_all_checks_pass_and_nothing_else_changes(path, tmp_path):
    notebook = solve(read(path))
    assert expect_passes(notebook) >= 2
    notebook.cells.insert(0, nbformat.v4.new_code_cell(legible.WATCH))
    notebook.cells.append(nbformat.v4.new_code_cell(legible.JUDGE))
    done = validate(notebook, tmp_path)
    assert done.returncode == 0, done.stdout
    assert f"{len(code_cells(notebook))} passed" in done.stdout
