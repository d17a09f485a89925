"""Hold the process to a number of threads and cores.

Libraries read their settings when they are first imported, so this module imports
none of them, and :func:`pin` is called before they are.
"""

import os
import sys

SETTINGS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

#: The cores that this process was given at its start.
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def available():
    """Count the cores that this process may use."""
    return len(CORES) if CORES else os.cpu_count()


def pin(threads):
    """Use so many threads from here on, and where the system allows it only as many cores.

    The cores matter: JAX has threads of its own that no setting takes away, and would
    otherwise use a second core in a comparison on one.  NumPy, JAX and scikit-learn
    cannot be given more threads once they are imported; PyTorch can.
    """
    for name in SETTINGS:
        os.environ[name] = str(threads)
    if threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    if CORES:
        os.sched_setaffinity(0, CORES[:threads])
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
