"""Exercises of chapter 03: parameters, the backward pass, per-sample gradients, Xavier."""

import torch
from torch.nn import functional

from ... import linear
from ..exercise import Case, Exercise
from ..probe import Failure
from ._shared import autograd, randn, returns

# --- count_parameters ------------------------------------------------------------


def count_parameters(widths):
    """Count weights and biases of linear layers with the given widths.

    ``widths`` lists the columns from the input to the output: a network of L
    layers has L + 1 of them.
    """
    total = 0
    for in_features, out_features in zip(widths[:-1], widths[1:], strict=True):
        total += out_features * in_features + out_features
    return total


def _count_case(widths, label, hint):
    def expect():
        pairs = zip(widths, widths[1:], strict=False)
        layers = [torch.nn.Linear(a, b, device="meta") for a, b in pairs]
        return sum(p.numel() for layer in layers for p in layer.parameters())

    return returns(label, "the count", (widths,), expect, hint)


COUNT_PARAMETERS = Exercise(
    number="3.1",
    solution=count_parameters,
    cases=(
        _count_case(
            [3, 4, 2, 8],
            "three layers of different sizes, widths 3, 4, 2 and 8",
            "Neighbours in widths make a layer: a weight for each pair of an input and an output, "
            "a bias for each output. All widths may differ, and nothing else has parameters.",
        ),
        _count_case(
            [4098, 4097],
            "one layer, from 4098 to 4097 features",
            "Right for three layers. What does not fit a single one, is left from before, or holds "
            "no large number exactly (float32, 8 bits)?",
        ),
        _count_case(
            [2, 25, 25, 25, 25, 2],
            "the paper's network",
            "Right for different widths. What goes wrong with five layers, or where two are alike?",
        ),
    ),
    mistakes="""
in_features + out_features => in_features
# The biases are missing.

in_features + out_features => in_features + in_features
# A bias was counted for each input of a layer. There is one for each output.

in_features + out_features => in_features + 1
# A layer has not one bias but one for each output.

return total => return total + widths[0]
# The input, widths[0], has no biases: it is not computed by a layer.

widths[:-1], widths[1:] => widths[:-2], widths[1:-1]
# The last layer was left out.

return total => return total - widths[-1]
# The last layer has biases too.

total += => return
# Only the first layer was counted. Does the function return from inside the loop?

widths[:-1], widths[1:] => widths[::2], widths[1::2]
# Every other layer was left out: the output of one is the input of the next.

in_features + out_features => (in_features + 1) + in_features + 1
# (in + 1) · (out + 1) also counts a bias for each input. It is (in + 1) · out.

out_features * in_features + => out_features + in_features +
or
out_features * in_features => in_features
# The two widths of a layer multiply: there is a weight for each *pair* of an input and an output.

def count_parameters(widths):
    return sum(widths[i + 1] * (widths[i] + 1) for i in range(len(widths)))
or
def count_parameters(widths):
    return sum(widths[i] * (widths[i - 1] + 1) for i in range(len(widths)))
# There is a layer less than there are widths, `range(len(widths) - 1)`, and none from the last
# width back to the first: widths[-1] is the last one.

return total => return 2077
# This is the number for the paper's network, and widths is not used.

total += => total =
# Only the last layer was counted: is the total set anew in every turn of the loop?

return total => return math.prod(widths)
or
return total => return math.prod(widths) + sum(widths[1:])
# The widths of one layer multiply; the layers add up.

out_features * in_features => out_features * out_features
or
out_features * in_features => in_features * in_features
or
widths[1:] => widths[:-1]
# A layer has as many weights as inputs *times* outputs; its two sizes may differ.
""",
)

# --- Linear.backward -------------------------------------------------------------

N, IN, OUT = 5, 3, 4
X, GRAD = randn(N, IN, seed=1), randn(N, OUT, seed=4)
PARAMETERS = randn(OUT, IN, seed=2), randn(OUT, seed=3)
X2, GRAD2 = randn(2, IN, seed=5), randn(2, OUT, seed=6)
OTHER_X, OTHER_GRAD = randn(1, 6, seed=7), randn(1, 2, seed=10)
OTHER_PARAMETERS = randn(2, 6, seed=8), randn(2, seed=9)


def _layer(cls, probe, weight, bias):
    out_features, in_features = weight.shape
    layer = probe(cls, in_features, out_features, dtype=weight.dtype)
    layer.weight.copy_(weight)
    layer.bias.copy_(bias)
    return layer


