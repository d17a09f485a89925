"""What cannot be right is refused by name and changes nothing; what is odd but right works.

``TABLE`` says for each public function and each of its arguments what comes of each
kind of bad value: the error and the words of its message, or the right result.
"""

import inspect
import math
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module

import pytest
import torch
from bad_input import (
    BATCH,
    CHOICE,
    COUNT,
    DTYPE,
    FLAG,
    FLOATS,
    GENERATOR,
    GOOD,
    LABELS,
    NO_TENSOR,
    NUMBER,
    OBJECT,
    PAIRED,
    SPOILED,
    TENSOR,
    UNUSED,
    VALUES,
    Call,
    bare_loss,
    bits,
    close,
    entry,
    last_right,
    lost,
    lost_row,
    misfit,
    network,
    on_meta,
    right,
    rounded,
    same,
    strided,
    three_batches,
    turned,
)

import minidl
from minidl import Linear, Module, Sequential, Tanh
from minidl.paper import Result, Setting

# ---- Outcomes that many rows share ------------------------------------------------
# Either (error, words): the message begins with who refuses what, and holds the words.
# Or a function of a Call that went well, which asserts what is right.


def whole(least):
    """Outcomes for an argument that must be a whole number."""
    wanted = "wanted a whole number"
    return {
        "zero": (ValueError, f"is 0, wanted {least} or more"),
        "negative": (ValueError, f"is -1, wanted {least} or more"),
        "fraction": (TypeError, f"is 1.5 of type float, {wanted}"),
        "True": (TypeError, f"is True of type bool, {wanted}"),
        "text": (TypeError, f"is 'three' of type str, {wanted}"),
        "None": (TypeError, f"is None of type NoneType, {wanted}"),
        "0-d tensor": (TypeError, f"is an int64 tensor of shape (), {wanted}"),
    }


def finite(wanted):
    """Outcomes for an argument that must be a finite number."""
    values = {"zero": 0, "negative": -1, "NaN": "nan", "inf": "inf", "-inf": "-inf"}
    if wanted != "above 0":
        del values["zero"]
    return {
        **{k: (ValueError, f"is {v}, wanted a finite number, {wanted}") for k, v in values.items()},
        "True": (TypeError, "is True of type bool, wanted a number"),
        "text": (TypeError, "is 'three' of type str, wanted a number"),
        "None": (TypeError, "is None of type NoneType, wanted a number"),
        "0-d tensor": (TypeError, "is an int64 tensor of shape (), wanted a number"),
        "NumPy number": (TypeError, "is np.float32(0.5) of type float32, wanted a number, float"),
    }


def one_of(*choices):
    """Outcomes for an argument that must be one of a few words."""
    wanted = "wanted " + " or ".join(map(repr, choices))
    values = {"text": "'three'", "number": "3", "None": "None"}
    return {kind: (ValueError, f"is {value}, {wanted}") for kind, value in values.items()}


def kind_of(wanted, cls="list"):
    """Outcomes for an argument that must be an object of some kind."""
    return {
        "None": (TypeError, f"is None of type NoneType, {wanted}"),
        "text": (TypeError, f"is 'three' of type str, {wanted}"),
        "class": (TypeError, f"is <class '{cls}'> of type type, {wanted}"),
    }


def with_method(first, cls):
    """Outcomes for an argument that must have some methods."""
    wanted = f"is the class {cls}, wanted an instance: {cls}(…)"
    return kind_of(f"which has no {first}()") | {"class": (TypeError, wanted)}


def shapes(columns, wanted, *kinds):
    """Outcomes for the shapes that come of one with five rows and so many columns."""
    sizes = SHAPES[columns]
    return {
        kind: (ValueError, f"of shape {sizes[kind]}, wanted shape {wanted}")
        for kind in kinds or sizes
    }


def other_shape(other, columns, *kinds):
    """Outcomes if the other argument, which has the right shape, is the one that is named."""
    return {
        kind: (ValueError, f"of shape {other}, wanted shape {size}")
        for kind, size in SHAPES[columns].items()
        if kind in kinds
    }


