"""Exercises of chapter 10: own rows, combined gradients, the ring, symptoms, how many workers."""

from functools import cache, wraps
from numbers import Integral

import torch

from .. import own, ranks
from ..exercise import Case, Exercise, complaint
from ..probe import Failure
from ._shared import autograd, randn, returns

# --- own_rows --------------------------------------------------------------------


def own_rows(n, rank, workers):
    """Return (start, stop): which of the n rows of a mini-batch this worker takes."""
    return n * rank // workers, n * (rank + 1) // workers


def _rows_case(n, workers, label):
    """No oracle but what is asked: in order, without gap or overlap, sizes one apart at most."""

    def run(function, probe):
        pairs = [_pair(probe(function, n, rank, workers)) for rank in range(workers)]
        call = f"of {n} rows and {workers} worker{'s' * (workers > 1)}, rank"

        def refuse(said, slip):
            raise Failure(("rows", *pairs), said, slip)

        end = 0
        for rank, (start, stop) in enumerate(pairs):
            taken = f"{call} {rank} takes rows {start} to {stop}"
            if not 0 <= start <= stop <= n:
                refuse(
                    f"{taken}, wanted 0 ≤ start ≤ stop ≤ {n}",
                    "`stop` is the row behind the last one, as in `rows[start:stop]`.",
                )
            if start < stop and start != end:
                refuse(
                    f"{taken}, wanted a start of {end}, where the ranks before it end",
                    "Each worker begins where the one before it stops. How many rows do the "
                    "ranks before this one take together?",
                )
            end = max(end, stop)
        if end != n:
            refuse(
                f"{call}s 0 to {workers - 1} end at row {end}, wanted {n}",
                "All rows are to be taken. What becomes of the rest of a division?",
            )
        sizes = [stop - start for start, stop in pairs]
        if max(sizes) - min(sizes) > 1:
            refuse(
                f"{call}s 0 to {workers - 1} take {', '.join(map(str, sizes))} rows: the numbers "
                "differ by more than one",
                "The rest of a division is less than `workers`: a row more for that many ranks.",
            )
        return {}

    return Case(label, run)


def _pair(value):
    if (
        not isinstance(value, (tuple, list))
        or len(value) != 2
        or not all(isinstance(v, Integral) and not isinstance(v, bool) for v in value)
    ):
        said = f"`own_rows` returns {str(repr(value))[:40]}, wanted two integers, (start, stop)"
        slip = "`return start, stop` makes a pair; `//` divides whole numbers without a fraction."
        raise Failure(("no pair", repr(value)), said, slip)
    return tuple(map(int, value))


