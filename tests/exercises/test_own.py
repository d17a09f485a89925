"""The reader's own framework: gathered by the checks, and run on the paper's experiment."""

import ast
import linecache
import subprocess
import sys

import pytest
from notebooks import CHAPTERS, as_python, code_cells, is_exercise, read, solve

import minidl
from minidl.__main__ import main
from minidl.paper import Setting, run
from minidl.teaching import own, progress
from minidl.teaching.exercises import EXERCISES


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder in which checks may write."""
    monkeypatch.setenv("MINIDL_OWN", "on")
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Notebook:
    """Cells run one after another in one namespace, as in a kernel."""

    def __init__(self):
        self.namespace = {"__name__": "__main__", "In": []}
        self.count = 0

    def run(self, source):
        self.count += 1
        file = f"<cell {id(self)} {self.count}>"
        self.namespace["In"].append(source)
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        exec(compile(source, file, "exec"), self.namespace)
        return self.namespace

    def check(self, key, *cells):
        """Run cells and a check; a whole chapter of a reader's work."""
        for source in cells:
            self.run(source)
        self.run(f'check("{key}", {EXERCISES[key].name})')


RELU = """class ReLU(Module):
    def forward(self, x):
        return x.clamp(min=0)

    def backward(self, x, y, grad):
        return grad * (x > 0)
"""
TANH = """class Tanh(Module):
    def forward(self, x):
        return torch.tanh(x)

    def backward(self, x, y, grad):
        return grad * one_minus_square(y)
"""


def chapter2():
    notebook = Notebook()
    notebook.run("import torch\nfrom minidl import Module\nfrom minidl.teaching import check\n")
    return notebook


def test_passed_answers_are_gathered_in_order_with_what_they_need(folder, capsys):
    notebook = chapter2()
    notebook.run("def square(y):\n    return y * y\n")
    notebook.check("tanh", "def one_minus_square(y):\n    return 1 - square(y)\n", TANH)
    notebook.check("relu", RELU)
    assert capsys.readouterr().out.count("Kept in my_minidl.py.") == 2

    text = (folder / "my_minidl.py").read_text()
    assert text.index("class ReLU") < text.index("class Tanh")
    assert RELU in text and TANH in text
    assert "import torch\nfrom minidl import Module\n\n\n# ---- Exercise 2.1" in text
    assert text.index("def square") < text.index("def one_minus_square") < text.index("class Tanh")
    module = own.load(folder / "my_minidl.py")
    x = minidl.disc(5)[0]
    y = module.Tanh().forward(x)
    assert module.Tanh().backward(x, y, x).equal(x * (1 - y * y))
    assert module.ReLU.__module__ == "my_minidl"


def test_passing_again_replaces_and_failing_changes_nothing(folder):
    notebook, file = chapter2(), folder / "my_minidl.py"
    notebook.check("relu", RELU)
    first = file.read_text()
    notebook.check("relu", RELU.replace("x > 0", "x < 0"))
    assert file.read_text() == first
    notebook.check("relu", RELU.replace("x > 0", "y > 0"))
    assert file.read_text() == first.replace("x > 0", "y > 0")
    assert [path.name for path in folder.iterdir()] == ["my_minidl.py"]


def test_what_is_edited_by_hand_stays_but_for_the_section_of_a_passed_answer(folder):
    notebook, file = chapter2(), folder / "my_minidl.py"
    notebook.check("relu", RELU)
    text = file.read_text()
    file.write_text(f"# my remark\n{text.replace('x > 0', 'x >= 0')}")
    notebook.check("tanh", TANH.replace("one_minus_square(y)", "(1 - y * y)"))
    assert file.read_text().startswith("# my remark\n") and "x >= 0" in file.read_text()
    notebook.check("relu")
    assert "x >= 0" not in file.read_text() and "class Tanh" in file.read_text()


def test_nothing_is_written_while_notebooks_are_validated(folder, monkeypatch, capsys):
    monkeypatch.setenv("MINIDL_OWN", "off")
    chapter2().check("relu", RELU)
    assert list(folder.iterdir()) == []
    assert "Kept" not in capsys.readouterr().out