SHAPES = {
    columns: {
        "1-d": f"({columns},)",
        "3-d": f"(1, 5, {columns})",
        "too few columns": "(5, 1)",
        "too many columns": f"(5, {2 * columns})" if columns in (2, 3) else "",
        "too few rows": f"(1, {columns})",
        "empty": f"(0, {columns})",
    }
    for columns in (2, 3, "out_features")
}
WIDTHS = ("too few columns", "too many columns")


def all_of(kinds, outcome):
    return dict.fromkeys(kinds, outcome)


@dataclass
class Case:
    """One outcome: a check of a call that went well, or an error and how its message begins."""

    outcome: Callable | tuple
    change: Callable | None = None
    by: str | None = None


def case(change, *outcome):
    """An outcome for a badness of its own: what is made of the good value, and what comes."""
    return Case(outcome if isinstance(outcome[0], type) else outcome[0], change)


def said(by, *parts):
    """The same outcomes, with messages that begin like this unless it was said before."""
    cases = {}
    for kind, outcome in ((kind, outcome) for part in parts for kind, outcome in part.items()):
        known = outcome if isinstance(outcome, Case) else Case(outcome)
        cases[kind] = replace(known, by=known.by or by)
    return cases


flag = all_of(FLAG, (TypeError, "wanted True or False"))
dtype = all_of(DTYPE, (ValueError, "wanted torch.float32 or torch.float64"))
source = {
    "number": (TypeError, "is 3 of type int, wanted a torch.Generator"),
    "NumPy generator": (TypeError, "is Generator(PCG64)", "wanted a torch.Generator"),
}
no_tensor = {
    "list": (TypeError, "of type list, wanted a tensor"),
    "NumPy array": (TypeError, "of type ndarray, wanted a tensor"),
    "None": (TypeError, "is None of type NoneType, wanted a tensor"),
    "text": (TypeError, "is 'three' of type str, wanted a tensor"),
}
#: For every argument that must be a tensor of floating-point numbers.
floats = {
    **no_tensor,
    "int64": (TypeError, "is an int64 tensor of shape (", "wanted a floating-point tensor"),
    "requires grad": (ValueError, "wanted one that does not require grad", ".detach()"),
    "strided": same,
}
#: The dtype and device of something else.
alike = {
    "float32": (TypeError, "is a float32 tensor", "wanted dtype float64"),
    "meta": (ValueError, "on meta, wanted a tensor on cpu"),
}
not_alike = {
    "float32": (TypeError, "is a float64 tensor", "wanted dtype float32"),
    "meta": (ValueError, "wanted a tensor on meta"),
}
not_finite = all_of(VALUES, (ValueError, "holds infinite numbers or NaN"))
no_numbers = {"meta": (ValueError, "on meta, wanted one that holds numbers")}
batch = {**floats, **alike, **shapes(3, "(N, 3)", "1-d", "3-d", *WIDTHS)}
pair2, pair3 = ({**floats, **alike, **shapes(c, f"(5, {c})")} for c in (2, 3))

# ---- The table --------------------------------------------------------------------
#: For a function and an argument: the sort of argument, and what comes of each bad value.
TABLE = []


def row(function, arguments, sort, *parts):
    """Add outcomes; a message begins with the function and the argument, if not :func:`said`."""
    TABLE.append((function, arguments, sort, said(f"{function}: {arguments} ", *parts)))


row("balanced_radius", "side", NUMBER | {"zero"}, finite("above 0"))
row("xavier_std", "in_features", COUNT, whole(1))
row("xavier_std", "out_features", COUNT, whole(1))
row("disc", "n", COUNT, whole(1))
row("disc", "radius", NUMBER | {"zero"}, finite("above 0"))
row("disc", "dtype", DTYPE, dtype)
row("disc", "generator", GENERATOR, source)
row("disc_fold", "n_train", COUNT, whole(1))
row("disc_fold", "n_test", COUNT, whole(1))
row("disc_fold", "dtype", DTYPE, dtype)
row("disc_fold", "generator", GENERATOR, source)

