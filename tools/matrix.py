"""Validate every notebook as if on other machines, one line for each.

PyTorch picks its kernels by the processor; environment variables make it take those
of older ones, another number of threads, or MKL's mode for reproducible results::

    python tools/matrix.py                # every environment this processor can stand for
    python tools/matrix.py 05 08          # only these chapters
    python tools/matrix.py --extremes     # only the two environments that differ most
"""

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

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


def extremes():
    """List the two that differ most: the newest kernels in parallel, the oldest one by one."""
    *rest, oldest = environments()
    return [[e for e in rest if e["OMP_NUM_THREADS"] == "2"][-1], oldest]


def validate(path, environment):
    """Run nbval on one notebook; return whether it passed, and what was printed."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", str(path)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0, done.stdout


def main(chapters, chosen):
    """Run the notebooks in the environments; return 1 if one of them differs, else 0."""
    runs = [(path, environment) for environment in chosen for path in chapters]
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (path, environment), (passed, output) in zip(
            runs, pool.map(lambda run: validate(*run), runs), strict=True
        ):
            name = " ".join(f"{key}={value}" for key, value in environment.items())
            print(f"{path.stem:16} {name:58} {output.strip().splitlines()[-1]}", flush=True)
            if not passed:
                failed = 1
                print(output)
    return failed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapters", nargs="*", help="numbers, such as 05; all if none is given")
    parser.add_argument("--extremes", action="store_true", help="only the two that differ most")
    arguments = parser.parse_args()
    paths = [p for p in CHAPTERS if not arguments.chapters or p.stem[:2] in arguments.chapters]
    sys.exit(main(paths, extremes() if arguments.extremes else environments()))
