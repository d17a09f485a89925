"""What single tensor operations cost, and how many of them a training step takes."""

from collections import Counter
from dataclasses import replace

import torch
from contestants import CONTESTANTS
from ladder import Batches
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.benchmark import Timer

#: Statements on a batch of 100 samples and a layer from 25 to 25, as a training step has them.
STATEMENTS = (
    "torch.addmm(bias, x, weight_t)",
    "torch.addmm(bias, x, weight_t, out=y)",
    "grad.mm(weight)",
    "torch.mm(grad_t, x, out=weight_grad)",
    "weight_grad.addmm_(grad_t, x)",
    "x.clamp(min=0)",
    "y.sign()",
    "grad * x",
    "grad.sum(0)",
    "bias_grad.addmv_(grad_t, ones)",
    "weight_grad.zero_()",
    "weight.add_(weight_grad, alpha=-0.1)",
    "weight.t()",
    "number.item()",
)


def operation_times(batch_size=100, width=25, seconds=0.2):
    """Time each statement by itself.

    Yields
    ------
    dict
        ``operation``, ``microseconds`` (the median) and ``ratio`` to the first one.
    """
    generator = torch.Generator().manual_seed(0)

    def draw(*shape):
        return torch.randn(*shape, generator=generator)

    x, grad, weight = draw(batch_size, width), draw(batch_size, width), draw(width, width)
    names = {
        "torch": torch,
        "x": x,
        "y": x.clamp(min=0),
        "grad": grad,
        "grad_t": grad.t(),
        "weight": weight,
        "weight_t": weight.t(),
        "weight_grad": torch.zeros(width, width),
        "bias": draw(width),
        "bias_grad": torch.zeros(width),
        "ones": torch.ones(batch_size),
        "number": torch.tensor(1.0),
    }
    first = None
    for statement in STATEMENTS:
        # what a statement before has added up must not move the weights out of range
        names["weight_grad"].zero_()
        timer = Timer(statement, globals=names, num_threads=torch.get_num_threads())
        time = 1e6 * timer.blocked_autorange(min_run_time=seconds).median
        first = first or time
        yield {"operation": statement, "microseconds": time, "ratio": time / first}


class Counting(TorchDispatchMode):
    """Counts every ATen operation that reaches PyTorch's kernels, autograd's included."""

    def __init__(self):
        super().__init__()
        self.calls = Counter()

    def __torch_dispatch__(self, operation, types, arguments=(), options=None):
        if operation.namespace == "aten":
            self.calls[operation.overloadpacket.__name__, operation.is_view] += 1
        return operation(*arguments, **(options or {}))


def operations_a_step(kind, task):
    """Count the operations by which a run of two steps exceeds a run of one.

    Returns
    -------
    dict
        ``total``; ``views``, how many of these only look at a tensor in another way;
        ``calls``, the numbers by name, the most frequent first.
    """
    counts = []
    for steps in (1, 2):
        contestant = kind(replace(task, epochs=1, samples=steps * task.batch_size))
        contestant.train()
        with Counting() as counting:
            contestant.train()
        counts.append(counting.calls)
    a_step = (counts[1] - counts[0]).most_common()
    return {
        "total": sum(count for _, count in a_step),
        "views": sum(count for (_, is_view), count in a_step if is_view),
        "calls": {name: count for (name, _), count in a_step},
    }


def operation_counts(task):
    """Count a step's operations for PyTorch, the chapters' methods and ``minidl.fit``."""
    for kind in (CONTESTANTS["torch"], Batches, CONTESTANTS["minidl"]):
        yield {"name": kind.name, **operations_a_step(kind, task)}
