"""Where a step of PyTorch goes: the same step with one thing more each time."""

import torch
from contestants import Torch
from torch.utils.benchmark import Timer

LOSS = "criterion(network(x), y)"

#: What comes in, and what is timed: each holds more than the one before, the last a whole step.
STATEMENTS = {
    "products, sums and ReLUs, forward": "formulas(x)",
    "autograd's notes": "with_notes(x)",
    "modules and their calls": "network(x)",
    "the loss": LOSS,
    "backward": f"{LOSS}.backward()",
    "reset and step": f"optimizer.zero_grad(); {LOSS}.backward(); optimizer.step()",
}


def pieces(task, seconds=0.5, rounds=5):
    """Time each statement; they take turns, and the quickest round of each counts.

    Yields
    ------
    dict
        ``piece``, what has come in; ``microseconds``, of the whole statement.
    """
    contestant = Torch(task)
    network, criterion = contestant.network, contestant.criterion
    x, y = contestant.x[: task.batch_size], contestant.y[: task.batch_size]
    layers = [part for part in network if isinstance(part, torch.nn.Linear)]

    def forward(x, parameters):
        *hidden, last = parameters
        for weight, bias in hidden:
            x = torch.relu(torch.addmm(bias, x, weight.t()))
        weight, bias = last
        return torch.addmm(bias, x, weight.t())

    noted = [(layer.weight, layer.bias) for layer in layers]
    plain = [(weight.detach(), bias.detach()) for weight, bias in noted]
    names = {
        "formulas": lambda x: forward(x, plain),
        "with_notes": lambda x: forward(x, noted),
        "network": network,
        "criterion": criterion,
        # so small a rate that the network stays as it is, however often it is timed
        "optimizer": torch.optim.SGD(network.parameters(), lr=1e-9),
        "x": x,
        "y": y,
    }
    timers = {
        piece: Timer(statement, globals=names, num_threads=torch.get_num_threads())
        for piece, statement in STATEMENTS.items()
    }
    times = {piece: [] for piece in timers}
    for _ in range(rounds):
        for piece, timer in timers.items():
            times[piece] += timer.blocked_autorange(min_run_time=seconds / rounds).times
    for piece in timers:
        yield {"piece": piece, "microseconds": 1e6 * min(times[piece])}
