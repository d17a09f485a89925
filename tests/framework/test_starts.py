"""What is stored of the four starts is what the experiment itself gives."""

import json

import pytest
import starts
import torch

from minidl.paper import Setting, run
from minidl.teaching.exercises import EXERCISES

STORED = json.loads(starts.STORED.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", starts.SETTINGS)
def test_the_corners_are_the_two_programs(name):
    setting = starts.SETTINGS[name]
    for framework, kind in (("minidl", "xavier"), ("torch", "torch")):
        result = run(Setting(**{**vars(setting), "repeats": 1, "seed": 3}), framework)
        alone = 100 * result.curves("test_error")[0, -1].item()
        assert starts.final_error(setting, 3, kind, kind) == pytest.approx(alone)


@pytest.mark.parametrize("name", starts.SETTINGS)
def test_gap_and_share_are_those_of_the_stored_means(name):
    means = torch.tensor(STORED[name]["mean"], dtype=torch.float64).reshape(2, 2)
    assert STORED[name]["gap"][0] == pytest.approx((means[1, 1] - means[0, 0]).item(), abs=1e-3)
    share = EXERCISES["shapley-shares"].solution(means)[0].item()
    assert STORED[name]["weights"][0] == pytest.approx(share, abs=1e-3)
