"""Exercises of chapter 05: Sequential, an order for any graph, a branch, what is kept."""

import torch

from ... import sequential
from ...activations import ReLU, Sigmoid, Tanh
from ...linear import Linear
from ...module import Module
from ..exercise import Case, Exercise, Mistake
from ..probe import Failure
from ._random import randn

# --- Sequential ------------------------------------------------------------------

WIDTHS = (2, 4, 4, 3)
X, GRAD = randn(5, 2, seed=1), randn(5, 3, seed=2)
X2, GRAD2 = randn(3, 2, seed=3), randn(3, 3, seed=4)
IN_TORCH = {Tanh: torch.tanh, Sigmoid: torch.sigmoid}
NAMES = ("dL/dW of layer 1", "dL/db of layer 1", "dL/dW of layer 2", "dL/db of layer 2")
NAMES += ("dL/dW of layer 3", "dL/db of layer 3")


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


def _numbers(dtype=torch.float64, widths=WIDTHS):
    """Draw weights and biases for linear layers of these widths."""
    pairs = zip(widths[:-1], widths[1:], strict=True)
    return [
        tensor
        for k, (a, b) in enumerate(pairs)
        for tensor in (
            randn(b, a, seed=10 + k, dtype=dtype) / a**0.5,
            randn(b, seed=20 + k, dtype=dtype),
        )
    ]


def _modules(dtype=torch.float64, widths=WIDTHS, activation=Tanh):
    """Build linear layers with those numbers, an activation after each but the last."""
    numbers = _numbers(dtype, widths)
    modules = []
    for a, b in zip(widths[:-1], widths[1:], strict=True):
        layer = Linear(a, b, dtype=dtype)
        layer.weight.copy_(numbers.pop(0))
        layer.bias.copy_(numbers.pop(0))
        modules += [layer, activation()]
    return modules[:-1]


def _torch_outputs(x, numbers, activation=torch.tanh):
    """The same network in torch.nn.functional: everything that comes out, in order."""
    outputs = [x]
    for k in range(0, len(numbers), 2):
        y = torch.nn.functional.linear(outputs[-1], *numbers[k : k + 2])
        outputs += [y, activation(y)]
    return outputs[:-1]


def _autograd(*batches, dtype=torch.float64, widths=WIDTHS, activation=Tanh):
    """The oracle: autograd's dL/dx of each batch, and the summed dL/dθ."""
    numbers = [number.requires_grad_() for number in _numbers(dtype, widths)]
    grads = []
    for x, grad in batches:
        leaf = x.clone().requires_grad_()
        _torch_outputs(leaf, numbers, IN_TORCH[activation])[-1].backward(grad)
        grads.append(leaf.grad)
    return grads, [number.grad for number in numbers]


def _run_forward(cls, probe):
    network = probe(cls, _modules())
    outputs = probe(network.forward_pass, X)
    return {
        "the number of outputs": len(outputs),
        **{f"outputs[{k}]": y for k, y in enumerate(outputs)},
        "forward(x)": probe(network.forward, X),
    }


def _expect_forward():
    outputs = _torch_outputs(X, _numbers())
    return {
        "the number of outputs": len(outputs),
        **{f"outputs[{k}]": y for k, y in enumerate(outputs)},
        "forward(x)": outputs[-1],
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
    theirs = [tensor for module in modules for pair in module.param() for tensor in pair]
    ours = [tensor for pair in pairs for tensor in pair]
    return {
        "param() hands out the modules' own tensors, first module first": (
            len(ours) == len(theirs) and all(map(lambda a, b: a is b, ours, theirs))
        ),
        "dL/dW of layer 1 after zero_grad": pairs[0][1],
        "b of layer 3 after a step": moved[-1],
    }


def _expect_handed_on():
    numbers = _numbers()
    return {
        "param() hands out the modules' own tensors, first module first": True,
        "dL/dW of layer 1 after zero_grad": torch.zeros_like(numbers[0]),
        "b of layer 3 after a step": numbers[-1] - 0.5 * randn(*numbers[-1].shape, seed=35),
    }


def _run_backward_pass(*batches, widths=WIDTHS, activation=Tanh):
    """All batches forward first, then all of them backward: nothing may be remembered."""

    def run(cls, probe):
        modules = _modules(widths=widths, activation=activation)
        network = probe(cls, modules)
        kept = [network.forward_pass(x) for x, _ in batches]
        dx = [
            probe(network.backward_pass, outputs, grad)
            for outputs, (_, grad) in zip(kept, batches, strict=True)
        ]
        return _found(modules, dx, widths)

    return run


def _run_float32(cls, probe):
    """The two ways backward, one after the other."""
    modules = _modules(torch.float32)
    network = probe(cls, modules)
    x, grad = X.float(), GRAD.float()
    outputs = network.forward_pass(x)
    dx = [
        probe(network.backward_pass, outputs, grad),
        probe(network.backward, x, outputs[-1], grad),
    ]
    return _found(modules, dx, WIDTHS)


def _run_backward(cls, probe):
    modules = _modules()
    network = probe(cls, modules)
    dx = []
    for x, grad in ((X, GRAD), (X2, GRAD2)):
        y = network.forward(x)
        dx.append(probe(network.backward, x, y, grad))
    return _found(modules, dx, WIDTHS)


def _found(modules, dx, widths):
    named = {f"dL/dx of batch {k + 1}": d for k, d in enumerate(dx)}
    if len(dx) == 1:
        named = {"dL/dx": dx[0]}
    grads = [grad for module in modules for _, grad in module.param()]
    named.update(zip(NAMES[: len(grads)], grads, strict=True))
    parameters = [parameter for module in modules for parameter, _ in module.param()]
    same = map(torch.equal, parameters, _numbers(parameters[0].dtype, widths))
    named["the parameters are still as they were"] = all(same)
    return named


def _expect_grads(*batches, **options):
    def expect():
        dx, grads = _autograd(*batches, **options)
        named = {f"dL/dx of batch {k + 1}": d for k, d in enumerate(dx)}
        if len(dx) == 1:
            named = {"dL/dx": dx[0]}
        return {
            **named,
            **dict(zip(NAMES[: len(grads)], grads, strict=True)),
            "the parameters are still as they were": True,
        }

    return expect


def _pass_case(label, *batches, hint="", **options):
    return Case(
        label=label,
        run=_run_backward_pass(*batches, **options),
        expect=_expect_grads(*batches, **options),
        hint=hint,
    )


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
        "the list of modules has stayed as it was": (
            len(network.modules) == len(modules)
            and all(map(lambda a, b: a is b, network.modules, modules))
        ),
    }


