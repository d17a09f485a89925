"""Training by several processes: who takes which rows, and how their gradients become one.

Each process has the whole network and the whole data, draws the same order and takes its own
rows of every mini-batch.  The gradients are summed over the processes before each step, so
that every process makes the step that one alone would make.  Chapter 10 derives it.
"""

import hashlib
import os
import re
import signal
import socket
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache
from pathlib import Path

import torch
from torch import distributed as dist

#: A process that is not heard of for so long counts as lost.
PATIENCE = timedelta(seconds=8)


class LostError(ConnectionError):
    """Another process is gone, or does not answer."""


class UnequalError(ValueError):
    """The processes have not been given the same training."""


class StoppedError(BaseException):
    """The system, or ``torchrun``, asks this process to end."""


def world():
    """Return this process's rank and how many processes there are: (0, 1) without a group."""
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank(), dist.get_world_size()
    return 0, 1


def own_rows(n, rank, workers):
    """Return where the rows of one worker begin and end in a mini-batch of n: equal parts, to one.

    Where workers are more than rows, some have none.
    """
    return n * rank // workers, n * (rank + 1) // workers


def add_up(tensor):
    """Let a tensor become the sum of all processes' tensors, in place."""
    _together(dist.all_reduce, tensor)


def add_up_gradients(model, share):
    """Let a network's gradients become the sum of all processes', each weighted by its share.

    ``share`` is this process's part of the mini-batch: where a loss is a mean, so is a gradient,
    and means of unequal parts add up by their sizes.
    """
    grads = [grad for _, grad in model.param()]
    if world()[1] > 1 and grads:
        joined = torch.cat([grad.flatten() for grad in grads]).mul_(share)
        add_up(joined)
        parts = joined.split([grad.numel() for grad in grads])
        for grad, part in zip(grads, parts, strict=True):
            grad.copy_(part.view_as(grad))


def add_up_losses(losses, place):
    """Sum the processes' lists of losses, entry by entry.

    A FloatingPointError names the first that is not a number on some processes only, and them:
    there a step was not too large, but something went wrong.
    """
    if world()[1] == 1:
        return losses
    mine = torch.tensor(losses, dtype=torch.float64)
    tensors = [torch.empty_like(mine) for _ in range(world()[1])]
    _together(dist.all_gather, tensors, mine)
    for batch, column in enumerate(torch.stack(tensors, 1), start=1):
        if not column.isfinite().all():
            ranks = column.isnan().nonzero().flatten().tolist()
            if 0 < len(ranks) < len(column):
                said = f"{place}, mini-batch {batch}: the loss is not a number there, but elsewhere"
                raise FloatingPointError(f"{_name(ranks)}: {said}")
            break
    return sum(tensors).tolist()


def agree(owner, **parts):
    """Refuse a training whose parts, or whose code, are not the same in all processes."""
    if world()[1] == 1:
        return
    mine = {"code": _code()} | {name: digest(part) for name, part in parts.items()}
    everyones = [None] * world()[1]
    _together(dist.all_gather_object, everyones, mine)
    for rank, theirs in enumerate(everyones):
        other = [name for name, known in everyones[0].items() if theirs.get(name) != known]
        if other:
            said = f"{owner} has other {' and '.join(other)} there than on rank 0"
            raise UnequalError(f"rank {rank}: {said}; nothing was trained")


def _together(collective, *arguments):
    """Call what all processes have to call."""
    try:
        collective(*arguments)
    except RuntimeError as error:
        traceback.clear_frames(error.__traceback__)  # these would keep the connections open
        why = str(error).splitlines()[0]
        raise LostError(f"another process is gone, or does not answer: {why}") from error


