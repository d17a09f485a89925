"""Exercises of chapter 04: the loss, the best constant, a judge, two conventions."""

import torch

from ... import losses
from ...gradcheck import numerical_gradient
from ..exercise import Case, Exercise
from ._shared import autograd, randn, remembers_nothing, returns

# --- MSELoss.backward ------------------------------------------------------------

P, T = randn(5, 3, seed=1), randn(5, 3, seed=2)
P[4, 1] = T[4, 1]  # one prediction is exact


def _torch_loss(prediction, target, reduction):
    return torch.nn.functional.mse_loss(prediction, target, reduction=reduction)


def _torch_grad(prediction, target, reduction):
    return autograd(lambda p: _torch_loss(p, target, reduction), prediction)[0]


def _both(word, of):
    return {f"{word} for the {reduction}": of(reduction) for reduction in ("mean", "sum")}


def _backward_case(dtype, label, hint="", tol=1e-9):
    p, t = P.to(dtype), T.to(dtype)
    return Case(
        label,
        lambda cls, probe: _both("dL/dp", lambda r: probe(probe(cls, r).backward, p, t)),
        lambda: _both("dL/dp", lambda r: _torch_grad(p, t, r)),
        hint,
        tol,
    )


MSE_LOSS = Exercise(
    number="4.1",
    solution=losses.MSELoss,
    given=1,
    parts=("backward",),
    cases=(
        Case(
            "forward, mean and sum: equals torch.nn.functional.mse_loss",
            lambda cls, probe: _both("loss", lambda r: probe(probe(cls, r).forward, P, T)),
            lambda: _both("loss", lambda r: _torch_loss(P, T, r)),
            hint="`forward` and `__init__` were given, and right; put them back as they were.",
        ),
        _backward_case(
            torch.float64,
            "backward, mean and sum: equals autograd's gradient, for 5 samples of 3 outputs",
            "dL/dp has one number for each entry of p: what becomes of the square of its error "
            "if it grows by ε, times what `forward` puts in front of the sum. Are all entries "
            "treated alike? Does a `//` drop digits?",
        ),
        remembers_nothing(
            lambda cls, probe: probe(cls),
            torch.nn.functional.mse_loss,
            ((randn(6, 1, seed=5), randn(6, 1, seed=6)), None),
            ((randn(1, 4, seed=3), randn(1, 4, seed=4)), None),
            hint="Right for 5 × 3. Does anything in your code fit only that size? Or does it look "
            "at more than the two tensors that it is given, or change `self.reduction`?",
        ),
        _backward_case(torch.float32, "backward: float32 in, float32 out", tol=1e-5),
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

grad.numel() => grad.numel() / len(grad)
or
grad.numel() => len(grad) ** 2
or
grad.numel() => grad.numel() ** 2
or
grad.numel() => 6
# The factor in front is wrong: the mean is over N · C numbers, whatever N and C are, and its
# gradient has 1 / (N · C) in front, once.

else grad => else grad / grad.numel()
# Right for the mean, and the same was returned for the sum. Look at `self.reduction`.

'mean' else grad => 'sum' else grad
# The two reductions have changed places: it is the mean that divides.

2 * (prediction - target) => 2 * (target - prediction)
# The sign is the wrong way round. If a prediction that is too large grows further, the loss
# grows: there the gradient must be positive.

grad / grad.numel() => grad.mean(0)
or
return grad / grad.numel() => return grad.sum(0) / grad.numel()
or
return grad / grad.numel() if self.reduction == 'mean' else grad =>
    return grad.sum(0) / grad.numel() if self.reduction == 'mean' else grad.sum(0)
or
grad / grad.numel() => grad.mean()
or
grad / grad.numel() if self.reduction == 'mean' else grad =>
    grad.mean() if self.reduction == 'mean' else grad.sum()
# Entries were added up or averaged. The loss is one number; its gradient has one for each entry of
# the prediction, shape (N, C).

2 * (prediction - target) => 2 * (prediction - target).square()
or
2 * (prediction - target) => (prediction - target).square()
# The square is still there. The derivative of e² is of the first power of e.

2 * (prediction - target) => 2 * (prediction - target).abs()
or
2 * (prediction - target) => 2 * (prediction - target).clamp(min=0)
# Errors below zero were turned round, or left out. They count like the others, and their sign
# says which way the prediction must go.

2 * (prediction - target) => (prediction - target).sign()
or
2 * (prediction - target) => 2 * (prediction - target).sign()
# Only the signs of the errors are left: this is the slope of |e|.

2 * (prediction - target) => 2 * (prediction - target) * self.forward(prediction, target)
or
2 * (prediction - target) => 2 * (prediction - target) * self.forward(prediction, target)
grad / grad.numel() if self.reduction == 'mean' else grad => grad
# The gradient was multiplied by the loss. Nothing comes behind the loss that it would have to
# be multiplied with.

2 * (prediction - target) => 2 * prediction - target
or
grad / grad.numel() => 2 * (prediction - target / grad.numel())
# Brackets: what multiplies or divides is meant for the whole difference, prediction − target.
""",
)

# --- best_constant ---------------------------------------------------------------


def best_constant(targets):
    """Return the row, shape (C,), that has the smallest MSE if predicted for every sample.

    For column c the loss is a parabola in the constant, Σₙ (a_c − t_nc)² / (N·C), whose
    slope 2 Σₙ (a_c − t_nc) / (N·C) is zero where a_c is the column's mean.
    """
    return targets.mean(0)


#: Two entries are 1, so that to count the ones is no way to zero.
REAL = randn(7, 3, seed=7)
REAL[1, 0] = REAL[4, 1] = 1
ONE_HOT = torch.eye(4, dtype=torch.float64)[torch.tensor([2, 0, 2, 3, 2, 0, 2, 1, 2, 2])]
PARABOLA = (
    "Look at one column by itself: the loss is a parabola in one number, and the row has one such "
    "number for each column. Where is the slope zero, exactly, if all samples are in the sum?"
)


NO_ROW = (".*the shape is", "One number for each column is wanted, shape (C,), whatever C is.")


def _constant_case(label, hint, *many, tol=1e-9):
    def least_squares(targets):
        """The oracle: the least-squares solution of "ones times row equals targets"."""
        ones = torch.ones(len(targets), 1, dtype=torch.float64)
        return torch.linalg.lstsq(ones, targets.double()).solution[0].to(targets.dtype)

    def named(rows):
        return {f"the row for {len(t)} × {t.shape[1]}": r for t, r in zip(many, rows, strict=True)}

    def run(function, probe):
        return named([probe(function, targets) for targets in many])

    return Case(label, run, lambda: named(map(least_squares, many)), (NO_ROW, (".*", hint)), tol)


BEST_CONSTANT = Exercise(
    number="4.2",
    solution=best_constant,
    cases=(
        _constant_case("7 targets of 3 numbers: the row of least squares", PARABOLA, REAL),
        _constant_case(
            "10 one-hot targets of 4 classes, some rarer than others",
            "Right where no column has a number twice. Here rows are equal and many numbers 0: "
            "each counts as often as it comes.",
            ONE_HOT,
        ),
        _constant_case(
            "a single target, and a single column",
            "Right for 7 × 3 and 10 × 4. What in your code is different if N or C is 1?",
            REAL[:1],
            REAL[:, :1],
        ),
        _constant_case("float32 in, float32 out", "", ONE_HOT.float(), tol=1e-5),
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
or
targets.mean(0) => torch.full_like(targets[0], 1 / targets.shape[1])
or
targets.mean(0) => torch.zeros_like(targets[0])
# This row does not depend on what the targets are. The best one does.

mean(0) => sum(0)
or
mean(0) => sum(0) / targets.numel()
or
mean(0) => sum(0) / targets.shape[1]
or
mean(0) => sum(0) / (len(targets) - 1)
or
mean(0) => sum(0) / max(1, len(targets) - 1)
or
mean(0) => sum(0) / 1000
or
targets.mean(0) => 2 * targets.mean(0)
# Right but for a factor: by what is the sum of a column to be divided? How many terms has it?
# What stands in front of the whole loss does not move the place of its minimum.

mean(0) => mean(0, keepdim=True)
# The numbers are right. The shape is to be (C,), and this is a matrix of one row.

mean(0) => mean(0).expand_as(targets)
# The row is right, and was repeated for each sample. It is wanted once, shape (C,).

targets.mean(0) => targets[0].clone()
or
targets.mean(0) => targets[(targets[:, None] - targets).square().sum((1, 2)).argmin()]
# This is one of the targets. The best row need not be among them: it has to suit all.

targets.mean(0) => (targets.max(0).values + targets.min(0).values) / 2
# The middle between the largest and the smallest looks at two samples only. All of them are in
# the sum.

targets.mean(0) => targets[1:].sum(0) / len(targets)
or
targets.mean(0) => targets[:-1].sum(0) / len(targets)
or
targets.mean(0) => targets[0] / len(targets)
# Not all samples are in the sum. Is the first or last left out? Does `return` stand in a loop?

mean(0) => square().mean(0).sqrt()
or
targets.mean(0) => targets.square().sum(0) / targets.sum(0)
# The targets were squared. In the loss it is the *error* that is squared; set the derivative of
# that to zero.

return targets.mean(0) => counts = targets.argmax(1).bincount(minlength=targets.shape[1])
    return counts.to(targets.dtype) / len(targets)
or
targets.mean(0) => targets.mean(0) / targets.mean(0).sum()
or
targets.mean(0) => targets.mean(0).clamp(0, 1)
or
targets.mean(0) => (targets == 1).to(targets.dtype).mean(0)
# Shares of classes, from 0 to 1 and 1 in sum, are right if every target is one-hot. Here the
# targets may be any numbers.
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


class Judged:
    """A loss that takes its arguments differently, with known errors in its gradient.

    L = Σ (p − t)² + p·t² + a (p − t)³ + (Σ p)² / 100: a central difference is off by a h² in every
    entry, and each slope depends on all of p.  L is a tensor, or a plain number.
    """

    def __init__(self, errors=0.0, cubic=0.0, plain=False):
        self.errors, self.cubic, self.plain = errors, cubic, plain

    def __repr__(self):
        return "the loss that is judged"

    def forward(self, prediction, target):
        e = prediction - target
        each = e.square() + prediction * target.square() + self.cubic * e.pow(3)
        value = each.sum() + prediction.sum() ** 2 / 100
        return value.item() if self.plain else value

    def backward(self, prediction, target):
        e = prediction - target
        each = 2 * e + target.square() + 3 * self.cubic * e.square() + self.errors
        return each + prediction.sum() / 50


#: The largest is negative, and neither the first entry nor the last.
ERRORS = torch.tensor(
    [[3, 3.4, -2], [4, -6, 5.1], [9, 8, 2.2], [-1.3, 2.6, 7], [1.7, -12.3456784, -6.4]],
    dtype=torch.float64,
)
#: The largest is positive, and the last.
OTHERS = torch.tensor([[[2, -1.5], [3, 4]], [[-5, 0.5], [6, 8]]], dtype=torch.float64)


def _difference_case(label, arguments, expected, hint):
    name = "the largest difference"
    return returns(label, name, arguments, lambda: expected, hint, tol=1e-8, number=True)


LOSS_DIFFERENCE = Exercise(
    number="4.3",
    solution=loss_difference,
    cases=(
        _difference_case(
            "a right loss of 5 × 3 predictions, h = 0.1: no difference at all",
            (Judged(), P, T, 0.1),
            0.0,
            "Compare each entry of `loss.backward(prediction, target)` with the central "
            "difference of `loss.forward(prediction, target)` when that entry alone is moved, "
            "once up and once down, in copies of the same dtype.",
        ),
        _difference_case(
            "every entry of its backward is wrong, one by −12.3456784",
            (Judged(ERRORS), P, T, 0.1),
            12.3456784,
            "A right loss was found right. Here every entry has a difference, and the largest of "
            "their absolute values is wanted. Are all looked at, and only subtracted?",
        ),
        _difference_case(
            "2 × 2 × 2 predictions, the last wrong by 8; `forward` returns a Python number",
            (Judged(OTHERS, plain=True), randn(2, 2, 2, seed=3), randn(2, 2, 2, seed=4), 0.1),
            8.0,
            "Right for 5 × 3, where the largest error was negative and not the last. Here there "
            "are three dimensions: is every entry reached?",
        ),
        _difference_case(
            "a cubic term, h = 0.1: the measurement is off by h², as theory says",
            (Judged(cubic=1.0), P, T, 0.1),
            0.01,
            "Is the h that is given used, and is the difference a central one?",
        ),
        _difference_case(
            "without h: the step is 1e-6, as a steep cubic term shows",
            (Judged(cubic=1e12), 0 * P, 0 * P),
            1.0,
            "Is `h=1e-6` still in the first line, and is that h used?",
        ),
    ),
    mistakes="""
.abs().max() => .max()
or
abs().max() => max().abs()
or
(loss.backward(prediction, target) - measured).abs() =>
    (measured - loss.backward(prediction, target))
# The sign: whichever gradient is subtracted from the other, a large difference may be negative,
# and has lost by the time the maximum is taken. First the absolute values, then the largest.

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
or
abs().max() => abs().flatten()[-1]
# One entry alone was looked at, or the others were overwritten. Every entry has a difference.

measured = => loss = losses.MSELoss()
    measured =
or
loss.forward => losses.MSELoss().forward
or
loss.backward(prediction, target) => 2 * (prediction - target) / prediction.numel()
# The loss that is given was not asked, or only one of its methods. Both `loss.forward` and
# `loss.backward` are to be called.

max() => mean()
or
max() => sum()
or
abs().max() => norm()
# The mean, the sum or the Euclidean norm of the differences was taken. The largest one is wanted:
# in a mean, one wrong entry among many is diluted.

max() => min()
# This is the smallest difference: a loss with one right entry would get through.

- measured).abs() => - measured).div(measured).abs()
or
- measured).abs() => - measured).div(loss.backward(prediction, target)).abs()
# The differences were divided by the gradient. The absolute ones are asked for.

