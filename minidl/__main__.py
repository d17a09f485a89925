"""The command line: ``python -m minidl`` runs the paper's experiment."""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import matplotlib
import torch
from tqdm import tqdm

from . import paper
from .paper import readings
from .teaching import own, progress
from .teaching.plots import use_style

DTYPES = {"float32": torch.float32, "float64": torch.float64}


class Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one line."""

    def error(self, message):
        """Print the message and leave with status 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def parser():
    """Build the parser of the command line."""
    parser = Parser(
        prog="python -m minidl",
        description="The paper's experiment as its authors' program does it: a small network on "
        "the disc data set, trained by minidl and by PyTorch side by side, or by one of them "
        "('train').  'readings' tries every reading of the paper that the book knows; 'progress' "
        "shows which exercises have passed.",
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument(
        "command",
        nargs="?",
        default=None,
        choices=["train", "readings"],
        help="train one framework only, or try all readings, 100 repetitions of each, which takes "
        "minutes (default: both frameworks)",
    )
    parser.add_argument(
        "--framework",
        default=None,
        metavar="{minidl,torch,FILE.py}",
        help="which one 'train' is to train: minidl (default), torch, or your own, gathered "
        "by the book's checks in my_minidl.py",
    )
    parser.add_argument(
        "--as-printed",
        action="store_true",
        default=False,
        help="the setting that the paper's prose describes: --no-standardize --zero-bias "
        "--recorded end --no-moved-test",
    )
    default = paper.Setting()
    for option, kind, text in (
        ("epochs", int, "times through the training data"),
        ("lr", float, "learning rate"),
        ("batch_size", int, "samples to a mini-batch"),
        ("n_train", int, "training samples"),
        ("n_test", int, "test samples"),
        ("width", int, "size of the hidden layers"),
        ("layers", int, "number of hidden layers"),
        ("repeats", int, "repetitions with new data and parameters"),
        ("seed", int, "seed of the first repetition; the next ones follow"),
    ):
        parser.add_argument(
            f"--{option.replace('_', '-')}",
            type=kind,
            metavar=kind.__name__.upper(),
            help=f"{text} (default: {getattr(default, option)})",
        )
    parser.add_argument(
        "--standardize",
        action=argparse.BooleanOptionalAction,
        help="inputs with mean 0 and standard deviation 1 (default: yes)",
    )
    parser.add_argument(
        "--init",
        choices=["xavier", "torch"],
        help="first parameters (default: xavier for minidl, torch for PyTorch)",
    )
    parser.add_argument(
        "--zero-bias",
        action=argparse.BooleanOptionalAction,
        help="zero biases with Xavier's weights (default: no, normal ones)",
    )
    parser.add_argument(
        "--recorded",
        choices=["program", "end"],
        help="error rates before the last epoch but PyTorch's on training data after it, as "
        "the program records them (default), or all at the end",
    )
    parser.add_argument(
        "--moved-test",
        action=argparse.BooleanOptionalAction,
        help="PyTorch's test points of every tenth repetition moved, as the program's drawing "
        "function does it by mistake (default: yes)",
    )
    parser.add_argument(
        "--per-sample",
        action="store_true",
        help="minidl takes the samples one by one, as the program does (slow)",
    )
    parser.add_argument(
        "--dtype", choices=DTYPES, default="float64", help="precision (default: %(default)s)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=None,
        metavar="DIR",
        help="write table3.json, figure1 and figure2 (PNG and SVG), or readings.json, there",
    )
    return parser


def main(arguments=None):
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        ``sys.argv[1:]`` if None.

    Returns
    -------
    int
        0 if all went well, 1 if the training diverged.  What cannot be run is
        refused with status 2 before anything is.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["progress"]:
        parse = Parser(prog="python -m minidl progress", description="Show which exercises passed.")
        parse.add_argument("file", nargs="?", default=own.FILE, help="default: %(default)s")
        progress(file=parse.parse_args(arguments[1:]).file)
        return 0
    parse = parser()
    options = vars(parse.parse_args(arguments))
    command, framework, out = (options.pop(name) for name in ("command", "framework", "out"))
    if framework and command != "train":
        parse.error("--framework goes with 'train'")
    if command == "readings":
        unchanged = {"as_printed": False, "dtype": "float64"}
        for name, value in options.items():
            if name not in ("repeats", "seed") and value != unchanged.get(name):
                parse.error(f"--{name.replace('_', '-')} does not go with 'readings'")
        options = {"repeats": 100} | options
        if options["repeats"] == 1:
            parse.error("repeats is 1, wanted 2 or more with 'readings'")
    make = paper.Setting.as_printed if options.pop("as_printed") else paper.Setting
    options["dtype"] = DTYPES[options["dtype"]]
    try:
        setting = make(**options)
    except ValueError as error:
        parse.error(str(error).removeprefix("Setting: "))
    if framework is not None and framework not in paper.FRAMEWORKS:
        framework = load_own(parse, framework, setting)
    if out:
        try:
            out.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=out).close()
        except OSError as error:
            parse.error(f"cannot write to --out {out}: {error.strerror}")

    if command == "readings":
        return try_readings(setting, out)
    frameworks = [framework or "minidl"] if command else paper.FRAMEWORKS
    try:
        results = [paper.run(setting, name, progress=True) for name in frameworks]
    except FloatingPointError as error:
        print(f"{parse.prog}: {error}", file=sys.stderr)
        return 1
    rows = paper.table(results)
    print(paper.format_table(rows))
    if out:
        write(out, setting, rows, results)
    return 0


