"""Change an exercise's solution in small ways, and show which changes its check lets through.

Run by hand when an exercise is written, with its key::

    python tools/mutants.py relu

What gets through is either equivalent to the solution, which only a reader of the list can
say, or a wrong answer that the cases miss: sharpen them.
"""

import ast
import io
import sys
import tokenize
import warnings

from minidl.teaching.exercises import EXERCISES
from minidl.teaching.mistakes import compiled, plain

#: Seconds a case; a mutant may loop for ever.
LIMIT = 0.5

#: Words of which one is easily written for the other.
RIVALS = """
+ - * / // ** @
+= -= *= /= =
< <= > >= == !=
and or
True False
sum mean
std var
min max
ceil floor
tanh sigmoid
zeros ones
zeros_like ones_like
forward backward
forward_pass backward_pass
weight bias weight_grad bias_grad
zero_grad step
add_ sub_ copy_ add
mul_ div_ mul
"""


def instead(token, names):
    """List what might stand in the place of a word; ``names`` are the function's own."""
    groups = map(str.split, RIVALS.splitlines())
    rivals = {rival for group in groups if token in group for rival in group}
    if token in names:
        rivals |= names
    elif token.isidentifier() and token.endswith("_"):
        rivals.add(token[:-1])
    elif token[:1].isdigit():
        rivals |= {"0", f"({token} + 1)", f"({token} - 1)", f"(2 * {token})"}
    return sorted(rivals - {token})


def mutants(exercise):
    """Yield the sources of the solution with a word changed or a line left out."""
    source = plain(exercise.solution)
    lines, tree = source.splitlines(keepends=True), ast.parse(source)
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    for node in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        if exercise.parts and node.name not in exercise.parts:
            continue
        names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        for row in range(node.body[0].lineno, node.end_lineno + 1):
            before, line, after = lines[: row - 1], lines[row - 1], lines[row:]
            indent = line[: len(line) - len(line.lstrip())]
            yield "".join([*before, f"{indent}pass\n", *after])
            for token in (token for token in tokens if token.start[0] == row):
                start, end = token.start[1], token.end[1]
                for new in instead(token.string, names):
                    yield "".join([*before, line[:start], new, line[end:], *after])


def report(key):
    """Print how many mutants an exercise's check refuses, and the lines of those it does not."""
    exercise, total, through = EXERCISES[key], 0, []
    before = plain(exercise.solution).splitlines()
    for source in mutants(exercise):
        try:
            answer = compiled(source, exercise.solution, "mutant")
        except Exception:  # it does not even compile
            continue
        total += 1
        if exercise.trouble(answer, LIMIT) is None:
            through.append([line.strip() for line in source.splitlines() if line not in before])
    print(f"{key}: {total} mutants, {len(through)} get through")
    for lines in through:
        print("   ", " ⏎ ".join(lines))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for key in sys.argv[1:]:
        report(key)