.max().item() =>
or
.item() => .item() < 1e-06
# One number is wanted, the largest of the absolute differences. Whoever asks will judge it.

prediction, h) => prediction)
# The h that is given was not used. `numerical_gradient` takes it as its third argument.

lambda p: loss.forward(p, target), prediction => lambda t: loss.forward(prediction, t), target
# The target was moved. The gradient is with respect to the prediction.

loss.forward(p, target) => loss.forward(target, p)
or
backward(prediction, target) => backward(target, prediction)
# `forward` or `backward` was handed the target and the prediction the wrong way round.

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
or
backward(prediction, target) => backward(prediction, target).sum()
numerical_gradient(lambda p: loss.forward(p, target), prediction, h) =>
    (loss.forward(prediction + h, target) - loss.forward(prediction - h, target)) / (2 * h)
# All entries were moved at once. Each has a derivative of its own: one at a time.
""",
)

# --- equal_lr --------------------------------------------------------------------


def equal_lr(lr, num_outputs):
    """Return the rate with which B, dividing by N, steps as A does, dividing by N·C.

    B's loss is C times A's, and so is its gradient.
    """
    return lr / num_outputs


def _lr_case(lr, num_outputs, label, late=""):
    def expect():
        """The oracle: the rate that fits B's step to A's, both gradients by autograd."""
        p, target = randn(6, num_outputs, seed=9), randn(6, num_outputs, seed=8)
        (a,) = autograd(lambda p: (p - target).square().mean(), p)
        (b,) = autograd(lambda p: (p - target).square().sum() / len(p), p)
        return (lr * (a * b).sum() / (b * b).sum()).item()

    hint = late or (
        "Write down both losses. How many times A's loss is B's, and so how many times A's "
        "gradient is B's? A step is the learning rate times the gradient."
    )
    return returns(
        label, "the learning rate of B", (lr, num_outputs), expect, hint, tol=1e-10, number=True
    )


LATE = (
    "The first answer was right. Is it rounded? Does a rate or number of outputs stay what it was "
    "then, or is one of these an exception, too large or too small?"
)

EQUAL_LR = Exercise(
    number="4.4",
    solution=equal_lr,
    cases=(
        _lr_case(0.39, 5, "η = 0.39, five outputs"),
        _lr_case(0.1, 2, "the paper's network: η = 0.1, two outputs", LATE),
        _lr_case(0.001, 30, "η = 0.001, thirty outputs", LATE),
        _lr_case(0.07, 30, "thirty outputs again, with another rate", LATE),
        _lr_case(3, 1, "one output, and a rate that is an integer", LATE),
    ),
    mistakes="""
