"""Keep accidents in a reader's code from reaching the rest of the chapter.

An endless loop, a flood of output, a deleted file, another default dtype: what is
stopped or put back here is said in a sentence.  A reader's code runs in the reader's
own process and could get around all of it; this protects from slips, not from attacks.
"""

import builtins
import io
import math
import os
import random
import signal
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from unittest.mock import patch

import numpy as np
import psutil
import torch
from IPython import get_ipython

#: Seconds that a reader's code may take for one property of an exercise.
SECONDS = 5

#: Characters that it may print meanwhile.
CHARACTERS = 10_000

#: Bytes of memory that it may take meanwhile.
MEMORY = 2**30


class Accident(BaseException):
    """Raised in a reader's code that does what would outlast its check.

    Not an ``Exception``: a reader's own ``except Exception`` must not catch it.

    Parameters
    ----------
    kind : str
    sentence : str
        What happened; the name of the function goes before it.
    hint : str
    """

    def __init__(self, kind, sentence, hint=""):
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence
        self.hint = hint


@contextmanager
def guarded(seconds):
    """Run a property of an exercise within limits of time, memory and output."""
    output, errors = _Limited(sys.stdout), _Limited(sys.stderr)
    with _alarm(seconds), redirect_stdout(output), redirect_stderr(errors):
        yield


@contextmanager
def hands_off():
    """Run one call of a reader's code away from files, processes and the ways out of Python."""
    global _watched
    with ExitStack() as stack:
        for place, name in _ways_out():
            stack.enter_context(patch.object(place, name, _leave))
        stack.enter_context(patch.object(torch, "save", _save))
        # a module imported meanwhile is not cached in a file
        stack.enter_context(patch.object(sys, "dont_write_bytecode", True))
        _watched = threading.get_ident()
        try:
            yield
        finally:
            _watched = None


def _importing():
    """Whether a module is being imported: half of one would be worse than any accident."""
    frame = sys._getframe()
    while frame is not None and "importlib._bootstrap>" not in frame.f_code.co_filename:
        frame = frame.f_back
    return frame is not None


# ---- time and memory


def _time_up(seconds):
    return Accident(
        "endless",
        f"did not come to an end within {seconds:g} seconds",
        "Is there a `while` whose condition never becomes false, or a loop over a list "
        "that grows as it runs?",
    )


