"""Every mutant of a solution is refused by its check, or known to be no wrong answer."""

import ast
from dataclasses import replace

import pytest
from answers import stubs
from mutants import (
    EQUIVALENT,
    KINDS,
    equivalents,
    judged,
    left_to_the_reader,
    mutants,
    survives,
)
from notebooks import fill

from minidl.teaching.exercises import EXERCISES

STUBS = stubs()
BY_EXERCISE = pytest.mark.parametrize("key", EXERCISES)


def mutants_of(key):
    return mutants(fill(STUBS[key], EXERCISES[key].solution), left_to_the_reader(STUBS[key]))


@BY_EXERCISE
def test_every_mutant_is_refused_or_known_to_be_equivalent(key):
    killed, alive = set(), set()
    for mutant, lives in judged(key, STUBS[key]):
        (alive if lives else killed).add(mutant.line)
    known = equivalents(key).keys()
    assert not alive - known, "let through by the check, and not in equivalents.yml"
    assert not known & killed, "in equivalents.yml, and refused"
    assert not known - alive, "in equivalents.yml, and no mutant of the solution"


def test_equivalents_are_of_exercises_and_are_said_once():
    assert EQUIVALENT.keys() <= EXERCISES.keys()
    for key, reasons in EQUIVALENT.items():
        assert len(equivalents(key)) == sum(map(len, reasons.values()))


@BY_EXERCISE
def test_a_check_without_its_cases_lets_wrong_answers_through(key):
    """What refuses the mutants is the cases, not that they do not run."""
    empty = replace(EXERCISES[key], cases=())
    alive = [mutant for mutant in mutants_of(key) if survives(empty, mutant.source)]
    assert len(alive) > len(equivalents(key)) + 4


def test_a_check_without_one_of_its_cases_lets_a_wrong_answer_through():
    exercise = EXERCISES["minibatches"]
    cases = [case for case in exercise.cases if "generator" not in case.label]
    assert len(cases) == len(exercise.cases) - 1
    weaker = replace(exercise, cases=cases)
    alive = {m.line for m in mutants_of("minibatches") if survives(weaker, m.source)}
    assert "choice: if False:" in alive
    assert "choice: if False:" not in equivalents("minibatches")


def test_every_kind_of_change_happens():
    kinds = {mutant.kind.split(", ")[-1] for key in EXERCISES for mutant in mutants_of(key)}
    assert kinds == {kind.__name__ for kind in KINDS}


EXAMPLES = {
    "a - b": ["a + b", "a / b", "a @ b", "b - a", "a", "b", "a.sub_(b)", "a - a", "-(a - b)"],
    "a < 3": ["a <= 3", "a == 3", "b < 3", "a < 4", "a < 2", "a < 0", "a < -3", "a < 6"],
    "-a": ["a"],
    "a.t() @ b": ["a @ b", "b @ a.t()", "a.t() * b"],
    "a.sum(0)": ["a.sum(1)", "a.sum()", "a.mean(0)", "a.sum(0, keepdim=True)", "a[-1]", "a"],
    "a.clamp(min=b)": ["a.clamp(max=b)", "a.clamp_(min=b)", "a.clamp()", "a.clamp(min=None)"],
    "f(a, b)": ["f(b, a)", "f(a)", "f(b)", "f(a, a)", "f(-a, b)", "f(a, 1)", "f(a, b).float()"],
    "g(a, upwards=True)": ["g(a, upwards=False)", "g(a)", "g(a, upwards=True) / 2"],
    "a if b else 0": ["a if not b else 0", "a if True else 0", "a if False else 0"],
    "a[1:]": ["a", "a[:]", "a[2:]", "a[0:]", "a[1:-1]"],
    "(a, b)": ["(b, a)", "(a,)"],
}


@pytest.mark.parametrize("expression", EXAMPLES)
def test_changes_of_an_expression(expression):
    found = mutants(f"def function(a, b):\n    return {expression}\n", {"function"})
    results = {mutant.after.removeprefix("return ") for mutant in found}
    assert results >= set(EXAMPLES[expression])


def test_changes_of_statements():
    source = (
        "def function(a, steps):\n    total = a\n    for k in range(steps):\n"
        "        total += a\n        a.mul_(k)\n    return total\n"
    )
    results = {mutant.after for mutant in mutants(source, {"function"})}
    assert results >= {
        "",  # a statement left out
        "total = a",
        "total = total + a",
        "total -= a",
        "a.mul_(k) ⏎ total += a",
        "a.mul(k)",
        "a = a.mul(k)",
        "a.div_(k)",
        "for k in range(steps + 1):",
        "for k in list(range(steps))[::-1]:",
        "return a",
    }


def given(source, names):
    """Map the methods of a cell, all but those with these names, to their code."""
    methods = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef))
    return {method.name: ast.unparse(method) for method in methods if method.name not in names}


def test_only_what_is_left_to_the_reader_is_changed():
    for key, stub in STUBS.items():
        names = left_to_the_reader(stub)
        for mutant in mutants_of(key):
            assert given(mutant.source, names) == given(stub, names)
