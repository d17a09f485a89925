"""The command line: ``python -m minidl`` runs the paper's experiment."""

import argparse
import json
import os
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import matplotlib
import torch

from . import distributed, paper
from .teaching import own, progress
from .teaching.plots import use_style


def parser():
    """Build the parser of the command line."""
    parse = argparse.ArgumentParser(
        prog="python -m minidl",
        usage="%(prog)s [command] [options], or --help for what they are",
        description="The paper's experiment as its authors' program does it: a small network on "
        "the disc data set, trained by minidl and by PyTorch side by side, or by one of them "
        "('train').  'progress' shows which exercises have passed.",
        argument_default=argparse.SUPPRESS,
    )
    text = "train one framework only (default: both)"
    parse.add_argument("command", nargs="?", choices=["train"], default=None, help=text)
    text = "which one 'train' is to train (default: minidl); a FILE.py is your own, my_minidl.py"
    metavar = "{minidl,torch,FILE.py}"
    parse.add_argument("--framework", metavar=metavar, default=None, help=text)
    text = "write table3.json, figure1 and figure2 (PNG and SVG) there"
    parse.add_argument("--out", type=Path, metavar="DIR", default=None, help=text)
    text = "'train' keeps its state there after every epoch, and goes on from what is there"
    parse.add_argument("--checkpoint", type=Path, metavar="DIR", default=None, help=text)
    text = "the prose's setting: --no-standardize --zero-bias --recorded end --no-moved-test"
    parse.add_argument("--as-printed", action="store_true", help=text)
    for name, rule in paper.Setting.__init__.rules.items():
        default = getattr(paper.Setting, name)
        kind, wanted = {"action": argparse.BooleanOptionalAction}, ""
        if type(default) is not bool:
            kind = {"type": type(default)} if type(default) in (int, float) else {}
            wanted = f": {rule.wanted}"
        text = f"{rule.means}{wanted} (default: {default})"
        parse.add_argument(f"--{name.replace('_', '-')}", help=text, **kind)
    return parse


def main(arguments=None):
    """Run the command line; return 0 if all went well, 1 if the training diverged.

    What cannot be run is refused with status 2 before anything is.  Of the processes that
    ``torchrun`` starts, only the first prints and writes.
    """
    several = distributed.started_by_torchrun()
    first = not several or os.environ["RANK"] == "0"
    if not first:
        sys.stdout = open(os.devnull, "w")
        if os.environ.get("LOCAL_RANK", "0") != "0":  # of each machine one says what is wrong
            sys.stderr = sys.stdout
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["progress"]:
        parse = argparse.ArgumentParser("python -m minidl progress")
        parse.add_argument("file", nargs="?", default=own.FILE, help="default: %(default)s")
        progress(file=parse.parse_args(arguments[1:]).file)
        return 0
    parse = parser()
    options = vars(parse.parse_args(arguments))
    names = ("command", "framework", "out", "checkpoint")
    command, framework, out, checkpoint = (options.pop(name) for name in names)
    if framework and command != "train":
        parse.error("--framework goes with 'train'")
    if (several or checkpoint) and (command != "train" or framework not in (None, "minidl")):
        parse.error("torchrun and --checkpoint go with 'train' and no other framework than minidl")
    make = paper.Setting.as_printed if options.pop("as_printed", False) else paper.Setting
    if "dtype" in options:
        options["dtype"] = getattr(torch, options["dtype"], options["dtype"])
    try:
        setting = make(**options)
        if framework and framework not in paper.FRAMEWORKS:
            framework = load_own(framework, setting)
        for folder in filter(None, (out, checkpoint) if first else ()):
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
    except (OSError, TypeError, ValueError) as error:
        parse.error(str(error).removeprefix("Setting: "))

    frameworks = [framework or "minidl"] if command else paper.FRAMEWORKS
    try:
        with distributed.group() if several else nullcontext():
            results = [paper.run(setting, name, checkpoint) for name in frameworks]
    except FloatingPointError as error:
        print(f"{parse.prog}: {error}", file=sys.stderr)
        return 1
    rows = paper.table(results)
    print(paper.format_table(rows))
    if out and first:
        write(out, setting, rows, results)
    return 0


def load_own(path, setting):
    """Load a reader's own framework; a ValueError says what is missing."""
    if not path.endswith(".py"):
        raise ValueError(f"unknown framework {path!r}: wanted minidl, torch or {own.FILE}")
    module = own.load(path)
    lacking = own.missing(module, setting)
    if setting.per_sample and not hasattr(module, "accumulate_samples"):
        lacking.append("accumulate_samples (exercise 6.3)")
    if lacking:
        raise ValueError(f"{path} is not whole yet, it lacks " + ", ".join(lacking))
    return module


def write(out, setting, rows, results):
    """Write Table III and both figures to a folder."""
    matplotlib.use("Agg")
    use_style()
    record = {"setting": asdict(setting) | {"dtype": str(setting.dtype)}, "table": rows}
    (out / "table3.json").write_text(json.dumps(record, indent=2) + "\n")
    for number, figure in enumerate((paper.figure1(results[0]), paper.figure2(results)), 1):
        for kind in ("png", "svg"):
            figure.savefig(out / f"figure{number}.{kind}")


if __name__ == "__main__":
    sys.exit(main())
