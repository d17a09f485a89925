"""Answers that go wrong badly: none hangs, and none spoils what comes after its check."""

import os
import random
import re
import signal
import sys
import time

import numpy as np
import pytest
import torch
from answers import cell, verdict
from notebooks import CHAPTERS, code_cells, is_exercise, read, run, text_outputs

import minidl
from minidl.teaching import guard

#: Lines of ``balanced_radius`` that do harm, and what the check says.  Each is tried with
#: a right result after it, so that nothing but the harm is wrong.
HARM = {
    "an endless loop": (
        "while True: pass",
        "`balanced_radius` did not come to an end within 0.5 seconds, in line 2 of your cell",
    ),
    "an endless loop that catches everything": (
        "while True:\n        try:\n            side + 1\n        except:\n            pass",
        "did not come to an end within 0.5 seconds",
    ),
    "an endless sleep": (
        "import time; time.sleep(1000)",
        "did not come to an end within 0.5 seconds",
    ),
    "a list that grows for ever": (
        "a = []\n    while True: a.append(b'x' * 10**6)",
        "takes more than 64 MB of memory, in line 3 of your cell",
    ),
    "a tensor larger than any memory": (
        "torch.ones(10**15)",
        "raises RuntimeError",
    ),
    "deep recursion": ("return balanced_radius(side)", "raises RecursionError"),
    "a higher recursion limit": (
        "import sys; sys.setrecursionlimit(10**6)",
        "changes Python's recursion limit, in line 2 of your cell",
    ),
    "exit": ("exit()", "would end Python, and the notebook with it, in line 2 of your cell"),
    "quit": ("quit()", "would end Python"),
    "sys.exit": ("import sys; sys.exit()", "would end Python"),
    "os._exit": ("import os; os._exit(0)", "would end Python"),
    "abort": ("import os; os.abort()", "would end Python"),
    "a signal to itself": (
        "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
        "would send a signal to a process",
    ),
    "a gigabyte in one line": ("print('x' * 10**9)", "prints more than 10,000 characters"),
    "a gigabyte in many": ("while True: print('again')", "prints more than 10,000 characters"),
    "warnings without end": (
        "import sys\n    while True: print('again', file=sys.stderr)",
        "prints more than 10,000 characters",
    ),
    "float64 everywhere": (
        "torch.set_default_dtype(torch.float64)",
        "changes PyTorch's default dtype, in line 2 of your cell",
    ),
    "another device everywhere": (
        "torch.set_default_device('meta')",
        "changes PyTorch's default device",
    ),
    "gradients off": ("torch.set_grad_enabled(False)", "changes PyTorch's grad mode"),
    "a seed of its own": ("torch.manual_seed(0)", "changes PyTorch's seed"),
    "other threads": (
        "torch.set_num_threads(torch.get_num_threads() + 1)",
        "changes PyTorch's number of threads",
    ),
    "deterministic algorithms": (
        "torch.use_deterministic_algorithms(True)",
        "changes PyTorch's choice of deterministic algorithms",
    ),
    "another torch.relu": (
        "torch.relu = torch.tanh",
        "your code puts something else in the place of `torch.relu`",
    ),
    "another method of all tensors": (
        "torch.Tensor.add_ = lambda self, other: self",
        "your code puts something else in the place of `Tensor.add_`",
    ),
    "another minidl": (
        "import minidl; minidl.linear.Linear.forward = None",
        "your code puts something else in the place of `Linear.forward`",
    ),
    "half of minidl gone": (
        "import minidl; del minidl.data.disc",
        "your code puts something else in the place of `minidl.data.disc`",
    ),
    "pi is 3": ("math.pi = 3", "your code puts something else in the place of `math.pi`"),
    "a file deleted": (
        "import os; os.remove('precious')",
        "would delete 'precious', which no exercise needs; it was kept from it, in line 2",
    ),
    "a file unlinked": (
        "import pathlib; pathlib.Path('precious').unlink()",
        "would delete 'precious'",
    ),
    "a file emptied": ("open('precious', 'w')", "would write to 'precious'"),
    "a folder deleted": ("import shutil; shutil.rmtree('folder')", "would delete the folder"),
    "a file saved": ("torch.save(torch.zeros(3), 'precious')", "would save a file"),
    "a file renamed": ("import os; os.rename('precious', 'gone')", "would rename 'precious'"),
    "another folder": ("import os; os.chdir('folder')", "would change to the folder 'folder'"),
    "a command": ("import os; os.system('rm precious')", "would run a command of the system"),
    "a process": (
        "import subprocess; subprocess.run(['rm', 'precious'])",
        "would start a process",
    ),
    "a fork": ("import os; os.fork()", "would start a process"),
    "an exception of its own kind": (
        "class Stop(BaseException): pass\n    raise Stop",
        "raises Stop",
    ),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with something to lose, to work in."""
    (tmp_path / "precious").write_text("all of it")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def world(folder):
    """All that a later cell relies on."""
    names = [torch.relu, torch.Tensor.add_, minidl.Linear.forward, minidl.data.disc]
    numbers = [torch.rand(3).tolist(), random.random(), np.random.rand()]  # noqa: NPY002
    files = sorted((path.name, path.is_file() and path.read_text()) for path in folder.iterdir())
    streams = sys.stdout, sys.stderr, sys.gettrace(), signal.getsignal(signal.SIGINT)
    settings = [value for (name, *_), value in zip(guard.SETTINGS, guard.settings(), strict=True)]
    return names, numbers, files, streams, settings, os.getcwd(), sys.dont_write_bytecode


def seed():
    torch.manual_seed(7)
    random.seed(7)
    np.random.seed(7)  # noqa: NPY002


@pytest.mark.parametrize("case", HARM)
def test_harm_is_kept_off_and_named(case, folder, capsys, monkeypatch):
    line, said = HARM[case]
    if "memory" in said:
        monkeypatch.setattr(guard, "MEMORY", 2**26)
    seed()
    before = world(folder)
    source = f"def balanced_radius(side):\n    {line}\n    return side / math.sqrt(2 * math.pi)\n"
    answer = cell(source, "balanced_radius")
    seed()
    start = time.monotonic()
    out, result = verdict(capsys, "balanced-radius", answer, limit=0.5 if "0.5" in said else 5)
    assert time.monotonic() - start < 10
    assert len(out) < 12_000
    assert said in out and "not yet" in out and "minidl/" not in out, out[-1000:]
    assert result is minidl.balanced_radius
    assert world(folder) == before


LIARS = {
    "a tensor that lies about its shape": (
        "class Liar(torch.Tensor):\n    shape = torch.Size((5, 3))\n",
        "return torch.zeros(7).as_subclass(Liar)",
        "`forward` returns a `Liar`, expected a plain tensor",
    ),
    "a thing that says it has a shape": (
        "class Liar:\n    shape = (5, 3)\n    dtype = torch.float64\n",
        "return Liar()",
        "y: this is a Liar, expected a tensor of shape (5, 3)",
    ),
    "a thing that says it is a tensor": (
        "class Liar:\n    __class__ = torch.Tensor\n    shape = (5, 3)\n",
        "return Liar()",
        "expected a plain tensor",
    ),
    "a thing that equals everything": (
        "class Liar:\n    def __eq__(self, other):\n        return True\n",
        "return Liar()",
        "y: this is a Liar, expected a tensor of shape (5, 3)",
    ),
    "a thing that cannot be looked at": (
        "class Liar:\n    def __getattribute__(self, name):\n        raise KeyError(name)\n",
        "return Liar()",
        "not yet",
    ),
    "a thing that never ends": (
        "class Liar:\n    @property\n    def __class__(self):\n        while True: pass\n",
        "return Liar()",
        "did not come to an end",
    ),
}


@pytest.mark.parametrize("case", LIARS)
def test_a_result_that_lies_is_not_believed(case, capsys):
    before, line, said = LIARS[case]
    source = f"{before}\nclass Tanh(Module):\n    def forward(self, x):\n        {line}\n"
    out, result = verdict(capsys, "tanh", cell(source, "Tanh"), limit=0.5)
    assert said in out and "not yet" in out, out
    assert result is minidl.Tanh


def test_a_reader_s_own_prints_are_shown_once(capsys):
    source = (
        "def balanced_radius(side):\n    print('side is', side)\n"
        "    return side / math.sqrt(math.pi)\n"
    )
    out, _ = verdict(capsys, "balanced-radius", cell(source, "balanced_radius"))
    assert "not yet" in out and "Hint" in out
    assert out.count("side is 2.0") == 1


def test_what_a_cell_outside_the_exercise_changed_is_set_back_and_said(capsys):
    relu = torch.relu
    torch.set_default_dtype(torch.float64)
    torch.relu = None
    out, _ = verdict(capsys, "balanced-radius", cell(RIGHT, "balanced_radius"))
    assert out.startswith(
        "Before this check PyTorch's default dtype had been changed; it has been set back.\n"
        "Before this check something stood in the place of `torch.relu`; it has been put back.\n"
    )
    assert "passed" in out
    assert torch.get_default_dtype() == torch.float32 and torch.relu is relu


RIGHT = "def balanced_radius(side):\n    return side / math.sqrt(2 * math.pi)\n"


def test_the_time_limit_holds_where_the_system_has_no_timer(capsys, monkeypatch):
    monkeypatch.delattr(signal, "setitimer")
    line, _ = HARM["an endless loop"]
    source = f"def balanced_radius(side):\n    {line}\n"
    out, _ = verdict(capsys, "balanced-radius", cell(source, "balanced_radius"), limit=0.5)
    assert "did not come to an end within 0.5 seconds" in out
    out, _ = verdict(capsys, "balanced-radius", cell(RIGHT, "balanced_radius"), limit=0.5)
    assert "passed" in out
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_still_stops_a_check(capsys):
    source = "def balanced_radius(side):\n    raise KeyboardInterrupt\n"
    with pytest.raises(KeyboardInterrupt):
        verdict(capsys, "balanced-radius", cell(source, "balanced_radius"))


#: One accident after another in the stubs of chapter 2, by the number of the exercise.
IN_A_CHAPTER = {
    "2.1": "torch.set_default_dtype(torch.float64)",
    "2.2": "exit()",
    "2.3": "print('x' * 10**8)",
    "2.4": "import minidl; minidl.Tanh.forward = None",
}


def test_the_other_cells_of_a_chapter_do_not_notice():
    """In a kernel, as a reader has it: there ``exit`` is IPython's own."""
    stored, broken = read(CHAPTERS[1]), read(CHAPTERS[1])
    harmed = set()
    for stub in filter(is_exercise, code_cells(broken)):
        for number, harm in IN_A_CHAPTER.items():
            if f"Exercise {number}:" in stub.source:
                stub.source = re.sub("raise NotImplementedError.*", harm, stub.source)
                harmed.add(number)
    assert harmed == IN_A_CHAPTER.keys()
    run(broken)
    for before, after in zip(code_cells(stored), code_cells(broken), strict=True):
        if " = check(" in after.source:
            (text,) = text_outputs(after)
            assert "not yet" in text and len(text) < 12_000
        else:
            assert text_outputs(after) == text_outputs(before)
