"""The notebooks: code equal to the package's, outputs stored, solvable to the end.

That the stored outputs are those of a fresh run is proven by nbval, which runs over
``book/`` beside these tests.
"""

import ast
import json
import re

import pytest
from notebooks import (
    CHAPTERS,
    code_cells,
    definitions,
    is_exercise,
    is_stub,
    package_definition,
    pages,
    read,
)

import minidl
from minidl import checkpoint, distributed, paper
from minidl.fast import compiled, plan
from minidl.teaching.mistakes import bare

#: What each chapter works through, by name: these must be in it, and equal to the package's.
WORKED = {
    "01_problem": {"disc", "error_rate", "Fold", "disc_fold"},
    "02_activations": {"Module", "Sigmoid"},
    "03_linear": {"Linear"},
    "04_loss": {"MSELoss"},
    "05_sequential": {"Sequential"},
    "06_sgd": {"SGD", "accumulate_batch"},
    "07_experiment": set(),
    "08_autograd": set(),
    "09_speed": {"Weights", "Place", "relu_slope_"},
    "10_distributed": set(),
}
CHAPTER = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def package(name):
    """Find a name in the package, or return None."""
    places = (minidl, minidl.data, paper, plan, compiled, distributed, checkpoint)
    return next((getattr(place, name) for place in places if hasattr(place, name)), None)


def is_all_stub(definition):
    """Whether a function, or every method of a class, is left to the reader."""
    methods = [part for part in definition.body if isinstance(part, ast.FunctionDef)]
    functions = methods if isinstance(definition, ast.ClassDef) else [definition]
    return bool(functions) and all(map(is_stub, functions))


def compare(cell_definition, thing):
    """Compare a cell's class or function with the package's, stubs aside."""
    ours, theirs = bare(cell_definition), package_definition(thing)
    if isinstance(ours, ast.ClassDef):
        stubs = {f.name for f in ours.body if isinstance(f, ast.FunctionDef) and is_stub(f)}
        for tree in (ours, theirs):
            tree.body = [part for part in tree.body if getattr(part, "name", None) not in stubs]
    assert ast.unparse(ours) == ast.unparse(theirs)


@CHAPTER
def test_code_of_the_chapter_is_code_of_the_package(path):
    compared = set()
    for cell in code_cells(read(path)):
        for name, definition in definitions(cell.source).items():
            thing = package(name)
            if thing is not None and not is_all_stub(definition):
                compare(definition, thing)
                compared.add(name)
    assert compared == WORKED[path.stem]


#: Where nbval would leave an output out of the comparison.
IGNORED = re.compile(
    r"nbval[-_ ]?(ignore|skip|raises)|(ignore|skip)[-_ ]?output|raises-exception", re.I
)

#: What a cell may know about itself; a time, a path or a scroll position would be different
#: on each machine.
CELL_METADATA = {"tags", "mystnb"}
NOTEBOOK_METADATA = {"kernelspec"}
KINDS = {"stream", "display_data", "execute_result"}
LARGEST = 700_000  # a thousand points in each of four panels, at twice a page's density


def complaints(notebook):
    """List all that would keep an output from being compared, or from being the same again."""
    cells = code_cells(notebook)
    found = []
    if [cell.execution_count for cell in cells] != list(range(1, len(cells) + 1)):
        found.append("execution counts")
    if notebook.metadata.keys() - NOTEBOOK_METADATA:
        found.append("metadata of the notebook")
    for cell in notebook.cells:
        tags = " ".join(cell.metadata.get("tags", []))
        if IGNORED.search(tags) or (cell.cell_type == "code" and IGNORED.search(cell.source)):
            found.append("ignored")
        if cell.metadata.keys() - CELL_METADATA:
            found.append("metadata of a cell")
    for output in (output for cell in cells for output in cell.outputs):
        if output.output_type not in KINDS or output.get("name") == "stderr":
            found.append("error")
        if output.get("metadata") and output.metadata.keys() - {"image/png"}:
            found.append("metadata of an output")
        if len(json.dumps(output)) > LARGEST:
            found.append("size")
        if re.search(r" at 0x[0-9a-f]{6}|/home/|/tmp/|/Users/|<ipython-input", json.dumps(output)):
            found.append("address")
    return found


@CHAPTER
def test_every_output_is_stored_compared_and_the_same_everywhere(path):
    assert complaints(read(path)) == []


@CHAPTER
def test_every_picture_has_caption_name_and_description(path):
    for cell in code_cells(read(path)):
        on_page = "remove-cell" not in cell.metadata.get("tags", [])
        if on_page and any("image/png" in output.get("data", {}) for output in cell.outputs):
            settings = cell.metadata.mystnb
            assert len(settings.image.alt) > 40
            assert len(settings.figure.caption) > 20
            assert settings.figure.name.startswith("fig-")


@CHAPTER
def test_exercise_prompt_hints_stub_check_and_solution_stand_in_this_order(path):
    cells = read(path).cells
    places = [i for i, cell in enumerate(cells) if is_exercise(cell)]
    assert len(places) >= 2
    for i in places:
        prompt, stub, checked, solution = cells[i - 1 : i + 3]
        label = re.search(r":::\{exercise\}.*\n:label: (ex-[\w-]+)", prompt.source)[1]
        assert prompt.source.count("{admonition} Hint") >= 2
        assert stub.source.count("raise NotImplementedError") >= 1
        assert re.fullmatch(r"(\w+) = check\(\"[\w-]+\", \1\)", checked.source)
        assert solution.source.startswith(f"::::{{solution}} {label}\n:class: dropdown\n")
        assert ":::{literalinclude} ../minidl/" in solution.source


def test_every_chapter_is_in_the_table_of_contents():
    chapters = [page for page in pages() if re.match(r"book/\d", page)]
    assert chapters == [f"book/{path.stem}" for path in CHAPTERS]
