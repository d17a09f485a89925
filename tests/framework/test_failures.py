"""Arguments that do not go together, errors from within a network, trainings that diverge."""

import math
import re
import types
from functools import partial
from itertools import count

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import minidl
from minidl import (
    Linear,
    Module,
    MSELoss,
    ReLU,
    Sequential,
    Tanh,
    accumulate_batch,
    accumulate_samples,
    fit,
    one_hot,
    train_epoch,
)
from minidl.paper import Setting, fit_torch, paper_network, run, torch_twin


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def randn(*shape, seed=0):
    return torch.randn(shape, generator=generator(seed), dtype=torch.float64)


def filled(model, value=0.5):
    for _, grad in model.param():
        grad.fill_(value)
    return model


def linear():
    return filled(Linear(3, 2, init="torch", generator=generator(1), dtype=torch.float64))


def bare_loss():
    """A loss that has the two methods and nothing else."""
    return types.SimpleNamespace(forward=MSELoss().forward, backward=MSELoss().backward)


def close(actual, expected):
    torch.testing.assert_close(actual, expected)


def bits(*things):
    """Every bit of tensors, of modules' parameters and gradients, and of generators."""
    found = []
    for thing in things:
        if isinstance(thing, Module):
            found += [t for pair in thing.param() for t in pair]
        else:
            found.append(thing.get_state() if isinstance(thing, torch.Generator) else thing)
    return [t.numpy().tobytes() for t in [*found, torch.get_rng_state()]]


@st.composite
def views(draw, shape):
    """A tensor of a shape: as it is made, transposed, cut out of a larger one, or repeated."""
    source = generator(draw(st.integers(0, 10**6)))
    forms = {
        "plain": lambda: torch.randn(shape, generator=source, dtype=torch.float64),
        "transposed": lambda: torch.randn(shape[::-1], generator=source, dtype=torch.float64).t(),
        "cut": lambda: torch.randn(*shape, 2, generator=source, dtype=torch.float64)[..., 1],
        "repeated": lambda: torch.randn(shape[1], generator=source, dtype=torch.float64).expand(
            shape
        ),
    }
    return forms[draw(st.sampled_from(list(forms)))]()


@given(st.data(), st.integers(0, 6), st.integers(1, 5), st.integers(1, 5))
@settings(max_examples=100)
def test_a_layer_takes_any_number_of_rows_however_they_lie_in_memory(data, rows, columns, out):
    layer = Linear(columns, out, generator=generator(), dtype=torch.float64)
    x, grad = data.draw(views((rows, columns))), data.draw(views((rows, out)))
    leaves = [t.clone().requires_grad_() for t in (x, layer.weight, layer.bias)]
    expected = torch.nn.functional.linear(*leaves)
    y = layer.forward(x)
    close(y, expected.detach())
    gradients = torch.autograd.grad(expected, leaves, grad)
    close([layer.backward(x, y, grad), layer.weight_grad, layer.bias_grad], list(gradients))


@given(st.lists(st.integers(0, 5), max_size=4).map(tuple))
@settings(max_examples=100)
def test_a_layer_refuses_every_other_shape(shape):
    layer = linear()
    before = bits(layer)
    x = torch.zeros(shape, dtype=torch.float64)
    if len(shape) == 2 and shape[1] == 3:
        assert layer.forward(x).shape == (shape[0], 2)
        return
    for call in (lambda: layer.forward(x), lambda: layer.backward(x, x, x)):
        with pytest.raises(ValueError, match=r"Linear\(3, 2\): x is .* wanted shape \(N, 3\)"):
            call()
    assert bits(layer) == before


# ---- Errors from within -----------------------------------------------------------


def test_an_error_inside_a_network_says_which_module_it_was():
    model = Sequential([Tanh(), Sequential([ReLU(), Linear(4, 2, dtype=torch.float64)])])
    x = randn(5, 3)
    with pytest.raises(ValueError, match="wanted shape") as forward:
        model.forward(x)
    with pytest.raises(ValueError, match="wanted shape") as backward:
        model.backward_pass([x, x, randn(5, 2)], randn(5, 2))
    for caught in (forward, backward):
        inner, outer = caught.value.__notes__
        assert inner == "raised in modules[1], number 2 of 2: Linear(4, 2)"
        assert outer.startswith("raised in modules[1], number 2 of 2: Sequential([ReLU(), ")