row(
    "one_hot",
    "labels",
    LABELS,
    all_of(NO_TENSOR, (TypeError, "wanted an int64 tensor")),
    {
        "int32": (TypeError, "is an int32 tensor of shape (3,), wanted an int64 tensor"),
        "float32": (TypeError, "is a float32 tensor of shape (3,), wanted an int64 tensor"),
        "2-d": (ValueError, "of shape (1, 3), wanted shape (N,)"),
        "0-d": (ValueError, "of shape (), wanted shape (N,)"),
        "meta": (ValueError, "on meta, wanted a tensor on cpu"),
        "strided": same,
        "empty": right,
    },
    said(
        "one_hot: labels run ",
        {
            "too large": case(lambda good: good + 1, ValueError, "from 1 to 3, wanted 0 to 2"),
            "below zero": case(lambda good: good - 1, ValueError, "from -1 to 1, wanted 0 to 2"),
        },
    ),
)
row("one_hot", "num_classes", COUNT, whole(1))
row("one_hot", "dtype", DTYPE, dtype)

classes = {**floats, **no_numbers, "float32": same, "inf inside": right, "-inf inside": right}
classes["NaN inside"] = (ValueError, "holds NaN")
row(
    "error_rate",
    "prediction",
    PAIRED,
    classes,
    shapes(2, "(N, C)", "1-d", "3-d"),
    said("error_rate: target ", other_shape("(5, 2)", 2, *WIDTHS, "too few rows", "empty")),
)
row("error_rate", "target", PAIRED, classes, shapes(2, "(5, 2)"))
empty = {"empty": (ValueError, "of shape (0, 2): it is empty")}
row("error_rate", "prediction, target", set(), said("error_rate: prediction ", empty))

scaled = {"empty": (ValueError, "train is nan, wanted a finite number, above 0")}
row(
    "standardize",
    "train",
    PAIRED,
    {**floats, **no_numbers, **not_finite, "too few rows": right},
    shapes(2, "(N, F)", "1-d", "3-d"),
    said("standardize: the standard deviation of ", scaled),
    said(
        "standardize: test ",
        {"float32": not_alike["float32"]},
        all_of(WIDTHS, (ValueError, "of shape (5, 2), wanted shape (M, ")),
    ),
)
row(
    "standardize",
    "test",
    PAIRED,
    {**floats, **alike, **shapes(2, "(M, 2)", "1-d", "3-d", *WIDTHS)},
    all_of(("too few rows", "empty", *VALUES), right),
)
row(
    "minibatches",
    "x",
    TENSOR,
    no_tensor,
    {"0-d": (ValueError, "of shape (), wanted one with rows")},
    {"requires grad": (ValueError, "requires grad: pass x.detach()")},
    {"strided": same, "meta": three_batches, "int64": three_batches},
    {
        "1-d": (ValueError, "has 3 rows and y has 5"),
        "empty": (ValueError, "has 0 rows and y has 5"),
    },
)
row(
    "minibatches",
    "y",
    TENSOR,
    no_tensor,
    {"0-d": (ValueError, "of shape (), wanted one with rows")},
    {"requires grad": (ValueError, "requires grad: pass y.detach()")},
    {"strided": same, "meta": three_batches, "int64": three_batches},
    said(
        "minibatches: x has 5 rows",
        {"1-d": (ValueError, "y has 2"), "empty": (ValueError, "y has 0")},
    ),
)
no_rows = {"empty": (ValueError, "has no rows")}
row("minibatches", "x, y", set(), said("minibatches: x ", no_rows))
row("minibatches", "batch_size", COUNT, whole(1))
row("minibatches", "generator", GENERATOR, source)

float64 = {**floats, **alike, **not_finite}
row(
    "numerical_gradient",
    "f",
    {"None", "text"},
    {"None": (TypeError, "is None of type NoneType, wanted a function")},
    {"text": (TypeError, "is 'three' of type str, wanted a function")},
    said(
        "numerical_gradient: f(x) is ",
        {"tensors": case(lambda _: torch.square, TypeError, "of shape (5, 3), wanted a number")},
        {
            "nothing": case(
                lambda _: lambda x: None, TypeError, "None of type NoneType, wanted a num"
            )
        },
    ),
)
row("numerical_gradient", "x", FLOATS, float64, all_of(("1-d", "3-d", "empty"), right))
row("numerical_gradient", "h", NUMBER | {"zero"}, finite("above 0"))

