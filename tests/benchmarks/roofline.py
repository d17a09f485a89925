"""What this machine can do at best, and how near the products of a layer come to it.

For the roofline of the chapter on speed: the fastest arithmetic, the fastest way of
numbers through memory and through the cache, and products of all sizes to compare.
"""

import torch
from torch.utils.benchmark import Timer

#: Sides of the products whose best stands for the peak, and bytes of the tensors copied.
PEAK_SIDES = (256, 512, 1024)
COPIED = {"memory": 256 * 2**20, "cache": 128 * 2**10}

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
    for place, size in COPIED.items():
        source = torch.ones(size // 4)
        target = torch.empty_like(source)
        time = seconds_of("target.copy_(source)", seconds, source=source, target=target)
        found[place] = 2 * size / time / 1e9
    return found


def roofline(batch_size=100, seconds=0.1):
    """Measure the limits, then a layer's product and its ReLU at each width.

    Yields
    ------
    dict
        ``what``: ``"limits"``, with what :func:`limits` found; then ``"product"`` and
        ``"relu"``, each with ``width``, ``batch_size`` and ``microseconds``.
    """
    yield {"what": "limits", **limits(5 * seconds)}
    for what, time in (("product", product), ("relu", bend)):
        for width in WIDTHS:
            microseconds = 1e6 * time(batch_size, width, seconds)
            entry = {"what": what, "width": width, "batch_size": batch_size}
            yield {**entry, "microseconds": microseconds}
