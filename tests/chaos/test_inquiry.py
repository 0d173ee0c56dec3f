"""What counts as said to be unknown."""

import pytest

from tests.chaos.inquiry import is_said_to_be_unknown


@pytest.mark.parametrize(
    ("quality", "coverage", "day_is_over", "unknown"),
    [
        ("missing", 0.0, False, True),
        ("estimated", 1.0, False, True),
        ("measured", 1.0, True, False),
        ("measured", None, True, False),
        ("measured", 0.8, True, True),
        ("measured", 0.8, False, False),
        ("back-filled", 0.0, True, False),
    ],
)
def test_an_hour_says_itself_whether_people_may_be_unknown(quality, coverage, day_is_over, unknown):
    assert is_said_to_be_unknown(quality, coverage, day_is_over=day_is_over) is unknown