OWN_ROWS = Exercise(
    number="10.1",
    solution=own_rows,
    cases=(
        _rows_case(12, 3, "12 rows, 3 workers: four each"),
        _rows_case(11, 4, "11 rows, 4 workers: three for three of them, two for one"),
        _rows_case(9, 4, "9 rows, 4 workers: a single row is left over"),
        _rows_case(3, 5, "3 rows, 5 workers: two have none"),
        _rows_case(7, 1, "one worker takes all"),
        _rows_case(0, 2, "no rows"),
        _rows_case(10**17 + 1, 3, "a huge number of rows"),
    ),
    mistakes="""
(n * rank // workers, n * (rank + 1) // workers) =>
    (n // workers * rank, n // workers * (rank + 1))
# The rest of the division is lost: with n not a multiple of `workers`, the last rows are nobody's.

(n * rank // workers, n * (rank + 1) // workers) =>
    (n // workers * rank, n if rank == workers - 1 else n // workers * (rank + 1))
# The last worker takes all of the rest. The rest is up to `workers` − 1 rows: one for each of as
# many workers.

(n * rank // workers, n * (rank + 1) // workers) =>
    (min(n, rank * -(-n // workers)), min(n, (rank + 1) * -(-n // workers)))
# n / `workers` was rounded up for everyone. The last ones then get less by more than one row.

n * (rank + 1) // workers => n * (rank + 1) // workers - 1
# The last row is left out: in (start, stop), as in `rows[start:stop]`, stop is the row behind it.

n * (rank + 1) // workers => n * (rank + 1) // workers - n * rank // workers
# The second number is how many rows there are. It should be where they stop.

n * rank // workers, n * (rank + 1) // workers => n * (rank - 1) // workers, n * rank // workers
# Ranks begin with 0, and were taken to begin with 1.

n * rank // workers, n * (rank + 1) // workers => 0, n
# Every worker takes all rows.

n * rank // workers, n * (rank + 1) // workers => rank, n
or
n * rank // workers, n * (rank + 1) // workers => rank, workers
# That is how to begin with every `workers`-th row. Each worker's rows follow each other without
# a gap.

n * rank // workers, n * (rank + 1) // workers => n * rank / workers, n * (rank + 1) / workers
# `/` makes floats, with fractions. Rows are counted in integers.

return (n * rank // workers, n * (rank + 1) // workers) =>
    start = rank * (n // workers)
    return (start, start + n // workers + (rank < n % workers))
# The first workers have a row more, but those behind them do not begin so many rows later.

return (n * rank // workers, n * (rank + 1) // workers) =>
    start = rank * (n // workers) + min(rank, n % workers)
    return (start, start + n // workers)
# The start leaves room for the rows that are left over, and nobody takes them.

return (n * rank // workers, n * (rank + 1) // workers) =>
    start = rank * (n // workers) + n % workers
    return (start if rank else 0, start + n // workers)
# The first worker takes all of the rest. It is to be shared out, one row each.

return (n * rank // workers, n * (rank + 1) // workers) =>
    size = max(1, n // workers)
    start = rank * size + min(rank, n % workers)
    return (start, start + size + (rank < n % workers))
or
return (n * rank // workers, n * (rank + 1) // workers) =>
    start = n * rank // workers
    return (start, max(start + 1, n * (rank + 1) // workers))
# Each worker has one row at least here. With more workers than rows some have none: start = stop.

return (n * rank // workers, n * (rank + 1) // workers) =>
    return (int(n * (rank / workers)), int(n * ((rank + 1) / workers)))
or
return (n * rank // workers, n * (rank + 1) // workers) =>
    return (int(n * rank / workers), int(n * (rank + 1) / workers))
# Right for small numbers. A float holds 15 digits, and row numbers may have more: `//` is exact.

n * rank // workers, n * (rank + 1) // workers =>
    n * (workers - rank - 1) // workers, n * (workers - rank) // workers
# Rank 0 has the last rows here. The rows are to be handed out in the order of the ranks.
""",
)

# --- combine_gradients -----------------------------------------------------------


def combine_gradients(grads, sizes):
    """Return the gradient of the mean over all rows, from each worker's mean over its own.

    ``grads[w]`` is worker w's gradient, over ``sizes[w]`` rows.
    """
    return sum(size * grad for size, grad in zip(sizes, grads, strict=True)) / sum(sizes)


def _gradients_case(sizes, label, hint="", columns=1, dtype=torch.float64, tol=1e-9, seed=41):
    """The parameter is a vector for one column, else a matrix."""
    x, y = randn(sum(sizes), 3, seed=seed), randn(sum(sizes), columns, seed=seed + 1)
    weight = randn(columns, 3, seed=seed + 2)
    weight = weight[0] if columns == 1 else weight

    def gradient(rows):
        """The oracle: autograd, of a mean over these rows, alone or all together."""
        if rows.numel() == 0:
            return torch.zeros_like(weight)

        def loss(weight):
            return (x[rows] @ weight.reshape(columns, 3).t() - y[rows]).square().mean()

        return autograd(loss, weight)[0]

    order = torch.arange(sum(sizes))
    grads = torch.stack([gradient(rows) for rows in order.split(sizes)]).to(dtype)

    return returns(
        label,
        "the gradient",
        (grads, list(sizes)),
        lambda: gradient(order).to(dtype),
        hint or "A mean times the number of its rows is a sum. Sums of all workers add up.",
        tol=tol,
    )


