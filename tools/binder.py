"""Do with the files in binder/ what Binder does, without Docker.

``make test-binder`` makes the environment in a temporary folder, from a clone of the last commit:
the Python of runtime.txt, requirements.txt, postBuild; then start begins a session that imports
minidl and runs a chapter, from another folder.  It takes minutes and two gigabytes, and fetches
packages.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SESSION = """
import os, sys, torch, minidl
print("Python", sys.version.split()[0], "torch", torch.__version__, minidl.__file__)
assert torch.version.cuda is None, "not the CPU build"
assert os.environ["OMP_NUM_THREADS"] == "1", "start was not run"
assert minidl.__file__.startswith(sys.argv[1]), "not the clone's own minidl"
"""


def run(*command, **options):
    """Run a command, and stop here if it fails."""
    subprocess.run([str(part) for part in command], check=True, **options)


def python():
    """Find the Python that runtime.txt asks for."""
    wanted = (ROOT / "binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    if wanted == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    return shutil.which(f"python{wanted}") or sys.exit(f"Python {wanted} was not found")


def session(folder):
    """Make Binder's environment, and begin a session in it."""
    repository, home, elsewhere = folder / "repository", folder / "env", folder / "elsewhere"
    elsewhere.mkdir()
    run("git", "clone", "--quiet", ROOT, repository)
    run(python(), "-m", "venv", home)
    path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    # a packages' index that is not reached is asked but once
    environment = os.environ | {"PATH": path, "PIP_RETRIES": "0", "PYTHONPATH": ""}
    environment.pop("OMP_NUM_THREADS", None)
    inside = {"cwd": repository, "env": environment}
    run(home / "bin" / "pip", "install", "--quiet", "-r", "binder/requirements.txt", **inside)
    run("./binder/postBuild", **inside)
    run("pip", "check", **inside)
    start = repository / "binder" / "start"
    inside["cwd"] = elsewhere
    run(start, "python", "-c", SESSION, repository, **inside)
    run(start, "jupyter", "execute", repository / "book" / "01_problem.ipynb", **inside)
    run(start, "jupyter", "lab", "--version", **inside)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        session(Path(name).resolve())
    print("Binder's files make a session that works")
