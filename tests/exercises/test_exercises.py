"""Every exercise: its stub, its solution, its wrong answers, and answers gone astray."""

import math
from dataclasses import replace
from itertools import combinations, groupby
from textwrap import indent

import nbformat
import pytest
import torch
from answers import cell, stubs, verdict
from nbclient import NotebookClient
from notebooks import definitions, fill, is_stub

from minidl.activations import ReLU
from minidl.teaching.check import KEPT, LAYOUT, find_hint
from minidl.teaching.exercise import ROUNDED, Case, Exercise, complaint, difference, same
from minidl.teaching.exercises import EXERCISES
from minidl.teaching.mistakes import read_mistakes

MISTAKES = [
    pytest.param(key, mistake, id=f"{key}-{mistake.name.split()[-1]}")
    for key, exercise in EXERCISES.items()
    for mistake in exercise.wrong_answers
]


@pytest.fixture(scope="module", name="stubs")
def all_stubs():
    """Map the keys of the exercises to the cells that hold their stubs."""
    return stubs()


def test_every_exercise_stands_in_a_chapter_and_is_checked_below_its_stub(stubs):
    assert stubs.keys() == EXERCISES.keys()
    for key, source in stubs.items():
        exercise = EXERCISES[key]
        assert list(definitions(source)) == [exercise.name]
        methods = getattr(definitions(source)[exercise.name], "body", []) if exercise.parts else []
        assert exercise.parts == tuple(part.name for part in methods if is_stub(part))
        assert f'NotImplementedError("Exercise {exercise.number}: ' in source


@pytest.mark.parametrize("key", EXERCISES)
def test_a_stub_is_not_attempted(key, stubs, capsys):
    exercise = EXERCISES[key]
    out, result = verdict(capsys, key, cell(stubs[key], exercise.name))
    assert out == (
        f"Exercise {exercise.number}, {exercise.name}: not attempted yet.\n"
        f"Until it passes, the chapter goes on with the book's {exercise.name}.\n"
    )
    assert result is exercise.solution


@pytest.mark.parametrize("key", EXERCISES)
def test_the_solution_passes_every_property(key, stubs, capsys):
    """The solution as a reader would have it: typed into the stub."""
    exercise = EXERCISES[key]
    answer = cell(fill(stubs[key], exercise.solution), exercise.name)
    out, result = verdict(capsys, key, answer)
    assert out.startswith(f"Exercise {exercise.number}, {exercise.name}: passed.\n"), out
    assert out.count("✓") == len(exercise.cases)
    assert result is answer
    assert verdict(capsys, key, answer) == (out, answer), "a check leaves nothing behind"


@pytest.mark.parametrize("key", EXERCISES)
def test_the_book_s_own_version_does_not_count_as_an_answer(key, capsys):
    """A second run of the check cell, after a refusal, meets the book's version."""
    exercise = EXERCISES[key]
    out, result = verdict(capsys, key, exercise.solution)
    assert "this is the book's own" in out and "passed" not in out
    assert result is exercise.solution


@pytest.mark.parametrize("key", EXERCISES)
def test_there_are_enough_wrong_answers_and_their_hints_differ(key):
    hints = [hint for hint, _ in groupby(wrong.hint for wrong in EXERCISES[key].wrong_answers)]
    assert len(hints) >= 6
    assert all(hints) and len(set(hints)) == len(hints)


@pytest.mark.parametrize("key", EXERCISES)
def test_no_two_mistakes_with_different_hints_agree_where_they_fail(key):
    """Else whoever makes one of them might be told of the other."""
    assert list(map(" and ".join, collisions(EXERCISES[key]))) == []


def collisions(exercise):
    """List the pairs of mistakes with one outcome in the first case that either fails."""
    failed = {}
    for mistake in exercise.wrong_answers:
        outcomes = ((case, exercise.known(mistake, case)) for case in exercise.cases)
        failed[mistake] = next((c, outcome) for c, outcome in outcomes if complaint(c, outcome))
    for one, other in combinations(failed, 2):
        (case, outcome), (others, theirs) = failed[one], failed[other]
        if one.hint != other.hint and case is others and same(outcome, theirs):
            yield one.name, other.name


