"""Exercises of chapter 04: the loss, the best constant, a judge, two conventions."""

import torch

from ... import losses
from ...gradcheck import numerical_gradient
from ..exercise import Case, Exercise, as_number
from ..probe import Failure
from ._shared import autograd, randn, returns

# --- MSELoss.backward ------------------------------------------------------------

P, T = randn(5, 3, seed=1), randn(5, 3, seed=2)
P2, T2 = randn(2, 4, seed=3), randn(2, 4, seed=4)
P1, T1 = randn(6, 1, seed=5), randn(6, 1, seed=6)


def _torch_loss(prediction, target, reduction):
    return torch.nn.functional.mse_loss(prediction, target, reduction=reduction)


def _torch_grad(prediction, target, reduction):
    return autograd(lambda p: _torch_loss(p, target, reduction), prediction)[0]


def _forward_case(reduction, label):
    return Case(
        label,
        run=lambda cls, probe: {"the loss": probe(probe(cls, reduction).forward, P, T)},
        expect=lambda: {"the loss": _torch_loss(P, T, reduction)},
        hint="`forward` was given, and right; put it back as it was.",
    )


def _backward_case(reduction, prediction, target, label, hint="", tol=1e-9):
    def run(cls, probe):
        loss = probe(cls, reduction)
        probe(loss.forward, P2, T2)
        return {"dL/dp": probe(loss.backward, prediction, target)}

    def expect():
        return {"dL/dp": _torch_grad(prediction, target, reduction)}

    return Case(label, run, expect, hint, tol)


def _run_twice(cls, probe):
    mean, total = probe(cls, "mean"), probe(cls, "sum")
    probe(mean.backward, P, T)
    probe(total.backward, P, T)
    return {
        "dL/dp for the mean": probe(mean.backward, P2, T2),
        "dL/dp for the sum": probe(total.backward, P2, T2),
    }


