"""Exercises of chapter 05: Sequential, an order for any graph, a branch, what is kept."""

from itertools import zip_longest

import torch
from torch.nn import functional

from ... import sequential
from ...activations import ReLU, Tanh
from ...linear import Linear
from ...module import Module
from ...sequential import Sequential
from ..exercise import Case, Exercise
from ..probe import Failure
from ._shared import autograd, randn, returns

# --- what is asked of a module -----------------------------------------------------


class Spy(Module):
    """Multiplies by a factor, and notes what it is asked in words."""

    def __init__(self, name, factor, calls, names):
        self.name, self.factor, self.calls, self.names = name, factor, calls, names

    def _note(self, method, *arguments):
        told = ", ".join(_known(argument, self.names) for argument in arguments)
        self.calls.append(f"{self.name}.{method}({told})")

    def forward(self, x):
        self._note("forward", x)
        return self.factor * x

    def backward(self, x, y, grad):
        self._note("backward", x, y, grad)
        return self.factor * grad

    def gradient_step(self, lr):
        self._note("gradient_step", lr)

    def zero_grad(self):
        self._note("zero_grad")


def _known(thing, names):
    """Say which of the named tensors this is, or what it is instead."""
    if not isinstance(thing, torch.Tensor):
        return str(thing) if isinstance(thing, float) else f"a {type(thing).__name__}"
    like = (name for name, t in names.items() if t.shape == thing.shape and t.allclose(thing))
    return next(like, f"a new tensor that begins with {thing.flatten()[0].item():.4g}")


def _called(probe, function, arguments, calls, wanted, hint):
    """Call a function of the reader's; complain of the first call of a spy that is not as wanted.

    What else goes wrong, an error say, is told only where all calls before it were right.
    """
    calls.clear()
    result = trouble = None
    try:
        result = probe(function, *arguments)
    except Failure as failure:
        trouble = failure
    if function.__name__ == "backward":  # which may run forward again
        calls[:] = [call for call in calls if ".forward(" not in call]
    for n, (call, want) in enumerate(zip_longest(calls, wanted), start=1):
        if call is None and trouble:
            break
        if call != want:
            got = f"is {call}" if call else "is missing"
            said = f"call {n} of a module {got}, wanted {want or 'no more'}"
            raise Failure(("calls", *calls), said, hint)
    if trouble:
        raise trouble
    return result


def _refuse_known(function, result, names, wanted, hint):
    """Name what is returned if it is one of the known tensors, but not the wanted one."""
    name = _known(result, names)
    if isinstance(result, torch.Tensor) and name in names and name != wanted:
        said = f"`{function.__name__}` returns {name}, wanted {wanted}"
        raise Failure(("returned", name), said, hint)


# --- Sequential ------------------------------------------------------------------

WIDTHS = (2, 4, 4, 3)
X, GRAD = randn(5, 2, seed=1), randn(5, 3, seed=2)
X2, GRAD2 = randn(1, 2, seed=3), randn(1, 3, seed=4)
SQUARE, SQUARE_GRAD = randn(4, 3, seed=5), randn(4, 3, seed=6)
FACTORS = (2, 3, 5, 7)


def _numbers(widths=WIDTHS, dtype=torch.float64):
    """Draw weights and biases for linear layers of these widths."""
    numbers = []
    for k, (a, b) in enumerate(zip(widths[:-1], widths[1:], strict=True)):
        numbers.append(randn(b, a, seed=10 + k, dtype=dtype) / a**0.5)
        numbers.append(randn(b, seed=20 + k, dtype=dtype))
    return numbers


def _modules(widths=WIDTHS, dtype=torch.float64):
    """Build linear layers with those numbers, tanh after each but the last."""
    numbers, modules = _numbers(widths, dtype), []
    for a, b in zip(widths[:-1], widths[1:], strict=True):
        layer = Linear(a, b, dtype=dtype)
        layer.weight.copy_(numbers.pop(0))
        layer.bias.copy_(numbers.pop(0))
        modules += [layer, Tanh()]
    return modules[:-1]


def _torch_outputs(x, *numbers):
    """The same network in torch.nn.functional: everything that comes out, in order."""
    outputs = [x]
    for k in range(0, len(numbers), 2):
        y = functional.linear(outputs[-1], *numbers[k : k + 2])
        outputs += [y, torch.tanh(y)]
    return outputs[:-1]


