"""Programs of a notebook on several processes, with nothing left of them when a cell is over."""

import inspect
import linecache
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import FunctionType, ModuleType

import psutil

from . import own

#: How long processes may take until their program begins: each imports torch.
START = 120

#: What makes a program of a function.  No wait is longer than the limit, should we be killed.
BEGIN = """
import datetime, os, pathlib
from torch import distributed as dist
dist.init_process_group("gloo", timeout=datetime.timedelta(seconds={limit}))
pathlib.Path(__file__).with_name("begun-" + os.environ["RANK"]).touch()
{name}()
dist.destroy_process_group()
"""


def launch(program, workers, timeout=20, **options):
    """Run a program on several processes by ``torchrun``, and print what they print, by rank.

    Whatever happens, and if the cell is interrupted, all of them are ended, and no file stays.

    Parameters
    ----------
    program : str, list of str or callable
        A program's text; or what ``torchrun`` is to start, ``["-m", "minidl", "train"]``; or a
        function without arguments, which runs in a group of processes.  Of a function the source
        is taken, with that of what it uses.  No process sees this one's variables.
    workers : int
        How many processes.
    timeout : float
        Seconds until they are ended; of a function, from where all have begun.
    **options
        Of ``torchrun``: ``max_restarts=1`` is ``--max-restarts 1``.
    """
    with tempfile.TemporaryDirectory(prefix="minidl-") as folder:
        command, begun = _command(program, Path(folder))
        settings = {"nproc-per-node": workers, "redirects": 3, "log-dir": folder} | options
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
        with open(Path(folder) / "torchrun", "w") as report:
            process = subprocess.Popen(
                [sys.executable, "-m", "torch.distributed.run", "--standalone", *flags, *command],
                stdin=subprocess.DEVNULL,
                stdout=report,
                stderr=report,
                env=os.environ | _environment(folder),
                start_new_session=True,  # else an interrupt would reach torchrun beside us
            )
        try:
            ended = _wait(process, timeout, lambda: begun(workers))
        finally:
            still = _end(process)
        _show(Path(folder), workers)
        if not ended:
            print(f"Stopped after {timeout:g} s, still running: {', '.join(still)}.")


def source(function):
    """Return the source of a function of a notebook, after that of all that it uses there."""
    names = function.__globals__
    files = [inspect.getfile(function)]  # and those of cells, which have no time of change
    files += [name for name, entry in linecache.cache.items() if len(entry) > 1 and not entry[1]]
    cells = ["".join(linecache.getlines(name)) for name in files] + names.get("In", [])
    texts, seen = [], set()

    def add(name):
        seen.add(name)
        value = names[name]
        if isinstance(value, type | FunctionType) and value.__module__ != function.__module__:
            texts.append(f"from {value.__module__} import {value.__name__} as {name}")
            return
        text = own._definition(name, cells)
        if not isinstance(value, ModuleType):
            for used in sorted((own._used(text) & names.keys()) - seen):
                add(used)
        if text not in texts:
            texts.append(text)

    add(function.__name__)
    return "\n\n".join(texts) + "\n"


def _command(program, folder):
    """Return what torchrun is to start, and a function that says whether that has begun."""
    if isinstance(program, list):
        return program, lambda workers: True
    file = folder / "program.py"
    if isinstance(program, str):
        file.write_text(program)
        return [str(file)], lambda workers: True
    file.write_text(source(program) + BEGIN.format(name=program.__name__, limit=START))
    return [str(file)], lambda workers: len(list(folder.glob("begun-*"))) == workers


def _environment(folder):
    """What is different for the processes: one thread each, our modules, files in the folder."""
    path = os.pathsep.join(filter(None, sys.path))
    return {"OMP_NUM_THREADS": "1", "PYTHONPATH": path, "TMPDIR": folder}


def _wait(process, timeout, begun):
    """Wait for the end; say whether it came in time."""
    started, begin = time.monotonic(), None
    while process.poll() is None:
        now = time.monotonic()
        if begin is None and (begun() or now > started + START):
            begin = now
        if begin is not None and now > begin + timeout:
            return False
        time.sleep(0.05)
    return True


def _end(process):
    """Kill torchrun and all that it has started; name the ranks that were still running."""
    try:
        root = psutil.Process(process.pid)
        root.suspend()  # so that it starts nothing while we look
        workers = root.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    ranks = {_rank(each) for each in workers} - {None}
    for each in [*workers, root]:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    process.wait()
    psutil.wait_procs(workers)
    return [f"rank {rank}" for rank in sorted(ranks, key=int)]


def _rank(process):
    """The rank of a process, if it is one of the program's and has not ended."""
    try:
        return process.environ().get("RANK")
    except psutil.Error:
        return None


def _show(folder, workers):
    """Print what the processes have said, by rank; what goes wrong by its last line."""
    said = False
    for attempt in sorted(folder.glob("*/attempt_*")):
        for rank in range(workers):
            for name in ("stdout.log", "stderr.log"):
                file = attempt / str(rank) / name
                text = file.read_text() if file.is_file() else ""
                if "Traceback (most recent" in text:
                    text = text.strip().splitlines()[-1] + "\n"
                print(text, end="")
                said = said or bool(text)
    if not said:
        lines = (folder / "torchrun").read_text().strip().splitlines()
        print(*lines[-1:], sep="\n", end="\n" if lines else "")