def test_a_file_that_cannot_be_written_is_said_and_the_answer_still_counts(folder, capsys):
    (folder / "my_minidl.new").mkdir()
    notebook = chapter2()
    notebook.run(RELU)
    namespace = notebook.run('result = check("relu", ReLU)')
    assert namespace["result"] is namespace["ReLU"]
    assert "It passed, but was not kept in my_minidl.py: " in capsys.readouterr().out
    assert not (folder / "my_minidl.py").exists()


#: Cells before the check of ReLU, and what of them the file is to hold.
NEEDS = [
    (["SLOPE = 1.0", RELU.replace("(x > 0)", "(x > 0) * SLOPE")], "SLOPE = 1.0"),
    (["class Base(Module):\n    pass", RELU.replace("Module", "Base")], "class Base(Module):"),
    (["from functools import partial", RELU + "KEEP = partial(torch.clamp, min=0)\n"], RELU),
    ([RELU + "\nfor k in range(2):\n    print(k)\n"], RELU),
    (["import numpy as np", RELU.replace("min=0", "min=np.float64(0).item()")], "numpy as np"),
    (["from torch import clamp", RELU.replace("x.clamp(", "clamp(x, ")], "from torch import clamp"),
    (["from math import *", RELU.replace("min=0", "min=sin(0)")], "from math import *"),
]


@pytest.mark.parametrize(("cells", "expected"), NEEDS)
def test_what_an_answer_needs_is_taken_along_and_nothing_else(folder, capsys, cells, expected):
    chapter2().check("relu", *cells)
    assert capsys.readouterr().out.endswith("\nKept in my_minidl.py.\n")
    text = (folder / "my_minidl.py").read_text()
    assert expected in text
    assert "print(" not in text and "KEEP" not in text
    own.load(folder / "my_minidl.py").ReLU()


def test_what_cannot_be_kept_is_said_and_counts_as_passed(folder, capsys):
    book = "def balanced_radius(side):\n    import minidl\n    from minidl import balanced_radius\n"
    notebook = chapter2()
    notebook.check("balanced-radius", f"{book}    return minidl.balanced_radius(side)\n")
    notebook.check("relu", f"exec({RELU!r})")
    said = capsys.readouterr().out
    progress(1)
    progress(2)
    shown = capsys.readouterr().out
    assert "✓ 1.1 balanced_radius" in shown and "1 of 3 exercises passed." in shown
    for title, reason in (
        ("1.1 balanced_radius", "it uses the book's own `balanced_radius`"),
        ("2.1 ReLU", "the cell that defines `ReLU` was not found"),
    ):
        assert f"It passed, but was not kept in my_minidl.py: {reason}" in said
        assert f"{title}: It passed, but was not kept: {reason}" in shown
        assert f"experiment still needs {title}" in shown
    chapter2().check("relu", RELU)
    progress(2)
    assert "not kept" not in capsys.readouterr().out


def test_two_helpers_of_one_name_are_not_mixed_up(folder, capsys):
    notebook = chapter2()
    helper = "def helper(y):\n    return y > 0\n"
    notebook.check("relu", helper, RELU.replace("x > 0", "helper(y)"))
    other = helper.replace("y > 0", "1 - y * y")
    notebook.check("tanh", other, TANH.replace("one_minus_square", "helper"))
    assert "`helper` is also defined for exercise 2.1 (ReLU)" in capsys.readouterr().out
    text = (folder / "my_minidl.py").read_text()
    assert helper in text and other not in text


def test_a_file_with_a_mistake_or_another_encoding_is_left_alone(folder, capsys):
    notebook = chapter2()
    notebook.check("relu", RELU)
    file = folder / "my_minidl.py"
    whole = file.read_bytes()
    for broken in (whole + b"# \xe9\n", whole + b"def oops(:\n"):
        file.write_bytes(broken)
        capsys.readouterr()
        notebook.check("relu")
        assert "It passed, but was not kept" in capsys.readouterr().out
        assert file.read_bytes() == broken
        progress(2)
        shown = capsys.readouterr().out
        assert "my_minidl.py cannot be read: " in shown and "0 of 4 exercises passed." in shown
        assert own.framework() == "minidl"
    out = capsys.readouterr().out
    assert "cannot be imported: SyntaxError" in out and "Still missing" not in out