nothing = {"empty": (ValueError, "nothing to compare in a float64 tensor of shape (0, ")}
row("gradcheck", "module", OBJECT, with_method("forward", "Linear"))
row(
    "gradcheck",
    "x",
    BATCH,
    float64,
    said("gradcheck: there is ", nothing),
    said("Linear(3, 2): x ", shapes(3, "(N, 3)", "1-d", "3-d", *WIDTHS)),
)
row("gradcheck", "h", NUMBER | {"zero"}, finite("above 0"))
row("gradcheck", "tol", NUMBER, finite("0 or more"))
row("gradcheck", "generator", GENERATOR, source)

row("gradcheck_loss", "loss", OBJECT, with_method("forward", "MSELoss"))
row(
    "gradcheck_loss",
    "prediction",
    PAIRED,
    float64,
    said("gradcheck_loss: target ", other_shape("(5, 2)", 2, *SHAPES[2])),
)
row("gradcheck_loss", "target", PAIRED, float64, shapes(2, "(5, 2)"))
row("gradcheck_loss", "prediction, target", set(), said("gradcheck_loss: there is ", nothing))
row("gradcheck_loss", "h", NUMBER | {"zero"}, finite("above 0"))
row("gradcheck_loss", "tol", NUMBER, finite("0 or more"))

row("Linear", "in_features", COUNT, whole(1))
row("Linear", "out_features", COUNT, whole(1))
STARTS = ("xavier", "xavier_all", "torch")
row("Linear", "init", CHOICE, one_of(*STARTS))
row("Linear", "generator", GENERATOR, source)
row("Linear", "dtype", DTYPE, dtype)
row(
    "Linear.forward",
    "x",
    BATCH,
    said("Linear(3, 2): x ", batch),
    all_of(("empty", *VALUES), right),
    {"NaN inside": lost_row},
)
row(
    "Linear.backward",
    "x",
    BATCH,
    said("Linear(3, 2): x ", batch),
    said("Linear(3, 2): y ", other_shape("(5, 2)", 2, "empty")),
    all_of(VALUES, right),
)
row("Linear.backward", "y", PAIRED, said("Linear(3, 2): y ", pair2), all_of(VALUES, same))
row("Linear.backward", "grad", PAIRED, said("Linear(3, 2): grad ", pair2), all_of(VALUES, lost_row))
row("Linear.backward", "x, y, grad", set(), {"empty": right})

for name, y_is_nan, y_is_inf, y_is_minus_inf in (
    ("ReLU", entry(0.0), same, turned),
    ("Tanh", lost, lost, lost),
    ("Sigmoid", lost, lost, lost),
):
    short = all_of(("float16", "bfloat16"), rounded)
    any_shape = all_of(("float32", "1-d", "3-d", "empty"), right)
    row(
        f"{name}.forward",
        "x",
        FLOATS,
        said(f"{name}(): x ", floats),
        {"meta": on_meta},
        any_shape,
        short,
        all_of(VALUES, right),
    )
    row(
        f"{name}.backward",
        "x",
        FLOATS,
        said(f"{name}(): x ", floats),
        said(f"{name}(): y ", not_alike, other_shape("(5, 3)", 3, "1-d", "3-d", "empty")),
        all_of(VALUES, same),
    )
    row(
        f"{name}.backward",
        "y",
        PAIRED,
        said(f"{name}(): y ", pair3),
        {"NaN inside": y_is_nan, "inf inside": y_is_inf, "-inf inside": y_is_minus_inf},
    )
    row(f"{name}.backward", "grad", PAIRED, said(f"{name}(): grad ", pair3), all_of(VALUES, right))
    row(f"{name}.backward", "x, y, grad", set(), {"meta": on_meta}, any_shape, short)

row("MSELoss", "reduction", CHOICE, one_of("mean", "sum"))
mean = "MSELoss(reduction='mean')"
for name in ("MSELoss.forward", "MSELoss.backward"):
    row(
        name,
        "prediction",
        PAIRED,
        said(f"{mean}: target ", not_alike, other_shape("(5, 2)", 2, *SHAPES[2])),
        said(f"{mean}: prediction ", floats, empty),
        all_of(VALUES, right),
    )
    row(name, "target", PAIRED, said(f"{mean}: target ", pair2), all_of(VALUES, right))
    row(
        name,
        "prediction, target",
        set(),
        all_of(("float32", "1-d", "3-d"), right),
        {"meta": on_meta},
    )