def _tensors(pairs):
    return [tensor for pair in pairs for tensor in pair]


def _same(ours, theirs):
    """Whether two lists hold the very same objects."""
    return len(ours) == len(theirs) and all(map(lambda a, b: a is b, ours, theirs))


def _run_given(cls, probe):
    modules = _modules()
    network = probe(cls, modules)
    outputs, y, pairs = (
        probe(network.forward_pass, X),
        probe(network.forward, X),
        probe(network.param),
    )
    for k, (_, grad) in enumerate(pairs):
        grad.add_(randn(*grad.shape, seed=30 + k))
    network.gradient_step(0.5)
    moved = pairs[-1][0].clone()
    network.zero_grad()
    return {
        **{f"outputs[{k}]": y for k, y in enumerate(outputs)},
        "forward(x)": y,
        "param() hands out the modules' own tensors, first module first": (
            _same(_tensors(pairs), [t for module in modules for t in _tensors(module.param())])
        ),
        "dL/dW of layer 1 after zero_grad": pairs[0][1],
        "b of layer 3 after a step": moved,
    }


def _expect_given():
    outputs = _torch_outputs(X, *_numbers())
    first, *_, last = _numbers()
    return {
        **{f"outputs[{k}]": y for k, y in enumerate(outputs)},
        "forward(x)": outputs[-1],
        "dL/dW of layer 1 after zero_grad": torch.zeros_like(first),
        "b of layer 3 after a step": last - 0.5 * randn(*last.shape, seed=35),
    }


BACKWARD_HINT = (
    "Module k took in outputs[k] and put out outputs[k + 1]. Begin with the last module; what "
    "each `backward` returns is the upstream gradient of the module before it, and the last of "
    "all is the result. Nothing else is done to the modules."
)


def _watched_case(method, label):
    """Four modules that note what is asked of them."""

    def run(cls, probe):
        calls, names = [], {}
        spies = [Spy(f"modules[{k}]", f, calls, names) for k, f in enumerate(FACTORS)]
        network = probe(cls, list(spies))
        function = getattr(network, method)
        outputs, grad = network.forward_pass(SQUARE), SQUARE_GRAD
        held = names | {f"outputs[{k}]": y.clone() for k, y in enumerate(outputs)}
        names.update(held, grad=grad)
        wanted, given = [], "grad"
        for k in (3, 2, 1, 0):
            wanted.append(f"modules[{k}].backward(outputs[{k}], outputs[{k + 1}], {given})")
            given = f"what modules[{k}] returned"
            grad = grad * FACTORS[k]
            names[given] = grad
        arguments = (outputs, SQUARE_GRAD)
        if method == "backward":
            arguments = (SQUARE, outputs[-1].clone(), SQUARE_GRAD)
        result = _called(probe, function, arguments, calls, wanted, BACKWARD_HINT)
        _refuse_known(function, result, names, given, BACKWARD_HINT)
        for thing, now, before in (
            ("outputs", [_known(y, names) for y in outputs], list(held)),
            ("self.modules", [m.name for m in network.modules], [m.name for m in spies]),
        ):
            if now != before:
                raise Failure(
                    (thing, *now),
                    f"afterwards `{thing}` holds {', '.join(now) or 'nothing'}; it held "
                    f"{', '.join(before)}",
                    "Others go on using it: read it, or copy it first. `pop`, `del` and `reverse` "
                    "change the list itself; `reversed(…)` and `[::-1]` do not.",
                )
        return {"dL/dx": result}

    return Case(label, run, lambda: {"dL/dx": SQUARE_GRAD * 2 * 3 * 5 * 7}, BACKWARD_HINT)


def _numbers_case(label, build, function, *batches, parameters=(), hint="", tol=1e-9):
    """All batches forward, then all of them back from their lists, and back from x and y."""

    def run(cls, probe):
        network = build(cls, probe)
        kept = [network.forward_pass(x) for x, _ in batches]
        values = {}
        for k, (outputs, (_, grad)) in enumerate(zip(kept, batches, strict=True), start=1):
            values[f"backward_pass's result for batch {k}"] = probe(
                network.backward_pass, outputs, grad
            )
        for k, (outputs, (x, grad)) in enumerate(zip(kept, batches, strict=True), start=1):
            values[f"backward's result for batch {k}"] = probe(
                network.backward, x, outputs[-1], grad
            )
        pairs = network.param()[: len(parameters)]
        return values | {
            f"stored gradient {k}, from all": grad for k, (_, grad) in enumerate(pairs)
        }

    def expect():
        found = [autograd(function, x, *parameters, grad=grad) for x, grad in batches]
        dx, *stored = zip(*found, strict=True)
        ways = [f"{way}'s result for batch" for way in ("backward_pass", "backward")]
        values = {f"{way} {k}": g for way in ways for k, g in enumerate(dx, start=1)}
        return values | {f"stored gradient {k}, from all": 2 * sum(g) for k, g in enumerate(stored)}

    return Case(label, run, expect, hint, tol)


