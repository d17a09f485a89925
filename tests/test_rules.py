"""What cannot be right is refused by name and changes nothing: every rule of all that is public."""

import inspect
import math
from functools import cache

import pytest
import torch

import minidl
from minidl import Linear, MSELoss, Sequential, Tanh, paper, rules
from minidl.paper import Setting, torch_twin

#: They hold what they are given; a subclass says what it takes; the fields' rules are Setting's.
WITHOUT = {"Fold", "History", "Result", "Module.forward", "Module.backward", "Setting.as_printed"}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def randn(*shape):
    return torch.randn(shape, generator=generator(), dtype=torch.float64)


def linear(columns=3, out=2, grad=0.5):
    layer = Linear(columns, out, init="torch", generator=generator(1), dtype=torch.float64)
    layer.weight_grad.fill_(grad)
    return layer


def network(grad=0.5):
    return Sequential([linear(3, 4, grad), Tanh(), linear(4, 2, grad)])


def setting():
    return Setting(epochs=1, n_train=20, n_test=10, width=3, repeats=1)


@cache
def result():
    return paper.run(setting(), "minidl")


#: A right value for each argument, where its rule alone does not say one; then for some methods.
GOOD = {
    "x": lambda: randn(5, 3),
    "train": lambda: randn(5, 3),
    **dict.fromkeys(("y", "grad", "prediction", "target"), lambda: randn(5, 2)),
    "labels": lambda: torch.tensor([0, 2, 1]),
    "outputs": lambda: network().forward_pass(randn(5, 3)),
    "test": lambda: (randn(4, 3), randn(4, 2)),
    "model": network,
    "network": lambda: torch_twin(network()),
    "module": linear,
    "modules": lambda: [linear(), Tanh()],
    "loss": MSELoss,
    "f": lambda: torch.sum,
    "accumulate": lambda: minidl.accumulate_batch,
    "setting": setting,
    "result": result,
    "results": lambda: [result()],
    "rows": lambda: paper.table([result()]),
    "framework": lambda: "minidl",
    "name": lambda: "loss",
    ("standardize", "test"): lambda: randn(4, 3),
    ("accumulate_samples", "model"): lambda: network(grad=0),
}
for name in ("ReLU", "Tanh", "Sigmoid"):
    GOOD |= dict.fromkeys([(f"{name}.backward", "y"), (f"{name}.backward", "grad")], GOOD["x"])
BY_RULE = {
    **dict.fromkeys((rules.COUNT, rules.FROM_ZERO), lambda: 3),
    **dict.fromkeys((rules.POSITIVE, rules.NOT_NEGATIVE), lambda: 0.125),
    **dict.fromkeys((rules.DTYPE, rules.FLOAT), lambda: torch.float64),
    rules.FLAG: lambda: False,
    rules.GENERATOR: generator,
}
#: Objects whose methods are called.
SELF = {"Module": linear, "Linear": linear, "Sequential": network, "Result": result}
SELF |= {"Setting": setting, "SGD": lambda: minidl.SGD(linear(), 0.1)}

NO_COUNT = [None, True, "three", -1, 1.5, math.nan, torch.tensor(3)]
NO_NUMBER = [None, True, "three", -1, math.nan, math.inf, -math.inf, torch.tensor(3)]
NO_DTYPE = [torch.int64, torch.float16, "float32"]
BAD = {
    rules.COUNT: [*NO_COUNT, 0],
    rules.FROM_ZERO: NO_COUNT,
    rules.POSITIVE: [*NO_NUMBER, 0],
    rules.NOT_NEGATIVE: NO_NUMBER,
    rules.FLAG: [None, 1, "yes"],
    rules.GENERATOR: [3, "three"],
    rules.DTYPE: [None, *NO_DTYPE],
    rules.FLOAT: NO_DTYPE,
    rules.FUNCTION: [None, "three"],
    rules.ANYTHING: [],
}


def bad_values(rule, good):
    """What a rule has to refuse, told from what it says."""
    if not isinstance(rule, rules.TENSOR):
        part = [[*good[:-1], None]] if rule.parts else []
        return BAD.get(rule, [*[None] * (not rule.optional), 3, True, "three", type(good), *part])
    bad = [None, "three", good.tolist(), good.numpy()]
    if good.is_floating_point():
        bad += [good.clone().requires_grad_()]
    if rule.floating or rule.dtype or rule.like:
        bad += [good.bool()]
    if rule.like or rule.dtype == torch.float64:
        bad += [good.float()]
    if rule.like or rule.holds:
        bad += [good.to("meta")]
    if rule.some:
        bad += [good[:0]]
    if rule.holds:
        bad += [good * math.nan]
    if rule.shape or rule.same:
        bad += [good.flatten()[0]] if ... in rule.shape else [good[0], good[None]]
    if rule.same or any(attribute for *_, attribute in rule.words):
        bad += [torch.cat([good, good], -1)]
    return bad


def public():
    for place in (minidl, paper):
        for name in place.__all__:
            thing = getattr(place, name)
            if inspect.isclass(thing):
                yield name, thing.__init__
                methods = vars(thing).items()
                yield from ((f"{name}.{k}", f) for k, f in methods if k[0] != "_" and callable(f))
            elif callable(thing):
                yield name, thing


def call(name, /, **changed):
    """A function, with right values for all its arguments but those changed, and who it is."""
    function, cls = PUBLIC[name], name.partition(".")[0]
    arguments = {
        k: (GOOD.get((name, k)) or GOOD.get(k) or BY_RULE.get(rule) or first_word(rule))()
        for k, rule in getattr(function, "rules", {}).items()
    }
    if "." in name:
        me = SELF.get(cls, getattr(minidl, cls, None))()
        return function.__get__(me), arguments | changed, str(me)
    return getattr(minidl, name, getattr(paper, name, None)), arguments | changed, name


def first_word(rule):
    return lambda: rule.wanted.split("'")[1]


PUBLIC = {name: function for name, function in public() if name not in WITHOUT}


def numbers(thing):
    """All numbers within reach of an object, as bytes: what a refusal must not change."""
    if isinstance(thing, torch.Tensor):
        return () if thing.is_meta else thing.detach().contiguous().numpy().tobytes()
    if isinstance(thing, torch.Generator):
        return numbers(thing.get_state())
    if isinstance(thing, torch.nn.Module):
        return numbers(list(thing.parameters()))
    if isinstance(thing, (list, tuple)):
        return [numbers(part) for part in thing]
    return numbers(thing.param()) if isinstance(thing, minidl.Module) else ()


@pytest.mark.parametrize("name", PUBLIC)
def test_every_argument_has_a_rule_and_what_breaks_it_is_named_and_changes_nothing(name):
    function, arguments, _ = call(name)
    assert set(inspect.signature(function).parameters) == set(arguments)
    function(**arguments)
    for argument, rule in getattr(PUBLIC[name], "rules", {}).items():
        for bad in bad_values(rule, arguments[argument]):
            function, given, owner = call(name, **{argument: bad})
            reach = [getattr(function, "__self__", None), *given.values()]
            before = numbers(reach), torch.get_rng_state().tolist()
            with pytest.raises((TypeError, ValueError)) as caught:
                function(**given)
            assert str(caught.value).startswith(f"{owner}: {argument}"), (argument, bad)
            assert (numbers(reach), torch.get_rng_state().tolist()) == before
