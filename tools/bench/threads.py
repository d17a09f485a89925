"""Hold the process to one thread on one core.

Libraries read their settings when they are first imported, so this module imports
none of them, and :func:`pin` is called before they are.
"""

import os


def pin():
    """Use one thread from here on, and where the system allows it one core.

    The core matters: JAX has threads of its own that no setting takes away, and would
    otherwise use a second one.
    """
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