MSE_LOSS = Exercise(
    number="4.1",
    solution=losses.MSELoss,
    given=2,
    parts=("backward",),
    cases=(
        _forward_case("mean", "forward, mean: equals torch.nn.functional.mse_loss"),
        _forward_case("sum", "forward, sum: equals torch.nn.functional.mse_loss"),
        _backward_case(
            "mean",
            P,
            T,
            "backward, mean: equals autograd's gradient, for 5 samples of 3 outputs",
            "Each entry: what becomes of its square if it grows by ε, times the factor that "
            "`forward` puts in front of the sum.",
        ),
        _backward_case(
            "sum",
            P,
            T,
            "backward, sum: equals autograd's gradient",
            "For the sum there is no factor in front.",
        ),
        Case(
            "backward: another batch, 2 samples of 4 outputs",
            run=_run_twice,
            expect=lambda: {
                "dL/dp for the mean": _torch_grad(P2, T2, "mean"),
                "dL/dp for the sum": _torch_grad(P2, T2, "sum"),
            },
            hint="Both sizes come from the tensors that are given; the gradient has their shape.",
        ),
        _backward_case("mean", P1, T1, "backward, mean: a single output"),
        _backward_case("mean", P[:1], T[:1], "backward, mean: a batch of one"),
        _backward_case(
            "mean", P.float(), T.float(), "backward, mean: float32 in, float32 out", tol=1e-5
        ),
    ),
    mistakes="""
grad.numel() => len(grad)
# The sum was divided by N, the number of samples. `forward` takes the mean over every number,
# of which each sample has C.

grad.numel() => grad.shape[1]
# The sum was divided by C, the number of outputs. `forward` takes the mean over every number,
# and there are N rows of them.

grad / grad.numel() if => grad if
# The gradient of the sum was returned for both reductions. `forward` divides for the mean; so
# must its gradient. (A division whose result goes nowhere has no effect.)

2 * (prediction - target) => prediction - target
# A factor 2 is missing: the derivative of e² is not e.

else grad => else grad / 2
# Right for the mean. For the sum the factor 2 has got lost.

2 * (prediction - target) => prediction - target
grad.numel() => len(grad)
# Two things: the derivative of e² is not e, and N counts the samples, not all the numbers that
# the mean is over.

grad.numel() => grad.numel() / len(grad)
# Divided twice: after dividing by the count of all numbers nothing is left to divide.

grad / grad.numel() => grad * grad.numel()
# The mean divides by the count of numbers; here it is a factor.

else grad => else grad / grad.numel()
# Right for the mean, and the same was returned for the sum. Look at `self.reduction`.

'mean' else grad => 'sum' else grad
# The two reductions have changed places: it is the mean that divides.

2 * (prediction - target) => 2 * (target - prediction)
# The sign is the wrong way round. If a prediction that is too large grows further, the loss
# grows: there the gradient must be positive.

grad / grad.numel() => grad.mean(0)
# The rows were averaged. Every entry of the prediction has a derivative of its own: the
# gradient has shape (N, C).

grad / grad.numel() => grad.mean(0).expand_as(grad)
or
grad / grad.numel() => grad.mean(0).expand_as(grad) / grad.shape[1]
# The rows were averaged and the average handed to every sample. Each sample has its own error,
# and its own gradient.

grad / grad.numel() => grad.mean()
else grad => else grad.sum()
# All entries were added up to one number. The loss is one number; its gradient has one for each
# entry of the prediction.

2 * (prediction - target) => 2 * (prediction - target).square()
# The square is still there. The derivative of e² is of the first power of e.

2 * (prediction - target) => (prediction - target).square()
# These are the terms of the loss itself, the squares. Their derivatives are wanted.

2 * (prediction - target) => 2 * (prediction - target).abs()
# The sign of the errors has got lost. It says which way the prediction must go.

2 * (prediction - target) => (prediction - target).sign()
# Only the signs of the errors are left: this is the slope of |e|.

2 * (prediction - target) => 2 * (prediction - target) * self.forward(prediction, target)
# The gradient was multiplied by the loss. Nothing comes behind the loss that it would have to
# be multiplied with.

2 * (prediction - target) => 2 * prediction - target
# `2 * prediction - target` doubles only the first. Brackets.

2 * (prediction - target) => 2 * prediction
# The target has got lost. It is a constant, but it stands inside the square.

2 * (prediction - target) => 2 * (prediction - target) * target
# The error was multiplied by the target. The derivative of p − t with respect to p is 1; the
# loss asks of every output, not only of the hot one.

grad / grad.numel() => grad / grad.numel() / grad.square().mean().sqrt()
# This is the gradient of the *root* of the mean squared error. `forward` takes no root.

grad = 2 * (prediction - target) => prediction -= target
    prediction *= 2
    grad = prediction
# `-=` and `*=` write into the caller's prediction, which the layers still need on the way back.
# Make a new tensor.

2 * (prediction - target) => 2 * (prediction - target).double()
# The result is float64 whatever came in. Leave the dtype as it is.
""",
)

# --- best_constant ---------------------------------------------------------------


def best_constant(targets):
    """Return the row, shape (C,), that has the smallest MSE if predicted for every sample.

    For column c the loss is a parabola in the constant, Σₙ (a_c − t_nc)² / (N·C), whose
    slope 2 Σₙ (a_c − t_nc) / (N·C) is zero where a_c is the column's mean.
    """
    return targets.mean(0)


REAL = randn(7, 3, seed=7)
ONE_HOT = torch.eye(4, dtype=torch.float64)[torch.tensor([2, 0, 2, 3, 2, 0, 2, 1, 2, 2])]
PARABOLA = "For one column the loss is a parabola in one number. Where is its slope zero?"


def _constant_case(targets, label, hint="", tol=1e-9):
    def expect():
        """The oracle: the least-squares solution of "ones times row equals targets"."""
        ones = torch.ones(len(targets), 1, dtype=torch.float64)
        return torch.linalg.lstsq(ones, targets.double()).solution[0].to(targets.dtype)

    return returns(label, "the row", (targets,), expect, hint, tol=tol)


