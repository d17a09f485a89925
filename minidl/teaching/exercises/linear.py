"""Exercises of chapter 03: parameters, the backward pass, per-sample gradients, Xavier."""

import math

import torch

from ... import linear
from ..check import Case, Exercise, Mistake, as_number
from ._random import randn

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


def count_weights_only(widths):
    return sum(a * b for a, b in zip(widths[:-1], widths[1:], strict=True))


def count_input_biases(widths):
    return sum(a * b + a for a, b in zip(widths[:-1], widths[1:], strict=True))


def count_one_bias(widths):
    return sum(a * b + 1 for a, b in zip(widths[:-1], widths[1:], strict=True))


def count_all_widths_as_biases(widths):
    return count_weights_only(widths) + sum(widths)


def count_without_last(widths):
    return count_parameters(widths[:-1])


def count_product(widths):
    return math.prod(widths)


def count_without_first(widths):
    return count_parameters(widths[1:])


def count_no_last_bias(widths):
    return count_parameters(widths) - widths[-1]


def count_last_only(widths):
    return count_parameters(widths[-2:])


def count_squares(widths):
    return sum(b * b + b for b in widths[1:])


def _count_case(widths, label):
    def expect():
        layers = [torch.nn.Linear(a, b) for a, b in zip(widths, widths[1:], strict=False)]
        return {"the count": sum(p.numel() for layer in layers for p in layer.parameters())}

    return Case(
        label=label,
        run=lambda count, probe: {"the count": probe(count, list(widths))},
        expect=expect,
        hint="A layer from a to b features has a weight for each pair of an input and an "
        "output, and a bias for each output.",
    )


COUNT_PARAMETERS = Exercise(
    number="3.1",
    solution=count_parameters,
    cases=(
        _count_case((3, 4), "one layer from 3 to 4 features"),
        _count_case((2, 5, 3), "two layers"),
        _count_case((2, 3, 5, 4), "three layers of different sizes"),
        _count_case((2, 25, 25, 25, 25, 2), "the paper's network"),
    ),
    mistakes=(
        Mistake(count_weights_only, "The biases are missing."),
        Mistake(
            count_input_biases,
            "A bias was counted for each input of a layer. There is one for each output.",
        ),
        Mistake(count_one_bias, "A layer has not one bias but one for each output."),
        Mistake(
            count_all_widths_as_biases,
            "The input, widths[0], has no biases: it is not computed by a layer.",
        ),
        Mistake(count_without_last, "The last layer was left out."),
        Mistake(count_without_first, "The first layer was left out."),
        Mistake(count_no_last_bias, "The last layer has biases too."),
        Mistake(
            count_last_only,
            "Only the last layer was counted: is the total set anew in every turn of the loop?",
        ),
        Mistake(count_product, "The widths of one layer multiply; the layers add up."),
        Mistake(
            count_squares,
            "A layer has as many weights as inputs *times* outputs; its two sizes may differ.",
        ),
    ),
)

# --- Linear.backward -------------------------------------------------------------

N, IN, OUT = 5, 3, 4
X, WEIGHT, BIAS, GRAD = (
    randn(N, IN, seed=1),
    randn(OUT, IN, seed=2),
    randn(OUT, seed=3),
    randn(N, OUT, seed=4),
)
X2, GRAD2 = randn(2, IN, seed=5), randn(2, OUT, seed=6)
WIDE = randn(2, 6, seed=7), randn(2, 6, seed=8), randn(2, seed=9), randn(2, 2, seed=10)


def _layer(cls, probe, weight=WEIGHT, bias=BIAS):
    out_features, in_features = weight.shape
    layer = probe(cls, in_features, out_features, dtype=weight.dtype)
    layer.weight.copy_(weight)
    layer.bias.copy_(bias)
    return layer


GIVEN = (
    "`forward` gives x Wᵀ + b",
    "`param()` lists the layer's own weight and bias with their gradients",
    "`zero_grad` sets the stored gradients to zero",
    "`gradient_step(lr)` takes away lr times the gradient",
    "with init='xavier' the weights are normal numbers times xavier_std, the biases zero",
    "with init='xavier_all' the biases are normal, too",
    "with init='torch' weights and biases are even in ±1/√in_features",
)