def nested():
    options = {"generator": generator(), "dtype": torch.float64}
    inner = Sequential([Tanh(), Linear(3, 4, **options)])
    return filled(Sequential([inner, ReLU(), Linear(4, 2, **options)]))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda outputs: [outputs[0][:, :2], *outputs[1:]],
        lambda outputs: [outputs[0].float(), *outputs[1:]],
        lambda outputs: [outputs[0], outputs[1][:, :3], outputs[2][:, :3], outputs[3]],
        lambda outputs: [outputs[0][:4], *outputs[1:]],
    ],
    ids=["columns", "dtype", "output", "rows"],
)
def test_nothing_is_added_behind_a_network_within_that_would_refuse(spoil):
    model = nested()
    outputs = spoil(model.forward_pass(randn(5, 3)))
    before = bits(model)
    with pytest.raises((TypeError, ValueError)):
        model.backward_pass(outputs, randn(5, 2))
    assert bits(model) == before


def test_what_is_no_tensor_is_refused_where_no_module_asks():
    """An inner network of activations, and a network of nothing at all."""
    layer = filled(Linear(3, 2, dtype=torch.float64))
    model = Sequential([Sequential([Tanh()]), layer])
    x = randn(5, 3)
    before = bits(layer)
    with pytest.raises(
        TypeError, match=r"Sequential\(\[Tanh\(\)\]\): x is None .* wanted a tensor"
    ):
        model.backward_pass([None, x, randn(5, 2)], randn(5, 2))
    assert bits(layer) == before
    with pytest.raises(TypeError, match=r"outputs\[0\] is None .* wanted a tensor"):
        Sequential([]).backward_pass([None], x)
    close(Sequential([]).backward_pass([x], x), x)


# ---- Arguments that do not go together --------------------------------------------


class Unfinished(Tanh):
    """A module of a reader's own, whose methods have no rules."""

    def backward(self, x, y, grad):
        raise NotImplementedError("to be written")


class Late(Tanh):
    """A module that fails for more than one row, which a trial with one cannot tell."""

    def backward(self, x, y, grad):
        assert len(x) == 1, "more than one row"
        return super().backward(x, y, grad)


def test_what_a_module_of_ones_own_raises_comes_before_anything_changes_or_when_its_turn_does():
    """As the docstrings say: no step is made, but the gradients behind it may have changed."""
    options = {"batch_size": 5, "lr": 0.1, "generator": generator()}
    for module, error in ((Unfinished(), NotImplementedError), (Late(), AssertionError)):
        first, last = linear(), filled(Linear(2, 2, dtype=torch.float64))
        model = Sequential([first, module, last])
        parameters = bits(*(p for p, _ in model.param()))
        before = bits(model, options["generator"])
        with pytest.raises(error) as caught:
            train_epoch(model, MSELoss(), randn(5, 3), randn(5, 2), **options)
        assert "modules[1]" in caught.value.__notes__[0]
        assert bits(*(p for p, _ in model.param())) == parameters
        if error is NotImplementedError:
            assert "one row was tried beforehand" in caught.value.__notes__[1]
            assert bits(model, options["generator"]) == before
        else:
            assert (first.weight_grad == 0).all() and (last.bias_grad != 0).any()


class Decorated(Module):
    """A module with a decorator of its own, and no ``in_features``: y = 2 x + noise."""

    def __init__(self):
        self.noise = generator(5)
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        torch.rand(2)
        return 2 * x + 0 * torch.rand(x.shape, generator=self.noise, dtype=x.dtype)

    @torch.no_grad()
    def backward(self, x, y, grad):
        return 2 * grad