def _expect_kept():
    return {
        "backward_pass uses the list it is given and runs no module forward": True,
        "backward_pass runs each module backward once": True,
        "the number of entries in outputs afterwards": 2 * len(WIDTHS) - 2,
        "the list of outputs has stayed as it was": True,
        "the list of modules has stayed as it was": True,
    }


def _run_nested(cls, probe):
    modules = _modules()
    network = probe(cls, [probe(cls, modules[:3]), probe(cls, modules[3:])])
    outputs = network.forward_pass(X)
    dx = [probe(network.backward_pass, outputs, GRAD)]
    return _found(modules, dx, WIDTHS)


class Sequence(sequential.Sequential):
    """The base of the wrong answers: its backward calls its own backward_pass."""

    def backward(self, x, y, grad):
        return self.backward_pass(self.forward_pass(x), grad)


class SequentialForwards(Sequence):
    def backward_pass(self, outputs, grad):
        for k in range(len(self.modules)):
            grad = self.modules[k].backward(outputs[k], outputs[k + 1], grad)
        return grad


class SequentialSwapped(Sequence):
    def backward_pass(self, outputs, grad):
        for k in reversed(range(len(self.modules))):
            grad = self.modules[k].backward(outputs[k + 1], outputs[k], grad)
        return grad


class SequentialOneEarly(Sequence):
    def backward_pass(self, outputs, grad):
        for k in reversed(range(len(self.modules))):
            grad = self.modules[k].backward(outputs[k - 1], outputs[k], grad)
        return grad


class SequentialInputTwice(Sequence):
    def backward_pass(self, outputs, grad):
        for k in reversed(range(len(self.modules))):
            grad = self.modules[k].backward(outputs[k], outputs[k], grad)
        return grad


class SequentialOutputTwice(Sequence):
    def backward_pass(self, outputs, grad):
        for k in reversed(range(len(self.modules))):
            grad = self.modules[k].backward(outputs[k + 1], outputs[k + 1], grad)
        return grad


class SequentialSameGrad(Sequence):
    def backward_pass(self, outputs, grad):
        for k in reversed(range(len(self.modules))):
            dx = self.modules[k].backward(outputs[k], outputs[k + 1], grad)
        return dx


class SequentialReturnsGiven(Sequence):
    def backward_pass(self, outputs, grad):
        passed = grad
        for k in reversed(range(len(self.modules))):
            passed = self.modules[k].backward(outputs[k], outputs[k + 1], passed)
        return grad


class SequentialReturnsEarly(Sequence):
    def backward_pass(self, outputs, grad):
        for k in reversed(range(len(self.modules))):
            grad = self.modules[k].backward(outputs[k], outputs[k + 1], grad)
            return grad


class SequentialLeavesFirst(Sequence):
    def backward_pass(self, outputs, grad):
        for k in range(len(self.modules) - 1, 0, -1):
            grad = self.modules[k].backward(outputs[k], outputs[k + 1], grad)
        return grad


class SequentialLeavesLast(Sequence):
    def backward_pass(self, outputs, grad):
        for k in range(len(self.modules) - 2, -1, -1):
            grad = self.modules[k].backward(outputs[k], outputs[k + 1], grad)
        return grad


class SequentialReturnsNothing(Sequence):
    def backward_pass(self, outputs, grad):
        for k in reversed(range(len(self.modules))):
            grad = self.modules[k].backward(outputs[k], outputs[k + 1], grad)


class SequentialReturnsList(Sequence):
    def backward_pass(self, outputs, grad):
        grads = [grad]
        for k in reversed(range(len(self.modules))):
            grads.append(self.modules[k].backward(outputs[k], outputs[k + 1], grads[-1]))
        return grads


class SequentialPops(Sequence):
    def backward_pass(self, outputs, grad):
        y = outputs.pop()
        for module in reversed(self.modules):
            x = outputs.pop()
            grad = module.backward(x, y, grad)
            y = x
        return grad


class SequentialReverses(Sequence):
    def backward_pass(self, outputs, grad):
        self.modules.reverse()
        pairs = zip(self.modules, outputs[-2::-1], outputs[:0:-1], strict=True)
        for module, x, y in pairs:
            grad = module.backward(x, y, grad)
        return grad


class SequentialReversesOutputs(Sequence):
    def backward_pass(self, outputs, grad):
        outputs.reverse()
        for k, module in enumerate(reversed(self.modules)):
            grad = module.backward(outputs[k + 1], outputs[k], grad)
        return grad


