"""A Sphinx extension: exercises and guesses on a page, where no Python runs.

What is closed is a ``<details>``, opened by its title.  A solution is short code.  An exercise
leads to its notebook, and the check of an answer that nobody has given says nothing.  What follows
a guess stays closed until it is made (``_static/guess.js``).

Why this is ours and not a library's: sphinx-togglebutton names every button 'Toggle hidden
content' and stops at a link in a title; ``literalinclude`` has a package's code whole or not at
all; and no library asks before it shows.
"""

import ast
import html
import subprocess
import sys

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx_exercise.nodes import exercise_enumerable_node, solution_node

#: Columns of a solution: what a page has room for.
COLUMNS = 70

#: The theme's buttons, by what they say, and what an exercise's buttons say.
LAUNCH = {"Binder": "Binder", "Colab": "Colab", ".ipynb": "Download the notebook"}
HERE = "<!-- launch -->"

#: What ends the part that a guess holds back.
END = "<!-- end of the guess -->"


class closed(nodes.Admonition, nodes.Element):
    """A box that its title opens."""


class closed_title(nodes.TextElement):
    """The title."""


def short(code):
    """Return code without docstrings and decorators, in lines of COLUMNS at most."""
    lines = code.splitlines()
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            continue
        drop = [(each.lineno, each.end_lineno) for each in node.decorator_list]
        if ast.get_docstring(node) is not None:
            drop.append((node.body[0].lineno, node.body[0].end_lineno))
        for first, last in drop:
            lines[first - 1 : last] = [None] * (last - first + 1)
    text = "\n".join(line for line in lines if line is not None)
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", f"--line-length={COLUMNS}", "-"]
    return subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout


def shut(box):
    """Turn a box into one that its title opens; a link in the title is no link any more."""
    title, *rest = box.children
    new = closed("", ids=box["ids"], classes=[*box["classes"], "admonition"])
    for link in list(title.findall(nodes.reference)):
        link.replace_self(link.children)
    new += closed_title("", "", *title.children)
    new.extend(rest)
    box.replace_self(new)


def hold_back(guess):
    """Close what follows a guess, down to its end."""
    parent = guess.parent
    start = parent.index(guess) + 1
    marks = [
        place
        for place, each in enumerate(parent.children[start:], start)
        if isinstance(each, nodes.raw) and each.astext().strip() == END
    ]
    if not marks:
        raise ValueError(f"a guess without {END} before the next heading: {guess.astext()[:60]!r}")
    held = parent.children[start : marks[0]]
    del parent[start : marks[0] + 1]
    if held:
        title = closed_title("", "", nodes.Text("What comes out"))
        parent.insert(start, closed("", title, *held, classes=["guessed"]))


def shorten(app, doctree):
    """Make the solutions short, before names in code become links."""
    for solution in doctree.findall(solution_node):
        for block in solution.findall(nodes.literal_block):
            block.rawsource = short(block.astext())
            block.children = [nodes.Text(block.rawsource)]


def change_doctree(app, doctree, docname):
    """Change a page's exercises, hints, checks, hidden code and guesses."""
    for exercise in doctree.findall(exercise_enumerable_node):
        exercise += nodes.raw("", HERE, format="html")
    for output in list(doctree.findall(nodes.container)):
        if "cell_output" in output["classes"] and "not attempted yet" in output.astext():
            output.parent.remove(output)
    for hidden in doctree.findall(HideCodeCellNode):
        cell = hidden.parent
        what = "the code"
        if "below-input" in hidden["classes"]:
            what = "what it prints"
        elif "cell_output" in cell.children[-1].get("classes", []):
            what = "the code of the figure"
        hidden["prompt_show"], hidden["prompt_hide"] = f"Show {what}", f"Hide {what}"
    boxes = (solution_node, nodes.admonition)
    for box in list(doctree.findall(lambda node: isinstance(node, boxes))):
        if "dropdown" in box["classes"]:
            shut(box)
    for guess in list(doctree.findall(nodes.admonition)):
        if "guess" in guess["classes"]:
            hold_back(guess)


def add_launch(app, pagename, templatename, context, doctree):
    """Give every exercise the buttons that stand at the head of its page."""
    groups = [group.get("buttons", []) for group in context.get("header_buttons", [])]
    places = {button["text"]: button.get("url") for group in groups for button in group}
    links = " ".join(
        f'<a href="{html.escape(places[name])}"{" download" * (name == ".ipynb")}>{said}</a>'
        for name, said in LAUNCH.items()
        if name in places
    )
    if context.get("body"):
        line = f'<p class="launch">Write it, and have it checked: {links}</p>'
        context["body"] = context["body"].replace(HERE, line)


def visit_closed(self, node):
    """Begin a box."""
    self.body.append(self.starttag(node, "details"))


def visit_title(self, node):
    """Begin a title."""
    self.body.append('<summary class="admonition-title">')


def setup(app):
    """Register with Sphinx."""
    app.add_node(closed, html=(visit_closed, lambda self, _: self.body.append("</details>\n")))
    app.add_node(closed_title, html=(visit_title, lambda self, _: self.body.append("</summary>\n")))
    app.connect("doctree-read", shorten, priority=400)
    app.connect("doctree-resolved", change_doctree, priority=900)
    app.connect("html-page-context", add_launch, priority=700)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
