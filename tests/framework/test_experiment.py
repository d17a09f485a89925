"""The paper's experiment and its command line."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from minidl import History, paper
from minidl.__main__ import main
from minidl.paper import FRAMEWORKS, Result, Setting, run, table
from minidl.paper.results import FIGURE2, std_of_chance


@pytest.fixture
def call(capsys):
    """Run the command without a Python of its own, which would take longer than all it does."""

    def run(*arguments):
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as left:
            code = left.code
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def results():
    """Forty repetitions of both frameworks: the program's setting and the prose's."""
    settings = Setting(repeats=40), Setting.as_printed(repeats=40)
    return [[run(setting, framework) for framework in FRAMEWORKS] for setting in settings]


def test_forty_repeats_fall_into_the_measured_bands(results):
    program, printed = (
        {(row["framework"], row["data"]): row["mean"] for row in table(pair)} for pair in results
    )
    assert 4 < program["minidl", "test"] < 7
    assert 6 < program["torch", "train"] < 14
    assert 7 < program["torch", "test"] < 16
    assert 4 < printed["minidl", "test"] < 8
    assert 24 < printed["torch", "test"] < 36


def test_both_frameworks_see_the_same_data(results):
    for ours, theirs in results:
        equal = list(map(torch.equal, ours.pictures, theirs.pictures))
        assert equal[:2] == [True, True] and not equal[3]
        assert ours.pictures[0].abs().max() <= 1, "drawn as they are, not standardised"


def test_the_history_goes_from_the_untrained_network_to_the_trained_one(results):
    for result in (*results[0], *results[1]):
        _, labels, before, after = result.pictures
        errors = result.histories[0].test_error
        assert len(errors) == len(result.histories[0].train_error) == 21
        assert errors[0] == (before != labels).sum().item() / 1000
        assert errors[20] == (after != labels).sum().item() / 1000


@pytest.mark.parametrize("make", [Setting, Setting.as_printed])
@pytest.mark.parametrize("init", ["xavier", "torch"])
def test_equal_initialisation_makes_equal_frameworks(make, init):
    ours, theirs = (run(make(init=init, repeats=2), framework) for framework in FRAMEWORKS)
    torch.testing.assert_close(ours.curves("loss"), theirs.curves("loss"), rtol=0, atol=1e-12)
    for name in ("train_error", "test_error"):
        assert torch.equal(ours.curves(name), theirs.curves(name))


@pytest.mark.parametrize(
    ("setting", "epochs"),
    [(Setting(repeats=1), [19, 19, 20, 19]), (Setting.as_printed(repeats=1), [20] * 4)],
)
def test_table_reads_the_errors_when_they_were_recorded(setting, epochs):
    history = History([], [e / 100 for e in range(21)], [e / 50 for e in range(21)])
    rows = table([Result(framework, setting, [history]) for framework in FRAMEWORKS])
    assert [row["epochs"] for row in rows] == epochs
    factors = {"train": 1, "test": 2}
    means = [row["mean"] / factors[row["data"]] for row in rows]
    assert means == pytest.approx(epochs, rel=1e-15)
    assert {(row["std"], row["off"]) for row in rows} == {(None, None)}
    assert str(paper.format_table(rows)).count("–") == 8


def test_table_states_mean_sample_deviation_and_the_distance_from_the_paper():
    histories = [History([], [0, rate], [0, 2 * rate]) for rate in (0.02, 0.04, 0.09)]
    rows = table([Result("minidl", Setting.as_printed(epochs=1), histories)])
    train, test = rows
    assert train["mean"] == pytest.approx(5)
    assert train["std"] == pytest.approx(13**0.5)
    assert train["off"] == pytest.approx((4.33 - 5) / (13 * (1 / 10 + 1 / 3)) ** 0.5)
    assert test["mean"] == pytest.approx(10)
    assert (test["paper_mean"], test["paper_std"]) == (4.88, 2.23)
    assert (test["figure_mean"], test["figure_std"]) == pytest.approx((5.28, 2.27), abs=0.005)
    text = str(paper.format_table(rows))
    assert "5.00 ±  3.61  4.33 ±  1.83  yes (-0.3)  4.86 ±  2.46" in text


def test_figure2_shows_our_curves_and_the_papers_at_their_epochs(results):
    axes = iter(paper.figure2(results[0]).axes)
    for name, scale in (("loss", 1), ("train_error", 100), ("test_error", 100)):
        for result in results[0]:
            axis = next(axes)
            assert axis.get_ylim()[0] == 0
            *lines, ours = axis.lines
            after = name == "loss" or (result.framework, name) == ("torch", "train_error")
            mean, std = scale * np.array(FIGURE2[result.framework, name])
            for line, expected in zip(lines, (mean, mean - std, mean + std), strict=True):
                assert list(line.get_xdata()) == list(range(after, 20 + after))
                assert line.get_ydata() == pytest.approx(expected, abs=1e-12)
            curves = scale * np.array([getattr(one, name) for one in result.histories])
            epochs = list(range(name == "loss", 21))
            assert list(ours.get_xdata()) == epochs
            assert ours.get_ydata() == pytest.approx(curves.mean(0), abs=1e-12)
            x, y = axis.collections[0].get_paths()[0].vertices.T
            widths = np.array([np.ptp(y[x == epoch]) for epoch in epochs])
            assert widths == pytest.approx(2 * curves.std(0, ddof=1), abs=1e-12)


SMALL = ("--repeats", 2, "--epochs", 2, "--n-train", 100, "--n-test", 50)


def test_command_runs_both_frameworks_and_writes_the_files(tmp_path):
    folder = tmp_path / "new" / "folder"
    line = [sys.executable, "-m", "minidl", *map(str, SMALL), "--out", folder]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    assert done.stderr == "", "no progress bar in a pipe"
    assert "Custom framework, test" in done.stdout and "PyTorch, train" in done.stdout
    assert "16.59" in done.stdout
    names = ["figure1.png", "figure1.svg", "figure2.png", "figure2.svg", "table3.json"]
    assert sorted(file.name for file in folder.iterdir()) == names
    record = json.loads((folder / "table3.json").read_text())
    assert record["setting"]["epochs"] == 2
    assert [row["framework"] for row in record["table"]] == ["minidl"] * 2 + ["torch"] * 2
    assert f"{record['table'][0]['mean']:.2f}" in done.stdout


def test_options_reach_the_experiment(call):
    plain = call("train", *SMALL).stdout
    assert "Custom" in plain and "PyTorch" not in plain
    assert "Custom" not in call("train", "--framework", "torch", *SMALL).stdout
    for line in (
        *("--seed 7", "--lr 0.5", "--batch-size 5", "--width 4", "--layers 1", "--init torch"),
        *("--no-standardize", "--zero-bias", "--recorded end"),
    ):
        assert call("train", *SMALL, *line.split()).stdout != plain, line
    assert call("train", *SMALL, "--per-sample").stdout == plain
    assert call("train", *SMALL, "--dtype", "float32").returncode == 0
    single = ("--no-standardize", "--zero-bias", "--recorded", "end")
    printed = call("train", *SMALL, "--as-printed")
    assert printed.stdout == call("train", *SMALL, *single).stdout
    again = call("train", *SMALL, "--as-printed", "--standardize", "--no-zero-bias")
    assert again.stdout == call("train", *SMALL, "--recorded", "end").stdout


#: What cannot be, and the words that say so.
REFUSED = {
    "--lr -1": "lr is -1.0",
    "--lr fast": "invalid float value",
    "train --framework keras": "unknown framework 'keras'",
    "--framework torch": "--framework goes with 'train'",
    "--init he": "init is 'he' of type str, wanted 'xavier' or 'torch'",
    "--dtype float16": "dtype is torch.float16 of type dtype, wanted torch.float32 or",
    "--dtype double64": "dtype is 'double64' of type str, wanted torch.float32 or",
    "--out /dev/null/folder": "Not a directory: '/dev/null/folder'",
    "test": "invalid choice: 'test'",
}


@pytest.mark.parametrize("line", REFUSED)
def test_values_that_cannot_be_are_refused_in_one_line_behind_the_usage(call, line):
    done = call(*line.split())
    assert (done.returncode, done.stdout) == (2, "")
    usage, reason, end = done.stderr.split("\n")
    assert usage.startswith("usage: ") and REFUSED[line] in reason and not end


def test_divergence_ends_with_one_line(call, tmp_path):
    done = call("train", "--lr", 50, "--repeats", 1, "--out", tmp_path)
    assert done.returncode == 1
    assert "epoch 1" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_moved_fold_of_ten_is_in_the_mean_and_not_in_its_scatter():
    errors = torch.tensor([50.0, *range(9), 40.0, *range(9)], dtype=torch.float64)
    rest = torch.tensor([*range(9)] * 2, dtype=torch.float64)
    assert std_of_chance(errors, True) == rest.std()
    assert std_of_chance(errors, False) == errors.std()
    setting = Setting(repeats=12, epochs=5, lr=0.5, batch_size=20, n_train=200, n_test=100)
    result = run(setting, "torch")
    assert sorted(result.moved) == [0, 10]
    clean = 100 * result.curves("test_error")[:, 4]
    assert (result.errors("test") != clean).nonzero().flatten().tolist() == [0, 10]
    row = table([result])[1]
    off = (row["paper_mean"] - row["mean"]) / (
        std_of_chance(clean, True) * (1 / 10 + 1 / 12) ** 0.5
    )
    assert row["off"] == pytest.approx(off.item())
