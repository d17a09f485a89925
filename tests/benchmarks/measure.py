"""Time contestants side by side, and summarise the times."""

import gc
import time
from statistics import median, quantiles

from contestants import difference


def prepare(classes, task):
    """Build the contestants that can run here; return them by key, and why the others cannot."""
    ready, left_out = {}, {}
    for key, kind in classes.items():
        reason = kind.lacks()
        if reason:
            left_out[kind.name] = reason
        else:
            ready[key] = kind(task)
    return ready, left_out


def warm_up(contestants):
    """Let each run once, untimed: what compiles does so here.  Return the losses by key."""
    losses = {}
    for key, contestant in contestants.items():
        contestant.reset()
        losses[key] = contestant.train()
    return losses


def check_agreement(contestants, losses, tolerance=1e-3, reference="torch"):
    """Refuse contestants that have just been trained and differ from the reference.

    The tolerance is loose because rounding in float32 grows over many steps; a wrong
    gradient, learning rate or order of the samples is off by far more.
    """
    if reference not in contestants:
        return
    for key, contestant in contestants.items():
        if contestant.trains:
            off = difference(contestant, contestants[reference], losses[key], losses[reference])
            if not off <= tolerance:
                raise AssertionError(
                    f"{contestant.name}: parameters or losses differ from those of "
                    f"{contestants[reference].name} by {off:.1e}: this is not the same training"
                )


def time_once(contestant):
    """Return the wall-clock and the processor time of one run, in milliseconds."""
    contestant.reset()
    gc.disable()
    try:
        cpu, wall = time.process_time(), time.perf_counter()
        contestant.train()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    finally:
        gc.enable()
    return 1e3 * wall, 1e3 * cpu


def time_turn(contestant, seconds):
    """Let a contestant run again and again, and return the medians of both its times."""
    runs, total = [], 0
    while not runs or total < 1e3 * seconds:
        runs.append(time_once(contestant))
        total += runs[-1][0]
    return tuple(map(median, zip(*runs, strict=True)))


def race(contestants, rounds, turn=0):
    """Let everybody have a turn each round, each round beginning with another one.

    So what disturbs the machine for a while disturbs all, and the ratios within a
    round are of turns close in time.  A turn is one run, or as many as fill its time: of
    short runs the first is slow, because it finds the processor's caches filled by the
    contestant before.

    Parameters
    ----------
    contestants : dict
    rounds : int
    turn : float
        Seconds.

    Returns
    -------
    dict of list of (float, float)
        Wall-clock and processor milliseconds of a run, by key, for each round: medians
        over the turn.
    """
    times = {key: [] for key in contestants}
    keys = list(contestants)
    for number in range(rounds):
        gc.collect()
        first = number % len(keys)
        for key in keys[first:] + keys[:first]:
            times[key].append(time_turn(contestants[key], turn))
    return times


def quartiles(values):
    """Return the first quartile, the median and the third."""
    if len(values) == 1:
        return [values[0]] * 3
    return quantiles(values, n=4, method="inclusive")


def ratios(above, below):
    """Divide two contestants' times round by round."""
    return [a / b for a, b in zip(above, below, strict=True)]


def summary(contestants, times):
    """Summarise a race: a dict for each contestant.

    ``rounds_ms`` holds the wall-clock times, ``ms`` is their median, ``quartiles`` are the
    first and the third; ``cpu_ms`` is the median of the processor times.
    ``faster_than_torch`` and ``slower_than_floor`` are medians of the ratios within each
    round, present if PyTorch and the floor took part.
    """
    walls = {key: [wall for wall, _ in times[key]] for key in contestants}
    rows = []
    for key, contestant in contestants.items():
        low, middle, high = quartiles(walls[key])
        row = {
            "key": key,
            "name": contestant.name,
            "ms": middle,
            "quartiles": [low, high],
            "cpu_ms": median(cpu for _, cpu in times[key]),
            "rounds_ms": walls[key],
        }
        if "torch" in walls:
            row["faster_than_torch"] = median(ratios(walls["torch"], walls[key]))
        if "floor" in walls:
            row["slower_than_floor"] = median(ratios(walls[key], walls["floor"]))
        rows.append(row)
    return rows
