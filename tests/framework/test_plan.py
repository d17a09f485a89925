"""The fast ways to train: the same results as the plain one, which calls the methods."""

import warnings

import pytest
import torch
from draws import generator, randn
from hypothesis import given, settings
from hypothesis import strategies as st

from minidl import Linear, Module, MSELoss, ReLU, Sequential, Sigmoid, Tanh, fit, train_epoch
from minidl.fast import compiled
from minidl.fast.plan import blocks

ACTIVATIONS = [ReLU, Tanh, Sigmoid]


def network(parts):
    """Make a network of classes and sizes: ``[2, 5, ReLU, 3]``."""
    options = {"init": "torch", "generator": generator(), "dtype": torch.float64}
    modules, before = [], parts[0]
    for part in parts[1:]:
        if isinstance(part, int):
            modules.append(Linear(before, part, **options))
            before = part
        else:
            modules.append(part())
    return Sequential(modules)


def data(n, columns, targets):
    return randn(n, columns, seed=1), randn(n, targets, seed=2)


def state(model):
    """All parameters and gradients of a network in one tensor."""
    return torch.cat([tensor.flatten() for pair in model.param() for tensor in pair])


def places(model):
    """Where parameters and gradients are: they are changed in place."""
    return [(id(t), t.data_ptr()) for pair in model.param() for t in pair]


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
    """Nested, of any widths, activations behind any layer; ragged last mini-batches."""
    parts = [columns]
    for width, bend in zip(widths, bends, strict=False):
        parts += [width] if bend is None else [width, bend]
    ours, theirs = network(parts), network(parts)
    ours.modules[1:] = [Sequential(ours.modules[1:])]
    assert blocks(ours) is not None
    before = places(ours)
    x, y = data(n, columns, widths[-1])
    options = {"batch_size": batch_size, "lr": 0.05}
    generators = [generator(2) if shuffled else None for _ in range(2)]
    history = fit(ours, MSELoss(reduction), x, y, epochs=3, generator=generators[0], **options)
    losses = plainly(theirs, MSELoss(reduction), x, y, 3, generator=generators[1], **options)
    close(state(ours), state(theirs))
    assert history.loss == pytest.approx(losses, abs=1e-12)
    assert places(ours) == before


class Doubled(Linear):
    """Somebody's own layer."""

    calls = 0

    def forward(self, x):
        Doubled.calls += 1
        return 2 * super().forward(x)

    def backward(self, x, y, grad):
        return super().backward(x, y, 2 * grad)


class OwnReLU(Module):
    """An activation of somebody's own."""

    def forward(self, x):
        return x.clamp(min=0)

    def backward(self, x, y, grad):
        return grad * (x > 0)


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


def layer(columns, out, kind=Linear):
    return kind(columns, out, dtype=torch.float64, generator=generator(5))


def twice():
    square = layer(3, 3)
    return [layer(2, 3), square, Tanh(), square, layer(3, 2)]


#: Networks that no plan knows, by what is somebody's own in them or unlike most.
OWN = {
    "a layer derived from ours": lambda: [layer(2, 3), Tanh(), layer(3, 2, Doubled)],
    "a step of its own": lambda: [layer(2, 3), Tanh(), layer(3, 2, Momentum)],
    "an activation of one's own": lambda: [layer(2, 3), OwnReLU(), layer(3, 2)],
    "a loss of its own": lambda: [layer(2, 3), Tanh(), layer(3, 2)],
    "a layer used twice": twice,
    "two activations in a row": lambda: [layer(2, 3), Tanh(), ReLU(), layer(3, 2)],
    "an activation first": lambda: [Sigmoid(), layer(2, 3), Tanh(), layer(3, 2)],
}
COMPILED = {
    "an activation at the end": lambda: [layer(2, 3), Sigmoid(), layer(3, 2), Tanh()],
    "a product added to the gradient": lambda: [layer(2, 3), Tanh(), layer(3, 2, Adding)],
    "a loss of its own": OWN["a loss of its own"],
    "an activation of one's own": OWN["an activation of one's own"],
}


def pair(kind):
    """Make a network of a kind, and its loss."""
    loss = OwnLoss() if kind == "a loss of its own" else MSELoss()
    return Sequential((OWN | COMPILED)[kind]()), loss


@pytest.mark.parametrize("kind", OWN)
def test_what_no_plan_knows_is_trained_by_its_own_methods(kind):
    (ours, loss), (theirs, _) = pair(kind), pair(kind)
    x, y = data(10, 2, 2)
    before = Doubled.calls
    history = fit(ours, loss, x, y, epochs=2, batch_size=4, lr=0.05)
    losses = plainly(theirs, loss, x, y, 2, batch_size=4, lr=0.05)
    assert torch.equal(state(ours), state(theirs))
    assert history.loss == losses
    assert (Doubled.calls > before) == (kind == "a layer derived from ours")


