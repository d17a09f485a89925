"""Say it plainly when there is no browser: then nothing else in this folder is run."""

import pytest
import the_pages


def test_there_is_a_browser():
    reason = the_pages.missing()
    if reason:
        pytest.skip(reason)