class SequentialHalfReversed(Sequence):
    def backward_pass(self, outputs, grad):
        for module, x, y in zip(reversed(self.modules), outputs, outputs[1:], strict=False):
            grad = module.backward(x, y, grad)
        return grad


class SequentialRunsAgain(Sequence):
    def backward_pass(self, outputs, grad):
        outputs = self.forward_pass(outputs[0])
        for k in reversed(range(len(self.modules))):
            grad = self.modules[k].backward(outputs[k], outputs[k + 1], grad)
        return grad


class SequentialStepByStep(Sequence):
    def backward_pass(self, outputs, grad):
        for k in reversed(range(len(self.modules))):
            y = self.modules[k].forward(outputs[k])
            grad = self.modules[k].backward(outputs[k], y, grad)
        return grad


class SequentialResets(Sequence):
    def backward_pass(self, outputs, grad):
        self.zero_grad()
        for k in reversed(range(len(self.modules))):
            grad = self.modules[k].backward(outputs[k], outputs[k + 1], grad)
        return grad


class SequentialSteps(Sequence):
    def backward_pass(self, outputs, grad):
        for k in reversed(range(len(self.modules))):
            grad = self.modules[k].backward(outputs[k], outputs[k + 1], grad)
            self.modules[k].gradient_step(0.1)
        return grad


class SequentialMultiplies(Sequence):
    def backward_pass(self, outputs, grad):
        for k in reversed(range(len(self.modules))):
            dx = self.modules[k].backward(outputs[k], outputs[k + 1], grad)
            grad = dx * grad if dx.shape == grad.shape else dx
        return grad


class Plain(sequential.Sequential):
    """A base whose backward_pass looks at none of its arguments, as a reader's does not."""

    def backward_pass(self, outputs, grad):
        for k in reversed(range(len(self.modules))):
            grad = self.modules[k].backward(outputs[k], outputs[k + 1], grad)
        return grad


class SequentialBetweenLost(Plain):
    def backward(self, x, y, grad):
        return self.backward_pass([x, y], grad)


class SequentialBetweenGuessed(Plain):
    def backward(self, x, y, grad):
        return self.backward_pass([x] + [y] * len(self.modules), grad)


class SequentialFirstOnly(Plain):
    def backward(self, x, y, grad):
        return self.modules[0].backward(x, y, grad)


class SequentialBackwardResets(Plain):
    def backward(self, x, y, grad):
        self.zero_grad()
        return self.backward_pass(self.forward_pass(x), grad)


class SequentialOnes(Plain):
    def backward(self, x, y, grad):
        return self.backward_pass(self.forward_pass(x), torch.ones_like(y))


class SequentialOfOutput(sequential.Sequential):
    def backward(self, x, y, grad):
        return self.backward_pass(self.forward_pass(y), grad)


class SequentialHandsList(Plain):
    def backward(self, x, y, grad):
        return self.backward_pass(self.forward(x), grad)


class SequentialTwice(sequential.Sequential):
    def backward(self, x, y, grad):
        outputs = self.forward_pass(x)
        self.backward_pass(outputs, grad)
        return self.backward_pass(outputs, grad)


class SequentialPassesGrad(sequential.Sequential):
    def backward(self, x, y, grad):
        self.backward_pass(self.forward_pass(x), grad)
        return grad


class SequentialForgetsReturn(sequential.Sequential):
    def backward(self, x, y, grad):
        self.backward_pass(self.forward_pass(x), grad)


