"""The paper's experiment and its command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from minidl import experiment
from minidl.__main__ import main
from minidl.experiment import Setting


def command(*arguments, timeout=300):
    """Run the command as a reader does."""
    return subprocess.run(
        [sys.executable, "-m", "minidl", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


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
    return [experiment.run(Setting(), framework) for framework in experiment.FRAMEWORKS]


def test_ten_repeats_fall_into_the_measured_bands(results):
    """Bands from 400 seeds, wide enough for any ten of them."""
    rows = {(row["framework"], row["data"]): row for row in experiment.table(results)}
    assert 2.5 < rows["minidl", "train"]["mean"] < 9.5
    assert 3 < rows["minidl", "test"]["mean"] < 10
    assert 0.8 < rows["minidl", "test"]["std"] < 8
    assert 18 < rows["torch", "train"]["mean"] < 38
    assert 18 < rows["torch", "test"]["mean"] < 40
    assert 4 < rows["torch", "test"]["std"] < 18
    assert rows["torch", "test"]["mean"] - rows["minidl", "test"]["mean"] > 12


def test_the_readme_quotes_what_the_command_prints(results):
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    assert experiment.format_table(experiment.table(results)) in readme


def test_both_frameworks_see_the_same_data(results):
    ours, theirs = (result.pictures for result in results)
    assert torch.equal(ours[0], theirs[0])
    assert torch.equal(ours[1], theirs[1])
    assert not torch.equal(ours[3], theirs[3])


def test_equal_initialisation_makes_equal_frameworks():
    setting = Setting(init="torch", repeats=2, epochs=3)
    ours, theirs = (experiment.run(setting, name) for name in experiment.FRAMEWORKS)
    torch.testing.assert_close(ours.curves("loss"), theirs.curves("loss"), rtol=0, atol=1e-12)
    assert torch.equal(ours.curves("test_error"), theirs.curves("test_error"))


def test_table_states_mean_and_sample_deviation():
    result = experiment.Result("minidl")
    for error in (0.02, 0.04, 0.09):
        result.histories.append(experiment.History([1.0], [error], [2 * error]))
    train, test = experiment.table([result])
    assert train["mean"] == pytest.approx(5)
    assert train["std"] == pytest.approx(13**0.5)
    assert test["mean"] == pytest.approx(10)
    assert train["paper_mean"] == 4.33
    text = experiment.format_table([train, test | {"std": None}])
    assert "5.00" in text and "4.33" in text and "–" in text


def test_figures_show_what_they_say(results):
    figure = experiment.figure1(results[0])
    assert [axis.get_title() for axis in figure.axes] == [
        "Test samples",
        "Untrained network",
        "Trained network",
    ]
    counts = [sum(len(c.get_offsets()) for c in axis.collections) for axis in figure.axes]
    assert counts == [1000, 1000, 1000]

    figure = experiment.figure2(results)
    for axis, (name, scale) in zip(
        figure.axes, (("loss", 1), ("train_error", 100), ("test_error", 100)), strict=True
    ):
        assert len(axis.lines) == len(axis.collections) == 2
        for line, result in zip(axis.lines, results, strict=True):
            mean = scale * result.curves(name).mean(0)
            torch.testing.assert_close(torch.tensor(line.get_ydata()), mean)


SMALL = ("--repeats", 2, "--epochs", 1, "--n-train", 100, "--n-test", 50)


def test_command_runs_both_frameworks_and_writes_the_files(tmp_path):
    done = command(*SMALL, "--out", tmp_path / "new" / "folder")
    assert done.returncode == 0
    assert done.stderr == "", "no progress bar in a pipe"
    assert "Custom framework, test" in done.stdout and "PyTorch, train" in done.stdout
    assert "16.59" in done.stdout
    folder = tmp_path / "new" / "folder"
    assert sorted(file.name for file in folder.iterdir()) == [
        "figure1.png",
        "figure1.svg",
        "figure2.png",
        "figure2.svg",
        "table3.json",
    ]
    record = json.loads((folder / "table3.json").read_text())
    assert record["setting"]["epochs"] == 1
    assert [row["framework"] for row in record["table"]] == ["minidl"] * 2 + ["torch"] * 2
    assert f"{record['table'][0]['mean']:.2f}" in done.stdout


def test_train_runs_one_framework(call):
    ours, theirs = call("train", *SMALL), call("train", "--framework", "torch", *SMALL)
    assert "Custom" in ours.stdout and "PyTorch" not in ours.stdout
    assert "Custom" not in theirs.stdout and "PyTorch" in theirs.stdout


def test_options_reach_the_experiment(call):
    plain = command("train", *SMALL)
    assert call("train", *SMALL).stdout == plain.stdout
    for option in (
        ("--seed", 7),
        ("--lr", 0.5),
        ("--batch-size", 5),
        ("--width", 4),
        ("--layers", 1),
        ("--init", "torch"),
    ):
        assert call("train", *SMALL, *option).stdout != plain.stdout, option
    assert call("train", *SMALL, "--per-sample").stdout == plain.stdout
    assert call("train", *SMALL, "--dtype", "float32").returncode == 0


def test_a_refusal_ends_the_process_with_status_2():
    done = command("--lr", -1)
    assert (done.returncode, done.stdout) == (2, "")
    assert "lr is -1.0" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--lr", -1), "lr is -1.0"),
        (("--lr", "nan"), "lr is nan"),
        (("--lr", "fast"), "invalid float value"),
        (("--batch-size", 0), "batch_size is 0"),
        (("--repeats", 0), "repeats is 0"),
        (("--epochs", -3), "epochs is -3"),
        (("--seed", -1), "seed is -1"),
        (("train", "--framework", "keras"), "unknown framework 'keras'"),
        (("--framework", "torch"), "--framework goes with 'train'"),
        (("--init", "he"), "invalid choice: 'he'"),
        (("--out", "/dev/null/folder"), "cannot write to --out /dev/null/folder"),
        (("test",), "invalid choice: 'test'"),
    ],
)
def test_values_that_cannot_be_are_refused_in_one_line(call, arguments, words):
    done = call(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_divergence_ends_with_one_line(call, tmp_path):
    done = call("train", "--lr", 50, "--repeats", 1, "--out", tmp_path)
    assert done.returncode == 1
    assert "epoch 1" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
