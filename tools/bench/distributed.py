"""Time a step of several processes, minidl's beside PyTorch's, and say on what machine.

::

    python tools/bench/distributed.py            # starts its processes, and ends them
    python tools/bench/distributed.py --store    # what chapter 10 shows

Four processes of one thread each are started once.  In a turn, 1, 2 or 4 of them form a group
and the others sleep.  The group trains a network by ``minidl.fit`` and by PyTorch's
DistributedDataParallel (by one process: without it) from the same start, three times each,
one after the other, and the quickest time of each stands for it.  It is the time of the
clock, as processes also wait for each other, and whole trainings are timed.  What counts
are the ratios within a turn or a round, their medians over the rounds.
"""

import argparse
import os
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from statistics import median

import torch
from bench import machine, store
from contestants import Task, Training, by_fit
from torch import distributed as dist
from torch.nn.parallel import DistributedDataParallel

from minidl.distributed import world
from minidl.paper import torch_twin

#: What chapter 10 shows.
STORED = Path(__file__).resolve().parents[2] / "minidl" / "teaching" / "distributed.json"

#: Hidden layers, and the epochs of a training.
EPOCHS = {25: 40, 64: 40, 256: 10, 1024: 2}
WORKERS = (1, 2, 4)
BYTES = [4096 * 4**k for k in range(8)]


def parser():
    """Build the parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--rounds", type=int, default=9, help="how many turns every group has")
    add("--widths", type=int, nargs="+", choices=EPOCHS, default=list(EPOCHS), metavar="WIDTH")
    add("--epochs", type=int, help="of a training, whatever width")
    add("--bytes", type=int, nargs="+", default=BYTES, metavar="BYTES", help="to be summed up")
    add("--store", nargs="?", type=Path, const=STORED, metavar="FILE")
    return parser


class Meeting:
    """Where the processes form groups, one after the other."""

    def __init__(self):
        self.store, self.rank, _ = next(dist.rendezvous("env://", timeout=timedelta(minutes=5)))
        self.groups = 0

    @contextmanager
    def group(self, workers):
        """Form a group of the first processes, and yield whether this one belongs to it.

        The others wait until its work is done.
        """
        self.groups += 1
        done, inside = f"done/{self.groups}", self.rank < workers
        if inside and workers > 1:
            notes = dist.PrefixStore(f"group/{self.groups}", self.store)
            dist.init_process_group("gloo", store=notes, rank=self.rank, world_size=workers)
        yield inside
        if dist.is_initialized():
            dist.barrier()
            dist.destroy_process_group()
        if self.rank == 0:
            self.store.set(done, "")
        self.store.wait([done])


def by_ddp(task):
    """Train as PyTorch's tutorials do, by as many processes as there are in the group."""
    network, criterion = torch_twin(task.network()), torch.nn.MSELoss()
    parameters, (rank, workers) = list(network.parameters()), world()
    if workers > 1:
        network = DistributedDataParallel(network)
    whole = zip(*(part.split(task.batch_size) for part in task.data()), strict=True)
    batches = [[part.tensor_split(workers)[rank] for part in batch] for batch in whole]

    def train():
        optimizer, losses = torch.optim.SGD(parameters, lr=task.lr), []
        for _ in range(task.epochs):
            total = 0.0
            for x, y in batches:
                optimizer.zero_grad()
                loss = criterion(network(x), y)
                loss.backward()
                optimizer.step()
                total += loss.item()
            losses.append(total / len(batches))
        return losses

    return Training(parameters, train)


def same(task):
    """Refuse a group that reaches other parameters than PyTorch in one process, in float64."""
    task = replace(task, dtype="float64", epochs=1)
    found = []
    for make in (by_fit, by_ddp):
        training = make(task)
        training.train()
        found.append([parameter.detach() for parameter in training.parameters])
    x, y = task.data()
    network, criterion = torch_twin(task.network()), torch.nn.MSELoss()
    optimizer = torch.optim.SGD(network.parameters(), lr=task.lr)
    for _ in range(task.epochs):
        for batch, target in zip(x.split(task.batch_size), y.split(task.batch_size), strict=True):
            optimizer.zero_grad()
            criterion(network(batch), target).backward()
            optimizer.step()
    for parameters in found:
        torch.testing.assert_close(parameters, list(network.parameters()), rtol=0, atol=1e-12)


