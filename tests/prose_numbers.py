"""Where the numbers of the prose come from.

A number in the text, a caption or a description is accounted for if it is

- *structural*: of a chapter, an exercise, a figure, minutes, an index, or a whole
  number up to 12 that counts or measures nothing;
- in a *formula* whose two sides are numbers, which is computed;
- *near*: in the output, or a literal in the code, of its own section;
- *stated* in the folder ``stated``, with where it comes from.
"""

import ast
import math
import re
from dataclasses import dataclass, replace
from functools import cache

from prose_sources import pattern, runs

#: A number in words that are stated.
FIGURE = r"(?<![\d.])(?:\d+\^\{-\d+\}|\d{1,3}(?:(?: |\\,)\d{3})+|\d+(?:\.\d+)?(?:e-?\d+)?|[½¼])"
#: A number in the text.
NUMBER = re.compile(
    r"\d+\^\{-\d+\}"  # a power of ten, in a formula
    r"|(?<![\w.\\^{-])\d{1,3}(?:(?: |\\,)\d{3})+(?![\w,])"  # thousands set apart
    r"|(?<![\w.])(?<!_\{)(?<!frac)(?<!frac\d)\d+(?:\.\d+)?(?:e-?\d+)?(?!\w)"
    r"|[½¼]"
)
MATHS = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.S)
CODE = re.compile(r"(`+)(.+?)\1", re.S)

#: What stands before a number that only names a part of a book.
PART = re.compile(
    r"(?:[Cc]hapters?|[Ee]xercises?|Hint|[Ss]ections?|Figures?) (?:[\d.]+(?:,| and| to) )*$"
)
#: Before and behind a number that counts the points of a list, or the chapters of a table.
POINT = (re.compile(r"(?:^|\n)$"), re.compile(r"\. "))
ROW = (re.compile(r"\n\| (?:\*\*)?$"), re.compile(r"(?:\*\*)? \| `"))
MINUTES = re.compile(r" minutes")

#: What makes a small whole number a claim: a unit behind it, or a hedge before it.
UNIT = re.compile(
    r"[ -](?:%|per cent|points?|epochs?|steps?|samples?|seeds?|runs?|networks?|repetitions?"
    r"|times|digits|neurons|sets|blocks|starts|standard errors?)\b|[ ](?:%|±)"
)
HEDGE = re.compile(r"(?:about|nearly|over|around|near|±|at best) $")


@dataclass
class Number:
    """A number in a text.

    Parameters
    ----------
    text : Text
    start : int
        Its place in the text's source.
    shown : str
    """

    text: object
    start: int
    shown: str

    @property
    def end(self):
        return self.start + len(self.shown)

    @property
    def value(self):
        return as_value(self.shown)

    @property
    def before(self):
        return self.text.source[: self.start]

    @property
    def behind(self):
        return self.text.source[self.end :]

    def within(self, pattern):
        return any(m.start() <= self.start < m.end() for m in pattern.finditer(self.text.source))

    def __str__(self):
        context = (self.before[-40:] + "«" + self.shown + "»" + self.behind[:30]).replace("\n", "⏎")
        return f"{self.text.place}: {re.sub('  +', ' ', context)}"


def as_value(shown):
    """Read a number as it is shown."""
    if shown in "½¼":
        return {"½": 0.5, "¼": 0.25}[shown]
    power = re.fullmatch(r"(\d+)\^\{(-\d+)\}", shown)
    return float(power[1]) ** int(power[2]) if power else float(re.sub(r" |\\,", "", shown))


def agrees(shown, value):
    """Whether a value, rounded to the digits shown, is the number shown (signs aside)."""
    if "e" in shown or "^" in shown or shown in "½¼":
        return math.isclose(as_value(shown), abs(value), rel_tol=1e-9)
    digits = len(shown.partition(".")[2])
    return abs(as_value(shown) - abs(value)) <= 0.5 * 10**-digits + 1e-9


def numbers(text):
    """List the numbers of a text."""
    return [Number(text, m.start(), m[0]) for m in NUMBER.finditer(text.source)]


def is_structural(number):
    """Whether a number only names a part, or is a small whole number that claims nothing."""
    if PART.search(number.before) or MINUTES.match(number.behind):
        return True
    if any(a.search(number.before) and b.match(number.behind) for a, b in (POINT, ROW)):
        return True
    if not re.fullmatch(r"\d|1[0-2]", number.shown):
        return False
    if number.within(MATHS) or number.within(CODE):
        return True
    if number.shown in "01":
        return not UNIT.match(number.behind)
    return not UNIT.match(number.behind) and not HEDGE.search(number.before)


# Formulas


def equations(source):
    """Yield ``(start, end, left, right)`` for the sides of a formula that are numbers.

    Both are Python expressions; start and end are the places of the two in the source.
    """
    for formula in MATHS.finditer(source):
        begin = formula.start(1) if formula[1] else formula.start(2)
        body = formula[1] or formula[2]
        cuts = [m.span() for m in re.finditer(r"\\q?quad|\\\\|&", body)]
        for start, end in between(cuts, len(body)):
            signs = [m.span() for m in re.finditer(r"=|\\approx", body[start:end])]
            sides = [(start + a, start + b) for a, b in between(signs, end - start)]
            for (first, middle), (place, last) in zip(sides, sides[1:], strict=False):
                one, other = as_python(body[first:middle]), as_python(body[place:last])
                if one and other:
                    yield begin + first, begin + last, one, other


def between(cuts, length):
    """List the stretches that spans leave of a text."""
    edges = [0, *(edge for cut in cuts for edge in cut), length]
    return list(zip(edges[::2], edges[1::2], strict=True))