/ => *
# The wrong way round: B divides by less, so its gradient is the larger one, and its rate must
# make up for that.

/ num_outputs =>
# With the same rate both step alike only if they have the same gradient. They divide the same
# sum by different numbers.

/ num_outputs => / 2
or
lr / num_outputs => 0.05
# That is right for two outputs at most. The number of outputs is given, and so is A's rate.

/ num_outputs => / max(num_outputs - 1, 1)
or
/ num_outputs => / (num_outputs - 1)
or
/ num_outputs => / (num_outputs + 1)
# One too few or too many: C is the number of outputs, all of them counted, and nothing else.

/ num_outputs => / num_outputs ** 2
or
/ num_outputs => / num_outputs ** 0.5
or
/ num_outputs => / 2 ** (num_outputs - 1)
or
/ num_outputs => / (1 + math.log2(num_outputs))
or
lr / num_outputs => lr ** num_outputs
or
lr / num_outputs => lr ** (1 / num_outputs)
or
/ num_outputs => / num_outputs ** num_outputs
# No power, no root, no logarithm, no halving again and again: the gradient is in proportion to the
# loss, and the step to the gradient. The rate is divided by the number of outputs, once.

/ num_outputs => / (2 * num_outputs)
or
/ num_outputs => * 2 / num_outputs
# A 2 came in that does not belong there: the one of the derivative is in both gradients alike.

/ num_outputs => / 100
or
/ num_outputs => / (100 * num_outputs)
# The number of samples is in both losses alike. By what do they differ?

lr / num_outputs => 1 / num_outputs
or
lr / num_outputs => 0.1 / num_outputs
# A's rate was not used: it is given as `lr`.

lr / num_outputs => lr - lr / num_outputs
or
lr / num_outputs => lr - lr * (num_outputs - 1) / 2
or
lr / num_outputs => lr - num_outputs
# Something was subtracted. Two gradients in proportion ask for two rates in proportion.

lr / num_outputs => num_outputs / lr
# Upside down: the larger `lr` is, the larger B's rate must be.

/ => //
or
lr / num_outputs => int(lr / num_outputs)
# Nothing is left. If there is a `//` or `int`, it drops the digits behind the point: use `/`.
""",
)

EXERCISES = {
    "mse-loss": MSE_LOSS,
    "best-constant": BEST_CONSTANT,
    "loss-difference": LOSS_DIFFERENCE,
    "equal-lr": EQUAL_LR,
}
