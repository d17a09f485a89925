"""The time at the head of a chapter is that of the rule that the page on notation states."""

import re

import pytest
from notebooks import CHAPTERS, read

MINUTES = {"Easy": 5, "Medium": 10, "Hard": 15}
#: What is closed on the page: hints and solutions.
CLOSED = re.compile(
    r"^(:{3,4})\{(?:solution|admonition)\}[^\n]*\n"
    r"(?::label:[^\n]*\n)?:class: (?:\w+ )?dropdown.*?^\1$",
    re.MULTILINE | re.DOTALL,
)
FORMULA = re.compile(r"\$\$.*?\$\$", re.DOTALL)


def reckoned(notebook):
    """Return a chapter's minutes by the rule, rounded to five."""
    cells = notebook.cells
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    text = CLOSED.sub("", text).split("## Further reading")[0]
    shown = [
        cell.source
        for cell in cells
        if cell.cell_type == "code"
        and not {"hide-input", "remove-cell"} & set(cell.metadata.get("tags", []))
        and "check(" not in cell.source
    ]
    words = len(re.findall(r"\S*\w\S*", FORMULA.sub("", text)))
    lines = sum(bool(line.strip()) for source in shown for line in source.splitlines())
    exercises = re.findall(r"^\*(\w+) · (\d+) minutes\*$", text, re.MULTILINE)
    assert all(MINUTES[word] == int(minutes) for word, minutes in exercises)
    minutes = words / 150 + lines / 10 + len(FORMULA.findall(text))
    return 5 * round((minutes + sum(MINUTES[word] for word, _ in exercises)) / 5)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_time_at_the_head_follows_the_rule(path):
    said = re.search(r"Reading and exercises take about (\d+) minutes", str(read(path).cells[:3]))
    assert abs(int(said[1]) - reckoned(read(path))) <= 5
