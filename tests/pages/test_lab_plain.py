"""The notebooks in JupyterLab without jupyterlab-myst: blocks are text, and can be read."""

import re

from lab import places

MYST = False


def test_blocks_are_text_and_formulas_are_set(jupyterlab, chapter):
    jupyterlab.assert_formulas_are_set(chapter, "mjx-container")
    for place in places(chapter, ":::{"):
        text, code = jupyterlab.do(
            """const node = cells[argument].node;
               const code = [...node.querySelectorAll("pre")].map(pre => pre.innerText);
               return [node.innerText, code.join()];""",
            place,
        )
        assert ":::" not in code
        for title in re.findall(r":::\{\w+\} (.+)", chapter.cells[place].source):
            assert title.replace("`", "") in text
