"""Good calls of every public function, ways to spoil an argument, and what to look at after.

The table of ``test_bad_input.py`` is made of these.
"""

import math
import types

import numpy as np
import torch

import minidl
from minidl import (
    SGD,
    History,
    Linear,
    Module,
    MSELoss,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
    accumulate_batch,
    accumulate_samples,
    fit,
    gradcheck,
    gradcheck_loss,
    minibatches,
    numerical_gradient,
    paper,
    train_epoch,
    xavier_std,
)
from minidl.paper import Result, Setting, fit_torch, paper_network, torch_twin

# ---- Good calls -------------------------------------------------------------------
# Each function of a bad value is called as here, but for the one argument.  All is new
# at each call: five samples of three numbers, two outputs, stored gradients not zero.


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


def network(value=0.5):
    options = {"init": "torch", "generator": generator(2), "dtype": torch.float64}
    return filled(Sequential([Linear(3, 4, **options), Tanh(), Linear(4, 2, **options)]), value)


def training():
    options = {"batch_size": 2, "lr": 0.1, "generator": generator(3)}
    return {"model": network(), "loss": MSELoss(), "x": randn(5, 3), "y": randn(5, 2), **options}


def misfit(dtype=torch.float64):
    """A network in which the second layer does not take what the first one gives."""
    return filled(Sequential([Linear(3, 4, dtype=dtype), Linear(5, 2, dtype=dtype)]))


def twin():
    """The network of PyTorch that equals the other, its stored gradients not zero, too."""
    copied = torch_twin(network())
    for parameter in copied.parameters():
        parameter.grad = torch.full_like(parameter, 0.5)
    return copied


def bare_loss():
    """A loss that has the two methods and nothing else."""
    return types.SimpleNamespace(forward=MSELoss().forward, backward=MSELoss().backward)


def run_options():
    return {"epochs": 2, "test": (randn(4, 3, seed=4), randn(4, 2, seed=5)), "progress": False}


def result():
    pictures = (randn(6, 2), *(torch.tensor([0, 1, 0, 1, 0, 1]) for _ in range(3)))
    history = History([0.5, 0.4], [0.5, 0.3, 0.2], [0.5, 0.4, 0.3])
    return Result("minidl", Setting(epochs=2), [history], pictures)


def activation(cls):
    x = randn(5, 3)
    return {"x": x, "y": cls().forward(x), "grad": randn(5, 3, seed=1)}


def layer():
    return {"x": randn(5, 3), "y": randn(5, 2, seed=1), "grad": randn(5, 2, seed=2)}


def outputs():
    return {"outputs": network().forward_pass(randn(5, 3)), "grad": randn(5, 2, seed=2)}


def only(arguments, *names):
    return {name: arguments[name] for name in names}


LOSS_ARGUMENTS = {"prediction": randn(5, 2), "target": randn(5, 2, seed=1)}
LINEAR_ARGUMENTS = {"in_features": 3, "out_features": 2, "init": "xavier"}

