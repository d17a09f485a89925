"""A Sphinx extension: the reference and the chapters lead to each other.

Autodoc writes the entries of the reference from the docstrings, and sphinx-codeautolink makes
links of the names in code.  Ours is what these do not do: a table of the rows that stand in the
chapters, links where a chapter itself defines a name, and fewer stops for the Tab key.
"""

import re
from pathlib import Path

import nbformat
from sphinx.util.docutils import SphinxDirective

#: The head of a chapter's table of new names, and one of its rows.
HEAD = "| new in `minidl` | what it does |\n"
ROW = re.compile(r"\| (`\w+`(?:, `\w+`)*) \| (.*) \|")

#: What holds for all entries is said once, at the head of the page.
SAID_ONCE = re.compile(
    r"Raises\n-+\nTypeError, ValueError\n"
    r" +For an argument that is not as above; before anything is changed\.(?=\n\n|\n?$)"
)

LINK = re.compile(r'<a class="sphinx-codeautolink-a" href="[^"]*#([^"]*)"')


def rows(notebook):
    """List a chapter's rows: the names that it adds to ``minidl``, and what they do."""
    text = "\n\n".join(cell.source for cell in nbformat.read(notebook, 4).cells)
    table = text.partition(HEAD)[2].partition("\n\n")[0]
    return [(re.findall(r"\w+", names), does) for names, does in ROW.findall(table)]


class RowsOfChapters(SphinxDirective):
    """The rows of all chapters in one table, the names leading to their entries."""

    def run(self):
        """Write it in MyST."""
        lines = ["| chapter | in `minidl` | what it does |", "|---|---|---|"]
        for notebook in sorted(Path(self.env.srcdir).glob("book/[0-9]*.ipynb")):
            self.env.note_dependency(str(notebook))
            for names, does in rows(notebook):
                links = ", ".join(f"{{py:obj}}`.{name}`" for name in names)
                chapter = f"[{int(notebook.stem[:2])}]({notebook.name})"
                lines.append(f"| {chapter} | {links} | {does} |")
        return self.parse_text_to_nodes("\n".join(lines))


def say_once(app, what, name, obj, options, lines):
    """Leave out of a docstring what the head of the page says."""
    lines[:] = SAID_ONCE.sub("", "\n".join(lines)).splitlines()


def look_further(app, env, node, contnode):
    """Let a docstring name what is of another module as briefly as its code does."""
    if node.get("refdomain") == "py" and not node.get("refspecific"):
        node["refspecific"] = True
        place = node["refdoc"], app.builder, node["reftype"], node["reftarget"]
        return env.domains["py"].resolve_xref(env, *place, node, contnode)


def name_members(app, env):
    """Let a class's members be found under the module that defines it, as the class is."""
    objects = env.domains["py"].objects
    classes = {name: entry for name, entry in objects.items() if entry.aliased}
    for alias, entry in classes.items():
        for name, member in list(objects.items()):
            if name.startswith(f"{entry.node_id}."):
                objects[alias + name.removeprefix(entry.node_id)] = member._replace(aliased=True)


def link_names(app, pagename, templatename, context, doctree):
    """Link the names that a chapter adds, where it defines them and in its table.

    One link to each entry is a stop for the Tab key: a chapter has up to a hundred.
    """
    source = app.env.doc2path(pagename)
    if not source.endswith(".ipynb"):
        return
    objects = app.env.domains["py"].objects
    body, _, end = context["body"].partition('id="what-minidl-has-now"')
    table, _, end = end.partition("</table>")
    for name in (name for names, _ in rows(source) for name in names):
        [entry] = [e for full, e in objects.items() if full.endswith(f".{name}") and not e.aliased]
        uri = app.builder.get_relative_uri(pagename, entry.docname)
        link = f'<a class="{{}}" href="{uri}#{entry.node_id}">\\g<0></a>'
        code, cell = map(link.format, ("sphinx-codeautolink-a", "reference internal"))
        body = re.sub(rf'<span class="n[cf]">{name}</span>', code, body)
        table = re.sub(rf"<code[^>]*><span[^>]*>{name}</span></code>", cell, table)
    met = set()

    def stop(match):
        again = match[1] in met
        met.add(match[1])
        return match[0] + ' tabindex="-1"' * again

    body = f'{body}id="what-minidl-has-now"{table}</table>{end}'
    context["body"] = LINK.sub(stop, body)


def setup(app):
    """Register with Sphinx."""
    app.add_directive("rows-of-chapters", RowsOfChapters)
    app.connect("autodoc-process-docstring", say_once, priority=400)  # before napoleon
    app.connect("env-updated", name_members, priority=400)  # before sphinx-codeautolink
    app.connect("missing-reference", look_further)
    app.connect("html-page-context", link_names, priority=700)  # after it
    return {"parallel_read_safe": True, "parallel_write_safe": True}