def test_a_wrong_answer_is_the_solution_with_a_piece_replaced():
    text = "x.clamp(min=0) => x.abs()\n# |x|."
    (wrong,) = read_mistakes(text, ReLU, "ReLU")
    assert (wrong.name, wrong.hint) == ("ReLU 1", "|x|.")
    assert wrong.answer().forward(torch.tensor(-3.0)) == 3


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ("x.clamp(0) => x", r"`x\.clamp\(0\)` stands 0 times in the solution"),
        ("self, x => x", "`self, x` stands 2 times in the solution"),
        ("x.abs", r"`x\.abs` has no arrow"),
    ],
)
def test_an_edit_that_cannot_be_made_is_named(edit, said):
    with pytest.raises(ValueError, match=f"ReLU 1: {said}"):
        read_mistakes(f"{edit}\n# A hint.", ReLU, "ReLU")


def test_a_statement_is_to_be_true_unless_the_case_says_otherwise():
    case = Case("a case", run=None, expect=lambda: {"it rains": False})
    assert complaint(case, {"it rains": False, "the sun shines": True}) is None
    trouble = complaint(case, {"it rains": False, "the sun shines": False})
    assert trouble.sentence == "this does not hold: the sun shines"
    with pytest.raises(KeyError):
        complaint(case, {"the sun shines": True})


@pytest.mark.parametrize(("key", "mistake"), MISTAKES)
def test_a_wrong_answer_is_refused_with_its_own_hint(key, mistake, capsys):
    exercise = EXERCISES[key]
    out, result = verdict(capsys, key, mistake.answer)
    assert "not yet" in out
    assert f"Hint:\x1b[0m {mistake.hint}\n" in out
    assert result is exercise.solution


def activation(name, forward, backward=""):
    """A class as a reader would write it: the lines of its methods."""
    parts = {"forward(self, x)": forward, "backward(self, x, y, grad)": backward}
    methods = [f"def {head}:\n{indent(lines, '    ')}" for head, lines in parts.items() if lines]
    return f"class {name}(Module):\n" + indent("\n".join(methods), "    ")


