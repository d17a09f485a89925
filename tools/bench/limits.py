"""What this machine can do at best, how near products come to it, and PyTorch's step in pieces."""

import time

import torch
from torch.utils.benchmark import Timer

from minidl.paper import torch_twin

#: Sides of the products whose best stands for the peak.
PEAK_SIDES = (256, 512, 1024)

#: Bytes of the tensors that a ReLU goes through in place: too large for any cache, and
#: sizes that fit into one, of which the fastest counts.
SIZES = {"memory": [2**28], "cache": [2**15, 2**16, 2**17, 2**18, 2**19]}

WIDTHS = (1, 2, 4, 8, 16, 25, 32, 64, 128, 256, 512, 1024)

LOSS = "criterion(network(x), y)"

#: What comes in, and what is timed: each holds more than the one before, the last a whole step.
PIECES = {
    "products, sums and ReLUs, forward": "formulas(x)",
    "autograd's notes": "with_notes(x)",
    "modules and their calls": "network(x)",
    "the loss": LOSS,
    "backward": f"{LOSS}.backward()",
    "reset and step": f"optimizer.zero_grad(); {LOSS}.backward(); optimizer.step()",
}


def quickest(statements, names, seconds, rounds=3):
    """Time statements in turns: the quickest block of each, as all else only slows it."""
    times = {key: [] for key in statements}
    for key in [*statements] * rounds:
        timer = Timer(statements[key], globals=names(key), timer=time.process_time)
        times[key] += timer.blocked_autorange(min_run_time=seconds / rounds).times
    return {key: min(found) for key, found in times.items()}


def product(rows, width):
    """Name what a product of (rows, width) by (width, width) needs, into memory that is there."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(rows, width, generator=generator)
    weight = torch.randn(width, width, generator=generator)
    return {"mm": torch.mm, "x": x, "weight_t": weight.t(), "y": torch.empty(rows, width)}


def roofline(batch_size, seconds):
    """Measure the machine's limits, then a layer's product and its ReLU at each width.

    The limits are ``gflops``, where an addition and a multiplication count as two, and 10⁹
    bytes a second, read and written, of ``memory`` and ``cache``.
    """
    multiply, bend = "mm(x, weight_t, out=y)", "x.relu_()"
    sides = quickest(dict.fromkeys(PEAK_SIDES, multiply), lambda side: product(side, side), seconds)
    limits = {"gflops": max(2e-9 * side**3 / found for side, found in sides.items())}
    for place, sizes in SIZES.items():
        bends = dict.fromkeys(sizes, bend)
        times = quickest(bends, lambda size: {"x": torch.ones(size // 4)}, seconds)
        limits[place] = max(2e-9 * size / found for size, found in times.items())
    yield {"what": "limits", **limits}
    keys = [(what, width) for what in ("product", "relu") for width in WIDTHS]
    statements = {key: multiply if key[0] == "product" else bend for key in keys}

    def names(key):
        what, width = key
        shape = batch_size, width
        return product(*shape) if what == "product" else {"x": torch.ones(shape)}

    for (what, width), found in quickest(statements, names, seconds).items():
        yield {"what": what, "width": width, "batch_size": batch_size, "microseconds": 1e6 * found}


def pieces(task, seconds):
    """Time PyTorch's step as it grows: what has come in, and the time of the whole statement."""
    network, (x, y) = torch_twin(task.network()), task.data()
    noted = [(layer.weight, layer.bias) for layer in network[::2]]
    plain = [(weight.detach(), bias.detach()) for weight, bias in noted]

    def forward(x, parameters):
        *hidden, last = parameters
        for weight, bias in hidden:
            x = torch.relu(torch.addmm(bias, x, weight.t()))
        weight, bias = last
        return torch.addmm(bias, x, weight.t())

    names = {
        "formulas": lambda x: forward(x, plain),
        "with_notes": lambda x: forward(x, noted),
        "network": network,
        "criterion": torch.nn.MSELoss(),
        # so small a rate that the network stays as it is, however often it is timed
        "optimizer": torch.optim.SGD(network.parameters(), lr=1e-9),
        "x": x[: task.batch_size],
        "y": y[: task.batch_size],
    }
    for piece, found in quickest(PIECES, lambda key: names, seconds, rounds=5).items():
        yield {"piece": piece, "microseconds": 1e6 * found}
