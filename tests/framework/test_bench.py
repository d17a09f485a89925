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
from contestants import CONTESTANTS, Contestant, Task

BENCH = Path(__file__).resolve().parents[2] / "tools" / "bench"

TASK = Task(width=5, layers=2, batch_size=10, samples=30, epochs=3, dtype="float64")
TRAINING = [key for key, kind in CONTESTANTS.items() if kind.trains and "compiled" not in key]


@pytest.fixture(scope="module")
def expected():
    """Parameters and losses by the definition: the loss as a formula, autograd, steps."""
    parameters = [p.clone().requires_grad_() for p, _ in TASK.network().param()]
    (x, y), losses = TASK.data(), []
    for _ in range(TASK.epochs):
        values = []
        for out, target in zip(x.split(10), y.split(10), strict=True):
            for k in range(0, len(parameters), 2):
                out = out if k == 0 else out.relu()
                out = out @ parameters[k].T + parameters[k + 1]
            loss = ((out - target) ** 2).sum() / out.numel()
            grads = torch.autograd.grad(loss, parameters)
            with torch.no_grad():
                for parameter, grad in zip(parameters, grads, strict=True):
                    parameter -= TASK.lr * grad
            values.append(loss.item())
        losses.append(sum(values) / len(values))
    return [p.detach() for p in parameters], losses


@pytest.mark.parametrize("key", TRAINING)
def test_every_contestant_does_the_training_of_the_definition_each_time(key, expected):
    kind = CONTESTANTS[key]
    if kind.lacks():
        pytest.skip(f"{kind.needs} is not installed")
    training = kind.make(TASK)
    for _ in range(2):
        training.reset()
        assert training.train() == pytest.approx(expected[1], abs=1e-10)
        found = [torch.tensor(p.tolist(), dtype=torch.float64) for p in training.parameters]
        torch.testing.assert_close(found, expected[0], rtol=0, atol=1e-10)


def test_a_contestant_that_trains_otherwise_is_refused():
    torchs, numpy = CONTESTANTS["torch"], CONTESTANTS["numpy"]
    wrong = Contestant("wrong", lambda task: numpy.make(replace(task, lr=1.1 * task.lr)))
    with pytest.raises(AssertionError, match="wrong differs from PyTorch"):
        bench.prepare({"torch": torchs, "wrong": wrong}, Task())


def test_the_command_runs_and_stores_what_it_measured(tmp_path):
    """In a process of its own, as it keeps to one core."""
    only = ["--only", "minidl", "torch", "numpy", "--rounds", "2", "--turn", "0", "--epochs", "2"]
    command = [sys.executable, str(BENCH / "bench.py"), *only, "--store", str(tmp_path / "speed")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    stored = json.loads((tmp_path / "speed").read_text())
    assert [row["key"] for row in stored["race"]] == ["minidl", "torch", "numpy"]
    assert all(len(row["rounds_ms"]) == stored["rounds"] == 2 for row in stored["race"])
    assert f"torch: {stored['machine']['torch']}" in done.stdout
    assert CONTESTANTS["floor"].name not in done.stdout


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
