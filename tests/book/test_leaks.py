"""No solution stands in a notebook; that none is served by the site, ``make book`` looks."""

import ast

import nbformat
import pytest
from leaks import leaks, leaks_of_site, secrets
from notebooks import CHAPTERS, code_cells, is_exercise, read, solve

HIDDEN = secrets()
BODY = "def sigmoid_bound(layers):\n    return 0.25 **  layers\n"
SECRET = "2.4 sigmoid_bound"


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_no_solution_stands_in_a_notebook(path):
    notebook = read(path)
    for cell in notebook.cells:
        assert leaks(cell.source, HIDDEN) == []
        for output in cell.get("outputs", []):
            texts = [output.get("text", ""), *output.get("data", {}).values()]
            assert leaks("\n".join(map(str, texts)), HIDDEN) == []
    assert leaks(str(notebook.metadata), HIDDEN) == []


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_not_even_a_line_of_a_solution_stands_in_a_code_cell(path):
    """No longer ``return`` of a stubbed part, unless it is given in a stub."""
    notebook = read(path)
    code = "\n".join(cell.source for cell in code_cells(notebook))
    stubs = [ast.unparse(ast.parse(c.source)) for c in filter(is_exercise, code_cells(notebook))]
    for cell in filter(is_exercise, code_cells(solve(read(path)))):
        (solved,) = ast.parse(cell.source).body
        for line in map(str.strip, ast.unparse(solved).splitlines()):
            given = any(line in stub for stub in stubs)
            if line.startswith("return ") and len(line) > 24 and not given:
                assert line not in code


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_all_solutions_of_a_solved_notebook_are_found(path):
    number = f"{int(path.stem[:2])}."
    code = "\n".join(cell.source for cell in solve(read(path)).cells)
    assert set(leaks(code, HIDDEN)) >= {name for name in HIDDEN if name.startswith(number)}


def test_the_search_of_a_site_sees_all_but_dropdowns(tmp_path):
    dropdown = f'<div class="solution dropdown"><pre>{BODY}</pre></div>'
    marked = "<pre><span>return</span> <span>0.25</span><b>**</b> <i>layers</i></pre>"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(BODY)])
    files = {"closed.html": dropdown, "open.html": f"<p>{BODY}</p>{dropdown}"}
    files |= {"marked.html": marked, "download.ipynb": nbformat.writes(notebook)}
    files["index.js"] = 'x = {"source": "return 0.25 ** layers"}'
    files["solved.zip"] = ""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = leaks_of_site(tmp_path, HIDDEN)
    assert found.pop("solved.zip")
    assert found == {name: [SECRET] for name in files.keys() - {"closed.html", "solved.zip"}}