@cache
def _code():
    """Digest this package and the program that was started."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    files += filter(Path.is_file, [Path(sys.argv[0])])
    return digest([torch.__version__, *(file.read_bytes() for file in files)])


def digest(parts):
    """Digest a list of tensors and other things: tensors by their bytes, no place in memory."""
    known = hashlib.sha256()
    for part in parts:
        if isinstance(part, torch.Tensor):
            known.update(repr((part.dtype, part.shape)).encode())
            part = part.detach().cpu().contiguous().numpy().tobytes()
        text = part if isinstance(part, bytes) else re.sub(r" at 0x\w+", "", repr(part)).encode()
        known.update(text)
    return known.hexdigest()


# ---- the life of a group


def started_by_torchrun():
    """Whether this process is one of several."""
    return int(os.environ.get("WORLD_SIZE", 1)) > 1


@contextmanager
def group():
    """Join the processes that ``torchrun`` has started; yield this one's rank.

    If one fails or is lost, all end, and the first to know prints one line that says which it
    was, and why.
    """
    rank, workers = (int(os.environ[name]) for name in ("RANK", "WORLD_SIZE"))
    before = signal.signal(signal.SIGTERM, _stop)
    store = None
    try:
        store = _store(rank)
        _meet(store, rank, workers)
        backend = "gloo"
        if torch.cuda.is_available():
            backend = "cpu:gloo,cuda:nccl"
            local = int(os.environ.get("LOCAL_RANK", 0))
            torch.cuda.set_device(local % torch.cuda.device_count())
        options = {"store": store, "rank": rank, "world_size": workers, "timeout": PATIENCE}
        _together(lambda: dist.init_process_group(backend, **options))
        yield rank
        _together(dist.barrier)
        dist.destroy_process_group()
    except BaseException as error:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        try:
            if dist.is_initialized():
                dist.destroy_process_group()  # who waits for this one shall know
            _tell(store, rank, workers, error)
            sys.stdout.flush()
        finally:
            os._exit(1)  # the group's threads would wait for the others
    signal.signal(signal.SIGTERM, before)


def _stop(*_):
    raise StoppedError("asked to end")


def _store(rank):
    """Open what the processes write notes to each other in: it is with torchrun, or with rank 0."""
    address, port = os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"]
    here = rank == 0 and os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True"
    options = {"is_master": here, "timeout": PATIENCE, "wait_for_workers": False}
    # another program at this port may take the connection and say nothing, for ever
    opening = ThreadPoolExecutor(1).submit(dist.TCPStore, address, int(port), **options)
    try:
        store = opening.result(PATIENCE.seconds)
    except (TimeoutError, dist.DistError) as error:
        why = "is taken" if "EADDRINUSE" in str(error) else "does not answer as rank 0 would"
        raise LostError(f"{address}:{port} {why}") from error
    return dist.PrefixStore(f"minidl/{os.environ.get('TORCHELASTIC_RESTART_COUNT', 0)}", store)


def _meet(store, rank, workers):
    """Wait until all processes are there."""
    store.set(f"came/{rank}", f"{_home()} {os.getpid()}")
    end = time.monotonic() + PATIENCE.seconds
    while missing := _without(store, "came", workers):
        if time.monotonic() > end:
            raise LostError(f"{_name(missing)} did not come within {PATIENCE.seconds} s")
        time.sleep(0.05)


def _home():
    """Say on which machine, and by whom, this process was started."""
    return f"{socket.gethostname()} {os.getppid()}"


def _without(store, note, workers):
    """List the ranks that have not left such a note."""
    return [rank for rank in range(workers) if not store.check([f"{note}/{rank}"])]


def _name(ranks):
    return ", ".join(f"rank {rank}" for rank in ranks)


def _tell(store, rank, workers, error):
    """Print what has ended the training, if no other process has done it; end one that hangs."""
    plain = isinstance(error, LostError | UnequalError | FloatingPointError)
    line = str(error) if plain else f"{type(error).__name__}: {error}"
    line = line if line.startswith("rank ") else f"rank {rank}: {line}"
    asked = isinstance(error, StoppedError | KeyboardInterrupt)
    noticed, lost = asked or isinstance(error, LostError), []
    try:
        if store is not None:
            for note in ["ended", "asked"][: 1 + asked]:
                store.set(f"{note}/{rank}", "")
            if noticed:
                time.sleep(1)  # who fails by an error of its own tells first
                came, lost, calm = (_without(store, n, workers) for n in ("came", "ended", "asked"))
                if lost and not came:
                    line = f"{_name(lost)} was killed, or has not answered for {PATIENCE.seconds} s"
                elif len(calm) < workers:
                    line = f"{_name(sorted(set(range(workers)).difference(calm)))}: asked to end"
            if store.add("told", 1) > 1:
                line = ""
    except RuntimeError:
        line = "rank 0 is gone, and with it what the processes write to each other in"
    if line:
        print(f"minidl: {line}", file=sys.__stderr__, flush=True)
        if not plain and not noticed:
            traceback.print_exception(error, file=sys.__stderr__)
    if store is None:
        return
    with suppress(RuntimeError, OSError):
        for other in set(lost).difference(_without(store, "came", workers)):
            *home, pid = store.get(f"came/{other}").decode().split()
            if " ".join(home) == _home():
                os.kill(int(pid), signal.SIGKILL)
        store.set(f"left/{rank}", "")
        if rank == 0:  # the notes may be here: who is still there shall read them
            others = [f"left/{other}" for other in range(workers) if other not in lost]
            store.wait(others, timedelta(seconds=2))
