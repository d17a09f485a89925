"""A Sphinx extension: pictures behind a slider or buttons, as plain HTML with book.js.

A notebook shows them by widgets. Jupyter's own manager of widgets on pages costs a page 2.7 MB,
and pip has it only inside shinywidgets, which brings a web server.
"""

import base64
import json
import re
from html import escape
from pathlib import Path

VIEW = re.compile(
    r'<script type="application/vnd\.jupyter\.widget-view\+json">\s*(\{.*?\})\s*</script>', re.S
)
STATE = "application/vnd.jupyter.widget-state+json"
DATA = re.compile(r'src="data:image/webp;base64,([^"]*)"')

SLIDES = """<div class="slides">
<div class="dials" hidden>{dial}{play}</div>
<div aria-live="polite">{pictures}</div>
<noscript><p>One of the pictures that this figure can show. To choose another, allow scripts, or
open the chapter as a notebook.</p></noscript>
</div>"""
SLIDER = (
    '<label>{name} <input type="range" max="{last}" value="{chosen}" aria-valuetext="{label}"> '
    "<output>{label}</output></label>"
)
BUTTONS = "<fieldset><legend>{name}</legend>{buttons}</fieldset>"
BUTTON = '<label><input type="radio" name="{group}" value="{place}"{checked}> {label}</label>'
PLAY = '<button type="button" class="btn btn-sm" data-interval="{}">Play</button>'


def slides(name, models, up, folder):
    """Return a widget made by ``minidl.teaching.frames.frames`` as HTML.

    Parameters
    ----------
    name : str
        Of the widget among the models.
    models : dict
    up : str
        The way from the page to the folder.
    folder : Path
        Where the pictures are written to.
    """

    def parts(model):
        children = models[model]["state"]["children"]
        return [(name, models[name]) for name in (c.removeprefix("IPY_MODEL_") for c in children)]

    (dials, _), (stack, _) = parts(name)
    (_, dial), *players = parts(dials)
    labels = [escape(label) for label in dial["state"]["_options_labels"]]
    chosen, title = dial["state"]["index"], escape(dial["state"]["description"])
    if dial["model_name"] == "SelectionSliderModel":
        last, label = len(labels) - 1, labels[chosen]
        dial = SLIDER.format(name=title, last=last, chosen=chosen, label=label)
    else:
        marks = [" checked" * (place == chosen) for place in range(len(labels))]
        each = enumerate(zip(labels, marks, strict=True))
        buttons = (BUTTON.format(group=name, place=k, label=a, checked=b) for k, (a, b) in each)
        dial = BUTTONS.format(name=title, buttons="".join(buttons))
    pictures = ""
    for place, (file, model) in enumerate(parts(stack)):
        picture = model["state"]["value"]
        (folder / f"{file}.webp").write_bytes(base64.b64decode(DATA.search(picture)[1]))
        source = f'src="{up}{file}.webp" data-label="{labels[place]}" loading="lazy"'
        pictures += DATA.sub(source + " hidden" * (place != chosen), picture)
    play = "".join(PLAY.format(player["state"]["interval"]) for _, player in players)
    return SLIDES.format(dial=dial, play=play, pictures=pictures)


def change_body(app, pagename, templatename, context, doctree):
    """Take the state of the widgets, which no page needs any more, and use it."""
    scripts = context.get("script_files", [])
    states = [each for each in scripts if each.attributes.get("type") == STATE]
    context["script_files"] = [each for each in scripts if each not in states]
    models = {}
    for script in states:
        models |= json.loads(script.attributes["body"])["state"]
    if models:
        folder = Path(app.outdir) / "_images"
        folder.mkdir(exist_ok=True)
        up = context["pathto"]("_images/", True)
        context["body"] = VIEW.sub(
            lambda view: slides(json.loads(view[1])["model_id"], models, up, folder),
            context["body"],
        )


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", change_body, priority=850)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
