"""Keep slips in a reader's code from reaching the rest of the chapter.

An endless loop, a flood of output, ``exit()``, another default dtype: what is stopped or put
back here is said in a sentence.
"""

import builtins
import io
import signal
import sys
import threading
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch

import torch
from IPython import get_ipython

#: Seconds that a reader's code may take for one property of an exercise.
SECONDS = 5

#: Characters that it may print meanwhile.
CHARACTERS = 10_000


@dataclass(eq=False)
class Accident(BaseException):
    """Raised in a reader's code that does what would outlast its check.

    Not an ``Exception``: a reader's own ``except Exception`` must not catch it.  The name of
    the function goes before the sentence.
    """

    kind: str
    sentence: str
    hint: str = ""


@contextmanager
def guarded(seconds):
    """Run a property of an exercise within limits of time and output."""
    output, errors = _Limited(sys.stdout), _Limited(sys.stderr)
    with _alarm(seconds), redirect_stdout(output), redirect_stderr(errors):
        yield


# ---- time


@contextmanager
def _alarm(seconds):
    """Raise an accident when time is up, and again and again: a bare ``except`` swallows it.

    A thread interrupts as Ctrl-C would: Windows has no signal of a timer.
    """
    main = threading.main_thread()
    if threading.current_thread() is not main:
        yield
        return
    done, rung = threading.Event(), threading.Event()

    def ring():
        wait = seconds
        while not done.wait(wait):
            wait = 0.5
            rung.set()
            if hasattr(signal, "pthread_kill"):  # which wakes a sleeper, too
                signal.pthread_kill(main.ident, signal.SIGINT)
            else:
                signal.raise_signal(signal.SIGINT)

    def interrupted(*_):
        if not rung.is_set():
            raise KeyboardInterrupt
        rung.clear()
        if not _importing():
            raise Accident(
                "endless",
                f"did not come to an end within {seconds:g} seconds",
                "Is there a `while` whose condition never becomes false, or a loop over a list "
                "that grows as it runs?",
            )

    previous = signal.signal(signal.SIGINT, interrupted)
    watcher = threading.Thread(target=ring, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        signal.signal(signal.SIGINT, previous)


def _importing():
    """Whether a module is being imported: half of one would be worse than any accident."""
    frame = sys._getframe()
    while frame is not None and "importlib._bootstrap>" not in frame.f_code.co_filename:
        frame = frame.f_back
    return frame is not None


# ---- output, and ways out of Python


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


def left():
    """Make the accident of code that wants to end Python."""
    return Accident("left", "would end Python, and the notebook with it")


def _leave(*_, **__):
    raise left()


@contextmanager
def no_way_out():
    """Run one call of a reader's code where ``exit()`` and its like end the check alone."""
    shell = get_ipython()
    with ExitStack() as stack:
        stack.enter_context(patch.multiple(builtins, create=True, exit=_leave, quit=_leave))
        if shell is not None:
            stack.enter_context(patch.object(shell, "ask_exit", _leave))
        yield


# ---- settings of PyTorch

#: What holds for all that runs later: how to read it, and how to set it back.
SETTINGS = {
    "PyTorch's default dtype": (torch.get_default_dtype, torch.set_default_dtype),
    "PyTorch's default device": (
        torch.get_default_device,
        lambda device: torch.set_default_device(None if device.type == "cpu" else device),
    ),
    "PyTorch's grad mode": (torch.is_grad_enabled, torch._C._set_grad_enabled),
    "PyTorch's number of threads": (torch.get_num_threads, torch.set_num_threads),
    "PyTorch's seed": (torch.initial_seed, lambda seed: None),
}


def settings(*names):
    """Read these settings, or all."""
    return {name: SETTINGS[name][0]() for name in names or SETTINGS}


def changed_settings(before):
    """Name the settings that are not as they were before."""
    return [name for name, value in settings(*before).items() if value != before[name]]


def set_back(before):
    """Set back what is not as it was before; return its names."""
    changed = changed_settings(before)
    for name in changed:
        SETTINGS[name][1](before[name])
    return changed


#: What no chapter changes: dtype, device and grad mode, as they are at first.
STANDARD = settings(*list(SETTINGS)[:3])
