"""Arguments that do not go together, errors from within a network, trainings that diverge."""

import math
import re
import types
from functools import partial

import pytest
import torch
from draws import generator, randn

import minidl
from minidl import Linear, MSELoss, ReLU, Sequential, Tanh, fit, one_hot, train_epoch
from minidl.paper import Setting, fit_torch, paper_network, run, torch_twin


def linear(columns=3, out=2):
    """A layer with gradients that are not zero."""
    layer = Linear(columns, out, init="torch", generator=generator(1), dtype=torch.float64)
    for _, grad in layer.param():
        grad.fill_(0.5)
    return layer


def bits(model, *generators):
    """Every bit of parameters and gradients, and of generators."""
    tensors = [t for pair in model.param() for t in pair]
    tensors += [g.get_state() for g in generators]
    return [t.numpy().tobytes() for t in [*tensors, torch.get_rng_state()]]


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


@pytest.mark.parametrize(
    "spoil",
    [
        lambda outputs: [outputs[0][:, :2], *outputs[1:]],
        lambda outputs: [outputs[0].float(), *outputs[1:]],
        lambda outputs: [outputs[0], outputs[1][:, :3], outputs[2][:, :3], outputs[3]],
        lambda outputs: [outputs[0][:4], *outputs[1:]],
        lambda outputs: [None, *outputs[1:]],
    ],
    ids=["columns", "dtype", "output", "rows", "no tensor"],
)
def test_nothing_is_added_behind_a_network_within_that_would_refuse(spoil):
    model = Sequential([Sequential([Tanh(), linear(3, 4)]), ReLU(), linear(4, 2)])
    outputs = spoil(model.forward_pass(randn(5, 3)))
    before = bits(model)
    with pytest.raises((TypeError, ValueError)):
        model.backward_pass(outputs, randn(5, 2))
    assert bits(model) == before


class Unfinished(Tanh):
    """A module of a reader's own, whose methods have no rules."""

    calls = 0

    def forward(self, x):
        self.calls += torch.rand(2).numel()
        return x.tanh()

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
        first, last = linear(), linear(2, 2)
        model = Sequential([first, module, last])
        parameters = [p.clone() for p, _ in model.param()]
        before = bits(model, options["generator"])
        with pytest.raises(error) as caught:
            train_epoch(model, MSELoss(), randn(5, 3), randn(5, 2), **options)
        assert "modules[1]" in caught.value.__notes__[0]
        assert all(p.equal(old) for (p, _), old in zip(model.param(), parameters, strict=True))
        if error is NotImplementedError:
            assert "one row was tried beforehand" in caught.value.__notes__[1]
            assert bits(model, options["generator"]) == before and module.calls == 0
        else:
            assert (first.weight_grad == 0).all() and (last.bias_grad != 0).any()


ROW = randn(5, 3)
TWIN = torch_twin(linear())
ONCE = {"epochs": 1, "batch_size": 1, "lr": 1}
#: What no rule of a single argument can tell, and the words that say so.
TOGETHER = {
    "negative labels": (lambda m: one_hot(torch.tensor([-1, 1]), 3), "wanted from 0 on"),
    "f": (lambda m: minidl.numerical_gradient(torch.square, ROW), r"f\(x\) is .*wanted a number"),
    "no outputs": (lambda m: m.backward_pass([ROW], ROW), "outputs has 1 entries"),
    "ways": (
        lambda m: fit(m, MSELoss(), ROW, ROW[:, :2], **ONCE, per_sample=True, compile=True),
        "per_sample=True and compile=True .* leave one",
    ),
    "gradients": (lambda m: minidl.accumulate_samples(m, MSELoss(), ROW, ROW), "gradient in model"),
    "a class": (lambda m: fit(Linear, MSELoss(), ROW, ROW, **ONCE), "the class"),
    "targets": (lambda m: fit(m, MSELoss(), ROW, ROW, **ONCE), r"\(1, 3\), wanted shape \(1, 2\)"),
    "float32": (
        lambda m: train_epoch(m, MSELoss(), ROW.float(), ROW.float(), batch_size=1, lr=1),
        "wanted dtype float64",
    ),
    "columns": (lambda m: fit_torch(TWIN, ROW, ROW[:, :1], **ONCE), r"wanted shape \(1, 2\)"),
    "layers": (lambda m: fit_torch(TWIN, ROW[:, :2], ROW, **ONCE), "the network says: mat1 and"),
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


def linear_network():
    options = {"generator": generator(4), "dtype": torch.float64}
    return Sequential([Linear(3, 4, **options), Linear(4, 2, **options)])


def test_pytorch_s_loop_diverges_where_the_plain_one_does_and_keeps_the_steps_before():
    x, y = randn(60, 3), randn(60, 2, seed=1)
    options = {"batch_size": 10, "lr": 1.7}
    expected, source, epoch = linear_network(), generator(7), 0
    with pytest.raises(FloatingPointError) as stopped:
        while epoch := epoch + 1:
            train_epoch(expected, MSELoss(), x, y, generator=source, **options)
    place = str(stopped.value).split(":")[0]
    assert (epoch, place) != (1, "mini-batch 1"), "steps were made before"

    network, again = torch_twin(linear_network()), generator(7)
    message = f"epoch {epoch}, {place}: the loss is .* with learning rate 1.7"
    with pytest.raises(FloatingPointError, match=message):
        fit_torch(network, x, y, epochs=20, generator=again, **options)
    parameters = [p.detach() for p in network.parameters()]
    torch.testing.assert_close(parameters, [p for p, _ in expected.param()], rtol=1e-6, atol=0)
    assert again.get_state().equal(source.get_state())


@pytest.mark.parametrize(("lr", "size"), [(1e300, 1), (0.1, 1e308)], ids=["last step", "test data"])
def test_outputs_that_are_infinite_in_the_end_are_no_success(lr, size):
    """No mini-batch comes after the last step whose loss could tell, and none is test data."""
    x, y = randn(10, 3), randn(10, 2, seed=1)
    options = {"epochs": 1, "batch_size": 10, "lr": lr, "test": (size * x.sign(), y)}
    model, network = linear_network(), torch_twin(linear_network())
    message = f"after its last mini-batch: .* is (nan|-?inf), .* rate {re.escape(str(lr))};"
    for train in (partial(fit, model, MSELoss()), partial(fit_torch, network)):
        with pytest.raises(FloatingPointError, match=message):
            train(x, y, **options)


@pytest.mark.parametrize(
    ("loss", "parameter", "words"),
    [
        (math.nan, 0, "epoch 1: the loss is nan"),
        (0.25, 1e300, "epoch 1, after its last mini-batch"),
    ],
)
def test_divergence_in_a_reader_s_own_framework_is_named_by_its_epoch(loss, parameter, words):
    """Whose loop looks at no loss."""

    def train_epoch(model, *data, **options):
        for p, _ in model.param():
            p.fill_(parameter)
        return loss

    own = types.ModuleType("own")
    vars(own).update(vars(minidl), paper_network=paper_network, train_epoch=train_epoch)
    setting = Setting(epochs=2, n_train=20, n_test=10, width=3, repeats=1, lr=0.5)
    with pytest.raises(FloatingPointError, match=words):
        run(setting, own)
