"""Say on what machine, and with what, something was measured."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import threads
import torch

LIBRARIES = ("torch", "numpy", "jax", "jaxlib", "scikit-learn")


def describe():
    """Return a dict of short strings: processor, cores, system, versions, load."""
    return {
        "processor": processor(),
        "kernels of PyTorch": torch.backends.cpu.get_cpu_capability(),
        "cores": f"{os.cpu_count()}, of which this process may use {threads.available()}",
        "memory": f"{memory():.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "Python": platform.python_version(),
        **{name: installed(name) for name in LIBRARIES},
        "load at the start": load(),
    }


def processor():
    """Name the processor: Linux knows it better than Python does."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    fields = dict(map(str.strip, line.split(":", 1)) for line in lines if ":" in line)
    family = ", ".join(f"{key} {fields[key]}" for key in ("cpu family", "model") if key in fields)
    name = fields.get("model name", platform.machine())
    return f"{name} ({family})" if family else name


def memory():
    """Return the size of main memory in GiB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def installed(name):
    """Return a library's version."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def load():
    """Say how many processes wanted a core in the last minute: well below 1 is quiet."""
    return f"{os.getloadavg()[0]:.1f}"
