"""Mutants of the exercises' solutions: small changes that a check should refuse.

Each kind of change is one function in :data:`KINDS`.  It is shown every node of the
solution's syntax tree and returns what might stand there instead.  From the command
line, with the keys of some exercises or for all of them::

    python tests/mutants.py linear relu
"""

import ast
import copy
import math
import sys
import warnings
from dataclasses import dataclass
from functools import partial
from operator import setitem

import torch
import yaml
from answers import stubs
from notebooks import ROOT, fill, is_stub

import minidl
from minidl.teaching import guard
from minidl.teaching.exercises import EXERCISES

#: Seconds a case for a mutant that is not known to be right.
LIMIT = 0.5
EQUIVALENT = yaml.safe_load((ROOT / "tests" / "equivalents.yml").read_text())

# --- what stands where -----------------------------------------------------------

#: Words of which one is easily written for the other.
RIVALS = (
    ("sum", "mean", "prod"),
    ("std", "var"),
    ("min", "max"),
    ("ceil", "floor", "trunc"),
    ("sqrt", "square"),
    ("tanh", "sigmoid"),
    ("abs", "sign"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("forward", "backward"),
    ("forward_pass", "backward_pass"),
    ("weight", "bias"),
    ("weight_grad", "bias_grad"),
    ("weight", "weight_grad"),
    ("bias", "bias_grad"),
    ("zero_grad", "gradient_step"),
    ("step", "zero_grad"),
    ("randperm", "arange"),
    ("keys", "values", "items"),
    ("add_", "sub_", "copy_"),
    ("mul_", "div_"),
)
ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Pow, ast.MatMult)
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
CHOICES = (ast.If, ast.IfExp, ast.While)
REDUCTIONS = {"sum", "mean", "std", "var", "amax", "amin", "prod"}
IN_PLACE = {ast.Add: "add_", ast.Sub: "sub_", ast.Mult: "mul_", ast.Div: "div_", ast.Pow: "pow_"}
#: Functions of a size, to which a sign makes no difference.
SIZES = {"len", "numel", "dim", "size"}


def altered(node, **fields):
    """Copy a node with some of its fields replaced."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def expression(source, **parts):
    """Parse an expression in which names stand for the given nodes."""

    class Insert(ast.NodeTransformer):
        def visit_Name(self, node):
            return parts.get(node.id, node)

    return Insert().visit(ast.parse(source, mode="eval").body)


def without(items, index):
    """Copy a list without one of its items."""
    return items[:index] + items[index + 1 :]


def operands(node):
    """Yield the values that a node works on, each with a function that replaces it."""
    if isinstance(node, ast.BinOp):
        yield node.left, lambda new: altered(node, left=new)
        yield node.right, lambda new: altered(node, right=new)
    if isinstance(node, (ast.Return, ast.Assign)) and node.value is not None:
        yield node.value, lambda new: altered(node, value=new)
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") not in SIZES:
        for k, argument in enumerate(node.args):
            before, after = node.args[:k], node.args[k + 1 :]
            yield argument, lambda new, b=before, a=after: altered(node, args=[*b, new, *a])
    if is_method(node) and node.func.attr not in SIZES:
        yield node.func.value, lambda new: altered(node, func=altered(node.func, value=new))


def swaps(items):
    """Copy a list with two neighbours swapped, for each two neighbours."""
    for k in range(len(items) - 1):
        yield [*items[:k], items[k + 1], items[k], *items[k + 2 :]]


def is_method(node):
    """Whether a node calls ``something.name(…)``."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)


def is_load(node):
    """Whether a node is an expression whose value is used."""
    return isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


def blocks(node):
    """Yield the names and statements of a node's blocks."""
    for name in ("body", "orelse"):
        block = getattr(node, name, None)
        if isinstance(block, list) and block:
            yield name, block


# --- the kinds of change: node and names in, possible replacements out -----------


def operator(node, names):
    """Another arithmetic operator."""
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        for other in ARITHMETIC:
            if not isinstance(node.op, other):
                yield altered(node, op=other())


