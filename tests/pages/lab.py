"""JupyterLab on a copy of the book: a server, and its notebooks in the browser."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

from browser import ROOT

#: What a reader can set in JupyterLab: all cells are drawn at once, and nothing pops up.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@contextlib.contextmanager
def serve(folder, *, myst):
    """Start JupyterLab on a copy of the notebooks in an empty folder; gives its address.

    Parameters
    ----------
    folder : Path
    myst : bool
        With the extension jupyterlab-myst, or as if it were not installed.
    """
    home, book = folder / "home", folder / "book"
    book.mkdir()
    for notebook in ROOT.glob("book/*.ipynb"):
        shutil.copy(notebook, book)
    write(
        home / "labconfig" / "page_config.json",
        {"disabledExtensions": {"jupyterlab-myst": not myst}},
    )
    for name, values in SETTINGS.items():
        write(home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings", values)
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(home),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    environment.pop("MINIDL_OWN", None)  # as a reader has it: what passes is kept, in the copy
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                *("--ServerApp.port=0", "--IdentityProvider.token=", "--expose-app-in-browser"),
                f"--ServerApp.root_dir={book}",
                f"--LabApp.user_settings_dir={home / 'settings'}",
                f"--LabApp.workspaces_dir={home / 'workspaces'}",
            ],
            env=environment,
            stderr=log,
        )
    try:
        yield address(process, folder)
    finally:
        process.terminate()
        process.wait(20)


def write(file, values):
    """Write a file of settings."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(values))


def address(process, folder, patience=60):
    """Wait until the server has written down where it is."""
    for _ in range(10 * patience):
        for file in folder.glob("home/runtime/jpserver-*.json"):
            with contextlib.suppress(json.JSONDecodeError):  # half written
                return json.loads(file.read_text())["url"]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{(folder / 'log').read_text()}")


class Lab:
    """JupyterLab in a page of the browser."""

    def __init__(self, page, url):
        self.page = page
        page.goto(f"{url}lab")
        page.wait_for_function("() => window.jupyterapp")
        page.evaluate("() => jupyterapp.restored.then(() => true)")

    def do(self, script, argument=None):
        """Run a script; in it ``panel`` is the open notebook and ``cells`` are its cells."""
        return self.page.evaluate(
            f"""async argument => {{
                  const panel = jupyterapp.shell.currentWidget;
                  const cells = panel?.content?.widgets;
                  {script}
                }}""",
            argument,
        )

    @contextlib.contextmanager
    def notebook(self, name):
        """Open a notebook and wait until its text stands there; at the end, close it."""
        self.do(
            """const opened = await jupyterapp.commands.execute("docmanager:open",
                   {path: argument, factory: "Notebook"});
               await opened.revealed;
               await opened.sessionContext.ready;""",
            name,
        )
        self.page.wait_for_function(
            """() => jupyterapp.shell.currentWidget.content.widgets
                   .filter(cell => cell.model.type === "markdown")
                   .every(cell => cell.node.innerText.trim())"""
        )
        yield
        self.do(
            """await panel.sessionContext.shutdown();
               panel.context.model.dirty = false;
               panel.close();"""
        )

    def texts(self):
        """Return what each cell shows."""
        return self.do("return cells.map(cell => cell.node.innerText)")

    def output(self, place):
        """Return what a code cell has put out, and nothing of its code."""
        return self.do("return cells[argument].outputArea.node.innerText", place)

    def wait_for_output(self, place, words):
        """Wait until what a cell has put out begins with some words."""
        self.page.wait_for_function(
            """([place, words]) => jupyterapp.shell.currentWidget.content.widgets[place]
                   .outputArea.node.innerText.startsWith(words)""",
            arg=[place, words],
        )

    def run(self, *places):
        """Run some cells, one after the other, by the command of JupyterLab's menu."""
        for place in places:
            self.do(
                """panel.content.activeCellIndex = argument;
                   await jupyterapp.commands.execute("notebook:run-cell");""",
                place,
            )

    def run_all(self):
        """Run all cells, and list those that did not come to a good end."""
        return self.do(
            """await jupyterapp.commands.execute("notebook:run-all-cells");
               return cells.filter(cell => cell.model.type === "code")
                   .filter(cell => !cell.model.executionCount
                           || cell.model.outputs.toJSON().some(o => o.output_type === "error"))
                   .map(cell => cell.node.innerText);"""
        )

    def type_into(self, place, source):
        """Replace a cell's source by the keyboard, then run it and the next one."""
        self.do(
            """panel.content.activeCellIndex = argument;
               await panel.content.scrollToItem(argument);
               cells[argument].editor.focus();""",
            place,
        )
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Shift+Enter")
        self.page.keyboard.press("Shift+Enter")

    def assert_formulas_are_set(self, chapter, kind):
        """No formula of a chapter is left as it is written; ``kind`` is what one is drawn in."""
        for place in places(chapter, ""):
            text, drawn = self.do(
                """const node = cells[argument[0]].node;
                   return [node.innerText, node.querySelectorAll(argument[1]).length];""",
                [place, kind],
            )
            assert "$" not in text, text
            assert drawn >= formulas(chapter.cells[place].source), text


def places(chapter, word):
    """Return where the cells of text are that contain a word."""
    return [
        place
        for place, cell in enumerate(chapter.cells)
        if cell.cell_type == "markdown" and word in cell.source
    ]


def formulas(source):
    """Count the formulas of a text."""
    prose = re.sub(r"`[^`]*`", "", source)
    return len(re.findall(r"\$\$.+?\$\$|\$[^$]+\$", prose, re.DOTALL))
