"""The notebooks in JupyterLab as Binder has it: exercises can be read, filled and checked."""

import re

from lab import places
from notebooks import CHAPTERS, fill, is_exercise, read

from minidl.teaching.exercises import EXERCISES

MYST = True

#: Chapters whose experiments take long; nbval runs these to their end.
LONG = ("06", "07", "08")


def test_blocks_are_boxes_and_formulas_are_set(jupyterlab, chapter):
    jupyterlab.assert_formulas_are_set(chapter, ".katex")
    texts = jupyterlab.texts()
    assert not any(":::" in texts[place] for place in places(chapter, ":::"))
    for place in places(chapter, "{exercise}"):
        source = chapter.cells[place].source
        title = re.search(r":::\{exercise\} (.+)", source)[1]
        boxes, hints = jupyterlab.do(
            """const find = what => [...cells[argument].node.querySelectorAll(what)];
               return [find("aside.myst-exercise").map(box => box.innerText),
                       find("details.myst-admonition").map(hint => hint.open)];""",
            place,
        )
        assert len(boxes) == 1
        assert f"({title})" in boxes[0].replace("’", "'")
        assert hints == [False] * source.count("{admonition} Hint")


def test_a_check_turns_when_its_exercise_is_filled(jupyterlab, chapter):
    place = next(place for place, cell in enumerate(chapter.cells) if is_exercise(cell))
    stub, check = chapter.cells[place].source, place + 1
    number = re.search(r'NotImplementedError\("Exercise ([\d.]+):', stub)[1]
    exercise = next(each for each in EXERCISES.values() if each.number == number)
    title = f"Exercise {number}, {exercise.name}: "
    if number.startswith(LONG):
        jupyterlab.run_to(check)
    else:
        assert jupyterlab.run_all() == []
    assert jupyterlab.output(check).startswith(title + "not attempted yet.")
    jupyterlab.type_into(place, fill(stub, exercise.solution))
    jupyterlab.wait_for_output(check, title + "passed.")
    assert jupyterlab.output(check).count("✓") == len(exercise.cases)


def test_a_slider_moves_its_picture(jupyterlab):
    path = CHAPTERS[5]
    place = next(
        place
        for place, cell in enumerate(read(path).cells)
        if any("widget-view+json" in str(output) for output in cell.get("outputs", []))
    )
    with jupyterlab.notebook(path.name):
        jupyterlab.run_to(place)
        output = jupyterlab.cell(place).locator(".jp-OutputArea")
        pictures = output.locator("img:visible")
        before = pictures.first.get_attribute("src")
        output.locator(".noUi-handle").first.press("ArrowRight")
        jupyterlab.page.wait_for_function(
            "([picture, before]) => !picture.isConnected || picture.src !== before"
            " || !picture.checkVisibility()",
            arg=[pictures.first.element_handle(), before],
        )
        assert pictures.first.get_attribute("src") != before
