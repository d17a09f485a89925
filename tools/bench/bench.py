"""Time minidl beside other programs, and say on what machine.

::

    python tools/bench/bench.py                  # the paper's training
    python tools/bench/bench.py --all --store    # what chapter 9 shows

The contestants take turns in one process, several rounds, on one thread and one core.  In
a turn a contestant trains again and again for a fifth of a second, and the quickest of
its times stands for it.  It is the processor's time, so that others who use the machine
matter less.  What counts are the ratios within a round, their medians over the rounds.
Nobody's time to compile is counted.
"""

import argparse
import gc
import json
import os
import platform
import re
import sys
import time
from dataclasses import asdict, replace
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median

#: What chapter 9 shows.
STORED = Path(__file__).resolve().parents[2] / "minidl" / "teaching" / "speed.json"

#: Hidden layers of the sweep, and the epochs of its runs.
SWEEP = {25: 20, 64: 20, 256: 8, 1024: 4}


def pin():
    """Use one thread from here on, and where the system allows it one core.

    Libraries read this when they are first imported.  The core matters: JAX has threads of
    its own that no setting takes away.
    """
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def prepare(kinds, task):
    """Build and warm up whoever can run here; refuse a training that is not PyTorch's.

    The tolerance is loose because rounding in float32 grows over many steps; a wrong
    gradient, learning rate or order of the samples is off by far more.
    """
    ready, ends = {}, {}
    for key, kind in kinds.items():
        if kind.lacks():
            print(f"left out: {kind.name}: {kind.needs} is not installed")
            continue
        ready[key] = training = kind.make(task)
        training.reset()
        losses = training.train()
        if kind.trains:
            ends[key] = [*losses, *(x for p in training.parameters for x in p.ravel().tolist())]
    for key, end in ends.items():
        pairs = zip(end, ends["torch"], strict=True)
        if not all(abs(ours - theirs) <= 1e-3 for ours, theirs in pairs):
            raise AssertionError(f"{key} differs from PyTorch: it is another training")
    return ready


def turn(training, seconds):
    """Let a contestant train again and again; return its quickest time in milliseconds."""
    best, begin = float("inf"), time.process_time()
    while best == float("inf") or time.process_time() - begin < seconds:
        training.reset()
        before = time.process_time()
        training.train()
        best = min(best, time.process_time() - before)
    return 1e3 * best


def race(kinds, task, rounds, seconds):
    """Let everybody have a turn each round, each round beginning with another one.

    So what disturbs the machine for a while disturbs all.  Returns a dict for each: ``rounds_ms``,
    the time in each round, ``ms``, their median, and medians of the ratios within rounds.
    """
    ready = prepare(kinds, task)
    keys, times = list(ready), {key: [] for key in ready}
    gc.disable()
    for number in range(rounds):
        gc.collect()
        first = number % len(keys)
        for key in keys[first:] + keys[:first]:
            times[key].append(turn(ready[key], seconds))
    gc.enable()
    return [
        {
            "key": key,
            "name": kinds[key].name,
            "ms": median(times[key]),
            "rounds_ms": times[key],
            "faster_than_torch": ratio(times, "torch", key),
            "slower_than_floor": ratio(times, key, "floor"),
        }
        for key in keys
    ]


def ratio(times, above, below):
    """Divide two contestants' times round by round, and return the median."""
    return median(a / b for a, b in zip(times[above], times[below], strict=True))


def sweep(task, kinds, rounds, seconds):
    """Measure a step at each width, in milliseconds; yield a dict for each.

    The learning rate is small, so that no network diverges; it costs no time.
    """
    for width, epochs in SWEEP.items():
        run = replace(task, width=width, epochs=epochs, lr=1e-3)
        rows = {row["key"]: row for row in race(kinds, run, rounds, seconds)}
        steps = {key: row["ms"] / run.steps for key, row in rows.items()}
        yield {"width": width, **steps, "faster_than_torch": rows["minidl"]["faster_than_torch"]}


def machine():
    """Describe the machine in short strings."""
    import torch

    lines = Path("/proc/cpuinfo").read_text().splitlines() if sys.platform == "linux" else []
    cpu = dict(re.split(r"\s*:\s*", line, maxsplit=1) for line in lines if ":" in line)
    kind = ", ".join(f"{name} {cpu[name]}" for name in ("cpu family", "model") if name in cpu)
    return {
        "processor": f"{cpu.get('model name', platform.machine())} ({kind})",
        "kernels of PyTorch": torch.backends.cpu.get_cpu_capability(),
        "Python": platform.python_version(),
        **{name: version(name) for name in ("torch", "numpy", "jax") if find_spec(name)},
    }


def measure(task, kinds, rounds=9, seconds=0.2, everything=False):
    """Race; if ``everything``, measure what else chapter 9 shows, too."""
    import limits

    results = {"machine": machine(), "task": asdict(task), "rounds": rounds, "turn": seconds}
    results["race"] = race(kinds, task, rounds, seconds)
    if everything:
        four = {key: kinds[key] for key in ("minidl", "torch", "floor", "floor-columns")}
        results["sweep"] = list(sweep(task, four, rounds, seconds))
        results["roofline"] = list(limits.roofline(task.batch_size, seconds))
        results["pieces"] = list(limits.pieces(task, 5 * seconds))
    return results


def store(results, path):
    """Write what was measured as JSON.  Floats have four digits; more are noise."""
    rounded = json.loads(json.dumps(results), parse_float=lambda x: float(f"{float(x):.4g}"))
    path.write_text(json.dumps(rounded, indent=1) + "\n", encoding="utf-8")


def main():
    """Measure, print, and store what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = partial(parser.add_argument, action="store_true")
    add("--all", help="also: widths, limits of the machine, a step in pieces")
    add("--store", help="as what chapter 9 shows")
    options = parser.parse_args()
    pin()

    # only now: it imports libraries that read their settings
    import torch
    from contestants import CONTESTANTS, Task

    torch.set_num_threads(1)
    results = measure(Task(), CONTESTANTS, everything=options.all)
    print(results["machine"], results["task"], sep="\n")
    for row in results["race"]:
        print(f"{row['ms']:9.2f} ms, {row['faster_than_torch']:6.3f} × PyTorch: {row['name']}")
    for part in ("sweep", "roofline", "pieces") if options.all else ():
        print(*results[part], sep="\n")
    if options.store:
        store(results, STORED)


if __name__ == "__main__":
    main()
