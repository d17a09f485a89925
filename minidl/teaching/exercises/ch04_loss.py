"""Exercises of chapter 04: the loss, the best constant, a judge, two conventions."""

import math

import torch

from ... import losses
from ...gradcheck import numerical_gradient
from ..exercise import Case, Exercise, Mistake, as_number
from ..probe import Failure
from ._random import randn

# --- MSELoss.backward ------------------------------------------------------------

P, T = randn(5, 3, seed=1), randn(5, 3, seed=2)
P2, T2 = randn(2, 4, seed=3), randn(2, 4, seed=4)
P1, T1 = randn(6, 1, seed=5), randn(6, 1, seed=6)


def _torch_loss(prediction, target, reduction):
    return torch.nn.functional.mse_loss(prediction, target, reduction=reduction)


def _forward_case(reduction, label):
    return Case(
        label=label,
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
        """The oracle: PyTorch's own loss, differentiated by autograd."""
        leaf = prediction.clone().requires_grad_()
        _torch_loss(leaf, target, reduction).backward()
        return {"dL/dp": leaf.grad}

    return Case(label=label, run=run, expect=expect, hint=hint, tol=tol)


def _run_twice(cls, probe):
    mean, total = probe(cls, "mean"), probe(cls, "sum")
    probe(mean.backward, P, T)
    probe(total.backward, P, T)
    return {
        "dL/dp for the mean": probe(mean.backward, P2, T2),
        "dL/dp for the sum": probe(total.backward, P2, T2),
    }


def _expect_twice():
    found = {}
    for reduction, name in (("mean", "dL/dp for the mean"), ("sum", "dL/dp for the sum")):
        leaf = P2.clone().requires_grad_()
        _torch_loss(leaf, T2, reduction).backward()
        found[name] = leaf.grad
    return found


class MseByRows(losses.MSELoss):
    def backward(self, prediction, target):
        grad = 2 * (prediction - target)
        return grad / len(prediction) if self.reduction == "mean" else grad


class MseByColumns(losses.MSELoss):
    def backward(self, prediction, target):
        grad = 2 * (prediction - target)
        return grad / prediction.shape[1] if self.reduction == "mean" else grad


class MseNotDivided(losses.MSELoss):
    def backward(self, prediction, target):
        return 2 * (prediction - target)


class MseWithoutTwo(losses.MSELoss):
    def backward(self, prediction, target):
        grad = prediction - target
        return grad / grad.numel() if self.reduction == "mean" else grad


class MseWithoutTwoInSum(losses.MSELoss):
    def backward(self, prediction, target):
        error = prediction - target
        return 2 * error / error.numel() if self.reduction == "mean" else error


class MseWithoutTwoByRows(losses.MSELoss):
    def backward(self, prediction, target):
        grad = prediction - target
        return grad / len(grad) if self.reduction == "mean" else grad


class MseDividedTwice(losses.MSELoss):
    def backward(self, prediction, target):
        grad = 2 * (prediction - target) / prediction.numel()
        return grad / len(prediction) if self.reduction == "mean" else grad * prediction.numel()


class MseMultiplied(losses.MSELoss):
    def backward(self, prediction, target):
        grad = 2 * (prediction - target)
        return grad * grad.numel() if self.reduction == "mean" else grad


class MseAlwaysMean(losses.MSELoss):
    def backward(self, prediction, target):
        return 2 * (prediction - target) / prediction.numel()


class MseExchanged(losses.MSELoss):
    def backward(self, prediction, target):
        grad = 2 * (prediction - target)
        return grad / grad.numel() if self.reduction == "sum" else grad


class MseSwapped(losses.MSELoss):
    def backward(self, prediction, target):
        grad = 2 * (target - prediction)
        return grad / grad.numel() if self.reduction == "mean" else grad


class MseColumnMeans(losses.MSELoss):
    def backward(self, prediction, target):
        grad = 2 * (prediction - target)
        return grad.mean(0) if self.reduction == "mean" else grad


class MseColumnMeansExpanded(losses.MSELoss):
    def backward(self, prediction, target):
        grad = 2 * (prediction - target)
        return grad.mean(0).expand_as(grad) if self.reduction == "mean" else grad


class MseColumnMeansOverC(losses.MSELoss):
    def backward(self, prediction, target):
        grad = 2 * (prediction - target)
        spread = grad.mean(0).expand_as(grad) / grad.shape[1]
        return spread if self.reduction == "mean" else grad


class MseOneNumber(losses.MSELoss):
    def backward(self, prediction, target):
        grad = 2 * (prediction - target)
        return grad.mean() if self.reduction == "mean" else grad.sum()


class MseSquareLeft(losses.MSELoss):
    def backward(self, prediction, target):
        grad = 2 * (prediction - target).square()
        return grad / grad.numel() if self.reduction == "mean" else grad


class MseSquaresOnly(losses.MSELoss):
    def backward(self, prediction, target):
        grad = (prediction - target).square()
        return grad / grad.numel() if self.reduction == "mean" else grad


class MseAbsolute(losses.MSELoss):
    def backward(self, prediction, target):
        grad = 2 * (prediction - target).abs()
        return grad / grad.numel() if self.reduction == "mean" else grad


class MseSigns(losses.MSELoss):
    def backward(self, prediction, target):
        grad = (prediction - target).sign()
        return grad / grad.numel() if self.reduction == "mean" else grad


class MseTimesLoss(losses.MSELoss):
    def backward(self, prediction, target):
        error = prediction - target
        grad = 2 * error / error.numel() if self.reduction == "mean" else 2 * error
        return grad * self.forward(prediction, target)


class MseBrackets(losses.MSELoss):
    def backward(self, prediction, target):
        grad = 2 * prediction - target
        return grad / grad.numel() if self.reduction == "mean" else grad


class MsePredictionOnly(losses.MSELoss):
    def backward(self, prediction, target):
        grad = 2 * prediction
        return grad / grad.numel() if self.reduction == "mean" else grad


class MseOfTarget(losses.MSELoss):
    def backward(self, prediction, target):
        grad = -2 * (target - prediction) * target
        return grad / grad.numel() if self.reduction == "mean" else grad


class MseRoot(losses.MSELoss):
    def backward(self, prediction, target):
        error = prediction - target
        if self.reduction == "sum":
            return 2 * error
        return error / error.numel() / error.square().mean().sqrt()


class MseInPlace(losses.MSELoss):
    def backward(self, prediction, target):
        prediction -= target
        prediction *= 2
        return prediction / prediction.numel() if self.reduction == "mean" else prediction


class MseDouble(losses.MSELoss):
    def backward(self, prediction, target):
        grad = 2 * (prediction - target).double()
        return grad / grad.numel() if self.reduction == "mean" else grad


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
            label="backward: another batch, 2 samples of 4 outputs",
            run=_run_twice,
            expect=_expect_twice,
            hint="Both sizes come from the tensors that are given; the gradient has their shape.",
        ),
        _backward_case("mean", P1, T1, "backward, mean: a single output"),
        _backward_case("mean", P[:1], T[:1], "backward, mean: a batch of one"),
        _backward_case(
            "mean", P.float(), T.float(), "backward, mean: float32 in, float32 out", tol=1e-5
        ),
    ),
    mistakes=(
        Mistake(
            MseByRows,
            "The sum was divided by N, the number of samples. `forward` takes the mean over "
            "every number, of which each sample has C.",
        ),
        Mistake(
            MseByColumns,
            "The sum was divided by C, the number of outputs. `forward` takes the mean over "
            "every number, and there are N rows of them.",
        ),
        Mistake(
            MseNotDivided,
            "The gradient of the sum was returned for both reductions. `forward` divides for "
            "the mean; so must its gradient. (A division whose result goes nowhere has no "
            "effect.)",
        ),
        Mistake(MseWithoutTwo, "A factor 2 is missing: the derivative of e² is not e."),
        Mistake(
            MseWithoutTwoInSum,
            "Right for the mean. For the sum the factor 2 has got lost.",
        ),
        Mistake(
            MseWithoutTwoByRows,
            "Two things: the derivative of e² is not e, and N counts the samples, not all the "
            "numbers that the mean is over.",
        ),
        Mistake(
            MseDividedTwice,
            "Divided twice: after dividing by the count of all numbers nothing is left to divide.",
        ),
        Mistake(
            MseMultiplied,
            "The mean divides by the count of numbers; here it is a factor.",
        ),
        Mistake(
            MseAlwaysMean,
            "Right for the mean, and the same was returned for the sum. Look at `self.reduction`.",
        ),
        Mistake(
            MseExchanged,
            "The two reductions have changed places: it is the mean that divides.",
        ),
        Mistake(
            MseSwapped,
            "The sign is the wrong way round. If a prediction that is too large grows further, "
            "the loss grows: there the gradient must be positive.",
        ),
        Mistake(
            MseColumnMeans,
            "The rows were averaged. Every entry of the prediction has a derivative of its "
            "own: the gradient has shape (N, C).",
        ),
        Mistake(
            MseColumnMeansExpanded,
            "The rows were averaged and the average handed to every sample. Each sample has "
            "its own error, and its own gradient.",
        ),
        Mistake(
            MseColumnMeansOverC,
            "The scale is right, but the rows were averaged and the average handed to every "
            "sample. Each sample has its own error.",
        ),
        Mistake(
            MseOneNumber,
            "All entries were added up to one number. The loss is one number; its gradient has "
            "one for each entry of the prediction.",
        ),
        Mistake(
            MseSquareLeft,
            "The square is still there. The derivative of e² is of the first power of e.",
        ),
        Mistake(
            MseSquaresOnly,
            "These are the terms of the loss itself, the squares. Their derivatives are wanted.",
        ),
        Mistake(
            MseAbsolute,
            "The sign of the errors has got lost. It says which way the prediction must go.",
        ),
        Mistake(MseSigns, "Only the signs of the errors are left: this is the slope of |e|."),
        Mistake(
            MseTimesLoss,
            "The gradient was multiplied by the loss. Nothing comes behind the loss that it "
            "would have to be multiplied with.",
        ),
        Mistake(MseBrackets, "`2 * prediction - target` doubles only the first. Brackets."),
        Mistake(
            MsePredictionOnly,
            "The target has got lost. It is a constant, but it stands inside the square.",
        ),
        Mistake(
            MseOfTarget,
            "The error was multiplied by the target. The derivative of p − t with respect to p "
            "is 1; the loss asks of every output, not only of the hot one.",
        ),
        Mistake(
            MseRoot,
            "This is the gradient of the *root* of the mean squared error. `forward` takes no "
            "root.",
        ),
        Mistake(
            MseInPlace,
            "`-=` and `*=` write into the caller's prediction, which the layers still need on "
            "the way back. Make a new tensor.",
        ),
        Mistake(
            MseDouble,
            "The result is float64 whatever came in. Leave the dtype as it is.",
        ),
    ),
)