def definitions_of(source):
    """Cut a cell down to what a later one may need: imports, definitions, constants."""

    def is_needed(node):
        if isinstance(node, ast.Assign):
            name = ast.unparse(node.targets[0])
            return name.isupper() and len(name) > 1
        if any("interact" in ast.unparse(part) for part in getattr(node, "decorator_list", [])):
            return False  # a figure with dials
        return isinstance(node, (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef))

    return "\n".join(map(ast.unparse, filter(is_needed, ast.parse(as_python(source)).body)))


def solve_book(chapters):
    """Work through the exercises of chapters in this folder, as a reader would."""
    for path in chapters:
        notebook = Notebook()
        for cell in code_cells(solve(read(path))):
            whole = is_exercise(cell) or " = check(" in cell.source
            notebook.run(cell.source if whole else definitions_of(cell.source))


def command(*arguments):
    line = [sys.executable, "-m", "minidl", "train", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def test_the_whole_book_solved_reproduces_the_table(folder, capsys):
    """The reader's own classes give the very numbers that minidl gives."""
    solve_book(CHAPTERS)
    file = folder / "my_minidl.py"
    said = capsys.readouterr().out
    assert said.count(": passed.") == said.count("Kept in my_minidl.py.") == len(EXERCISES)
    assert main(["progress", str(file)]) == 0
    shown = capsys.readouterr().out
    assert shown.count("✓") == len(EXERCISES)
    assert shown.endswith(f"{len(EXERCISES)} of {len(EXERCISES)} exercises passed.\n")
    module = own.load(file)
    assert own.missing(module) == []
    del module.standardize
    assert own.missing(module) == ["standardize (exercise 7.3)"]
    assert own.missing(module, Setting.as_printed()) == []
    assert run(Setting.as_printed(repeats=1, epochs=1), module).histories
    assert "raise NotImplementedError" not in file.read_text()
    for options in ([], ["--as-printed"], ["--per-sample", "--repeats", 1, "--epochs", 1]):
        theirs, ours = command("--framework", file, *options), command(*options)
        assert theirs.returncode == 0, theirs.stderr
        said = theirs.stdout.replace("Your framework, ", "Custom framework, ")
        assert said.split() == ours.stdout.split()
    capsys.readouterr()
    assert own.framework().__name__ == "my_minidl"
    assert "runs on your own code" in capsys.readouterr().out


def test_what_is_missing_is_named(folder, capsys):
    progress()
    shown = capsys.readouterr().out
    assert shown.startswith("There is no my_minidl.py here;")
    assert f"\n0 of {len(EXERCISES)} exercises" in shown
    assert shown.count("·") == len(EXERCISES) and max(map(len, shown.splitlines())) <= 79
    solve_book(CHAPTERS[:2])
    capsys.readouterr()
    progress(3)
    assert capsys.readouterr().out == (
        "3  · 3.1 count_parameters  · 3.2 Linear  · 3.3 per_sample_weight_grads\n"
        "   · 3.4 xavier_std\n"
        "0 of 4 exercises passed.\n"
        "The paper's experiment still needs 3.2 Linear, 3.4 xavier_std.\n"
    )
    done = command("--framework", "my_minidl.py")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 2  # the usage and the reason
    assert "not whole yet, it lacks Linear (exercise 3.2), xavier_std (exercise 3.4)" in done.stderr
    capsys.readouterr()
    assert own.framework() == "minidl"
    missing = "from your framework:\nexercises 3.2, 3.4, 4.1, 5.1, 6.4, 7.1,\n7.3.\n"
    assert missing in capsys.readouterr().out


def test_the_needed_parts_carry_the_numbers_of_their_exercises():
    names = {exercise.number: exercise.name for exercise in EXERCISES.values()}
    assert {number: names.get(number) for number in own.NEEDED} == own.NEEDED
