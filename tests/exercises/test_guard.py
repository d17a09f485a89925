"""Answers that slip badly: none hangs, and none spoils what comes after its check."""

import re
import signal
import sys
import time

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
    "exit": ("exit()", "would end Python, and the notebook with it, in line 2 of your cell"),
    "sys.exit": ("import sys; sys.exit()", "would end Python"),
    "a gigabyte in one line": ("print('x' * 10**9)", "prints more than 10,000 characters"),
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
    "an exception of its own kind": (
        "class Stop(BaseException): pass\n    raise Stop",
        "raises Stop",
    ),
}


def world():
    """All that a later cell relies on."""
    streams = sys.stdout, sys.stderr, sys.gettrace(), signal.getsignal(signal.SIGINT)
    return torch.rand(3).tolist(), streams, guard.settings()


@pytest.mark.parametrize("case", HARM)
def test_harm_is_kept_off_and_named(case, capsys):
    line, said = HARM[case]
    torch.manual_seed(7)
    before = world()
    source = f"def balanced_radius(side):\n    {line}\n    return side / math.sqrt(2 * math.pi)\n"
    answer = cell(source, "balanced_radius")
    torch.manual_seed(7)
    start = time.monotonic()
    out, result = verdict(capsys, "balanced-radius", answer, limit=0.5 if "0.5" in said else 5)
    assert time.monotonic() - start < 10
    assert len(out) < 12_000
    assert said in out and "not yet" in out and "minidl/" not in out, out[-1000:]
    assert result is minidl.balanced_radius
    assert world() == before


def test_a_reader_s_own_prints_are_shown_once(capsys):
    source = (
        "def balanced_radius(side):\n    print('side is', side)\n"
        "    return side / math.sqrt(math.pi)\n"
    )
    out, _ = verdict(capsys, "balanced-radius", cell(source, "balanced_radius"))
    assert "not yet" in out and "Hint" in out
    assert out.count("side is 5.0") == 1


def test_what_a_cell_outside_the_exercise_changed_is_set_back_and_said(capsys):
    torch.set_default_dtype(torch.float64)
    out, _ = verdict(capsys, "balanced-radius", cell(RIGHT, "balanced_radius"))
    assert out.startswith(
        "Before this check PyTorch's default dtype had been changed; it has been set back.\n"
    )
    assert "passed" in out
    assert torch.get_default_dtype() == torch.float32


RIGHT = "def balanced_radius(side):\n    return side / math.sqrt(2 * math.pi)\n"


def test_the_time_limit_holds_where_no_thread_can_be_sent_a_signal(capsys, monkeypatch):
    monkeypatch.delattr(signal, "pthread_kill")
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
    "2.4": "while True: pass",
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