def _network(x, *numbers):
    return _torch_outputs(x, *numbers)[-1]


def _twice(x, *numbers):
    return torch.tanh(_network(torch.tanh(_network(x, *numbers)), *numbers))


def _build_nested(cls, probe):
    modules = _modules()
    return probe(cls, [probe(cls, modules[:3]), probe(cls, modules[3:])])


FLOATS = [(X.float(), GRAD.float())]

SEQUENTIAL = Exercise(
    number="5.1",
    solution=sequential.Sequential,
    given=1,
    parts=("backward_pass", "backward"),
    cases=(
        Case(
            "forward_pass, forward, param, gradient_step and zero_grad, as they were given",
            _run_given,
            _expect_given,
            "What this case looks at was given, and right, and so was `__init__`: put it back.",
        ),
        _watched_case(
            "backward_pass", "backward_pass: four modules, each run backward once, with its own"
        ),
        _watched_case("backward", "backward: the same, from x and y alone"),
        _numbers_case(
            "both: batches of 5, 5 and 1 samples, all gradients equal autograd's and add up",
            lambda cls, probe: probe(cls, _modules()),
            _network,
            (X, GRAD),
            (2 * X, GRAD),
            (X2, GRAD2),
            parameters=_numbers(),
            hint="Six calls, three of each method. Each adds to the stored gradients, and none may "
            "depend on what another has left behind.",
        ),
        _numbers_case(
            "one Sequential inside another",
            _build_nested,
            _network,
            (X, GRAD),
            parameters=_numbers(),
            hint="A module may be a Sequential itself. What takes it for less?",
        ),
        _numbers_case(
            "the same two modules twice in the list",
            lambda cls, probe: probe(cls, 2 * [*_modules((3, 3)), Tanh()]),
            _twice,
            (SQUARE, SQUARE_GRAD),
            parameters=_numbers((3, 3)),
            hint="One module may stand in the list twice. Go by the places, not by what is there: "
            "`index` finds the first.",
        ),
        _numbers_case(
            "no module at all: what comes in goes out",
            lambda cls, probe: probe(cls, []),
            lambda x: x.clone(),
            (X, X),
            hint="With no module the output is the input, and so are their gradients.",
        ),
        _numbers_case(
            "float32 in, float32 out",
            lambda cls, probe: probe(cls, _modules(dtype=torch.float32)),
            _network,
            *FLOATS,
            parameters=_numbers(dtype=torch.float32),
            tol=1e-5,
        ),
    ),
    mistakes="""
reversed(range(len(self.modules))) => range(len(self.modules))
# The modules were taken from first to last. `grad` belongs to the *last* output; begin there.

outputs[k], outputs[k + 1] => outputs[k + 1], outputs[k]
# x and y have changed places: module k took in outputs[k] and put out outputs[k + 1].

outputs[k], outputs[k + 1] => outputs[k - 1], outputs[k]
# One place off: module k took in outputs[k] and put out outputs[k + 1], where k is 0 for the first
# module and len(self.modules) − 1 for the last.

grad = self => dx = self
return grad => return dx
or
grad = self => self
# Every module was handed the gradient of the last output. The upstream gradient of a module is
# what the module *after* it has just returned.

reversed(range(len(self.modules))) => range(len(self.modules) - 1, 0, -1)
# The first module, number 0, has no turn. (`range(a, 0, -1)` ends at 1.)

outputs[k + 1], grad) => outputs[k + 1], grad)
    return grad
# After the last module no other was run. Does the `return` stand inside the loop?

for k in reversed => outputs = self.forward_pass(outputs[0])
    for k in reversed
or
outputs[k], outputs[k + 1] => outputs[k], self.modules[k].forward(outputs[k])
# Modules were run forward again. What they put out is in the list already; that is what it was
# kept for.

for k in reversed => self.zero_grad()
    for k in reversed
or
return self.backward_pass => self.zero_grad()
    return self.backward_pass
# The stored gradients were set to zero first. They must add up from call to call; when to start
# again is for the caller to say, with `zero_grad`.

self.forward_pass(x), grad => [x, y], grad
# Is a list used that is shorter than `forward_pass`'s, such as [x, y]? What is between x and y is
# not handed over, but can be computed again from x.
""",
)

