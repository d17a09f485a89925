"""Two of the four starts that are measured are the experiment's own."""

import pytest
import starts

from minidl.paper import Setting, run


@pytest.mark.parametrize("name", starts.SETTINGS)
def test_the_corners_are_the_two_programs(name):
    setting = starts.SETTINGS[name]
    for framework, kind in (("minidl", "xavier"), ("torch", "torch")):
        result = run(Setting(**{**vars(setting), "repeats": 1, "seed": 3}), framework)
        alone = 100 * result.curves("test_error")[0, -1].item()
        assert starts.final_error(setting, 3, kind, kind) == pytest.approx(alone)
