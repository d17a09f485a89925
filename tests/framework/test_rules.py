"""What cannot be right is refused by name and changes nothing: every rule of all that is public."""

import inspect
import io
import math
import pickle
from functools import cache

import pytest
import torch
from draws import generator, randn

import minidl
from minidl import Linear, MSELoss, Sequential, Tanh, paper, rules
from minidl.paper import Setting, torch_twin

#: They hold what they are given; a subclass says what it takes; the fields' rules are Setting's.
WITHOUT = {"Fold", "History", "Result", "Module.forward", "Module.backward", "Setting.as_printed"}


def linear(columns=3, out=2, grad=0.5):
    layer = Linear(columns, out, init="torch", generator=generator(), dtype=torch.float64)
    layer.weight_grad.fill_(grad)
    return layer


def network(grad=0.5):
    return Sequential([linear(3, 4, grad), Tanh(), linear(4, 2, grad)])


@cache
def result():
    return paper.run(Setting(epochs=1, n_train=20, n_test=10, width=3, repeats=1), "minidl")


#: A right value for each argument, where its rule alone does not say one; then for some methods.
GOOD = {
    **dict.fromkeys(("x", "train"), lambda: randn(5, 3)),
    **dict.fromkeys(("y", "grad", "prediction", "target"), lambda: randn(5, 2)),
    "outputs": lambda: network().forward_pass(randn(5, 3)),
    "test": lambda: (randn(4, 3), randn(4, 2)),
    "network": lambda: torch_twin(network()),
    ("standardize", "test"): lambda: randn(4, 3),
    ("accumulate_samples", "model"): lambda: network(grad=0),
}
GOOD |= {"model": network, "module": linear, "modules": lambda: [linear(), Tanh()], "loss": MSELoss}
GOOD |= {"f": lambda: torch.sum, "accumulate": lambda: minidl.accumulate_batch, "result": result}
GOOD |= {"results": lambda: [result()], "rows": lambda: paper.table([result()])}
GOOD |= {"checkpoint": lambda: None}
GOOD |= {"setting": lambda: result().setting, "labels": lambda: torch.tensor([0, 2, 1])}
for name in ("ReLU", "Tanh", "Sigmoid"):
    GOOD |= dict.fromkeys([(f"{name}.backward", "y"), (f"{name}.backward", "grad")], GOOD["x"])
BY_RULE = {rules.FLAG: lambda: False, rules.GENERATOR: generator}
BY_RULE |= dict.fromkeys((rules.COUNT, rules.FROM_ZERO), lambda: 3)
BY_RULE |= dict.fromkeys((rules.POSITIVE, rules.NOT_NEGATIVE), lambda: 0.125)
BY_RULE |= dict.fromkeys((rules.DTYPE, rules.FLOAT), lambda: torch.float64)
#: Objects whose methods are called.
SELF = {"Module": linear, "Linear": linear, "Sequential": network, "Result": result}
SELF |= {"Setting": Setting, "SGD": lambda: minidl.SGD(linear(), 0.1)}

NO_NUMBER = [None, True, "three", -1, math.nan, math.inf, -math.inf, torch.tensor(3)]
BAD = {rules.COUNT: [*NO_NUMBER, 0, 1.5], rules.FROM_ZERO: [*NO_NUMBER, 1.5]}
BAD |= {rules.POSITIVE: [*NO_NUMBER, 0], rules.NOT_NEGATIVE: NO_NUMBER}
BAD |= {rules.FLAG: [None, 1, "yes"], rules.GENERATOR: [3, "three"], rules.FUNCTION: [None, 3]}
BAD |= {rules.PATH: [3, True, b"three", str]}
BAD |= {rules.DTYPE: [None, torch.int64, "float32"], rules.FLOAT: [torch.float16, "float32"]}


def bad_values(rule, good):
    """What a rule has to refuse, told from what it says."""
    if not isinstance(rule, rules.TENSOR):
        part = [[*good[:-1], None]] if rule.parts else []
        return BAD.get(rule, [*[None] * (not rule.optional), 3, True, "three", type(good), *part])
    bad = [None, "three", good.tolist(), good.numpy()]
    shapes = [good.flatten()[0]] if "…" in rule.shape else [good[0], good[None]]
    columns = rule.same or any(word.startswith("self.") for word in rule.shape)
    for asked, values in (
        (good.is_floating_point(), [good.clone().requires_grad_(good.is_floating_point())]),
        (rule.floating or rule.dtype or rule.like, [good.bool()]),
        (rule.like or rule.dtype == torch.float64, [good.float()]),
        (rule.like or rule.holds, [good.to("meta")]),
        (rule.some, [good[:0]]),
        (rule.holds, [good * math.nan]),
        (rule.shape or rule.same, shapes),
        (columns, [torch.cat([good, good], -1)]),
    ):
        bad += values if asked else []
    return bad


def public():
    for place in (minidl, paper):
        for name, thing in vars(place).items():
            if callable(thing) and name[0] != "_":
                yield name, thing.__init__ if inspect.isclass(thing) else thing
            methods = vars(thing).items() if inspect.isclass(thing) else ()
            yield from ((f"{name}.{k}", f) for k, f in methods if k[0] != "_" and callable(f))


def call(name, /, **changed):
    """A function, with right values for all its arguments but those changed, and who it is."""
    function, cls = PUBLIC[name], name.partition(".")[0]
    arguments = {
        k: make() if make else rule.wanted.split("'")[1]  # the first word of a choice
        for k, rule in getattr(function, "rules", {}).items()
        for make in [GOOD.get((name, k)) or GOOD.get(k) or BY_RULE.get(rule)]
    }
    if "." in name:
        me = SELF.get(cls, getattr(minidl, cls, None))()
        return function.__get__(me), arguments | changed, str(me)
    return getattr(minidl, name, getattr(paper, name, None)), arguments | changed, name


PUBLIC = {name: function for name, function in public() if name not in WITHOUT}


class Bits(pickle.Pickler):  # all within reach of an object, tensors by their numbers
    def reducer_override(self, thing):
        if isinstance(thing, torch.Tensor):
            return str, (str(thing.detach().numpy().tobytes() if not thing.is_meta else thing),)
        return NotImplemented


def bits(*things):
    Bits(file := io.BytesIO()).dump((things, torch.get_rng_state()))
    return file.getvalue()


@pytest.mark.parametrize("name", PUBLIC)
def test_every_argument_has_a_rule_and_what_breaks_it_is_named_and_changes_nothing(name):
    function, arguments, _ = call(name)
    assert set(inspect.signature(function).parameters) - {"changes"} == set(arguments)
    function(**arguments)
    for argument, rule in getattr(PUBLIC[name], "rules", {}).items():
        for bad in bad_values(rule, arguments[argument]):
            function, given, owner = call(name, **{argument: bad})
            me = getattr(function, "__self__", None)
            before = bits(me, given)
            with pytest.raises((TypeError, ValueError)) as caught:
                function(**given)
            assert str(caught.value).startswith(f"{owner}: {argument}"), (argument, bad)
            assert bits(me, given) == before, (argument, bad)