def _run_given(cls, probe):
    """Everything but backward: a reader may have changed it by accident."""
    layer = _layer(cls, probe)
    y = probe(layer.forward, X)
    own = [layer.weight, layer.weight_grad, layer.bias, layer.bias_grad]
    listed = [tensor for pair in layer.param() for tensor in pair]
    layer.weight_grad.fill_(2.0)
    layer.gradient_step(0.5)
    stepped = torch.allclose(layer.weight, WEIGHT - 1.0)
    layer.zero_grad()
    drawn = {}
    for init in ("xavier", "xavier_all", "torch"):
        generator = torch.Generator().manual_seed(11)
        drawn[init] = probe(cls, IN, OUT, init=init, generator=generator, dtype=torch.float64)
    xavier = (drawn["xavier"].weight, drawn["xavier"].bias)
    with_biases = (drawn["xavier_all"].weight, drawn["xavier_all"].bias)
    default = (drawn["torch"].weight, drawn["torch"].bias)
    generator = torch.Generator().manual_seed(11)
    normal = [
        torch.randn(shape, generator=generator, dtype=torch.float64) * math.sqrt(2 / (IN + OUT))
        for shape in ((OUT, IN), (OUT,))
    ]
    generator = torch.Generator().manual_seed(11)
    even = [
        (2 * torch.rand(shape, generator=generator, dtype=torch.float64) - 1) / math.sqrt(IN)
        for shape in ((OUT, IN), (OUT,))
    ]
    holds = (
        torch.allclose(y, torch.nn.functional.linear(X, WEIGHT, BIAS)),
        len(own) == len(listed) and all(a is b for a, b in zip(own, listed, strict=True)),
        not (layer.weight_grad.any() or layer.bias_grad.any()),
        stepped,
        torch.allclose(xavier[0], normal[0]) and not xavier[1].any(),
        all(map(torch.allclose, with_biases, normal)),
        all(map(torch.allclose, default, even)),
    )
    return dict(zip(GIVEN, holds, strict=True))


def _run_backward(*batches, parameters=(WEIGHT, BIAS)):
    """Go forward with all batches first, then backward: nothing may be remembered."""

    def run(cls, probe):
        layer = _layer(cls, probe, *parameters)
        stored = layer.weight_grad, layer.bias_grad
        ys = [probe(layer.forward, x) for x, _ in batches]
        for (x, grad), y in zip(batches, ys, strict=True):
            dx = probe(layer.backward, x, y, grad)
        return {
            "dL/dx": dx,
            "weight_grad": layer.weight_grad,
            "bias_grad": layer.bias_grad,
            "weight": layer.weight,
            "bias": layer.bias,
            "weight_grad is still the same tensor": layer.weight_grad is stored[0],
            "bias_grad is still the same tensor": layer.bias_grad is stored[1],
        }

    return run


def _expect_backward(*batches, parameters=(WEIGHT, BIAS)):
    """The oracle: torch.nn.functional.linear and autograd."""

    def expect():
        weight, bias = (parameter.clone().requires_grad_() for parameter in parameters)
        for x, grad in batches:
            leaf = x.clone().requires_grad_()
            torch.nn.functional.linear(leaf, weight, bias).backward(grad)
        return {
            "dL/dx": leaf.grad,
            "weight_grad": weight.grad,
            "bias_grad": bias.grad,
            "weight": parameters[0],
            "bias": parameters[1],
            "weight_grad is still the same tensor": True,
            "bias_grad is still the same tensor": True,
        }

    return expect


def _backward_case(label, *batches, hint="", tol=1e-9, **options):
    return Case(
        label=label,
        run=_run_backward(*batches, **options),
        expect=_expect_backward(*batches, **options),
        hint=hint,
        tol=tol,
    )