# --- best_constant ---------------------------------------------------------------


def best_constant(targets):
    """Return the row, shape (C,), that has the smallest MSE if predicted for every sample.

    For column c the loss is a parabola in the constant, Σₙ (a_c − t_nc)² / (N·C), whose
    slope 2 Σₙ (a_c − t_nc) / (N·C) is zero where a_c is the column's mean.
    """
    return targets.mean(0)


def constant_across(targets):
    return targets.mean(1)


def constant_of_all(targets):
    return targets.mean()


def constant_of_all_expanded(targets):
    return targets.mean().expand(targets.shape[1])


def constant_median(targets):
    return targets.median(0).values


def constant_majority(targets):
    row = torch.zeros_like(targets[0])
    row[targets.sum(0).argmax()] = 1
    return row


def constant_half(targets):
    return torch.full_like(targets[0], 0.5)


def constant_even(targets):
    return torch.full_like(targets[0], 1 / targets.shape[1])


def constant_sum(targets):
    return targets.sum(0)


def constant_sum_over_all(targets):
    return targets.sum(0) / targets.numel()


def constant_kept_dimension(targets):
    return targets.mean(0, keepdim=True)


def constant_expanded(targets):
    return targets.mean(0).expand_as(targets)


def constant_first(targets):
    return targets[0].clone()


