"""What is said of a wrong result is true of it, and nothing is said where nothing is known."""

import pytest
import torch

from minidl.teaching.exercise import difference

RIGHT = torch.tensor([[1.5, -2.5, 4.0], [3.0, 0.5, -1.0], [-0.5, 2.0, 7.5]], dtype=torch.float64)
ODD = torch.tensor([[0.3, 0.1, -0.7], [0.2, 0.9, 0.8], [-0.6, 0.4, 0.5]], dtype=torch.float64)


def row(at, value):
    """Put something else into one row."""
    changed = RIGHT.clone()
    changed[at] = value
    return changed


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (RIGHT / 5, "9 of 9 entries are wrong: 1/5 times what is expected"),
        (RIGHT * 1.234567, "wrong: 1.235 times what is expected"),
        (RIGHT * 1.00001, "9 of 9 entries are wrong"),
        (-RIGHT, "they have the other sign"),
        (RIGHT.abs(), "just where a negative number is expected: they have the other sign"),
        (RIGHT.clamp(min=0), "just where a negative number is expected: they are all 0"),
        (RIGHT.clamp(-2, 2), "4 of 9 entries are wrong: they are all 1 or −1 times 2"),
        (row(2, 0), "in row 2 alone: they are all 0"),
        (row(0, 0), "in row 0 alone: they are all 0"),
        (RIGHT[:1].expand(3, 3), "in every row but row 0: every row is the same"),
        (RIGHT.flip(0), "in reverse order"),
        (RIGHT.roll(1, 0), "the right rows, in another order"),
        (RIGHT.roll(1, 1), "the right numbers, in other places"),
        (RIGHT + 0.25, "each 0.25 too large"),
        (RIGHT.trunc(), "5 of 9 entries are wrong: cut down to whole numbers"),
        (
            RIGHT * torch.tensor([[2.0], [3.0], [7.0]]),
            "every row is multiplied by a number of its own",
        ),
        (RIGHT.t(), "rows and columns have changed places"),
        (RIGHT.sum(0), "expected (3, 3): the sums along dim=0 of the right numbers"),
        (RIGHT.flatten(), "the right numbers, in another shape"),
        (RIGHT[:2], "what is there is right, and the rest is missing"),
        (torch.cat([RIGHT, ODD]), "what is wanted is there, and more after it"),
        (RIGHT + ODD, "9 of 9 entries are wrong"),
        (torch.zeros(2, 0, dtype=torch.float64), "the shape is (2, 0), expected (3, 3)"),
    ],
)
def test_of_tensors(value, said):
    sentence = difference("y", value, RIGHT, 1e-9).sentence
    assert sentence.endswith(said)


def test_of_integers_and_of_a_single_row():
    right = torch.tensor([[2, 6], [6, 6]])
    said = difference("sizes", torch.tensor([[2, 6], [6, 3]]), right, 1e-9).sentence
    assert said.endswith("1 of 4 entries is wrong")
    said = difference("sizes", torch.tensor([8, 12]), right, 1e-9).sentence
    assert said.endswith("expected (2, 2): the sums along dim=0 of the right numbers")
    assert difference("y", ODD[:1], RIGHT[:1], 1e-9).sentence.endswith("3 of 3 entries are wrong")


def test_numbers_cut_off_at_0_and_1_need_not_be_whole_ones():
    right = torch.tensor([1.75, -0.75])
    said = difference("the shares", right.clamp(0, 1), right, 1e-9).sentence
    assert said.endswith("2 of 2 entries are wrong")


def test_a_number_next_to_the_right_one():
    for value in (2, 3):
        said = difference("how often", float(value), 2.6, 1e-9).sentence
        assert said.endswith("expected 2.6: rounded, or cut down, to a whole number")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.36, ": its square"),
        (0.6**0.5, ": its root"),
        (1 / 0.6, ": 1 divided by it"),
        (1.2, ": 2 times what is expected"),
        (0.6 * 2**0.5, ": √2 times what is expected"),
        (0.6123, "0.6123, expected 0.6"),
        (0.0, "0, expected 0.6"),
    ],
)
def test_of_numbers(value, said):
    assert difference("y", value, 0.6, 1e-9).sentence.endswith(said)
