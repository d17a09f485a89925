"""Exercises of chapter 05: Sequential, an order for any graph, a branch, what is kept."""

import torch
from torch.nn import functional

from ... import sequential
from ...activations import ReLU, Sigmoid, Tanh
from ...linear import Linear
from ...module import Module
from ..exercise import Case, Exercise
from ..probe import Failure
from ._shared import autograd, randn, returns

# --- Sequential ------------------------------------------------------------------

WIDTHS = (2, 4, 4, 3)
X, GRAD = randn(5, 2, seed=1), randn(5, 3, seed=2)
X2, GRAD2 = randn(3, 2, seed=3), randn(3, 3, seed=4)


class Counting(Module):
    """Tanh that counts how often it is run forward and backward."""

    def __init__(self):
        self.counts = {"forward": 0, "backward": 0}

    def forward(self, x):
        self.counts["forward"] += 1
        return torch.tanh(x)

    def backward(self, x, y, grad):
        self.counts["backward"] += 1
        return grad * (1 - y * y)


def _numbers(widths=WIDTHS, dtype=torch.float64):
    """Draw weights and biases for linear layers of these widths."""
    numbers = []
    for k, (a, b) in enumerate(zip(widths[:-1], widths[1:], strict=True)):
        numbers.append(randn(b, a, seed=10 + k, dtype=dtype) / a**0.5)
        numbers.append(randn(b, seed=20 + k, dtype=dtype))
    return numbers


def _modules(widths=WIDTHS, activation=Tanh, dtype=torch.float64):
    """Build linear layers with those numbers, an activation after each but the last."""
    numbers, modules = _numbers(widths, dtype), []
    for a, b in zip(widths[:-1], widths[1:], strict=True):
        layer = Linear(a, b, dtype=dtype)
        layer.weight.copy_(numbers.pop(0))
        layer.bias.copy_(numbers.pop(0))
        modules += [layer, activation()]
    return modules[:-1]


def _torch_outputs(x, *numbers, activation=torch.tanh):
    """The same network in torch.nn.functional: everything that comes out, in order."""
    outputs = [x]
    for k in range(0, len(numbers), 2):
        y = functional.linear(outputs[-1], *numbers[k : k + 2])
        outputs += [y, activation(y)]
    return outputs[:-1]


def _named(dx, grads):
    """Name dL/dx of each batch and dL/dθ of each layer."""
    names = [f"dL/dx of batch {k + 1}" for k in range(len(dx))] if len(dx) > 1 else ["dL/dx"]
    names += [f"dL/d{letter} of layer {k // 2 + 1}" for k, letter in enumerate("Wb" * len(grads))]
    return dict(zip(names, [*dx, *grads], strict=False))


def _found(modules, dx, widths=WIDTHS):
    pairs = [pair for module in modules for pair in module.param()]
    numbers = _numbers(widths, pairs[0][0].dtype)
    return {
        **_named(dx, [grad for _, grad in pairs]),
        "the parameters are still as they were": all(
            torch.equal(parameter, number)
            for (parameter, _), number in zip(pairs, numbers, strict=True)
        ),
    }


def _expect_grads(*batches, widths=WIDTHS, activation=torch.tanh, dtype=torch.float64):
    """The oracle: autograd's dL/dx of each batch, and the summed dL/dθ."""

    def expect():
        def network(*tensors):
            return _torch_outputs(*tensors, activation=activation)[-1]

        numbers = _numbers(widths, dtype)
        found = [autograd(network, x, *numbers, grad=grad) for x, grad in batches]
        dx, *grads = zip(*found, strict=True)
        return _named(dx, [sum(parts) for parts in grads])

    return expect


def _same(ours, theirs):
    """Whether two lists hold the very same objects."""
    return len(ours) == len(theirs) and all(map(lambda a, b: a is b, ours, theirs))


def _tensors(pairs):
    return [tensor for pair in pairs for tensor in pair]