for name, argument in (("forward", "x"), *(("backward", a) for a in ("x", "y", "grad"))):
    none = {"None": (NotImplementedError, name)}
    row(f"Module.{name}", argument, {"None"}, said("Module has no ", none))
row("Module.gradient_step", "lr", NUMBER, said("Linear(3, 2): lr ", finite("0 or more")))

row(
    "Sequential",
    "modules",
    OBJECT,
    kind_of("wanted a list"),
    {"a module": case(lambda good: good[0], TypeError, "is Linear(3, 2) of type Linear, wanted a")},
    said(
        "Sequential: modules[2] ",
        {
            "text within": case(
                lambda good: [*good, "ReLU"], TypeError, "is 'ReLU' of type str, which"
            )
        },
        {
            "class within": case(
                lambda good: [*good, Tanh], TypeError, "wanted an instance: Tanh(…)"
            )
        },
    ),
)
odd = ("empty", *VALUES)
row("Sequential.forward_pass", "x", BATCH, said("Linear(3, 4): x ", batch), all_of(odd, last_right))
row("Sequential.forward", "x", BATCH, said("Linear(3, 4): x ", batch), all_of(odd, right))
row(
    "Sequential.backward",
    "x",
    BATCH,
    said("Linear(3, 4): x ", batch),
    said("Sequential.backward_pass: grad ", other_shape("(5, 2)", 2, "empty")),
    all_of(VALUES, right),
)
row("Sequential.backward", "y", UNUSED, all_of(UNUSED, same))
for name in ("Sequential.backward", "Sequential.backward_pass"):
    by = "Sequential.backward_pass: grad "
    row(name, "grad", PAIRED, said(by, pair2), all_of(VALUES, lost_row))
row("Sequential.gradient_step", "lr", NUMBER, said("Sequential: lr ", finite("0 or more")))
row(
    "Sequential.backward_pass",
    "outputs",
    {"None", "text"},
    kind_of("wanted a list"),
    {"one too few": case(lambda good: good[1:], ValueError, "has 3 entries, wanted 4")},
    {"one too many": case(lambda good: [*good, good[0]], ValueError, "has 5 entries, wanted 4")},
)


def put(index, change):
    """Change one entry of a list or a pair."""

    def changed(good):
        return [change(value) if k == index else value for k, value in enumerate(good)]

    return changed


for index, by, wanted in (
    (0, "Linear(3, 4): x ", "(5, 6), wanted shape (N, 3)"),
    (1, "Linear(3, 4): y ", "(5, 8), wanted shape (5, 4)"),
    (3, "Linear(4, 2): y ", "(5, 4), wanted shape (5, 2)"),
):
    changes = {
        f"entry {index} wide": case(put(index, SPOILED["too many columns"]), ValueError, wanted),
        f"entry {index} float32": case(put(index, SPOILED["float32"]), *alike["float32"]),
        f"entry {index} None": case(put(index, SPOILED["None"]), *floats["None"]),
        f"entry {index} strided": case(put(index, strided), same),
        f"entry {index} requires grad": case(
            put(index, SPOILED["requires grad"]), *floats["requires grad"]
        ),
    }
    row("Sequential.backward_pass", "outputs", set(), said(by, changes))

row("SGD", "model", OBJECT, with_method("gradient_step", "Linear"))
row("SGD", "lr", NUMBER, finite("0 or more"))

for name, first in (
    ("accumulate_batch", "forward_pass"),
    ("accumulate_samples", "forward_pass"),
    ("train_epoch", "forward_pass"),
    ("fit", "forward"),
):
    row(
        name,
        "model",
        OBJECT,
        with_method(first, "Sequential"),
        {
            "class of a layer": case(
                lambda _: Linear, TypeError, "is the class Linear, wanted an ins"
            )
        },
    )
    row(name, "loss", OBJECT, with_method("forward", "MSELoss"))