BEST_CONSTANT = Exercise(
    number="4.2",
    solution=best_constant,
    cases=(
        _constant_case(REAL, "7 targets of 3 numbers: the row of least squares", PARABOLA),
        _constant_case(
            ONE_HOT, "10 one-hot targets of 4 classes, some rarer than others", PARABOLA
        ),
        _constant_case(REAL[:1], "a single target"),
        _constant_case(ONE_HOT.float(), "float32 in, float32 out", tol=1e-5),
    ),
    mistakes="""
mean(0) => mean(1)
# This takes one number for each sample. The row is to be the same for all samples, with one
# number for each output.

mean(0) => mean()
or
mean(0) => mean().expand(targets.shape[1])
# This is one number for all outputs. Each may have its own, and the loss is smaller then.

mean(0) => median(0).values
# The median makes the sum of the *absolute* errors smallest. Here they are squared.

targets.mean(0) => torch.eye(targets.shape[1], dtype=targets.dtype)[targets.sum(0).argmax()]
# Always to answer with the commonest class has the fewest errors. It does not have the smallest
# squared error.

targets.mean(0) => torch.full_like(targets[0], 0.5)
# One half in every column is right only if every output is hot in half of the samples.

targets.mean(0) => torch.full_like(targets[0], 1 / targets.shape[1])
# The same share for every class is right only if all classes are equally common.

mean(0) => sum(0)
# The columns were added up, but not divided.

mean(0) => sum(0) / targets.numel()
# Divided by N·C. The factor in front of the loss does not move the place of its minimum; how
# many terms does one column have?

mean(0) => mean(0, keepdim=True)
# The numbers are right. The shape is to be (C,), and this is a matrix of one row.

mean(0) => mean(0).expand_as(targets)
# The row is right, and was repeated for each sample. It is wanted once, shape (C,).

targets.mean(0) => targets[0].clone()
# This is the first sample's target; the other samples have no say.

targets.mean(0) => (targets.max(0).values + targets.min(0).values) / 2
# The middle between the largest and the smallest looks at two samples only. All of them are in
# the sum.

targets.mean(0) => torch.zeros_like(targets[0])
# Zero is what a network with no bias and tiny weights says. It can be done better.

mean(0) => square().mean(0).sqrt()
# The targets were squared. In the loss it is the *error* that is squared; set the derivative of
# that to zero.

targets.mean(0) => 2 * targets.mean(0)
# Twice too large. The factor 2 of the derivative stands in front of a − t as a whole, and drops
# out where that sum is zero.

return targets.mean(0) => counts = targets.argmax(1).bincount(minlength=targets.shape[1])
    return (counts / len(targets)).to(targets.dtype)
# These are the shares of the classes: right if every target is one-hot. Here the targets may be
# any numbers.

targets.mean(0) => targets.mean(0) / targets.mean(0).sum()
# The row was made to add up to 1. The targets may be any numbers, and need not.

mean(0) => mean(0).tolist()
# The numbers are right. Return a tensor, not a list.

mean(0) => sum(0) / (len(targets) - 1)
# Divided by N − 1, as for an estimated variance. Here the terms of the sum count, and there are
# N.
""",
)

# --- loss_difference -------------------------------------------------------------


def loss_difference(loss, prediction, target, h=1e-6):
    """Return the largest absolute difference between a loss's backward and its measurement.

    The measurement is the central difference of ``loss.forward`` with respect to each
    entry of ``prediction``.
    """
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return (loss.backward(prediction, target) - measured).abs().max().item()


class Squares:
    """Σ (p − t)², with known errors in some entries of the gradient, or with its sign turned."""

    def __init__(self, errors=None, sign=1):
        self.errors, self.sign = errors or {}, sign

    def __repr__(self):
        return "the loss that is judged"

    def forward(self, prediction, target):
        return (prediction - target).square().sum()

    def backward(self, prediction, target):
        grad = self.sign * 2 * (prediction - target)
        for entry, error in self.errors.items():
            grad[entry] += error
        return grad


class Cubes(Squares):
    """a Σ (p − t)³, for which a central difference is too large by a h² in every entry."""

    def __init__(self, factor=1.0):
        self.factor = factor

    def forward(self, prediction, target):
        return self.factor * (prediction - target).pow(3).sum()

    def backward(self, prediction, target):
        return 3 * self.factor * (prediction - target).square()


LARGEST = "Every entry has a difference; of their absolute values the largest is wanted."


def _difference_case(label, arguments, expected, hint=LARGEST, tol=1e-7):
    name = "the largest difference"

    def run(judge, probe):
        value = probe(judge, *arguments)
        if isinstance(value, bool):
            raise Failure(("verdict",), f"this is {value}, a verdict; expected {name}")
        return {name: as_number(name, value)}

    return Case(label, run, lambda: {name: expected}, hint, tol)


