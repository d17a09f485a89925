"""The picture of the first page is what its code draws."""

import cover
import matplotlib.image
import numpy as np


def test_the_picture_is_what_the_code_draws(tmp_path):
    cover.draw().savefig(tmp_path / "cover.png", dpi=200)
    new, stored = (matplotlib.image.imread(file) for file in (tmp_path / "cover.png", cover.COVER))
    assert new.shape == stored.shape
    assert np.sqrt(((new - stored) ** 2).mean()) < 0.01
