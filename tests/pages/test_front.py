"""The first page: its picture, and the way on."""

import sys

import browser as tools
import matplotlib.image
import numpy as np
from the_pages import CHAPTERS, PAGES


def test_the_picture_is_what_the_code_draws(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tools.FOLDER))
    import cover

    cover.draw().savefig(tmp_path / "cover.png", dpi=200)
    new = matplotlib.image.imread(tmp_path / "cover.png")
    stored = matplotlib.image.imread(cover.COVER)
    assert new.shape == stored.shape
    assert np.sqrt(((new - stored) ** 2).mean()) < 0.01
    assert "cover" in sys.modules


def test_the_first_chapter_is_one_click_away(visit):
    with visit(PAGES[0], viewport={"width": 1280, "height": 800}) as page:
        link = page.get_by_role("link", name="Begin with chapter 1")
        assert link.bounding_box()["y"] < 800
        link.click()
        page.wait_for_url(f"**/{CHAPTERS[0]}")
