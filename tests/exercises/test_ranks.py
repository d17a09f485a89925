"""Workers that send to each other: simulated ones, and processes; the exercise that uses both."""

import threading

import pytest
import torch
from answers import cell, verdict
from test_own import Notebook

from minidl.teaching import ranks
from minidl.teaching.exercises import EXERCISES
from minidl.teaching.exercises.ch10_distributed import ring_all_reduce
from minidl.teaching.mistakes import plain

HEAD = "def ring_all_reduce(x, rank, workers, send, recv):\n"


@pytest.fixture(autouse=True)
def no_thread_is_left():
    """Whatever a worker does, it is gone afterwards."""
    before = threading.active_count()
    yield
    assert threading.active_count() == before


def test_pieces_are_handed_over_as_copies_and_counted():
    def pair(rank, send, recv):
        piece = torch.ones(3)
        if rank == 0:
            send(piece, 1)
            piece += 1
            return recv(1)
        received = recv(0)
        send(received + 1, 0)
        return received

    results, sent = ranks.simulate(pair, 2)
    assert [result.tolist() for result in results] == [[2, 2, 2], [1, 1, 1]]
    assert sent == [[(1, 3)], [(0, 3)]]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (
            {0: "s1", 1: "s0"},
            "rank 0 waits for rank 1 to receive; rank 1 waits for rank 0 to receive",
        ),
        ({0: "r1", 1: "r0"}, "rank 0 waits for rank 1 to send; rank 1 waits for rank 0 to send"),
        ({0: "s1", 1: ""}, "rank 0 waits for rank 1, which has returned, to receive"),
        ({0: "s1r1", 1: "r0"}, "rank 0 waits for rank 1, which has returned, to send"),
        (
            {0: "s1", 1: "r2", 2: ""},
            "rank 0 waits for rank 1 to receive; rank 1 waits for rank 2, which has returned, "
            "to send",
        ),
    ],
)
def test_a_standstill_is_named_by_who_waits_for_whom(steps, said):
    def follow(rank, send, recv):
        for what, other in zip(steps[rank][::2], steps[rank][1::2], strict=True):
            if what == "s":
                send(torch.ones(1), int(other))
            else:
                recv(int(other))

    with pytest.raises(ranks.StuckError) as raised:
        ranks.simulate(follow, len(steps))
    assert str(raised.value) == said


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda send, recv: send(torch.ones(1), 0), r"rank 0 sends to 0, wanted one of \[1\]"),
        (lambda send, recv: recv(2), r"rank 0 receives from 2, wanted one of \[1\]"),
        (lambda send, recv: send([1.0], 1), "a list is sent, wanted a tensor"),
        (lambda send, recv: 1 / 0, "division by zero"),
    ],
)
def test_what_one_worker_does_wrong_is_raised_and_ends_all(call, said):
    with pytest.raises((ValueError, TypeError, ZeroDivisionError), match=said):
        ranks.simulate(lambda rank, send, recv: recv(0) if rank else call(send, recv), 2)


def test_a_loop_without_an_end_is_ended(capsys):
    answer = cell(HEAD + "    while True:\n        rank = rank\n", "ring_all_reduce")
    out, _ = verdict(capsys, "ring-all-reduce", answer, limit=0.5)
    assert "did not come to an end within 0.5 seconds" in out


def test_what_the_first_process_that_failed_said_is_what_is_raised():
    source = "def f(x, rank, workers, send, recv):\n    return recv(1) if rank == 0 else oops\n"
    with pytest.raises(RuntimeError, match=r"^rank 1: NameError: name 'oops' is not defined$"):
        ranks.on_processes(source, "f", torch.ones(2, 3))


def test_processes_that_do_not_end_are_ended(monkeypatch):
    monkeypatch.setattr(ranks, "PATIENCE", 2)
    started = []
    popen = ranks.subprocess.Popen
    monkeypatch.setattr(
        ranks.subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1]
    )
    source = "import time\ndef f(*given):\n    time.sleep(60)\n"
    with pytest.raises(RuntimeError, match="did not come to an end within 2 seconds"):
        ranks.on_processes(source, "f", torch.ones(2, 3))
    assert len(started) == 2
    assert None not in [process.returncode for process in started]


