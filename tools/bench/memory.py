"""What a training run holds in memory at most, and whether it grows over the epochs.

Each figure comes from a fresh process, as memory once held is not always given back::

    python tools/bench/memory.py minidl
"""

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from threads import pin

#: With this the C library gives large pieces back to the system as soon as they are freed.
#: Else it keeps some for later, more or less by chance, and they count as held.
GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": "131072"}

MIB = 2**20


def held():
    """Return how many bytes of memory this process holds, and the most it ever held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return tuple(1024 * int(fields[name].split()[0]) for name in ("VmRSS", "VmHWM"))


def forget_highest():
    """Let the most that was held count from now on, where the system allows it."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def measure(kind, task, large):
    """Measure what a large run takes at most, and by how much 200 epochs take more than two.

    The first, tiny run makes the libraries load what they load late.

    Returns
    -------
    dict
        ``peak_MiB`` beyond the libraries themselves; ``growth_MiB``.
    """
    kind(replace(task, width=2, batch_size=2, samples=4, epochs=1)).train()
    forget_highest()
    before, _ = held()
    kind(large).train()
    peak = held()[1] - before
    highest = []
    for epochs in (2, 200):
        contestant = kind(replace(task, epochs=epochs))
        forget_highest()
        contestant.train()
        highest.append(held()[1])
    return {"peak_MiB": peak / MIB, "growth_MiB": (highest[1] - highest[0]) / MIB}


def memory(keys):
    """Measure each contestant in a process of its own; yield a dict each."""
    for key in keys:
        command = [sys.executable, str(Path(__file__)), key]
        done = subprocess.run(command, env=os.environ | GIVE_BACK, stdout=-1, check=True)
        yield json.loads(done.stdout)


if __name__ == "__main__":
    pin()
    from contestants import CONTESTANTS, Task

    kind, task = CONTESTANTS[sys.argv[1]], Task()
    large = Task(width=1024, batch_size=4096, samples=4096, epochs=2, lr=1e-3)
    found = {"key": sys.argv[1], "name": kind.name, **measure(kind, task, large)}
    print(json.dumps(found | {"width": large.width, "batch_size": large.batch_size}))
