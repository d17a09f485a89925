"""A Sphinx extension: what stands in the head of a page, beyond what the theme puts there."""

import json
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.builders.html._assets import _JavaScript

#: Scripts of extensions that this book does not use.
UNUSED = ("sphinx-thebe.js", "THEBE_JS_URL", "design-tabs.js", "DOCUMENTATION_OPTIONS.pagename")

#: Search engines show about this many characters of a description.
LONGEST = 200

INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<meta name="description" content="{title}">
<link rel="canonical" href="{canonical}">
<meta http-equiv="refresh" content="0; url={target}">
</head>
<body><h1>{title}</h1><p><a href="{target}">Read the book</a></p></body>
</html>
"""


def describe(doctree):
    """Return the first sentences of a page, as many as fit into a description."""
    paragraphs = (node for node in doctree.findall(nodes.paragraph) if node.astext().strip())
    text = " ".join(next(paragraphs, nodes.paragraph()).astext().split())
    if len(text) <= LONGEST:
        return text
    end = text.rfind(". ", 0, LONGEST) + 1
    return text[:end] if end > LONGEST // 4 else text[:LONGEST].rsplit(" ", 1)[0] + " …"


def text(script):
    """Return a script's file name or its own lines, whichever it has."""
    return f"{script.filename or ''} {script.attributes.get('body', '')}"


def is_used(script):
    """Whether a script is one that the page needs."""
    return not any(name in text(script) for name in UNUSED)


def deferred(script):
    """Return the script so that it loads beside the page and runs after it."""
    if not script.filename or "async" in script.attributes:
        return script
    return _JavaScript(
        script.filename, priority=script.priority, **{**script.attributes, "defer": "defer"}
    )


def is_state(script):
    """Whether a script is not a program but the state of the page's widgets."""
    return "widget-state" in script.attributes.get("type", "")


def write_states(app, pagename, states):
    """Write a page's widgets, half a megabyte of pictures, to a script; return its name.

    A script, not a file of data, since a page that is opened from a disc may load nothing else.
    """
    name = f"_static/widgets/{Path(pagename).name}.js"
    file = Path(app.outdir) / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        "".join(
            "document.body.append(Object.assign(document.createElement('script'), "
            f"{{type: {json.dumps(state.attributes['type'])}, "
            f"text: {json.dumps(state.attributes['body'])}}}));\n"
            for state in states
        )
    )
    return name


def later_tag(attributes):
    """Return a script that the browser leaves alone until book.js loads it."""
    attributes = {"type": "text/later"} | attributes
    written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<script {written}></script>"


def change_head(app, pagename, templatename, context, doctree):
    """Describe the page to search engines, and let nothing hold it up."""
    body = context.get("body", "")
    scripts = list(dict.fromkeys(context["script_files"]))
    states = [script for script in scripts if is_state(script)]
    scripts = [script for script in scripts if script not in states and is_used(script)]
    if 'class="math' not in body and "amsmath" not in body:
        scripts = [script for script in scripts if "mathjax" not in text(script).lower()]
    if states:
        later = [script for script in scripts if "html-manager" in text(script)]
        scripts = [script for script in scripts if script not in later]
        name = write_states(app, pagename, states)
        body += later_tag({"src": context["pathto"](name, True)})
        body += "".join(later_tag({"src": tag.filename} | tag.attributes) for tag in later)
    if templatename != "search.html":  # whose template adds scripts that cannot wait
        scripts = [deferred(script) for script in scripts]
    context["script_files"] = scripts
    if body:
        context["body"] = body
    description = describe(doctree) if doctree else f"Find a word in {app.config.html_title}"
    tag = f'<meta name="description" content="{escape(description)}" />'
    context["metatags"] = f"{context.get('metatags', '')}\n    {tag}\n"


def write_index(app, exception):
    """Lead from the site's root to the first page, by a page that is one."""
    if exception or app.builder.name != "html":
        return
    target = app.builder.get_target_uri(app.config.root_doc)
    (Path(app.outdir) / "index.html").write_text(
        INDEX.format(
            title=escape(app.config.html_title),
            canonical=app.config.html_baseurl + target,
            target=target,
        )
    )


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", change_head, priority=900)
    app.connect("build-finished", write_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