#: For each public function: who is called, and with what.
GOOD = {
    "balanced_radius": lambda: (minidl.balanced_radius, {"side": 2.0}),
    "disc": lambda: (
        minidl.disc,
        {"n": 5, "radius": 0.8, "dtype": torch.float64, "generator": generator()},
    ),
    "one_hot": lambda: (
        minidl.one_hot,
        {"labels": torch.tensor([0, 2, 1]), "num_classes": 3, "dtype": torch.float64},
    ),
    "error_rate": lambda: (minidl.error_rate, dict(LOSS_ARGUMENTS)),
    "minibatches": lambda: (
        lambda **arguments: list(minibatches(**arguments)),
        only(training(), "x", "y", "batch_size", "generator"),
    ),
    "disc_fold": lambda: (
        minidl.disc_fold,
        {"n_train": 5, "n_test": 4, "dtype": torch.float64, "generator": generator()},
    ),
    "standardize": lambda: (
        minidl.standardize,
        {"train": randn(5, 2), "test": randn(5, 2, seed=1)},
    ),
    "numerical_gradient": lambda: (
        numerical_gradient,
        {"f": lambda x: x.square().sum(), "x": randn(5, 3), "h": 1e-6},
    ),
    "gradcheck": lambda: (
        gradcheck,
        {"module": linear(), "x": randn(5, 3), "h": 1e-6, "tol": 1e-6, "generator": generator()},
    ),
    "gradcheck_loss": lambda: (
        gradcheck_loss,
        {"loss": MSELoss(), **LOSS_ARGUMENTS, "h": 1e-6, "tol": 1e-6},
    ),
    "xavier_std": lambda: (xavier_std, {"in_features": 3, "out_features": 2}),
    "Linear": lambda: (
        Linear,
        {**LINEAR_ARGUMENTS, "generator": generator(), "dtype": torch.float64},
    ),
    "Linear.forward": lambda: (linear().forward, only(layer(), "x")),
    "Linear.backward": lambda: (linear().backward, layer()),
    "Module.forward": lambda: (Module().forward, {"x": randn(5, 3)}),
    "Module.backward": lambda: (Module().backward, activation(ReLU)),
    "Module.gradient_step": lambda: (linear().gradient_step, {"lr": 0.1}),
    "MSELoss": lambda: (MSELoss, {"reduction": "mean"}),
    "MSELoss.forward": lambda: (MSELoss().forward, dict(LOSS_ARGUMENTS)),
    "MSELoss.backward": lambda: (MSELoss().backward, dict(LOSS_ARGUMENTS)),
    "Sequential": lambda: (Sequential, {"modules": [linear(), Tanh()]}),
    "Sequential.forward_pass": lambda: (network().forward_pass, {"x": randn(5, 3)}),
    "Sequential.backward_pass": lambda: (network().backward_pass, outputs()),
    "Sequential.forward": lambda: (network().forward, {"x": randn(5, 3)}),
    "Sequential.backward": lambda: (network().backward, layer()),
    "Sequential.gradient_step": lambda: (network().gradient_step, {"lr": 0.1}),
    "SGD": lambda: (SGD, {"model": linear(), "lr": 0.1}),
    "accumulate_batch": lambda: (accumulate_batch, only(training(), "model", "loss", "x", "y")),
    "accumulate_samples": lambda: (
        accumulate_samples,
        {**only(training(), "loss", "x", "y"), "model": network(0)},
    ),
    "train_epoch": lambda: (train_epoch, {**training(), "accumulate": accumulate_batch}),
    "fit": lambda: (fit, {**training(), **run_options(), "per_sample": False}),
    "torch_twin": lambda: (torch_twin, {"model": network()}),
    "fit_torch": lambda: (
        fit_torch,
        {
            "network": twin(),
            **only(training(), "x", "y", "batch_size", "lr", "generator"),
            **run_options(),
        },
    ),
    "paper_network": lambda: (
        paper_network,
        {
            "width": 3,
            "layers": 1,
            "init": "xavier",
            "generator": generator(),
            "dtype": torch.float64,
        },
    ),
    "Setting": lambda: (Setting, vars(Setting(init="torch")).copy()),
    "Setting.network": lambda: (
        Setting(width=3).network,
        {"framework": "minidl", "generator": generator()},
    ),
    "Result.curves": lambda: (result().curves, {"name": "loss"}),
    "run": lambda: (
        paper.run,
        {
            "setting": Setting(epochs=1, n_train=20, n_test=10, width=3, repeats=1),
            "framework": "minidl",
            "progress": False,
        },
    ),
    "table": lambda: (paper.table, {"results": [result()]}),
    "figure1": lambda: (paper.figure1, {"result": result()}),
    "figure2": lambda: (paper.figure2, {"results": [result()]}),
}
for cls in (ReLU, Tanh, Sigmoid):
    GOOD[f"{cls.__name__}.forward"] = lambda cls=cls: (cls().forward, only(activation(cls), "x"))
    GOOD[f"{cls.__name__}.backward"] = lambda cls=cls: (cls().backward, activation(cls))

# ---- Bad values -------------------------------------------------------------------


def with_entry(tensor, value):
    """The tensor with one entry changed, in the second row."""
    changed = tensor.clone()
    changed[1, 0] = value
    return changed


def strided(tensor):
    """The same numbers, not one after another in memory."""
    spread = torch.stack([tensor, tensor.flip(0)], dim=-1)[..., 0]
    assert torch.equal(spread, tensor) and not spread.is_contiguous()
    return spread