def constant_midrange(targets):
    return (targets.max(0).values + targets.min(0).values) / 2


def constant_zero(targets):
    return torch.zeros_like(targets[0])


def constant_root_mean_square(targets):
    return targets.square().mean(0).sqrt()


def constant_doubled(targets):
    return 2 * targets.mean(0)


def constant_shares(targets):
    counts = targets.argmax(1).bincount(minlength=targets.shape[1])
    return (counts / len(targets)).to(targets.dtype)


def constant_normalised(targets):
    means = targets.mean(0)
    return means / means.sum()


def constant_list(targets):
    return targets.mean(0).tolist()


def constant_unbiased(targets):
    return targets.sum(0) / (len(targets) - 1)


REAL = randn(7, 3, seed=7)
ONE_HOT = torch.eye(4, dtype=torch.float64)[torch.tensor([2, 0, 2, 3, 2, 0, 2, 1, 2, 2])]


def _constant_case(targets, label, hint="", tol=1e-9):
    def expect():
        """The oracle: the least-squares solution of "ones times row equals targets"."""
        ones = torch.ones(len(targets), 1, dtype=torch.float64)
        row = torch.linalg.lstsq(ones, targets.double()).solution[0]
        return {"the row": row.to(targets.dtype)}

    return Case(
        label=label,
        run=lambda constant, probe: {"the row": probe(constant, targets)},
        expect=expect,
        hint=hint,
        tol=tol,
    )