COMBINE_GRADIENTS = Exercise(
    number="10.2",
    solution=combine_gradients,
    cases=(
        _gradients_case((2, 4, 1), "2, 4 and 1 rows: the gradient of one mean over 7 rows"),
        _gradients_case(
            (3, 5),
            "a matrix of parameters, two workers",
            "Right for a vector. Each worker's whole gradient is multiplied by its one number; is "
            "a tensor of sizes lined up with another index than the first?",
            columns=2,
        ),
        _gradients_case(
            (3, 0, 2),
            "a worker without rows adds nothing",
            "Right if every worker has rows. Here one has none, and a gradient of zeros.",
        ),
        _gradients_case((5, 5, 5), "equal sizes: the mean of the gradients"),
        _gradients_case((6,), "one worker alone"),
        _gradients_case((0, 0, 4), "the last alone has rows"),
        _gradients_case(
            (7, 2), "a 2 × 3 matrix in float32 stays in float32", "", 2, torch.float32, 1e-5
        ),
    ),
    mistakes="""
/ sum(sizes) =>
# This is the sum over all rows. A mean over them is wanted: what is it divided by?

size * grad => grad
/ sum(sizes) => / len(sizes)
or
size * grad => grad
/ sum(sizes) => / sum(size > 0 for size in sizes)
# Every worker counts the same here, however many rows it has. That is right for equal sizes only.

size * grad => grad
/ sum(sizes) =>
# The gradients were added up as they are. Each is a mean over few rows; their sum is no mean.

size * grad => grad
# The gradients were added up and then divided by all rows. But each is a mean: it has been divided
# by its own rows once.

/ sum(sizes) => / sum(sizes) / len(sizes)
# Divided twice: by the number of rows, and by the number of workers once more.

/ sum(sizes) => / len(sizes)
# The sizes were multiplied in, but then the sum was divided by the number of workers, not of rows.

size * grad => grad / size if size else grad
/ sum(sizes) =>
or
size * grad => grad / max(size, 1)
# Divided by the worker's rows, a second time: its gradient is a mean already. Times its rows, it is
# a sum again.

size * grad => (sum(sizes) - size) * grad
# Each gradient has the weight of the *other* workers' rows.

sum((size * grad for size, grad in zip(sizes, grads, strict=True))) / sum(sizes) =>
    torch.stack([size / sum(sizes) * grad for size, grad in zip(sizes, grads)])
# The weights are right; the workers' gradients are still to be added up.

sum((size * grad for size, grad in zip(sizes, grads, strict=True))) / sum(sizes) => grads[0]
# This is worker 0's gradient alone.

sum((size * grad for size, grad in zip(sizes, grads, strict=True))) / sum(sizes) =>
    grads[sizes.index(max(sizes))]
or
sum((size * grad for size, grad in zip(sizes, grads, strict=True))) / sum(sizes) => grads[-1]
# This is one worker's gradient alone. All add to it.

size * grad => size * grad
/ sum(sizes) => / max(sizes) / len(sizes)
or
/ sum(sizes) => / max(sizes)
# The sum was divided by the largest part, not by the number of all rows.
""",
)

# --- ring_all_reduce -------------------------------------------------------------


def ring_all_reduce(x, rank, workers, send, recv):
    """Return the sum of all workers' x, with 2 (W − 1) pieces sent round a ring by each.

    ``send(piece, to)`` waits until rank ``to`` receives; ``recv(source)`` returns a tensor.
    """
    pieces = list(x.tensor_split(workers))
    after, before = (rank + 1) % workers, (rank - 1) % workers
    for step in range(2 * (workers - 1)):
        mine, coming = (rank - step) % workers, (rank - step - 1) % workers
        if rank % 2 == 0:
            send(pieces[mine], after)
            received = recv(before)
        else:
            received = recv(before)
            send(pieces[mine], after)
        if step < workers - 1:
            received = pieces[coming] + received
        pieces[coming] = received
    return torch.cat(pieces)


def _ring_case(workers, n, label, hint, looked_at="sums and pieces", dtype=torch.float64, tol=1e-9):
    """``looked_at`` names what is judged; a mistake is known by all of it."""
    rows = randn(workers, n, seed=51, dtype=dtype)

    def run(function, probe):
        @wraps(function)
        def everywhere(x):
            def one(rank, send, recv):
                return function(x[rank], rank, workers, send, recv)

            try:
                results, sent = ranks.simulate(one, workers)
            except ranks.StuckError as error:
                return error
            return None if any(result is None for result in results) else (results, sent)

        result = probe(everywhere, rows)
        if isinstance(result, ranks.StuckError):
            said = f"{workers} workers come to a standstill: {result}"
            raise Failure(("stuck", said), said, _way_out(result))
        sums, sent = result
        if "pieces" in looked_at:
            _judge(sent, n)
        names = [f"the sum on rank {rank}" for rank in range(workers)]
        if looked_at == "pieces":
            names = [f"{name} as it was" for name in names]
        return dict(zip(names, sums, strict=True)) | {"sent": sent}

    def expect():
        """The oracle: one process that has all of it."""
        names = [f"the sum on rank {rank}" for rank in range(workers)]
        return dict.fromkeys(names if "sums" in looked_at else (), rows.sum(0))

    return Case(label, run, expect, hint, tol)


