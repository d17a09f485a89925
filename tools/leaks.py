"""Find the body of an exercise's solution where no reader should meet it.

On the pages a solution stands in a closed dropdown; nowhere else, and in no file that
the site serves beside them.  ``make book`` runs this on what it has built; as a build can end
without an error and without pages, these are counted first.
"""

import ast
import html
import re
import sys

from bs4 import BeautifulSoup
from notebooks import ROOT, package_definition, pages

from minidl.teaching.exercises import EXERCISES


def bare_text(text):
    """Take all white space out, and one kind of quotes for two."""
    return re.sub(r"\s+", "", text).replace("'", '"')


def secrets():
    """Map every part that a reader is to write to its solution: statements without white space."""
    found = {}
    for exercise in EXERCISES.values():
        solution = package_definition(exercise.solution)
        for part in (p for p in ast.walk(solution) if isinstance(p, ast.FunctionDef)):
            if not exercise.parts or part.name in exercise.parts:
                body = "\n".join(map(ast.unparse, part.body))
                found[f"{exercise.number} {part.name}"] = bare_text(body)
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


if __name__ == "__main__":
    site = ROOT / "_build" / "html"
    missing = [page for page in ["index", *pages()] if not (site / f"{page}.html").is_file()]
    found = leaks_of_site(site, secrets())
    if missing or found:
        sys.exit(f"missing pages: {missing}; solutions outside their dropdowns: {found}")
