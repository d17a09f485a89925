"""One mini-batch, move by move: what the stored gradient and the parameter are after each."""

from dataclasses import dataclass

import matplotlib.pyplot as plt

from minidl import SGD, accumulate_batch

from .parts import BACKWARD, FORWARD, SMALL

SIZE = (4.7, 3.7)


@dataclass
class Move:
    """A move of the training loop, and one parameter's two numbers after it."""

    name: str
    gradient: float
    parameter: float


def record_moves(model, loss, x, y, *, lr):
    """Make the moves of one mini-batch, sample by sample, and the next one's first; list them.

    Parameters
    ----------
    model : Sequential
        Is trained in place.  Its last parameter's last entry is watched.
    loss : MSELoss
        A mean over the samples.
    x, y : torch.Tensor, shapes (N, in) and (N, out)
    lr : float
    """
    optimizer = SGD(model, lr)
    parameter, gradient = model.param()[-1]
    moves = []

    def note(name):
        moves.append(Move(name, gradient[-1].item(), parameter[-1].item()))

    optimizer.zero_grad()
    note("reset")
    for n, sample in enumerate(zip(x.split(1), y.split(1), strict=True), start=1):
        accumulate_batch(model, loss, *sample)
        note(f"+ {n}")
    for _, grad in model.param():
        grad.div_(len(x))
    note(f"/ {len(x)}")
    optimizer.step()
    note("step")
    optimizer.zero_grad()
    note("reset")
    return moves


def show_moves(moves):
    """Draw the stored gradient and the parameter after each move; return the figure.

    Parameters
    ----------
    moves : list of Move
        As :func:`record_moves` returns them.
    """
    figure, (upper, lower) = plt.subplots(2, 1, figsize=SIZE, sharex=True)
    places = range(len(moves))
    upper.bar(places, [move.gradient for move in moves], color=BACKWARD, width=0.7)
    lower.step(places, [move.parameter for move in moves], where="mid", color=FORWARD)
    lower.plot(places, [move.parameter for move in moves], "o", color=FORWARD)
    upper.set_title("stored gradient of a parameter", loc="left")
    lower.set_title("the parameter", loc="left")
    for axis in (upper, lower):
        axis.axhline(0, color="black", linewidth=0.8)
        axis.grid(axis="x", visible=False)
        axis.tick_params(labelsize=SMALL)
    lower.set_xticks(places, [move.name for move in moves])
    return figure
