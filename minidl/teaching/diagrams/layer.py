"""A linear layer, forward and backward, with the shapes of all that comes and goes."""

import matplotlib.pyplot as plt
import torch

from .parts import BACKWARD, FORWARD, arrow, blank, rectangle, tensor, write

SIZE = (4.7, 3.7)


def show_layer(layer, x):
    """Draw what goes through a linear layer, what comes back, and what stays.

    The layer is run once each way, and every shape is read off a tensor.  The figure is returned.

    Parameters
    ----------
    layer : Linear
        Its stored gradients are added to.
    x : torch.Tensor, shape (N, in)
        N, in and out all different, so that each size has one name.
    """
    y = layer.forward(x)
    grad = torch.ones_like(y)
    dx = layer.backward(x, y, grad)
    names = {len(x): "N", layer.in_features: "in", layer.out_features: "out"}
    if len(names) < 3:
        raise ValueError(f"two sizes are equal: x is {tuple(x.shape)}, the layer {layer}")

    def shape(t):
        sizes = [names[size] for size in t.shape]
        return f"({', '.join(sizes)})" if len(sizes) > 1 else f"({sizes[0]},)"

    figure, axis = plt.subplots(figsize=SIZE)
    blank(axis, *SIZE)
    rectangle(axis, (2.35, 1.85), 2.6, 3.64, "#767676", fill=False)
    write(axis, (2.35, 3.5), type(layer).__name__, weight="bold")

    tensor(axis, (1.75, 3.05), "`weight`", shape(layer.weight), FORWARD)
    tensor(axis, (2.95, 3.05), "`bias`", shape(layer.bias), FORWARD)
    rectangle(axis, (2.45, 2.27), 1.3, 0.36, FORWARD)
    write(axis, (2.45, 2.27), "forward", family="monospace")
    rectangle(axis, (2.35, 1.37), 2.1, 0.36, BACKWARD)
    write(axis, (2.35, 1.37), "backward", family="monospace")
    tensor(axis, (1.75, 0.42), "`weight_grad`", shape(layer.weight_grad), BACKWARD)
    tensor(axis, (2.95, 0.42), "`bias_grad`", shape(layer.bias_grad), BACKWARD)

    tensor(axis, (0.45, 2.27), "`x`", shape(x))
    arrow(axis, (0.8, 2.27), (1.78, 2.27), FORWARD)
    arrow(axis, (3.1, 2.27), (3.92, 2.27), FORWARD)
    tensor(axis, (4.3, 2.27), "`y`", shape(y))
    tensor(axis, (4.3, 1.37), "`grad`", shape(grad))
    arrow(axis, (3.92, 1.37), (3.42, 1.37), BACKWARD)
    arrow(axis, (1.28, 1.37), (0.87, 1.37), BACKWARD)
    tensor(axis, (0.45, 1.37), "`grad_x`", shape(dx))

    for column in (1.95, 2.95):
        arrow(axis, (column, 2.78), (column, 2.47), FORWARD)
    for column in (1.75, 2.95):
        arrow(axis, (column, 1.18), (column, 0.69), BACKWARD)
        write(axis, (column + 0.2, 0.96), "+=", family="monospace")
    arrow(axis, (1.48, 2.78), (1.48, 1.56), FORWARD, dotted=True)
    arrow(axis, (0.72, 2.02), (1.36, 1.56), FORWARD, dotted=True)
    return figure
