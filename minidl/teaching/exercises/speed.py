"""Exercises of chapter 09: the work of a step, the joined layer, the roofline, what is gained."""

import torch
from torch.utils.flop_counter import FlopCounterMode

from ..check import Case, Exercise, Failure, Mistake, as_number
from ._random import randn

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


def _adds_case(widths, batch_size, label):
    def expect():
        """The oracle: PyTorch counts what its own step does; a multiply-add is two for it."""
        pairs = zip(widths, widths[1:], strict=False)
        network = torch.nn.Sequential(*(torch.nn.Linear(a, b) for a, b in pairs))
        with FlopCounterMode(display=False) as counter:
            network(torch.ones(batch_size, widths[0])).sum().backward()
        return {"the count": counter.get_total_flops() // 2}

    return Case(
        label=label,
        run=lambda count, probe: {"the count": probe(count, list(widths), batch_size)},
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


def _run_joined(x, wb, grad):
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
        return dict(zip(("y", "dL/dx", "dL/d[W b]"), result, strict=True))

    return run


def _joined_case(n, n_in, n_out, label, dtype=torch.float64, tol=1e-9):
    x, wb, grad = (
        randn(n, n_in, seed=31, dtype=dtype),
        randn(n_out, n_in + 1, seed=32, dtype=dtype),
        randn(n, n_out, seed=33, dtype=dtype),
    )

    def expect():
        """The oracle: torch.nn.functional.linear and autograd."""
        leaf, leaves = x.clone().requires_grad_(), wb.clone().requires_grad_()
        y = torch.nn.functional.linear(leaf, leaves[:, :n_in], leaves[:, n_in])
        y.backward(grad)
        return {"y": y.detach(), "dL/dx": leaf.grad, "dL/d[W b]": leaves.grad}

    return Case(
        label=label,
        run=_run_joined(x, wb, grad),
        expect=expect,
        hint="y is x Wᵀ + b, dL/dx is G W. The gradient of [W b] has Gᵀ x in all columns but the "
        "last, and the sums of G's columns in the last.",
        tol=tol,
    )


LINEAR_JOINED = Exercise(
    number="9.2",
    solution=linear_joined,
    cases=(
        _joined_case(5, 3, 4, "5 samples, 3 → 4 features: equals linear and its gradients"),
        _joined_case(4, 3, 3, "4 samples, 3 → 3 features"),
        _joined_case(3, 2, 3, "[W b] is square, 3 samples, 2 → 3 features"),
        _joined_case(1, 4, 2, "a batch of one"),
        _joined_case(6, 2, 5, "float32 in, float32 out", torch.float32, tol=1e-5),
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
        Mistake(joined_without_bias, "The bias is missing in y."),
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


def _attainable_case(sizes, peak, bandwidth, label):
    rows, inner, columns = sizes

    def expect():
        """The oracle: the longer of two times, for real tensors whose bytes torch counts."""
        a, b = torch.ones(rows, inner), torch.ones(inner, columns)
        moved = sum(tensor.nbytes for tensor in (a, b, a @ b))
        operations = 2 * sum((row[:, None] * b).numel() for row in a)
        return {"the speed": operations / max(operations / peak, moved / bandwidth)}

    return Case(
        label=label,
        run=lambda function, probe: {
            "the speed": as_number("the speed", probe(function, *sizes, peak, bandwidth))
        },
        expect=expect,
        hint="Two bounds: the peak itself, and the intensity (FLOP for each byte) times the bytes "
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
        Mistake(attainable_numbers, "Numbers were counted, not bytes. float32 has 32 bits."),
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


def _gain_case(share, factor, label):
    def expect():
        """The oracle: a thousand equal pieces of time, of which some get shorter."""
        pieces = [1.0] * 1000
        shorter = [1 / factor if k < round(1000 * share) else 1.0 for k in range(1000)]
        return {"times as fast": sum(pieces) / sum(shorter)}

    return Case(
        label=label,
        run=lambda function, probe: {
            "times as fast": as_number("times as fast", probe(function, share, factor))
        },
        expect=expect,
        hint="Let the whole take one second. How long does the part take afterwards, how long the "
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
    ),
)

EXERCISES = {
    "multiply-adds": MULTIPLY_ADDS,
    "linear-joined": LINEAR_JOINED,
    "attainable": ATTAINABLE,
    "gain": GAIN,
}
