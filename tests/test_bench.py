"""The benchmark runs, prints and stores; what the clock says is not looked at."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import measure
import pytest
import report
from contestants import CONTESTANTS, Task
from measure import quartiles, race, summary

HERE = Path(__file__).resolve().parent
TINY = ["--epochs", "1", "--samples", "20", "--batch-size", "10", "--width", "4", "--rounds", "2"]
TINY += ["--turn", "0"]

#: Compiling takes long, and is asked of nobody who runs the tests.
QUICK = [key for key in CONTESTANTS if "compiled" not in key]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """Run the command once, tiny, in a process of its own, as it pins threads."""
    folder = tmp_path_factory.mktemp("bench")
    arguments = [*TINY, "--contestants", *QUICK]
    arguments += ["--sweep", "--widths", "3", "5", "--batches", "1", "2", "--seconds", "0.01"]
    arguments += ["--roofline"]
    arguments += ["--store", folder / "speed.json", "--plot", folder / "sweep.png"]
    done = subprocess.run(
        [sys.executable, HERE / "bench.py", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, folder


def test_all_contestants_are_in_the_table_or_left_out_with_the_reason(outcome):
    text, _ = outcome
    for key in QUICK:
        kind = CONTESTANTS[key]
        reason = kind.lacks()
        if reason:
            assert f"left out: {kind.name}: {reason}\n" in text
        else:
            assert f"\n| {kind.name} | " in text


def test_it_says_on_what_machine(outcome):
    text, folder = outcome
    machine = report.load(folder / "speed.json")["machine"]
    for name in ("processor", "cores", "system", "Python", "torch", "numpy", "jax"):
        assert f"| {name} | {machine[name]} |" in text


def test_what_is_stored_can_be_read_and_is_whole(outcome):
    _, folder = outcome
    results = report.load(folder / "speed.json")
    assert results["threads"] == 1
    assert results["rounds"] == 2
    for row in results["race"]:
        assert len(row["rounds_ms"]) == 2
    counts = {row["threads"] for row in results["sweep"]}
    assert 1 in counts
    cells = [(row["threads"], row["width"], row["batch_size"]) for row in results["sweep"]]
    assert cells == [(t, w, b) for t in sorted(counts) for w in (3, 5) for b in (1, 2)]


def test_the_sweep_is_drawn(outcome):
    _, folder = outcome
    assert (folder / "sweep.png").read_bytes().startswith(b"\x89PNG")
    figure = report.plot_sweep(report.load(folder / "speed.json")["sweep"])
    labels = [line.get_label() for line in figure.axes[0].lines[:2]]
    assert labels == ["width 3", "width 5"]


def test_limits_and_pieces_are_stored_in_order(outcome):
    from pieces import STATEMENTS
    from roofline import WIDTHS

    text, folder = outcome
    results = report.load(folder / "speed.json")
    limits, *rows = results["roofline"]
    assert all(limits[name] > 0 for name in ("gflops", "memory", "cache"))
    places = [(row["what"], row["width"], row["batch_size"]) for row in rows]
    assert places == [(what, width, 10) for what in ("product", "relu") for width in WIDTHS]
    assert [row["piece"] for row in results["pieces"]] == list(STATEMENTS)
    assert "| fastest product | " in text and "| backward | " in text


def test_an_unknown_contestant_is_named():
    done = subprocess.run(
        [sys.executable, HERE / "bench.py", "--contestants", "tensorflow"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "tensorflow? there are minidl," in done.stderr


class Sleeper:
    """Notes when it runs."""

    def __init__(self, name, notes):
        self.name, self.notes = name, notes

    def reset(self):
        self.notes.append(("reset", self.name))

    def train(self):
        self.notes.append(("train", self.name))


def test_contestants_take_turns_and_each_round_begins_with_another():
    notes = []
    race({name: Sleeper(name, notes) for name in "abc"}, 3)
    assert [name for what, name in notes if what == "train"] == list("abcbcacab")
    assert notes[:2] == [("reset", "a"), ("train", "a")]


def test_a_turn_is_as_many_runs_as_fill_it_and_its_median_counts(monkeypatch):
    runs = iter([(9.0, 8.0), (3.0, 3.0), (4.0, 2.0), (50.0, 50.0)])
    monkeypatch.setattr(measure, "time_once", lambda contestant: next(runs))
    assert measure.time_turn(None, 0.015) == (4.0, 3.0)
    assert measure.time_turn(None, 0) == (50.0, 50.0)


def test_ratios_are_taken_within_rounds_and_not_of_the_medians():
    """Every round was disturbed for all alike: the ratio is 2 in each."""
    times = {"torch": [(2, 2), (20, 20), (60, 60)], "minidl": [(1, 1), (10, 10), (30, 30)]}
    times["floor"] = [(0.5, 0.5), (2, 2), (30, 30)]
    kinds = {key: CONTESTANTS[key] for key in times}
    rows = {row["key"]: row for row in summary(kinds, times)}
    assert rows["minidl"]["faster_than_torch"] == 2
    assert rows["minidl"]["slower_than_floor"] == 2
    assert rows["torch"]["slower_than_floor"] == 4
    assert rows["minidl"]["ms"] == 10
    assert quartiles([1, 2, 3, 4, 5]) == [2, 3, 4]


def goal(found, start):
    return next(entry for entry in found if entry[0].startswith(start))


def test_goals_are_met_or_not():
    def row(key, *values):
        return {"key": key, "rounds_ms": list(values)}

    results = {
        "race": [row("minidl", 10, 12), row("torch", 41, 49), row("numpy", 9, 11)],
        "sweep": [
            {"threads": 1, "width": 25, "batch_size": 1, "faster_than_torch": 5},
            {"threads": 2, "width": 64, "batch_size": 10, "faster_than_torch": 0.9},
        ],
    }
    found = report.goals(results)
    assert goal(found, "times as fast as PyTorch")[1:] == ("≥ 4", "4.092", True)
    assert goal(found, "times as fast as NumPy")[1:] == ("≥ 1", "0.908", False)
    slowest = goal(found, "times as fast as PyTorch where")
    assert "width 64, batch 10, 2 thread(s)" in slowest[0] and not slowest[3]
    assert len(found) == 3


def test_what_is_stored_is_what_is_read(tmp_path):
    row = {"key": "a", "name": "ä", "ms": 1.23456, "quartiles": [1.0, 2.0], "cpu_ms": 1.0}
    row["rounds_ms"] = [1.23456]
    results = {"machine": {"processor": "x"}, "task": {"width": 25}, "rounds": 1, "race": [row]}
    report.store(results, tmp_path / "speed.json")
    row["ms"], row["rounds_ms"] = 1.235, [1.235]
    assert report.load(tmp_path / "speed.json") == results
    del row["ms"]
    (tmp_path / "speed.json").write_text(json.dumps(results))
    with pytest.raises(ValueError, match=r"race\[0\] lacks ms"):
        report.load(tmp_path / "speed.json")


def test_operations_are_counted_for_a_step():
    from operations import operations_a_step

    task = Task(width=3, layers=1, samples=2, batch_size=2, epochs=1)
    a_step = operations_a_step(CONTESTANTS["torch"], task)
    assert a_step["calls"]["addmm"] == 2
    assert a_step["calls"]["mm"] == 3
    assert a_step["calls"]["mse_loss"] == a_step["calls"]["mse_loss_backward"] == 1
    assert a_step["total"] == sum(a_step["calls"].values())
    assert a_step == operations_a_step(CONTESTANTS["torch"], replace(task, samples=10))


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs Linux's /proc")
def test_memory_held_is_seen_and_a_leak_is_noticed():
    from memory import growth, peak

    minidl = CONTESTANTS["minidl"]

    class Large(minidl):
        """Holds 64 MiB while it trains."""

        def train(self):
            return [float(len(bytearray(2**26)))]

    class Leaking(minidl):
        """Keeps a list of 100 numbers an epoch for good."""

        def train(self):
            kept.extend([float(n) for n in range(100)] for _ in range(self.task.epochs))
            return super().train()

    kept = []
    task = Task(width=3, layers=1, samples=4, batch_size=2, epochs=12)
    assert peak(Large, task)["peak"] > 0.9 * 2**26
    assert peak(minidl, task)["peak"] < 0.1 * 2**26
    # each number takes 24 bytes and a pointer
    assert growth(Leaking, task)["traced"] > 100 * (24 + 8)
    assert growth(minidl, task)["traced"] < 500