# --- backward_order --------------------------------------------------------------


def backward_order(inputs):
    """List the nodes of a graph so that each stands after all nodes that use it.

    ``inputs`` maps each node to the nodes that it is computed from.  A node is ready
    once every use of it has been listed; the output, which nobody uses, is ready first.
    """
    waiting = {node: 0 for node in inputs}
    for used in inputs.values():
        for node in used:
            waiting[node] += 1
    ready = [node for node in inputs if waiting[node] == 0]
    order = []
    while ready:
        node = ready.pop()
        order.append(node)
        for used in inputs[node]:
            waiting[used] -= 1
            if waiting[used] == 0:
                ready.append(used)
    return order


LADDER = {
    "q2": ["q1", "p2"],
    "p2": ["p1", "q1"],
    "y": ["p4", "q4"],
    "p1": ["x"],
    "q1": ["x", "v"],
    "p3": ["q2"],
    "q3": ["p3", "q1", "q2"],
    "p4": ["p3", "q3", "p1"],
    "q4": ["p4", "v"],
    "v": [],
    "x": [],
}
#: So that no few rounds over the dictionary, forwards or backwards, are enough.
MIXED = {f"y{k}": [f"y{k - 1}"] if k else [] for k in (7 * i % 24 for i in range(24))}
TEXT = {"x": [], "a": ["x", "x"], "b": ["a", "x"], "y": ["a", "b"]}
LATE = {"y": ["a", "d"], "a": ["x"], "b": ["a"], "c": ["b"], "d": ["c", "w"], "w": [], "x": []}
CROSS = {"y": ["a", "a", "c"], "a": ["x"], "b": ["a", "x"], "c": ["b", "b"], "x": []}
SIBLINGS = {"x": [], "a": ["x", "x"], "b": ["x"], "y": ["b", "a"]}
SIBLINGS_TURNED = {"y": ["a", "b"], "b": ["x"], "a": ["x", "x"], "x": []}
#: 1000 in the list equals the key, and is another object; 0 is a part of "10" and counts as false.
NUMBERED = {0: [3, 10], 10: [2.5], 3: [int("1000"), "x"], 1000: [], "x": [], 2.5: [int("1000")]}


def _misplaced(order, inputs):
    """Say what is wrong with an order, and what such an order suggests; None if it is right."""
    for node in order:
        if node not in list(inputs):
            return (
                f"{node!r} is not a node of this graph",
                "The nodes are the keys of `inputs`, as they are there. Or is something left from "
                "a graph that was asked for before?",
            )
        if order.count(node) > 1:
            return (
                f"{node!r} stands in it {order.count(node)} times",
                "A node has one turn, after the last of its users, however many there are.",
            )
    missing = [node for node in inputs if node not in order]
    if missing:
        used = {node for nodes in inputs.values() for node in nodes}
        hint = (
            f"The turn of {missing[0]!r} never comes. Is the first the output, which none uses? "
            "Are *all* nodes followed that a node is computed from? Does the loop run until none "
            "is left? A node may be 0, which is false."
        )
        if any(inputs[user].count(node) > 1 for node in missing for user in inputs):
            hint = (
                f"The turn of {missing[0]!r} never comes. A node that another uses twice counts "
                "twice or once, but alike where uses are counted and where they are counted off."
            )
        if all(node not in used for node in missing):
            hint = "The output is a node as well, the first."
        elif all(not inputs[node] for node in missing):
            hint = (
                "Nodes that are computed from nothing are nodes as well. Were they left out, or "
                "does their turn never come, as a double use is counted twice and counted off once?"
            )
        return f"{missing[0]!r} is missing", hint
    wrong = _late(order, inputs)
    if not wrong:
        return None
    hint = (
        f"{wrong[0]!r} is ready when *all* nodes computed from it have been there, at any "
        "distance, in whatever order the dictionary and its lists have them."
    )
    if not _late(order[::-1], inputs):
        hint = (
            "The other way round: in this order the values can be computed, each after those that "
            "it is computed from. The gradients come from the output."
        )
    elif order in (list(inputs), list(inputs)[::-1]):
        hint = (
            "In this order, forwards or backwards, the dictionary happens to list the nodes, and "
            "nothing is said about that. (Nodes are compared with `==`, not with `is`.)"
        )
    node, user = wrong
    return f"when it is the turn of {node!r}, {user!r}, computed from it, is to come", hint