def _way_out(stuck):
    """What to do about a standstill, as far as it shows."""
    kinds = {what for what, _ in stuck.waits.values()}
    if any(other not in stuck.waits for _, other in stuck.waits.values()):
        return (
            "Every worker takes as many steps as the others, and in each sends and receives once."
        )
    if kinds == {"send"}:
        return (
            "`send` waits until the other receives, and here all of them send. Let some receive "
            "first: those of odd rank, say."
        )
    if kinds == {"recv"}:
        return (
            "All of them receive, and no one sends. Let some send first: those of even rank, say."
        )
    return "Whoever sends to a worker, it is from that one that the worker must receive."


def _judge(sent, n):
    """Look at what was sent: to whom, how often, how much."""
    workers = len(sent)
    most, largest = 2 * (workers - 1), -(-n // workers)
    for rank, messages in enumerate(sent):
        after = (rank + 1) % workers
        for to, count in messages:
            if count > largest:
                said = f"rank {rank} sends {count} numbers at once, wanted {largest} at most"
                slip = f"x is cut into {workers} pieces, and a worker sends one piece in each step."
                raise Failure(("sent", repr(sent)), said, slip)
            if to != after:
                said = f"rank {rank} sends to rank {to}, wanted rank {after} alone"
                slip = "On the ring each sends to the next rank, and the last one to rank 0."
                raise Failure(("sent", repr(sent)), said, slip)
        if len(messages) > most:
            said = f"rank {rank} sends {len(messages)} pieces, wanted 2 (W − 1) = {most} at most"
            slip = "W − 1 steps add up, W − 1 hand on what is complete."
            raise Failure(("sent", repr(sent)), said, slip)


SUMS = (
    "Write down, for each step, which piece each rank sends, and which one comes. In the first "
    "W − 1 steps what comes is added to one's own piece, and the next step sends that one; in the "
    "last W − 1 it takes its place."
)
SIMULATED = (
    _ring_case(3, 6, "3 workers, 6 numbers: all have the sum", SUMS, "sums"),
    _ring_case(
        3, 6, "each sends 4 pieces at most, of 2 numbers at most, to the next", "", "pieces"
    ),
    _ring_case(
        2,
        6,
        "2 workers, 6 numbers",
        f"Right for three workers. With two, the next rank and the one before are the same. {SUMS}",
    ),
    _ring_case(4, 8, "4 workers, 8 numbers", f"Right for 2 and 3 workers. {SUMS}"),
    _ring_case(
        5,
        7,
        "5 workers, 7 numbers: pieces of two lengths",
        "Right where W divides n. How long are the pieces, and are all numbers in them, and in "
        "the result, each at its place?",
    ),
    _ring_case(
        4,
        3,
        "4 workers, 3 numbers: some pieces are empty",
        "Right for n ≥ W. Some pieces may have no numbers here, and there are W of them all the "
        "same.",
    ),
    _ring_case(
        1, 3, "one worker has the sum, and sends nothing", "Alone, a worker has the sum: x itself."
    ),
    _ring_case(
        3,
        5,
        "float32 stays float32",
        "Right in float64. Is there anything in your code that fits one dtype only?",
        dtype=torch.float32,
        tol=1e-5,
    ),
)
ROWS = randn(2, 5, seed=61)


@cache
def _on_processes(source):
    return ranks.on_processes(source, "ring_all_reduce", ROWS)


def _run_processes(function, probe):
    """Only what simulated workers do right is worth the seconds that processes take."""
    for case in SIMULATED:
        trouble = complaint(case, case.run(function, probe))
        if trouble:
            raise trouble
    try:
        sums = _on_processes(own.source(function.__name__, function))
    except own.NotKept as error:
        said = f"`{function.__name__}` cannot go to other processes: {error}"
        raise Failure(("not kept",), said) from error
    except RuntimeError as error:
        slip = "Simulated workers do it right. Real ones share no memory, and no names of yours."
        raise Failure(("processes", str(error)), f"of two processes, {error}", slip) from error
    return {f"the sum on rank {rank}": value for rank, value in enumerate(sums)}


RING_ALL_REDUCE = Exercise(
    number="10.3",
    solution=ring_all_reduce,
    cases=(
        *SIMULATED,
        Case(
            "two processes of their own: both have the sum",
            _run_processes,
            lambda: {f"the sum on rank {rank}": ROWS.sum(0) for rank in range(2)},
            "Simulated workers do it right. Real ones share no memory, and no names of yours.",
            seconds=ranks.PATIENCE + 5,
        ),
    ),
    mistakes="""
rank % 2 == 0 => True
# `send` waits until the other receives. Here all send first, and nobody is there to receive. Let
# odd ranks receive first.

rank % 2 == 0 => False
# All receive first, and wait for ever: nobody sends. Let even ranks send first.

received = pieces[coming] + received => pass
# Nothing is added up: in the first W − 1 steps what comes is to be *added* to one's own piece.

step < workers - 1 => True
# What comes was added in the last W − 1 steps, too. There the pieces that come are complete: they
# take the place of one's own.

2 * (workers - 1) => workers - 1
# After W − 1 steps each worker has one piece that is complete. Another W − 1 steps hand these
# round.

step < workers - 1 => step < workers
or
step < workers - 1 => step <= workers - 1
2 * (workers - 1) => 2 * workers
# One step too many adds up: a piece is complete after W − 1 steps.

step < workers - 1 => step < workers - 2
# One step too few adds up: a piece passes W − 1 others before it is complete.

2 * (workers - 1) => 2 * workers
or
2 * (workers - 1) => 2 * workers - 1
# The sums are right, but there are steps too many: each worker sends 2 (W − 1) pieces.

mine, coming = ((rank - step) % workers, (rank - step - 1) % workers) =>
    mine, coming = ((rank + step) % workers, (rank + step + 1) % workers)
# The numbers of the pieces go up with the steps; they are to go down. What was received and added
# to in one step is what is sent in the next: the piece that the rank before has sent.

mine, coming = ((rank - step) % workers, (rank - step - 1) % workers) =>
    mine, coming = ((rank - step) % workers, (rank - step + 1) % workers)
# What comes was taken for the piece after the one that is sent. It is the one before: the rank
# before sends its own number.

mine, coming = ((rank - step) % workers, (rank - step - 1) % workers) =>
    mine, coming = ((rank - step) % workers, (rank - step) % workers)
# The piece that comes is not the one that was sent, but the one before it.

mine, coming = ((rank - step) % workers, (rank - step - 1) % workers) =>
    mine, coming = (rank, (rank - step - 1) % workers)
# Each step sends the worker's first piece again. From the second step on it is the piece to which
# something was added in the step before.

after, before = ((rank + 1) % workers, (rank - 1) % workers) =>
    after, before = ((rank - 1) % workers, (rank + 1) % workers)
# The pieces go round the other way, to rank − 1, though their numbers are those of this way.

after, before = ((rank + 1) % workers, (rank - 1) % workers) =>
    after, before = ((rank - 1) % workers, (rank + 1) % workers)
mine, coming = ((rank - step) % workers, (rank - step - 1) % workers) =>
    mine, coming = ((rank + step) % workers, (rank + step + 1) % workers)
# A ring, and right, but the other way round: each worker is to send to rank + 1.

after, before = ((rank + 1) % workers, (rank - 1) % workers) =>
    after, before = (rank + 1, rank - 1)
or
after, before = ((rank + 1) % workers, (rank - 1) % workers) =>
    after, before = (rank + 1, (rank - 1) % workers)
# The ring is not closed: behind the last rank comes rank 0, `(rank + 1) % workers`.

x.tensor_split(workers) => x.chunk(workers)
# `chunk` rounds n / W up, and may make fewer than W pieces. `tensor_split` makes W.

x.tensor_split(workers) => x.split(max(1, len(x) // workers))
# `split` wants a length, and may make another number of pieces than W. `tensor_split` makes W.

list(x.tensor_split(workers)) =>
    [x[len(x) // workers * k:len(x) // workers * (k + 1)] for k in range(workers)]
# The rest of n / W is lost, and the result too short.

torch.cat(pieces) => torch.stack(pieces)
# `stack` makes a matrix of the pieces; `cat` puts them end to end.

torch.cat(pieces) => pieces
# This is the list of the pieces. `torch.cat` makes one vector of them.

torch.cat(pieces) => torch.cat(pieces[rank:] + pieces[:rank])
or
torch.cat(pieces) => torch.cat(pieces[rank + 1:] + pieces[:rank + 1])
# The pieces stand in another order than they were cut: piece 0 comes first on every rank.

torch.cat(pieces) => torch.cat(pieces) / workers
# This is the mean. The sum is asked for.

received = pieces[coming] + received => pieces[coming] += received
    received = pieces[coming]
# The pieces are views of x: `+=` writes into x itself. `a + b` makes a new tensor.

list(x.tensor_split(workers)) => list(x.tensor_split(workers))
    sums = list(pieces)
received = pieces[coming] + received => received = sums[coming] + received
pieces[coming] = received => sums[coming] = received
torch.cat(pieces) => torch.cat(sums)
# What is sent are the pieces as they were at first. From the second step on it is the sum so far.

def ring_all_reduce(x, rank, workers, send, recv):
    after, before = (rank + 1) % workers, (rank - 1) % workers
    total, piece = x, x
    for _ in range(workers - 1):
        if rank % 2 == 0:
            send(piece, after)
            piece = recv(before)
        else:
            received = recv(before)
            send(piece, after)
            piece = received
        total = total + piece
    return total
# The whole of x goes round the ring: right, but each worker sends (W − 1) n numbers, and not
# 2 (W − 1) pieces of n / W.

def ring_all_reduce(x, rank, workers, send, recv):
    if rank > 0:
        send(x, 0)
        return recv(0)
    for other in range(1, workers):
        x = x + recv(other)
    for other in range(1, workers):
        send(x, other)
    return x
# Rank 0 collects everything and hands it out again: right, but all that is sent goes through one
# worker, who becomes slower the more there are.
""",
)

# --- symptom ---------------------------------------------------------------------


def symptom():
    """Return six letters: the bug behind each recorded symptom, in their order."""
    return "eacdgb"


def _run_symptom(function, probe):
    said = probe(function)
    if not isinstance(said, str) or len(said) != 6 or not set(said) <= set("abcdefg"):
        raise Failure(
            ("no letters", repr(said)),
            f"this is {str(repr(said))[:40]}, wanted a string of six lower-case letters, a to g",
            'The first letter is that of symptom 1: `return "abcdef"`, if it were so.',
        )
    if len(set(said)) < 6:
        slip = "Six of the seven bugs were made, one for each symptom."
        raise Failure(("twice", said), f"in {said!r} a letter stands twice", slip)
    return {"each of the six bugs makes its symptom": said == "eacdgb", "said": said}


SYMPTOM = Exercise(
    number="10.4",
    solution=symptom,
    cases=(Case("each of the six bugs makes its symptom", _run_symptom),),
    mistakes="""
eacdgb => eacfgb
# Two runs have the same network on rank 0, to the last bit, and in one of them the workers are
# equal. Would they be if each drew an order of its own?

eacdgb => edcagb
# a and d have the same network on rank 0. But what if no gradient is exchanged: do the workers stay
# equal?

eacdgb => eabdgc
# b and c: a sum that is never divided is too large, and so is the step.

eacdgb => aecdgb
# a and e: which of the two lets workers differ before the first step?

eacdgb => efcdgb
# Whatever the order of the rows: with one sum of gradients for all, equal starts stay equal. In
# symptom 2 they do not.

eacdgb => facdgb
# An order of its own does not make a worker's parameters differ before the first step.

eacdgb => eacdfb
# In symptom 5 all is right until something is waited for. Another order has nothing to wait for.

eacdgb => bacdge
or
eacdgb => cabdge
or
eacdgb => eacbgd
or
eacdgb => ebcdga
# What does each bug do to the length of the first step? For two of them it is a factor, the same
# whatever the data are.
""",
)

# --- best_workers ----------------------------------------------------------------


def best_workers(seconds, n_bytes, bandwidth, latency, most):
    """Return the number of workers, 1 to ``most``, with the least time per step.

    ``seconds`` is one worker's arithmetic, ``n_bytes`` the gradients, ``bandwidth`` in bytes
    a second, ``latency`` in seconds a message.
    """

    def cost(w):
        return seconds / w + 2 * (w - 1) / w * n_bytes / bandwidth + 2 * (w - 1) * latency

    return min(range(1, most + 1), key=cost)


def _workers_case(label, *jobs, hint=""):
    def run(function, probe):
        return {f"the number for {job}": probe(function, *job) for job in jobs}

    def best(seconds, n_bytes, bandwidth, latency, most):
        """The oracle: message by message, for all numbers of workers at once."""
        workers = torch.arange(1, most + 1, dtype=torch.float64)
        message = latency + n_bytes / workers / bandwidth
        steps = seconds / workers + 2 * (workers - 1) * message
        return steps.argmin().item() + 1

    hint = hint or "Write the three terms down for W = 1, 2 and 3. Which of them grow with W?"
    return Case(label, run, lambda: {f"the number for {job}": best(*job) for job in jobs}, hint)


BEST_WORKERS = Exercise(
    number="10.5",
    solution=best_workers,
    cases=(
        _workers_case(
            "three jobs, each with a best number of its own",
            (10.0, 2_000_000_000, 1e9, 0.001, 1000),
            (100.0, 8, 2.0, 0.01, 500),
            (0.1, 80_000_000, 1e9, 0.0001, 64),
        ),
        _workers_case("slow messages: few workers", (0.9, 3_000_000, 1e8, 0.02, 64)),
        _workers_case(
            "much to compute: as many as there are",
            (50.0, 1_000_000, 1e9, 1e-6, 12),
            hint="Right where the best number is inside. It may be `most` itself.",
        ),
        _workers_case(
            "no latency",
            (3.0, 1000, 1e6, 0.0, 7),
            hint="Right where messages have a latency. Here it is 0. Is anything divided by it?",
        ),
        _workers_case("a single machine", (2.0, 1000, 1e6, 0.1, 1)),
    ),
    mistakes="""
2 * (w - 1) * latency => (w - 1) * latency
# Each worker sends 2 (W − 1) messages, and waits the latency for each: the 2 is missing.

2 * (w - 1) / w * n_bytes => (w - 1) / w * n_bytes
# The bytes go round twice, once to add up and once to hand out: the 2 is missing.

2 * (w - 1) / w * n_bytes => (w - 1) / w * n_bytes
2 * (w - 1) * latency => (w - 1) * latency
# This is half of what is sent: W − 1 steps add up, and another W − 1 hand the sums round.

+ 2 * (w - 1) / w * n_bytes / bandwidth =>
or
2 * (w - 1) / w * n_bytes / bandwidth => 2 * n_bytes / bandwidth
or
return min(range(1, most + 1), key=cost) =>
    return max(1, min(most, round((seconds / (2 * latency)) ** 0.5))) if latency else most
# The time of the bytes is left out, or the same for every W. It is 2 (W − 1)/W · n_bytes /
# bandwidth, which is 0 for one worker and grows.

+ 2 * (w - 1) * latency =>
or
2 * (w - 1) * latency => 2 * latency
# The latency is left out, or was counted once. Each of 2 (W − 1) messages takes that long.

seconds / w => seconds
# The arithmetic is divided among the workers: seconds / W.

2 * (w - 1) / w * n_bytes => 2 * (w - 1) * n_bytes
# Each message was taken to hold all bytes. It holds a piece, 1/W of them.

n_bytes / bandwidth => n_bytes * bandwidth
# Bytes *divided* by bytes a second are seconds.

n_bytes / bandwidth => 8 * n_bytes / bandwidth
# Bytes were turned into bits. The bandwidth is in bytes a second.

range(1, most + 1), key=cost => map(cost, range(1, most + 1))
# This is the least time. The number of workers that takes it is wanted.

range(1, most + 1) => range(1, max(2, most))
# `most` itself was not tried: a range ends before its second number.

range(1, most + 1) => range(2, max(3, most + 1))
# One worker was not tried. It sends nothing.

min(range => max(range
# This is the number that takes the most time.

return min(range(1, most + 1), key=cost) => return min(range(1, most + 1), key=cost) - 1
# One too few: is it the place in a list? That begins with 0, and the workers with 1.

return min(range(1, most + 1), key=cost) => return most
# Not as many as there are: beyond some number each one more makes a step slower.

return min(range(1, most + 1), key=cost) => return float(min(range(1, most + 1), key=cost))
# The right number, but a float. Workers are counted in integers.
""",
)

EXERCISES = {
    "own-rows": OWN_ROWS,
    "combine-gradients": COMBINE_GRADIENTS,
    "ring-all-reduce": RING_ALL_REDUCE,
    "symptom": SYMPTOM,
    "best-workers": BEST_WORKERS,
}
