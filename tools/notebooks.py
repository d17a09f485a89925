"""Read, solve, run and validate the book's notebooks.

Used by the tests, and from the command line to store fresh outputs::

    python tools/notebooks.py book/02_activations.ipynb
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbclient import NotebookClient

from minidl.teaching.mistakes import plain

# Running a notebook here leaves no my_minidl.py behind, and reads none.
os.environ["MINIDL_OWN"] = "off"

ROOT = Path(__file__).resolve().parent.parent
WIDGET = "application/vnd.jupyter.widget-view+json"
CHAPTERS = sorted((ROOT / "book").glob("[0-9][0-9]_*.ipynb"))


def read(path):
    """Read a notebook."""
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    """List its code cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def as_python(source):
    """Return a cell's source with IPython's own syntax, such as ``%pip``, turned into Python."""
    return TransformerManager().transform_cell(source)


def is_exercise(cell):
    """Whether a cell is a stub that the reader fills."""
    return "exercise" in cell.metadata.get("tags", [])


def text_outputs(cell):
    """List what a cell shows, pictures aside."""
    return [
        output.get("text") or output.get("data", {}).get("text/plain")
        for output in cell.outputs
        if "image/png" not in output.get("data", {})
    ]


def run(notebook):
    """Execute a notebook in a fresh kernel, in place, and leave no volatile metadata."""
    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        resources={"metadata": {"path": str(ROOT / "book")}},
    )
    client.comm_open_handlers = {}  # what a dial shows is its cell's output, as nbval has it
    client.execute()
    notebook.metadata.pop("language_info", None)
    notebook.metadata.kernelspec = {
        "name": "python3",
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
    }
    for output in (output for cell in code_cells(notebook) for output in cell.outputs):
        output.get("data", {}).pop(WIDGET, None)  # its number is another one in each run
    return notebook


def validate(notebook, folder):
    """Run nbval with the book's hook on a notebook, in an empty folder; return the process."""
    book = folder / "book"
    book.mkdir()
    shutil.copy(ROOT / "book" / "conftest.py", book)
    nbformat.write(notebook, book / "notebook.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q", book]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder)


def pages():
    """List the book's pages, without endings, as the table of contents has them."""
    return re.findall(r"\b(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text())


def definitions(source):
    """Map names to the classes and functions that a piece of code defines at its top."""
    return {
        node.name: node
        for node in ast.parse(as_python(source)).body
        if isinstance(node, (ast.ClassDef, ast.FunctionDef))
    }


def package_definition(thing):
    """Syntax tree of a class or function of the package, as readers see it."""
    return ast.parse(plain(thing)).body[0]


def is_stub(function):
    """Whether a function of a cell only raises ``NotImplementedError("Exercise …")``."""
    last = function.body[-1]
    return isinstance(last, ast.Raise) and "NotImplementedError('Exercise" in ast.unparse(last)


def fill(stub, solution):
    """Fill the stubs of a cell's class or function with the solution's own code.

    So a reader who got it right would leave it: what was given is kept.
    """
    tree = ast.parse(stub)
    theirs = package_definition(solution)
    (definition,) = (node for node in tree.body if getattr(node, "name", "") == theirs.name)
    if isinstance(definition, ast.FunctionDef):
        definition.body = theirs.body
    else:
        methods = {node.name: node for node in theirs.body if isinstance(node, ast.FunctionDef)}
        for method in definition.body:
            if isinstance(method, ast.FunctionDef) and is_stub(method):
                method.body = methods[method.name].body
    return ast.unparse(tree)


def solve(notebook):
    """Fill every stub of a notebook with its solution, in place."""
    from minidl.teaching.exercises import EXERCISES

    solutions = {exercise.number: exercise.solution for exercise in EXERCISES.values()}
    for cell in code_cells(notebook):
        if is_exercise(cell):
            number = cell.source.split('NotImplementedError("Exercise ')[1].split(":")[0]
            cell.source = fill(cell.source, solutions[number])
    return notebook


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:] or CHAPTERS):
        nbformat.write(run(read(path)), path)
        print(path)