def _late(order, inputs):
    """Return the first node that stands before one of its users, and that user, or None."""
    for place, node in enumerate(order):
        for user in order[place + 1 :]:
            if node in inputs[user]:
                return node, user
    return None


def _order_case(inputs, label):
    """Check the property by brute force: every pair of a user and a node that it uses."""

    def run(order_of, probe):
        given = {node: list(used) for node, used in inputs.items()}
        order = probe(order_of, given)
        if type(order) is not list:
            kind = type(order).__name__
            raise Failure(("no list", kind), f"what comes back is of type {kind}, wanted a list")
        trouble = _misplaced(order, inputs)
        if trouble:
            raise Failure(("order", *order), f"the list is {order}: {trouble[0]}", trouble[1])
        return {"`inputs` is left as it was": given == inputs}

    return Case(label, run)


BACKWARD_ORDER = Exercise(
    number="5.2",
    solution=backward_order,
    cases=(
        _order_case(LADDER, "a ladder of eleven nodes"),
        _order_case(TEXT, "the graph of the text: a = x · x, b = a + x, y = a · b"),
        _order_case(MIXED, "a chain of 24, y0 → y1 → … → y23, written down in mixed order"),
        _order_case(LATE, "a node used at once and again four steps later"),
        _order_case(CROSS, "a node used twice by the same node"),
        _order_case(SIBLINGS, "a node used twice by one node and once by another"),
        _order_case(SIBLINGS_TURNED, "the same, written down in another order"),
        _order_case(NUMBERED, "numbers and a string, the output 0"),
        _order_case({"x": []}, "a single node"),
    ),
    mistakes="""
pop() => pop(0)
if waiting[used] == 0: => if used not in order + ready:
or
def backward_order(inputs):
    uses = [used for nodes in inputs.values() for used in nodes]
    distance = {node: 0 for node in inputs if node not in uses}
    queue = list(distance)
    for node in queue:
        for used in inputs[node]:
            if used not in distance:
                distance[used] = distance[node] + 1
                queue.append(used)
    return sorted(inputs, key=distance.get)
# Nodes were taken by their *shortest* way from the output, level by level. A node met early may
# be used again by one that is met later.

order.append(node) => if node in order:
        continue
    order.append(node)
in inputs[node] => in inputs[node][::-1]
if waiting[used] == 0: => if True:
or
order.append(node) => if node in order:
        continue
    order.append(node)
if waiting[used] == 0: => if True:
# Each node was taken when first met, and then followed to the end. When it is first met, other
# uses of it may still be waiting.

pop() => pop(0)
if waiting[used] == 0: => if True:
# A node was listed once for each use. It has one turn, after the last of them.

return order => return sorted(inputs, reverse=True)
# The names were sorted. They may be any names.

ready = [ => return sorted(inputs, key=waiting.get)
    ready = [
# Sorted by the number of uses. A node used once may still have to wait long for it.

for node in used => for node in set(used)
pop() => pop(0)
or
for node in used => for node in set(used)
or
in inputs[node] => in dict.fromkeys(inputs[node])
# Does a node that another uses twice count twice in one place, and once in another? Then it comes
# too early, or never. Count mentions both times, or users both times.
""",
)

# --- Residual --------------------------------------------------------------------


class Residual(Module):
    """A branch: y = x + inner(x).

    Parameters
    ----------
    inner : Module
        With as many outputs as inputs.
    """

    def __init__(self, inner):
        self.inner = inner

    def forward(self, x):
        return x + self.inner.forward(x)

    def backward(self, x, y, grad):
        return grad + self.inner.backward(x, self.inner.forward(x), grad)

    def param(self):
        return self.inner.param()


WEIGHT, BIAS = randn(3, 3, seed=40), randn(3, seed=41)
RX, RGRAD = randn(5, 3, seed=42), randn(5, 3, seed=43)
RX2, RGRAD2 = randn(2, 3, seed=44), randn(2, 3, seed=45)


