"""A list of modules: its outputs kept on the way forward, looked up on the way back."""

import matplotlib.pyplot as plt

from .parts import BACKWARD, FORWARD, SMALL, arrow, blank, tensor, write

SIZE = (4.75, 2.8)
TOP, BOTTOM, FIRST, APART = 2.1, 0.7, 0.37, 1.17


def show_chain(modules, outputs, grads):
    """Draw a list of modules run forward, and run in reverse; return the figure.

    Parameters
    ----------
    modules : list of Module
        At most three: there is no room for more.
    outputs, grads : list of torch.Tensor
        The input and what came out of each module, and the gradients with respect to them.
    """
    figure, axis = plt.subplots(figsize=SIZE)
    blank(axis, *SIZE)
    columns = [FIRST + APART * k for k in range(len(outputs))]
    for k, (x, y, grad) in enumerate(zip(columns, outputs, grads, strict=True)):
        tensor(axis, (x, TOP), f"$Y_{k}$", str(tuple(y.shape)), FORWARD)
        tensor(axis, (x, BOTTOM), f"$G_{k}$", str(tuple(grad.shape)), BACKWARD)
    for left, right, module in zip(columns, columns[1:], modules, strict=False):
        middle, name = (left + right) / 2, type(module).__name__
        arrow(axis, (left + 0.33, TOP), (right - 0.33, TOP), FORWARD)
        arrow(axis, (right - 0.33, BOTTOM), (left + 0.33, BOTTOM), BACKWARD)
        write(axis, (middle, TOP + 0.17), name, SMALL)
        write(axis, (middle, BOTTOM - 0.19), name, SMALL)
        for kept in (left, right):
            slope = 0.1 if kept == left else -0.1
            arrow(axis, (kept, TOP - 0.28), (middle - slope, BOTTOM + 0.08), FORWARD, dotted=True)
    end = columns[-1] + 0.72
    arrow(axis, (columns[-1] + 0.33, TOP), (end - 0.1, TOP), FORWARD)
    write(axis, (end, TOP), "$L$", 12)
    arrow(axis, (end, TOP - 0.16), (columns[-1] + 0.33, BOTTOM + 0.1), BACKWARD)
    middle = (columns[0] + columns[-1]) / 2
    write(axis, (middle, TOP + 0.55), "forward: every output is kept", color=FORWARD)
    write(axis, (middle, BOTTOM - 0.55), "backward: the same list in reverse", color="#A84A00")
    return figure