row(
    "accumulate_batch",
    "x",
    BATCH,
    said("Linear(3, 4): x ", batch),
    said(f"{mean}: prediction ", empty),
    all_of(VALUES, right),
)
row("accumulate_batch", "y", PAIRED, said(f"{mean}: target ", pair2), all_of(VALUES, right))

for name, by in (("x", "Linear(3, 4): x "), ("y", f"{mean}: target ")):
    wanted = "(N, 3)" if name == "x" else "(1, 2)"
    row(
        "accumulate_samples",
        name,
        BATCH - {"1-d", "3-d", "empty"},
        said(by, {"int64": floats["int64"]}, alike),
        said(by, all_of(WIDTHS, (ValueError, f", wanted shape {wanted}"))),
        no_tensor,
        {"requires grad": (ValueError, f"requires grad: pass {name}.detach()")},
        {"strided": same, **all_of(VALUES, right)},
    )
for kind, x_rows, y_rows in (("1-d", 3, 2), ("3-d", 1, 1), ("empty", 0, 0), ("too few rows", 1, 1)):
    by = "accumulate_samples: x has "
    row("accumulate_samples", "x", set(), said(by, {kind: (ValueError, f"{x_rows} rows and y")}))
    row("accumulate_samples", "y", set(), said(by, {kind: (ValueError, f"y has {y_rows}")}))
row("accumulate_samples", "x, y", set(), said("accumulate_samples: x ", no_rows))
row(
    "accumulate_samples",
    "loss",
    set(),
    said(
        "accumulate_samples: loss.reduction ",
        {
            "no reduction": case(
                lambda _: bare_loss(), ValueError, "is None, wanted 'mean' or 'sum'"
            )
        },
    ),
)
row(
    "accumulate_samples",
    "model",
    set(),
    said(
        "accumulate_samples: the gradient in param()[0] is not zero",
        {"gradients": case(lambda _: network(0.5), ValueError, "call zero_grad() before")},
    ),
)

for function in ("train_epoch", "fit", "fit_torch"):
    row(
        function,
        "x",
        BATCH - set(WIDTHS),
        floats,
        not_finite,
        shapes(3, "(N, in_features)", "1-d", "3-d"),
        said(f"{function}: y ", not_alike),
        said(f"{function}: y ", other_shape("(5, 2)", "out_features", "empty")),
    )
    row(
        function,
        "y",
        PAIRED,
        floats,
        alike,
        not_finite,
        shapes(2, "(5, out_features)", "1-d", "3-d", "too few rows", "empty"),
        all_of(WIDTHS, (ValueError, ", wanted shape (", ", 2)")),
    )
    row(
        function,
        "x, y",
        set(),
        said(f"{function}: x ", {"float32": alike["float32"]}, no_numbers, no_rows),
    )
    own = function == "train_epoch"
    row(function, "lr", NUMBER, said(f"{'SGD' if own else function}: lr ", finite("0 or more")))
    by = "minibatches" if own else function
    row(function, "batch_size", COUNT, said(f"{by}: batch_size ", whole(1)))
    row(function, "generator", GENERATOR, said(f"{by}: generator ", source))

for function in ("train_epoch", "fit"):
    few, many = "x has shape (5, 1), wanted shape (N, 3)", "x has shape (5, 6), wanted shape (N, 3)"
    by = "Linear(3, 4): "
    row(
        function,
        "x",
        set(WIDTHS),
        said(by, {"too few columns": (ValueError, few), "too many columns": (ValueError, many)}),
    )
    gap = case(lambda _: misfit(), ValueError, "x has shape (5, 4), wanted shape (N, 5)")
    row(function, "model", set(), said("Linear(5, 2): ", {"layers do not fit": gap}))
    single = case(
        lambda _: misfit(torch.float32), TypeError, "float64 tensor", "wanted dtype float32"
    )
    row(function, "model", set(), said(f"{function}: x ", {"of float32": single}))