PADDED = (
    HEAD
    + """    size = -(-len(x) // workers)
    table = torch.zeros(workers, size, dtype=x.dtype)
    table.view(-1)[: len(x)] = x
    for phase in range(2):
        for step in range(workers - 1):
            mine = (rank - step + phase) % workers
            received = exchange(table[mine], rank, workers, send, recv)
            coming = (mine - 1) % workers
            table[coming] = received + (0 if phase else table[coming])
    return table.view(-1)[: len(x)]
"""
)
HELPER = """def exchange(piece, rank, workers, send, recv):
    if rank == 0:
        received = recv(workers - 1)
    send(piece, (rank + 1) % workers)
    return received if rank == 0 else recv(rank - 1)
"""


def test_an_answer_goes_to_its_processes_with_what_it_needs_of_the_notebook(
    tmp_path, monkeypatch, capsys
):
    """It is kept as others are, and then asked once more, from its file."""
    monkeypatch.setenv("MINIDL_OWN", "on")
    monkeypatch.chdir(tmp_path)
    notebook = Notebook()
    notebook.run("import torch\nfrom minidl.teaching import check\n")
    notebook.check("ring-all-reduce", HELPER, PADDED)
    out = capsys.readouterr().out
    assert "ring_all_reduce: passed." in out and "Kept in my_minidl.py." in out
    assert out.count("✓") == len(EXERCISES["ring-all-reduce"].cases)


def test_what_workers_share_in_the_notebook_alone_is_found_by_processes(capsys):
    """A board that all simulated workers can write on."""
    source = plain(ring_all_reduce).replace("pieces = list", "board[rank] = x\n    pieces = list")
    source = source.replace("torch.cat(pieces)", "sum(board[k] for k in range(workers))")
    answer = cell(f"board = {{}}\n{source}", "ring_all_reduce")
    out, _ = verdict(capsys, "ring-all-reduce", answer)
    assert out.count("✓") == len(EXERCISES["ring-all-reduce"].cases) - 1
    assert "✗\x1b[0m two processes of their own" in out
    assert "KeyError: " in out and "Real ones share no memory" in out


OTHERS = {
    "own-rows": "def own_rows(n, rank, workers):\n    few, more = divmod(n, workers)\n"
    "    start = rank * few + min(rank, more)\n    return [start, start + few + (rank < more)]\n",
    "combine-gradients": "def combine_gradients(grads, sizes):\n"
    "    shares = torch.tensor(sizes, dtype=grads.dtype) / sum(sizes)\n"
    "    return torch.tensordot(shares, grads, 1)\n",
    "ring-all-reduce": HELPER + PADDED,
    "best-workers": "def best_workers(seconds, n_bytes, bandwidth, latency, most):\n"
    "    left = seconds - 2 * n_bytes / bandwidth\n"
    "    times = {w: left / w + 2 * w * latency for w in range(1, most + 1)}\n"
    "    return min(times, key=times.get)\n",
}


@pytest.mark.parametrize("key", OTHERS)
def test_another_right_answer_passes(key, capsys):
    answer = cell(OTHERS[key], EXERCISES[key].name)
    out, result = verdict(capsys, key, answer)
    assert result is answer, out


ASTRAY = {
    "all send first": (
        "    send(x, (rank + 1) % workers)\n    return x + recv((rank - 1) % workers)\n",
        "3 workers come to a standstill: rank 0 waits for rank 1 to receive; rank 1 waits for",
        "here all of them send",
    ),
    "one returns": ("    if rank:\n        recv(0)\n    return x\n", "which has returned, to send"),
    "no pieces": (
        "    send([x], (rank + 1) % workers)\n",
        "raises TypeError: a list is sent, wanted a tensor, in line 2 of your cell",
    ),
    "x itself": ("    x += 1\n    return x\n", "changes its argument `x`, in line 2 of your cell"),
    "no return": ("    x = x + 1\n", "`ring_all_reduce` returns None, in line 1 of your cell"),
    "the stub's line": (
        '    x = x\n    raise NotImplementedError("Exercise 10.3: write ring_all_reduce")\n',
        "still has the `raise` line of the stub in it",
    ),
}


@pytest.mark.parametrize("case", ASTRAY)
def test_what_goes_astray_on_a_worker_is_said_in_a_sentence(case, capsys):
    body, *words = ASTRAY[case]
    out, _ = verdict(capsys, "ring-all-reduce", cell(HEAD + body, "ring_all_reduce"))
    assert "not yet" in out
    for word in words:
        assert word in out
    assert "Traceback" not in out and "ranks.py" not in out
