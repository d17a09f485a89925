"""Validate every notebook as if on other machines, one line for each.

PyTorch picks its kernels by the processor; environment variables make it take those
of older ones, another number of threads, or MKL's mode for reproducible results::

    python tests/matrix.py                # every environment this processor can stand for
    python tests/matrix.py 05 08          # only these chapters
"""

import os
import subprocess
import sys

import torch
from notebooks import CHAPTERS

LEVELS = ("default", "avx2", "avx512")


def environments():
    """List the environments: kernels up to this processor's own, one thread and two."""
    here = torch.backends.cpu.get_cpu_capability().lower()
    levels = LEVELS[: LEVELS.index(here) + 1] if here in LEVELS else ("default",)
    found = [
        {"ATEN_CPU_CAPABILITY": level, "OMP_NUM_THREADS": threads}
        for level in levels
        for threads in ("1", "2")
    ]
    compatible = {"MKL_CBWR": "COMPATIBLE", "OMP_NUM_THREADS": "1"}
    return [*found, compatible, {"ATEN_CPU_CAPABILITY": "default", **compatible}]


def main(chosen):
    """Run the notebooks in every environment; return 1 if one of them differs, else 0."""
    failed = 0
    for environment in environments():
        name = " ".join(f"{key}={value}" for key, value in environment.items())
        for path in CHAPTERS:
            if chosen and path.stem[:2] not in chosen:
                continue
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "--nbval", "-q", str(path)],
                env={**os.environ, **environment},
                capture_output=True,
                text=True,
                check=False,
            )
            print(f"{path.stem:16} {name:58} {done.stdout.strip().splitlines()[-1]}", flush=True)
            if done.returncode:
                failed = 1
                print(done.stdout)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