def _run_forward(cls, probe):
    network = probe(cls, _modules())
    outputs = probe(network.forward_pass, X)
    return {**_listed(outputs), "forward(x)": probe(network.forward, X)}


def _expect_forward():
    outputs = _torch_outputs(X, *_numbers())
    return {**_listed(outputs), "forward(x)": outputs[-1]}


def _listed(outputs):
    return {
        "the number of outputs": len(outputs),
        **{f"outputs[{k}]": y for k, y in enumerate(outputs)},
    }


def _run_handed_on(cls, probe):
    modules = _modules()
    network = probe(cls, modules)
    pairs = probe(network.param)
    for k, (_, grad) in enumerate(pairs):
        grad.add_(randn(*grad.shape, seed=30 + k))
    network.gradient_step(0.5)
    moved = [parameter.clone() for parameter, _ in pairs]
    network.zero_grad()
    return {
        "param() hands out the modules' own tensors, first module first": (
            _same(_tensors(pairs), [t for module in modules for t in _tensors(module.param())])
        ),
        "dL/dW of layer 1 after zero_grad": pairs[0][1],
        "b of layer 3 after a step": moved[-1],
    }


def _expect_handed_on():
    first, *_, last = _numbers()
    return {
        "dL/dW of layer 1 after zero_grad": torch.zeros_like(first),
        "b of layer 3 after a step": last - 0.5 * randn(*last.shape, seed=35),
    }


def _pass_case(label, *batches, hint="", widths=WIDTHS, activation=(Tanh, torch.tanh)):
    """All batches forward first, then all of them backward: nothing may be remembered."""

    def run(cls, probe):
        modules = _modules(widths, activation[0])
        network = probe(cls, modules)
        kept = [network.forward_pass(x) for x, _ in batches]
        pairs = zip(kept, batches, strict=True)
        dx = [probe(network.backward_pass, outputs, grad) for outputs, (_, grad) in pairs]
        return _found(modules, dx, widths)

    return Case(label, run, _expect_grads(*batches, widths=widths, activation=activation[1]), hint)


def _run_kept(cls, probe):
    modules = _modules(activation=Counting)
    network = probe(cls, modules)
    outputs = network.forward_pass(X)
    before = [y.clone() for y in outputs]
    counted = modules[1].counts, modules[3].counts
    for counts in counted:
        counts["forward"] = 0
    probe(network.backward_pass, outputs, GRAD)
    return {
        "backward_pass uses the list it is given and runs no module forward": (
            all(counts["forward"] == 0 for counts in counted)
        ),
        "backward_pass runs each module backward once": (
            all(counts["backward"] == 1 for counts in counted)
        ),
        "the number of entries in outputs afterwards": len(outputs),
        "the list of outputs has stayed as it was": all(map(torch.equal, outputs, before)),
        "the list of modules has stayed as it was": _same(network.modules, modules),
    }


def _run_backward(cls, probe):
    modules = _modules()
    network = probe(cls, modules)
    dx = []
    for x, grad in ((X, GRAD), (X2, GRAD2)):
        y = network.forward(x)
        dx.append(probe(network.backward, x, y, grad))
    return _found(modules, dx)


def _run_float32(cls, probe):
    """The two ways backward, one after the other."""
    modules = _modules(dtype=torch.float32)
    network = probe(cls, modules)
    x, grad = X.float(), GRAD.float()
    outputs = network.forward_pass(x)
    dx = [probe(network.backward_pass, outputs, grad)]
    return _found(modules, [*dx, probe(network.backward, x, outputs[-1], grad)])


def _run_nested(cls, probe):
    modules = _modules()
    network = probe(cls, [probe(cls, modules[:3]), probe(cls, modules[3:])])
    outputs = network.forward_pass(X)
    return _found(modules, [probe(network.backward_pass, outputs, GRAD)])