def _run_given(cls, probe):
    """Everything but backward: a reader may have changed it by accident."""
    layer = _layer(cls, probe, *PARAMETERS)
    y = probe(layer.forward, X)
    own = [layer.weight, layer.weight_grad, layer.bias, layer.bias_grad]
    listed = [tensor for pair in layer.param() for tensor in pair]
    layer.weight_grad.fill_(2.0)
    layer.gradient_step(0.5)
    stepped = torch.allclose(layer.weight, PARAMETERS[0] - 1.0)
    layer.zero_grad()
    statements = {
        "`forward` gives x Wᵀ + b": torch.allclose(y, functional.linear(X, *PARAMETERS)),
        "`param()` lists the layer's own weight and bias with their gradients": (
            len(own) == len(listed) and all(map(lambda a, b: a is b, own, listed))
        ),
        "`zero_grad` sets the stored gradients to zero": (
            not (layer.weight_grad.any() or layer.bias_grad.any())
        ),
        "`gradient_step(lr)` takes away lr times the gradient": stepped,
    }
    for init in ("xavier", "xavier_all", "torch"):
        seeds = [torch.Generator().manual_seed(11) for _ in range(2)]
        options = {"init": init, "dtype": torch.float64}
        drawn = probe(cls, IN, OUT, generator=seeds[0], **options)
        ours = linear.Linear(IN, OUT, generator=seeds[1], **options)
        statements[f"with init='{init}' weight and bias are drawn as in the stub"] = all(
            map(torch.allclose, (drawn.weight, drawn.bias), (ours.weight, ours.bias))
        )
    for statement, holds in statements.items():
        if not holds:
            hint = "It was given, and right: put it back as it was."
            raise Failure(("given", statement), f"this does not hold: {statement}", hint)
    return {}


def _backward_case(label, *batches, hint="", tol=1e-9, parameters=PARAMETERS):
    """Go forward with all batches first, then backward: nothing may be remembered."""

    def run(cls, probe):
        layer = _layer(cls, probe, *parameters)
        stored = layer.weight_grad, layer.bias_grad
        ys = [probe(layer.forward, x) for x, _ in batches]
        for (x, grad), y in zip(batches, ys, strict=True):
            dx = probe(layer.backward, x, y, grad)
        return {
            "the weight, which is to stay as it is,": layer.weight,
            "the bias, which is to stay as it is,": layer.bias,
            "dL/dx": dx,
            "weight_grad": layer.weight_grad,
            "bias_grad": layer.bias_grad,
            "weight_grad is still the same tensor": layer.weight_grad is stored[0],
            "bias_grad is still the same tensor": layer.bias_grad is stored[1],
        }

    def expect():
        found = [autograd(functional.linear, x, *parameters, grad=grad) for x, grad in batches]
        dx, weight_grad, bias_grad = zip(*found, strict=True)
        return {
            "dL/dx": dx[-1],
            "weight_grad": sum(weight_grad),
            "bias_grad": sum(bias_grad),
            "the weight, which is to stay as it is,": parameters[0],
            "the bias, which is to stay as it is,": parameters[1],
        }

    return Case(label, run, expect, hint, tol)