RELU, TANH = "return x.clamp(min=0)", "return torch.tanh(x)"
ASTRAY = {
    "raises": (
        "relu",
        activation("ReLU", "return x.clamp(mim=0)"),
        "`forward` raises TypeError",
        "in line 3 of your cell: `return x.clamp(mim=0)`",
    ),
    "no such method": (
        "relu",
        "class ReLU:\n    def forwards(self, x):\n        return x\n",
        "AttributeError",
        "forward",
    ),
    "returns nothing": (
        "tanh",
        activation("Tanh", "torch.tanh(x)"),
        "`forward` returns None",
        "in line 2 of your cell: `def forward(self, x):`: is its `return` missing?",
    ),
    "reaches no return": (
        "tanh",
        activation("Tanh", "if x.ndim > 2:\n    return torch.tanh(x)"),
        "`forward` returns None",
        "did it end without reaching a `return`, or is what stands there None?",
    ),
    "autograd": (
        "tanh",
        activation("Tanh", TANH, "x.requires_grad_()\ntorch.tanh(x).backward(grad)"),
        "`backward` uses autograd",
        "in line 6 of your cell: `torch.tanh(x).backward(grad)`",
    ),
    "functional autograd": (
        "tanh",
        activation("Tanh", TANH, "return torch.func.vjp(torch.tanh, x)[1](grad)[0]"),
        "`backward` uses autograd",
    ),
    "keeps a tape": (
        "tanh",
        activation("Tanh", "return torch.tanh(x.clone().requires_grad_())"),
        "`forward` returns what requires grad",
        "in line 2",
    ),
    "changes its argument": (
        "relu",
        activation("ReLU", "y = x\ny[y < 0] = 0\nreturn y"),
        "`forward` changes its argument `x`",
        "in line 4 of your cell: `y[y < 0] = 0`",
    ),
    "a shape changed in place": (
        "tanh",
        activation("Tanh", "x.unsqueeze_(0)\nreturn torch.tanh(x[0])"),
        "`forward` changes the shape of its argument `x`",
        "in line 3 of your cell: `x.unsqueeze_(0)`",
    ),
    "keeps its argument": (
        "relu",
        activation("ReLU", f"self.history = [x]\n{RELU}"),
        "`forward` keeps its argument `x` for later, as `self.history`",
        "in line 3 of your cell: `self.history = [x]`",
    ),
    "half done": (
        "relu",
        activation("ReLU", RELU, "raise NotImplementedError('Exercise 2.1: write ReLU.backward')"),
        "`backward` is still to be written",
        "✓ forward: equals torch.relu",
    ),
    "the raise line left in": (
        "tanh",
        activation("Tanh", "y = torch.tanh(x)\nraise NotImplementedError('Exercise 2.2: write')"),
        "`forward` still has the `raise` line of the stub in it",
    ),
    "a caret": (
        "tanh",
        activation("Tanh", TANH, "return grad * (1 - y^2)"),
        "A power is written `**` in Python",
        "in line 5",
    ),
    "not a class": ("relu", "ReLU = torch.relu\n", "wanted the class `ReLU`"),
    "a number": ("balanced-radius", "balanced_radius = 0.798\n", "wanted the function"),
    "error inside a generator": (
        "minibatches",
        "def minibatches(x, y, batch_size, *, generator=None):\n    yield x[0], oops\n",
        "raises NameError",
        "in line 2 of your cell",
    ),
    "a new gradient": (
        "linear",
        "class Linear(Linear):\n    def backward(self, x, y, grad):\n"
        "        self.weights_grad = grad.t() @ x\n        return grad @ self.weight\n",
        "`backward` sets `self.weights_grad`, which was not there before, in line 3",
        "was `self.weight_grad` meant?",
    ),
    "no self": (
        "relu",
        "class ReLU(Module):\n    def forward(x):\n        return x.clamp(min=0)\n",
        "`forward` takes (x), wanted (self, x)",
        "The first parameter of a method is `self`.",
    ),
    "parameters in another order": (
        "tanh",
        "class Tanh(Module):\n    def backward(self, x, grad, y):\n        return grad\n",
        "`backward` takes (x, grad, y), wanted (x, y, grad): keep the parameters of the stub",
    ),
    "a default missing": (
        "train-epoch",
        "def train_epoch(model, loss, x, y, batch_size, lr, generator, accumulate):\n    pass\n",
        "`train_epoch` takes (model, loss, x, y, batch_size, lr, generator, accumulate), wanted "
        "(model, loss, x, y, *, batch_size, lr, generator=None, accumulate=accumulate_batch)",
    ),
    "a wrong call inside": (
        "backward-order",
        "def backward_order(inputs):\n    return backward_order(inputs, 1)\n",
        "takes 1 positional argument but 2 were given, in line 2 of your cell",
        "This is a call inside your code",
    ),
    "a pair of lists": (
        "minibatches",
        "def minibatches(x, y, batch_size, *, generator=None):\n    yield x[:3], y[:3], 0\n",
        "what comes out are not pairs",
    ),
}


@pytest.mark.parametrize("case", ASTRAY)
def test_what_went_astray_is_said_in_a_sentence(case, capsys):
    key, source, *words = ASTRAY[case]
    exercise = EXERCISES[key]
    out, result = verdict(capsys, key, cell(source, exercise.name))
    assert "not yet" in out
    for word in words:
        assert word in out
    assert "Traceback" not in out and "minidl/" not in out and "probe" not in out
    assert result is exercise.solution