@contextmanager
def _alarm(seconds):
    """Look every 50 ms whether time is up, and whether memory runs away.

    A bare ``except`` in a loop swallows what is raised, so it is raised again after a while.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    deadline = time.monotonic() + seconds
    process = psutil.Process()
    most = process.memory_info().rss + MEMORY

    def look(*_):
        nonlocal deadline
        if _importing():
            return
        now = time.monotonic()
        if now > deadline:
            deadline = now + 0.5
            raise _time_up(seconds)
        if process.memory_info().rss > most:
            raise Accident("memory", f"takes more than {MEMORY // 2**20} MB of memory")

    ring = _timer if hasattr(signal, "setitimer") else _thread
    with ring(look):
        yield


@contextmanager
def _timer(look):
    previous = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@contextmanager
def _thread(look):
    """Do the timer's work where there is none, by interrupting as Ctrl-C would."""
    done, rung = threading.Event(), threading.Event()

    def ring():
        while not done.wait(0.05):
            rung.set()
            signal.raise_signal(signal.SIGINT)

    def interrupted(*_):
        if not rung.is_set():
            raise KeyboardInterrupt
        rung.clear()
        look()

    previous = signal.signal(signal.SIGINT, interrupted)
    watcher = threading.Thread(target=ring, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        signal.signal(signal.SIGINT, previous)


# ---- output


class _Limited(io.TextIOBase):
    """A stream that passes on so many characters and no more."""

    def __init__(self, stream):
        self.stream = stream
        self.left = CHARACTERS

    def write(self, text):
        self.stream.write(text[: self.left])
        self.left -= len(text)
        if self.left < 0:
            self.left = 0
            raise Accident("printed", f"prints more than {CHARACTERS:,} characters")
        return len(text)

    def flush(self):
        self.stream.flush()


# ---- ways out of Python


def left():
    """Make the accident of code that wants to end Python."""
    return Accident("left", "would end Python, and the notebook with it")


def _leave(*_, **__):
    raise left()


def _ways_out():
    ways = [(os, "_exit"), (os, "abort"), (sys, "exit")]
    ways += [(builtins, name) for name in ("exit", "quit") if hasattr(builtins, name)]
    if get_ipython() is not None:
        ways.append((get_ipython(), "ask_exit"))
    return ways


# ---- files and other processes

#: What Python reports before it does it, and what that is called.
HANDS_OFF = {
    "os.remove": "delete {0!r}",
    "os.rmdir": "delete the folder {0!r}",
    "shutil.rmtree": "delete the folder {0!r}",
    "os.rename": "rename {0!r}",
    "shutil.move": "move {0!r}",
    "os.truncate": "empty {0!r}",
    "os.mkdir": "make the folder {0!r}",
    "os.chdir": "change to the folder {0!r}",
    "os.chmod": "change {0!r}",
    "os.link": "make a link to {0!r}",
    "os.symlink": "make a link to {0!r}",
    "os.system": "run a command of the system",
    "os.exec": "run a program in the place of Python",
    "os.fork": "start a process",
    "os.posix_spawn": "start a process",
    "subprocess.Popen": "start a process",
    "os.kill": "send a signal to a process",
    "socket.connect": "use the network",
}

_watched = None


def _audit(event, arguments):
    """Refuse, while a reader's code is running, what would outlast it."""
    if _watched != threading.get_ident() or (event in HANDS_OFF and _importing()):
        return
    if event == "open":
        path, _, flags = arguments
        writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
        if isinstance(path, int) or not flags & writes:
            return
        would = f"write to {path!r}"
    elif event in HANDS_OFF:
        would = HANDS_OFF[event].format(*arguments)
    else:
        return
    raise _kept_from(would)


def _kept_from(would):
    return Accident("hands off", f"would {would}, which no exercise needs; it was kept from it")


def _save(*_, **__):
    raise _kept_from("save a file")


sys.addaudithook(_audit)


# ---- settings of Python and PyTorch

#: What holds for all that runs later: its name, how to read it, how to set it back.
SETTINGS = (
    ("PyTorch's default dtype", torch.get_default_dtype, torch.set_default_dtype),
    (
        "PyTorch's default device",
        torch.get_default_device,
        lambda device: torch.set_default_device(None if device.type == "cpu" else device),
    ),
    ("PyTorch's grad mode", torch.is_grad_enabled, torch._C._set_grad_enabled),
    ("PyTorch's number of threads", torch.get_num_threads, torch.set_num_threads),
    (
        "PyTorch's precision of matrix products",
        torch.get_float32_matmul_precision,
        torch.set_float32_matmul_precision,
    ),
    (
        "PyTorch's choice of deterministic algorithms",
        torch.are_deterministic_algorithms_enabled,
        torch.use_deterministic_algorithms,
    ),
    ("PyTorch's seed", torch.initial_seed, lambda seed: None),
    ("Python's recursion limit", sys.getrecursionlimit, sys.setrecursionlimit),
)

#: Those among them that have to be as they were when the book began.
FIXED = {"PyTorch's default dtype", "PyTorch's default device", "PyTorch's grad mode"}


def settings():
    """Read all settings."""
    return [read() for _, read, _ in SETTINGS]


def changed_settings(before):
    """Name the settings that are not as they were before."""
    now = settings()
    return [name for (name, *_), old, new in zip(SETTINGS, before, now, strict=True) if old != new]


def set_back(before):
    """Set back what is not as it was before."""
    for (_, read, write), old in zip(SETTINGS, before, strict=True):
        if read() != old:
            write(old)


_STANDARD = settings()


def mend_settings():
    """Set back what no chapter changes, if a cell has changed it; return what that was."""
    mended = [name for name in changed_settings(_STANDARD) if name in FIXED]
    for (name, _, write), standard in zip(SETTINGS, _STANDARD, strict=True):
        if name in mended:
            write(standard)
    return mended


@contextmanager
def same_random_numbers():
    """Leave the global sources of random numbers as they were."""
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        torch.set_rng_state(states[0])
        random.setstate(states[1])
        np.random.set_state(states[2])  # noqa: NPY002


# ---- names of other people's modules


def _places():
    """Modules and classes in which a reader's code should replace nothing."""
    modules = [
        module
        for name, module in sys.modules.items()
        if name.partition(".")[0] == "minidl" and "teaching" not in name and "__main__" not in name
    ]
    classes = {
        thing
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type) and thing.__module__.startswith("minidl")
    }
    functional = [torch.nn.functional, torch.linalg, torch.autograd, torch.func]
    return [math, torch, *functional, torch.nn, torch.nn.Linear, torch.Tensor, *modules, *classes]


_names = {}
_GONE = object()


def watch_names():
    """Remember what ``torch`` and ``minidl`` hold; of each module, as it was when first seen."""
    for place in _places():
        if place not in _names:
            _names[place] = dict(vars(place))


def mend_names():
    """Put back what was replaced in ``torch`` or ``minidl``.

    Returns
    -------
    list of str
        What that was: ``["torch.relu"]``.
    """
    mended = []
    for place, names in _names.items():
        now = vars(place)
        replaced = [name for name, value in names.items() if _replaced(value, now.get(name, _GONE))]
        added = [name for name in now if name not in names and _inherited(place, name)]
        for name in replaced:
            setattr(place, name, names[name])
        for name in added:
            delattr(place, name)
        mended += [f"{place.__name__}.{name}" for name in replaced + added]
    return mended


def _inherited(place, name):
    """Whether a new name hides one of a base class: ``Tensor.add_``, say."""
    bases = place.__mro__[1:] if isinstance(place, type) else ()
    return any(name in vars(base) for base in bases)


def _replaced(value, now):
    """Whether something else stands here; PyTorch's own compiler wraps what it needs."""
    return now is not value and getattr(now, "__wrapped__", None) is not value


watch_names()
