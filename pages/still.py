"""A Sphinx extension: where scripts are off, a picture stands in for a figure that answers.

It is the one that the figure would show at first, with a sentence that says so.
"""

import json
import re

VIEW = re.compile(
    r'<script type="application/vnd\.jupyter\.widget-view\+json">\s*(\{.*?\})\s*</script>', re.S
)
STATE = "application/vnd.jupyter.widget-state+json"

NOSCRIPT = (
    '{view}<noscript><div class="still">{picture}'
    "<p>One of the pictures that this figure can show. To choose another, allow scripts, or open "
    "the chapter as a notebook.</p></div></noscript>"
)


def shown(name, models):
    """Return the HTML that a widget shows at first: its own, or that of a part of it."""
    model = models[name.removeprefix("IPY_MODEL_")]
    state = model["state"]
    if model["model_name"] == "HTMLModel":
        return state["value"]
    parts = state.get("children", [])
    if model["model_name"] == "StackModel":
        parts = [parts[state["selected_index"]]]
    return next(filter(None, (shown(part, models) for part in parts)), "")


def add_stills(body, models):
    """Put behind each widget of a page what stands in for it."""

    def still(view):
        picture = shown(json.loads(view[1])["model_id"], models)
        return NOSCRIPT.format(view=view[0], picture=picture) if picture else view[0]

    return VIEW.sub(still, body)


def change_body(app, pagename, templatename, context, doctree):
    """Find the state of the page's widgets, and use it."""
    models = {}
    for script in context["script_files"]:
        attributes = getattr(script, "attributes", {})
        if attributes.get("type") == STATE:
            models |= json.loads(attributes["body"])["state"]
    if models:
        context["body"] = add_stills(context["body"], models)


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", change_body, priority=850)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
