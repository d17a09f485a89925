"""Figures that answer: their stored pictures, and the dials that compute anew.

Each chapter runs in a kernel as far as its dial.  Cells that are added here hand out the
pictures, turn the dial and press its button.  What a picture shows is read from its description.
"""

import base64
import importlib.util
import io
import json
import re

import legible
import matplotlib.image
import matplotlib.pyplot as plt
import nbformat
import pytest
from notebooks import CHAPTERS, ROOT, STATE, code_cells, read, run

from minidl.teaching.frames import picture

LARGEST_STATE, LARGEST_PICTURE = 1_000_000, 150_000

#: For each chapter the cell with ready pictures, the cell with the dial, and how to turn it.
FIGURES = {
    "02_activations": ("02-slope", "02-spread", [{"spread": 1}, {"spread": 10}, {"spread": 0.1}]),
    "03_linear": ("03-scale", "03-init", [{}, {"scale": 1.41}, {"scale": 1.41, "relu": False}]),
    "06_sgd": ("06-062", "06-dials", [{}, {"lr": 4.0}, {"batch_size": 10}]),
    "07_experiment": ("07-068", "07-width", [{}, {"width": 100}]),
    "08_autograd": ("08-060", "08-start", [{}, {"weights": 1, "biases": 0}]),
}
CHAPTER = pytest.mark.parametrize("name", FIGURES)

HAND_OUT = """
pictures = Out[max(Out)].children[1].children
display({"application/json": [part.value for part in pictures]}, raw=True)
"""

TURN = """
dial = Out[max(Out)]


def turned(values):
    for control in dial.kwargs_widgets:
        control.value = values.get(control._kwarg, control.value)
    waiting = dial.result
    dial.manual_button.click()
    assert dial.result is not waiting
    return dial.result.value


assert dial.result is None and dial.out.outputs == ()
display({"application/json": [turned(values) for values in {settings}]}, raw=True)
"""

SIZES = 'display({"application/json": legible.found}, raw=True)'


def chapter(name):
    return read(next(path for path in CHAPTERS if path.stem == name))


def stored(name):
    """List the HTML of a chapter's ready pictures, as they stand in its notebook."""
    models = chapter(name).metadata.widgets[STATE]["state"]
    [stack] = [model["state"] for model in models.values() if model["model_name"] == "StackModel"]
    return [models[part.removeprefix("IPY_MODEL_")]["state"]["value"] for part in stack["children"]]


@pytest.fixture(scope="module")
def ran():
    """Run each chapter once, when it is asked for.

    Return its pictures, the dial's, and for every picture its smallest type.
    """
    found = {}

    def results(name):
        if name not in found:
            ready, live, settings = FIGURES[name]
            notebook = chapter(name)
            notebook.metadata.pop("widgets")
            ids = [cell.id for cell in notebook.cells]
            for place, source in (
                (ids.index(live), TURN.replace("{settings}", repr(settings))),
                (ids.index(ready), HAND_OUT),
            ):
                notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(source))
            del notebook.cells[ids.index(live) + 3 :]
            notebook.cells.insert(0, nbformat.v4.new_code_cell(legible.WATCH))
            notebook.cells.append(nbformat.v4.new_code_cell(SIZES))
            run(notebook)
            handed = (
                cell.outputs[-1].get("data", {}) for cell in code_cells(notebook) if cell.outputs
            )
            found[name] = [
                data["application/json"] for data in handed if "application/json" in data
            ]
        return found[name]

    return results


def description(html):
    return re.search(r'<img alt="([^"]+)"', html)[1]


def numbers(html):
    return [float(n) for n in re.findall(r"\d+(?:\.\d+)?(?:e[+-]\d+)?", description(html))]


def image(html):
    data = re.search(r'src="data:image/webp;base64,([^"]+)"', html)[1]
    return matplotlib.image.imread(io.BytesIO(base64.b64decode(data)), format="webp") / 255


