"""The readings of the paper that were tried, and the table of them."""

import json
import math

import pytest
import readings
import torch
from readings import Reading, error_rates, forward

from minidl import paper
from minidl.paper.results import FIGURE2, TABLE3

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


def test_kept_networks_go_on_where_the_last_fold_left_them():
    reading = Reading.as_printed(repeats=3, folds=3, epochs=2, lr=0.3)
    rates = error_rates(reading, "minidl")
    x, y, x_test, y_test, *start = reading.draw("minidl")
    stack = [tensor[:1] for tensor in start]
    for fold in range(3):
        rows = slice(fold, fold + 1)
        assert len(list(reading.train(stack, x[rows], y[rows]))) == 3
        answers = forward(stack, x_test[rows])[-1].argmax(2)
        wrong = (answers != y_test[rows].argmax(2)).double().mean().item()
        assert rates[1, fold] == pytest.approx(100 * wrong, abs=1e-12)


def test_a_shared_start_leaves_the_data_and_shared_data_the_start():
    own, data, start = (
        Reading.as_printed(repeats=2, shared=shared).draw("torch")
        for shared in (None, "data", "start")
    )
    for i in range(len(own)):
        assert torch.equal(data[i], own[i]) == (i >= 4)
        assert torch.equal(start[i], own[i]) == (i < 4)
        shared = data[i] if i < 4 else start[i]
        assert torch.equal(shared[0], own[i][0]) and torch.equal(shared[1], own[i][0])


def test_every_reading_runs():
    rows = [readings.try_reading(name, 2, epochs=1) for name in readings.READINGS]
    assert [row["name"] for row in rows] == list(readings.READINGS)
    for row in rows:
        assert row["mean"] is None or all(0 <= mean <= 100 for mean in row["mean"]), row
    assert [row["name"] for row in rows if row["diverged"]] == ["gradients summed, η = 10"]


def test_the_stored_table_is_that_of_these_readings():
    assert {row["name"]: row["changes"] for row in STORED["rows"]} == readings.READINGS
    rows = {row["name"]: row for row in STORED["rows"]}
    row = rows["100 points, batches of 10"]
    assert STORED["seeds"] == [0, 99]
    again = readings.try_reading(row["name"], 100)
    for key in ("mean", "std", "off"):
        assert again[key] == pytest.approx(row[key], abs=0.011), key


def test_distances_are_in_standard_errors():
    ends = {key: 100 * FIGURE2[key[0], f"{key[1]}_error"][0][-1] for key in TABLE3}
    for row in STORED["rows"]:
        if row["off"] is None or row["changes"].get("moved_test"):  # no std of all runs there
            continue
        repeats = 100 - row["diverged"]
        for off, paper_means in zip(
            row["off"], ([mean for mean, _ in TABLE3.values()], ends.values()), strict=True
        ):
            squares = [
                ((mean - theirs) / (std * math.sqrt(1 / 10 + 1 / repeats))) ** 2
                for mean, std, theirs in zip(row["mean"], row["std"], paper_means, strict=True)
            ]
            # of figures that are rounded to two digits
            wanted = pytest.approx(math.sqrt(sum(squares) / 4), rel=0.01, abs=0.01)
            assert off == wanted, row["name"]


def test_the_command_prints_what_it_stores(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(readings, "READINGS", {"the prose": {}})
    monkeypatch.setattr(readings, "STORED", tmp_path / "readings.json")
    readings.main(["--repeats", "2", "--seed", "3", "--store"])
    record = json.loads(readings.STORED.read_text("utf-8"))
    assert record["seeds"] == [3, 4]
    assert record["rows"] == [readings.try_reading("the prose", 2, 3)]
    assert json.loads(capsys.readouterr().out) == record["rows"][0]
