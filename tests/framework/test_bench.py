"""The contestants of the benchmark do the same training; what the clock says is not looked at."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import bench
import distributed
import pytest
import torch
from contestants import CONTESTANTS, Task

BENCH = Path(__file__).resolve().parents[2] / "tools" / "bench"
TASK = Task(width=5, layers=2, batch_size=10, samples=30, epochs=3, dtype="float64")
TRAINING = [key for key, kind in CONTESTANTS.items() if kind.trains and "compiled" not in key]


@pytest.mark.parametrize("key", TRAINING)
def test_every_contestant_does_the_training_of_pytorch_each_time(key):
    kind, torchs = CONTESTANTS[key], CONTESTANTS["torch"].make(TASK)
    if kind.lacks():
        pytest.skip(f"{kind.needs} is not installed")
    losses, training = torchs.train(), kind.make(TASK)
    expected = [parameter.detach() for parameter in torchs.parameters]
    for _ in range(2):
        training.reset()
        assert training.train() == pytest.approx(losses, abs=1e-10)
        found = [torch.tensor(p.tolist(), dtype=torch.float64) for p in training.parameters]
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)


def test_what_is_measured_is_stored(tmp_path):
    kinds = {key: CONTESTANTS[key] for key in ("minidl", "torch", "floor")}
    bench.store(bench.measure(TASK, kinds, rounds=2, seconds=0), tmp_path / "speed.json")
    stored = json.loads((tmp_path / "speed.json").read_text())
    assert [row["key"] for row in stored["race"]] == list(kinds)
    assert all(len(row["rounds_ms"]) == stored["rounds"] == 2 for row in stored["race"])


def test_a_group_that_trains_otherwise_is_refused(monkeypatch):
    distributed.same(Task())
    by_ddp = distributed.by_ddp
    monkeypatch.setattr(distributed, "by_ddp", lambda task: by_ddp(replace(task, lr=0.11)))
    with pytest.raises(AssertionError, match="not close"):
        distributed.same(Task())


def test_processes_are_started_measured_and_ended(tmp_path):
    options = ["--rounds", "1", "--widths", "25", "--epochs", "1", "--bytes", "4096"]
    command = [sys.executable, str(BENCH / "distributed.py"), *options, "--store"]
    done = subprocess.run([*command, str(tmp_path / "found")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    stored = json.loads((tmp_path / "found").read_text())
    assert [(row["width"], row["workers"]) for row in stored["race"]] == [(25, 1), (25, 2), (25, 4)]
    assert [(row["bytes"], row["workers"]) for row in stored["all_reduce"]] == [
        (4096, 2),
        (4096, 4),
    ]
    assert "| 25 | 4 |" in done.stdout
