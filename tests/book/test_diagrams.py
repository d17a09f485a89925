"""The diagrams: what is written in them is what the code does."""

from itertools import accumulate

import matplotlib.pyplot as plt
import pytest
import torch

from minidl import Linear, MSELoss, ReLU, Sequential, Tanh
from minidl.paper import torch_twin
from minidl.teaching.diagrams import record_moves, show_chain, show_layer


def network():
    options = {"generator": torch.Generator().manual_seed(3), "dtype": torch.float64}
    return Sequential([Linear(2, 4, **options), Tanh(), Linear(4, 3, **options)])


def batch(rows=5):
    generator = torch.Generator().manual_seed(4)
    return (
        torch.randn(rows, 2, generator=generator, dtype=torch.float64),
        torch.randn(rows, 3, generator=generator, dtype=torch.float64),
    )


def moves():
    return record_moves(network(), MSELoss(), *batch(3), lr=0.5)


def below(figure, name):
    """Return the line of text right below a name."""
    texts = [(text.get_text(), text.get_position()) for text in figure.findobj(plt.Text)]
    (place,) = [place for text, place in texts if text == name]
    under = [(y, text) for text, (x, y) in texts if x == place[0] and y < place[1]]
    return max(under)[1]


def test_the_layer_shows_each_tensors_shape():
    shapes = {"x": "(N, in)", "y": "(N, out)", "grad": "(N, out)", "grad_x": "(N, in)"}
    shapes |= {"weight": "(out, in)", "weight_grad": "(out, in)"}
    shapes |= {"bias": "(out,)", "bias_grad": "(out,)"}
    for rows, ins, outs in ((5, 3, 4), (2, 7, 1)):
        figure = show_layer(Linear(ins, outs), torch.zeros(rows, ins))
        assert {name: below(figure, name) for name in shapes} == shapes


def test_two_equal_sizes_are_refused_for_their_names_would_be_a_guess():
    with pytest.raises(ValueError, match="two sizes are equal"):
        show_layer(Linear(3, 3), torch.zeros(5, 3))


def test_the_chain_names_its_modules_on_both_ways_and_shows_all_shapes():
    modules = [Linear(2, 4), ReLU(), Linear(4, 6)]
    outputs = Sequential(modules).forward_pass(torch.zeros(5, 2))
    figure = show_chain(modules, outputs, outputs)
    texts = [text.get_text() for text in figure.findobj(plt.Text)]
    assert [texts.count(name) for name in ("Linear", "ReLU")] == [4, 2]
    for k, shape in enumerate(["(5, 2)", "(5, 4)", "(5, 4)", "(5, 6)"]):
        assert below(figure, f"$Y_{k}$") == below(figure, f"$G_{k}$") == shape


def test_the_moves_are_those_of_autograd():
    twin, (x, y) = torch_twin(network()), batch(3)
    bias = twin[-1].bias

    def gradient(rows):
        loss = torch.nn.functional.mse_loss(twin(x[rows]), y[rows])
        return torch.autograd.grad(loss, bias)[0][-1].item()

    added = list(accumulate(gradient(slice(n, n + 1)) for n in range(3)))
    before, mean = bias[-1].item(), gradient(slice(0, 3))
    after = before - 0.5 * mean

    recorded = moves()
    assert [move.name for move in recorded] == [
        *("reset", "+ 1", "+ 2", "+ 3", "/ 3", "step", "reset")
    ]
    gradients = [move.gradient for move in recorded]
    assert gradients == pytest.approx([0, *added, mean, mean, 0], abs=1e-12)
    values = [move.parameter for move in recorded]
    assert values == pytest.approx([before] * 5 + [after] * 2, abs=1e-12)