RIGHT = {
    "ReLU with a mask": (
        "relu",
        activation(
            "ReLU", "return torch.maximum(x, 0 * x)", "return torch.where(x > 0, grad, 0.0)"
        ),
    ),
    "other parameters that do no harm": (
        "one-hot",
        "def one_hot(t, num_classes: int, dtype=torch.float32, *rest, loud=False, **more):\n"
        "    return torch.eye(num_classes, dtype=dtype)[t]\n",
    ),
    "mini-batches as a list": (
        "minibatches",
        "def minibatches(x, y, batch_size, *, generator=None):\n"
        "    order = torch.arange(len(x))\n"
        "    if generator is not None:\n"
        "        order = torch.randperm(len(x), generator=generator)\n"
        "    return [(x[rows], y[rows]) for rows in order.split(batch_size)]\n",
    ),
    "a gradient that moves x and puts it back": (
        "numerical-gradient",
        "def numerical_gradient(f, x, h=1e-6):\n"
        "    grad = torch.zeros_like(x)\n"
        "    for place in map(tuple, torch.ones_like(x).nonzero().tolist()):\n"
        "        x[place] += h\n        above = float(f(x))\n"
        "        x[place] -= 2 * h\n        below = float(f(x))\n"
        "        x[place] += h\n        grad[place] = (above - below) / (2 * h)\n"
        "    return grad\n",
    ),
}


AFRESH = {
    "all calls together": (
        "paired-gap",
        "seen = []\n"
        "def paired_gap(ours, theirs):\n    seen.extend((theirs - ours).tolist())\n"
        "    d = torch.tensor(seen, dtype=torch.float64)\n"
        "    return d.mean().item(), d.std().item() / math.sqrt(len(d))\n",
        " 3 pairs",
        KEPT,
    ),
    "the first factor": (
        "gain",
        "def gain(share, factor, kept={}):\n    factor = kept.setdefault('factor', factor)\n"
        "    return 1 / (1 - share + share / factor)\n",
        "times as fast is",
        KEPT,
    ),
    "right once": (
        "culprit",
        "asked = []\ndef culprit():\n    asked.append(1)\n    return 'ed'[len(asked) == 1]\n",
        "asked once more",
        KEPT,
    ),
    "view": (
        "linear-many",
        "def linear_many(x, weight, bias):\n"
        "    return torch.baddbmm(bias.view(-1, 1, bias.shape[1]), x, weight.transpose(1, 2))"
        ".view(x.shape[0], -1).view(len(x), x.shape[1], -1) + 0 * x.view(-1)[0]\n",
        "asked once more",
        LAYOUT,
    ),
}


@pytest.mark.parametrize("case", AFRESH)
def test_what_is_kept_between_calls_is_told_from_what_else_goes_wrong(case, capsys):
    key, source, word, hint = AFRESH[case]
    out, _ = verdict(capsys, key, cell(source, EXERCISES[key].name))
    assert word in out and f"Hint:\x1b[0m {hint}\n" in out


@pytest.mark.parametrize("case", RIGHT)
def test_another_right_answer_passes(case, capsys):
    key, source = RIGHT[case]
    answer = cell(source, EXERCISES[key].name)
    out, result = verdict(capsys, key, answer)
    assert "passed" in out, out
    assert result is answer


def of_two(values):
    """Make a case of a function of one number: what it returns for the values given."""
    return Case(
        f"for {values}",
        run=lambda function, probe: {f"for {x}": probe(function, x) for x in values},
        expect=lambda: {f"for {x}": float(x * x) for x in values},
        hint="The case's own.",
    )


def square(x):
    """What the following tests ask for."""
    return x * x


