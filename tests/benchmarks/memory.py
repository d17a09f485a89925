"""What a training run holds in memory: its peak, and whether it grows over the epochs.

Each figure comes from a fresh process, as memory once held is not always given back::

    python tests/benchmarks/memory.py '{"what": "peak", "contestant": "minidl", "task": {}}'
"""

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median

KEYS = ("minidl", "torch")


#: With this the C library gives large pieces back to the system as soon as they are freed.
#: Else it keeps some for later, more or less by chance, and they count as held.
GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": "131072"}

#: How many processes are asked where chance has a part.
PROCESSES = 5


def in_fresh_process(what, key, task, **environment):
    """Call :func:`peak` or :func:`growth` in a process of its own."""
    question = json.dumps({"what": what, "contestant": key, "task": asdict(task)})
    done = subprocess.run(
        [sys.executable, Path(__file__), question],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


def resident():
    """Return how many bytes of memory this process holds, and the most it ever held."""
    fields = {}
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        fields[name] = value.split()
    return tuple(1024 * int(fields[name][0]) for name in ("VmRSS", "VmHWM"))


def forget_highest():
    """Let the most that was held count from now on, where the system allows it."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak(kind, task):
    """Measure the most that building and training take beyond the libraries themselves.

    The first, tiny run makes the libraries load what they load late.  Linux's own
    high-water mark is read and not ``ru_maxrss``, which a process inherits from the
    one that started it.
    """
    kind(replace(task, width=2, batch_size=2, samples=4, epochs=1)).train()
    forget_highest()
    before, _ = resident()
    kind(task).train()
    _, highest = resident()
    return {"peak": highest - before}


def growth(kind, task):
    """Measure by how much a run of all epochs exceeds a run of the first two.

    ``traced`` is what Python allocates, in bytes an epoch: what it holds at most during
    the run or has kept at its end, whichever grew more.  ``resident`` is what the process
    holds at most, tensors included, in bytes for the whole run.
    """
    import tracemalloc

    contestant = kind(task)

    def train(epochs):
        contestant.task = replace(task, epochs=epochs)
        contestant.reset()
        contestant.train()

    forget_highest()
    train(2)
    _, first = resident()
    train(task.epochs)
    _, last = resident()

    tracemalloc.start()
    highest, kept = [], []
    for epochs in (2, task.epochs):
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        train(epochs)
        after, most = tracemalloc.get_traced_memory()
        highest.append(most - before)
        kept.append(after - before)
    tracemalloc.stop()
    more = max(highest[1] - highest[0], kept[1] - kept[0])
    return {"resident": last - first, "traced": more / (task.epochs - 2)}


def memory(task, large):
    """Measure peaks of the large task and the growth of the small one, for each contestant.

    ``peak_MiB`` is the median of ``peaks_MiB``, as the process is by itself; ``live_MiB`` is
    the peak where freed memory is given back at once, so that of the tensors in use.
    """
    from contestants import CONTESTANTS

    for key in KEYS:
        peaks = [in_fresh_process("peak", key, large)["peak"] for _ in range(PROCESSES)]
        live = in_fresh_process("peak", key, large, **GIVE_BACK)["peak"]
        grown = in_fresh_process("growth", key, task)
        yield {
            "key": key,
            "name": CONTESTANTS[key].name,
            "width": large.width,
            "batch_size": large.batch_size,
            "peak_MiB": median(peaks) / 2**20,
            "peaks_MiB": [value / 2**20 for value in sorted(peaks)],
            "live_MiB": live / 2**20,
            "epochs": task.epochs,
            "growth_MiB": grown["resident"] / 2**20,
            "bytes_an_epoch": grown["traced"],
        }


def main(question):
    """Answer a question in JSON."""
    from threads import pin

    pin(1)
    from contestants import CONTESTANTS, Task

    question = json.loads(question)
    function = {"peak": peak, "growth": growth}[question["what"]]
    kind = CONTESTANTS[question["contestant"]]
    print(json.dumps(function(kind, Task(**question["task"]))))


if __name__ == "__main__":
    main(sys.argv[1])
