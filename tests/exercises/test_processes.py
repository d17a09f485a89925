"""Programs of a notebook on several processes: what they print, and that nothing stays."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import torch
from torch import distributed as dist

from minidl.teaching.processes import launch

FACTOR = 3


def own_part():
    return torch.full((2,), float(FACTOR)) * (dist.get_rank() + 1)


def adds():
    total = own_part()
    dist.all_reduce(total)
    print("rank", dist.get_rank(), "has", total.tolist())


def waits():
    print("rank", dist.get_rank(), "waits", flush=True)
    if dist.get_rank() == 1:
        dist.all_reduce(torch.ones(1))
    else:
        time.sleep(600)


def fails():
    raise ValueError("of a kind")


def killed():
    print("rank", dist.get_rank(), "begins", flush=True)
    dist.barrier()
    if dist.get_rank() == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(600)


def left(folder):
    """List what is left: files, and processes that were started from there."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any(str(folder) in part for part in process.info["cmdline"] or []):
            found.append(process)
    return [*Path(folder).iterdir(), *found]


def run(monkeypatch, folder, *arguments, **options):
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    launch(*arguments, **options)
    assert left(folder) == []


def test_a_function_runs_with_what_it_uses_and_ranks_are_shown_in_order(
    monkeypatch, tmp_path, capfd
):
    run(monkeypatch, tmp_path, adds, 2)
    assert capfd.readouterr().out == "rank 0 has [9.0, 9.0]\nrank 1 has [9.0, 9.0]\n"


def test_a_text_and_a_module_run_and_options_reach_torchrun(monkeypatch, tmp_path, capfd):
    text = "import os; print(os.environ['RANK'], os.environ['TORCHELASTIC_MAX_RESTARTS'])"
    run(monkeypatch, tmp_path, text, 2, max_restarts=1)
    assert capfd.readouterr().out == "0 1\n1 1\n"
    run(monkeypatch, tmp_path, ["-m", "platform", "terse"], 1)
    assert capfd.readouterr().out.count("\n") == 1


def test_an_error_is_one_line_for_each_rank(monkeypatch, tmp_path, capfd):
    run(monkeypatch, tmp_path, fails, 2)
    captured = capfd.readouterr()
    assert "[rank0]: ValueError: of a kind\n" in captured.out
    assert captured.out.count("\n") <= 2 and captured.err == ""


def test_a_program_that_cannot_be_started_is_explained(monkeypatch, tmp_path, capfd):
    run(monkeypatch, tmp_path, ["-m", "there_is_no_such_module"], 1)
    assert "there_is_no_such_module" in capfd.readouterr().out


def test_a_program_that_hangs_is_ended(monkeypatch, tmp_path, capfd):
    begin = time.monotonic()
    run(monkeypatch, tmp_path, waits, 2, timeout=1)
    said = "rank 0 waits\nrank 1 waits\nStopped after 1 s, still running: rank 0, rank 1.\n"
    assert capfd.readouterr().out == said
    assert time.monotonic() - begin < 60


def test_a_process_that_is_killed_takes_the_others_along(monkeypatch, tmp_path, capfd):
    run(monkeypatch, tmp_path, killed, 2, timeout=60)
    assert capfd.readouterr().out == "rank 0 begins\nrank 1 begins\n"


def test_an_interrupt_leaves_no_process_and_no_file(tmp_path):
    code = "from test_processes import *; launch(waits, 2, timeout=600)"
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    reader = subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": path},
        stderr=subprocess.PIPE,
        text=True,
    )
    begin = time.monotonic()
    while len(list(tmp_path.glob("*/begun-*"))) < 2:
        assert time.monotonic() < begin + 120
        time.sleep(0.1)
    started = [child for child in psutil.Process(reader.pid).children(recursive=True)]
    assert len(started) >= 3  # torchrun, and two ranks
    reader.send_signal(signal.SIGINT)
    _, said = reader.communicate(timeout=60)
    assert said.strip().splitlines()[-1] == "KeyboardInterrupt"
    assert left(tmp_path) == []
    assert not any(process.is_running() for process in started)