@pytest.mark.parametrize(
    ("cases", "answer", "hint"),
    [
        ([[3.0]], lambda x: 2 * x, "Doubled."),
        ([[3.0]], lambda x: x / 2, "The case's own."),
        ([[3.0]], lambda x: {3.0: 6.0}[x], "Doubled."),
        # A second case that the answer passes, and the mistake does not.
        ([[3.0], [5.0]], lambda x: 6.0 if x == 3 else x * x, "The case's own."),
        # At x = 1 both give 2; a second case decides, unless it is 1 again.
        ([[1.0], [3.0]], lambda x: 2 * x, "Doubled."),
        ([[1.0], [3.0]], lambda x: x + 1, "One was added."),
        ([[1.0]], lambda x: x + 1, "Either: Doubled. Or: One was added."),
    ],
)
def test_a_hint_is_that_of_the_mistake_that_fails_alike(cases, answer, hint):
    mistakes = "x * x => 2 * x\n# Doubled.\n\nx * x => x + 1\n# One was added."
    exercise = Exercise("0.1", square, tuple(map(of_two, cases)), mistakes)
    case = exercise.cases[0]
    outcome = exercise.outcome(case, answer)
    assert find_hint(exercise, answer, case, outcome, complaint(case, outcome)) == hint


def test_a_mistake_that_passes_the_failed_case_is_never_offered():
    """It may be alike within rounding, and yet on the right side of the tolerance."""
    case = replace(of_two([3.0]), tol=1e-11)
    exercise = Exercise("0.1", square, (case,), "x * x => x * x * (1 + 1e-12)\n# A hair.")
    outcome = exercise.outcome(case, lambda x: x * x * (1 + 1e-10))
    assert find_hint(exercise, None, case, outcome, complaint(case, outcome)) == ROUNDED


@pytest.mark.parametrize(
    ("expected", "value", "said"),
    [
        (4.0, 4, None),
        (0.2, "0.2", "this is '0.2', a str, expected a Python float"),
        (4.0, torch.tensor(4.0), "this is a tensor of shape (), expected a Python float"),
        (4, 4.0, "the right number, but expected an integer"),
        (4, torch.tensor(4), "this is a tensor of shape (), expected an integer"),
        ([4], (4,), "this is (4,), a tuple, expected [4], a list"),
        (torch.tensor(4.0), 4.0, "this is 4.0, a float, expected a tensor of shape ()"),
        (torch.ones(5, 3), torch.ones(3, 5), "the shape is (3, 5), expected (5, 3)"),
        (
            torch.ones(2),
            torch.ones(2).double(),
            "the dtype is torch.float64, expected torch.float32",
        ),
        (
            torch.ones(2),
            torch.tensor([1, math.nan]),
            "there is NaN, 'not a number', in 1 of 2 entries",
        ),
    ],
)
def test_what_is_expected_says_what_is_asked(expected, value, said):
    trouble = difference("the result", value, expected, 1e-9)
    assert (trouble is None) if said is None else (said in trouble.sentence)


def test_a_right_but_slow_answer_is_told_so(capsys):
    source = "def gain(share, factor):\n    from time import process_time as now\n"
    source += "    end = now() + 0.6\n    while now() < end:\n        pass\n"
    answer = cell(source + "    return 1 / (1 - share + share / factor)\n", "gain")
    out, result = verdict(capsys, "gain", answer)
    assert "gain: passed." in out
    assert "It is right, but slow: this took " in out
    assert result is EXERCISES["gain"].solution


def test_a_cell_that_fails_or_is_not_run_leaves_the_chapter_on_the_book_s_own():
    cells = [
        "from minidl import Module\nfrom minidl.teaching import check",
        "class Tanh(Module)\n    pass",
        'Tanh = check("tanh", Tanh)',
        'ReLU = check("relu", ReLU)\nprint(ReLU.__module__)',
        "class ReLU(Module):\n    pass",
        "class ReLU(Module)\n    pass",
        'ReLU = check("relu", ReLU)',
    ]
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells)))
    NotebookClient(notebook, allow_errors=True).execute()
    said = ["".join(o.get("text", "") for o in done.outputs) for done in notebook.cells]
    assert "Exercise 2.2, Tanh: this is the book's own, and the chapter goes on with" in said[2]
    assert "cannot be read, for a mistake in its line 1: expected ':'." in said[2]
    assert "The cell with yours was not run" in said[3] and "minidl.activations" in said[3]
    assert "What is looked at here is the version before it." in said[6]