class SequentialOutputAsGrad(sequential.Sequential):
    def backward(self, x, y, grad):
        return self.backward_pass(self.forward_pass(x), y)


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
            label="forward_pass and forward: three layers with tanh between, as in torch.nn",
            run=_run_forward,
            expect=_expect_forward,
            hint="`forward_pass` and `forward` were given, and right; put them back.",
        ),
        Case(
            label="param, gradient_step and zero_grad reach every module",
            run=_run_handed_on,
            expect=_expect_handed_on,
            hint="`param`, `gradient_step` and `zero_grad` were given, and right; put them back.",
        ),
        _pass_case(
            "backward_pass: dL/dx and all dL/dθ equal autograd's, for 5 samples",
            (X, GRAD),
            hint=BACKWARD_HINT,
        ),
        Case(
            label="backward_pass: each module once, from the list that is given",
            run=_run_kept,
            expect=_expect_kept,
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
            activation=Sigmoid,
            hint=BACKWARD_HINT,
        ),
        _pass_case("backward_pass: a batch of one", (X[:1], GRAD[:1]), hint=BACKWARD_HINT),
        Case(
            label="backward: two batches, from x and y alone",
            run=_run_backward,
            expect=_expect_grads((X, GRAD), (X2, GRAD2)),
            hint="`backward_pass` needs the whole list of outputs. It can be had again from x.",
        ),
        Case(
            label="backward_pass and backward: float32 in, float32 out",
            run=_run_float32,
            expect=_expect_grads(
                (X.float(), GRAD.float()), (X.float(), GRAD.float()), dtype=torch.float32
            ),
            tol=1e-5,
        ),
        Case(
            label="one Sequential inside another",
            run=_run_nested,
            expect=_expect_grads((X, GRAD)),
            hint="Call the modules' own methods only: a module may be a Sequential itself.",
        ),
    ),
    mistakes=(
        Mistake(
            SequentialForwards,
            "The modules were taken from first to last. `grad` belongs to the *last* output; "
            "begin there.",
        ),
        Mistake(
            SequentialSwapped,
            "x and y have changed places: module k took in outputs[k] and put out outputs[k + 1].",
        ),
        Mistake(
            SequentialOneEarly,
            "One place too early in the list: outputs[0] is the input of the network, so module "
            "k took in outputs[k], not outputs[k − 1].",
        ),
        Mistake(
            SequentialInputTwice,
            "Every module was handed its input as x and as y. What it put out stands one place "
            "further on in the list.",
        ),
        Mistake(
            SequentialOutputTwice,
            "Every module was handed its output as x and as y. What it took in stands one place "
            "earlier in the list.",
        ),
        Mistake(
            SequentialSameGrad,
            "Every module was handed the gradient of the last output. The upstream gradient of "
            "a module is what the module *after* it has just returned.",
        ),
        Mistake(
            SequentialReturnsGiven,
            "The gradients of the parameters are right, but what is returned is the gradient "
            "as it came in. Wanted is what the first module returned.",
        ),
        Mistake(
            SequentialReturnsEarly,
            "The `return` stands inside the loop, so that only the last module is run.",
        ),
        Mistake(
            SequentialLeavesFirst,
            "The loop stops before the first module, number 0. `range(a, 0, -1)` ends at 1.",
        ),
        Mistake(
            SequentialLeavesLast,
            "The last module was left out: with L modules, the last one has number L − 1.",
        ),
        Mistake(
            SequentialReturnsNothing,
            "The modules have done their work. What the first one returned must be returned.",
        ),
        Mistake(
            SequentialReturnsList,
            "The gradients of all outputs were returned. Wanted is the last one found: that of "
            "the input.",
        ),
        Mistake(
            SequentialPops,
            "`pop` takes the entries out of the caller's list, which is empty afterwards. Read "
            "them by their numbers, or copy the list first.",
        ),
        Mistake(
            SequentialReverses,
            "`self.modules.reverse()` turns the network round for good: the next forward pass "
            "begins with the last module. `reversed(self.modules)` leaves the list alone.",
        ),
        Mistake(
            SequentialReversesOutputs,
            "`outputs.reverse()` turns the caller's list round. `reversed` and `outputs[::-1]` "
            "leave it as it was.",
        ),
        Mistake(
            SequentialHalfReversed,
            "The modules run backwards, but the outputs beside them run forwards.",
        ),
        Mistake(
            SequentialRunsAgain,
            "Modules were run forward again. What they put out is in the list already; that is "
            "what it was kept for.",
        ),
        Mistake(
            SequentialStepByStep,
            "Modules were run forward again. What they put out is in the list already; that is "
            "what it was kept for.",
        ),
        Mistake(
            SequentialResets,
            "The stored gradients were set to zero first. They must add up from call to call; "
            "when to start again is for the caller to say, with `zero_grad`.",
        ),
        Mistake(
            SequentialSteps,
            "The parameters were changed on the way. Gradients are only collected here; the "
            "step comes later.",
        ),
        Mistake(
            SequentialMultiplies,
            "What a module's `backward` returns has the upstream gradient in it already. It is "
            "not multiplied once more.",
        ),
        Mistake(
            SequentialBetweenLost,
            "[x, y] holds only what came in first and went out last. What was between is not "
            "kept, but can be computed again from x.",
        ),
        Mistake(
            SequentialBetweenGuessed,
            "The outputs between x and y are not y. They are not kept, but can be computed again "
            "from x.",
        ),
        Mistake(
            SequentialFirstOnly,
            "Only the first module was asked, and y is not what came out of it. All modules "
            "must be run back, with their own outputs.",
        ),
        Mistake(
            SequentialBackwardResets,
            "`backward` set the stored gradients to zero first. They must add up from call to "
            "call; when to start again is for the caller to say.",
        ),
        Mistake(
            SequentialOnes, "The list was run backwards from ones. Begin with the `grad` given."
        ),
        Mistake(
            SequentialOfOutput,
            "The network was run forward from its own output y. Run it from x.",
        ),
        Mistake(
            SequentialHandsList,
            "`forward` returns the last output only. `backward_pass` needs the whole list.",
        ),
        Mistake(
            SequentialTwice,
            "The list was run backwards twice, so that every gradient was added twice.",
        ),
        Mistake(
            SequentialPassesGrad,
            "What `backward` returns is dL/dy as it came in. Return what `backward_pass` found.",
        ),
        Mistake(
            SequentialForgetsReturn,
            "The work is done, and its result dropped: return what `backward_pass` found.",
        ),
        Mistake(
            SequentialOutputAsGrad,
            "The list was run backwards from y. It begins with the gradient, `grad`.",
        ),
    ),
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
CROSS = {"y": ["a", "a", "c"], "a": ["x"], "b": ["a", "x"], "c": ["b", "b"], "x": []}


SIBLINGS = {"x": [], "a": ["x", "x"], "b": ["x"], "y": ["b", "a"]}
SIBLINGS_TURNED = {"y": ["a", "b"], "b": ["x"], "a": ["x", "x"], "x": []}


def order_reversed(inputs):
    return backward_order(inputs)[::-1]


def order_breadth_first(inputs):
    order = [_output(inputs)]
    for node in order:
        order += [used for used in dict.fromkeys(inputs[node]) if used not in order]
    return order


def order_depth_first(inputs):
    order = []

    def visit(node):
        if node not in order:
            order.append(node)
            for used in inputs[node]:
                visit(used)

    visit(_output(inputs))
    return order


def order_with_repeats(inputs):
    order = [_output(inputs)]
    for node in order:
        order += inputs[node]
    return order


def order_depth_first_after(inputs):
    order = []

    def visit(node):
        if node not in order:
            for used in inputs[node]:
                visit(used)
            order.append(node)

    visit(_output(inputs))
    return order