class LinearRebinds(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad = self.weight_grad + grad.t() @ x
        self.bias_grad = self.bias_grad + grad.sum(0)
        return grad @ self.weight


class LinearRebindsBias(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x
        self.bias_grad = self.bias_grad + grad.sum(0)
        return grad @ self.weight


class LinearForgetsWeight(linear.Linear):
    def backward(self, x, y, grad):
        self.bias_grad += grad.sum(0)
        return grad @ self.weight


class LinearAddsToNothing(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad.add(grad.t() @ x)
        self.bias_grad.add(grad.sum(0))
        return grad @ self.weight


class LinearSubtracts(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad -= grad.t() @ x
        self.bias_grad -= grad.sum(0)
        return grad @ self.weight


class LinearAveragesWeight(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x / len(x)
        self.bias_grad += grad.sum(0)
        return grad @ self.weight


class LinearAveragesInput(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x
        self.bias_grad += grad.sum(0)
        return grad @ self.weight / len(x)


class LinearFirstSample(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += torch.outer(grad[0], x[0])
        self.bias_grad += grad[0]
        return grad @ self.weight


class LinearLastSample(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += torch.outer(grad[-1], x[-1])
        self.bias_grad += grad[-1]
        return grad @ self.weight


class LinearOutputForGrad(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += y.t() @ x
        self.bias_grad += y.sum(0)
        return y @ self.weight


class LinearPassesInput(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x
        self.bias_grad += grad.sum(0)
        return 1 * x


class LinearReturnsAll(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x
        self.bias_grad += grad.sum(0)
        return grad @ self.weight, self.weight_grad, self.bias_grad


class LinearEntrywise(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.t() * x
        self.bias_grad += grad.sum(0)
        return grad @ self.weight


class LinearInDouble(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x
        self.bias_grad += grad.sum(0)
        return grad.double() @ self.weight.double()


class LinearFixedSizes(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.view(-1, 4).t() @ x.view(-1, 3)
        self.bias_grad += grad.view(-1, 4).sum(0)
        return grad @ self.weight


class LinearParamCopies(linear.Linear):
    def param(self):
        return [(p.clone(), g.clone()) for p, g in super().param()]


class LinearOverwrites(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad.copy_(grad.t() @ x)
        self.bias_grad.copy_(grad.sum(0))
        return grad @ self.weight


class LinearAssigns(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad = grad.t() @ x
        self.bias_grad = grad.sum(0)
        return grad @ self.weight


class LinearTransposedGrad(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad = x.t() @ grad
        self.bias_grad += grad.sum(0)
        return grad @ self.weight


class LinearTransposedGradAdded(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += x.t() @ grad
        self.bias_grad += grad.sum(0)
        return grad @ self.weight


class LinearUntransposed(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad @ x
        self.bias_grad += grad.sum(0)
        return grad @ self.weight


class LinearTransposedWeight(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x
        self.bias_grad += grad.sum(0)
        return grad @ self.weight.t()


class LinearAveraged(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x / len(x)
        self.bias_grad += grad.mean(0)
        return grad @ self.weight


class LinearBiasUnsummed(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x
        self.bias_grad += grad
        return grad @ self.weight


class LinearBiasSummedAll(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x
        self.bias_grad += grad.sum()
        return grad @ self.weight


class LinearBiasSummedAcross(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x
        self.bias_grad += grad.sum(1)
        return grad @ self.weight


class LinearBiasFirstRow(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x
        self.bias_grad += grad[0]
        return grad @ self.weight


class LinearBiasMean(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x
        self.bias_grad += grad.mean(0)
        return grad @ self.weight


class LinearBiasForgotten(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x
        return grad @ self.weight


class LinearWithoutUpstream(linear.Linear):
    def backward(self, x, y, grad):
        ones = torch.ones_like(y)
        self.weight_grad += ones.t() @ x
        self.bias_grad += ones.sum(0)
        return ones @ self.weight


class LinearUpdatesToo(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x
        self.bias_grad += grad.sum(0)
        dx = grad @ self.weight
        self.weight -= 0.1 * self.weight_grad
        self.bias -= 0.1 * self.bias_grad
        return dx


class LinearPassesGrad(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x
        self.bias_grad += grad.sum(0)
        return grad


class LinearReturnsWeightGrad(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x
        self.bias_grad += grad.sum(0)
        return self.weight_grad


class LinearReturnsNothing(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ x
        self.bias_grad += grad.sum(0)


class LinearFromOutput(linear.Linear):
    def backward(self, x, y, grad):
        self.weight_grad += (grad.t() @ y)[:, :IN]
        self.bias_grad += grad.sum(0)
        return grad @ self.weight


class LinearKeepsInput(linear.Linear):
    def forward(self, x):
        self.x = x
        return x @ self.weight.t() + self.bias

    def backward(self, x, y, grad):
        self.weight_grad += grad.t() @ self.x
        self.bias_grad += grad.sum(0)
        return grad @ self.weight


LINEAR = Exercise(
    number="3.2",
    parts=("backward",),
    given=1,
    solution=linear.Linear,
    cases=(
        Case(
            label="the parts that were given are as they were",
            run=_run_given,
            expect=lambda: dict.fromkeys(GIVEN, True),
        ),
        _backward_case(
            "backward: dL/dx, dL/dW and dL/db equal autograd's, for 5 samples, 3 → 4 features",
            (X, GRAD),
            hint="Take one entry and work it out by hand from the sums in the text; then see "
            "what your line does instead.",
        ),
        _backward_case(
            "backward: called for two batches, the gradients add up",
            (X, GRAD),
            (X2, GRAD2),
            hint="Add to the gradients that are stored, in place.",
        ),
        _backward_case("backward: a batch of one", (X[:1], GRAD[:1])),
        _backward_case(
            "backward: other sizes, 2 samples, 6 → 2 features",
            (WIDE[0], WIDE[3]),
            parameters=WIDE[1:3],
        ),
        _backward_case(
            "backward: float32 in, float32 out",
            (X.float(), GRAD.float()),
            parameters=(WEIGHT.float(), BIAS.float()),
            tol=1e-5,
        ),
    ),
    mistakes=(
        Mistake(
            LinearRebinds,
            "The numbers are right, but `self.weight_grad = …` makes a new tensor and leaves "
            "the old one behind. Whoever holds the old one, as `param()` hands it out, never "
            "sees the change. Add in place: `+=` or `addmm_`.",
        ),
        Mistake(
            LinearRebindsBias,
            "`self.bias_grad = …` makes a new tensor and leaves the old one behind. Add in "
            "place, as for the weight.",
        ),
        Mistake(LinearForgetsWeight, "weight_grad is still zero: dL/dW is missing."),
        Mistake(
            LinearAddsToNothing,
            "The stored gradients are still zero: nothing was added to them in place, or a "
            "`return` stands first. (`a.add(b)` returns a new tensor and leaves a as it was; "
            "`a.add_(b)`, with the underscore, and `a += b` change a.)",
        ),
        Mistake(LinearSubtracts, "A sign: gradients are added here. The minus comes in the step."),
        Mistake(
            LinearAveragesWeight,
            "The weight's gradient was divided by the number of samples. The layer adds up.",
        ),
        Mistake(
            LinearAveragesInput,
            "dL/dx was divided by the number of samples. Each row of it belongs to one sample.",
        ),
        Mistake(LinearFirstSample, "Only the first sample was counted."),
        Mistake(
            LinearLastSample,
            "Only the last sample was counted: are the gradients set anew in a loop?",
        ),
        Mistake(
            LinearOutputForGrad,
            "The output y was used where the upstream gradient `grad` belongs.",
        ),
        Mistake(LinearPassesInput, "What is returned is x itself. dL/dx is wanted, of its shape."),
        Mistake(
            LinearReturnsAll,
            "Three things are returned. Only dL/dx goes back; the other two stay in the layer.",
        ),
        Mistake(
            LinearEntrywise,
            "`*` multiplies entry by entry. The sum over the samples is a matrix product, `@`.",
        ),
        Mistake(
            LinearInDouble,
            "The result is float64 though everything that came in is float32. Leave the dtype "
            "as it comes.",
        ),
        Mistake(
            LinearFixedSizes,
            "Sizes are written out as numbers, so the layer works for 3 → 4 features only.",
        ),
        Mistake(
            LinearParamCopies,
            "`param` was given, and is to list the layer's own tensors. Put it back as it was.",
        ),
        Mistake(
            LinearOverwrites,
            "The stored gradient was overwritten. A second call must *add* to it.",
        ),
        Mistake(
            LinearAssigns,
            "`self.weight_grad = …` replaces the stored tensor. Add to it in place: `+=`.",
        ),
        Mistake(
            LinearTransposedGrad,
            "`x.t() @ grad` has shape (in, out). The weight, and so its gradient, has shape "
            "(out, in): the factors stand the wrong way round.",
        ),
        Mistake(
            LinearTransposedGradAdded,
            "`x.t() @ grad` has shape (in, out). The weight, and so its gradient, has shape "
            "(out, in): the factors stand the wrong way round.",
        ),
        Mistake(
            LinearUntransposed,
            "grad is (N, out) and x is (N, in): to sum over the N samples, the first must be "
            "transposed.",
        ),
        Mistake(
            LinearTransposedWeight,
            "On the way forward W is transposed, on the way back it is not: (N, out) times "
            "(out, in) gives (N, in).",
        ),
        Mistake(
            LinearAveraged,
            "The gradients were averaged over the batch. The layer adds up; whether the loss is "
            "a mean is the loss's affair, and already in grad.",
        ),
        Mistake(
            LinearBiasUnsummed,
            "The bias has one entry for each output, grad has a row for each sample: sum the rows.",
        ),
        Mistake(
            LinearBiasSummedAll,
            "grad was summed over samples *and* outputs. Each output has its own bias: sum over "
            "the samples only, dimension 0.",
        ),
        Mistake(
            LinearBiasSummedAcross,
            "The sum runs over the outputs, dimension 1. It must run over the samples, "
            "dimension 0.",
        ),
        Mistake(
            LinearBiasFirstRow,
            "Only the first sample's gradient reached the bias. All samples share the bias.",
        ),
        Mistake(
            LinearBiasMean,
            "The bias gradient is the mean over the samples; the sum is wanted, as for the weight.",
        ),
        Mistake(LinearBiasForgotten, "bias_grad is still zero: dL/db is missing."),
        Mistake(
            LinearWithoutUpstream,
            "The upstream gradient was left out: this is the result for a grad of ones.",
        ),
        Mistake(
            LinearUpdatesToo,
            "`backward` changed the parameters. It only adds up gradients; the step is taken "
            "later, in `gradient_step`.",
        ),
        Mistake(
            LinearPassesGrad,
            "What is returned is dL/dy as it came in. The layer before needs dL/dx, of the "
            "shape of x.",
        ),
        Mistake(
            LinearReturnsWeightGrad,
            "The weight's gradient is returned. It stays in the layer; what goes on to the "
            "layer before is dL/dx.",
        ),
        Mistake(
            LinearReturnsNothing,
            "The gradients of the parameters are stored, but the layer before needs dL/dx.",
        ),
        Mistake(
            LinearFromOutput,
            "The weight's gradient was made from the output y. A weight multiplies the input x.",
        ),
        Mistake(
            LinearKeepsInput,
            "Nothing need be kept: `backward` is handed x. With two batches on the way, the "
            "kept one is the wrong one.",
        ),
    ),
)

# --- per_sample_weight_grads -----------------------------------------------------


def per_sample_weight_grads(x, grad):
    """Return each sample's own dL/dW, shape (N, out, in), from x (N, in) and grad (N, out)."""
    return grad[:, :, None] * x[:, None, :]


def per_sample_transposed(x, grad):
    return x[:, :, None] * grad[:, None, :]


def per_sample_summed(x, grad):
    return grad.t() @ x


def per_sample_averaged(x, grad):
    return grad[:, :, None] * x[:, None, :] / len(x)


def per_sample_last_axis(x, grad):
    return (grad[:, :, None] * x[:, None, :]).permute(1, 2, 0)


def per_sample_list(x, grad):
    return [torch.outer(g, row) for g, row in zip(grad, x, strict=True)]


def per_sample_stacked_flat(x, grad):
    return torch.cat([torch.outer(g, row) for g, row in zip(grad, x, strict=True)])


def per_sample_without_input(x, grad):
    return grad[:, :, None] * torch.ones_like(x)[:, None, :]


def per_sample_default_dtype(x, grad):
    result = torch.zeros(len(x), grad.shape[1], x.shape[1])
    for n in range(len(x)):
        result[n] = torch.outer(grad[n], x[n])
    return result


def per_sample_squeezed(x, grad):
    return (grad[:, :, None] * x[:, None, :]).squeeze()


def per_sample_fixed_sizes(x, grad):
    return grad.view(-1, 4, 1) * x.view(-1, 1, 3)


def per_sample_entrywise(x, grad):
    return grad * x


def per_sample_wrong_axes(x, grad):
    return grad[:, :, None] * x


def per_sample_all_pairs(x, grad):
    return grad.sum(0)[None, :, None] * x[:, None, :]


def per_sample_without_upstream(x, grad):
    return torch.ones_like(grad)[:, :, None] * x[:, None, :]


def per_sample_flat(x, grad):
    return (grad[:, :, None] * x[:, None, :]).flatten(1)


def _run_per_sample(x, grad):
    return lambda function, probe: {"the gradients": probe(function, x, grad)}


def _expect_per_sample(x, grad):
    """The oracle: autograd on one sample at a time."""

    def expect():
        rows = []
        for i in range(len(x)):
            weight = torch.zeros(grad.shape[1], x.shape[1], dtype=x.dtype, requires_grad=True)
            torch.nn.functional.linear(x[i : i + 1], weight).backward(grad[i : i + 1])
            rows.append(weight.grad)
        return {"the gradients": torch.stack(rows)}

    return expect


PER_SAMPLE = Exercise(
    number="3.3",
    solution=per_sample_weight_grads,
    cases=(
        Case(
            label="5 samples, 3 → 4 features: equals autograd on one sample at a time",
            run=_run_per_sample(X, GRAD),
            expect=_expect_per_sample(X, GRAD),
            hint="For sample n the entry for output j and input i is grad[n, j] · x[n, i].",
        ),
        Case(
            label="a batch of one",
            run=_run_per_sample(X[:1], GRAD[:1]),
            expect=_expect_per_sample(X[:1], GRAD[:1]),
        ),
        Case(
            label="other sizes: 2 samples, 6 → 2 features",
            run=_run_per_sample(WIDE[0], WIDE[3]),
            expect=_expect_per_sample(WIDE[0], WIDE[3]),
        ),
        Case(
            label="float32 in, float32 out",
            run=_run_per_sample(X.float(), GRAD.float()),
            expect=_expect_per_sample(X.float(), GRAD.float()),
            tol=1e-5,
        ),
    ),
    mistakes=(
        Mistake(
            per_sample_transposed,
            "Each sample's matrix is transposed: outputs are its rows, inputs its columns.",
        ),
        Mistake(
            per_sample_summed,
            "These are summed over the samples already. Here each sample's is wanted by itself.",
        ),
        Mistake(per_sample_averaged, "Nothing is to be divided by the number of samples."),
        Mistake(
            per_sample_last_axis,
            "The samples are the last dimension. In this book they are always the first.",
        ),
        Mistake(
            per_sample_all_pairs,
            "grad was summed over the batch first. Sample n meets its own row of grad only.",
        ),
        Mistake(per_sample_without_upstream, "The upstream gradient was left out."),
        Mistake(per_sample_list, "This is a list of matrices; `torch.stack` makes a tensor of it."),
        Mistake(
            per_sample_stacked_flat,
            "The matrices were joined one below the other. `torch.stack` gives each its own place "
            "along a new first dimension.",
        ),
        Mistake(per_sample_without_input, "x was left out: these are multiples of grad alone."),
        Mistake(
            per_sample_default_dtype,
            "The numbers are right, but were put into a float32 tensor. Give the new tensor "
            "`dtype=x.dtype`.",
        ),
        Mistake(
            per_sample_squeezed,
            "`squeeze` takes away every dimension of size 1, and so the first one of a batch of "
            "one.",
        ),
        Mistake(
            per_sample_fixed_sizes,
            "Sizes are written out as numbers, so this works for 3 → 4 features only.",
        ),
        Mistake(
            per_sample_entrywise,
            "(N, out) and (N, in) cannot be multiplied entry by entry. Give them the shapes "
            "(N, out, 1) and (N, 1, in) first.",
        ),
        Mistake(
            per_sample_wrong_axes,
            "grad has the shape (N, out, 1) that it needs; x still needs a new dimension in the "
            "middle, (N, 1, in).",
        ),
        Mistake(
            per_sample_flat,
            "The numbers are right, in one row a sample. Give them the shape (N, out, in).",
        ),
    ),
)

# --- xavier_std ------------------------------------------------------------------


def std_variance(in_features, out_features):
    return 2 / (in_features + out_features)


def std_from_inputs(in_features, out_features):
    return math.sqrt(1 / in_features)


def std_from_outputs(in_features, out_features):
    return math.sqrt(1 / out_features)


def std_he(in_features, out_features):
    return math.sqrt(2 / in_features)


def std_uniform_limit(in_features, out_features):
    return math.sqrt(6 / (in_features + out_features))


def std_one(in_features, out_features):
    return math.sqrt(1 / (in_features + out_features))


def std_precedence(in_features, out_features):
    return math.sqrt(2 / in_features + out_features)


def std_root_below(in_features, out_features):
    return 2 / math.sqrt(in_features + out_features)


def std_root_of_numerator(in_features, out_features):
    return math.sqrt(2) / (in_features + out_features)


def std_upside_down(in_features, out_features):
    return math.sqrt((in_features + out_features) / 2)


def std_geometric(in_features, out_features):
    return (1 / (in_features * out_features)) ** 0.25


def std_product(in_features, out_features):
    return math.sqrt(2 / (in_features * out_features))


def std_negative(in_features, out_features):
    return -math.sqrt(2 / (in_features + out_features))


def std_mean_of_stds(in_features, out_features):
    return (math.sqrt(1 / in_features) + math.sqrt(1 / out_features)) / 2


def std_mean_of_variances(in_features, out_features):
    return math.sqrt((1 / in_features + 1 / out_features) / 2)


def _std_case(in_features, out_features, label):
    def run(std, probe):
        """Undo what is wanted: the mean of both factors by which variances grow is to be 1."""
        sigma = as_number("σ", probe(std, in_features, out_features))
        forward, backward = in_features * sigma**2, out_features * sigma**2
        return {
            "σ is above 0": sigma > 0,
            "the mean of in · σ² and out · σ²": (forward + backward) / 2,
        }

    return Case(
        label=label,
        run=run,
        expect=lambda: {"σ is above 0": True, "the mean of in · σ² and out · σ²": 1.0},
        hint="Forward wants in · σ² = 1, backward wants out · σ² = 1. Set the mean of both "
        "left sides to 1 and solve for σ.",
        tol=1e-6,
    )


XAVIER_STD = Exercise(
    number="3.4",
    solution=linear.xavier_std,
    cases=(
        _std_case(2, 25, "2 → 25 features"),
        _std_case(25, 25, "25 → 25 features"),
        _std_case(25, 2, "25 → 2 features"),
    ),
    mistakes=(
        Mistake(std_variance, "This is σ², the variance. The standard deviation is its root."),
        Mistake(std_from_inputs, "This keeps the forward variance only; out_features is missing."),
        Mistake(std_from_outputs, "This keeps the backward variance only; in_features is missing."),
        Mistake(
            std_he,
            "This is He's initialisation, which makes up for the half that ReLU cuts off. "
            "Xavier's asks for a compromise of both sizes.",
        ),
        Mistake(
            std_uniform_limit,
            "This is the limit of Xavier's *uniform* distribution. Its standard deviation is "
            "smaller by √3.",
        ),
        Mistake(
            std_one,
            "A factor 2: it is the *mean* of in and out, (in + out) / 2, that multiplies σ².",
        ),
        Mistake(
            std_precedence,
            "`2 / in_features + out_features` divides first. Brackets are missing.",
        ),
        Mistake(std_root_below, "The 2 belongs under the root as well."),
        Mistake(std_root_of_numerator, "The root was taken of the 2 only."),
        Mistake(std_upside_down, "The fraction is upside down: more inputs, smaller weights."),
        Mistake(
            std_geometric,
            "This makes the *product* of the two factors 1. Their mean is to be 1.",
        ),
        Mistake(std_product, "in and out were multiplied; they are to be added."),
        Mistake(std_negative, "A standard deviation is not negative."),
        Mistake(
            std_mean_of_stds,
            "The two wanted σ were averaged. Average the two conditions on σ² instead.",
        ),
        Mistake(
            std_mean_of_variances,
            "The two wanted variances were averaged, 1/in and 1/out. It is in · σ² and out · σ² "
            "whose mean is to be 1.",
        ),
    ),
)

EXERCISES = {
    "count-parameters": COUNT_PARAMETERS,
    "linear": LINEAR,
    "per-sample-grads": PER_SAMPLE,
    "xavier-std": XAVIER_STD,
}