#: What each kind of badness makes of a good value.
SPOILED = {
    "zero": lambda good: 0,
    "negative": lambda good: -1,
    "fraction": lambda good: 1.5,
    "True": lambda good: True,
    "one": lambda good: 1,
    "NaN": lambda good: math.nan,
    "inf": lambda good: math.inf,
    "-inf": lambda good: -math.inf,
    "None": lambda good: None,
    "text": lambda good: "three",
    "number": lambda good: 3,
    "0-d tensor": lambda good: torch.tensor(3),
    "NumPy number": lambda good: np.float32(0.5),
    "NumPy generator": lambda good: np.random.default_rng(0),
    "class": lambda good: type(good),
    "list": lambda good: good.tolist(),
    "NumPy array": lambda good: good.numpy(),
    "int64": lambda good: good.long(),
    "float16": lambda good: good.half(),
    "bfloat16": lambda good: good.bfloat16(),
    "float32": lambda good: good.float(),
    "dtype int64": lambda good: torch.int64,
    "dtype float16": lambda good: torch.float16,
    "meta": lambda good: good.to("meta"),
    "requires grad": lambda good: good.clone().requires_grad_(),
    "too few columns": lambda good: good[:, :1],
    "too many columns": lambda good: good.repeat(1, 2),
    "too few rows": lambda good: good[:1],
    "1-d": lambda good: good[0],
    "3-d": lambda good: good[None],
    "2-d": lambda good: good[None],
    "0-d": lambda good: good.flatten()[0],
    "int32": lambda good: good.int(),
    "empty": lambda good: good[:0],
    "NaN inside": lambda good: with_entry(good, math.nan),
    "inf inside": lambda good: with_entry(good, math.inf),
    "-inf inside": lambda good: with_entry(good, -math.inf),
    "strided": lambda good: strided(good),
}

VALUES = ("NaN inside", "inf inside", "-inf inside")
#: The kinds of badness that an argument of each sort can have.  There is a row for each.
COUNT = {"zero", "negative", "fraction", "True", "text", "None", "0-d tensor"}
NUMBER = {"negative", "NaN", "inf", "-inf", "True", "text", "None", "0-d tensor", "NumPy number"}
CHOICE = {"text", "None", "number"}
FLAG = {"one", "text", "None"}
DTYPE = {"dtype int64", "dtype float16", "text", "None"}
GENERATOR = {"number", "NumPy generator"}
OBJECT = {"None", "text", "class"}
NO_TENSOR = {"list", "NumPy array", "None", "text"}
TENSOR = NO_TENSOR | {"meta", "requires grad", "strided", "empty"}
FLOATS = TENSOR | {"int64", "float32", "1-d", "3-d", *VALUES}
BATCH = FLOATS | {"too few columns", "too many columns"}
PAIRED = BATCH | {"too few rows"}
LABELS = NO_TENSOR | {"int32", "float32", "2-d", "0-d", "meta", "strided", "empty"}
UNUSED = {"None", "text"}

# ---- What comes of it -------------------------------------------------------------


def tensors(thing):
    """All numbers within reach of an object, as tensors: what a failure must not change."""
    if isinstance(thing, torch.Tensor):
        yield thing
    elif isinstance(thing, np.ndarray):
        yield torch.from_numpy(thing)
    elif isinstance(thing, torch.Generator):
        yield thing.get_state()
    elif isinstance(thing, (int, float)):
        yield torch.tensor(float(thing), dtype=torch.float64)
    elif isinstance(thing, torch.nn.Module):
        for parameter in thing.parameters():
            yield parameter.detach()
            if parameter.grad is not None:
                yield parameter.grad
    elif isinstance(thing, dict):
        yield from tensors(list(thing.values()))
    elif isinstance(thing, (list, tuple)):
        for part in thing:
            yield from tensors(part)
    elif isinstance(thing, types.MethodType):
        yield from tensors(thing.__self__)
    elif isinstance(thing, Module):
        yield from tensors(thing.param())
    elif hasattr(thing, "__dict__") and not isinstance(thing, (type, types.FunctionType)):
        yield from tensors(vars(thing))


def bits(*things):
    """Every bit of all that, and of PyTorch's own generator."""
    found = [*tensors(things), torch.get_rng_state()]
    return [
        (t.shape, t.dtype, t.is_meta or t.detach().reshape(-1).clone().view(torch.uint8).tolist())
        for t in found
    ]


class Call:
    """A function called as in GOOD, with some arguments changed."""

    def __init__(self, name, changed=None):
        self.name = name
        self.function, self.arguments = GOOD[name]()
        self.changed = changed or {}
        for argument, change in self.changed.items():
            self.arguments[argument] = change(self.arguments.get(argument))

    def run(self):
        self.result = self.function(**self.arguments)
        return self

    def outcome(self):
        """The result, and what has become of the objects that took part."""
        rest = {k: v for k, v in self.arguments.items() if k not in self.changed}
        return [*tensors(self.result), *tensors(self.function), *tensors(rest)]


def close(actual, expected):
    torch.testing.assert_close(actual, expected, equal_nan=True)


