"""Exercises of chapter 09: the work of a step, the joined layer, the roofline, what is gained."""

import torch
from torch.utils.flop_counter import FlopCounterMode

from ..exercise import Case, Exercise, Failure, Mistake, as_number, difference
from ._random import randn
from ._rounding import HINT as ROUNDED
from ._rounding import refuse_rounded

# --- multiply_adds ---------------------------------------------------------------


def multiply_adds(widths, batch_size):
    """Count the multiply-adds of the matrix products of a training step.

    ``widths`` lists the columns from the input to the output.  Each layer multiplies
    three times, forward, for its weights' gradient and for its input's, which the first
    layer does not need.
    """
    total = 0
    for k in range(1, len(widths)):
        products = 2 if k == 1 else 3
        total += products * batch_size * widths[k - 1] * widths[k]
    return total


def adds_three_each(widths, batch_size):
    return 3 * batch_size * sum(a * b for a, b in zip(widths[:-1], widths[1:], strict=True))


def adds_two_each(widths, batch_size):
    return 2 * batch_size * sum(a * b for a, b in zip(widths[:-1], widths[1:], strict=True))


def adds_forward_only(widths, batch_size):
    return batch_size * sum(a * b for a, b in zip(widths[:-1], widths[1:], strict=True))


def adds_last_spared(widths, batch_size):
    return adds_three_each(widths, batch_size) - batch_size * widths[-2] * widths[-1]


def adds_of_one_sample(widths, batch_size):
    return multiply_adds(widths, 1)


def adds_doubled(widths, batch_size):
    return 2 * multiply_adds(widths, batch_size)


def adds_with_biases(widths, batch_size):
    total = 0
    for k in range(1, len(widths)):
        products = 2 if k == 1 else 3
        total += products * batch_size * (widths[k - 1] + 1) * widths[k]
    return total


def adds_forward_biases(widths, batch_size):
    return multiply_adds(widths, batch_size) + batch_size * sum(widths[1:])


def adds_without_first(widths, batch_size):
    return 3 * batch_size * sum(a * b for a, b in zip(widths[1:-1], widths[2:], strict=True))


def adds_without_last(widths, batch_size):
    return multiply_adds(widths[:-1], batch_size)


def adds_squares(widths, batch_size):
    total = 2 * batch_size * widths[1] ** 2
    return total + 3 * batch_size * sum(b * b for b in widths[2:])


def adds_widths_added(widths, batch_size):
    total = 0
    for k in range(1, len(widths)):
        total += (2 if k == 1 else 3) * batch_size * (widths[k - 1] + widths[k])
    return total


def adds_last_layer_only(widths, batch_size):
    return (2 if len(widths) == 2 else 3) * batch_size * widths[-2] * widths[-1]


def adds_batch_squared(widths, batch_size):
    return batch_size * multiply_adds(widths, batch_size)


def adds_first_forward_only(widths, batch_size):
    return adds_three_each(widths, batch_size) - 2 * batch_size * widths[0] * widths[1]


def adds_two_but_first(widths, batch_size):
    return adds_two_each(widths, batch_size) - batch_size * widths[0] * widths[1]


def adds_ends_spared(widths, batch_size):
    return adds_last_spared(widths, batch_size) - batch_size * widths[0] * widths[1]


def adds_as_tensor(widths, batch_size):
    return torch.tensor(multiply_adds(widths, batch_size))


def adds_as_float(widths, batch_size):
    return float(multiply_adds(widths, batch_size))


def adds_eats_widths(widths, batch_size):
    total, products = 0, 2
    while len(widths) > 1:
        a = widths.pop(0)
        total += products * batch_size * a * widths[0]
        products = 3
    return total


#: For the slips that come to one product for a layer alone.
ONE_LAYER = "One layer needs two products: forward, and for its weights."
TAKEN_OUT = (
    "`pop`, `remove` and `del` take widths out of the list itself, and whoever called the function "
    "finds them gone. Go through it with a loop, or copy it first: `list(widths)`."
)
MAKE_INTEGER = "`int(…)` makes a number of it, an integer as Python has it."


