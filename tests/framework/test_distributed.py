"""Several processes train as one does, and end together: real ones, killed for real."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import ranks
import torch

import minidl
from minidl.__main__ import main

PROGRAM = ranks.__file__
ROOT = Path(minidl.__file__).parents[1]
GONE = "was killed, ended, or has not answered for 8 s"


def torchrun(workers, *arguments, restarts=0):
    """Run a program in several processes; return what all have said."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", workers, "--max-restarts", restarts, *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [str(word) for word in command], env=environment, capture_output=True, text=True
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("minidl: ")]
    return done.returncode, done.stdout, lines


@pytest.fixture(scope="module")
def one():
    """What one process ends with."""
    return ranks.all_cases()


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_several_processes_end_where_one_does(workers, one, tmp_path):
    code, _, lines = torchrun(workers, PROGRAM, "equal", tmp_path)
    several = torch.load(tmp_path / f"{workers}.pt")
    assert several.keys() == one.keys()
    for case, alone in one.items():
        ours = several[case]
        torch.testing.assert_close(ours["end"], alone["end"], rtol=0, atol=1e-12, msg=str(case))
        assert ours["loss"] == pytest.approx(alone["loss"], abs=1e-12, rel=0), case
        for name in ("train_error", "test_error"):
            assert ours[name] == alone[name], case
    # then, of three and more, one is killed
    assert (code, lines) == ((1, [f"minidl: rank 1 {GONE}"]) if workers > 2 else (0, []))


def test_the_command_prints_one_table_the_one_of_one_process(tmp_path, capsys):
    options = ["train", "--repeats", "2", "--epochs", "3", "--checkpoint", str(tmp_path)]
    code, said, lines = torchrun(2, "-m", "minidl", *options, "--out", tmp_path)
    assert (code, lines) == (0, [])
    names = {"table3.json", "figure1.png", "figure1.svg", "figure2.png", "figure2.svg"}
    assert {p.name for p in tmp_path.iterdir()} == names | {f"repetition-{r}.pt" for r in (0, 1)}
    main(options[:-2])
    assert said == capsys.readouterr().out
    # a checkpoint is of one training only
    for changed in (["--init", "torch"], ["--width", "7"], ["--lr", "0.2"], ["--seed", "1"]):
        with pytest.raises(ValueError, match=r"repetition-0\.pt is of another training: other"):
            main([*options, *changed])
    with pytest.raises(ValueError, match="epochs is 2, but .* has done 3 already"):
        main([*options, "--epochs", "2"])


FAULTS = {
    "kill@1": f"rank 1 {GONE}",
    "kill@0": f"rank 0 {GONE}",
    "raise@1": "rank 1: RuntimeError: boom",
    "exit@1": f"rank 1 {GONE}",
    "nan@1": "rank 1: epoch 3, mini-batch 2: the loss is not a number there, but elsewhere",
    "unequal@1": "rank 1: fit has other data and settings and network and order and epochs there "
    "than on rank 0; nothing was trained",
    "term@0": "rank 0, as all others, was asked to end",
}


@pytest.mark.parametrize("workers", [1, 2])
def test_what_was_killed_goes_on_to_the_same_bits(workers, tmp_path):
    faults = list(FAULTS) if workers == 2 else ["kill@0"] * 5
    arguments = "restarted", tmp_path, *faults
    code, _, lines = torchrun(workers, PROGRAM, *arguments, restarts=len(faults))
    assert code == 0
    results = torch.load(tmp_path / "results.pt")
    assert not list(tmp_path.glob("*.part"))
    if workers == 2:
        assert lines == [f"minidl: {FAULTS[how]}" for how in faults]
        for attempt, how in enumerate(faults[:4]):
            ended = float((tmp_path / f"{attempt + 1}.0.began").read_text())
