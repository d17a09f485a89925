"""The notebooks in JupyterLab, as Binder has it: they can be read, filled and checked."""

import json
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager

import nbformat
import pytest
from jupyter_server.serverapp import list_running_servers
from notebooks import CHAPTERS, fill, is_exercise, read

from minidl.teaching.exercises import EXERCISES

#: What a reader can set in JupyterLab: all cells are drawn at once, and nothing pops up.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


def write(file, values):
    """Write a file of settings."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(values))


@contextmanager
def serve(folder, myst):
    """Start JupyterLab on a folder, with jupyterlab-myst or without; gives its address."""
    home = folder / "home"
    write(
        home / "labconfig/page_config.json", {"disabledExtensions": {"jupyterlab-myst": not myst}}
    )
    for name, values in SETTINGS.items():
        write(home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings", values)
    places = {"JUPYTER_CONFIG_DIR": home, "JUPYTER_RUNTIME_DIR": home / "run", "IPYTHONDIR": home}
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
            *("--ServerApp.port=0", "--IdentityProvider.token=", "--expose-app-in-browser"),
            f"--ServerApp.root_dir={folder}",
            f"--LabApp.user_settings_dir={home / 'settings'}",
            f"--LabApp.workspaces_dir={home / 'workspaces'}",
        ],
        env=os.environ | {name: str(place) for name, place in places.items()},
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            for server in list_running_servers(home / "run"):
                yield server["url"]
                return
            assert process.poll() is None, "JupyterLab did not start"
            time.sleep(0.1)
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def opened(browser, tmp_path_factory):
    """Open a notebook in JupyterLab; gives the page, and what runs a script in it.

    In the script ``panel`` is the open notebook and ``cells`` are its cells.
    """

    @contextmanager
    def opened(notebook, *, myst):
        folder = tmp_path_factory.mktemp("lab")
        nbformat.write(notebook, folder / "notebook.ipynb")
        with serve(folder, myst) as url:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(60_000)
            page.goto(f"{url}lab/tree/notebook.ipynb")
            page.wait_for_function(
                "() => window.jupyterapp?.shell?.currentWidget?.content?.widgets"
            )

            def do(script, argument=None):
                names = "{ shell: { currentWidget: panel } } = jupyterapp"
                names += ", cells = panel.content.widgets;"
                return page.evaluate(f"async argument => {{ const {names} {script} }}", argument)

            do("await panel.revealed; await panel.sessionContext.ready;")
            page.wait_for_function(
                """() => jupyterapp.shell.currentWidget.content.widgets.every(
                       cell => cell.model.type !== "markdown" || cell.node.innerText.trim())""",
                polling=1000,  # to look at so much text takes time
            )
            yield page, do
            page.close()

    return opened


@pytest.mark.parametrize("myst", [True, False], ids=["myst", "plain"])
def test_text_can_be_read_and_formulas_are_set(opened, myst):
    """The text of each chapter, as one cell of a notebook."""
    notebook = read(CHAPTERS[0])
    texts = [[c.source for c in read(p).cells if c.cell_type == "markdown"] for p in CHAPTERS]
    notebook.cells = [nbformat.v4.new_markdown_cell("\n\n".join(text)) for text in texts]
    with opened(notebook, myst=myst) as (page, do):
        page.wait_for_timeout(1000)
        shown = do(
            """const count = (node, what) => node.querySelectorAll(what).length;
               return cells.map(({ node }) => [node.innerText, count(node, ".katex, mjx-container"),
                   count(node, "aside.myst-exercise"), count(node, "details:not([open])"),
                   [...node.querySelectorAll("pre")].map(pre => pre.innerText).join()]);"""
        )
    for cell, (text, formulas, boxes, closed, code) in zip(notebook.cells, shown, strict=True):
        source = re.sub(r"`[^`]*`", "", cell.source)
        assert "$" not in text
        assert formulas >= len(re.findall(r"\$\$.+?\$\$|\$[^$]+\$", source, re.S)), text
        assert ":::" not in (text if myst else code)
        for title in re.findall(r":::\{(?:exercise|admonition)\} (.+)", cell.source):
            assert title.replace("`", "").replace("'", "’") in text.replace("'", "’")
        if myst:
            assert boxes == source.count("{exercise}")
            assert closed >= source.count("{admonition} Hint")


def test_a_filled_exercise_turns_its_check_and_a_dial_its_picture(opened):
    notebook = read(CHAPTERS[1])
    place = next(place for place, cell in enumerate(notebook.cells) if is_exercise(cell))
    number = re.search(r'"Exercise ([\d.]+):', notebook.cells[place].source)[1]
    exercise = next(each for each in EXERCISES.values() if each.number == number)
    dial = next(n for n, cell in enumerate(notebook.cells) if "@interact(" in cell.source)
    with opened(notebook, myst=True) as (page, do):
        do("""await jupyterapp.commands.execute("notebook:run-all-cells");""")
        failed = """return cells.filter(cell => cell.model.outputs?.toJSON().some(
            output => output.output_type === "error")).length"""
        assert do(failed) == 0

        output = "return cells[argument].outputArea.node.innerText"
        assert "not attempted yet." in do(output, place + 1)
        do("panel.content.activeCellIndex = argument; cells[argument].editor.focus();", place)
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(fill(notebook.cells[place].source, exercise.solution))
        page.keyboard.press("Shift+Enter")
        page.keyboard.press("Shift+Enter")
        page.wait_for_function(
            """place => jupyterapp.shell.currentWidget.content.widgets[place]
                   .outputArea.node.innerText.includes(": passed.")""",
            arg=place + 1,
        )
        assert do(output, place + 1).count("✓") == len(exercise.cases)

        shown = """jupyterapp.shell.currentWidget.content.widgets[argument].outputArea.node
            .querySelector(".widget-interact img")?.src"""
        page.wait_for_function(f"argument => {shown}", arg=dial)
        before = do(f"return {shown}", dial)
        do("cells[argument].outputArea.node.querySelector('.noUi-handle').focus()", dial)
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            f"([argument, before]) => {shown} && {shown} !== before", arg=[dial, before]
        )