row(
    "train_epoch",
    "accumulate",
    {"None", "text"},
    {"None": (TypeError, "is None of type NoneType, wanted a function")},
    {"text": (TypeError, "is 'three' of type str, wanted a function")},
)
row(
    "fit_torch",
    "x",
    set(WIDTHS),
    {"too few columns": (ValueError, "(5, 1); the network says: mat1 and mat2", "1x1 and 3x4")},
    {"too many columns": (ValueError, "(5, 6); the network says: mat1 and mat2", "1x6 and 3x4")},
)
row(
    "fit_torch",
    "network",
    OBJECT,
    all_of(OBJECT, (TypeError, "wanted a Module")),
    {"of minidl": case(lambda _: network(), TypeError, "of type Sequential, wanted a Module")},
)
single = case(lambda good: good.float(), TypeError, "is a float64 tensor", "wanted dtype float32")
row("fit_torch", "network", set(), said("fit_torch: x ", {"of float32": single}))

for function in ("fit", "fit_torch"):
    row(function, "epochs", COUNT, whole(1))
    row(function, "progress", FLAG, flag)
    row(
        function,
        "test",
        OBJECT,
        kind_of("wanted a pair (x, y)", "tuple"),
        {"None": lambda call: close(call.result.test_error, [])},
        {
            "three": case(
                lambda good: (*good, good), TypeError, "of type tuple, wanted a pair (x, y)"
            )
        },
    )
    for index, name, wanted in ((0, "x", "(4, 6), wanted shape (N, 3)"), (1, "y", "(4, 2)")):
        changes = {
            f"list in {name}": case(put(index, SPOILED["list"]), *floats["list"]),
            f"float32 in {name}": case(put(index, SPOILED["float32"]), *alike["float32"]),
            f"wide {name}": case(put(index, SPOILED["too many columns"]), ValueError, wanted),
            f"NaN in {name}": case(put(index, SPOILED["NaN inside"]), *not_finite["NaN inside"]),
            f"strided {name}": case(put(index, strided), same),
        }
        row(function, "test", set(), said(f"{function}: test {name} ", changes))
row("fit", "per_sample", FLAG, flag)

stranger = "Module() of type Module has no counterpart in torch.nn"
row(
    "torch_twin",
    "model",
    OBJECT,
    said(
        "torch_twin: ",
        all_of(OBJECT, (TypeError, "has no counterpart in torch.nn")),
        {"other module": case(lambda _: Module(), TypeError, stranger)},
        {"other module within": case(lambda _: Sequential([Module()]), TypeError, stranger)},
    ),
)
row("paper_network", "width", COUNT, whole(1))
one_layer = {"zero": lambda call: close(len(call.result.modules), 1)}
row("paper_network", "layers", COUNT, whole(0), one_layer)
row("paper_network", "init", CHOICE, said("Linear: init ", one_of(*STARTS)))
row("paper_network", "generator", GENERATOR, said("Linear: generator ", source))
row("paper_network", "dtype", DTYPE, said("Linear: dtype ", dtype))

for name in ("epochs", "batch_size", "n_train", "n_test", "width", "layers", "repeats"):
    row("Setting", name, COUNT, whole(1))
row("Setting", "seed", COUNT, whole(0), {"zero": lambda call: close(call.result.seed, 0)})
row("Setting", "seed", set(), {"too large": case(lambda _: 2**63, ValueError, "or less")})
row("Setting", "lr", NUMBER, finite("0 or more"))
own_way = {"None": lambda call: close(call.result.init is None, True)}
row("Setting", "init", CHOICE, one_of("xavier", "torch", None), own_way)
row("Setting", "recorded", CHOICE, one_of("program", "end"))
for name in ("standardize", "zero_bias", "per_sample"):
    row("Setting", name, FLAG, flag)
row("Setting", "dtype", DTYPE, dtype)
row("Setting.network", "generator", GENERATOR, said("Linear: generator ", source))
row("Result.curves", "name", CHOICE, one_of("loss", "train_error", "test_error"))

row("run", "setting", OBJECT, kind_of("wanted a Setting", "minidl.paper.setting.Setting"))
row("run", "framework", CHOICE, one_of("minidl", "torch"))
lacking = case(lambda _: math, ValueError, "lacks balanced_radius, one_hot, standardize")
row("run", "framework", set(), said("run: the module math ", {"module": lacking}))
row("run", "progress", FLAG, flag)
row("fit", "errors", FLAG, flag)
row("fit", "compile", FLAG, flag)

