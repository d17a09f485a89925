"""Training by several processes: who takes which rows, and how their gradients become one.

Each process has the whole network and the whole data, draws the same order and takes its own
rows of every mini-batch.  The gradients are summed over the processes before each step, so
that every process makes the step that one alone would make.  Chapter 10 derives it.
"""

import hashlib
import os
import signal
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path

import torch
from torch import distributed as dist

#: A process that is not heard of for so long counts as lost.
PATIENCE = timedelta(seconds=8)


class LostError(ConnectionError):
    """Another process is gone, or does not answer."""


class StoppedError(BaseException):
    """The system, or ``torchrun``, asks this process to end."""


def world():
    """Return this process's rank and how many processes there are: (0, 1) without a group."""
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank(), dist.get_world_size()
    return 0, 1


def own_rows(rows):
    """Return the rows of a tensor that this process takes: an equal part, to a row; maybe none."""
    rank, workers = world()
    return rows[len(rows) * rank // workers : len(rows) * (rank + 1) // workers]


def add_up(tensor):
    """Let a tensor become the sum of all processes' tensors, in place."""
    if world()[1] > 1:
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

    A FloatingPointError names the first that is not finite on some processes only, and them:
    there a step was not too large, but something went wrong.
    """
    if world()[1] == 1:
        return losses
    mine = torch.tensor(losses, dtype=torch.float64)
    table = torch.stack(_gather(mine))
    broken = ~table.isfinite()
    for batch, column in enumerate(broken.t(), start=1):
        if column.any() and not column.all():
            ranks = ", ".join(f"rank {rank}" for rank in column.nonzero().flatten().tolist())
            said = f"on {ranks} the loss is {table[column, batch - 1].tolist()}"
            raise FloatingPointError(f"{place}, mini-batch {batch}: {said}")
    return table.sum(0).tolist()


def agree(owner, **parts):
    """Refuse a training whose parts, or whose code, are not the same in all processes."""
    if world()[1] == 1:
        return
    mine = {"code": _code()} | {name: digest(part) for name, part in parts.items()}
    all_parts = [None] * world()[1]
    _together(dist.all_gather_object, all_parts, mine)
    for rank, theirs in enumerate(all_parts):
        other = [name for name, digest in all_parts[0].items() if theirs.get(name) != digest]
        if other:
            raise ValueError(f"{owner}: rank {rank} has other {' and '.join(other)} than rank 0")


def _together(collective, *arguments):
    """Call what all processes have to call."""
    try:
        collective(*arguments)
    except RuntimeError as error:
        raise LostError(str(error).splitlines()[0]) from error


def _gather(tensor):
    tensors = [torch.empty_like(tensor) for _ in range(world()[1])]
    _together(dist.all_gather, tensors, tensor)
    return tensors


@cache
def _code():
    """Digest this package and the program that was started."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    files += filter(Path.is_file, [Path(sys.argv[0])])
    return digest([torch.__version__, *(file.read_bytes() for file in files)])


def digest(parts):
    """Digest a list of tensors and other things, tensors by their bytes."""
    known = hashlib.sha256()
    for part in parts:
        if isinstance(part, torch.Tensor):
            known.update(repr((part.dtype, part.shape)).encode())
            part = part.detach().cpu().contiguous().numpy().tobytes()
        known.update(part if isinstance(part, bytes) else repr(part).encode())
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
    signal.signal(signal.SIGTERM, _stop)
    store = None
    try:
        store = _meet(rank, workers)
        backend = "nccl" if torch.cuda.is_available() else "gloo"
        options = {"store": store, "rank": rank, "world_size": workers, "timeout": PATIENCE}
        _together(lambda: dist.init_process_group(backend, **options))
        yield rank
        dist.destroy_process_group()
    except BaseException as error:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _tell(store, rank, workers, error)
        sys.stdout.flush()
        os._exit(1)  # the group's threads would wait for the others


def _stop(*_):
    raise StoppedError


def _meet(rank, workers):
    """Wait until all processes are there; return what they write notes to each other in."""
    address = ":".join(os.environ.get(f"MASTER_{name}", "?") for name in ("ADDR", "PORT"))
    try:
        store, *_ = next(dist.rendezvous("env://", timeout=PATIENCE))
    except dist.DistNetworkError as error:
        wrong = f"{address} is taken" if "EADDRINUSE" in str(error) else f"no rank 0 at {address}"
        raise LostError(wrong) from error
    attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    store = dist.PrefixStore(f"minidl/{attempt}", store)
    store.set(f"came/{rank}", "")
    try:
        store.wait([f"came/{other}" for other in range(workers)], PATIENCE)
    except dist.DistStoreError as error:
        missing = _without(store, "came", workers)
        raise LostError(f"{missing} did not come within {PATIENCE.seconds} s") from error
    return store


def _without(store, note, workers):
    """Name the ranks that have not left such a note."""
    ranks = [rank for rank in range(workers) if not store.check([f"{note}/{rank}"])]
    return ", ".join(f"rank {rank}" for rank in ranks)


def _tell(store, rank, workers, error):
    """Print what has ended the training, if no other process has done it."""
    line = f"rank {rank}: {type(error).__name__}: {error}"
    try:
        if store is None:
            line = f"rank {rank}: {error}"
        else:
            store.set(f"ended/{rank}", "")
            if isinstance(error, LostError | StoppedError):
                time.sleep(1)  # who fails by an error of its own tells first
                lost = _without(store, "ended", workers)
                line = f"{lost} was killed, or has not answered for {PATIENCE.seconds} s"
                line = line if lost else f"all {workers} processes were asked to end"
            if store.add("told", 1) > 1:
                return
    except RuntimeError:
        line = "rank 0 is lost, and with it what the processes write to each other in"
    print(f"minidl: {line}", file=sys.__stderr__, flush=True)
