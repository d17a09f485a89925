"""Say it plainly when there is no browser: then nothing else in this folder is run."""

import conftest
import pytest


def test_there_is_a_browser():
    reason = conftest.missing()
    if reason:
        pytest.skip(reason)