def order_as_written(inputs):
    return list(inputs)


def order_as_written_reversed(inputs):
    return list(inputs)[::-1]


def order_sorted(inputs):
    return sorted(inputs, reverse=True)


def order_by_uses(inputs):
    uses = {node: sum(used.count(node) for used in inputs.values()) for node in inputs}
    return sorted(inputs, key=uses.get)


def order_by_shortest_way(inputs):
    distance = {_output(inputs): 0}
    queue = list(distance)
    for node in queue:
        for used in inputs[node]:
            if used not in distance:
                distance[used] = distance[node] + 1
                queue.append(used)
    return sorted(distance, key=lambda node: (distance[node], node))


def order_without_output(inputs):
    return backward_order(inputs)[1:]


def order_without_leaves(inputs):
    return [node for node in backward_order(inputs) if inputs[node]]


def order_only_output(inputs):
    return [_output(inputs)]


def order_counts_once(inputs):
    """Wait for the number of different users, but count every mention off."""
    waiting = {node: sum(node in used for used in inputs.values()) for node in inputs}
    ready = [node for node in inputs if waiting[node] == 0]
    order = []
    for node in ready:
        order.append(node)
        for used in inputs[node]:
            waiting[used] -= 1
            if waiting[used] == 0:
                ready.append(used)
    return order


def order_counts_off_once(inputs):
    """Wait for every mention, but count each user off only once."""
    waiting = {node: sum(used.count(node) for used in inputs.values()) for node in inputs}
    ready = [node for node in inputs if waiting[node] == 0]
    for node in ready:
        for used in set(inputs[node]):
            waiting[used] -= 1
            if waiting[used] == 0:
                ready.append(used)
    return ready


def order_counts_users(inputs):
    """The same, but from the end of the list of ready nodes."""
    waiting = {node: sum(node in used for used in inputs.values()) for node in inputs}
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


def order_any_user(inputs):
    """Take a node as soon as one of its users has been listed."""
    order = [_output(inputs)]
    while len(order) < len(inputs):
        for node in inputs:
            if node not in order and any(node in inputs[user] for user in order):
                order.append(node)
    return order


def order_by_inputs(inputs):
    """Take a node once all that it is computed from has been listed: the forward order."""
    order = []
    while len(order) < len(inputs):
        for node in inputs:
            if node not in order and all(used in order for used in inputs[node]):
                order.append(node)
    return order


def _output(inputs):
    """The node that nobody uses."""
    used = {node for nodes in inputs.values() for node in nodes}
    return next(node for node in inputs if node not in used)


def _run_order(inputs):
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
                raise Failure(
                    ("order", *order), f"{shown}: {node} stands in it {order.count(node)} times"
                )
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

    return run


def _order_case(inputs, label):
    return Case(
        label=label,
        run=_run_order(inputs),
        expect=lambda: {"the list has every node, each after all that use it": True},
    )


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
    mistakes=(
        Mistake(
            order_reversed,
            "The other way round: this is an order in which the values can be computed. The "
            "gradients come from the output.",
        ),
        Mistake(
            order_breadth_first,
            "Nodes were taken in the order in which they are met from the output, level by "
            "level. A node met early may be used again by one that is met later.",
        ),
        Mistake(
            order_depth_first,
            "Each node was taken when first met, and then followed to the end. When it is first "
            "met, other uses of it may still be waiting.",
        ),
        Mistake(
            order_with_repeats,
            "A node was listed once for each use. It has one turn, after the last of them.",
        ),
        Mistake(
            order_depth_first_after,
            "Each node was listed after all that it is computed *from*: the forward order.",
        ),
        Mistake(
            order_as_written,
            "This is the order in which the dictionary happens to list the nodes. Nothing is "
            "said about that order.",
        ),
        Mistake(
            order_as_written_reversed,
            "This is the dictionary's order, reversed. Nothing is said about that order.",
        ),
        Mistake(order_sorted, "The names were sorted. They may be any names."),
        Mistake(
            order_by_uses,
            "Sorted by the number of uses. A node used once may still have to wait long for it.",
        ),
        Mistake(
            order_by_shortest_way,
            "Sorted by the *shortest* way to the output. There may be a longer way to it, too, "
            "and a gradient that comes along that.",
        ),
        Mistake(order_without_output, "The output itself is a node as well, the first."),
        Mistake(
            order_without_leaves,
            "Nodes that are computed from nothing were left out. Their gradients are wanted "
            "most of all.",
        ),
        Mistake(
            order_only_output,
            "Only the output is in the list. When it has had its turn, which nodes become ready?",
        ),
        Mistake(
            order_counts_once,
            "A node that another uses twice was counted once and counted off twice, so that it "
            "came too early, or never. Count mentions both times, or users both times.",
        ),
        Mistake(
            order_counts_users,
            "A node was counted once for each node that uses it, and counted off once for each "
            "mention. If one node uses it twice, it comes too early.",
        ),
        Mistake(
            order_counts_off_once,
            "A node that another uses twice was counted twice and counted off once, so that it "
            "never became ready. Count mentions both times, or users both times.",
        ),
        Mistake(
            order_any_user,
            "A node was taken as soon as *one* of its users had been there. All of them must "
            "have been.",
        ),
        Mistake(
            order_by_inputs,
            "A node was taken once all that it is computed *from* was in the list. On the way "
            "back it waits for those that use it.",
        ),
    ),
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


