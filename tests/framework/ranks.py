"""Trainings and faults in several processes, for `test_distributed.py`; each is started alone."""

import os
import signal
import sys
import time
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import torch
from torch import distributed as dist

from minidl import Linear, Module, MSELoss, ReLU, Sequential, Tanh, distributed, fit
from minidl.fast.plan import Planned


class Own(Module):
    """A module for which there is no plan."""

    def forward(self, x):
        return x.sin()

    def backward(self, x, y, grad):
        return grad * x.cos()


class OwnLoss:
    """A loss that does not say what it is: of each sample Σ (p − t)⁴, a mean or their sum."""

    def __init__(self, mean):
        self.mean = mean

    def forward(self, prediction, target):
        values = (prediction - target).pow(4).sum(1)
        return values.mean() if self.mean else values.sum()

    def backward(self, prediction, target):
        grad = 4 * (prediction - target) ** 3
        return grad / len(grad) if self.mean else grad


def generator(seed):
    return torch.Generator().manual_seed(seed)


def network(between=Tanh, twice=False):
    first, last = (
        Linear(*sizes, generator=generator(sizes[0]), dtype=torch.float64)
        for sizes in ((3, 3), (3, 2))
    )
    between = between()
    return Sequential([first, between, *[first, between] * twice, last])


#: 23 rows make two mini-batches of 10 and one of 3: four processes have 2 or 3 of them, and one
#: has none of the last.
CASES = {
    "planned": (network, MSELoss(), {}),
    "planned, the sum": (lambda: network(ReLU), MSELoss("sum"), {"lr": 0.003}),
    "planned, by samples": (network, MSELoss(), {"per_sample": True}),
    "own module": (lambda: network(Own), MSELoss(), {}),
    "own module, the sum": (lambda: network(Own), MSELoss("sum"), {"lr": 0.003}),
    "own module, by samples": (lambda: network(Own), MSELoss(), {"per_sample": True}),
    "own loss": (network, OwnLoss(mean=True), {}),
    "own loss, the sum": (network, OwnLoss(mean=False), {"lr": 0.003}),
    "a layer twice": (lambda: network(twice=True), MSELoss(), {}),
    "two rows": (network, MSELoss(), {"batch_size": 2}),
}


def trained(case="planned", shuffled=False, rows=23, device="cpu", **changes):
    """What a training ends with: its history, parameters, gradients, and where the order is."""
    make, loss, options = CASES[case]
    draw, model = generator(5), make()
    x, x_test = (torch.randn(n, 3, generator=draw, dtype=torch.float64) for n in (rows, 9))
    y, y_test = (torch.tanh(2 * part[:, :2] - part[:, 1:]) for part in (x, x_test))
    x, y, x_test, y_test = (part.to(device) for part in (x, y, x_test, y_test))
    for layer in model.modules:
        vars(layer).update({k: v.to(device) for k, v in vars(layer).items() if hasattr(v, "to")})
    order = generator(7) if shuffled else None
    options = {"epochs": 8, "batch_size": 10, "lr": 0.05, "test": (x_test, y_test)} | options
    history = fit(model, loss, x, y, generator=order, **options | changes)
    end = torch.cat([tensor.flatten() for pair in model.param() for tensor in pair])
    return {"end": end, "order": shuffled and order.get_state().tolist(), **vars(history)}


def all_cases():
    return {(case, how): trained(case, how) for case in CASES for how in (False, True)}


def began():
    """When this process was started: its imports are no part of what was before."""
    ago = float(Path("/proc/uptime").read_text().split()[0])
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return time.time() - ago + ticks / os.sysconf("SC_CLK_TCK")


def note(path):
    path.write_text(str(time.time()))


def fault(how):
    """Do what a test asks for."""
    if how == "raise":
        raise RuntimeError("boom")
    if how in ("exit", "alone"):
        os._exit(0)
    os.kill(os.getpid(), getattr(signal, f"SIG{how.upper()}"))


def faulty(how, path=os.devnull, step=8):
    """Let a step of a plan be the last good one, and note when."""
    accumulate, steps = Planned.accumulate, []

    def wrapped(self, x, y):
        steps.append(accumulate(self, x, y))
        if len(steps) == step:
            note(Path(path))
            if how != "nan":
                fault(how)
            steps[-1] = steps[-1] * torch.nan
        return steps[-1]

    Planned.accumulate = wrapped


def unequal(rank):
    changes = {"epochs": 9, "lr": 0.06, "rows": 22, "shuffled": True} if rank else {}
    trained("own module" if rank else "planned", **changes)


def equal(out):
    """All cases, and then a process that is killed where there are more than two."""
    with distributed.group() as rank:
        results = all_cases()
        if rank == 0:
            torch.save(results, out / f"{distributed.world()[1]}.pt")
        if distributed.world()[1] > 2:
            if rank == 1:
                faulty("kill")
            trained()


def restarted(out, *faults):
    """A fault at each attempt; the last comes to the end."""
    faults = dict(enumerate(faults))
    rank, attempt = (int(os.environ[k]) for k in ("RANK", "TORCHELASTIC_RESTART_COUNT"))
    how, _, where = faults.get(attempt, "").partition("@")
    if rank == 0:
        (out / f"{attempt}.began").write_text(str(began()))
    with distributed.group() if distributed.started_by_torchrun() else nullcontext():
        if how == "unequal":
            note(out / f"{attempt}.time")
            unequal(rank)
        if how and rank == int(where):
            faulty(how, out / f"{attempt}.time")
        results = [trained(shuffled=s, checkpoint=out / f"{s}.pt") for s in (False, True)]
        if rank == 0:
            torch.save(results, out / "results.pt")


def by_hand(out, how):
    """Without torchrun; all begin when the test says so."""
    rank = int(os.environ["RANK"])
    (out / f"{how}.{rank}.ready").touch()
    while not (out / "go").exists():
        time.sleep(0.05)
    if rank == 0 and how in ("missing", "taken", "code"):
        note(out / f"{how}.time")
    if how == "alone":
        dist.init_process_group("gloo", timeout=timedelta(seconds=8))
        if rank == 1:
            faulty(how, out / f"{how}.time")
        try:
            trained()
        except distributed.LostError as error:
            print("goes on:", error)
        os._exit(0)
    with distributed.group():
        if how in ("kill", "stop") and rank == (how == "stop"):
            faulty(how, out / f"{how}.time")
        trained()


if __name__ == "__main__":
    torch.set_num_threads(1)
    name, out, *rest = sys.argv[1:]
    globals()[name](Path(out), *rest)