LINEAR = Exercise(
    number="3.2",
    parts=("backward",),
    given=1,
    solution=linear.Linear,
    cases=(
        Case("the parts that were given are as they were", _run_given),
        _backward_case(
            "backward: dL/dx, dL/dW and dL/db equal autograd's, for 5 samples, 3 → 4 features",
            (X, GRAD),
            hint=(
                (
                    "the (weight|bias), which",
                    "`backward` only adds up gradients; the step is taken in `gradient_step`.",
                ),
                (
                    ".*",
                    "dL/dx, which is returned, is made of grad and W, weight_grad of grad and x, "
                    "bias_grad of grad, over all samples; y comes in nowhere. Work out an entry by "
                    "hand from the sums in the text: which line of yours does something else?",
                ),
            ),
        ),
        _backward_case(
            "backward: called for three batches, the gradients add up",
            (X, GRAD),
            (X2, GRAD2),
            (X.flip(0), -GRAD),
            hint="With one batch it was right. Is each stored gradient added to in every call, and "
            "not overwritten? Or what does a new layer find that another has left behind?",
        ),
        _backward_case(
            "backward: other sizes, one sample, 6 → 2 features",
            (OTHER_X, OTHER_GRAD),
            hint="Right for 5 samples, 3 → 4 features. What in your code fits only those sizes, or "
            "fails for a single sample, as `squeeze` does?",
            parameters=OTHER_PARAMETERS,
        ),
        _backward_case(
            "backward: float32 in, float32 out",
            (X.float(), GRAD.float()),
            parameters=tuple(parameter.float() for parameter in PARAMETERS),
            tol=1e-5,
        ),
        _backward_case(
            "backward: 25 samples, 25 → 25 features",
            (randn(25, 25, seed=12), randn(25, 25, seed=13)),
            hint="Right where the sizes differ. Is a product, or a transpose, chosen by what fits?",
            parameters=(randn(25, 25, seed=14), randn(25, seed=15)),
        ),
    ),
    mistakes="""
weight_grad.addmm_(grad.t(), x) => weight_grad = self.weight_grad + grad.t() @ x
bias_grad.add_(grad.sum(0)) => bias_grad = self.bias_grad + grad.sum(0)
or
bias_grad.add_(grad.sum(0)) => bias_grad = self.bias_grad + grad.sum(0)
or
weight_grad.addmm_(grad.t(), x) => weight_grad = grad.t() @ x
bias_grad.add_(grad.sum(0)) => bias_grad = grad.sum(0)
# `self.weight_grad = …` and `self.bias_grad = …` put a new tensor in the place of the old one.
# Whoever holds the old one, as `param()` hands it out, never sees the change. Add in place: `+=`
# or `addmm_`.

addmm_ => addmm
add_ => add
or
addmm_ => addmm
or
add_ => add
# A stored gradient is still zero: nothing was added to it in place, or a `return` stands first.
# (`a.add(b)` returns a new tensor and leaves a as it was; `a.add_(b)`, with the
# underscore, and `a += b` change a.)

weight_grad.addmm_(grad.t(), x) => weight_grad -= grad.t() @ x
add_ => sub_
# A sign: gradients are added here. The minus comes in the step.

grad.sum(0) => grad.sum(0) * self.bias
or
addmm_(grad.t(), x) => addmm_(grad.t(), x).add_(self.weight)
# The derivative of x Wᵀ + b with respect to W, or to b, holds no W and no b.

mm(self.weight) => mm(self.weight_grad)
# dL/dx was made with weight_grad. It is the weight itself that x is multiplied by.

addmm_(grad.t(), x) => copy_(grad.t() @ x)
add_ => copy_
# Only the last call's gradients are left. Were they overwritten, or set to zero, in `backward`?
# Every call must *add* to them.

weight_grad.addmm_(grad.t(), x) => weight_grad = x.t() @ grad
or
weight_grad.addmm_(grad.t(), x) => weight_grad += x.t() @ grad
or
weight_grad.addmm_(grad.t(), x) => weight_grad += grad.t() @ y
or
grad.t(), x => x.t(), grad
or
grad.t(), x => grad.t(), y
# What is added to weight_grad must have its shape, (out, in): it is made of grad, (N, out),
# transposed, and of x, (N, in), in this order.

grad.mm(self.weight) => grad @ self.weight.t()
# On the way forward W is transposed, on the way back it is not: (N, out) times (out, in) gives
# (N, in).

addmm_(grad.t(), x) => addmm_(grad.t(), x / len(x))
grad.sum(0) => grad.mean(0)
or
addmm_(grad.t(), x) => addmm_(grad.t(), x / len(x))
or
grad.sum(0) => grad.mean(0)
# The gradient was averaged over the batch. The layer adds up; whether the loss is a mean is the
# loss's affair, and already in grad.

grad.sum(0) => grad.sum()
# grad was summed over samples *and* outputs. Each output has its own bias: sum over the samples
# only, dimension 0.

bias_grad.add_(grad.sum(0)) => bias_grad += grad.sum(1)
# The sum runs over the outputs, dimension 1. It must run over the samples, dimension 0.

return torch.addmm => self.x = x
    return torch.addmm
addmm_(grad.t(), x) => addmm_(grad.t(), self.x)
# Nothing need be kept: `backward` is handed x. With two batches on the way, the kept one is the
# wrong one.
""",
)

# --- per_sample_weight_grads -----------------------------------------------------