def order_of_operands(node, names):
    """b - a for a - b, and b.mm(a) for a.mm(b)."""
    if isinstance(node, ast.BinOp) and not isinstance(node.op, (ast.Add, ast.Mult)):
        yield altered(node, left=node.right, right=node.left)
    if is_method(node) and len(node.args) == 1:
        function = altered(node.func, value=node.args[0])
        yield altered(node, func=function, args=[node.func.value])


def operand_left_out(node, names):
    """a for a + b."""
    if isinstance(node, ast.BinOp):
        yield node.left
        yield node.right


def comparison(node, names):
    """Another comparison."""
    if isinstance(node, ast.Compare):
        others = COMPARISONS
        if isinstance(node.ops[0], (ast.Is, ast.IsNot)):
            others = (ast.Is, ast.IsNot)
        for other in others:
            if not isinstance(node.ops[0], other):
                yield altered(node, ops=[other(), *node.ops[1:]])


def sign(node, names):
    """A minus dropped, or one too many."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand
    for part, turned in operands(node):
        if not isinstance(part, ast.Constant):
            yield turned(ast.UnaryOp(ast.USub(), part))


def constant(node, names):
    """Another number, truth value or word."""
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, (int, float)):
        for other in (value + 1, value - 1, 0, -value, 2 * value):
            if other != value:
                yield ast.Constant(other)
    elif isinstance(value, str):
        yield ast.Constant({"mean": "sum", "sum": "mean"}.get(value, value + "?"))


def call_left_out(node, names):
    """x for f(x), and x for x.t(): also drops transposes, `reversed`, `.item()`."""
    if isinstance(node, ast.Call):
        if node.args:
            yield from node.args
        if isinstance(node.func, ast.Attribute):
            yield node.func.value
    if isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield node.value


def argument_changed(node, names):
    """An argument transposed, cast, turned over or cut before it is used."""
    if isinstance(node, ast.FunctionDef):
        for argument in [*node.args.args, *node.args.kwonlyargs]:
            x = ast.Name(argument.arg, ast.Store())
            for source in ("x.t()", "x.float()", "x.double()", "x.flip(0)", "x[:1]", "x[:-1]"):
                line = ast.Assign([x], expression(source, x=x), lineno=node.lineno)
                yield altered(node, body=[line, *node.body])


def argument_left_out(node, names):
    """A call without one of its arguments, positional or by keyword."""
    if isinstance(node, ast.Call):
        for k in range(len(node.args)):
            yield altered(node, args=without(node.args, k))
        for k in range(len(node.keywords)):
            yield altered(node, keywords=without(node.keywords, k))


def order_of_arguments(node, names):
    """f(b, a) for f(a, b)."""
    if isinstance(node, ast.Call):
        for args in swaps(node.args):
            yield altered(node, args=args)


def axis(node, names):
    """A sum or mean over an axis that was not asked for, or of another kind."""
    if is_method(node) and node.func.attr in REDUCTIONS:
        if not node.args:
            for k in (0, 1, -1):
                yield altered(node, args=[ast.Constant(k)])
        else:
            yield altered(node, keywords=[ast.keyword("keepdim", ast.Constant(True))])
        if node.func.attr in ("std", "var"):
            yield altered(node, keywords=[ast.keyword("correction", ast.Constant(0))])


def rival(node, names):
    """`mean` for `sum`, `max` for `min`, `backward` for `forward`, and the like."""
    fields = {ast.Attribute: "attr", ast.Name: "id", ast.keyword: "arg"}
    field = fields.get(type(node))
    name = getattr(node, field) if field else None
    for family in RIVALS:
        for other in family:
            if name in family and other != name:
                yield altered(node, **{field: other})


def in_place(node, names):
    """x.add_(y) for x.add(y) or x + y, and the reverse; x = x + y, x = y, x -= y for x += y."""
    if is_method(node):
        name = node.func.attr
        other = name.removesuffix("_") if name.endswith("_") else name + "_"
        if hasattr(torch.Tensor, other):
            yield altered(node, func=altered(node.func, attr=other))
    if isinstance(node, ast.Expr) and is_method(node.value) and node.value.func.attr[-1] == "_":
        call = node.value
        out_of_place = altered(call.func, attr=call.func.attr[:-1])
        target = altered(call.func.value, ctx=ast.Store())
        yield ast.Assign([target], altered(call, func=out_of_place), lineno=node.lineno)
    if isinstance(node, ast.AugAssign):
        load = altered(node.target, ctx=ast.Load())
        for value in (node.value, ast.BinOp(load, node.op, node.value)):
            yield ast.Assign([node.target], value, lineno=node.lineno)
    if isinstance(node, ast.BinOp) and type(node.op) in IN_PLACE:
        source = f"x.{IN_PLACE[type(node.op)]}(y)"
        yield expression(source, x=node.left, y=node.right)
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
        yield ast.AugAssign(node.targets[0], node.value.op, node.value.right)


def subscript(node, names):
    """x for x[i], and a slice without one of its ends."""
    if isinstance(node, ast.Subscript) and is_load(node):
        yield node.value
    if isinstance(node, ast.Slice):
        for field in ("lower", "upper", "step"):
            if getattr(node, field) is not None:
                yield altered(node, **{field: None})
        if node.lower is None:
            yield altered(node, lower=ast.Constant(1))
        if node.upper is None:
            yield altered(node, upper=ast.Constant(-1))


def entries(node, names):
    """(b, a) for (a, b), and (a) for (a, b), in pairs, lists, dicts and indices."""
    if isinstance(node, (ast.Tuple, ast.List)):
        for elts in swaps(node.elts):
            yield altered(node, elts=elts)
        for k in range(len(node.elts)):
            yield altered(node, elts=without(node.elts, k))
    if isinstance(node, ast.Dict):
        for k in range(len(node.keys)):
            yield altered(node, keys=without(node.keys, k), values=without(node.values, k))


def turns(node, names):
    """A loop run backwards, one turn short at either end, or one turn too long."""
    if isinstance(node, (ast.For, ast.comprehension)):
        if getattr(node.target, "id", "") != "_":
            yield altered(node, iter=expression("list(x)[::-1]", x=node.iter))
        yield altered(node, iter=expression("list(x)[1:]", x=node.iter))
        yield altered(node, iter=expression("list(x)[:-1]", x=node.iter))
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range":
        yield altered(node, args=[expression("x + 1", x=node.args[0]), *node.args[1:]])
        yield altered(node, args=[expression("x - 1", x=node.args[0]), *node.args[1:]])
    if isinstance(node, ast.comprehension):
        for k in range(len(node.ifs)):
            yield altered(node, ifs=without(node.ifs, k))


def choice(node, names):
    """A condition negated, always true or always false; the two branches swapped."""
    if isinstance(node, CHOICES):
        yield altered(node, test=ast.UnaryOp(ast.Not(), node.test))
        yield altered(node, test=ast.Constant(True))
        yield altered(node, test=ast.Constant(False))
    if isinstance(node, ast.comprehension):
        for k, test in enumerate(node.ifs):
            ifs = without(node.ifs, k)
            yield altered(node, ifs=[*ifs, ast.UnaryOp(ast.Not(), test)])
    if isinstance(node, ast.While):
        yield ast.If(node.test, node.body, [])


def statement_left_out(node, names):
    """A statement deleted."""
    for name, block in blocks(node):
        for k in range(len(block)):
            yield altered(node, **{name: without(block, k) or [ast.Pass()]})


def statement_twice(node, names):
    """A statement done twice."""
    for name, block in blocks(node):
        for k, line in enumerate(block):
            if isinstance(line, (ast.Expr, ast.AugAssign)):
                yield altered(node, **{name: [*block[:k], line, *block[k:]]})


def order_of_statements(node, names):
    """Two neighbouring statements swapped."""
    for name, block in blocks(node):
        for swapped in swaps(block):
            yield altered(node, **{name: swapped})


def into_or_out_of_a_loop(node, names):
    """A statement indented too far, or not far enough."""
    for name, block in blocks(node):
        for k, line in enumerate(block):
            if not isinstance(line, (ast.For, ast.While)):
                continue
            before, after, body = block[:k], block[k + 1 :], line.body
            moved = []
            if after:
                longer = altered(line, body=[*body, after[0]])
                moved.append([*before, longer, *after[1:]])
            if before:
                longer = altered(line, body=[before[-1], *body])
                moved.append([*before[:-1], longer, *after])
            if len(body) > 1:
                moved.append([*before, altered(line, body=body[:-1]), body[-1], *after])
                moved.append([*before, body[0], altered(line, body=body[1:]), *after])
            for lines in moved:
                yield altered(node, **{name: lines})


def another_name(node, names):
    """Another name of the same function: one argument or variable for another."""
    if isinstance(node, ast.Name) and is_load(node) and node.id in names:
        for other in sorted(names - {node.id}):
            yield altered(node, id=other)


def hard_coded(node, names):
    """A number, or nothing, where a name or a size stands."""
    is_name = isinstance(node, ast.Name) and is_load(node) and node.id in names
    is_size = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "len"
    if is_name or is_size:
        for value in (0, 1, 2, 3, 0.1, 1e-6, 100, None):
            yield ast.Constant(value)


def single_entry(node, names):
    """x[0] or x[-1] for f(x) and for x.f()."""
    if isinstance(node, ast.Call):
        values = list(node.args)
        if isinstance(node.func, ast.Attribute):
            values.append(node.func.value)
        for value in values:
            yield expression("x[0]", x=value)
            yield expression("x[-1]", x=value)


def returned(node, names):
    """Another variable returned, or handed out with `yield` in the place of `return`."""
    if isinstance(node, ast.Return):
        for other in sorted(names):
            yield altered(node, value=ast.Name(other))
        yield ast.Expr(ast.Yield(node.value))
    if isinstance(node, ast.YieldFrom):
        yield ast.Yield(node.value)


def scale(node, names):
    """A result of another size."""
    if isinstance(node, ast.Return) and node.value is not None:
        for source in ("2 * x", "x / 2", "100 * x", "x / 100", "1 / x", "x + 1", "x - 1", "x * x"):
            yield altered(node, value=expression(source, x=node.value))


def dtype(node, names):
    """A result of another dtype, or a dtype named that the input should give."""
    if isinstance(node, ast.Return) and node.value is not None:
        for source in ("x.float()", "x.double()", "x.tolist()", "int(x)"):
            yield altered(node, value=expression(source, x=node.value))
    if isinstance(node, ast.keyword) and node.arg == "dtype":
        for other in ("float32", "float64"):
            yield altered(node, value=expression(f"torch.{other}"))


KINDS = (
    operator,
    order_of_operands,
    operand_left_out,
    comparison,
    sign,
    constant,
    call_left_out,
    argument_changed,
    argument_left_out,
    order_of_arguments,
    axis,
    rival,
    in_place,
    subscript,
    entries,
    turns,
    choice,
    statement_left_out,
    statement_twice,
    order_of_statements,
    into_or_out_of_a_loop,
    another_name,
    hard_coded,
    single_entry,
    returned,
    scale,
    dtype,
)


# --- from an exercise to its mutants ---------------------------------------------


@dataclass(frozen=True)
class Mutant:
    """A solution with one change.

    Parameters
    ----------
    kind : str
        Name of the function in :data:`KINDS` that made the change.
    before, after : str
        The lines that differ.
    source : str
        The whole cell.
    """

    kind: str
    before: str
    after: str
    source: str

    @property
    def line(self):
        """What the change is called in the table of equivalents."""
        return f"{self.kind}: {self.after}" if self.after else f"{self.kind}: without {self.before}"


def slots(node):
    """List all nodes below a node, each with a function that puts another in its place."""
    found = []
    for field, value in ast.iter_fields(node):
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST):
                place = (value, index) if isinstance(value, list) else (vars(node), field)
                found += [(child, partial(setitem, *place)), *slots(child)]
    return found


def own_names(function):
    """Return a function's arguments and variables."""
    nodes = list(ast.walk(function))
    arguments = {node.arg for node in nodes if isinstance(node, ast.arg)}
    variables = {
        node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return (arguments | variables) - {"self", "_"}


def differing(before, after):
    """Cut the lines that two texts share at their beginnings and ends; join the others."""
    before, after = before.splitlines(), after.splitlines()
    while before and after and before[0] == after[0]:
        before, after = before[1:], after[1:]
    while before and after and before[-1] == after[-1]:
        before, after = before[:-1], after[:-1]
    return [" ⏎ ".join(map(str.strip, lines)) for lines in (before, after)]


def compiles(source):
    """Whether Python takes a piece of code."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def left_to_the_reader(stub):
    """Return the names of the functions and methods that a cell leaves to the reader."""
    nodes = ast.walk(ast.parse(stub))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef) and is_stub(node)}


def mutants(source, names):
    """List all different mutants of the functions and methods with these names.

    Parameters
    ----------
    source : str
        A cell with a right answer.
    names : set of str
        Of the functions and methods that are changed.

    Returns
    -------
    list of Mutant
    """
    tree = ast.parse(source)
    original = ast.unparse(tree)
    found = {}
    for function, put_function in slots(tree):
        if not isinstance(function, ast.FunctionDef) or function.name not in names:
            continue
        where = "" if function in tree.body else f"{function.name}, "
        variables = own_names(function)
        for node, put in [(function, put_function), *slots(function)]:
            for kind in KINDS:
                for new in kind(node, variables):
                    put(new)
                    changed = ast.unparse(tree)
                    put(node)
                    if changed != original and changed not in found and compiles(changed):
                        before, after = differing(original, changed)
                        found[changed] = Mutant(where + kind.__name__, before, after, changed)
    return list(found.values())


def answer(source, name):
    """Run a cell and return the class or function of this name."""
    namespace = {"torch": torch, "math": math, **vars(minidl)}
    exec(compile(source, "mutant", "exec"), namespace)
    return namespace[name]


def equivalents(key):
    """Map the mutants of an exercise that are known to be right to the reasons why they are."""
    return {line: reason for reason, lines in EQUIVALENT.get(key, {}).items() for line in lines}


def survives(exercise, source, limit=LIMIT):
    """Whether a check lets an answer through that takes at most ``limit`` seconds a case."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            candidate = answer(source, exercise.name)
        except Exception:  # the cell itself stops with an error
            return False
        return exercise.trouble(candidate, limit) is None


def judged(key, stub):
    """Judge every mutant of an exercise's solution.

    Parameters
    ----------
    key : str
    stub : str
        The exercise's cell.

    Yields
    ------
    Mutant, bool
        And whether the check lets it through.  Those that are known to be right have all the
        time that a reader's answer has; the others may loop for ever, and have little.
    """
    exercise, known = EXERCISES[key], equivalents(key)
    solved = fill(stub, exercise.solution)
    # PyTorch imports some of its parts when they are first used: this is not to be cut short.
    assert survives(exercise, solved, guard.SECONDS)
    for mutant in mutants(solved, left_to_the_reader(stub)):
        limit = guard.SECONDS if mutant.line in known else LIMIT
        yield mutant, survives(exercise, mutant.source, limit)


def report(key, stub):
    """Print how many mutants there are, and those that the check lets through."""
    known = equivalents(key)
    fates = list(judged(key, stub))
    alive = [mutant for mutant, lives in fates if lives]
    survivors = [mutant for mutant in alive if mutant.line not in known]
    print(
        f"{key}: {len(fates)} mutants, {len(fates) - len(alive)} killed, "
        f"{len(alive) - len(survivors)} equivalent, {len(survivors)} survive"
    )
    for mutant in survivors:
        print(f"  {mutant.line}\n    - {mutant.before}\n    + {mutant.after}")


if __name__ == "__main__":
    cells = stubs()
    for key in sys.argv[1:] or EXERCISES:
        report(key, cells[key])