def as_python(latex):
    """Turn a formula without letters into Python, or return None."""
    text = latex.strip().rstrip(" .,;")
    text = re.sub(r"\\,(?=\d{3})", "", text)
    text = re.sub(r"\\(?:bigl|bigr|Bigl|Bigr)|\\[,;! ]|\\pm", "", text)
    text = re.sub(r"\\[td]?frac\s*(\d)\s*(\d)", r"((\1)/(\2))", text)
    text = text.replace("\\cdot", "*")
    for _ in range(4):
        text = re.sub(r"\\[td]?frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", text)
        text = re.sub(r"\\sqrt\{([^{}]*)\}", r"SQRT(\1)", text)
        text = re.sub(r"\\sqrt\s*(\d)", r"SQRT(\1)", text)
        text = re.sub(r"\^\{([^{}]*)\}", r"**(\1)", text)
    text = text.replace("^", "**").replace("SQRT", "sqrt")
    text = re.sub(r"(?<=[\d)])\s*(?=\(|sqrt)", "*", text)
    text = re.sub(r"(?<=\))\s*(?=\d)", "*", text)
    if re.search(r"[^\d\s.+*/()-]", text.replace("sqrt", "")) or not re.search(r"\d", text):
        return None
    text = text.strip()
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return None
    return text


def holds(left, right):
    """Whether two sides agree to the digits of the one that is a plain number."""
    values = [eval(side, {"sqrt": math.sqrt}) for side in (left, right)]
    plain = [
        (side.strip("+- "), value)
        for side, value in zip((left, right), reversed(values), strict=True)
        if re.fullmatch(r"[+-]?\s*\d+(\.\d+)?", side)
    ]
    if not plain:
        return math.isclose(*values)
    return all(agrees(side, value) for side, value in plain)


# The code and the output of a number's own section

DRAWING = {"axis", "axes", "figure", "plt", "left", "right"}


class Literals(ast.NodeVisitor):
    """Gather the numbers in a piece of code, the layout of figures left out."""

    def __init__(self):
        self.values = set()

    def visit_Call(self, node):
        root = node.func
        while isinstance(root, (ast.Attribute, ast.Subscript)):
            root = root.value
        drawing = isinstance(root, ast.Name) and root.id in DRAWING
        if not drawing or node.func.attr in ("axhline", "axvline"):
            self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            self.values.add(abs(float(node.value)))


@cache
def literals(sources):
    """Gather the numbers in several pieces of code."""
    found = Literals()
    for source in sources:
        found.visit(ast.parse(source))
    return found.values


@cache
def printed_numbers(outputs):
    """Gather the numbers in several outputs, as they are printed."""
    return set(re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)?", "\n".join(outputs)))


def is_near(number):
    """Whether a number is in the code or the output of its own section.

    A printed number may have more digits, if at least two are shown in the text.
    """
    section = number.text.section(number.start)
    if number.value in literals(tuple(section.code)):
        return True
    shown = re.sub(r" |\\,", "", number.shown)
    printed = printed_numbers(tuple(section.output))
    if shown in printed:
        return True
    significant = shown.replace(".", "").lstrip("0")
    return (
        "." in shown
        and len(significant) >= 2
        and any(agrees(shown, float(other)) for other in printed)
    )


# What is stated, and the verdict


def stated(text, words):
    """List, for each place of a text where words stand, the numbers in them."""
    compiled = pattern(words, FIGURE)
    return [
        [Number(text, match.start(k), match[k]) for k in range(1, compiled.groups + 1)]
        for match in compiled.finditer(text.source)
    ]


def disagreement(shown, values):
    """Say how the numbers of an entry differ from their sources, or return None."""
    if not shown:
        return None if values == [1.0] else "the claim does not hold"
    if len(shown) != len(values):
        return f"{len(shown)} numbers, and {len(values)} from the sources: {values}"
    for number, value in zip(shown, values, strict=True):
        if not agrees(number.shown, value):
            return f"{number}, and the source gives {value:.6g}"
    return None


def complaints(text, entries, ran):
    """Judge all numbers of a text.

    Parameters
    ----------
    text : Text
    entries : list of tuple
        Those of its chapter: words, then sources.
    ran : dict
        What the ``run`` sources gave.  An entry whose sources are not in it, because
        they are slow, is taken on trust.

    Returns
    -------
    complaints : list of str
    bound : list of Number
        The numbers that are compared with something.
    trusted : list of Number
        Those of entries taken on trust.
    """
    said, bound, trusted = [], {}, []
    for words, *sources in entries:
        for shown in stated(text, words):
            if all(source in ran for source in runs(sources)):
                values = [value for source in sources for value in source.values(ran)]
                if complaint := disagreement(shown, values):
                    said.append(f"{text.place}: {words!r}: {complaint}")
                bound |= {number.start: number for number in shown}
            else:
                trusted += shown
    sides = list(equations(text.source))
    for start, end, left, right in sides:
        if not holds(left, right):
            said.append(f"{text.place}: {text.source[start:end]!r} does not hold")
    apart = {number.start for number in trusted}
    for number in numbers(text):
        if number.start in bound or number.start in apart:
            continue
        if any(start <= number.start < end for start, end, *_ in sides) or (
            not is_structural(number) and is_near(number)
        ):
            bound[number.start] = number
        elif not is_structural(number):
            said.append(f"{number}: where does it come from?")
    return said, list(bound.values()), trusted


def changed(number):
    """Yield copies of a number's text, each with one digit of the number changed."""
    for k, digit in enumerate(number.shown):
        if digit.isdigit():
            place = number.start + k
            other = str(int(digit) + 1) if digit != "9" else "8"
            source = number.text.source
            yield replace(number.text, source=source[:place] + other + source[place + 1 :])