def per_sample_weight_grads(x, grad):
    """Return each sample's own dL/dW, shape (N, out, in), from x (N, in) and grad (N, out)."""
    return grad[:, :, None] * x[:, None, :]


def _per_sample_case(label, *batches, hint="", tol=1e-9):
    """Each batch is (x, grad)."""
    names = [f"the gradients of batch {k + 1}" for k in range(len(batches))]

    def oracle(x, grad):
        """Autograd on one sample at a time."""
        weight = torch.zeros(grad.shape[1], x.shape[1], dtype=x.dtype)
        pairs = zip(x.split(1), grad.split(1), strict=True)
        return torch.stack([autograd(functional.linear, a, weight, grad=g)[1] for a, g in pairs])

    return Case(
        label,
        lambda gradients, probe: {
            n: probe(gradients, *b) for n, b in zip(names, batches, strict=True)
        },
        lambda: {n: oracle(*b) for n, b in zip(names, batches, strict=True)},
        hint,
        tol,
    )


PER_SAMPLE = Exercise(
    number="3.3",
    solution=per_sample_weight_grads,
    cases=(
        _per_sample_case(
            "5 samples, 3 → 4 features: equals autograd on one sample at a time",
            (X, GRAD),
            hint="For sample n the entry for output j and input i is grad[n, j] · x[n, i], of this "
            "sample alone and as it is: N matrices of out rows and in columns.",
        ),
        _per_sample_case(
            "the first sizes again, with other numbers",
            (X, GRAD),
            (X.flip(0), -GRAD),
            hint="Right when it was called first. Was something kept from the call before?",
        ),
        _per_sample_case(
            "other sizes: one sample, 6 → 2 features; three, 3 → 3",
            (OTHER_X, OTHER_GRAD),
            (X[:3], GRAD[:3, :3]),
            hint="Right for 5 samples, 3 → 4 features. What in your code fits only those sizes?",
        ),
        _per_sample_case("float32 in, float32 out", (X.float(), GRAD.float()), tol=1e-5),
    ),
    mistakes="""
grad[:, :, None] * x[:, None, :] => x[:, :, None] * grad[:, None, :]
# Each sample's matrix is transposed: outputs are its rows, inputs its columns.

grad[:, :, None] * x[:, None, :] => grad.t() @ x
# These are summed over the samples already. Here each sample's is wanted by itself.

grad[:, :, None] * x[:, None, :] =>
    (x[:, :, None] * grad[:, None, :]).reshape(len(x), grad.shape[1], -1)
# `reshape` (or `view`) deals the numbers out row by row into another shape; they land in wrong
# places. `transpose(1, 2)` changes rows and columns.

* => +
# The two numbers are multiplied, not added.

grad[:, :, None] * x[:, None, :] => -grad[:, :, None] * x[:, None, :]
# A sign: these are the gradients themselves. The minus comes in the step.

grad[:, :, None] * x[:, None, :] => (grad[-1:, :, None] * x[-1:, None, :]).repeat(len(x), 1, 1)
# All samples show the last one's: was one tensor written into and put into the list again and
# again? Make a new one in every turn.

grad[:, :, None] * x[:, None, :] => (grad[:, :, None] * x[:, None, :]).cumsum(0)
# To each sample's matrix those of the samples before it were added. Begin anew for every sample.

grad[:, :, None] => grad.sum(0)[None, :, None]
or
x[:, None, :] => x.sum(0)[None, None, :]
# grad, or x, was summed over the batch first. Sample n meets its own row of each only.

grad[:, :, None] * x[:, None, :] => grad[:, None, :, None] * x[None, :, None, :]
# Every sample met every other one. Sample n meets itself only.

grad[:, :, None] * x[:, None, :] => torch.cat(list(grad[:, :, None] * x[:, None, :]))
# The matrices were joined one below the other. `torch.stack` gives each its own place along a
# new first dimension.

grad[:, :, None] * x[:, None, :] => (grad[:, :, None] * x[:, None, :]).squeeze()
# `squeeze` takes away every dimension of size 1, and so the first one of a batch of one.

x[:, None, :] => x
# grad has the shape (N, out, 1) that it needs; x still needs a new dimension in the middle,
# (N, 1, in).
""",
)

# --- xavier_std ------------------------------------------------------------------