def _whole(name, value, expected):
    """Return a whole number of any kind as an int, but refuse a right one that is none."""
    number = as_number(name, value)
    if type(value) is not int and number == expected:
        kind = type(value).__name__.lower()
        raise Failure(
            ("kind", name, kind),
            f"{name} is {number:g}, the right number, but of type {kind}; expected an integer",
            MAKE_INTEGER,
        )
    return int(number) if number.is_integer() else number


def _adds_case(widths, batch_size, label):
    def expect():
        """The oracle: PyTorch counts what its own step does; a multiply-add is two for it."""
        pairs = zip(widths, widths[1:], strict=False)
        network = torch.nn.Sequential(*(torch.nn.Linear(a, b) for a, b in pairs))
        with FlopCounterMode(display=False) as counter:
            network(torch.ones(batch_size, widths[0])).sum().backward()
        return {"the count": counter.get_total_flops() // 2}

    def run(count, probe):
        given = list(widths)
        value = probe(count, given, batch_size)
        if given != list(widths):
            raise Failure(
                ("changed", "function", "widths"),
                "`multiply_adds` changes its argument `widths`",
                TAKEN_OUT,
            )
        return {"the count": _whole("the count", value, expect()["the count"])}

    return Case(
        label=label,
        run=run,
        expect=expect,
        hint="List the products of each layer, with their shapes. A product of (l, m) by (m, n) "
        "takes l · m · n multiply-adds.",
    )


MULTIPLY_ADDS = Exercise(
    number="9.1",
    solution=multiply_adds,
    cases=(
        _adds_case((3, 4), 5, "one layer from 3 to 4 features, 5 samples"),
        _adds_case((2, 5, 3), 7, "two layers"),
        _adds_case((4, 3, 6, 2), 1, "three layers of different sizes, a batch of one"),
        _adds_case((2, 25, 25, 25, 25, 2), 100, "the paper's network and batch"),
    ),
    mistakes=(
        Mistake(
            adds_three_each,
            "The first layer was given three products. The gradient of its input, the data, is "
            "not wanted.",
        ),
        Mistake(
            adds_two_each,
            "Two products a layer. All but the first also pass a gradient on to the layer before.",
        ),
        Mistake(adds_first_forward_only, ONE_LAYER),
        Mistake(adds_two_but_first, ONE_LAYER),
        Mistake(adds_ends_spared, ONE_LAYER),
        Mistake(adds_forward_only, "This is the way forward alone. The way back multiplies too."),
        Mistake(
            adds_last_spared,
            "A product was spared at the last layer. It is at the other end that a gradient is "
            "not wanted.",
        ),
        Mistake(adds_of_one_sample, "This is the count for one sample; a batch has several."),
        Mistake(
            adds_doubled,
            "Twice too large: a multiplication and the addition behind it count as one here.",
        ),
        Mistake(adds_with_biases, "Only matrix products count; a bias was taken for a column."),
        Mistake(adds_forward_biases, "Only matrix products count; biases were counted as well."),
        Mistake(adds_without_first, "The first layer was left out altogether."),
        Mistake(adds_without_last, "The last layer was left out."),
        Mistake(
            adds_squares,
            "Each layer was taken for square. Its weights have as many columns as it has inputs.",
        ),
        Mistake(
            adds_widths_added,
            "The two widths of a layer were added. Each input meets each output: they multiply.",
        ),
        Mistake(
            adds_last_layer_only,
            "Only the last layer was counted: is the total set anew in every turn of the loop?",
        ),
        Mistake(adds_batch_squared, "The batch size was multiplied in twice."),
        Mistake(adds_as_tensor, MAKE_INTEGER),
        Mistake(adds_as_float, MAKE_INTEGER),
        Mistake(adds_eats_widths, TAKEN_OUT),
    ),
)

# --- linear_joined ---------------------------------------------------------------


def linear_joined(x, wb, grad):
    """Go forward and back through a linear layer whose bias is the last column of its weight.

    Returns ``(y, dx, wb_grad)``: the output, dL/dx, and the gradient of weight and bias
    in one matrix of the shape of ``wb``.
    """
    joined = torch.cat([x, torch.ones_like(x[:, :1])], 1)
    return joined @ wb.t(), grad @ wb[:, :-1], grad.t() @ joined


def _joined(x):
    return torch.cat([x, torch.ones_like(x[:, :1])], 1)


def joined_ones_first(x, wb, grad):
    joined = torch.cat([torch.ones_like(x[:, :1]), x], 1)
    return joined @ wb.t(), grad @ wb[:, :-1], grad.t() @ joined


def joined_bias_first(x, wb, grad):
    joined = torch.cat([torch.ones_like(x[:, :1]), x], 1)
    return joined @ wb.t(), grad @ wb[:, 1:], grad.t() @ joined


def joined_zeros(x, wb, grad):
    joined = torch.cat([x, torch.zeros_like(x[:, :1])], 1)
    return joined @ wb.t(), grad @ wb[:, :-1], grad.t() @ joined


def joined_no_ones(x, wb, grad):
    return x @ wb.t(), grad @ wb[:, :-1], grad.t() @ x


def joined_row_of_ones(x, wb, grad):
    joined = torch.cat([x, torch.ones_like(x[:1])], 0)
    return joined @ wb.t(), grad @ wb[:, :-1], grad.t() @ joined


def joined_whole_dx(x, wb, grad):
    return _joined(x) @ wb.t(), grad @ wb, grad.t() @ _joined(x)


def joined_dx_shifted(x, wb, grad):
    return _joined(x) @ wb.t(), grad @ wb[:, 1:], grad.t() @ _joined(x)


def joined_gradient_transposed(x, wb, grad):
    return _joined(x) @ wb.t(), grad @ wb[:, :-1], _joined(x).t() @ grad


def joined_untransposed(x, wb, grad):
    return _joined(x) @ wb, grad @ wb[:, :-1], grad.t() @ _joined(x)


def joined_averaged(x, wb, grad):
    return _joined(x) @ wb.t(), grad @ wb[:, :-1], grad.t() @ _joined(x) / len(x)


def joined_without_bias_gradient(x, wb, grad):
    return _joined(x) @ wb.t(), grad @ wb[:, :-1], grad.t() @ x


def joined_without_bias(x, wb, grad):
    return x @ wb[:, :-1].t(), grad @ wb[:, :-1], grad.t() @ _joined(x)


def joined_swapped(x, wb, grad):
    y, dx, wb_grad = linear_joined(x, wb, grad)
    return y, wb_grad, dx


def joined_without_grad(x, wb, grad):
    ones = torch.ones_like(grad)
    return _joined(x) @ wb.t(), ones @ wb[:, :-1], ones.t() @ _joined(x)


def joined_forward_only(x, wb, grad):
    return _joined(x) @ wb.t()


def joined_entrywise_bias(x, wb, grad):
    y, dx, wb_grad = linear_joined(x, wb, grad)
    wb_grad[:, -1] = grad[0]
    return y, dx, wb_grad


def joined_in_double(x, wb, grad):
    joined = torch.cat([x, torch.ones(len(x), 1, dtype=torch.float64)], 1)
    return joined @ wb.to(joined.dtype).t(), grad @ wb[:, :-1], grad.to(joined.dtype).t() @ joined


def joined_in_single(x, wb, grad):
    y, dx, wb_grad = linear_joined(x.float(), wb.float(), grad.float())
    return y, dx, wb_grad


def joined_rounded(x, wb, grad):
    return tuple(part.round(decimals=6) for part in linear_joined(x, wb, grad))


def joined_through_single(x, wb, grad):
    return tuple(part.to(x.dtype) for part in joined_in_single(x, wb, grad))


def joined_squeezed(x, wb, grad):
    y, dx, wb_grad = linear_joined(x, wb, grad)
    return y.squeeze(), dx, wb_grad


def joined_dx_transposed(x, wb, grad):
    return _joined(x) @ wb.t(), grad @ wb[:, :-1].t(), grad.t() @ _joined(x)


def joined_dx_transposed_if_square(x, wb, grad):
    weight = wb[:, :-1].t()
    fits = weight.shape[0] == grad.shape[1]
    return _joined(x) @ wb.t(), grad @ (weight if fits else weight.t()), grad.t() @ _joined(x)


def joined_dx_sign(x, wb, grad):
    y, dx, wb_grad = linear_joined(x, wb, grad)
    return y, -dx, wb_grad


def joined_gradient_sign(x, wb, grad):
    y, dx, wb_grad = linear_joined(x, wb, grad)
    return y, dx, -wb_grad


def joined_gradient_bias_first(x, wb, grad):
    y, dx, wb_grad = linear_joined(x, wb, grad)
    return y, dx, wb_grad.roll(1, 1)


def _with_bias_gradient(x, wb, grad, bias_grad):
    y, dx, wb_grad = linear_joined(x, wb, grad)
    wb_grad[:, -1] = bias_grad
    return y, dx, wb_grad


def joined_bias_averaged(x, wb, grad):
    return _with_bias_gradient(x, wb, grad, grad.mean(0))


def joined_bias_without_gradient(x, wb, grad):
    return _with_bias_gradient(x, wb, grad, 0)


def joined_bias_doubled(x, wb, grad):
    return _with_bias_gradient(x, wb, grad, 2 * grad.sum(0))


def joined_bias_total(x, wb, grad):
    return _with_bias_gradient(x, wb, grad, grad.sum())


Y, DX, WEIGHTS, BIAS = "y", "dL/dx", "dL/d[W b]", "dL/d[W b], last column"
SHAPES = (
    "y has a row for each sample, whatever their number; dL/dx has the shape of `x`, and the "
    "gradient that of `wb`."
)
DTYPES = "All three results are wanted in the dtype of `x`. What was made with another?"


def _refuse_other(name, value, expected, tol):
    """Raise a Failure for a wrong type, shape or dtype, of a kind that only the same one shares."""
    trouble = difference(name, value, expected, tol)
    if trouble and trouble.kind == ("type",):
        raise Failure(("type", name, type(value).__name__), trouble.sentence)
    if trouble and trouble.kind == ("shape",):
        raise Failure(("shape", name, tuple(value.shape)), trouble.sentence, SHAPES)
    if trouble and trouble.kind == ("dtype",):
        raise Failure(("dtype", name, str(value.dtype)), trouble.sentence, DTYPES)


def _parts(y, dx, wb_grad):
    """Name what is returned; the bias's gradient apart, that it can be told from the weights'."""
    return {Y: y, DX: dx, WEIGHTS: wb_grad, BIAS: wb_grad}


def _compared(name, value):
    """Cut the bias's column out of the gradient of [W b], or all the others."""
    if name == WEIGHTS:
        return value[:, :-1]
    return value[:, -1] if name == BIAS else value


def _joined_case(n, n_in, n_out, label, hint, names=(Y, DX, WEIGHTS, BIAS), **options):
    dtype, tol = options.get("dtype", torch.float64), options.get("tol", 1e-9)
    x, wb, grad = (
        randn(n, n_in, seed=31, dtype=dtype),
        randn(n_out, n_in + 1, seed=32, dtype=dtype),
        randn(n, n_out, seed=33, dtype=dtype),
    )

    def whole():
        """The oracle: torch.nn.functional.linear and autograd."""
        leaf, leaves = x.clone().requires_grad_(), wb.clone().requires_grad_()
        y = torch.nn.functional.linear(leaf, leaves[:, :n_in], leaves[:, n_in])
        y.backward(grad)
        return _parts(y.detach(), leaf.grad, leaves.grad)

    def expect():
        found = whole()
        return {name: _compared(name, found[name]) for name in names}

    def run(function, probe):
        result = probe(function, x, wb, grad)
        if not isinstance(result, (tuple, list)) or len(result) != 3:
            kind = type(result).__name__
            count = f" of {len(result)}" if isinstance(result, (tuple, list)) else ""
            raise Failure(
                ("parts", kind, count),
                f"what `linear_joined` returns is a {kind}{count}, expected y, dx and wb_grad, "
                "three tensors",
            )
        found, wanted, values = _parts(*result), whole(), {}
        for name in names:
            _refuse_other(name.partition(",")[0], found[name], wanted[name], tol)
            values[name] = _compared(name, found[name])
            refuse_rounded(name, values[name], _compared(name, wanted[name]), tol)
        return values

    return Case(label=label, run=run, expect=expect, hint=hint, tol=tol)


OTHER_SIZES = "Right for other sizes. Which line takes one size for another?"

LINEAR_JOINED = Exercise(
    number="9.2",
    solution=linear_joined,
    cases=(
        _joined_case(
            5,
            3,
            2,
            "5 samples, 3 → 2 features: y equals linear's",
            "Only y was looked at so far. Which column must meet the bias, and for which samples?",
            [Y],
        ),
        _joined_case(
            5,
            3,
            2,
            "dL/dx equals autograd's",
            "y is right, dL/dx is not. It is that of chapter 3's layer; which part of [W b] is its "
            "weight?",
            [DX],
        ),
        _joined_case(
            5,
            3,
            2,
            "the gradient of [W b], all columns but the last",
            "y and dL/dx are right, the weights' part of the gradient is not. It is that of "
            "chapter 3's weights.",
            [WEIGHTS],
        ),
        _joined_case(
            5,
            3,
            2,
            "its last column",
            "Only the last column is wrong, the bias's: it is the sum of G's rows.",
            [BIAS],
        ),
        _joined_case(4, 3, 3, "4 samples, 3 → 3 features", OTHER_SIZES),
        _joined_case(3, 2, 3, "[W b] is square, 3 samples, 2 → 3 features", OTHER_SIZES),
        _joined_case(1, 4, 2, "a batch of one", OTHER_SIZES),
        _joined_case(6, 2, 5, "float32 in, float32 out", "", dtype=torch.float32, tol=1e-5),
    ),
    mistakes=(
        Mistake(
            joined_ones_first,
            "The ones stand in front of x, and the bias behind W: so the bias meets a feature. "
            "Both must be at the same end.",
        ),
        Mistake(
            joined_bias_first,
            "This would be right for [b W], with the bias in the first column. In [W b] it is "
            "the last.",
        ),
        Mistake(joined_without_bias, "The bias is missing in y."),
        Mistake(joined_zeros, "The bias is multiplied by 0 here, and so it vanishes."),
        Mistake(joined_no_ones, "x has a column less than [W b]: something must meet the bias."),
        Mistake(
            joined_row_of_ones,
            "The ones were put below x as one more sample. They are one more *feature*, the same "
            "for each sample.",
        ),
        Mistake(
            joined_whole_dx,
            "dL/dx has a column too many: what would be the gradient of the ones. x does not "
            "have it.",
        ),
        Mistake(joined_dx_shifted, "For dL/dx the first column of [W b] was left out, not b."),
        Mistake(
            joined_gradient_transposed,
            "The gradient of [W b] is transposed: it has the shape of [W b] itself.",
        ),
        Mistake(joined_untransposed, "For y, [W b] has to be transposed."),
        Mistake(
            joined_averaged,
            "The gradient was divided by the number of samples. That is in the upstream gradient "
            "already.",
        ),
        Mistake(
            joined_without_bias_gradient, "The gradient lacks the column that belongs to the bias."
        ),
        Mistake(joined_swapped, "dL/dx and the gradient of [W b] are in the wrong order."),
        Mistake(joined_without_grad, "The upstream gradient was left out."),
        Mistake(joined_forward_only, "Only y is returned; the two gradients are wanted as well."),
        Mistake(
            joined_entrywise_bias,
            "The bias's gradient is that of the first sample. All samples add to it.",
        ),
        Mistake(
            joined_in_double,
            "The ones are float64 whatever x is, and so is what they are joined with.",
        ),
        Mistake(
            joined_in_single,
            "The result is float32 whatever x is. `torch.ones_like(x[:, :1])` has the dtype of x.",
        ),
        Mistake(joined_rounded, ROUNDED),
        Mistake(joined_through_single, ROUNDED),
        Mistake(
            joined_squeezed,
            "`squeeze` drops every dimension of size 1, and so the row of a batch of one. A slice "
            "such as `[:, :-1]` keeps both dimensions.",
        ),
        Mistake(joined_dx_transposed, "For dL/dx, W was transposed. Compare the shapes: G W."),
        Mistake(
            joined_dx_transposed_if_square,
            "For dL/dx, W was transposed where it is square: the shapes fit either way, and only "
            "one is right.",
        ),
        Mistake(joined_dx_sign, "dL/dx has the wrong sign."),
        Mistake(
            joined_gradient_sign,
            "The gradient of [W b] has the wrong sign. The minus belongs to the step.",
        ),
        Mistake(
            joined_gradient_bias_first,
            "The bias's column stands first in the gradient, as for [b W]. In [W b] it is last.",
        ),
        Mistake(
            joined_bias_averaged,
            "Only the last column is wrong: the bias's gradient is a sum over the samples, not a "
            "mean.",
        ),
        Mistake(
            joined_bias_without_gradient,
            "Only the last column is wrong: it is 0, and the bias would never learn.",
        ),
        Mistake(
            joined_bias_doubled,
            "Only the last column is wrong, twice what it should be: did the bias's gradient come "
            "in twice, with the ones and by itself?",
        ),
        Mistake(
            joined_bias_total,
            "Only the last column is wrong: all of G was added up. Each output has a bias of its "
            "own.",
        ),
    ),
)

# --- attainable ------------------------------------------------------------------


def attainable(rows, inner, columns, peak, bandwidth):
    """Bound the speed of a float32 product of (rows, inner) by (inner, columns), in FLOP/s.

    ``peak`` is in FLOP/s, ``bandwidth`` in bytes/s; each number is moved once.
    """
    operations = 2 * rows * inner * columns
    moved = 4 * (rows * inner + inner * columns + rows * columns)
    return min(peak, operations / moved * bandwidth)


def _work(rows, inner, columns):
    return 2 * rows * inner * columns


def _bytes(rows, inner, columns):
    return 4 * (rows * inner + inner * columns + rows * columns)


def attainable_larger(rows, inner, columns, peak, bandwidth):
    sizes = rows, inner, columns
    return max(peak, _work(*sizes) / _bytes(*sizes) * bandwidth)


def attainable_both_in_turn(rows, inner, columns, peak, bandwidth):
    sizes = rows, inner, columns
    return _work(*sizes) / (_work(*sizes) / peak + _bytes(*sizes) / bandwidth)


def attainable_multiply_adds(rows, inner, columns, peak, bandwidth):
    sizes = rows, inner, columns
    return min(peak, _work(*sizes) / 2 / _bytes(*sizes) * bandwidth)


def attainable_numbers(rows, inner, columns, peak, bandwidth):
    sizes = rows, inner, columns
    return min(peak, 4 * _work(*sizes) / _bytes(*sizes) * bandwidth)


def attainable_without_result(rows, inner, columns, peak, bandwidth):
    moved = 4 * (rows * inner + inner * columns)
    return min(peak, _work(rows, inner, columns) / moved * bandwidth)


def attainable_without_second(rows, inner, columns, peak, bandwidth):
    moved = 4 * (rows * inner + rows * columns)
    return min(peak, _work(rows, inner, columns) / moved * bandwidth)


def attainable_each_used(rows, inner, columns, peak, bandwidth):
    moved = 4 * (2 * rows * inner * columns + rows * columns)
    return min(peak, _work(rows, inner, columns) / moved * bandwidth)


def attainable_intensity(rows, inner, columns, peak, bandwidth):
    return _work(rows, inner, columns) / _bytes(rows, inner, columns)


def attainable_upside_down(rows, inner, columns, peak, bandwidth):
    sizes = rows, inner, columns
    return min(peak, _bytes(*sizes) / _work(*sizes) * bandwidth)


def attainable_only_memory(rows, inner, columns, peak, bandwidth):
    return _work(rows, inner, columns) / _bytes(rows, inner, columns) * bandwidth


def attainable_only_peak(rows, inner, columns, peak, bandwidth):
    return peak


def attainable_divided(rows, inner, columns, peak, bandwidth):
    sizes = rows, inner, columns
    return min(peak, bandwidth / (_work(*sizes) / _bytes(*sizes)) ** 2)


def attainable_seconds(rows, inner, columns, peak, bandwidth):
    sizes = rows, inner, columns
    return max(_work(*sizes) / peak, _bytes(*sizes) / bandwidth)


def attainable_smallest_bandwidth(rows, inner, columns, peak, bandwidth):
    return min(peak, bandwidth)


def attainable_bits(rows, inner, columns, peak, bandwidth):
    sizes = rows, inner, columns
    return min(peak, _work(*sizes) / (8 * _bytes(*sizes)) * bandwidth)


def attainable_giga(rows, inner, columns, peak, bandwidth):
    return attainable(rows, inner, columns, peak, bandwidth) / 1e9


def attainable_fewer_additions(rows, inner, columns, peak, bandwidth):
    operations = rows * columns * (2 * inner - 1)
    return min(peak, operations / _bytes(rows, inner, columns) * bandwidth)


def attainable_whole(rows, inner, columns, peak, bandwidth):
    return int(attainable(rows, inner, columns, peak, bandwidth))


def attainable_in_single(rows, inner, columns, peak, bandwidth):
    return torch.tensor(attainable(rows, inner, columns, peak, bandwidth), dtype=torch.float32)


def _number_case(name, arguments, label, expect, hint):
    """Make a case of a function that returns one number, of any kind."""

    def run(function, probe):
        value = as_number(name, probe(function, *arguments))
        refuse_rounded(name, value, expect()[name])
        return {name: value}

    return Case(label=label, run=run, expect=expect, hint=hint)


def _attainable_case(sizes, peak, bandwidth, label):
    rows, inner, columns = sizes

    def expect():
        """The oracle: the longer of two times, for real tensors whose bytes torch counts."""
        a, b = torch.ones(rows, inner), torch.ones(inner, columns)
        moved = sum(tensor.nbytes for tensor in (a, b, a @ b))
        operations = 2 * sum((row[:, None] * b).numel() for row in a)
        return {"the speed": operations / max(operations / peak, moved / bandwidth)}

    return _number_case(
        "the speed",
        (*sizes, peak, bandwidth),
        label,
        expect,
        "Two bounds: the peak itself, and the intensity (FLOP for each byte) times the bytes "
        "that come in a second. A float32 number has four bytes; three matrices are moved.",
    )


ATTAINABLE = Exercise(
    number="9.3",
    solution=attainable,
    cases=(
        _attainable_case((5, 3, 4), 1e9, 1e8, "a small product: memory is the bound"),
        _attainable_case((90, 70, 80), 1e9, 1e8, "a large one: arithmetic is the bound"),
        _attainable_case((1, 30, 20), 3e11, 2e10, "one row: memory again"),
        _attainable_case((6, 7, 2), 1.0, 3.0, "a slow machine with a good memory"),
    ),
    mistakes=(
        Mistake(attainable_larger, "The larger of the two bounds was taken. Both must be kept."),
        Mistake(
            attainable_both_in_turn,
            "The two times were added up, as if nothing could be moved while something else is "
            "computed. The bound asked for lets both go on at the same time.",
        ),
        Mistake(
            attainable_multiply_adds,
            "Half of what memory allows: was a multiply-add counted as one operation, or a float32 "
            "number as eight bytes?",
        ),
        Mistake(attainable_numbers, "Numbers were counted, not bytes. float32 has four bytes."),
        Mistake(attainable_bits, "An eighth of what memory allows: bytes, not bits."),
        Mistake(attainable_giga, "Right, but in GFLOP/s; FLOP/s are wanted."),
        Mistake(
            attainable_fewer_additions,
            "Counted exactly, each entry takes one addition less than multiplications. Here a "
            "multiply-add counts as two throughout, the first as well.",
        ),
        Mistake(attainable_whole, ROUNDED),
        Mistake(attainable_in_single, ROUNDED),
        Mistake(attainable_without_result, "The result has to be moved, too."),
        Mistake(attainable_without_second, "The second matrix has to be moved, too."),
        Mistake(
            attainable_each_used,
            "Each number was counted as often as it is used. Once in the processor it stays there.",
        ),
        Mistake(attainable_intensity, "This is the intensity. What speed does it allow?"),
        Mistake(
            attainable_upside_down,
            "Bytes were divided by operations. The intensity is the other way round.",
        ),
        Mistake(
            attainable_only_memory,
            "This is what memory allows. The processor has its own limit.",
        ),
        Mistake(attainable_only_peak, "This is the peak, whatever memory does."),
        Mistake(
            attainable_divided,
            "The more operations there are for each byte, the *faster* memory lets it go.",
        ),
        Mistake(attainable_seconds, "This is the shortest time. A speed is wanted, in FLOP/s."),
        Mistake(
            attainable_smallest_bandwidth,
            "Bytes a second were compared with operations a second. How many operations are done "
            "with each byte?",
        ),
    ),
)

# --- gain ------------------------------------------------------------------------


def gain(share, factor):
    """Return how many times as fast a program gets if a share of its time shrinks by a factor."""
    return 1 / (1 - share + share / factor)


def gain_other_part(share, factor):
    return 1 / (share + (1 - share) / factor)


def gain_not_inverted(share, factor):
    return 1 - share + share / factor


def gain_factors_averaged(share, factor):
    return 1 - share + share * factor


def gain_part_removed(share, factor):
    return 1 / (1 - share)


def gain_rest_forgotten(share, factor):
    return factor / share


def gain_factor(share, factor):
    return factor


def gain_share_of_factor(share, factor):
    return share * factor


def gain_saved(share, factor):
    return share - share / factor


def gain_in_per_cent(share, factor):
    return 100 / (1 - share + share / factor) - 100


def gain_slower(share, factor):
    return 1 / (1 - share + share * factor)


def gain_saved_twice(share, factor):
    return 1 / (1 - share / factor)


def gain_everything(share, factor):
    return 1 / (1 + share / factor)


def gain_rounded(share, factor):
    return round(gain(share, factor), 2)


def gain_in_single(share, factor):
    return torch.tensor(gain(share, factor), dtype=torch.float32)


def _gain_case(share, factor, label):
    def expect():
        """The oracle: a thousand equal pieces of time, of which some get shorter."""
        pieces = [1.0] * 1000
        shorter = [1 / factor if k < round(1000 * share) else 1.0 for k in range(1000)]
        return {"times as fast": sum(pieces) / sum(shorter)}

    return _number_case(
        "times as fast",
        (share, factor),
        label,
        expect,
        "Let the whole take one second. How long does the part take afterwards, how long the "
        "rest, and how often does their sum go into that second?",
    )


GAIN = Exercise(
    number="9.4",
    solution=gain,
    cases=(
        _gain_case(0.6, 3.0, "three fifths of the time, three times as fast"),
        _gain_case(0.875, 5.0, "seven eighths, five times as fast"),
        _gain_case(0.05, 10.0, "a twentieth, ten times as fast"),
        _gain_case(1.0, 4.0, "all of it"),
        _gain_case(0.0, 4.0, "none of it"),
    ),
    mistakes=(
        Mistake(
            gain_other_part,
            "The rest was made faster, not the part. `share` is the part that gets faster.",
        ),
        Mistake(
            gain_not_inverted,
            "This is the new time, as a share of the old. How often does it go into the old one?",
        ),
        Mistake(
            gain_factors_averaged,
            "Factors were averaged. Add up *times*, and divide afterwards.",
        ),
        Mistake(
            gain_part_removed,
            "This is for a part that vanishes altogether. Here something of it is left.",
        ),
        Mistake(gain_rest_forgotten, "The rest, which gets no faster, was forgotten."),
        Mistake(gain_factor, "This would be so if all of the time got shorter by the factor."),
        Mistake(gain_share_of_factor, "A share of the factor is neither a time nor a ratio."),
        Mistake(
            gain_saved,
            "This is the share of the time that is saved. The ratio of old to new is wanted.",
        ),
        Mistake(gain_in_per_cent, "This is in per cent beyond the old speed; a ratio is wanted."),
        Mistake(gain_slower, "The part was made slower: its time was multiplied by the factor."),
        Mistake(
            gain_saved_twice,
            "What is left of the part was taken off the whole, in the place of what is saved.",
        ),
        Mistake(
            gain_everything,
            "The part is in the sum twice, once at its old length. The rest is less than 1.",
        ),
        Mistake(gain_rounded, ROUNDED),
        Mistake(gain_in_single, ROUNDED),
    ),
)

EXERCISES = {
    "multiply-adds": MULTIPLY_ADDS,
    "linear-joined": LINEAR_JOINED,
    "attainable": ATTAINABLE,
    "gain": GAIN,
}