def _expect_residual_activations():
    found = {}
    for name, function in (("tanh", torch.tanh), ("ReLU", torch.relu)):
        leaf = RX.clone().requires_grad_()
        (leaf + function(leaf)).backward(RGRAD)
        found[f"dL/dx around {name}"] = leaf.grad
    found["dL/dx around a module that returns x itself"] = 2 * RGRAD
    return found


def _run_residual_linear(*batches, dtype=torch.float64):
    def run(cls, probe):
        layer = _linear(dtype)
        module = probe(cls, layer)
        dx = []
        for x, grad in batches:
            y = x + torch.nn.functional.linear(x, layer.weight, layer.bias)
            dx.append(probe(module.backward, x, y, grad))
        return {
            "dL/dx": dx[-1],
            "dL/dW of the inner layer": layer.weight_grad,
            "dL/db of the inner layer": layer.bias_grad,
        }

    return run


def _run_residual_float32(cls, probe):
    x, grad = RX.float(), RGRAD.float()
    return {
        "y": probe(probe(cls, _linear(torch.float32)).forward, x),
        **_run_residual_linear((x, grad), dtype=torch.float32)(cls, probe),
    }


def _expect_residual_float32():
    x, grad = RX.float(), RGRAD.float()
    return {
        "y": x + torch.nn.functional.linear(x, WEIGHT.float(), BIAS.float()),
        **_expect_residual_linear((x, grad), dtype=torch.float32)(),
    }


def _expect_residual_linear(*batches, dtype=torch.float64):
    def expect():
        weight = WEIGHT.clone().to(dtype).requires_grad_()
        bias = BIAS.clone().to(dtype).requires_grad_()
        for x, grad in batches:
            leaf = x.clone().requires_grad_()
            (leaf + torch.nn.functional.linear(leaf, weight, bias)).backward(grad)
        return {
            "dL/dx": leaf.grad,
            "dL/dW of the inner layer": weight.grad,
            "dL/db of the inner layer": bias.grad,
        }

    return expect


def _run_residual_param(cls, probe):
    layer = _linear()
    module = probe(cls, layer)
    pairs = probe(module.param)
    layer.weight_grad.copy_(WEIGHT * WEIGHT)
    module.gradient_step(0.5)
    module.zero_grad()
    ours = [tensor for pair in pairs for tensor in pair]
    theirs = [tensor for pair in layer.param() for tensor in pair]
    return {
        "the number of pairs in param()": len(pairs),
        "param() hands out the inner module's own tensors": (
            len(ours) == len(theirs) and all(map(lambda a, b: a is b, ours, theirs))
        ),
        "W after gradient_step(0.5)": layer.weight,
        "dL/dW after zero_grad": layer.weight_grad,
    }


def _expect_residual_param():
    return {
        "the number of pairs in param()": 2,
        "param() hands out the inner module's own tensors": True,
        "W after gradient_step(0.5)": WEIGHT - 0.5 * WEIGHT * WEIGHT,
        "dL/dW after zero_grad": torch.zeros(3, 3, dtype=torch.float64),
    }


class ResidualWithoutX(Residual):
    def forward(self, x):
        return self.inner.forward(x)


class ResidualTwiceInner(Residual):
    def forward(self, x):
        return self.inner.forward(x + self.inner.forward(x))


class ResidualProduct(Residual):
    def forward(self, x):
        return x * self.inner.forward(x)


class ResidualMinus(Residual):
    def forward(self, x):
        return x - self.inner.forward(x)


class ResidualInPlace(Residual):
    def forward(self, x):
        x += self.inner.forward(x)
        return x


class ResidualInnerInPlace(Residual):
    def forward(self, x):
        y = self.inner.forward(x)
        y += x
        return y


class ResidualInnerPathOnly(Residual):
    def backward(self, x, y, grad):
        return self.inner.backward(x, self.inner.forward(x), grad)


class ResidualStraightPathOnly(Residual):
    def backward(self, x, y, grad):
        self.inner.backward(x, self.inner.forward(x), grad)
        return grad


class ResidualSkipsInner(Residual):
    def backward(self, x, y, grad):
        return grad


class ResidualDoubled(Residual):
    def backward(self, x, y, grad):
        self.inner.backward(x, self.inner.forward(x), grad)
        return 2 * grad


class ResidualMultiplied(Residual):
    def backward(self, x, y, grad):
        return grad * self.inner.backward(x, self.inner.forward(x), grad)


class ResidualOnePlus(Residual):
    def backward(self, x, y, grad):
        return 1 + self.inner.backward(x, self.inner.forward(x), grad)


class ResidualPlusX(Residual):
    def backward(self, x, y, grad):
        return x + self.inner.backward(x, self.inner.forward(x), grad)


class ResidualWholeOutput(Residual):
    def backward(self, x, y, grad):
        return grad + self.inner.backward(x, y, grad)


class ResidualExchanged(Residual):
    def backward(self, x, y, grad):
        return grad + self.inner.backward(self.inner.forward(x), x, grad)


class ResidualFromOutput(Residual):
    def backward(self, x, y, grad):
        return grad + self.inner.backward(y, self.inner.forward(y), grad)


class ResidualResets(Residual):
    def backward(self, x, y, grad):
        self.inner.zero_grad()
        return grad + self.inner.backward(x, self.inner.forward(x), grad)


class ResidualChained(Residual):
    def backward(self, x, y, grad):
        inner = self.inner.forward(x)
        grad_x = self.inner.backward(x, inner, grad)
        return grad + self.inner.backward(x, inner, grad_x)


class ResidualBackTwice(Residual):
    def backward(self, x, y, grad):
        inner = self.inner.forward(x)
        self.inner.backward(x, inner, grad)
        return grad + self.inner.backward(x, inner, grad)