def _std_case(in_features, out_features, hint):
    def expect():
        """Bisection: σ at which the mean of both factors by which variances grow is 1."""
        low, high = 0.0, 2.0
        for _ in range(60):
            middle = (low + high) / 2
            mean = (in_features * middle**2 + out_features * middle**2) / 2
            low, high = (middle, high) if mean < 1 else (low, middle)
        return low

    label = f"{in_features} → {out_features} features: both factors have the mean 1"
    return returns(label, "σ", (in_features, out_features), expect, hint)


XAVIER_STD = Exercise(
    number="3.4",
    solution=linear.xavier_std,
    cases=(
        _std_case(
            3,
            10,
            "Forward wants in · σ² = 1, backward wants out · σ² = 1. Set the mean of both left "
            "sides to 1 and solve for σ, which is positive.",
        ),
        _std_case(
            25,
            2,
            "Right for 3 → 10 features. What fits those alone, must the second size be the larger, "
            "or was the first σ kept?",
        ),
        _std_case(25, 25, "Right for 25 → 2. Is there a quotient 0 / 0 here, or something kept?"),
        _std_case(1, 1, "Right for larger layers. A search must begin wide enough: here σ is 1."),
    ),
    mistakes="""
math.sqrt(2 / (in_features + out_features)) => 2 / (in_features + out_features)
or
math.sqrt(2 / (in_features + out_features)) => (2 / (in_features + out_features)) ** 1 / 2
# This is σ², the variance, or half of it. The standard deviation is its root: `math.sqrt(…)`, or
# `** 0.5`, as `** 1 / 2` takes the first power and halves it.

2 / (in_features + out_features) => 1 / in_features
or
2 / (in_features + out_features) => 1 / out_features
or
2 / (in_features + out_features) => 1 / max(in_features, out_features)
or
2 / (in_features + out_features) => 1 / min(in_features, out_features)
# This keeps one condition alone, that of the way forward or of the way back. The mean of both
# factors is to be 1.

(in_features + out_features) => in_features
# This is He's initialisation, which makes up for the half that ReLU cuts off. Xavier's asks for
# a compromise of both sizes.

sqrt(2 => sqrt(6
# This is the limit of Xavier's *uniform* distribution. Its standard deviation is smaller by √3.

sqrt(2 => sqrt(1
or
sqrt(2 => sqrt(0.5
# A factor: it is the *mean* of in and out, (in + out) / 2, that multiplies σ², so σ² is
# 2 / (in + out).

(in_features + out_features) => in_features + out_features
# `2 / in_features + out_features` divides first. Brackets are missing.

math.sqrt(2 / (in_features + out_features)) => 2 / math.sqrt(in_features + out_features)
# This is √2 times too large: the 2 belongs under the root, and no other factor before it.

math.sqrt(2 / (in_features + out_features)) => math.sqrt(2) / (in_features + out_features)
# The root was taken of the 2 only.

2 / (in_features + out_features) => (in_features + out_features) / 2
# The fraction is upside down: more inputs, smaller weights.

2 / (in_features + out_features) => math.sqrt(1 / (in_features * out_features))
# This makes the *product* of the two factors 1. Their mean is to be 1.

+ => *
or
2 / (in_features + out_features) => 1 / (in_features * out_features)
# in and out were multiplied; they are to be added.

math.sqrt(2 / (in_features + out_features)) => 0.2
# The sizes are not used: this is the σ of 25 → 25 features.

2 / => 2 //
or
2 / (in_features + out_features) => 1 / ((in_features + out_features) // 2)
# `//` cuts down to a whole number. Divide with `/`.

in_features + => in_features + 1 +
# One more was counted, for the bias, say. It is in and out alone whose mean multiplies σ².

math.sqrt(2 / (in_features + out_features)) => (in_features ** -0.5 + out_features ** -0.5) / 2
or
math.sqrt(2 / (in_features + out_features)) => 2 / (in_features ** 0.5 + out_features ** 0.5)
# Roots were averaged. Average the two conditions on σ² instead, then take one root.

2 / (in_features + out_features) => (1 / in_features + 1 / out_features) / 2
# The two wanted variances were averaged, 1/in and 1/out. It is in · σ² and out · σ² whose mean
# is to be 1.
""",
)

EXERCISES = {
    "count-parameters": COUNT_PARAMETERS,
    "linear": LINEAR,
    "per-sample-grads": PER_SAMPLE,
    "xavier-std": XAVIER_STD,
}
