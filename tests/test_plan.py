"""The fast ways to train: the same results as the plain one, which calls the methods."""

import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from minidl import (
    Linear,
    Module,
    MSELoss,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
    compiled,
    error_rate,
    fit,
    train_epoch,
)
from minidl.paper import Setting
from minidl.plan import PlannedTraining, blocks
from minidl.train import accumulate_samples

ACTIVATIONS = [ReLU, Tanh, Sigmoid]


def network(parts, seed=0):
    """Make a network of classes and sizes: ``[2, 5, ReLU, 3]``."""
    generator = torch.Generator().manual_seed(seed)
    modules, before = [], parts[0]
    for part in parts[1:]:
        if isinstance(part, int):
            modules.append(
                Linear(before, part, init="torch", generator=generator, dtype=torch.float64)
            )
            before = part
        else:
            modules.append(part())
    return Sequential(modules)


def data(n, columns, targets, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return (
        torch.randn(n, columns, generator=generator, dtype=torch.float64),
        torch.randn(n, targets, generator=generator, dtype=torch.float64),
    )


def state(model):
    """All parameters and gradients of a network in one tensor."""
    return torch.cat([tensor.flatten() for pair in model.param() for tensor in pair])


def plainly(model, loss, x, y, epochs, **options):
    return [train_epoch(model, loss, x, y, **options) for _ in range(epochs)]


def close(ours, theirs):
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


@settings(max_examples=60)
@given(
    widths=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    bends=st.lists(st.sampled_from([None, *ACTIVATIONS]), min_size=4, max_size=4),
    columns=st.integers(1, 3),
    n=st.integers(1, 11),
    batch_size=st.integers(1, 12),
    reduction=st.sampled_from(["mean", "sum"]),
    shuffled=st.booleans(),
)
def test_a_plan_trains_like_the_methods(widths, bends, columns, n, batch_size, reduction, shuffled):
    """Any widths, activations behind any layer, ragged last mini-batches, both reductions."""
    parts = [columns]
    for width, bend in zip(widths, bends, strict=False):
        parts += [width] if bend is None else [width, bend]
    ours, theirs = network(parts), network(parts)
    assert blocks(ours) is not None
    x, y = data(n, columns, widths[-1])
    options = {"batch_size": batch_size, "lr": 0.05}
    generators = [torch.Generator().manual_seed(2) if shuffled else None for _ in range(2)]
    history = fit(ours, MSELoss(reduction), x, y, epochs=3, generator=generators[0], **options)
    losses = plainly(theirs, MSELoss(reduction), x, y, 3, generator=generators[1], **options)
    close(state(ours), state(theirs))
    assert history.loss == pytest.approx(losses, abs=1e-12)


def test_the_paper_s_training_is_the_same_after_twenty_epochs():
    setting = Setting()
    ours, theirs = (setting.network("minidl", torch.Generator().manual_seed(3)) for _ in range(2))
    x, y = data(1000, 2, 2)
    options = {"batch_size": 100, "lr": 0.1}
    history = fit(ours, MSELoss(), x, y, epochs=20, **options)
    losses = plainly(theirs, MSELoss(), x, y, 20, **options)
    close(state(ours), state(theirs))
    assert history.loss == pytest.approx(losses, abs=1e-12)
    assert history.train_error[-1] == error_rate(theirs.forward(x), y)


def test_networks_in_networks_are_planned_as_one():
    inner = network([4, 3, Tanh])
    outer = Sequential([*network([2, 4]).modules, ReLU(), inner, Linear(3, 2, dtype=torch.float64)])
    assert [type(layer).__name__ for layer, _ in blocks(outer)] == ["Linear"] * 3


def test_parameters_stay_where_they_are():
    model = network([2, 5, ReLU, 2])
    tensors = [tensor for pair in model.param() for tensor in pair]
    places = [tensor.data_ptr() for tensor in tensors]
    row = model.modules[0].weight[0]
    fit(model, MSELoss(), *data(20, 2, 2), epochs=2, batch_size=5, lr=0.1)
    assert all(
        old is new
        for old, new in zip(tensors, (t for pair in model.param() for t in pair), strict=True)
    )
    assert [tensor.data_ptr() for tensor in tensors] == places
    assert torch.equal(row, model.modules[0].weight[0])


class Doubled(Linear):
    """Somebody's own layer."""

    calls = 0

    def forward(self, x):
        Doubled.calls += 1
        return 2 * super().forward(x)

    def backward(self, x, y, grad):
        return super().backward(x, y, 2 * grad)


class OwnReLU:
    """A class with the five methods and nothing else."""

    def forward(self, x):
        return x.clamp(min=0)

    def backward(self, x, y, grad):
        return grad * (x > 0)

    def gradient_step(self, lr):
        pass

    def zero_grad(self):
        pass

    def param(self):
        return []


class OwnLoss:
    """A loss that is no MSELoss: the mean of fourth powers."""

    def forward(self, prediction, target):
        return (prediction - target).pow(4).mean()

    def backward(self, prediction, target):
        return 4 * (prediction - target).pow(3) / prediction.numel()


class Adding(Linear):
    """A layer that adds a product to its gradient, as most would write it."""

    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x
        self.bias_grad += grad.sum(0)
        return grad @ self.weight


class Momentum(Linear):
    """A layer that steps in its own way."""

    def gradient_step(self, lr):
        super().gradient_step(lr / 2)


def own(kind):
    """Networks and losses with somebody's own class in them, and one with a layer used twice."""
    first, second = network([2, 3]).modules[0], network([3, 2]).modules[0]
    square = network([3, 3]).modules[0]
    if kind == "a layer derived from ours":
        second = Doubled(3, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    if kind == "a product added to the gradient":
        second = Adding(3, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    if kind == "a step of its own":
        second = Momentum(3, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    bend = OwnReLU() if kind == "an activation with the methods alone" else Tanh()
    modules = [first, bend, second]
    if kind == "a layer used twice":
        modules = [first, square, Tanh(), square, second]
    if kind == "two activations in a row":
        modules = [first, Tanh(), ReLU(), second]
    if kind == "an activation at the end":
        modules = [first, Sigmoid(), square, ReLU(), second, Tanh()]
    if kind == "an activation first":
        modules = [Sigmoid(), first, bend, second]
    return Sequential(modules), OwnLoss() if kind == "a loss of its own" else MSELoss()


KINDS = [
    "a layer derived from ours",
    "a step of its own",
    "an activation with the methods alone",
    "a loss of its own",
    "a layer used twice",
    "two activations in a row",
    "an activation first",
]


@pytest.mark.parametrize("kind", KINDS)
def test_what_no_plan_knows_is_trained_by_its_own_methods(kind):
    (ours, loss), (theirs, _) = own(kind), own(kind)
    x, y = data(10, 2, 2)
    before = Doubled.calls
    history = fit(ours, loss, x, y, epochs=2, batch_size=4, lr=0.05)
    losses = plainly(theirs, loss, x, y, 2, batch_size=4, lr=0.05)
    assert torch.equal(state(ours), state(theirs))
    assert history.loss == losses
    assert (Doubled.calls > before) == (kind == "a layer derived from ours")


@pytest.fixture(params=["planned", "as compiled"])
def uncompiled(request, monkeypatch):
    """Whether to take what would be compiled, as it is: three samples, or steps, to a call."""
    monkeypatch.setattr(compiled, "compiled", lambda function: function)
    monkeypatch.setattr(compiled, "CHUNK", 3)
    return request.param == "as compiled"


@pytest.mark.parametrize("per_sample", [False, True])
@pytest.mark.parametrize("shuffled", [False, True])
def test_divergence_stops_where_the_plain_way_stops(shuffled, per_sample, uncompiled):
    """The same message, parameters and gradients; and the same when it happens late."""
    for lr in (2.0, 50.0):
        states, messages = [], []
        for way in (fit, plainly):
            model = network([2, 5, ReLU, 2])
            x, y = data(23, 2, 2)
            options = {"batch_size": 4, "lr": lr}
            options["generator"] = torch.Generator().manual_seed(2) if shuffled else None
            with pytest.raises(FloatingPointError) as caught:
                if way is fit:
                    options |= {"compile": uncompiled, "per_sample": per_sample}
                    fit(model, MSELoss("sum"), x, y, epochs=60, errors=False, **options)
                else:
                    if per_sample:
                        options["accumulate"] = accumulate_samples
                    plainly(model, MSELoss("sum"), x, y, 60, **options)
            states.append(state(model))
            messages.append(str(caught.value).split("mini-batch")[1].split(":")[0])
        assert messages[0] == messages[1]
        torch.testing.assert_close(*states, rtol=1e-6, atol=1e-12, equal_nan=True)


def test_nothing_grows_from_epoch_to_epoch():
    model = network([2, 5, ReLU, 2])
    trainer = PlannedTraining(blocks(model), MSELoss(), 0.1)
    x, y = data(23, 2, 2)
    columns = trainer.prepare(x)
    batches = list(zip(columns.split(4), y.split(4), strict=True))
    trainer.epoch(batches)
    plans = dict(trainer.plans)
    calls = [call for plan in plans.values() for call in plan.forward + plan.backward]
    trainer.epoch(batches)
    assert trainer.plans == plans and set(plans) == {4, 3}
    assert calls == [call for plan in plans.values() for call in plan.forward + plan.backward]


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("kind", ["ours", "a layer derived from ours"])
def test_sample_by_sample_is_the_same_too(kind, reduction, uncompiled):
    x, y = data(10, 2, 2)
    ours, theirs = own(kind)[0], own(kind)[0]
    options = {"batch_size": 4, "lr": 0.1 if reduction == "mean" else 0.01}
    loss = MSELoss(reduction)
    history = fit(ours, loss, x, y, epochs=2, per_sample=True, compile=uncompiled, **options)
    losses = plainly(theirs, loss, x, y, 2, accumulate=accumulate_samples, **options)
    close(state(ours), state(theirs))
    assert history.loss == pytest.approx(losses, abs=1e-12)


def test_without_errors_the_history_has_the_loss_alone():
    model = network([2, 3, ReLU, 2])
    x, y = data(10, 2, 2)
    history = fit(model, MSELoss(), x, y, epochs=3, batch_size=4, lr=0.1, test=(x, y), errors=False)
    assert (len(history.loss), history.train_error, history.test_error) == (3, [], [])


@pytest.fixture(scope="module")
def compiler():
    """Skip where PyTorch cannot compile: without a C++ compiler, or in a path with a space."""
    try:
        torch.compile(lambda x: x + 1)(torch.zeros(1))
    except RuntimeError as error:
        pytest.skip(f"compile=True could not be tried: {str(error).strip().splitlines()[0]}")


@pytest.mark.parametrize(
    "kind",
    [
        "ours",
        "an activation at the end",
        "an activation with the methods alone",
        "a product added to the gradient",
        "a loss of its own",
    ],
)
def test_compiled_training_is_the_same(kind, compiler, monkeypatch):
    """With two steps to a function, five mini-batches make two of one kind and a shorter one."""
    monkeypatch.setattr(compiled, "CHUNK", 2)
    pairs = [own(kind) for _ in range(2)]
    x, y = data(9, 2, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        history = fit(*pairs[0], x, y, epochs=2, batch_size=2, lr=0.05, compile=True)
    losses = plainly(*pairs[1], x, y, 2, batch_size=2, lr=0.05)
    close(state(pairs[0][0]), state(pairs[1][0]))
    assert history.loss == pytest.approx(losses, abs=1e-12)
    assert len(history.train_error) == 3


@pytest.mark.parametrize("kind", ["ours", "a product added to the gradient"])
def test_compiled_samples_are_the_same(kind, compiler, monkeypatch):
    """With two samples to a function, each mini-batch of five makes three calls of two kinds."""
    monkeypatch.setattr(compiled, "CHUNK", 2)
    (ours, loss), (theirs, _) = own(kind), own(kind)
    x, y = data(10, 2, 2)
    options = {"batch_size": 5, "lr": 0.05}
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        history = fit(ours, loss, x, y, epochs=2, per_sample=True, compile=True, **options)
    losses = plainly(theirs, loss, x, y, 2, accumulate=accumulate_samples, **options)
    close(state(ours), state(theirs))
    assert history.loss == pytest.approx(losses, abs=1e-12)


def test_where_nothing_can_be_compiled_a_warning_says_so_and_training_goes_on():
    """With a compiler that does not exist; the sizes are those of no other test."""
    from torch._inductor import config

    ours, theirs = network([2, 7, ReLU, 2]), network([2, 7, ReLU, 2])
    x, y = data(10, 2, 2)
    with (
        config.patch({"cpp.cxx": ("no-such-compiler",)}),
        pytest.warns(UserWarning, match="fit: compile=True found no way to compile") as caught,
    ):
        history = fit(ours, MSELoss(), x, y, epochs=2, batch_size=4, lr=0.1, compile=True)
    (said,) = [warning for warning in caught if warning.category is UserWarning]
    assert "No working C++ compiler found" in str(said.message)
    assert "no-such-compiler" in str(said.message)
    assert said.filename == __file__
    losses = plainly(theirs, MSELoss(), x, y, 2, batch_size=4, lr=0.1)
    assert history.loss == pytest.approx(losses, abs=1e-12)
    close(state(ours), state(theirs))


def test_another_learning_rate_is_not_compiled_anew(compiler):
    """A compiled function holds no number that may change from run to run."""
    from torch._dynamo.utils import counters

    x, y = data(4, 2, 2)
    options = {"epochs": 1, "batch_size": 2, "compile": True}
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        for lr in (0.1, 0.2, 0.3):
            fit(network([2, 9, ReLU, 2]), MSELoss(), x, y, lr=lr, **options)
            found.append(counters["stats"]["unique_graphs"])
    assert found[0] == found[1] == found[2]


def test_an_error_of_somebody_s_own_module_is_not_taken_for_a_missing_compiler(monkeypatch):
    class Broken(OwnReLU):
        def forward(self, x):
            raise RuntimeError("my own mistake")

    monkeypatch.setattr(compiled, "compiled", lambda function: function)
    model = Sequential([*network([2, 3]).modules, Broken(), *network([3, 2]).modules])
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        with pytest.raises(RuntimeError, match="my own mistake"):
            fit(model, MSELoss(), *data(4, 2, 2), epochs=1, batch_size=4, lr=0.1, compile=True)


def test_the_plan_keeps_to_the_contract_of_module():
    """A network of one layer, not in a list, is trained too."""
    layer = network([2, 3]).modules[0]
    assert isinstance(layer, Module)
    x, y = data(10, 2, 3)
    loss = fit(layer, MSELoss(), x, y, epochs=30, batch_size=5, lr=0.1).loss
    assert loss[-1] < loss[0]
