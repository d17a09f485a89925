"""Change an exercise's solution in small ways, and show which changes its check lets through.

Run by hand when an exercise is written, with its key::

    python tools/mutants.py relu

What gets through is either equivalent to the solution, which only a reader of the list can
say, or a wrong answer that the cases miss: sharpen them.
"""

import ast
import copy
import sys
import warnings

from minidl.teaching.exercises import EXERCISES
from minidl.teaching.mistakes import compiled, plain

#: Seconds a case; a mutant may loop for ever.
LIMIT = 0.5

#: Words of which one is easily written for the other.
RIVALS = (
    ("sum", "mean"),
    ("std", "var"),
    ("min", "max"),
    ("ceil", "floor"),
    ("tanh", "sigmoid"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("forward", "backward"),
    ("forward_pass", "backward_pass"),
    ("weight", "bias"),
    ("weight_grad", "bias_grad"),
    ("weight", "weight_grad"),
    ("bias", "bias_grad"),
    ("zero_grad", "step"),
    ("add_", "sub_", "copy_"),
    ("mul_", "div_"),
)
ARITHMETIC = ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Pow, ast.MatMult
COMPARISONS = ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq


def altered(node, **fields):
    """Copy a node with some of its fields replaced."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def instead(node, names):
    """Yield what might stand in the place of a node; ``names`` are the function's own."""
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        yield from (altered(node, op=other()) for other in ARITHMETIC)
    if isinstance(node, ast.BinOp):
        yield from (node.left, node.right, altered(node, left=node.right, right=node.left))
    if isinstance(node, ast.Compare):
        yield from (altered(node, ops=[other(), *node.ops[1:]]) for other in COMPARISONS)
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        yield from map(ast.Constant, (node.value + 1, node.value - 1, 0, 2 * node.value))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield ast.Constant(node.value + "?")
    if isinstance(node, ast.Name):
        yield from (altered(node, id=name) for name in names - {node.id})
    if isinstance(node, ast.Attribute):
        words = {word for rivals in RIVALS if node.attr in rivals for word in rivals}
        changed = node.attr[:-1] if node.attr.endswith("_") else node.attr + "_"
        yield from (altered(node, attr=word) for word in [*sorted(words - {node.attr}), changed])
    if isinstance(node, ast.Call):
        yield from node.args
        if isinstance(node.func, ast.Attribute):
            yield node.func.value
        for k in range(len(node.args)):
            yield altered(node, args=node.args[:k] + node.args[k + 1 :])
        for k in range(len(node.keywords)):
            yield altered(node, keywords=node.keywords[:k] + node.keywords[k + 1 :])
        if len(node.args) > 1:
            yield altered(node, args=node.args[::-1])
    if isinstance(node, (ast.If, ast.IfExp, ast.While)):
        yield altered(node, test=ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node, ast.Slice):
        yield from (altered(node, lower=None), altered(node, upper=None))
    if isinstance(node, (ast.Tuple, ast.List)) and isinstance(node.ctx, ast.Load):
        yield altered(node, elts=node.elts[::-1])
    for block in (name for name in ("body", "orelse") if isinstance(getattr(node, name, 0), list)):
        lines = getattr(node, block)
        for k, line in enumerate(lines):
            left = [*lines[:k], *lines[k + 1 :]] or [ast.Pass()]
            yield altered(node, **{block: left})
            if not isinstance(line, ast.Return):
                yield altered(node, **{block: [*lines[:k], line, *lines[k:]]})
            if k:
                yield altered(
                    node, **{block: [*lines[: k - 1], line, lines[k - 1], *lines[k + 1 :]]}
                )


def mutants(exercise):
    """Yield the sources of the solution with one change in what the reader is to write."""
    source = plain(exercise.solution)
    tree, seen = ast.parse(source), {source}
    methods = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inside = {}
    for method in methods:
        if not exercise.parts or method.name in exercise.parts:
            found = {node.id for node in ast.walk(method) if isinstance(node, ast.Name)}
            names = found | {argument.arg for argument in method.args.args}
            inside |= {id(node): names for node in ast.walk(method)}
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            children = value if isinstance(value, list) else [value]
            for k, child in enumerate(children):
                if id(child) not in inside or isinstance(child, ast.arguments):
                    continue
                for new in instead(child, inside[id(child)]):
                    others = [*children[:k], new, *children[k + 1 :]]
                    setattr(parent, field, others if isinstance(value, list) else new)
                    changed = ast.unparse(tree)
                    setattr(parent, field, value)
                    if changed not in seen:
                        seen.add(changed)
                        yield changed


def report(key):
    """Print how many mutants an exercise's check refuses, and the lines of those it does not."""
    exercise, total, through = EXERCISES[key], 0, []
    before = plain(exercise.solution).splitlines()
    for source in mutants(exercise):
        total += 1
        try:
            answer = compiled(source, exercise.solution, "mutant")
        except Exception:  # it does not even compile
            continue
        if exercise.trouble(answer, LIMIT) is None:
            through.append([line.strip() for line in source.splitlines() if line not in before])
    print(f"{key}: {total} mutants, {len(through)} get through")
    for lines in through:
        print("   ", " ⏎ ".join(lines) or "a line left out, or twice")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for key in sys.argv[1:]:
        report(key)
