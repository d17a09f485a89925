"""Find the body of an exercise's solution where no reader should meet it.

On the pages a solution stands in a closed dropdown; nowhere else, and in no file that
the site serves beside them.
"""

import ast
import html
import re

from bs4 import BeautifulSoup
from notebooks import code_cells, definitions, is_exercise, is_stub, package_definition

from minidl.teaching.exercises import EXERCISES


def bare_text(text):
    """Take all white space out, and one kind of quotes for two."""
    return re.sub(r"\s+", "", text).replace("'", '"')


def bodies(exercise, stub):
    """Map what is to be written to its solution: statements without white space.

    Parameters
    ----------
    exercise : Exercise
    stub : str
        The cell with its stub; parts that are given there are no secret.
    """
    solution = package_definition(exercise.solution)
    (given,) = definitions(stub).values()
    if isinstance(solution, ast.FunctionDef):
        parts = {exercise.name: solution}
    else:
        theirs = {part.name: part for part in solution.body if isinstance(part, ast.FunctionDef)}
        parts = {
            f"{exercise.name}.{part.name}": theirs[part.name]
            for part in given.body
            if isinstance(part, ast.FunctionDef) and is_stub(part)
        }
    return {
        name: bare_text("\n".join(ast.unparse(line) for line in part.body))
        for name, part in parts.items()
    }


def secrets(notebooks):
    """Map every part that a reader is to write, in any chapter, to its solution."""
    exercises = {exercise.number: exercise for exercise in EXERCISES.values()}
    found = {}
    for notebook in notebooks:
        for cell in filter(is_exercise, code_cells(notebook)):
            number = re.search(r'NotImplementedError\("Exercise ([\d.]+):', cell.source)[1]
            for name, body in bodies(exercises[number], cell.source).items():
                found[f"{number} {name}"] = body
    return found


def leaks(text, hidden):
    """List the secrets that a text holds."""
    text = bare_text(text)
    return [name for name, body in hidden.items() if body in text]


def outside_dropdowns(page):
    """Return the text of an HTML page without its solutions, and without its markup."""
    soup = BeautifulSoup(page, "html.parser")
    for solution in soup.select(".solution.dropdown"):
        solution.decompose()
    scripts = "\n".join(script.decode_contents() for script in soup.select("script"))
    return soup.get_text() + html.unescape(scripts)


def leaks_of_site(folder, hidden):
    """Map the files of a built book to the secrets they hold."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".html", ".js", ".json", ".ipynb", ".md", ".txt", ".py", ".css"}:
            text = path.read_text(encoding="utf-8", errors="replace")
            if path.suffix == ".html":
                text = outside_dropdowns(text)
            elif path.suffix in {".ipynb", ".json", ".js"}:
                text = text.replace("\\n", "\n").replace('\\"', '"')
            names = leaks(text, hidden)
            if names:
                found[str(path.relative_to(folder))] = names
        elif path.suffix in {".zip", ".gz", ".pyc"}:
            found[str(path.relative_to(folder))] = ["an archive, which may hold anything"]
    return found
