"""What was measured, as Markdown, as JSON and as a plot."""

import json
from pathlib import Path
from statistics import median

from measure import ratios
from roofline import SIZES

#: The parts of a stored measurement, and what each entry of a list has at least.
PARTS = {
    "race": {"key", "name", "ms", "quartiles", "cpu_ms", "rounds_ms"},
    "sweep": {"threads", "width", "batch_size", "minidl", "torch", "floor", "faster_than_torch"},
    "memory": {
        "key",
        "name",
        "width",
        "batch_size",
        "peak_MiB",
        "live_MiB",
        "peaks_MiB",
        "growth_MiB",
        "bytes_an_epoch",
    },
    "ladder": {"key", "name", "ms", "quartiles", "cpu_ms", "rounds_ms"},
    "operations": {"operation", "microseconds", "ratio"},
    "counts": {"name", "total", "views", "calls"},
    "roofline": {"what"},
    "pieces": {"piece", "microseconds"},
}


def table(header, rows):
    """Write rows of strings as a Markdown table, all columns but the first to the right."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def machine_table(machine):
    """Say on what machine it was measured."""
    return table(["machine", ""], [[key, value] for key, value in machine.items()])


def race_table(rows):
    """Write a race, or the ladder, as a table."""
    return table(
        [
            "",
            "ms",
            "quartiles",
            "times as fast as PyTorch",
            "times the floor",
            "processor's share",
        ],
        [
            [
                row["name"],
                f"{row['ms']:.1f}",
                "–".join(f"{value:.1f}" for value in row["quartiles"]),
                number(row.get("faster_than_torch")),
                number(row.get("slower_than_floor")),
                f"{row['cpu_ms'] / row['ms']:.2f}",
            ]
            for row in rows
        ],
    )


def number(value):
    """Write a ratio with two decimals, or a dash."""
    return "–" if value is None else f"{value:.2f}"


def sweep_table(rows):
    """Write how many times as fast as PyTorch a step of minidl is, by width and batch."""
    tables = []
    for threads in sorted({row["threads"] for row in rows}):
        cells = {
            (row["width"], row["batch_size"]): row for row in rows if row["threads"] == threads
        }
        widths = sorted({width for width, _ in cells})
        batches = sorted({batch for _, batch in cells})
        header = [f"{threads} thread{'s' * (threads > 1)}, width", *(f"batch {b}" for b in batches)]
        lines = [
            [str(width), *(number(cells[width, batch]["faster_than_torch"]) for batch in batches)]
            for width in widths
        ]
        tables.append(table(header, lines))
    return "\n".join(tables)


def memory_table(rows):
    """Write peaks and growth as a table."""
    large, epochs = rows[0], rows[0]["epochs"]
    return table(
        [
            "",
            f"peak, width {large['width']}, batch {large['batch_size']} [MiB]",
            "from – to",
            "of tensors in use",
            f"growth from 2 to {epochs} epochs [MiB]",
            "Python's own, bytes an epoch",
        ],
        [
            [
                row["name"],
                f"{row['peak_MiB']:.0f}",
                f"{row['peaks_MiB'][0]:.0f}–{row['peaks_MiB'][-1]:.0f}",
                f"{row['live_MiB']:.0f}",
                f"{row['growth_MiB']:.2f}",
                f"{row['bytes_an_epoch']:.0f}",
            ]
            for row in rows
        ],
    )


def operations_table(rows):
    """Write the times of single operations as a table."""
    return table(
        ["operation", "µs", "ratio to the first"],
        [
            [f"`{row['operation']}`", f"{row['microseconds']:.2f}", number(row["ratio"])]
            for row in rows
        ],
    )


def counts_table(rows):
    """Write the numbers of operations a step as a table."""
    return table(
        ["operations a step", "number", "of them views", "which"],
        [
            [
                row["name"],
                str(row["total"]),
                str(row["views"]),
                ", ".join(f"{count} {name}" for name, count in row["calls"].items()),
            ]
            for row in rows
        ],
    )


def roofline_table(rows):
    """Write the machine's limits and the speeds of products and ReLUs as a table."""
    limits, *rows = rows
    lines = [
        ["fastest product", f"{limits['gflops']:.1f} GFLOP/s"],
        *([f"bytes through the {place}", f"{limits[place]:.1f} GB/s"] for place in SIZES),
        *(
            [f"{row['what']}, width {row['width']}", f"{row['microseconds']:.2f} µs"]
            for row in rows
        ),
    ]
    return table(["this machine", "at best"], lines)


def pieces_table(rows):
    """Write what each piece adds to a step as a table."""
    before = [0, *(row["microseconds"] for row in rows)]
    lines = [
        [row["piece"], f"{row['microseconds'] - start:.1f}", f"{row['microseconds']:.1f}"]
        for row, start in zip(rows, before, strict=False)
    ]
    return table(["PyTorch's step", "this piece [µs]", "all so far [µs]"], lines)