class ResidualOneAfterOther(Residual):
    def backward(self, x, y, grad):
        return self.inner.backward(x, self.inner.forward(x), 2 * grad)


class ResidualAveraged(Residual):
    def backward(self, x, y, grad):
        return (grad + self.inner.backward(x, self.inner.forward(x), grad)) / 2


class ResidualGradInPlace(Residual):
    def backward(self, x, y, grad):
        grad += self.inner.backward(x, self.inner.forward(x), grad)
        return grad


class ResidualWithoutParam(Residual):
    def param(self):
        return []


class ResidualCopiedParam(Residual):
    def param(self):
        return [(parameter.clone(), grad.clone()) for parameter, grad in self.inner.param()]


class ResidualKeeps(Residual):
    def forward(self, x):
        self.y_inner = self.inner.forward(x)
        return x + self.y_inner


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
            label="forward: x + inner(x), around a linear layer and around tanh",
            run=_run_residual_forward,
            expect=lambda: {
                "y around a linear layer": RX + torch.nn.functional.linear(RX, WEIGHT, BIAS),
                "y around tanh": RX + torch.tanh(RX),
                "y around a module that returns x itself": 2 * RX,
            },
            hint="The output of the inner module, and x itself, added.",
        ),
        Case(
            label="backward: around a linear layer, all gradients equal autograd's",
            run=_run_residual_linear((RX, RGRAD)),
            expect=_expect_residual_linear((RX, RGRAD)),
            hint=RESIDUAL_HINT,
        ),
        Case(
            label="backward: around tanh and around ReLU, which need their own output",
            run=_run_residual_activations,
            expect=_expect_residual_activations,
            hint="`inner.backward` wants three things: what went into the inner module, what "
            "came out of *it*, and the gradient of that.",
        ),
        Case(
            label="backward: two batches, the gradients of the inner layer add up",
            run=_run_residual_linear((RX, RGRAD), (RX2, RGRAD2)),
            expect=_expect_residual_linear((RX, RGRAD), (RX2, RGRAD2)),
            hint=RESIDUAL_HINT,
        ),
        Case(
            label="backward: a batch of one",
            run=_run_residual_linear((RX[:1], RGRAD[:1])),
            expect=_expect_residual_linear((RX[:1], RGRAD[:1])),
            hint=RESIDUAL_HINT,
        ),
        Case(
            label="forward and backward: float32 in, float32 out",
            run=_run_residual_float32,
            expect=_expect_residual_float32,
            hint=RESIDUAL_HINT,
            tol=1e-5,
        ),
        Case(
            label="param, and with it gradient_step and zero_grad, reach the inner module",
            run=_run_residual_param,
            expect=_expect_residual_param,
            hint="The residual has no parameters of its own. Those of the inner module are to "
            "be trained, so they must be in the list.",
        ),
    ),
    mistakes=(
        Mistake(ResidualWithoutX, "x itself is missing: y is x *plus* what the inner module says."),
        Mistake(
            ResidualTwiceInner,
            "The sum was sent through the inner module once more. It is the output already.",
        ),
        Mistake(ResidualProduct, "x was multiplied; it is added."),
        Mistake(ResidualMinus, "The inner output was taken off; it is added."),
        Mistake(
            ResidualInPlace,
            "`x += …` writes into the caller's tensor, which is still needed on the way back. "
            "Make a new one.",
        ),
        Mistake(
            ResidualInnerInPlace,
            "x was added into the inner module's output, in place. A module may return x itself, "
            "and then x changes. Make a new tensor: `a + b`.",
        ),
        Mistake(
            ResidualInnerPathOnly,
            "Only the way through the inner module was taken back. x has another one into y, "
            "past it.",
        ),
        Mistake(
            ResidualStraightPathOnly,
            "Only the straight way was taken back. What `inner.backward` returns belongs to "
            "dL/dx as well.",
        ),
        Mistake(
            ResidualSkipsInner,
            "The inner module's `backward` was not called: its parameters get no gradient, and "
            "its share of dL/dx is missing.",
        ),
        Mistake(
            ResidualDoubled,
            "`grad` was counted once for each way. On the way through the inner module it is "
            "changed: take what `inner.backward` returns.",
        ),
        Mistake(
            ResidualMultiplied,
            "The gradients of the two ways were multiplied. Where ways part going forward, "
            "gradients add up going back.",
        ),
        Mistake(
            ResidualOnePlus,
            "1 is the slope of the straight way. The chain rule multiplies it by the upstream "
            "gradient.",
        ),
        Mistake(
            ResidualPlusX,
            "x was added, as on the way forward. What comes back on the straight way is a "
            "gradient.",
        ),
        Mistake(
            ResidualWholeOutput,
            "The inner module was handed y as its output. But y is x plus its output.",
        ),
        Mistake(
            ResidualExchanged,
            "The inner module's input and output were handed over the wrong way round.",
        ),
        Mistake(
            ResidualFromOutput,
            "The inner module was asked at y. What went into it was x.",
        ),
        Mistake(
            ResidualResets,
            "The inner module's gradients were set to zero first. They must add up from call to "
            "call; when to start again is for the caller to say.",
        ),
        Mistake(
            ResidualChained,
            "`inner.backward` was called a second time, on its own result. The gradient passes "
            "the inner module once.",
        ),
        Mistake(
            ResidualBackTwice,
            "`inner.backward` was called twice, so that its parameters' gradients were added "
            "twice.",
        ),
        Mistake(
            ResidualOneAfterOther,
            "Everything was sent through the inner module, with twice the gradient. One share "
            "goes past it.",
        ),
        Mistake(ResidualAveraged, "The two ways were averaged. They add up."),
        Mistake(
            ResidualGradInPlace,
            "`grad += …` writes into the caller's gradient. Make a new tensor.",
        ),
        Mistake(
            ResidualWithoutParam,
            "The list of parameters is empty, so the inner module would never be trained.",
        ),
        Mistake(
            ResidualCopiedParam,
            "`param` hands out copies. A step would change the copies and leave the inner "
            "module as it is.",
        ),
        Mistake(
            ResidualKeeps,
            "The inner output was stored between the calls. In this framework nothing is: it "
            "can be had again from x, which `backward` is handed.",
        ),
    ),
)