def try_readings(setting, out):
    """Try all readings, print their table and write it to a folder."""
    names = tqdm(readings.READINGS, "readings", disable=None, leave=False)
    rows = [readings.try_reading(name, setting.repeats, setting.seed) for name in names]
    print(readings.format_readings(rows))
    if out:
        options = f"--repeats {setting.repeats} --seed {setting.seed}"
        record = {
            "command": f"python -m minidl readings {options}",
            "torch": torch.__version__,
            "seeds": [setting.seed, setting.seed + setting.repeats - 1],
        }
        # a reading on each line, so that a change of one is seen
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        text = f'{json.dumps(record)[:-1]}, "rows": [\n{lines}\n]}}\n'
        with tempfile.TemporaryDirectory(dir=out) as folder:
            file = Path(folder) / "readings.json"
            file.write_text(text, encoding="utf-8")
            os.replace(file, out / file.name)
    return 0


def load_own(parse, path, setting):
    """Load a reader's own framework, or leave with status 2 and what is missing."""
    if not path.endswith(".py"):
        parse.error(
            f"unknown framework {path!r}: wanted minidl, torch or a file such as {own.FILE}"
        )
    try:
        module = own.load(path)
    except ValueError as error:
        parse.error(str(error))
    lacking = own.missing(module, setting)
    if setting.per_sample and not hasattr(module, "accumulate_samples"):
        lacking.append("accumulate_samples (exercise 6.3)")
    if lacking:
        parse.error(f"{path} is not whole yet, it lacks " + ", ".join(lacking))
    return module


def write(out, setting, rows, results):
    """Write Table III and both figures to a folder, each file whole or not at all."""
    matplotlib.use("Agg")
    use_style()
    figures = {
        "figure1": paper.figure1(results[0]),
        "figure2": paper.figure2(results),
    }
    record = {"setting": asdict(setting) | {"dtype": str(setting.dtype)}, "table": rows}
    with tempfile.TemporaryDirectory(dir=out) as folder:
        folder = Path(folder)
        (folder / "table3.json").write_text(json.dumps(record, indent=2) + "\n")
        for name, figure in figures.items():
            for kind in ("png", "svg"):
                figure.savefig(folder / f"{name}.{kind}")
        for file in sorted(folder.iterdir()):
            os.replace(file, out / file.name)


if __name__ == "__main__":
    sys.exit(main())
