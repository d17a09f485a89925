"""Time minidl beside other libraries, and say on what machine.

::

    python tests/benchmarks/bench.py                    # the paper's training
    python tests/benchmarks/bench.py --sweep --memory --steps --roofline --store
    python tests/benchmarks/bench.py --help

The contestants take turns in one process, several rounds, all on the same number of
threads and cores.  In a turn a contestant trains again and again for a fifth of a second,
and the median of its times stands for it.  What counts are the ratios within a round,
their medians over the rounds.  Nobody's time to compile is counted.
"""

import argparse
import gc
from dataclasses import asdict, replace
from pathlib import Path

import threads

ROOT = Path(__file__).resolve().parents[2]

#: What chapter 9 shows.
STORED = ROOT / "minidl" / "teaching" / "speed.json"

#: What of the options belongs to the training.
FIELDS = ("epochs", "samples", "batch_size", "width", "layers", "lr", "dtype")


def parser():
    """Build the parser of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--rounds", type=int, default=9, help="how many turns everybody has")
    add("--turn", type=float, default=0.2, metavar="SECONDS", help="how long a turn is, at least")
    add("--threads", type=int, default=1, help="threads and cores for everybody")
    add("--contestants", nargs="+", metavar="NAME", help="only these (an unknown name lists all)")
    add("--steps", action="store_true", help="also: the ladder, operations and their number")
    add("--memory", action="store_true", help="also: peak of memory and growth over the epochs")
    add("--roofline", action="store_true", help="also: limits of the machine, PyTorch's step")
    add("--sweep", action="store_true", help="also: widths and batches, one thread and two")
    add("--store", nargs="?", type=Path, const=STORED, metavar="FILE")
    add("--plot", type=Path, default=ROOT / "_build" / "sweep.png", help="the sweep's plot")

    task = parser.add_argument_group("the training", "what is not given is as in Table II")
    for name in ("--epochs", "--samples", "--batch-size", "--width", "--layers"):
        task.add_argument(name, type=int, default=argparse.SUPPRESS)
    task.add_argument("--lr", type=float, default=argparse.SUPPRESS)
    task.add_argument("--dtype", choices=["float32", "float64"], default=argparse.SUPPRESS)

    sweep = parser.add_argument_group("the sweep")
    sweep.add_argument("--widths", type=int, nargs="+", default=[25, 64, 256, 1024])
    sweep.add_argument("--batches", type=int, nargs="+", default=[1, 10, 100, 1000, 4096])
    sweep.add_argument("--seconds", type=float, default=2.0, help="for each cell, if possible")
    return parser


def main(arguments=None):
    """Measure, print, and store what was asked for; return the results."""
    parse = parser()
    options = parse.parse_args(arguments)
    if options.rounds < 1:
        parse.error("--rounds: wanted 1 or more")
    if not 1 <= options.threads <= threads.available():
        parse.error(f"--threads: wanted 1 to {threads.available()}, the cores there are")
    if options.memory and not Path("/proc/self/status").exists():
        parse.error("--memory: what a process holds is read from /proc, which is not here")
    threads.pin(options.threads)

    # only now: these import libraries that read their settings
    import machine
    import measure
    import report
    from contestants import CONTESTANTS, Task

    # what the libraries have loaded need not be searched for garbage in every round
    gc.freeze()

    names = options.contestants or list(CONTESTANTS)
    unknown = set(names) - CONTESTANTS.keys()
    if unknown:
        parse.error(f"--contestants: {', '.join(unknown)}? there are {', '.join(CONTESTANTS)}")
    try:
        task = Task(**{name: value for name, value in vars(options).items() if name in FIELDS})
    except ValueError as error:
        parse.error(str(error))

    results = {
        "machine": machine.describe(),
        "task": asdict(task),
        "rounds": options.rounds,
        "turn": options.turn,
        "threads": options.threads,
    }
    print(report.machine_table(results["machine"]))
    print(f"{task}, {task.steps} steps, {options.threads} thread(s), {options.rounds} rounds\n")

    contestants, left_out = measure.prepare({name: CONTESTANTS[name] for name in names}, task)
    for name, reason in left_out.items():
        print(f"left out: {name}: {reason}\n")
    results["left_out"] = left_out
    results["race"] = race(contestants, options.rounds, options.turn)
    print(report.race_table(results["race"]))

    if options.steps:
        import ladder
        import operations

        steps, _ = measure.prepare(ladder.LADDER, task)
        results["ladder"] = race(steps, options.rounds, options.turn)
        print(report.race_table(results["ladder"]))
        times = operations.operation_times(task.batch_size, task.width, options.seconds / 10)
        results["operations"] = list(times)
        print(report.operations_table(results["operations"]))
        results["counts"] = list(operations.operation_counts(task))
        print(report.counts_table(results["counts"]))

    if options.memory:
        import memory

        large = replace(task, width=1024, batch_size=4096, samples=4096, epochs=2, lr=1e-3)
        results["memory"] = list(memory.memory(replace(task, epochs=200), large))
        print(report.memory_table(results["memory"]))

    if options.roofline:
        import pieces
        import roofline

        found = roofline.roofline(task.batch_size, options.seconds / 10)
        results["roofline"] = list(found)
        print(report.roofline_table(results["roofline"]))
        results["pieces"] = list(pieces.pieces(task, options.seconds / 4))
        print(report.pieces_table(results["pieces"]))

    if options.sweep:
        from sweep import sweep

        cells = sweep(task, options.widths, options.batches, seconds=options.seconds)
        results["sweep"] = list(cells)
        print(report.sweep_table(results["sweep"]))
        options.plot.parent.mkdir(parents=True, exist_ok=True)
        report.plot_sweep(results["sweep"]).savefig(options.plot)
        print(f"plotted in {options.plot}\n")

    if task == Task() and options.threads == 1:
        print(report.goals_table(report.goals(results)))
    if options.store:
        report.store(results, options.store)
        print(f"stored in {options.store}")
    return results


def race(contestants, rounds, turn):
    """Warm up, see that everybody trains alike, and measure."""
    import measure

    measure.check_agreement(contestants, measure.warm_up(contestants))
    return measure.summary(contestants, measure.race(contestants, rounds, turn))


if __name__ == "__main__":
    main()