@pytest.fixture
def uncompiled(monkeypatch):
    """Take what would be compiled as it is, three steps to a call."""
    monkeypatch.setattr(compiled, "compiled", lambda function: function)
    monkeypatch.setattr(compiled, "CHUNK", 3)


def first_not_finite(model, loss, x, y, epochs, **options):
    """Train plainly; say in which epoch and mini-batch that stops, and why."""
    for epoch in range(1, epochs + 1):
        try:
            train_epoch(model, loss, x, y, **options)
        except FloatingPointError as error:
            return f"epoch {epoch}, {error}".split(":")[0]
    raise AssertionError("it did not diverge")


@pytest.mark.parametrize("way", ["planned", "samples", "methods", "compiled", "compiled methods"])
@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("lr", [2.0, 50.0])
def test_divergence_is_found_where_the_plain_way_stops(lr, shuffled, way, uncompiled):
    """Early and late: the same mini-batch, whose epoch is gone through to its end."""
    models = [network([2, 5, ReLU, 2]) for _ in range(2)]
    if "methods" in way:
        for model in models:
            model.modules[1] = OwnReLU()
    x, y = data(23, 2, 2)
    options = {"batch_size": 4, "lr": lr}
    generators = [generator(2) if shuffled else None for _ in range(2)]
    place = first_not_finite(
        models[0], MSELoss("sum"), x, y, 60, generator=generators[0], **options
    )
    options |= {"per_sample": way == "samples", "compile": "compiled" in way, "epochs": 60}
    before = state(models[1]).clone()
    with pytest.raises(FloatingPointError, match=f"^{place}: the loss is (inf|nan), .* rate {lr}"):
        fit(models[1], MSELoss("sum"), x, y, errors=False, generator=generators[1], **options)
    assert not torch.equal(state(models[1]), before)
    assert not state(models[1]).isfinite().all()


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("kind", ["an activation at the end", "a layer derived from ours"])
def test_sample_by_sample_equals_batches_but_for_rounding(kind, reduction):
    x, y = data(10, 2, 2)
    ours, theirs = pair(kind)[0], pair(kind)[0]
    options = {"batch_size": 4, "lr": 0.1 if reduction == "mean" else 0.01}
    loss = MSELoss(reduction)
    history = fit(ours, loss, x, y, epochs=2, per_sample=True, **options)
    losses = plainly(theirs, loss, x, y, 2, **options)
    close(state(ours), state(theirs))
    assert history.loss == pytest.approx(losses, abs=1e-12)


@pytest.fixture(scope="module")
def compiler():
    """Skip where PyTorch cannot compile: without a C++ compiler, or in a path with a space."""
    try:
        torch.compile(lambda x: x + 1)(torch.zeros(1))
    except RuntimeError as error:
        pytest.skip(f"compile=True could not be tried: {str(error).strip().splitlines()[0]}")


@pytest.mark.parametrize("kind", COMPILED)
def test_compiled_training_is_the_same(kind, compiler, monkeypatch):
    """With two steps to a function, five mini-batches make two of one kind and a shorter one."""
    monkeypatch.setattr(compiled, "CHUNK", 2)
    pairs = [pair(kind) for _ in range(2)]
    x, y = data(9, 2, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        history = fit(*pairs[0], x, y, epochs=2, batch_size=2, lr=0.05, compile=True)
    losses = plainly(*pairs[1], x, y, 2, batch_size=2, lr=0.05)
    close(state(pairs[0][0]), state(pairs[1][0]))
    assert history.loss == pytest.approx(losses, abs=1e-12)
    assert len(history.train_error) == 3


@pytest.mark.parametrize("modules", [[2, 7, ReLU, 2], [2, 7, OwnReLU, 2]])
def test_where_nothing_can_be_compiled_pytorch_says_so_and_no_step_is_made(modules):
    """With a compiler that does not exist; the sizes are those of no other test."""
    from torch._inductor import config

    model, (x, y) = network(modules), data(10, 2, 2)
    before = state(model)
    options = {"epochs": 2, "batch_size": 4, "lr": 0.1, "compile": True}
    with (
        config.patch({"cpp.cxx": ("no-such-compiler",)}),
        pytest.raises(RuntimeError, match=r"No working C\+\+ compiler found.*no-such-compiler"),
    ):
        fit(model, MSELoss(), x, y, **options)
    assert torch.equal(state(model), before)


def test_a_network_is_compiled_once_and_more_than_eight_of_them(monkeypatch):
    """Not again for another learning rate; by itself ``torch.compile`` gives up after eight."""
    compile, graphs = torch.compile, []
    monkeypatch.setattr(
        torch, "compile", lambda f, *, options, **others: compile(f, backend=count, **others)
    )

    def count(graph, inputs):
        graphs.append(graph)
        return graph

    compiled.compiled.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for width in range(2, 12):
            for lr in (0.1, 0.2):
                model = network([2, width, ReLU, 2])
                fit(model, MSELoss(), *data(4, 2, 2), epochs=1, batch_size=4, lr=lr, compile=True)
    compiled.compiled.cache_clear()
    assert len(graphs) == 10