def goals(results):
    """Compare what was measured with what is wanted of minidl.

    Returns
    -------
    list of (str, str, str, bool)
        The goal, what is wanted, what was measured, and whether that will do.  Only
        goals for which there are figures.
    """
    rows = {row["key"]: row for row in results.get("race", [])}
    found = []

    def judge(goal, value, *, least=None, most=None):
        wanted = f"≥ {least}" if most is None else f"≤ {most}"
        met = value >= least if most is None else value <= most
        found.append((goal, wanted, f"{value:.3f}", met))

    def ratio(above, below):
        return median(ratios(rows[above]["rounds_ms"], rows[below]["rounds_ms"]))

    def both(*keys):
        return all(key in rows for key in keys)

    if both("minidl", "torch"):
        judge("times as fast as PyTorch", ratio("torch", "minidl"), least=4)
    if both("minidl", "numpy"):
        judge("times as fast as NumPy by hand", ratio("numpy", "minidl"), least=1)
    if both("minidl", "jax-step"):
        judge("times as fast as a jitted JAX step", ratio("jax-step", "minidl"), least=1)
    if both("minidl", "floor"):
        judge("times the floor", ratio("minidl", "floor"), most=2.2)
    for key in ("minidl-per-sample", "minidl-per-sample-compiled"):
        if both(key, "minidl"):
            name = rows[key]["name"].removeprefix("minidl, ")
            judge(f"{name}, times the batches", ratio(key, "minidl"), most=30)
    if both("minidl-compiled", "floor"):
        judge("compiled, times the floor", ratio("minidl-compiled", "floor"), most=1.2)
    if both("minidl-compiled", "jax-scan"):
        value = ratio("jax-scan", "minidl-compiled")
        judge("compiled, times as fast as JAX's scan", value, least=1)
    if results.get("sweep"):
        row = min(results["sweep"], key=lambda row: row["faster_than_torch"])
        cell = f"width {row['width']}, batch {row['batch_size']}, {row['threads']} thread(s)"
        value = row["faster_than_torch"]
        judge(f"times as fast as PyTorch where least so ({cell})", value, least=1)
    if results.get("memory"):
        held = {row["key"]: row for row in results["memory"]}
        for name, goal in (("peak_MiB", "peak of memory"), ("live_MiB", "peak of tensors in use")):
            value = held["minidl"][name] / held["torch"][name]
            judge(f"{goal}, times PyTorch's", value, most=1.2)
        judge("growth over the epochs [MiB]", held["minidl"]["growth_MiB"], most=1)
        judge("Python's own growth, bytes an epoch", held["minidl"]["bytes_an_epoch"], most=100)
    return found


def goals_table(found):
    """Write the goals as a table."""
    lines = [
        [goal, wanted, measured, "yes" if met else "no"] for goal, wanted, measured, met in found
    ]
    return table(["minidl", "wanted", "measured", "met"], lines)


def store(results, path):
    """Write what was measured as JSON, each entry of a list on a line of its own."""
    parts = []
    for name, part in results.items():
        if isinstance(part, list):
            lines = ",\n".join("  " + dump(entry) for entry in part)
            text = f"[\n{lines}\n ]" if part else "[]"
        else:
            text = json.dumps(part, ensure_ascii=False, indent=2).replace("\n", "\n ")
        parts.append(f' "{name}": {text}')
    Path(path).write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def dump(entry):
    """Write an entry as JSON, its numbers to four digits."""
    return json.dumps(rounded(entry), ensure_ascii=False)


def rounded(value):
    """Round all floats in an entry to four digits; more are noise."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return value


def load(path):
    """Read what :func:`store` wrote.

    Raises
    ------
    ValueError
        If the machine is not said, or an entry lacks one of its values.
    """
    results = json.loads(Path(path).read_text(encoding="utf-8"))
    for part in ("machine", "task"):
        if part not in results:
            raise ValueError(f"{path}: there is no {part!r}")
    for part, wanted in PARTS.items():
        for number, entry in enumerate(results.get(part, [])):
            lacking = wanted - entry.keys()
            if lacking:
                raise ValueError(f"{path}: {part}[{number}] lacks {', '.join(sorted(lacking))}")
    return results


def plot_sweep(rows):
    """Draw the sweep: the ratio to PyTorch over the batch size, a line a width.

    Returns
    -------
    matplotlib.figure.Figure
    """
    import matplotlib.pyplot as plt

    from minidl.teaching.plots import STYLE

    counts = sorted({row["threads"] for row in rows})
    with plt.style.context(STYLE):
        figure, axes = plt.subplots(1, len(counts), sharey=True, squeeze=False)
        for axis, count in zip(axes[0], counts, strict=True):
            lines = [row for row in rows if row["threads"] == count]
            widths = sorted({row["width"] for row in lines})
            for width, marker in zip(widths, "os^Dvx*", strict=False):
                line = sorted(
                    (row["batch_size"], row["faster_than_torch"])
                    for row in lines
                    if row["width"] == width
                )
                axis.plot(*zip(*line, strict=True), marker=marker, label=f"width {width}")
            axis.axhline(1, color="black", linestyle="--", linewidth=1)
            axis.set(
                title=f"{count} thread{'s' * (count > 1)}",
                xscale="log",
                xlabel="samples in a mini-batch",
            )
        axes[0, 0].set(ylabel="times as fast as PyTorch", ylim=(0, None))
        axes[0, -1].legend()
    return figure