class Straight(Module):
    """Hands on what it is given, the very same tensor."""

    def forward(self, x):
        return x

    def backward(self, x, y, grad):
        return grad


def _linear(dtype=torch.float64):
    layer = Linear(3, 3, dtype=dtype)
    layer.weight.copy_(WEIGHT)
    layer.bias.copy_(BIAS)
    return layer


def _torch_residual(x, weight, bias):
    return x + functional.linear(x, weight, bias)


def _run_residual_forward(cls, probe):
    return {
        "y around a linear layer": probe(probe(cls, _linear()).forward, RX),
        "y around tanh": probe(probe(cls, Tanh()).forward, RX),
    }


def _run_residual_activations(cls, probe):
    tanh, relu = (probe(cls, inner) for inner in (Tanh(), ReLU()))
    return {
        "dL/dx around tanh": probe(tanh.backward, RX, RX + torch.tanh(RX), RGRAD),
        "dL/dx around ReLU": probe(relu.backward, RX, RX + torch.relu(RX), RGRAD),
    }


def _run_residual_straight(cls, probe):
    module = probe(cls, Straight())
    y = probe(module.forward, RX)
    return {"y": y, "dL/dx": probe(module.backward, RX, 2 * RX, RGRAD)}


RESIDUAL_HINT = (
    "x flows into y in two ways. The whole gradient comes back along both, once each, and what "
    "comes back along the one is added to what comes back along the other."
)


def _residual_case(label, *batches, hint="", dtype=torch.float64, tol=1e-9):
    """Around a linear layer; in float32 forward as well."""
    hints = ((".* of the inner layer", INNER_HINT), (".*", hint or RESIDUAL_HINT))
    batches = [(x.to(dtype), grad.to(dtype)) for x, grad in batches]
    weight, bias = WEIGHT.to(dtype), BIAS.to(dtype)
    x = batches[-1][0]

    def run(cls, probe):
        layer = _linear(dtype)
        module = probe(cls, layer)
        y = {"y": probe(module.forward, x)} if dtype == torch.float32 else {}
        for row, grad in batches:
            dx = probe(module.backward, row, _torch_residual(row, weight, bias), grad)
        return {**y, **_inner(dx, layer.weight_grad, layer.bias_grad)}

    def expect():
        y = {"y": _torch_residual(x, weight, bias)} if dtype == torch.float32 else {}
        found = [autograd(_torch_residual, row, weight, bias, grad=grad) for row, grad in batches]
        dx, dw, db = zip(*found, strict=True)
        return {**y, **_inner(dx[-1], sum(dw), sum(db))}

    return Case(label, run, expect, hints, tol)


INNER_HINT = (
    "dL/dx is right. The inner module, the very one that is given, adds to its gradients by itself "
    "when its `backward` is called, once, with what went into it and the upstream gradient."
)


def _inner(dx, dw, db):
    return {"dL/dx": dx, "dL/dW of the inner layer": dw, "dL/db of the inner layer": db}


def _run_residual_param(cls, probe):
    layer = _linear()
    module = probe(cls, Sequential([layer, Tanh()]))
    pairs = probe(module.param)
    good = isinstance(pairs, list | tuple) and all(isinstance(p, list | tuple) for p in pairs)
    if not good or any(len(pair) != 2 for pair in pairs):
        said = "`param` returns something other than a list of pairs (parameter, gradient)"
        raise Failure(("pairs",), said, "Return what the call `self.inner.param()` returns.")
    layer.weight_grad.copy_(WEIGHT * WEIGHT)
    module.gradient_step(0.5)
    module.zero_grad()
    return {
        "the number of pairs in param()": len(pairs),
        "param() hands out the inner module's own tensors, each parameter before its gradient": (
            _same(_tensors(pairs), _tensors(layer.param()))
        ),
        "W after gradient_step(0.5)": layer.weight,
        "dL/dW after zero_grad": layer.weight_grad,
    }


