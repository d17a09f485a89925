"""minidl against PyTorch over widths, batch sizes and threads."""

from dataclasses import replace
from statistics import median

import threads
from contestants import CONTESTANTS
from measure import prepare, quartiles, race, ratios

KEYS = ("minidl", "torch", "floor")

#: Rounds of a cell as the time allows, and by how many steps the runs differ at most.
LEAST_ROUNDS, MOST_ROUNDS, MOST_STEPS = 7, 11, 128


def sweep(task, widths, batches, *, counts=(1, 2), seconds=2.0):
    """Measure every cell, each as long as ``seconds`` or for the fewest rounds.

    The learning rate is small, so that no network diverges; it costs no time.

    Yields
    ------
    dict
        See :func:`measure`; and ``threads``.
    """
    for count in counts:
        if count > threads.available():
            continue
        threads.pin(count)
        for width in widths:
            for batch_size in batches:
                cell = replace(
                    task, width=width, batch_size=batch_size, samples=batch_size, epochs=1, lr=1e-3
                )
                yield {"threads": count, **measure(cell, seconds)}


def measure(task, seconds):
    """Measure what a step costs in a long training, and what its beginning costs.

    A run of a single step is compared with one of ``1 + steps``: the difference is the
    cost of the steps, and what the single step took beyond that is the cost of setting
    up, which would else weigh most where steps are slow and therefore few.

    Returns
    -------
    dict
        ``width``, ``batch_size``, ``steps``, ``rounds``; the medians ``minidl``, ``torch``
        and ``floor`` in milliseconds a step; ``minidl_setup`` and ``torch_setup`` in
        milliseconds a run; ``faster_than_torch``, the ratio of the costs of a step, as
        median and ``quartiles`` over the rounds.
    """
    steps, contestants, round_seconds = choose_steps(task, seconds)
    rounds = max(LEAST_ROUNDS, min(MOST_ROUNDS, int(seconds / round_seconds)))
    times = race(contestants, rounds)

    a_step, setup = {}, {}
    for key in KEYS:
        short = [wall for wall, _ in times[key, 1]]
        long = [wall for wall, _ in times[key, 1 + steps]]
        a_step[key] = [(b - a) / steps for a, b in zip(short, long, strict=True)]
        setup[key] = median(short) - median(a_step[key])
    low, middle, high = quartiles(ratios(a_step["torch"], a_step["minidl"]))
    return {
        "width": task.width,
        "batch_size": task.batch_size,
        "steps": steps,
        "rounds": rounds,
        **{key: median(a_step[key]) for key in KEYS},
        "minidl_setup": setup["minidl"],
        "torch_setup": setup["torch"],
        "faster_than_torch": middle,
        "quartiles": [low, high],
    }


def choose_steps(task, seconds):
    """Make the runs longer until the fewest rounds of longer ones would take too long.

    Differences of short runs are noise, so where two steps fit into the time, eight are
    taken in any case.

    Returns
    -------
    steps : int
        By how many the long run exceeds the short one.
    contestants : dict
        Warmed up by the round that was timed.
    round_seconds : float
    """
    steps = 2
    while True:
        contestants = pairs(task, steps)
        round_seconds = total_seconds(race(contestants, 1))
        too_short = steps == 2 and round_seconds <= seconds
        time_left = 4 * round_seconds * LEAST_ROUNDS <= seconds
        if steps >= MOST_STEPS or not (too_short or time_left):
            return steps, contestants, round_seconds
        steps *= 4


def pairs(task, steps):
    """Build everybody twice: for a run of one step, and for one of so many steps more."""
    contestants = {}
    for length in (1, 1 + steps):
        run = replace(task, samples=length * task.batch_size)
        ready, _ = prepare({key: CONTESTANTS[key] for key in KEYS}, run)
        contestants |= {(key, length): contestant for key, contestant in ready.items()}
    return contestants


def total_seconds(times):
    """Add up all times of a race."""
    return sum(wall for runs in times.values() for wall, _ in runs) / 1000