BEST_CONSTANT = Exercise(
    number="4.2",
    solution=best_constant,
    cases=(
        _constant_case(
            REAL,
            "7 targets of 3 numbers: the row of least squares",
            "For one column the loss is a parabola in one number. Where is its slope zero?",
        ),
        _constant_case(
            ONE_HOT,
            "10 one-hot targets of 4 classes, some rarer than others",
            "For one column the loss is a parabola in one number. Where is its slope zero?",
        ),
        _constant_case(REAL[:1], "a single target"),
        _constant_case(ONE_HOT.float(), "float32 in, float32 out", tol=1e-5),
    ),
    mistakes=(
        Mistake(
            constant_across,
            "This takes one number for each sample. The row is to be the same for all samples, "
            "with one number for each output.",
        ),
        Mistake(
            constant_of_all,
            "This is one number for all outputs. Each output may have a constant of its own.",
        ),
        Mistake(
            constant_of_all_expanded,
            "All outputs get the same number. Each may have its own, and the loss is smaller then.",
        ),
        Mistake(
            constant_median,
            "The median makes the sum of the *absolute* errors smallest. Here they are squared.",
        ),
        Mistake(
            constant_majority,
            "Always to answer with the commonest class has the fewest errors. It does not have "
            "the smallest squared error.",
        ),
        Mistake(
            constant_half,
            "One half in every column is right only if every output is hot in half of the samples.",
        ),
        Mistake(
            constant_even,
            "The same share for every class is right only if all classes are equally common.",
        ),
        Mistake(constant_sum, "The columns were added up, but not divided."),
        Mistake(
            constant_sum_over_all,
            "Divided by N·C. The factor in front of the loss does not move the place of its "
            "minimum; how many terms does one column have?",
        ),
        Mistake(
            constant_kept_dimension,
            "The numbers are right. The shape is to be (C,), and this is a matrix of one row.",
        ),
        Mistake(
            constant_expanded,
            "The row is right, and was repeated for each sample. It is wanted once, shape (C,).",
        ),
        Mistake(
            constant_first, "This is the first sample's target; the other samples have no say."
        ),
        Mistake(
            constant_midrange,
            "The middle between the largest and the smallest looks at two samples only. All of "
            "them are in the sum.",
        ),
        Mistake(
            constant_zero,
            "Zero is what a network with no bias and tiny weights says. It can be done better.",
        ),
        Mistake(
            constant_root_mean_square,
            "The targets were squared. In the loss it is the *error* that is squared; set the "
            "derivative of that to zero.",
        ),
        Mistake(
            constant_doubled,
            "Twice too large. The factor 2 of the derivative stands in front of a − t as a "
            "whole, and drops out where that sum is zero.",
        ),
        Mistake(
            constant_shares,
            "These are the shares of the classes: right if every target is one-hot. Here the "
            "targets may be any numbers.",
        ),
        Mistake(
            constant_normalised,
            "The row was made to add up to 1. The targets may be any numbers, and need not.",
        ),
        Mistake(constant_list, "The numbers are right. Return a tensor, not a list."),
        Mistake(
            constant_unbiased,
            "Divided by N − 1, as for an estimated variance. Here the terms of the sum count, "
            "and there are N.",
        ),
    ),
)

