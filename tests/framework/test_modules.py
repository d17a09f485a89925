"""The modules and the loss against autograd."""

import pytest
import torch
from draws import generator, randn
from hypothesis import given, settings
from hypothesis import strategies as st

from minidl import (
    Linear,
    MSELoss,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
    gradcheck,
    gradcheck_loss,
    xavier_std,
)
from minidl.paper import torch_twin

ACTIVATIONS = [ReLU, Tanh, Sigmoid]


@st.composite
def networks(draw):
    """A network of random depth, widths and activations, maybe with one nested inside."""
    widths = draw(st.lists(st.integers(1, 8), min_size=2, max_size=6))
    source = generator(draw(st.integers(0, 10**6)))
    modules = []
    for a, b in zip(widths, widths[1:], strict=False):
        init = draw(st.sampled_from(["xavier", "xavier_all", "torch"]))
        modules.append(Linear(a, b, init=init, generator=source, dtype=torch.float64))
        modules.extend(cls() for cls in draw(st.lists(st.sampled_from(ACTIVATIONS), max_size=2)))
    cut = draw(st.integers(0, len(modules)))
    if draw(st.booleans()):
        modules = [Sequential(modules[:cut]), *modules[cut:]]
    x = torch.randn(widths[0], draw(st.integers(1, 7)), generator=source, dtype=torch.float64).t()
    x = draw(st.sampled_from([x, x.contiguous(), x[:1].expand(3, -1)]))  # however it lies in memory
    target = torch.randn(len(x), widths[-1], generator=source, dtype=torch.float64)
    return Sequential(modules), x, target


@given(networks(), st.sampled_from(["mean", "sum"]))
@settings(max_examples=150)
def test_gradients_equal_autograd(network, reduction):
    model, x, target = network
    twin = torch_twin(model)
    leaf = x.clone().requires_grad_()
    expected = torch.nn.MSELoss(reduction=reduction)(twin(leaf), target)
    expected.backward()

    loss = MSELoss(reduction)
    outputs = model.forward_pass(x)
    dx = model.backward_pass(outputs, loss.backward(outputs[-1], target))

    torch.testing.assert_close(loss.forward(outputs[-1], target), expected.detach())
    torch.testing.assert_close(dx, leaf.grad, rtol=0, atol=1e-12)
    assert not any(t.requires_grad for t in [*outputs, dx])
    theirs = list(twin.parameters())
    assert len(theirs) == len(model.param())
    for (parameter, grad), parameter_twin in zip(model.param(), theirs, strict=True):
        assert parameter.shape == grad.shape
        torch.testing.assert_close(grad, parameter_twin.grad, rtol=0, atol=1e-12)


@given(networks())
@settings(max_examples=30)
def test_backward_adds_and_zero_grad_resets_in_place(network):
    model, x, _ = network
    y = model.forward(x)
    grad = torch.ones_like(y)
    assert len(model.forward(x[:0])) == 0
    before = [g for _, g in model.param()]
    model.backward(x, y, grad)
    once = [g.clone() for g in before]
    model.backward(x, y, grad)
    assert all(a is b for a, (_, b) in zip(before, model.param(), strict=True))
    for single, double in zip(once, before, strict=True):
        torch.testing.assert_close(double, 2 * single)
    model.zero_grad()
    assert all((g == 0).all() for g in before)


@pytest.mark.parametrize("cls", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_activations_equal_torch_over_the_whole_range(cls, dtype):
    function = {ReLU: torch.relu, Tanh: torch.tanh, Sigmoid: torch.sigmoid}[cls]
    x = torch.tensor([-1e30, -800, -90, -20, -1, -1e-3, 0, 1e-3, 1, 20, 90, 800, 1e30], dtype=dtype)
    y = cls().forward(x)
    torch.testing.assert_close(y, function(x))
    leaf = x.clone().requires_grad_()
    function(leaf).sum().backward()
    dx = cls().backward(x, y, torch.ones_like(y))
    assert dx.isfinite().all()
    torch.testing.assert_close(dx, leaf.grad, rtol=1e-4, atol=1e-7)


def test_sigmoid_is_right_in_relative_terms_where_it_is_tiny():
    x = torch.tensor([-30.0, -300.0, -700.0], dtype=torch.float64)
    torch.testing.assert_close(Sigmoid().forward(x), x.exp(), rtol=1e-12, atol=0)


LAYERS = [
    Linear(3, 5, generator=generator(), dtype=torch.float64),
    Tanh(),
    Linear(5, 2, generator=generator(1), dtype=torch.float64),
]


@pytest.mark.parametrize("module", [ReLU(), Tanh(), Sigmoid(), LAYERS[0], Sequential(LAYERS)])
def test_modules_pass_gradcheck_which_leaves_their_parameters_as_they_are(module):
    x, before = randn(4, 3, seed=1), [p.clone() for p, _ in module.param()]
    assert gradcheck(module, x + 0.1 * x.sign(), generator=generator()) < 1e-8
    assert all(p.equal(old) for (p, _), old in zip(module.param(), before, strict=True))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_loss_passes_gradcheck_and_sees_every_scale(reduction):
    prediction, target = randn(4, 3, seed=1), randn(4, 3, seed=2)
    assert gradcheck_loss(MSELoss(reduction), prediction, target) < 1e-7

    class PerSample(MSELoss):
        def backward(self, prediction, target):
            return 2 * (prediction - target) / len(prediction)

    with pytest.raises(AssertionError, match="prediction"):
        gradcheck_loss(PerSample(reduction), prediction, target)


def test_gradcheck_names_the_entry_that_is_off():
    class Wrong(Linear):
        def backward(self, x, y, grad):
            dx = super().backward(x, y, grad)
            self.weight_grad[1, 2] += 0.5
            return dx

    with pytest.raises(AssertionError, match=r"param\(\)\[0\] at \(1, 2\)"):
        gradcheck(Wrong(3, 2, generator=generator(), dtype=torch.float64), randn(4, 3))

    class NotANumber(Tanh):
        def backward(self, x, y, grad):
            return grad * torch.nan

    with pytest.raises(AssertionError):
        gradcheck(NotANumber(), randn(2, 2))

    class OneRow(Tanh):
        def backward(self, x, y, grad):
            return super().backward(x, y, grad)[:1]

    x = randn(1, 3).expand(4, 3)
    with pytest.raises(AssertionError, match=r"dL/dx is .*\(1, 3\), wanted shape \(4, 3\)"):
        gradcheck(OneRow(), x)
    assert gradcheck(Tanh(), x) < 1e-8, "x repeats one row in memory"


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_initialisation_has_the_stated_spread(dtype):
    xavier = Linear(300, 200, generator=generator(), dtype=dtype)
    assert xavier.weight.dtype == dtype
    double = Linear(300, 200, generator=generator(), dtype=torch.float64)
    assert torch.equal(xavier.weight, double.weight.to(dtype)), "precision is only rounding"
    assert xavier.weight.std().item() == pytest.approx(xavier_std(300, 200), rel=0.02)
    assert (xavier.bias == 0).all()
    both = Linear(300, 200, init="xavier_all", generator=generator(), dtype=dtype)
    assert torch.equal(both.weight, xavier.weight)
    assert both.bias.std().item() == pytest.approx(xavier_std(300, 200), rel=0.1)
    default = Linear(300, 200, init="torch", generator=generator(), dtype=dtype)
    limit = 300**-0.5
    for parameter in (default.weight, default.bias):
        assert parameter.abs().max() <= limit
        assert parameter.std().item() == pytest.approx(limit / 3**0.5, rel=0.1)