LOSS_DIFFERENCE = Exercise(
    number="4.3",
    solution=loss_difference,
    cases=(
        _difference_case(
            "a right loss of 5 × 3 predictions, h = 0.1: no difference at all",
            (Squares(), P, T, 0.1),
            0.0,
            "Compare each entry of `loss.backward(prediction, target)` with the central "
            "difference of `loss.forward(prediction, target)` when that entry is moved.",
        ),
        _difference_case(
            "one entry of its backward too large by 0.03",
            (Squares({(0, 0): 0.03}), P, T, 1e-6),
            0.03,
        ),
        _difference_case(
            "one entry too small by 0.05", (Squares({(4, 2): -0.05}), P, T, 1e-6), 0.05
        ),
        _difference_case(
            "2 × 4 predictions, one entry too large by 0.02, one too small by 0.07",
            (Squares({(0, 3): 0.02, (1, 1): -0.07}), P2, T2, 1e-6),
            0.07,
        ),
        _difference_case(
            "all of its backward with the wrong sign",
            (Squares(sign=-1), P, T, 0.1),
            4 * (P - T).abs().max().item(),
            tol=1e-9,
        ),
        _difference_case(
            "a sum of cubes, h = 0.1: the measurement is off by h², as theory says",
            (Cubes(), P, T, 0.1),
            0.01,
            "Is the h that is given used, and is the difference a central one?",
        ),
        _difference_case(
            "one entry too large by 0.0000003",
            (Squares({(1, 2): 3e-7}), P, T, 0.1),
            3e-7,
            "Is the result rounded?",
            tol=1e-9,
        ),
        _difference_case(
            "without h: the step is 1e-6, as a steep sum of cubes shows",
            (Cubes(1e12), P, P.clone()),
            1.0,
            "Keep `h=1e-6` in the first line, as it was in the stub, and use that h.",
        ),
    ),
    mistakes="""
.abs().max() => .max()
or
(loss.backward(prediction, target) - measured).abs() =>
    (measured - loss.backward(prediction, target))
# The largest *signed* difference was taken. Where it is negative, because `backward` is too small
# (or too large), it goes unnoticed.

abs().max() => max().abs()
# The absolute value was taken after the maximum. A large negative difference has lost by then.

target) - measured) => target).abs() - measured.abs())
# The absolute values of the two gradients were compared. Subtract first: the sign may be wrong,
# too.

(loss.backward(prediction, target) - measured).abs().max() =>
    (loss.backward(prediction, target).max() - measured.max()).abs()
or
(loss.backward(prediction, target) - measured).abs().max() =>
    (loss.backward(prediction, target).abs().max() - measured.abs().max()).abs()
# The largest entries, or sizes, of both were compared with each other. Subtract entry by entry
# first.

abs().max() => abs().flatten()[0]
# Only the first entry was looked at. Every entry has a difference.

loss.forward(p, target) => loss.forward(target, p)
# `forward` was handed target and prediction the wrong way round. For squares that makes no
# difference; for other losses it does.

.item() => .round(decimals=6).item()
# The result was rounded, and small differences are lost.

measured = => loss = losses.MSELoss()
    measured =
# The loss that is given was not asked, but another one.

lambda p: loss.forward(p, target) => loss.forward
# `numerical_gradient` calls its function with one tensor, and `forward` wants two. Hold the
# target: `lambda p: loss.forward(p, target)`.

max() => mean()
# This is the mean over all entries, in which one wrong entry among many is diluted.

max() => sum()
# The differences were added up. The largest one is wanted.

abs().max() => norm()
# This is the Euclidean norm of the differences. The largest one is wanted.

abs() => square()
# The difference was squared.

max() => min()
# This is the smallest difference: a loss with one right entry would get through.

- measured).abs() => - measured).div(measured).abs()
# The differences were divided by the gradient. The absolute ones are asked for.

.max().item() =>
# These are the differences of all entries. Of these, the largest is wanted, as one number.

max() => argmax()
# `argmax` says *where* the largest is; `max` says how large it is.

.item() => .item() < 1e-06
# This is a verdict, true or false. The number is wanted; whoever asks will judge.

prediction, h) => prediction)
# The h that is given was not used. Hand it on to `numerical_gradient`.

lambda p: loss.forward(p, target), prediction => lambda t: loss.forward(prediction, t), target
# The target was moved. The gradient is with respect to the prediction.

backward(prediction, target) => backward(target, prediction)
# `backward` was handed the target and the prediction the wrong way round.

abs() => abs()[0]
# Only the first sample was compared. An error further down goes unnoticed.

abs() => abs().flatten()[:-1]
# The last entry was left out: does the loop end one turn early?

def loss_difference(loss, prediction, target, h=1e-06):
    measured = torch.zeros_like(prediction)
    for k in range(prediction.numel()):
        step = torch.zeros_like(prediction)
        step.view(-1)[k] = h
        above, below = (loss.forward(prediction + step, target), loss.forward(prediction, target))
        measured.view(-1)[k] = (above - below) / h
    return (loss.backward(prediction, target) - measured).abs().max().item()
# This is the forward difference, with an error of order h. Take the central one.

measured = => measured = 2 *
# The measured slope is twice too large: between p − h and p + h lies 2h.

numerical_gradient(lambda p: loss.forward(p, target), prediction, h) =>
    (loss.forward(prediction + h, target) - loss.forward(prediction - h, target)) / (2 * h)
# All entries were moved at once. Each has a derivative of its own: one at a time.

numerical_gradient(lambda p: loss.forward(p, target), prediction, h) =>
    loss.forward(prediction, target)
# `backward` was compared with the loss itself, not with its measured gradient.
""",
)