RESIDUAL = Exercise(
    number="5.3",
    solution=Residual,
    parts=("forward", "backward", "param"),
    cases=(
        Case(
            "forward: x + inner(x), around a linear layer and around tanh",
            _run_residual_forward,
            lambda: {
                "y around a linear layer": _torch_residual(RX, WEIGHT, BIAS),
                "y around tanh": RX + torch.tanh(RX),
            },
            "The output of the inner module, and x itself, added: shape (N, in), nothing after it.",
        ),
        _residual_case(
            "backward: around a linear layer, all gradients equal autograd's", (RX, RGRAD)
        ),
        Case(
            "backward: around tanh and around ReLU, which need their own output",
            _run_residual_activations,
            lambda: {
                "dL/dx around tanh": autograd(lambda x: x + torch.tanh(x), RX, grad=RGRAD)[0],
                "dL/dx around ReLU": autograd(lambda x: x + torch.relu(x), RX, grad=RGRAD)[0],
            },
            "`inner.backward` wants three things: what went into the inner module, which is x and "
            "not y; what came out of *it* for x; and the gradient of that.",
        ),
        Case(
            "around a module that returns what it is given, the very same tensor",
            _run_residual_straight,
            lambda: {"y": 2 * RX, "dL/dx": 2 * RGRAD},
        ),
        _residual_case(
            "backward: two batches, the gradients of the inner layer add up",
            (RX, RGRAD),
            (RX2, RGRAD2),
            hint="One batch of five was right. Has the first left something behind, or does "
            "something fit five samples only?",
        ),
        _residual_case(
            "backward: a batch of one",
            (RX[:1], RGRAD[:1]),
            hint="Right for two samples and for five. What is different for one?",
        ),
        _residual_case(
            "forward and backward: float32 in, float32 out",
            (RX, RGRAD),
            dtype=torch.float32,
            tol=1e-5,
        ),
        Case(
            "param, and with it gradient_step and zero_grad, reach the inner module",
            _run_residual_param,
            lambda: {
                "the number of pairs in param()": 2,
                "W after gradient_step(0.5)": WEIGHT - 0.5 * WEIGHT * WEIGHT,
                "dL/dW after zero_grad": torch.zeros_like(WEIGHT),
            },
            "The residual has no parameters of its own. Those of the inner module are to be "
            "trained, so they must be in the list, each once.",
        ),
    ),
    mistakes="""
x + self => x - self
or
x + self => -x + self
# One was taken off the other. They are added.

return x + self.inner.forward(x) => x += self.inner.forward(x)
    return x
or
return grad + self.inner.backward(x, self.inner.forward(x), grad) =>
    grad += self.inner.backward(x, self.inner.forward(x), grad)
    return grad
# The caller's tensor is written into, as by `+=`. Others still need it: make a new one, `a + b`.

return x + self.inner.forward(x) => y = self.inner.forward(x)
    y += x
    return y
# x was added into the inner module's output, in place. A module may return x itself, and then x
# changes. Make a new tensor: `a + b`.

grad + self => self
# Only the way through the inner module was taken back. x has another one into y, past it.

grad + self => grad * self
or
grad + self => grad - self
# The gradients of the two ways were multiplied, or subtracted. Where ways part going forward,
# gradients add up going back.

grad + self => 1 + self
# 1 is the slope of the straight way. The chain rule multiplies it by the upstream gradient.

grad + self => x + self
# x was added, as on the way forward. What comes back on the straight way is a gradient.

self.inner.forward(x), grad => y, grad
# The inner module was handed y as its output. But y is x plus its output.

return grad + => self.inner.zero_grad()
    return grad +
# Only the last batch's gradients are left in the inner module. Were they set to zero first? They
# must add up from call to call; when to start again is for the caller to say.

return grad + => self.inner.backward(x, self.inner.forward(x), grad)
    return grad +
# The inner module's stored gradients are twice too large: was its `backward` called twice, or were
# they doubled?

grad + self.inner.backward(x, self.inner.forward(x), grad) =>
    self.inner.backward(x, self.inner.forward(x), 2 * grad)
# Everything was sent through the inner module, with twice the gradient. One share goes past it.

self.inner.param() => [(parameter.clone(), grad.clone()) for parameter, grad in self.inner.param()]
# `param` hands out copies. A step would change the copies and leave the inner module as it is.

return x + self.inner.forward(x) => self.y_inner = self.inner.forward(x)
    return x + self.y_inner
# Nothing is stored between the calls in this framework. The inner output can be had again from x,
# which `backward` is handed.
""",
)

# --- kept_numbers ----------------------------------------------------------------


