"""What this machine can do at best, and how near the products of a layer come to it.

For the roofline of the chapter on speed: the fastest arithmetic, the fastest way of
numbers through memory and through the cache, and products of all sizes to compare.
"""

import torch
from torch.utils.benchmark import Timer

#: Sides of the products whose best stands for the peak.
PEAK_SIDES = (256, 512, 1024)

#: Bytes of the tensors that a ReLU goes through in place: too large for any cache, and
#: sizes that fit into one, of which the fastest counts.
SIZES = {"memory": (2**28,), "cache": (2**15, 2**16, 2**17, 2**18, 2**19)}

WIDTHS = (1, 2, 4, 8, 16, 25, 32, 64, 128, 256, 512, 1024)


def seconds_of(statement, seconds, **names):
    """Time a statement by itself in seconds: the quickest block, as all else only slows it."""
    timer = Timer(statement, globals=names, num_threads=torch.get_num_threads())
    return min(timer.blocked_autorange(min_run_time=seconds).times)


def product(rows, width, seconds):
    """Time the product of (rows, width) by (width, width), into memory that is there."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(rows, width, generator=generator)
    weight_t = torch.randn(width, width, generator=generator).t()
    y = torch.empty(rows, width)
    return seconds_of("mm(x, weight_t, out=y)", seconds, mm=torch.mm, x=x, weight_t=weight_t, y=y)


def bend(rows, width, seconds):
    """Time a ReLU in place on (rows, width)."""
    return seconds_of("x.relu_()", seconds, x=torch.ones(rows, width))


def limits(seconds=0.5):
    """Measure the machine's limits.

    Returns
    -------
    dict
        ``gflops``, 10⁹ floating-point operations a second, an addition and a
        multiplication counted as two; ``memory`` and ``cache``, 10⁹ bytes a second, read
        and written together.
    """
    speeds = [2 * side**3 / product(side, side, seconds) for side in PEAK_SIDES]
    found = {"gflops": max(speeds) / 1e9}
    for place, sizes in SIZES.items():
        speeds = [2 * size / bend(1, size // 4, seconds) for size in sizes]
        found[place] = max(speeds) / 1e9
    return found


def roofline(batch_size=100, seconds=0.1, rounds=3):
    """Measure the limits, then a layer's product and its ReLU at each width.

    All widths take turns, and the quickest round of each counts.

    Yields
    ------
    dict
        ``what``: ``"limits"``, with what :func:`limits` found; then ``"product"`` and
        ``"relu"``, each with ``width``, ``batch_size`` and ``microseconds``.
    """
    yield {"what": "limits", **limits(5 * seconds)}
    times = {}
    for _ in range(rounds):
        for what, time in (("product", product), ("relu", bend)):
            for width in WIDTHS:
                times.setdefault((what, width), []).append(time(batch_size, width, seconds))
    for (what, width), found in times.items():
        entry = {"what": what, "width": width, "batch_size": batch_size}
        yield {**entry, "microseconds": 1e6 * min(found)}