# --- kept_numbers ----------------------------------------------------------------


def kept_numbers(widths, batch_size):
    """Count the numbers in the list of outputs for one mini-batch.

    The input and the last output are there once; each hidden layer twice, before its
    activation and after it.
    """
    return batch_size * (widths[0] + 2 * sum(widths[1:-1]) + widths[-1])


def kept_without_input(widths, batch_size):
    return batch_size * (2 * sum(widths[1:-1]) + widths[-1])


def kept_without_output(widths, batch_size):
    return batch_size * (widths[0] + 2 * sum(widths[1:-1]))


def kept_layers_only(widths, batch_size):
    return batch_size * sum(widths)


def kept_all_twice(widths, batch_size):
    return batch_size * 2 * sum(widths)


def kept_last_activated(widths, batch_size):
    return batch_size * (widths[0] + 2 * sum(widths[1:]))


def kept_one_sample(widths, batch_size):
    return widths[0] + 2 * sum(widths[1:-1]) + widths[-1]


def kept_parameters(widths, batch_size):
    return sum(a * b + b for a, b in zip(widths[:-1], widths[1:], strict=True))


def kept_with_parameters(widths, batch_size):
    return kept_numbers(widths, batch_size) + kept_parameters(widths, batch_size)


def kept_batch_once(widths, batch_size):
    return batch_size * widths[0] + 2 * sum(widths[1:-1]) + widths[-1]


def kept_tensors(widths, batch_size):
    return 2 * (len(widths) - 1)


def kept_last_only(widths, batch_size):
    return batch_size * widths[-1]


def kept_activations_only(widths, batch_size):
    return batch_size * sum(widths[1:-1])


def kept_input_twice(widths, batch_size):
    return batch_size * (2 * sum(widths[:-1]) + widths[-1])


def _kept_case(widths, batch_size, label):
    def expect():
        """The oracle: build the network in torch.nn, run it, count."""
        y = torch.zeros(batch_size, widths[0])
        count = y.numel()
        for k, (a, b) in enumerate(zip(widths[:-1], widths[1:], strict=True)):
            y = torch.nn.functional.linear(y, torch.zeros(b, a))
            count += y.numel()
            if k < len(widths) - 2:
                y = torch.relu(y)
                count += y.numel()
        return {"the count": count}

    return Case(
        label=label,
        run=lambda kept, probe: {"the count": probe(kept, list(widths), batch_size)},
        expect=expect,
        hint="Write down the list for one sample: the input, what the first layer puts out, "
        "what its activation puts out, and so on. Every entry has as many numbers as columns, "
        "for each sample.",
    )


KEPT_NUMBERS = Exercise(
    number="5.4",
    solution=kept_numbers,
    cases=(
        _kept_case((3, 5, 2), 7, "3 → 5 → 2, batch of 7"),
        _kept_case((2, 6, 4, 3), 10, "2 → 6 → 4 → 3, batch of 10"),
        _kept_case((4, 3), 5, "a single layer, 4 → 3, batch of 5"),
        _kept_case((2, 25, 25, 25, 25, 2), 100, "the paper's network, batch of 100"),
    ),
    mistakes=(
        Mistake(kept_without_input, "The input is missing. It is the first entry of the list."),
        Mistake(kept_without_output, "The last output is missing. It is in the list as well."),
        Mistake(
            kept_layers_only,
            "Only what the linear layers take in and put out was counted. What an activation "
            "puts out is an entry of its own.",
        ),
        Mistake(
            kept_all_twice,
            "Everything was counted twice. Twice there are only the hidden layers, before and "
            "after their activation.",
        ),
        Mistake(
            kept_last_activated,
            "An activation was counted behind the last layer, too. There is none.",
        ),
        Mistake(
            kept_one_sample, "That is the list for one sample. There is a whole batch of them."
        ),
        Mistake(
            kept_parameters,
            "These are the parameters. What is kept are the outputs of the modules.",
        ),
        Mistake(
            kept_with_parameters,
            "The parameters were counted as well. They are in the layers, not in the list.",
        ),
        Mistake(
            kept_batch_once,
            "Only the input was multiplied by the batch size. Brackets: every entry of the list "
            "has a row for each sample.",
        ),
        Mistake(
            kept_tensors,
            "That is the number of tensors in the list. Count the numbers in them.",
        ),
        Mistake(kept_last_only, "That is the last entry of the list alone."),
        Mistake(
            kept_activations_only,
            "Only the outputs of the activations were counted. What the linear layers put out, "
            "and the input, are in the list as well.",
        ),
        Mistake(
            kept_input_twice,
            "The input was counted twice. It goes through no activation before the first layer.",
        ),
    ),
)

EXERCISES = {
    "sequential": SEQUENTIAL,
    "backward-order": BACKWARD_ORDER,
    "residual": RESIDUAL,
    "kept-numbers": KEPT_NUMBERS,
}