class DecoratedLinear(Linear):
    """A layer that makes an input of its own out of x, which its sizes do not tell."""

    def forward(self, x):
        return super().forward(torch.cat([x, x.square()], 1))

    @torch.no_grad()
    def backward(self, x, y, grad):
        wide = super().backward(torch.cat([x, x.square()], 1), y, grad)
        return wide[:, :3] + 2 * x * wide[:, 3:]


@pytest.mark.parametrize("compile", [False, True])
def test_a_module_with_a_decorator_of_its_own_on_backward_is_right(compile):
    x, y = randn(6, 3), randn(6, 2)
    for make in (
        lambda: Sequential([linear(), Decorated() if not compile else Tanh()]),
        lambda: Sequential([DecoratedLinear(6, 2, generator=generator(), dtype=torch.float64)]),
    ):
        plain, fitted = make(), make()
        for _ in range(3):
            plain.zero_grad()
            accumulate_batch(plain, MSELoss(), x, y)
            plain.gradient_step(0.1)
        fit(fitted, MSELoss(), x, y, epochs=3, batch_size=6, lr=0.1, compile=compile)
        close([p for p, _ in fitted.param()], [p for p, _ in plain.param()])


@pytest.mark.parametrize("train", [fit, train_epoch])
def test_one_row_is_tried_on_a_copy_and_nothing_is_changed_by_it(train):
    options = {"batch_size": 2, "lr": 0.1} | ({"epochs": 1} if train is fit else {})
    decorated, x = Decorated(), randn(5, 3)
    model = filled(Sequential([linear(), decorated]))
    before = bits(model, decorated.noise)
    with pytest.raises(ValueError, match=r"target is .*\(1, 4\), wanted shape \(1, 2\)") as caught:
        train(model, MSELoss(), x, randn(5, 4), **options)
    assert caught.value.__notes__ == [
        f"{train.__name__}: one row was tried beforehand; nothing has changed"
    ]
    assert bits(model, decorated.noise) == before and decorated.calls == 0


ROW = randn(5, 3)
TWIN = torch_twin(linear())
TOGETHER = {
    "labels out of range": (lambda m: one_hot(torch.tensor([0, 3]), 3), "0 to 3, wanted 0 to 2"),
    "negative labels": (lambda m: one_hot(torch.tensor([-1, 1]), 3), "-1 to 1, wanted 0 to 2"),
    "a seed": (lambda m: Setting(seed=2**63 - 2), "wanted 9223372036854775798 or less"),
    "f": (lambda m: minidl.numerical_gradient(torch.square, ROW), r"f\(x\) is .*wanted a number"),
    "a framework": (lambda m: run(Setting(), math), "lacks balanced_radius, one_hot"),
    "no outputs": (lambda m: m.backward_pass([ROW], ROW), "outputs has 1 entries"),
    "no mean": (lambda m: accumulate_samples(m, bare_loss(), ROW, ROW), "reduction is None"),
    "samples": (
        lambda m: fit(m, bare_loss(), ROW, ROW, epochs=1, batch_size=2, lr=0.1, per_sample=True),
        r"fit: loss\.reduction is None .*wanted 'mean' or 'sum'",
    ),
    "gradients": (lambda m: accumulate_samples(m, MSELoss(), ROW, ROW), "the gradient in model"),
    "a class": (lambda m: fit(Linear, MSELoss(), ROW, ROW, epochs=1, batch_size=1, lr=1), "the cl"),
    "float32": (
        lambda m: train_epoch(m, MSELoss(), ROW.float(), ROW.float(), batch_size=1, lr=1),
        "wanted dtype float64",
    ),
    "columns": (
        lambda m: fit_torch(TWIN, ROW, ROW[:, :1], epochs=1, batch_size=1, lr=1),
        r"\(1, 1\), wanted shape \(1, 2\)",
    ),
    "layers": (
        lambda m: fit_torch(TWIN, ROW[:, :2], ROW, epochs=1, batch_size=1, lr=1),
        "the network says: mat1 and mat2",
    ),
}


