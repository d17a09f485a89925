"""The book's prose, as a reader meets it: text, captions and descriptions, place by place."""

import re
from dataclasses import dataclass, field

from notebooks import CHAPTERS, ROOT, as_python, read

PAGES = [ROOT / "book" / name for name in ("intro.md", "notation.md")]
FRONT = [ROOT / name for name in ("README.md", "CONTRIBUTING.md")]

#: What a reader does not see as text.  Groups are blanked, so that places stay.
UNSEEN = (
    r"^(:{3,}\{literalinclude\}.*\n(?::.*\n)*:{3,})$",
    r"^((?::{3,}|```)\{solution\}.*)$",
    r"^((?::{3,}|```)\{\w+\})",
    r"^((?::{3,}|```))$",
    r"^(:(?!alt:)[\w-]+:.*)$",
    r"^(:alt:)",
    r"^(\([\w-]+\)=)$",
    r"^\$\$( \([\w-]+\))$",
    r"(?<![:`])(\{[\w:]+\}`[^`]*`)",
    r"(\]\([^)]*\))",
    r"(https?://\S+)",
)


@dataclass
class Text:
    """A piece of prose, and the code around it.

    Parameters
    ----------
    chapter : str
        Stem of the file.
    place : str
        Id of the cell, with ``caption`` or ``alt`` behind it, or a file's name.
    source : str
        As it is written, what a reader does not see replaced by blanks.
    sections : list of (int, Section)
        Where in the source a section begins, and which.
    """

    chapter: str
    place: str
    source: str
    sections: list = field(default_factory=list)

    def section(self, position):
        """Return the section that a position of the source belongs to."""
        return [section for start, section in self.sections if start <= position][-1]


@dataclass
class Section:
    """What stands between two headings of the second level: code, and what it printed."""

    code: list = field(default_factory=list)
    output: list = field(default_factory=list)


def seen(source):
    """Blank what a reader does not see, and leave every other character in its place."""
    source = re.sub(r"^(```(\{)?(?:.*\n)*?```)$", _blank_code, source, flags=re.M)
    for pattern in UNSEEN:
        source = re.sub(pattern, _blank, source, flags=re.M)
    return source


def _blank(match):
    start, end = (place - match.start() for place in match.span(1))
    inner = re.sub(r"[^\n]", " ", match[1])
    return match[0][:start] + inner + match[0][end:]


def _blank_code(match):
    return match[0] if match[2] else _blank(match)


def printed(cell):
    """Join the text that a code cell has put out."""
    return "".join(
        output.get("text") or output.get("data", {}).get("text/plain", "") + "\n"
        for output in cell.get("outputs", [])
    )


def chapter_texts(path, notebook=None):
    """List a chapter's texts in order."""
    section, texts = Section(), []
    for cell in (notebook or read(path)).cells:
        if cell.cell_type == "code":
            section.code.append(as_python(cell.source))
            section.output.append(printed(cell))
            shown = cell.metadata.get("mystnb", {})
            for kind, words in (
                ("caption", shown.get("figure", {}).get("caption")),
                ("alt", shown.get("image", {}).get("alt")),
            ):
                if words:
                    texts.append(Text(path.stem, f"{cell.id} {kind}", words, [(0, section)]))
        else:
            source = seen(cell.source)
            sections = [(0, section)]
            for heading in re.finditer(r"^## ", source, flags=re.M):
                section = Section()
                sections.append((heading.start(), section))
            texts.append(Text(path.stem, cell.id, source, sections))
    return texts


def page_texts(path):
    """A page without code is one text."""
    source = seen(path.read_text())
    return [Text(path.stem, path.name, source, [(0, Section())])]


def book():
    """List all texts of the book."""
    texts = [text for path in CHAPTERS for text in chapter_texts(path)]
    return texts + [text for path in PAGES for text in page_texts(path)]


def code_spans(source):
    """List the pieces in code font of a text that :func:`seen` has been through."""
    return [match[2] for match in re.finditer(r"(`+)(.+?)\1", source, flags=re.S)]
