"""Several processes train as one does, and end together: real ones, killed for real."""

import os
import shutil
import socket
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest
import ranks
import torch

import minidl
from minidl.__main__ import main

PROGRAM = ranks.__file__
ROOT = Path(minidl.__file__).parents[1]
GONE = "was killed, or has not answered for 8 s"


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
def equal(tmp_path_factory):
    """Give what some processes end with, and how; they are started once."""

    @cache
    def run(workers):
        out = tmp_path_factory.mktemp("equal")
        code, _, lines = torchrun(workers, PROGRAM, "equal", out)
        return torch.load(out / f"{workers}.pt"), code, lines

    return run


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_several_processes_end_where_one_does(workers, equal):
    several, code, lines = equal(workers)
    one = ranks.all_cases()
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
    with pytest.raises(ValueError, match=r"epochs is 2, but .* has done 3 already"):
        main([*options, "--epochs", "2"])


FAULTS = {
    "kill@1": f"rank 1 {GONE}",
    "kill@0": f"rank 0 {GONE}",
    "raise@1": "rank 1: RuntimeError: boom",
    "exit@1": f"rank 1 {GONE}",
    "nan@1": "rank 1: epoch 3, mini-batch 2: the loss is not a number there, but elsewhere",
    "unequal@1": "rank 1: fit has other data and settings and network and order and epochs there "
    "than on rank 0; nothing was trained",
    "term@0": "rank 0: asked to end",
}


@pytest.mark.parametrize("workers", [1, 2])
def test_what_was_killed_goes_on_to_the_same_bits_and_each_end_is_told(workers, equal, tmp_path):
    faults = list(FAULTS) if workers == 2 else ["kill@0"] * 4
    restarts = len(faults)
    code, _, lines = torchrun(workers, PROGRAM, "restarted", tmp_path, *faults, restarts=restarts)
    assert code == 0
    assert lines == [f"minidl: {FAULTS[how]}" for how in faults if workers == 2]
    for attempt, how in enumerate(faults):
        fault, end = (
            float((tmp_path / name).read_text())
            for name in (f"{attempt}.time", f"{attempt + 1}.began")
        )
        assert 0 < end - fault < 10, how
    assert {path.suffix for path in tmp_path.iterdir()} == {".pt", ".time", ".began"}
    ours, (never, *_) = torch.load(tmp_path / "results.pt"), equal(workers)
    for shuffled, result in zip((False, True), ours, strict=True):
        same = never["planned", shuffled]
        assert torch.equal(result.pop("end"), same["end"])
        assert result == {name: same[name] for name in result}


@pytest.fixture
def by_hand(tmp_path):
    """Start processes as one does on several machines, and let all begin at once."""
    started = []

    def start(how, workers, port=None, roots=(ROOT, ROOT, ROOT)):
        environment = os.environ | {"MASTER_ADDR": "127.0.0.1", "WORLD_SIZE": str(workers)}
        environment |= {"MASTER_PORT": str(port or free_port()), "OMP_NUM_THREADS": "1"}
        for rank, root in enumerate(roots[: 1 if how == "missing" else workers]):
            own = environment | {"RANK": str(rank), "PYTHONPATH": str(root)}
            command = [sys.executable, PROGRAM, "by_hand", str(tmp_path), how]
            options = {"env": own, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
            started.append(subprocess.Popen(command, text=True, **options))
            started[-1].how = how

    yield start, started
    for process in started:
        process.kill()
        process.communicate()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def test_processes_started_by_hand_end_within_ten_seconds_too(by_hand, tmp_path):
    start, started = by_hand
    changed = tmp_path / "changed"
    shutil.copytree(ROOT / "minidl", changed / "minidl")
    with open(changed / "minidl" / "linear.py", "a") as file:
        file.write("# changed\n")
    with socket.create_server(("127.0.0.1", 0)) as server:
        start("missing", 2)
        start("taken", 2, server.getsockname()[1])
        start("code", 2, roots=(ROOT, changed))
        start("kill", 2)
        start("stop", 3)
        start("alone", 2)
        while len(list(tmp_path.glob("*.ready"))) < len(started):
            time.sleep(0.1)
        (tmp_path / "go").touch()
        ends = {}
        while len(ends) < len(started):
            for process in started:
                if process.poll() is not None:
                    ends.setdefault(process, time.time())
            time.sleep(0.05)
    said = {}
    for process, end in ends.items():
        out, err = process.communicate()
        took = end - float((tmp_path / f"{process.how}.time").read_text())
        assert 0 < took < 10, (process.how, err)
        lines = [line for line in (out + err).splitlines() if "minidl: " in line or "on:" in line]
        said.setdefault(process.how, []).extend(lines)
    [goes_on] = said.pop("alone")
    assert "goes on: another process is gone, or does not answer: " in goes_on
    port = said["taken"][0].split(":")[3].split()[0]
    assert said == {
        "missing": ["minidl: rank 1 did not come within 8 s"],
        "taken": [
            f"minidl: rank 0: 127.0.0.1:{port} is taken",
            f"minidl: rank 1: 127.0.0.1:{port} does not answer as rank 0 would",
        ],
        "code": ["minidl: rank 1: fit has other code there than on rank 0; nothing was trained"],
        "kill": ["minidl: rank 0 is gone, and with it what the processes write to each other in"],
        "stop": [f"minidl: rank 1 {GONE}"],
    }


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
@pytest.mark.parametrize("case", ["planned", "own module"])
def test_a_network_is_trained_where_its_tensors_are(case):
    ends = [ranks.trained(case, device=device)["end"].cpu() for device in ("cpu", "cuda")]
    torch.testing.assert_close(*ends, rtol=0, atol=1e-12)


def test_a_file_that_is_no_checkpoint_is_refused_and_a_draft_is_removed(tmp_path, monkeypatch):
    path = tmp_path / "folder" / "some.pt"
    monkeypatch.setattr(os, "replace", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ranks.trained(checkpoint=path)
    assert not list(path.parent.iterdir())
    path.write_text("no checkpoint")
    with pytest.raises(ValueError, match=r"some\.pt is no checkpoint: "):
        ranks.trained(checkpoint=path)
    assert path.read_text() == "no checkpoint"
