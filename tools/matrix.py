"""Validate every notebook as if on other machines, one line for each.

PyTorch picks its kernels by the processor; environment variables make it take those
of older ones, another number of threads, or MKL's mode for reproducible results::

    python tools/matrix.py                # every environment this processor can stand for
    python tools/matrix.py --extremes     # only the two environments that differ most
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import torch
from notebooks import CHAPTERS

LEVELS = ("default", "avx2", "avx512")


def environments():
    """List the environments: kernels up to this processor's own, one thread and two."""
    here = torch.backends.cpu.get_cpu_capability().lower()
    levels = LEVELS[: LEVELS.index(here) + 1] if here in LEVELS else ("default",)
    names = "ATEN_CPU_CAPABILITY", "OMP_NUM_THREADS"
    found = [dict(zip(names, values, strict=True)) for values in product(levels, "12")]
    compatible = {"MKL_CBWR": "COMPATIBLE", "OMP_NUM_THREADS": "1"}
    return [*found, compatible, {"ATEN_CPU_CAPABILITY": "default", **compatible}]


def validate(environment, path):
    """Run nbval on one notebook, print how it went, and return whether it passed."""
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", path]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
    name = " ".join(f"{key}={value}" for key, value in environment.items())
    print(f"{path.stem:16} {name:58} {done.stdout.strip().splitlines()[-1]}", flush=True)
    if done.returncode:
        print(done.stdout)
    return done.returncode == 0


if __name__ == "__main__":
    chosen = environments()
    if sys.argv[1:] == ["--extremes"]:  # the newest kernels in parallel, the oldest one by one
        chosen = [chosen[-3], chosen[-1]]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = zip(*product(chosen, CHAPTERS), strict=True)
        sys.exit(not all(list(pool.map(validate, *runs))))
