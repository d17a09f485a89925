"""The readings of the paper that were tried, and the table of them."""

import json

import pytest
import readings
import torch
from readings import Reading, error_rates

from minidl import paper

STORED = json.loads(readings.STORED.read_text("utf-8"))


@pytest.mark.parametrize("framework", paper.FRAMEWORKS)
@pytest.mark.parametrize(
    ("name", "make"),
    [("the program", paper.Setting), ("the prose", paper.Setting.as_printed)],
)
def test_program_and_prose_are_those_of_the_experiment(name, make, framework):
    options = {"repeats": 3, "epochs": 4, "lr": 0.2, "seed": 5}
    result = paper.run(make(**options), framework)
    wanted = torch.stack([result.errors("train"), result.errors("test")])
    reading = Reading.as_printed(**readings.READINGS[name] | options)
    torch.testing.assert_close(error_rates(reading, framework), wanted, rtol=0, atol=1e-12)
    assert len(wanted.unique()) > 4


@pytest.mark.parametrize("when", ["batch", "epoch", "never"])
def test_gradients_are_reset_when_the_reading_says(when):
    reading = Reading.as_printed(repeats=1, epochs=3, n_train=50, batch_size=20, zero_grad=when)
    x, y, _, _, *start = reading.draw("torch")
    (parameters,) = zip(*start, strict=True)
    twin = [parameter.clone().requires_grad_() for parameter in parameters]
    optimizer = torch.optim.SGD(twin, lr=reading.lr)
    for _ in range(reading.epochs):
        if when == "epoch":
            optimizer.zero_grad()
        for x_batch, y_batch in zip(x[0].split(20), y[0].split(20), strict=True):
            if when == "batch":
                optimizer.zero_grad()
            hidden = x_batch
            for i in range(0, len(twin), 2):
                hidden = torch.nn.functional.linear(
                    hidden.relu() if i else hidden, *twin[i : i + 2]
                )
            torch.nn.functional.mse_loss(hidden, y_batch).backward()
            optimizer.step()
    assert list(reading.train(start, x, y)) == [0, 1, 2, 3]
    for ours, theirs in zip(start, twin, strict=True):
        torch.testing.assert_close(ours[0], theirs.detach(), rtol=0, atol=1e-12)


def test_every_reading_runs():
    rows = [readings.try_reading(name, 2, epochs=1) for name in readings.READINGS]
    assert [row["name"] for row in rows] == list(readings.READINGS)
    for row in rows:
        assert row["mean"] is None or all(0 <= mean <= 100 for mean in row["mean"]), row
    assert [row["name"] for row in rows if row["diverged"]] == ["gradients summed, η = 10"]


def test_the_stored_table_has_these_readings():
    assert {row["name"]: row["changes"] for row in STORED["rows"]} == readings.READINGS


#: Each trains or draws in a way of its own.
TRIED_AGAIN = [
    "networks kept for ten folds",
    "one data set for all runs",
    "one start for all runs",
]


@pytest.mark.parametrize("name", TRIED_AGAIN)
def test_a_reading_tried_again_gives_the_stored_figures(name, monkeypatch, capsys, tmp_path):
    (row,) = [row for row in STORED["rows"] if row["name"] == name]
    monkeypatch.setattr(readings, "READINGS", {name: row["changes"]})
    monkeypatch.setattr(readings, "STORED", tmp_path / "readings.json")
    readings.main(["--store"])
    record = json.loads(readings.STORED.read_text("utf-8"))
    assert record["seeds"] == STORED["seeds"]
    (again,) = record["rows"]
    assert json.loads(capsys.readouterr().out) == again
    for key in ("mean", "std", "off"):
        assert again[key] == pytest.approx(row[key], abs=0.011), key