def turn(task, first):
    """Return the quickest of three times of a step, in milliseconds: ours, and PyTorch's."""
    trainings = [by_fit(task, errors=False), by_ddp(task)]
    best = [float("inf")] * 2
    for k in [first, 1 - first] * 3:
        trainings[k].reset()
        if world()[1] > 1:
            dist.barrier()
        before = time.perf_counter()
        trainings[k].train()
        best[k] = min(best[k], 1e3 * (time.perf_counter() - before) / task.steps)
    return best


def race(meeting, task, rounds):
    """Let every group have a turn each round; return a dict for each.

    ``ours_to_one`` and ``ddp_to_one`` are ratios to the times of one process in that round.
    """
    times = {workers: [] for workers in WORKERS}
    for number in range(rounds):
        for workers in WORKERS:
            with meeting.group(workers) as inside:
                if inside and number == 0:
                    same(task)
                if inside:
                    times[workers].append(turn(task, number % 2))
    if meeting.rank > 0:
        return []
    alone = list(zip(*times[1], strict=True))
    rows = []
    for workers in WORKERS:
        ours, ddp = zip(*times[workers], strict=True)
        rows.append(
            {
                "width": task.width,
                "workers": workers,
                "ours_ms": median(ours),
                "ddp_ms": median(ddp),
                "ours_to_ddp": ratio(ours, ddp),
                "ours_to_one": ratio(ours, alone[0]),
                "ddp_to_one": ratio(ddp, alone[1]),
            }
        )
    return rows


def ratio(above, below):
    """Divide times round by round; return the median."""
    return median(a / b for a, b in zip(above, below, strict=True))


def all_reduce(meeting, sizes, rounds):
    """Measure what it takes to sum up float32 numbers of so many bytes; return a dict for each."""
    groups = WORKERS[1:]
    times = {(size, workers): [] for workers in groups for size in sizes}
    for _ in range(rounds):
        for workers in groups:
            with meeting.group(workers) as inside:
                for size in sizes if inside else []:
                    times[size, workers].append(sum_up(torch.zeros(size // 4)))
    if meeting.rank > 0:
        return []
    return [
        {"bytes": size, "workers": workers, "us": median(found)}
        for (size, workers), found in times.items()
    ]


def sum_up(numbers):
    """Return the time of an ``all_reduce`` in microseconds, the mean of a few or of many."""
    calls = min(max(3, 2**20 // numbers.nbytes), 200)
    dist.all_reduce(numbers)
    before = time.perf_counter()
    for _ in range(calls):
        dist.all_reduce(numbers)
    return 1e6 * (time.perf_counter() - before) / calls


def table(rows):
    """Write dicts with the same keys as Markdown."""
    lines = [rows[0], ["---:"] * len(rows[0])]
    for row in rows:
        lines.append([f"{x:.3f}" if isinstance(x, float) else str(x) for x in row.values()])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def main():
    """Start the processes; in each of them measure, print, and store what was asked for."""
    options = parser().parse_args()
    if not dist.is_torchelastic_launched():
        launcher = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(WORKERS[-1])]
        command = [sys.executable, "-m", *launcher, __file__, *sys.argv[1:]]
        os.execve(sys.executable, command, os.environ | {"OMP_NUM_THREADS": "1"})
    torch.set_num_threads(1)
    # the learning rate is small, so that no network diverges; it costs no time
    meeting, task = Meeting(), Task(lr=1e-3)
    results = {"machine": machine(), "task": asdict(task), "rounds": options.rounds, "race": []}
    if meeting.rank == 0:
        print(*(f"{key}: {value}" for key, value in results["machine"].items()), "", sep="\n")
    for width in options.widths:
        run = replace(task, width=width, epochs=options.epochs or EPOCHS[width])
        results["race"] += race(meeting, run, options.rounds)
    results["all_reduce"] = all_reduce(meeting, options.bytes, options.rounds)
    if meeting.rank == 0:
        print(table(results["race"]), table(results["all_reduce"]), sep="\n")
        if options.store:
            store(results, options.store)


if __name__ == "__main__":
    main()
