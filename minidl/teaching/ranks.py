"""Workers that send pieces to each other: simulated, one after another, or as real processes.

Simulated workers tell at once what real ones would show by waiting for ever.
"""

import ctypes
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from queue import Empty, SimpleQueue

import torch

#: Seconds that real processes may take, their start included.
PATIENCE = 20

#: What each real process runs: folder, rank and number of workers are its arguments.
PROGRAM = """
import datetime, os, pathlib, sys, torch
from torch import distributed as dist

folder, rank, workers = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
store = dist.FileStore(str(folder / "store"), workers)
patience = datetime.timedelta(seconds=int(sys.argv[5]))
dist.init_process_group("gloo", store=store, rank=rank, world_size=workers, timeout=patience)

def send(piece, to):
    dist.send_object_list([piece.clone()], to)

def recv(source):
    received = [None]
    dist.recv_object_list(received, source)
    return received[0]

names = {"__name__": "answer"}
try:
    exec(compile((folder / "answer.py").read_text(encoding="utf-8"), "answer", "exec"), names)
    x = torch.load(folder / "rows.pt")[rank]
    torch.save(names[sys.argv[4]](x, rank, workers, send, recv), folder / f"{rank}.pt")
    dist.barrier()
except BaseException as error:
    with open(folder / "said", "x") as file:  # the first to fail is not the other's victim
        file.write(f"rank {rank}: {type(error).__name__}: {error}")
    raise
os._exit(0)
"""


class StuckError(RuntimeError):
    """Nobody can go on: every worker that has not returned waits for another.

    ``waits`` maps their ranks to what each waits for: ``("send", to)`` or ``("recv", source)``.
    """

    def __init__(self, waits):
        self.waits = waits
        parts = []
        for rank, (what, other) in waits.items():
            over = "" if other in waits else ", which has returned,"
            does = "receive" if what == "send" else "send"
            parts.append(f"rank {rank} waits for rank {other}{over} to {does}")
        super().__init__("; ".join(parts))


class _Ended(BaseException):
    """Raised in a worker that is not needed any more."""


def simulate(function, workers):
    """Call ``function(rank, send, recv)`` on every rank; return all results, and what was sent.

    ``send(piece, to)`` waits until rank ``to`` receives, ``recv(source)`` until that rank sends.
    One worker at a time goes on until it has to wait, so that every run is like any other.
    ``sent[rank]`` lists, for each piece that a rank sent, to whom and how many numbers.
    A :class:`StuckError` says who waits for whom when all of them do.
    """
    asked, answers = SimpleQueue(), [SimpleQueue() for _ in range(workers)]
    results, sent = [None] * workers, [[] for _ in range(workers)]
    trace = sys.gettrace()

    def work(rank):
        def wait(*request):
            asked.put(request)
            answer = answers[rank].get()
            if answer is _Ended:
                raise _Ended
            return answer

        def known(other, does):
            if other not in range(workers) or other == rank:
                others = [number for number in range(workers) if number != rank]
                raise ValueError(f"rank {rank} {does} {other}, wanted one of {others}")
            return int(other)

        def send(piece, to):
            if not isinstance(piece, torch.Tensor):
                raise TypeError(f"a {type(piece).__name__} is sent, wanted a tensor")
            wait("send", known(to, "sends to"), piece)
            sent[rank].append((int(to), piece.numel()))

        def recv(source):
            return wait("recv", known(source, "receives from")).clone()

        sys.settrace(trace)
        try:
            results[rank] = function(rank, send, recv)
            asked.put(None)
        except BaseException as error:
            asked.put(error)

    def next_wait():
        """Wait until the one worker that runs has to wait, or returns; return its request."""
        while True:
            try:
                request = asked.get(timeout=1)
            except Empty:
                continue  # time for an interrupt, which Windows lets through between calls only
            if isinstance(request, BaseException):
                raise request
            return request

    threads = [threading.Thread(target=work, args=(r,), daemon=True) for r in range(workers)]
    waits = {}
    try:
        for rank, thread in enumerate(threads):
            thread.start()
            waits[rank] = next_wait()
        while waiting := {rank: wait for rank, wait in waits.items() if wait}:
            pairs = ((rank, wait[1]) for rank, wait in waiting.items() if wait[0] == "send")
            pair = next((p for p in pairs if waits[p[1]] == ("recv", p[0])), None)
            if pair is None:
                raise StuckError({rank: wait[:2] for rank, wait in waiting.items()})
            sender, receiver = pair
            answers[receiver].put(waits[sender][2])
            waits[receiver] = next_wait()
            answers[sender].put("received")
            waits[sender] = next_wait()
    finally:
        for rank, thread in enumerate(threads):
            answers[rank].put(_Ended)
            if thread.is_alive():
                thread.join(0.2)
            if thread.is_alive():  # in a loop without an end
                ended = ctypes.py_object(_Ended)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ended)
                thread.join(2)
    return results, sent


def on_processes(source, name, rows):
    """Call ``name(rows[rank], rank, workers, send, recv)`` in as many processes as there are rows.

    ``source`` is the code that defines it.  The processes are this machine's, and meet over gloo.
    Returns the list of results; a RuntimeError says what the first process that failed said.
    None of them outlives this call.
    """
    workers = len(rows)
    env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        place = Path(folder)
        (place / "answer.py").write_text(source, encoding="utf-8")
        torch.save(rows, place / "rows.pt")
        processes = []
        for rank in range(workers):
            arguments = [folder, rank, workers, name, PATIENCE // 2]
            command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
            errors = stack.enter_context(open(place / f"errors{rank}", "w"))
            process = subprocess.Popen(
                command, env=env, stdout=errors, stderr=errors, start_new_session=True
            )
            processes.append(process)
            stack.callback(process.wait)
            stack.callback(process.kill)
        end = time.monotonic() + PATIENCE
        while None in (codes := [process.poll() for process in processes]) and not any(codes):
            if time.monotonic() > end:
                raise RuntimeError(f"they did not come to an end within {PATIENCE} seconds")
            time.sleep(0.02)
        if any(codes):
            if (place / "said").exists():
                raise RuntimeError((place / "said").read_text())
            failed = next(rank for rank, code in enumerate(codes) if code)
            lines = (place / f"errors{failed}").read_text().splitlines() or ["it was ended"]
            raise RuntimeError(f"rank {failed} could not join: {lines[-1]}")
        return [torch.load(place / f"{rank}.pt") for rank in range(workers)]