def kept_numbers(widths, batch_size):
    """Count the numbers in the list of outputs for one mini-batch.

    The input and the last output are there once; each hidden layer twice, before its
    activation and after it.
    """
    return batch_size * (widths[0] + 2 * sum(widths[1:-1]) + widths[-1])


EVERY_ENTRY = (
    "Write down the list for one sample: the input, what the first layer puts out, what its "
    "activation puts out, and so on. Every entry has as many numbers as columns, for each sample."
)


def _counted(count, right, widths, batch_size):
    """Say what a wrong count shows: where all widths are powers of ten, how often each is in it."""
    rows, rest = divmod(count, batch_size)
    times = {width: rows // width % 10 for width in sorted(widths)}
    if rest:
        return "This is no multiple of the batch size. Every entry has a row for each sample."
    if count and count % right == 0:
        return f"This is {count // right} times the right number. {EVERY_ENTRY}"
    if rows != sum(width * n for width, n in times.items()) or max(times.values()) > 4:
        return EVERY_ENTRY
    said = " + ".join(f"{n} × {width}" for width, n in times.items())
    return f"For one sample this is {said}. How often is each width in the list?"


def _kept_case(widths, batch_size, label, hint=""):
    def right():
        """The oracle: run the network in torch.nn.functional, and count."""
        numbers = []
        for a, b in zip(widths[:-1], widths[1:], strict=True):
            numbers += [torch.zeros(b, a), torch.zeros(b)]
        outputs = _torch_outputs(torch.zeros(batch_size, widths[0]), *numbers)
        return sum(y.numel() for y in outputs)

    plain = returns(label, "the count", (widths, batch_size), right)

    def run(function, probe):
        count = plain.run(function, probe)["the count"]
        if type(count) is int and count != right():
            said = f"the count is {count}, expected {right()}"
            shown = hint or _counted(count, right(), widths, batch_size)
            raise Failure(("count", count), said, shown)
        return {"the count": count}

    return Case(label, run, plain.expect)


KEPT_NUMBERS = Exercise(
    number="5.4",
    solution=kept_numbers,
    cases=(
        _kept_case([10, 100, 1000], 13, "10 → 100 → 1000, batch of 13"),
        _kept_case([100, 10, 10000, 1000], 3, "100 → 10 → 10000 → 1000, batch of 3"),
        _kept_case([4, 3], 5, "a single layer, 4 → 3, batch of 5"),
        _kept_case(
            [4, 6, 4, 6, 4],
            3,
            "widths that come again, batch of 3",
            "Right for up to three layers whose widths all differ. Here are four, and equal widths "
            "count each: go by place, not by value.",
        ),
        _kept_case([3, 5, 2], 1, "3 → 5 → 2, a batch of one"),
        _kept_case([2, 25, 25, 25, 25, 2], 100, "the paper's network, batch of 100"),
    ),
    mistakes="""
widths[0] + 2 => 2
# The input is missing. It is the first entry of the list.

(widths[0] + 2 * sum(widths[1:-1]) + widths[-1]) => sum(widths)
# Each width was counted once. What an activation puts out is an entry of its own.

[1:-1]) + widths[-1] => [1:])
# The last output was counted twice. No activation stands behind the last layer.

batch_size * ( => (
# That is the list for one sample. There is a whole batch of them.

batch_size * (widths[0] + 2 * sum(widths[1:-1]) + widths[-1]) =>
    sum(a * b + b for a, b in zip(widths, widths[1:]))
or
(widths[0] + 2 * sum(widths[1:-1]) + widths[-1]) =>
    sum(a * b + b for a, b in zip(widths, widths[1:]))
or
(widths[0] + 2 * sum(widths[1:-1]) + widths[-1]) =>
    sum(a * b for a, b in zip(widths, widths[1:]))
# Widths were multiplied, as for the parameters. What is kept are the outputs of the modules.

batch_size * (widths[0] + 2 * sum(widths[1:-1]) + widths[-1]) => 2 * (len(widths) - 1)
or
(widths[0] + 2 * sum(widths[1:-1]) + widths[-1]) => 2 * (len(widths) - 1)
# Tensors were counted, or their rows. Count the numbers: a row has one for each column.
""",
)

EXERCISES = {
    "sequential": SEQUENTIAL,
    "backward-order": BACKWARD_ORDER,
    "residual": RESIDUAL,
    "kept-numbers": KEPT_NUMBERS,
}
