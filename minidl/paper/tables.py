"""Results as tables: HTML on a page, text in a terminal."""

import re
from html import escape


def _cell(entry):
    """Return an entry as HTML: a minus sign before a number, no break around ±."""
    entry = re.sub(r"(?<![\w.])-(?=\d)", "−", escape(entry))
    return re.sub(r" ± +", "\u00a0±\u00a0", entry)


class Table:
    """A table that a notebook shows as HTML and a terminal as text.

    Parameters
    ----------
    heads : list of str
        Names of the columns.  The first is set to the left, the others to the right.
    rows : list of list of str
        As many entries a row as there are names.
    """

    def __init__(self, heads, rows):
        self.heads = heads
        self.rows = rows

    def __repr__(self):
        lines = [self.heads, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                f"{entry:{'<' if place == 0 else '>'}{width}}"
                for place, (entry, width) in enumerate(zip(line, widths, strict=True))
            )
            for line in lines
        )

    def _repr_html_(self):
        def row(kind, entries):
            return f"<tr>{''.join(f'<{kind}>{_cell(entry)}</{kind}>' for entry in entries)}</tr>"

        body = "\n".join(row("td", entries) for entries in self.rows)
        head = row("th", self.heads)
        return (
            f'<table class="results">\n<thead>{head}</thead>\n<tbody>\n{body}\n</tbody>\n</table>'
        )