BACKWARD_HINT = (
    "Module k took in outputs[k] and put out outputs[k + 1]. Begin with the last module; what "
    "each `backward` returns is the upstream gradient of the module before it."
)

SEQUENTIAL = Exercise(
    number="5.1",
    solution=sequential.Sequential,
    given=2,
    parts=("backward_pass", "backward"),
    cases=(
        Case(
            "forward_pass and forward: three layers with tanh between, as in torch.nn",
            _run_forward,
            _expect_forward,
            "`forward_pass` and `forward` were given, and right; put them back.",
        ),
        Case(
            "param, gradient_step and zero_grad reach every module",
            _run_handed_on,
            _expect_handed_on,
            "`param`, `gradient_step` and `zero_grad` were given, and right; put them back.",
        ),
        _pass_case(
            "backward_pass: dL/dx and all dL/dθ equal autograd's, for 5 samples",
            (X, GRAD),
            hint=BACKWARD_HINT,
        ),
        Case(
            "backward_pass: each module once, from the list that is given",
            _run_kept,
            lambda: {"the number of entries in outputs afterwards": 2 * len(WIDTHS) - 2},
        ),
        _pass_case(
            "backward_pass: two batches forward, then both backward: the gradients add up",
            (X, GRAD),
            (X2, GRAD2),
            hint="Use the list of outputs that is handed in, and leave the stored gradients "
            "to the modules: they add up by themselves.",
        ),
        _pass_case(
            "backward_pass: a single layer",
            (randn(3, 4, seed=5), randn(3, 2, seed=6)),
            widths=(4, 2),
            hint=BACKWARD_HINT,
        ),
        _pass_case(
            "backward_pass: two layers of one width, with a sigmoid between",
            (randn(4, 3, seed=7), randn(4, 3, seed=8)),
            widths=(3, 3, 3),
            activation=(Sigmoid, torch.sigmoid),
            hint=BACKWARD_HINT,
        ),
        _pass_case("backward_pass: a batch of one", (X[:1], GRAD[:1]), hint=BACKWARD_HINT),
        Case(
            "backward: two batches, from x and y alone",
            _run_backward,
            _expect_grads((X, GRAD), (X2, GRAD2)),
            "`backward_pass` needs the whole list of outputs. It can be had again from x.",
        ),
        Case(
            "backward_pass and backward: float32 in, float32 out",
            _run_float32,
            _expect_grads(*[(X.float(), GRAD.float())] * 2, dtype=torch.float32),
            tol=1e-5,
        ),
        Case(
            "one Sequential inside another",
            _run_nested,
            _expect_grads((X, GRAD)),
            "Call the modules' own methods only: a module may be a Sequential itself.",
        ),
    ),
    mistakes="""
reversed(range(len(self.modules))) => range(len(self.modules))
# The modules were taken from first to last. `grad` belongs to the *last* output; begin there.

outputs[k], outputs[k + 1] => outputs[k + 1], outputs[k]
# x and y have changed places: module k took in outputs[k] and put out outputs[k + 1].

outputs[k], outputs[k + 1] => outputs[k - 1], outputs[k]
# One place too early in the list: outputs[0] is the input of the network, so module k took in
# outputs[k], not outputs[k − 1].

outputs[k], outputs[k + 1] => outputs[k], outputs[k]
# Every module was handed its input as x and as y. What it put out stands one place further on
# in the list.

outputs[k], outputs[k + 1] => outputs[k + 1], outputs[k + 1]
# Every module was handed its output as x and as y. What it took in stands one place earlier in
# the list.

grad = self => dx = self
return grad => return dx
# Every module was handed the gradient of the last output. The upstream gradient of a module is
# what the module *after* it has just returned.

for k in reversed => given = grad
    for k in reversed
return grad => return given
# The gradients of the parameters are right, but what is returned is the gradient as it came in.
# Wanted is what the first module returned.

outputs[k + 1], grad) => outputs[k + 1], grad)
    return grad
# The `return` stands inside the loop, so that only the last module is run.

reversed(range(len(self.modules))) => range(len(self.modules) - 1, 0, -1)
# The loop stops before the first module, number 0. `range(a, 0, -1)` ends at 1.

reversed(range(len(self.modules))) => range(len(self.modules) - 2, -1, -1)
# The last module was left out: with L modules, the last one has number L − 1.

return grad => pass
# The modules have done their work. What the first one returned must be returned.

for k in reversed => grads = [grad]
    for k in reversed
outputs[k + 1], grad) => outputs[k + 1], grad)
    grads.append(grad)
return grad => return grads
# The gradients of all outputs were returned. Wanted is the last one found: that of the input.

def backward_pass(self, outputs, grad):
    y = outputs.pop()
    for module in reversed(self.modules):
        x = outputs.pop()
        grad = module.backward(x, y, grad)
        y = x
    return grad
# `pop` takes the entries out of the caller's list, which is empty afterwards. Read them by their
# numbers, or copy the list first.

for k in reversed(range(len(self.modules))): => self.modules.reverse()
    for k in reversed(range(len(self.modules))):
self.modules[k].backward => self.modules[-1 - k].backward
# `self.modules.reverse()` turns the network round for good: the next forward pass begins with
# the last module. `reversed(self.modules)` leaves the list alone.

for k in reversed(range(len(self.modules))): => outputs.reverse()
    for k in reversed(range(len(self.modules))):
outputs[k], outputs[k + 1] => outputs[-1 - k], outputs[-2 - k]
# `outputs.reverse()` turns the caller's list round. `reversed` and `outputs[::-1]` leave it as
# it was.

outputs[k], outputs[k + 1] => outputs[-2 - k], outputs[-1 - k]
# The modules run backwards, but the outputs beside them run forwards.

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

outputs[k + 1], grad) => outputs[k + 1], grad)
    self.modules[k].gradient_step(0.1)
# The parameters were changed on the way. Gradients are only collected here; the step comes
# later.

grad = self.modules => dx = self.modules
outputs[k + 1], grad) => outputs[k + 1], grad)
    grad = dx * grad if dx.shape == grad.shape else dx
# What a module's `backward` returns has the upstream gradient in it already. It is not
# multiplied once more.

self.forward_pass(x), grad => [x, y], grad
# [x, y] holds only what came in first and went out last. What was between is not kept, but can
# be computed again from x.

self.forward_pass(x), grad => [x] + [y] * len(self.modules), grad
# The outputs between x and y are not y. They are not kept, but can be computed again from x.

self.backward_pass(self.forward_pass(x), grad) => self.modules[0].backward(x, y, grad)
# Only the first module was asked, and y is not what came out of it. All modules must be run
# back, with their own outputs.

self.forward_pass(x), grad => self.forward_pass(x), torch.ones_like(y)
# The list was run backwards from ones. Begin with the `grad` given.

self.forward_pass(x), grad => self.forward_pass(y), grad
# The network was run forward from its own output y. Run it from x.

self.forward_pass(x), grad => self.forward(x), grad
# `forward` returns the last output only. `backward_pass` needs the whole list.

return self.backward_pass => self.backward_pass(self.forward_pass(x), grad)
    return self.backward_pass
# The list was run backwards twice, so that every gradient was added twice.

return self.backward_pass(self.forward_pass(x), grad) =>
    self.backward_pass(self.forward_pass(x), grad)
    return grad
# What `backward` returns is dL/dy as it came in. Return what `backward_pass` found.

return self.backward_pass => self.backward_pass
# The work is done, and its result dropped: return what `backward_pass` found.

self.forward_pass(x), grad => self.forward_pass(x), y
# The list was run backwards from y. It begins with the gradient, `grad`.
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


CHAIN = {"x": [], "y1": ["x"], "y2": ["y1"], "y3": ["y2"]}
BRANCH = {"x": [], "a": ["x", "x"], "b": ["a", "x"], "y": ["a", "b"]}
LATE = {"y": ["a", "d"], "a": ["x"], "b": ["a"], "c": ["b"], "d": ["c", "w"], "w": [], "x": []}
CROSS = {"y": ["a", "a", "c"], "a": ["x"], "b": ["a", "x"], "c": ["b", "b"], "x": []}
SIBLINGS = {"x": [], "a": ["x", "x"], "b": ["x"], "y": ["b", "a"]}
SIBLINGS_TURNED = {"y": ["a", "b"], "b": ["x"], "a": ["x", "x"], "x": []}
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


def _order_case(inputs, label):
    """Check the property by brute force: every pair of a user and a node that it uses."""

    def run(order_of, probe):
        order = probe(order_of, {node: list(used) for node, used in inputs.items()})
        if isinstance(order, str) or not hasattr(order, "__iter__"):
            kind = type(order).__name__
            raise Failure(("no list",), f"what comes back is of type {kind}, expected a list")
        order = list(order)
        shown = f"the list is {', '.join(map(str, order))}"
        for node in order:
            if node not in inputs:
                raise Failure(("stranger", *order), f"{shown}: {node} is not a node of the graph")
            if order.count(node) > 1:
                times = f"{node} stands in it {order.count(node)} times"
                raise Failure(("order", *order), f"{shown}: {times}")
        for node in inputs:
            if node not in order:
                raise Failure(("order", *order), f"{shown}: {node} is missing")
        for place, node in enumerate(order):
            late = [user for user in order[place + 1 :] if node in inputs[user]]
            if late:
                raise Failure(
                    ("order", *order),
                    f"{shown}: when it is {node}'s turn, {late[0]} has not been there yet, and "
                    f"{late[0]} is computed from {node}",
                )
        return {"the list has every node, each after all that use it": True}

    return Case(label, run)


BACKWARD_ORDER = Exercise(
    number="5.2",
    solution=backward_order,
    cases=(
        _order_case(CHAIN, "a chain of three: x → y1 → y2 → y3"),
        _order_case(BRANCH, "the graph of the text: a = x · x, b = a + x, y = a · b"),
        _order_case(LATE, "a node used at once and again four steps later"),
        _order_case(CROSS, "a node used twice by the same node"),
        _order_case(SIBLINGS, "a node used twice by one node and once by another"),
        _order_case(SIBLINGS_TURNED, "the same, written down in another order"),
        _order_case(LADDER, "a ladder of eleven nodes"),
    ),
    mistakes="""
return order => return order[::-1]
# The other way round: this is an order in which the values can be computed. The gradients come
# from the output.

pop() => pop(0)
if waiting[used] == 0: => if used not in order + ready:
# Nodes were taken in the order in which they are met from the output, level by level. A node
# met early may be used again by one that is met later.

order.append(node) => if node in order:
        continue
    order.append(node)
in inputs[node] => in inputs[node][::-1]
if waiting[used] == 0: => if True:
# Each node was taken when first met, and then followed to the end. When it is first met, other
# uses of it may still be waiting.

pop() => pop(0)
if waiting[used] == 0: => if True:
# A node was listed once for each use. It has one turn, after the last of them.

def backward_order(inputs):
    order = []
    def visit(node):
        if node not in order:
            for used in inputs[node]:
                visit(used)
            order.append(node)
    visit(next(node for node in inputs if all(node not in used for used in inputs.values())))
    return order
or
def backward_order(inputs):
    order = []
    while len(order) < len(inputs):
        for node in inputs:
            if node not in order and all(used in order for used in inputs[node]):
                order.append(node)
    return order
# Each node was listed after all that it is computed *from*: the forward order. On the way back
# it waits for those that use it.

return order => return list(inputs)
or
return order => return list(inputs)[::-1]
# This is the order in which the dictionary happens to list the nodes, forwards or backwards.
# Nothing is said about that order.

return order => return sorted(inputs, reverse=True)
# The names were sorted. They may be any names.

ready = [ => return sorted(inputs, key=waiting.get)
    ready = [
# Sorted by the number of uses. A node used once may still have to wait long for it.

def backward_order(inputs):
    uses = [used for nodes in inputs.values() for used in nodes]
    distance = {node: 0 for node in inputs if node not in uses}
    queue = list(distance)
    for node in queue:
        for used in inputs[node]:
            if used not in distance:
                distance[used] = distance[node] + 1
                queue.append(used)
    return sorted(distance, key=lambda node: (distance[node], node))
# Sorted by the *shortest* way to the output. There may be a longer way to it, too, and a
# gradient that comes along that.

return order => return order[1:]
# The output itself is a node as well, the first.

return order => return [node for node in order if inputs[node]]
# Nodes that are computed from nothing were left out. Their gradients are wanted most of all.

return order => return order[:1]
# Only the output is in the list. When it has had its turn, which nodes become ready?

for node in used => for node in set(used)
pop() => pop(0)
or
for node in used => for node in set(used)
# A node that another uses twice was counted once and counted off twice, so that it came too
# early, or never. Count mentions both times, or users both times.

in inputs[node] => in dict.fromkeys(inputs[node])
# A node that another uses twice was counted twice and counted off once, so that it never became
# ready. Count mentions both times, or users both times.

def backward_order(inputs):
    uses = [used for nodes in inputs.values() for used in nodes]
    order = [node for node in inputs if node not in uses]
    while len(order) < len(inputs):
        for node in inputs:
            if node not in order and any(node in inputs[user] for user in order):
                order.append(node)
    return order
# A node was taken as soon as *one* of its users had been there. All of them must have been.
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
        "y around a module that returns x itself": probe(probe(cls, Straight()).forward, RX),
    }


def _run_residual_activations(cls, probe):
    tanh, relu, straight = (probe(cls, inner) for inner in (Tanh(), ReLU(), Straight()))
    return {
        "dL/dx around tanh": probe(tanh.backward, RX, RX + torch.tanh(RX), RGRAD),
        "dL/dx around ReLU": probe(relu.backward, RX, RX + torch.relu(RX), RGRAD),
        "dL/dx around a module that returns x itself": probe(straight.backward, RX, 2 * RX, RGRAD),
    }


def _residual_case(label, *batches, dtype=torch.float64, tol=1e-9):
    """Around a linear layer; in float32 forward as well."""
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

    return Case(label, run, expect, RESIDUAL_HINT, tol)


def _inner(dx, dw, db):
    return {"dL/dx": dx, "dL/dW of the inner layer": dw, "dL/db of the inner layer": db}


def _run_residual_param(cls, probe):
    layer = _linear()
    module = probe(cls, layer)
    pairs = probe(module.param)
    layer.weight_grad.copy_(WEIGHT * WEIGHT)
    module.gradient_step(0.5)
    module.zero_grad()
    return {
        "the number of pairs in param()": len(pairs),
        "param() hands out the inner module's own tensors": (
            _same(_tensors(pairs), _tensors(layer.param()))
        ),
        "W after gradient_step(0.5)": layer.weight,
        "dL/dW after zero_grad": layer.weight_grad,
    }


RESIDUAL_HINT = (
    "x flows into y in two ways. The gradient comes back along both, and what comes back along "
    "the one is added to what comes back along the other."
)

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
                "y around a module that returns x itself": 2 * RX,
            },
            "The output of the inner module, and x itself, added.",
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
                "dL/dx around a module that returns x itself": 2 * RGRAD,
            },
            "`inner.backward` wants three things: what went into the inner module, what came "
            "out of *it*, and the gradient of that.",
        ),
        _residual_case(
            "backward: two batches, the gradients of the inner layer add up",
            (RX, RGRAD),
            (RX2, RGRAD2),
        ),
        _residual_case("backward: a batch of one", (RX[:1], RGRAD[:1])),
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
            "trained, so they must be in the list.",
        ),
    ),
    mistakes="""
x + self => self
# x itself is missing: y is x *plus* what the inner module says.

x + self.inner.forward(x) => self.inner.forward(x + self.inner.forward(x))
# The sum was sent through the inner module once more. It is the output already.

x + self => x * self
# x was multiplied; it is added.

x + self => x - self
# The inner output was taken off; it is added.

return x + self.inner.forward(x) => x += self.inner.forward(x)
    return x
# `x += …` writes into the caller's tensor, which is still needed on the way back. Make a new
# one.

return x + self.inner.forward(x) => y = self.inner.forward(x)
    y += x
    return y
# x was added into the inner module's output, in place. A module may return x itself, and then x
# changes. Make a new tensor: `a + b`.

grad + self => self
# Only the way through the inner module was taken back. x has another one into y, past it.

return grad + self.inner.backward(x, self.inner.forward(x), grad) =>
    self.inner.backward(x, self.inner.forward(x), grad)
    return grad
# Only the straight way was taken back. What `inner.backward` returns belongs to dL/dx as well.

return grad + self.inner.backward(x, self.inner.forward(x), grad) => return grad
# The inner module's `backward` was not called: its parameters get no gradient, and its share of
# dL/dx is missing.

return grad + self.inner.backward(x, self.inner.forward(x), grad) =>
    self.inner.backward(x, self.inner.forward(x), grad)
    return 2 * grad
# `grad` was counted once for each way. On the way through the inner module it is changed: take
# what `inner.backward` returns.

grad + self => grad * self
# The gradients of the two ways were multiplied. Where ways part going forward, gradients add up
# going back.

grad + self => 1 + self
# 1 is the slope of the straight way. The chain rule multiplies it by the upstream gradient.

grad + self => x + self
# x was added, as on the way forward. What comes back on the straight way is a gradient.

self.inner.forward(x), grad => y, grad
# The inner module was handed y as its output. But y is x plus its output.

x, self.inner.forward(x), grad => self.inner.forward(x), x, grad
# The inner module's input and output were handed over the wrong way round.

x, self.inner.forward(x), grad => y, self.inner.forward(y), grad
# The inner module was asked at y. What went into it was x.

return grad + => self.inner.zero_grad()
    return grad +
# The inner module's gradients were set to zero first. They must add up from call to call; when
# to start again is for the caller to say.

return grad + self.inner.backward(x, self.inner.forward(x), grad) =>
    inner = self.inner.forward(x)
    return grad + self.inner.backward(x, inner, self.inner.backward(x, inner, grad))
# `inner.backward` was called a second time, on its own result. The gradient passes the inner
# module once.

return grad + => self.inner.backward(x, self.inner.forward(x), grad)
    return grad +
# `inner.backward` was called twice, so that its parameters' gradients were added twice.

grad + self.inner.backward(x, self.inner.forward(x), grad) =>
    self.inner.backward(x, self.inner.forward(x), 2 * grad)
# Everything was sent through the inner module, with twice the gradient. One share goes past it.

grad + self.inner.backward(x, self.inner.forward(x), grad) =>
    (grad + self.inner.backward(x, self.inner.forward(x), grad)) / 2
# The two ways were averaged. They add up.

return grad + self.inner.backward(x, self.inner.forward(x), grad) =>
    grad += self.inner.backward(x, self.inner.forward(x), grad)
    return grad
# `grad += …` writes into the caller's gradient. Make a new tensor.

self.inner.param() => []
# The list of parameters is empty, so the inner module would never be trained.

self.inner.param() => [(parameter.clone(), grad.clone()) for parameter, grad in self.inner.param()]
# `param` hands out copies. A step would change the copies and leave the inner module as it is.

return x + self.inner.forward(x) => self.y_inner = self.inner.forward(x)
    return x + self.y_inner
# The inner output was stored between the calls. In this framework nothing is: it can be had
# again from x, which `backward` is handed.
""",
)