@pytest.mark.parametrize("case", TOGETHER)
def test_arguments_that_do_not_go_together_are_refused_before_anything_changes(case):
    call, words = TOGETHER[case]
    model = Sequential([linear(), ReLU()])
    before = bits(model)
    with pytest.raises((TypeError, ValueError), match=words):
        call(model)
    assert bits(model) == before


def test_a_dtype_that_is_not_given_is_that_of_pytorch():
    for dtype in (torch.float32, torch.float64):
        torch.set_default_dtype(dtype)
        try:
            made = [Linear(2, 3).weight, minidl.disc(4)[0], one_hot(torch.tensor([1]), 2)]
            made += [minidl.disc_fold(2, 2).y_test, paper_network(3, 1).modules[0].bias_grad]
        finally:
            torch.set_default_dtype(torch.float32)
        assert {t.dtype for t in made} == {dtype}


# ---- Trainings that diverge -------------------------------------------------------


def linear_network(dtype=torch.float64):
    options = {"generator": generator(4), "dtype": dtype}
    return Sequential([Linear(3, 4, **options), Linear(4, 2, **options)])


def test_pytorch_s_loop_diverges_where_the_plain_one_does_and_keeps_the_steps_before():
    x, y = randn(60, 3), randn(60, 2, seed=1)
    options = {"batch_size": 10, "lr": 1.7}
    expected, source = linear_network(), generator(7)
    with pytest.raises(FloatingPointError) as stopped:
        for epoch in count(1):  # noqa: B007
            train_epoch(expected, MSELoss(), x, y, generator=source, **options)
    place = str(stopped.value).split(":")[0]
    assert (epoch, place) != (1, "mini-batch 1"), "steps were made before"

    network, again = torch_twin(linear_network()), generator(7)
    message = f"epoch {epoch}, {place}: the loss is .* with learning rate 1.7"
    with pytest.raises(FloatingPointError, match=message):
        fit_torch(network, x, y, epochs=20, generator=again, **options)
    parameters = [p.detach() for p in network.parameters()]
    torch.testing.assert_close(parameters, [p for p, _ in expected.param()], rtol=1e-6, atol=0)
    assert bits(again) == bits(source)


@pytest.mark.parametrize(("lr", "size"), [(1e300, 1), (0.1, 1e308)], ids=["last step", "test data"])
def test_outputs_that_are_infinite_in_the_end_are_no_success(lr, size):
    """No mini-batch comes after the last step whose loss could tell, and none is test data."""
    x, y = randn(10, 3), randn(10, 2, seed=1)
    options = {"epochs": 1, "batch_size": 10, "lr": lr, "test": (size * x.sign(), y)}
    model, network = linear_network(), torch_twin(linear_network())
    message = f"after its last mini-batch: .*infinite.* learning rate {re.escape(str(lr))};"
    for train in (partial(fit, model, MSELoss()), partial(fit_torch, network)):
        with pytest.raises(FloatingPointError, match=message):
            train(x, y, **options)
    for parameters in ([p for p, _ in model.param()], list(network.parameters())):
        assert (max(p.abs().max().item() for p in parameters) > 1e200) == (lr > 1)


def own_framework(train_epoch):
    """A reader's own framework, with a loop that looks at no loss."""
    own = types.ModuleType("own")
    vars(own).update(vars(minidl), paper_network=paper_network, train_epoch=train_epoch)
    return own


def test_divergence_in_a_reader_s_own_framework_is_named_by_its_epoch():
    setting = Setting(epochs=2, n_train=20, n_test=10, width=3, repeats=1, lr=0.5)

    def loss_is_no_number(model, loss, x, y, **options):
        return math.nan

    def last_step_too_large(model, loss, x, y, **options):
        for parameter, _ in model.param():
            parameter.fill_(1e300)
        return 0.25

    with pytest.raises(FloatingPointError, match="epoch 1: the loss is nan"):
        run(setting, own_framework(loss_is_no_number))
    with pytest.raises(FloatingPointError, match=r"epoch 1, after its last mini-batch: .* 0\.5"):
        run(setting, own_framework(last_step_too_large))
