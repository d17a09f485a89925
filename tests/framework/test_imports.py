"""What an import brings: little, and nothing that stays behind in the process."""

import pkgutil
import subprocess
import sys

import minidl

#: Every module of the package, but the command line, which is no module to import.
MODULES = sorted(
    info.name
    for info in pkgutil.walk_packages(minidl.__path__, "minidl.")
    if not info.name.endswith("__main__")
)


def python(code):
    """Run code in a fresh interpreter and return what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_framework_brings_no_notebooks_plots_or_processes():
    heavy = {"IPython", "ipywidgets", "matplotlib", "psutil"}
    assert python(f"import sys, minidl; print(*{heavy} & {{*sys.modules}})") == ""


#: The libraries may do what they like; what ours does is seen after they have done it.
STATE = """
import random, signal, sys, warnings
import IPython, ipywidgets, matplotlib.pyplot, numpy, psutil, torch, tqdm
from importlib import import_module
hooks = []
sys.addaudithook(lambda event, _: hooks.append(event) if event == "sys.addaudithook" else None)
def state():
    return {
        "hooks": len(hooks),
        "warnings": list(warnings.filters),
        "rcParams": dict(matplotlib.rcParams),
        "numbers": (random.getstate(), torch.get_rng_state().tolist()),
        "torch": (torch.get_default_dtype(), torch.get_num_threads(), torch.is_grad_enabled()),
        "signals": [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGALRM)],
        "exceptions": (sys.excepthook, sys.gettrace(), sys.getrecursionlimit()),
        "streams": (sys.stdout, sys.stderr, sys.path[:]),
    }
before = state()
"""


def test_no_import_changes_the_process():
    code = f"for name in {MODULES}: import_module(name)\nafter = state()\n"
    assert python(f"{STATE}{code}print(*(k for k in before if before[k] != after[k]))") == ""