for function in ("table", "figure2"):
    row(
        function,
        "results",
        OBJECT,
        kind_of("wanted a list"),
        {"one alone": case(lambda good: good[0], TypeError, "of type Result, wanted a list")},
        {"none": case(lambda _: [], ValueError, "is empty, wanted one for each framework")},
        said(
            f"{function}: results[0]",
            {"text within": case(lambda _: ["torch"], TypeError, "'torch'", "wanted a Result")},
            {"no run": case(lambda _: [Result("torch", Setting())], ValueError, "holds no run")},
        ),
    )
row(
    "figure1",
    "result",
    OBJECT,
    kind_of("wanted a Result", "minidl.paper.experiment.Result"),
    {"in a list": case(lambda good: [good], TypeError, "of type list, wanted a Result")},
)
no_run = case(lambda _: Result("torch", Setting()), ValueError, "0 pictures, wanted 4")
row("figure1", "result", set(), said("figure1: the result has ", {"no run": no_run}))

# ---- The tests --------------------------------------------------------------------


def cases():
    for function, arguments, _, outcomes in TABLE:
        for kind, one in sorted(outcomes.items(), key=lambda pair: str(pair[0])):
            changed = dict.fromkeys(arguments.split(", "), one.change or SPOILED[kind])
            yield pytest.param(function, changed, one, id=f"{function}-{arguments}-{kind}")


CASES = list(cases())


@pytest.mark.parametrize(("function", "changed", "expected"), CASES)
def test_the_table(function, changed, expected):
    call = Call(function, changed)
    if callable(expected.outcome):
        expected.outcome(call.run())
        return
    error, *words = expected.outcome
    before = bits(call.function, call.arguments)
    with pytest.raises(error) as caught:
        call.run()
    assert caught.type is error
    message = str(caught.value)
    assert message.startswith(expected.by), message
    assert all(word in message for word in words), message
    assert bits(call.function, call.arguments) == before


@pytest.mark.parametrize("name", GOOD)
def test_the_good_calls_are_good(name):
    """So that a row is about the one argument that it changes."""
    if not name.startswith("Module.") or name == "Module.gradient_step":
        Call(name).run()


#: They hold what they are given, and ask nothing of it.
RECORDS = {"Fold", "History", "Result"}
#: What refuses, what `fit` runs when nothing was refused, the command line, the book's checks.
INTERNAL = {"checks", "network_checks", "fast", "__main__", "teaching"}


def public():
    """Every public function, class and method of minidl that takes arguments, with their names."""
    found = {}
    modules = {info.name for info in pkgutil.iter_modules(minidl.__path__)} - INTERNAL
    for module in map(import_module, ["minidl.fast.fit", *(f"minidl.{name}" for name in modules)]):
        for name, thing in vars(module).items():
            if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
                continue
            if isinstance(thing, type):
                if name not in RECORDS:
                    found[name] = thing
                for method, function in vars(thing).items():
                    if inspect.isfunction(function) and not method.startswith("_"):
                        found[f"{name}.{method}"] = function
            elif callable(thing):
                found[name] = thing
    names = {
        key: set(inspect.signature(thing).parameters) - {"self"} for key, thing in found.items()
    }
    return {key: arguments for key, arguments in names.items() if arguments}


def test_every_argument_of_every_public_function_has_its_rows():
    assert {name for name in minidl.__all__ if inspect.isfunction(getattr(minidl, name))} <= set(
        public()
    )
    there = {}
    for function, argument, _, outcomes in TABLE:
        if "," not in argument:
            there.setdefault(function, {}).setdefault(argument, set()).update(outcomes)
    assert public().items() <= {name: set(arguments) for name, arguments in there.items()}.items()


def test_every_sort_of_argument_has_a_row_for_each_kind_of_badness():
    sorts = {}
    for function, argument, sort, outcomes in TABLE:
        assert sort <= outcomes.keys(), (function, argument, sort - outcomes.keys())
        sorts.setdefault((function, argument), set()).update(sort)
    without = [place for place, sort in sorts.items() if not sort and "," not in place[1]]
    assert without == [], "arguments of no sort"