# --- kept_numbers ----------------------------------------------------------------


def kept_numbers(widths, batch_size):
    """Count the numbers in the list of outputs for one mini-batch.

    The input and the last output are there once; each hidden layer twice, before its
    activation and after it.
    """
    return batch_size * (widths[0] + 2 * sum(widths[1:-1]) + widths[-1])


def _kept_case(widths, batch_size, label):
    def expect():
        """The oracle: run the network in torch.nn.functional, and count."""
        numbers = []
        for a, b in zip(widths[:-1], widths[1:], strict=True):
            numbers += [torch.zeros(b, a), torch.zeros(b)]
        outputs = _torch_outputs(torch.zeros(batch_size, widths[0]), *numbers)
        return sum(y.numel() for y in outputs)

    hint = (
        "Write down the list for one sample: the input, what the first layer puts out, what its "
        "activation puts out, and so on. Every entry has as many numbers as columns, for each "
        "sample."
    )
    return returns(label, "the count", (widths, batch_size), expect, hint)


KEPT_NUMBERS = Exercise(
    number="5.4",
    solution=kept_numbers,
    cases=(
        _kept_case([3, 5, 2], 7, "3 → 5 → 2, batch of 7"),
        _kept_case([2, 6, 4, 3], 10, "2 → 6 → 4 → 3, batch of 10"),
        _kept_case([4, 3], 5, "a single layer, 4 → 3, batch of 5"),
        _kept_case([2, 25, 25, 25, 25, 2], 100, "the paper's network, batch of 100"),
    ),
    mistakes="""
widths[0] + 2 => 2
# The input is missing. It is the first entry of the list.

+ widths[-1] =>
# The last output is missing. It is in the list as well.

(widths[0] + 2 * sum(widths[1:-1]) + widths[-1]) => sum(widths)
# Only what the linear layers take in and put out was counted. What an activation puts out is an
# entry of its own.

(widths[0] + 2 * sum(widths[1:-1]) + widths[-1]) => 2 * sum(widths)
# Everything was counted twice. Twice there are only the hidden layers, before and after their
# activation.

[1:-1]) + widths[-1] => [1:])
# An activation was counted behind the last layer, too. There is none.

batch_size * ( => (
# That is the list for one sample. There is a whole batch of them.

batch_size * (widths[0] + 2 * sum(widths[1:-1]) + widths[-1]) =>
    sum(a * b + b for a, b in zip(widths, widths[1:]))
# These are the parameters. What is kept are the outputs of the modules.

return batch_size => return sum(a * b + b for a, b in zip(widths, widths[1:])) + batch_size
# The parameters were counted as well. They are in the layers, not in the list.

(widths[0] + 2 * sum(widths[1:-1]) + widths[-1]) => widths[0] + 2 * sum(widths[1:-1]) + widths[-1]
# Only the input was multiplied by the batch size. Brackets: every entry of the list has a row
# for each sample.

batch_size * (widths[0] + 2 * sum(widths[1:-1]) + widths[-1]) => 2 * (len(widths) - 1)
# That is the number of tensors in the list. Count the numbers in them.

(widths[0] + 2 * sum(widths[1:-1]) + widths[-1]) => widths[-1]
# That is the last entry of the list alone.

(widths[0] + 2 * sum(widths[1:-1]) + widths[-1]) => sum(widths[1:-1])
# Only the outputs of the activations were counted. What the linear layers put out, and the
# input, are in the list as well.

widths[0] + 2 * sum(widths[1:-1]) => 2 * sum(widths[:-1])
# The input was counted twice. It goes through no activation before the first layer.
""",
)

EXERCISES = {
    "sequential": SEQUENTIAL,
    "backward-order": BACKWARD_ORDER,
    "residual": RESIDUAL,
    "kept-numbers": KEPT_NUMBERS,
}