# --- loss_difference -------------------------------------------------------------


def loss_difference(loss, prediction, target, h=1e-6):
    """Return the largest absolute difference between a loss's backward and its measurement.

    The measurement is the central difference of ``loss.forward`` with respect to each
    entry of ``prediction``.
    """
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return (loss.backward(prediction, target) - measured).abs().max().item()


def difference_signed(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return (loss.backward(prediction, target) - measured).max().item()


def difference_signed_other_way(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return (measured - loss.backward(prediction, target)).max().item()


def difference_absolute_too_late(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return (loss.backward(prediction, target) - measured).max().abs().item()


def difference_of_sizes(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return (loss.backward(prediction, target).abs() - measured.abs()).abs().max().item()


def difference_of_maxima(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return (loss.backward(prediction, target).max() - measured.max()).abs().item()


def difference_mean(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return (loss.backward(prediction, target) - measured).abs().mean().item()


def difference_sum(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return (loss.backward(prediction, target) - measured).abs().sum().item()


def difference_norm(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return (loss.backward(prediction, target) - measured).norm().item()


def difference_squared(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return (loss.backward(prediction, target) - measured).square().max().item()


def difference_smallest(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return (loss.backward(prediction, target) - measured).abs().min().item()


def difference_relative(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    gap = (loss.backward(prediction, target) - measured).abs()
    return (gap / measured.abs()).max().item()


def difference_tensor(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return (loss.backward(prediction, target) - measured).abs()


def difference_place(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return (loss.backward(prediction, target) - measured).abs().argmax().item()


def difference_verdict(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return bool((loss.backward(prediction, target) - measured).abs().max() < 1e-6)


def difference_own_step(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction)
    return (loss.backward(prediction, target) - measured).abs().max().item()


def difference_of_target(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda t: loss.forward(prediction, t), target, h)
    return (loss.backward(prediction, target) - measured).abs().max().item()


def difference_swapped(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return (loss.backward(target, prediction) - measured).abs().max().item()


def difference_first_row(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return (loss.backward(prediction, target) - measured)[0].abs().max().item()


def difference_without_last(loss, prediction, target, h=1e-6):
    return _differences(loss, prediction, target, h).flatten()[:-1].max().item()


def difference_forward(loss, prediction, target, h=1e-6):
    measured = torch.zeros_like(prediction)
    for k in range(prediction.numel()):
        step = torch.zeros_like(prediction)
        step.view(-1)[k] = h
        above, below = loss.forward(prediction + step, target), loss.forward(prediction, target)
        measured.view(-1)[k] = (above - below) / h
    return (loss.backward(prediction, target) - measured).abs().max().item()


def difference_over_h(loss, prediction, target, h=1e-6):
    measured = 2 * numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return (loss.backward(prediction, target) - measured).abs().max().item()


def difference_all_at_once(loss, prediction, target, h=1e-6):
    above, below = loss.forward(prediction + h, target), loss.forward(prediction - h, target)
    measured = (above - below) / (2 * h)
    return (loss.backward(prediction, target) - measured).abs().max().item()


def difference_of_values(loss, prediction, target, h=1e-6):
    return (loss.backward(prediction, target) - loss.forward(prediction, target)).abs().max().item()


class SquaresOff:
    """Σ (p − t)², with known errors in some entries of the gradient."""

    def __repr__(self):
        return "the loss that is judged"

    def __init__(self, **errors):
        self.errors = {tuple(map(int, name[1:].split("_"))): e for name, e in errors.items()}

    def forward(self, prediction, target):
        return (prediction - target).square().sum()

    def backward(self, prediction, target):
        grad = 2 * (prediction - target)
        for entry, error in self.errors.items():
            grad[entry] += error
        return grad


class Cubes:
    """a Σ (p − t)³, for which a central difference is too large by a h² in every entry."""

    def __init__(self, factor=1.0):
        self.factor = factor

    def __repr__(self):
        return "the loss that is judged"

    def forward(self, prediction, target):
        return self.factor * (prediction - target).pow(3).sum()

    def backward(self, prediction, target):
        return 3 * self.factor * (prediction - target).square()


class SquaresTurned(SquaresOff):
    """Σ (p − t)², with the whole gradient of the wrong sign."""

    def backward(self, prediction, target):
        return 2 * (target - prediction)


def _judged(value):
    if isinstance(value, bool):
        raise Failure(("verdict",), f"this is {value}, a verdict; expected the largest difference")
    return {"the largest difference": as_number("the largest difference", value)}


def _difference_case(loss, prediction, target, h, expected, label, hint="", tol=1e-7):
    return Case(
        label=label,
        run=lambda judge, probe: _judged(probe(judge, loss, prediction, target, h)),
        expect=lambda: {"the largest difference": expected},
        hint=hint,
        tol=tol,
    )


def _run_default(judge, probe):
    return _judged(probe(judge, Cubes(1e12), P, P.clone()))


def difference_entry_zero(loss, prediction, target, h=1e-6):
    return _differences(loss, prediction, target, h).flatten()[0].item()


def difference_of_largest_sizes(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    grad = loss.backward(prediction, target)
    return (measured.abs().max() - grad.abs().max()).abs().item()


def difference_exchanged(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(lambda p: loss.forward(target, p), prediction, h)
    return (loss.backward(prediction, target) - measured).abs().max().item()


def difference_rounded(loss, prediction, target, h=1e-6):
    return round(loss_difference(loss, prediction, target, h), 6)


def difference_unasked(loss, prediction, target, h=1e-6):
    return loss_difference(losses.MSELoss(), prediction, target, h)


def difference_two_arguments(loss, prediction, target, h=1e-6):
    measured = numerical_gradient(loss.forward, prediction, h)
    return (loss.backward(prediction, target) - measured).abs().max().item()


def _differences(loss, prediction, target, h):
    measured = numerical_gradient(lambda p: loss.forward(p, target), prediction, h)
    return (loss.backward(prediction, target) - measured).abs()


LOSS_DIFFERENCE = Exercise(
    number="4.3",
    solution=loss_difference,
    cases=(
        _difference_case(
            SquaresOff(),
            P,
            T,
            0.1,
            0.0,
            "a right loss of 5 × 3 predictions, h = 0.1: no difference at all",
            "Compare each entry of `loss.backward(prediction, target)` with the central "
            "difference of `loss.forward(prediction, target)` when that entry is moved.",
        ),
        _difference_case(
            SquaresOff(e0_0=0.03),
            P,
            T,
            1e-6,
            0.03,
            "one entry of its backward too large by 0.03",
            "Every entry has a difference; of their absolute values the largest is wanted.",
        ),
        _difference_case(
            SquaresOff(e4_2=-0.05),
            P,
            T,
            1e-6,
            0.05,
            "one entry too small by 0.05",
            "Every entry has a difference; of their absolute values the largest is wanted.",
        ),
        _difference_case(
            SquaresOff(e0_3=0.02, e1_1=-0.07),
            P2,
            T2,
            1e-6,
            0.07,
            "2 × 4 predictions, one entry too large by 0.02, one too small by 0.07",
            "Every entry has a difference; of their absolute values the largest is wanted.",
        ),
        _difference_case(
            SquaresTurned(),
            P,
            T,
            0.1,
            4 * (P - T).abs().max().item(),
            "all of its backward with the wrong sign",
            "Every entry has a difference; of their absolute values the largest is wanted.",
            tol=1e-9,
        ),
        _difference_case(
            Cubes(),
            P,
            T,
            0.1,
            0.01,
            "a sum of cubes, h = 0.1: the measurement is off by h², as theory says",
            "Is the h that is given used, and is the difference a central one?",
        ),
        _difference_case(
            SquaresOff(e1_2=3e-7),
            P,
            T,
            0.1,
            3e-7,
            "one entry too large by 0.0000003",
            "Is the result rounded?",
            tol=1e-9,
        ),
        Case(
            label="without h: the step is 1e-6, as a steep sum of cubes shows",
            run=_run_default,
            expect=lambda: {"the largest difference": 1.0},
            hint="Keep `h=1e-6` in the first line, as it was in the stub, and use that h.",
            tol=1e-7,
        ),
    ),
    mistakes=(
        Mistake(
            difference_signed,
            "The largest *signed* difference was taken. Where `backward` is too small, the "
            "difference is negative, and goes unnoticed.",
        ),
        Mistake(
            difference_signed_other_way,
            "The largest *signed* difference was taken. Where `backward` is too large, this "
            "difference is negative, and goes unnoticed.",
        ),
        Mistake(
            difference_absolute_too_late,
            "The absolute value was taken after the maximum. A large negative difference has "
            "lost by then.",
        ),
        Mistake(
            difference_of_sizes,
            "The absolute values of the two gradients were compared. Subtract first: the sign "
            "may be wrong, too.",
        ),
        Mistake(
            difference_of_maxima,
            "The largest entries of both were compared. Compare entry with entry.",
        ),
        Mistake(
            difference_entry_zero,
            "Only the first entry was looked at. Every entry has a difference.",
        ),
        Mistake(
            difference_of_largest_sizes,
            "The largest sizes of both were compared with each other. Subtract entry by entry "
            "first.",
        ),
        Mistake(
            difference_exchanged,
            "`forward` was handed target and prediction the wrong way round. For squares that "
            "makes no difference; for other losses it does.",
        ),
        Mistake(difference_rounded, "The result was rounded, and small differences are lost."),
        Mistake(difference_unasked, "The loss that is given was not asked, but another one."),
        Mistake(
            difference_two_arguments,
            "`numerical_gradient` calls its function with one tensor, and `forward` wants two. "
            "Hold the target: `lambda p: loss.forward(p, target)`.",
        ),
        Mistake(
            difference_mean,
            "This is the mean over all entries, in which one wrong entry among many is diluted.",
        ),
        Mistake(difference_sum, "The differences were added up. The largest one is wanted."),
        Mistake(
            difference_norm,
            "This is the Euclidean norm of the differences. The largest one is wanted.",
        ),
        Mistake(difference_squared, "The difference was squared."),
        Mistake(
            difference_smallest,
            "This is the smallest difference: a loss with one right entry would get through.",
        ),
        Mistake(
            difference_relative,
            "The differences were divided by the gradient. The absolute ones are asked for.",
        ),
        Mistake(
            difference_tensor,
            "These are the differences of all entries. Of these, the largest is wanted, as one "
            "number.",
        ),
        Mistake(
            difference_place,
            "`argmax` says *where* the largest is; `max` says how large it is.",
        ),
        Mistake(
            difference_verdict,
            "This is a verdict, true or false. The number is wanted; whoever asks will judge.",
        ),
        Mistake(
            difference_own_step,
            "The h that is given was not used. Hand it on to `numerical_gradient`.",
        ),
        Mistake(
            difference_of_target,
            "The target was moved. The gradient is with respect to the prediction.",
        ),
        Mistake(
            difference_swapped,
            "`backward` was handed the target and the prediction the wrong way round.",
        ),
        Mistake(
            difference_first_row,
            "Only the first sample was compared. An error further down goes unnoticed.",
        ),
        Mistake(
            difference_without_last,
            "The last entry was left out: does the loop end one turn early?",
        ),
        Mistake(
            difference_forward,
            "This is the forward difference, with an error of order h. Take the central one.",
        ),
        Mistake(
            difference_over_h,
            "The measured slope is twice too large: between p − h and p + h lies 2h.",
        ),
        Mistake(
            difference_all_at_once,
            "All entries were moved at once. Each has a derivative of its own: one at a time.",
        ),
        Mistake(
            difference_of_values,
            "`backward` was compared with the loss itself, not with its measured gradient.",
        ),
    ),
)

# --- equal_lr --------------------------------------------------------------------


def equal_lr(lr, num_outputs):
    """Return the rate with which B, dividing by N, steps as A does, dividing by N·C.

    B's loss is C times A's, and so is its gradient.
    """
    return lr / num_outputs


def lr_multiplied(lr, num_outputs):
    return lr * num_outputs


def lr_same(lr, num_outputs):
    return lr


def lr_halved(lr, num_outputs):
    return lr / 2


def lr_doubled(lr, num_outputs):
    return 2 * lr


def lr_by_square(lr, num_outputs):
    return lr / num_outputs**2


def lr_by_root(lr, num_outputs):
    return lr / math.sqrt(num_outputs)


def lr_by_twice(lr, num_outputs):
    return lr / (2 * num_outputs)


def lr_share(lr, num_outputs):
    return 1 / num_outputs


def lr_less(lr, num_outputs):
    return lr - lr / num_outputs


def lr_upside_down(lr, num_outputs):
    return num_outputs / lr


def lr_minus_one(lr, num_outputs):
    return lr / (num_outputs - 1) if num_outputs > 1 else lr


def lr_whole(lr, num_outputs):
    return lr // num_outputs


LR_HINT = (
    "Write down both losses. How many times A's loss is B's, and so how many times A's gradient "
    "is B's? A step is the learning rate times the gradient."
)


def _lr_case(lr, num_outputs, label):
    name = "the learning rate of B"

    def expect():
        """The oracle: the rate that fits B's step to A's, both gradients by autograd."""
        target = randn(6, num_outputs, seed=8)
        p = randn(6, num_outputs, seed=9).requires_grad_()
        squares = (p - target).square()
        (a,) = torch.autograd.grad(squares.mean(), p, retain_graph=True)
        (b,) = torch.autograd.grad(squares.sum() / len(p), p)
        return {name: (lr * (a * b).sum() / (b * b).sum()).item()}

    return Case(
        label=label,
        run=lambda rate, probe: {name: as_number(name, probe(rate, lr, num_outputs))},
        expect=expect,
        hint=LR_HINT,
        tol=1e-6,
    )


EQUAL_LR = Exercise(
    number="4.4",
    solution=equal_lr,
    cases=(
        _lr_case(0.1, 3, "η = 0.1, three outputs"),
        _lr_case(0.1, 2, "the paper's network: η = 0.1, two outputs"),
        _lr_case(0.5, 10, "η = 0.5, ten outputs"),
        _lr_case(0.3, 1, "one output"),
    ),
    mistakes=(
        Mistake(
            lr_multiplied,
            "The wrong way round: B divides by less, so its gradient is the larger one, and "
            "its rate must make up for that.",
        ),
        Mistake(
            lr_same,
            "With the same rate both step alike only if they have the same gradient. They "
            "divide the same sum by different numbers.",
        ),
        Mistake(lr_halved, "That is right for two outputs, and for no other number."),
        Mistake(lr_minus_one, "One too few: C is the number of outputs, all of them counted."),
        Mistake(lr_doubled, "B's steps are too long already, and not always by a factor 2."),
        Mistake(
            lr_by_square,
            "One factor too many: the loss, the gradient and the step are all in proportion; "
            "the number of outputs comes in once.",
        ),
        Mistake(
            lr_by_root,
            "There is no root in it: the gradient is in proportion to the loss, and the step "
            "to the gradient.",
        ),
        Mistake(lr_by_twice, "The factor 2 of the derivative is in both gradients alike."),
        Mistake(lr_share, "Right if A's rate were 1. It is given as `lr`."),
        Mistake(
            lr_less,
            "The rates were subtracted. Two gradients in proportion ask for two rates in "
            "proportion.",
        ),
        Mistake(lr_upside_down, "Upside down: the larger `lr` is, the larger B's rate must be."),
        Mistake(lr_whole, "`//` divides whole numbers and drops the rest. Divide with `/`."),
    ),
)

EXERCISES = {
    "mse-loss": MSE_LOSS,
    "best-constant": BEST_CONSTANT,
    "loss-difference": LOSS_DIFFERENCE,
    "equal-lr": EQUAL_LR,
}
