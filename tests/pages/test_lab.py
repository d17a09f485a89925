"""The notebooks in JupyterLab as Binder has it: exercises can be read, filled and checked."""

import re

from lab import places
from notebooks import CHAPTERS, fill, is_exercise

from minidl.teaching.exercises import EXERCISES

MYST = True

#: Chapters whose experiments take long. Here only the cells that the exercise needs are run;
#: nbval runs them all.
LONG = ("6.", "7.", "8.")


def first_code(chapter):
    """Return where a chapter's imports are."""
    code = (n for n, cell in enumerate(chapter.cells) if cell.cell_type == "code")
    return next(n for n in code if "remove-cell" not in chapter.cells[n].metadata.get("tags", []))


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
        jupyterlab.run(first_code(chapter), place, check)
    else:
        assert jupyterlab.run_all() == []
    assert jupyterlab.output(check).startswith(title + "not attempted yet.")
    jupyterlab.type_into(place, fill(stub, exercise.solution))
    jupyterlab.wait_for_output(check, title + "passed.")
    assert jupyterlab.output(check).count("✓") == len(exercise.cases)


def test_a_slider_moves_its_picture(jupyterlab):
    """With a kernel, in the first chapter that has a slider."""
    path = next(path for path in CHAPTERS if "SelectionSliderModel" in path.read_text())
    with jupyterlab.notebook(path.name):
        assert jupyterlab.run_all() == []
        output = jupyterlab.page.locator(".jp-Notebook:visible .jp-OutputArea").filter(
            has=jupyterlab.page.locator(".noUi-handle")
        )
        shown = """output => [...output.querySelectorAll("img")]
                       .filter(picture => picture.checkVisibility())
                       .map(picture => picture.src).join()"""
        before = output.first.evaluate(shown)
        assert before
        output.locator(".noUi-handle").first.press("ArrowRight")
        jupyterlab.page.wait_for_function(
            f"([output, before]) => ({shown})(output) !== before",
            arg=[output.first.element_handle(), before],
        )
        assert output.first.evaluate(shown)