def same(call):
    """All comes out as with the good value."""
    good = Call(call.name, dict.fromkeys(call.changed, lambda good: good)).run()
    close(call.outcome(), good.outcome())


def right(call):
    """The result is that of other code: PyTorch's own functions, or plain Python."""
    owner = getattr(call.function, "__self__", None)
    close(call.result, OTHER_CODE[call.name](owner, **call.arguments))


def on_meta(call):
    """Shapes come out, and no numbers."""
    good = Call(call.name).run().result
    assert call.result.is_meta and call.result.shape == good.shape


def last_right(call):
    """The last of the outputs is that of PyTorch's own functions."""
    close(call.result[-1], net(call.function.__self__, call.arguments["x"]))


def rounded(call):
    """In a short format the result is the one in float64, but for a few of its rounding steps."""
    step = torch.finfo(call.result.dtype).eps
    good = Call(call.name).run().result
    torch.testing.assert_close(
        call.result.double(), good, rtol=0, atol=4 * step * good.abs().max().item()
    )


def entry(value):
    """One entry of the result is this value, and the others are as with the good value."""

    def check(call):
        close(call.result, with_entry(Call(call.name).run().result, value))

    return check


def turned(call):
    """What never comes out of a ReLU, a negative number, turns the gradient's sign."""
    entry(-call.arguments["grad"][1, 0])(call)


def lost(call):
    """One entry of the result is no finite number, the others are as with the good value."""
    assert not call.result[1, 0].isfinite()
    close(with_entry(call.result, 0), with_entry(Call(call.name).run().result, 0))


def lost_row(call):
    """One sample's results are no finite numbers, the others are as with the good value."""
    result, good = call.result, Call(call.name).run().result
    assert not result[1].isfinite().any()
    close(result[[0, 2, 3, 4]], good[[0, 2, 3, 4]])


def nan(call):
    """The number that comes out is not one."""
    assert math.isnan(call.result)


def autograd(function, x, grad):
    leaf = x.clone().requires_grad_()
    return torch.autograd.grad(function(leaf), leaf, grad)[0]


def net(model, x):
    (w1, _), (b1, _), (w2, _), (b2, _) = model.param()
    return torch.nn.functional.linear(torch.nn.functional.linear(x, w1, b1).tanh(), w2, b2)


def share_of_wrong(prediction, target):
    pairs = zip(prediction.tolist(), target.tolist(), strict=True)
    return sum(p.index(max(p)) != t.index(max(t)) for p, t in pairs) / len(target)


def three_batches(call):
    """Two batches of two rows, and one of the last."""
    assert [(len(x), len(y)) for x, y in call.result] == [(2, 2), (2, 2), (1, 1)]


mse_loss = torch.nn.functional.mse_loss
OTHER_CODE = {
    "one_hot": lambda _, labels, num_classes, dtype: torch.zeros(0, num_classes, dtype=dtype),
    "numerical_gradient": lambda _, f, x, h: 2 * x,
    "standardize": lambda _, train, test: tuple(
        (x - train.numpy().mean()) / train.numpy().std(ddof=1) for x in (train, test)
    ),
    "error_rate": lambda _, prediction, target: share_of_wrong(prediction, target),
    "ReLU.forward": lambda _, x: torch.relu(x),
    "Tanh.forward": lambda _, x: torch.tanh(x),
    "Sigmoid.forward": lambda _, x: torch.sigmoid(x),
    "ReLU.backward": lambda _, x, y, grad: autograd(torch.relu, x, grad),
    "Tanh.backward": lambda _, x, y, grad: autograd(torch.tanh, x, grad),
    "Sigmoid.backward": lambda _, x, y, grad: autograd(torch.sigmoid, x, grad),
    "Linear.forward": lambda m, x: torch.nn.functional.linear(x, m.weight, m.bias),
    "Linear.backward": lambda m, x, y, grad: grad.matmul(m.weight),
    "accumulate_batch": lambda _, model, loss, x, y: mse_loss(net(model, x), y).item(),
    "accumulate_samples": lambda _, model, loss, x, y: mse_loss(net(model, x), y).item(),
    "MSELoss.forward": lambda _, prediction, target: mse_loss(prediction, target),
    "MSELoss.backward": lambda _, prediction, target: autograd(
        lambda p: mse_loss(p, target), prediction, torch.ones((), dtype=prediction.dtype)
    ),
    "Sequential.forward": net,
    "Sequential.backward": lambda m, x, y, grad: autograd(lambda x: net(m, x), x, grad),
}