# --- equal_lr --------------------------------------------------------------------


def equal_lr(lr, num_outputs):
    """Return the rate with which B, dividing by N, steps as A does, dividing by N·C.

    B's loss is C times A's, and so is its gradient.
    """
    return lr / num_outputs


def _lr_case(lr, num_outputs, label):
    def expect():
        """The oracle: the rate that fits B's step to A's, both gradients by autograd."""
        p, target = randn(6, num_outputs, seed=9), randn(6, num_outputs, seed=8)
        (a,) = autograd(lambda p: (p - target).square().mean(), p)
        (b,) = autograd(lambda p: (p - target).square().sum() / len(p), p)
        return (lr * (a * b).sum() / (b * b).sum()).item()

    hint = (
        "Write down both losses. How many times A's loss is B's, and so how many times A's "
        "gradient is B's? A step is the learning rate times the gradient."
    )
    name = "the learning rate of B"
    return returns(label, name, (lr, num_outputs), expect, hint, tol=1e-6, number=True)


EQUAL_LR = Exercise(
    number="4.4",
    solution=equal_lr,
    cases=(
        _lr_case(0.1, 3, "η = 0.1, three outputs"),
        _lr_case(0.1, 2, "the paper's network: η = 0.1, two outputs"),
        _lr_case(0.5, 10, "η = 0.5, ten outputs"),
        _lr_case(0.3, 1, "one output"),
    ),
    mistakes="""
/ => *
# The wrong way round: B divides by less, so its gradient is the larger one, and its rate must
# make up for that.

/ num_outputs =>
# With the same rate both step alike only if they have the same gradient. They divide the same
# sum by different numbers.

/ num_outputs => / 2
# That is right for two outputs, and for no other number.

/ num_outputs => / max(num_outputs - 1, 1)
# One too few: C is the number of outputs, all of them counted.

/ num_outputs => / num_outputs ** 2
# One factor too many: the loss, the gradient and the step are all in proportion; the number of
# outputs comes in once.

/ num_outputs => / num_outputs ** 0.5
# There is no root in it: the gradient is in proportion to the loss, and the step to the
# gradient.

/ num_outputs => / (2 * num_outputs)
# The factor 2 of the derivative is in both gradients alike.

lr / num_outputs => 1 / num_outputs
# Right if A's rate were 1. It is given as `lr`.

lr / num_outputs => lr - lr / num_outputs
# The rates were subtracted. Two gradients in proportion ask for two rates in proportion.

lr / num_outputs => num_outputs / lr
# Upside down: the larger `lr` is, the larger B's rate must be.

/ => //
# `//` divides whole numbers and drops the rest. Divide with `/`.
""",
)

EXERCISES = {
    "mse-loss": MSE_LOSS,
    "best-constant": BEST_CONSTANT,
    "loss-difference": LOSS_DIFFERENCE,
    "equal-lr": EQUAL_LR,
}