@pytest.fixture(scope="module")
def compare():
    """The comparison by which the notebooks' own pictures are judged."""
    spec = importlib.util.spec_from_file_location("of_the_book", ROOT / "book" / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.compare


# The ready pictures


@CHAPTER
def test_each_picture_is_small_and_says_what_it_shows(name):
    state = chapter(name).metadata.widgets[STATE]
    assert len(json.dumps(state)) < LARGEST_STATE
    said = [description(html) for html in stored(name)]
    assert len(set(said)) == len(said) >= 4
    assert all(len(words) > 40 for words in said)
    assert all(len(html) < LARGEST_PICTURE for html in stored(name))


@CHAPTER
def test_the_stored_pictures_are_those_of_a_fresh_run(name, ran, compare):
    fresh, _, _ = ran(name)
    assert list(map(description, stored(name))) == list(map(description, fresh))
    assert compare(list(map(image, stored(name))), list(map(image, fresh)), name) is None


def test_a_description_may_hold_any_sign_and_the_figure_is_closed():
    figure, _ = plt.subplots(figsize=(2, 1))
    shown = picture(figure, 'one < two & "three"')
    assert 'alt="one &lt; two &amp; &quot;three&quot;"' in shown.value
    assert image(shown.value).shape[:2] == (200, 400)
    assert 'width="200" height="100"' in shown.value
    assert not plt.fignum_exists(figure.number)


def test_a_new_run_changes_nothing_in_the_notebook():
    source = "import ipywidgets\nipywidgets.VBox([ipywidgets.IntSlider(), ipywidgets.HTML('a')])"
    cell = nbformat.v4.new_code_cell(source)
    first, second = (
        run(nbformat.v4.new_notebook(cells=[nbformat.from_dict(cell)])) for _ in range(2)
    )
    assert len(first.metadata.widgets[STATE]["state"]) > 3
    assert nbformat.writes(first) == nbformat.writes(second)


@CHAPTER
def test_all_type_is_legible_on_a_phone(name, ran):
    fresh, turned, sizes = ran(name)
    assert len(sizes) >= len(fresh) + len(turned)
    assert [(text, size) for text, size in sizes if size < legible.SMALLEST] == []


# The dials


@CHAPTER
def test_a_dial_that_is_turned_changes_the_picture(name, ran, compare):
    _, turned, _ = ran(name)
    first, *others = map(image, turned)
    for other in others:
        assert compare([first], [other], name) is not None


def test_the_spread_of_the_inputs_matters_to_tanh_alone(ran):
    """In chapter 2 the descriptions say what is left after ten ReLUs, Tanhs, sigmoids."""
    one, wide, narrow = (numbers(html)[-3:] for html in ran("02_activations")[1])
    assert one[0] == wide[0] == narrow[0] == 0.51
    assert wide[1] < one[1] / 2 and narrow[1] > 0.9
    assert max(one[2], wide[2], narrow[2]) < 0.25**10 * 1.01


def test_with_a_relu_the_square_root_of_two_keeps_the_size(ran):
    """In chapter 3 they say by how much fifty layers change outputs and gradients."""
    for html, expected in zip(ran("03_linear")[1], (2**-25, 1, 2**25), strict=True):
        for size in re.findall(r"from (\S+) in layer \d+ to (\S+) in", description(html)):
            first, last = map(float, size)
            assert expected / 10 < last / first < expected * 10 or expected / 10 < first / last


def test_a_large_rate_diverges_and_the_papers_is_the_chapters(ran):
    paper, large, small_batch = map(description, ran("06_sgd")[1])
    assert description(ran("06_sgd")[0][-1]).endswith("and 3.2% of them on the wrong side.")
    assert "test error 3.2%" in paper
    assert "diverged in epoch 1" in large
    assert "batches of 10: diverged in epoch 1" in small_batch


def test_the_paper_width_gives_the_table_and_a_wider_network_no_gap(ran):
    ready, (paper, wide), _ = ran("07_experiment")
    assert description(paper) == description(ready[-1])
    _, theirs, _, ours, _ = numbers(paper)
    _, theirs_wide, _, ours_wide, _ = numbers(wide)
    assert theirs - ours > 7
    assert abs(theirs_wide - ours_wide) < 2
    assert abs(ours_wide - ours) < 2


def test_default_parameters_are_the_fourth_start_and_resized_ones_the_first(ran):
    ready, (default, resized), _ = ran("08_autograd")
    facts = [description(html).split(":", 1)[1] for html in (ready[3], default)]
    assert facts[0] == facts[1]
    assert "average 0.07" not in description(default)
    assert abs(numbers(resized)[-3] - numbers(ready[0])[-3]) < 3
