"""The contestants of the benchmark do the same training; what the clock says is not looked at."""

import json

import bench
import pytest
import torch
from contestants import CONTESTANTS, Task

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
