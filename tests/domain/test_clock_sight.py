from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from peoplecount.domain.clock_sight import ClockSight
from tests.support.keeping import at

NOON = at("2026-07-01T12:00:00")
ZURICH = ZoneInfo("Europe/Zurich")


def sight(*, hours=0.0, seconds=0.0, zone=ZURICH):
    """Of a clock that is so far ahead of UTC."""
    return ClockSight.of(NOON, (NOON + timedelta(hours=hours, seconds=seconds)).replace(tzinfo=None), zone)


@pytest.mark.parametrize(
    ("ahead", "offset", "error"),
    [
        ({"hours": 2}, 2, 0),
        ({"hours": 2, "seconds": 84}, 2, 84),
        ({"hours": 2, "seconds": -600}, 2, -600),
        ({"hours": 1}, 1, 0),  # never told of daylight-saving time
        ({"hours": 1, "seconds": 700}, 1, 700),
        ({"hours": 5.5}, 5.5, 0),  # a camera with the zone of India
    ],
)
def test_a_clock_that_is_off_is_told_from_another_zone(ahead, offset, error):
    seen = sight(**ahead)
    assert seen.offset == timedelta(hours=offset)
    assert seen.error == timedelta(seconds=error)


def test_without_a_site_the_nearest_quarter_hour_is_its_zone():
    assert sight(hours=5.75, seconds=90, zone=None).offset == timedelta(hours=5.75)
    assert sight(seconds=-600, zone=None).offset == timedelta(minutes=-15)


def test_moments_are_put_as_the_camera_has_them():
    assert sight(hours=2, seconds=90).by_camera(NOON) == NOON + timedelta(seconds=90)


def test_its_day_is_that_of_its_wall_clock():
    late = at("2026-07-01T22:30:00")
    assert ClockSight.of(late, (late + timedelta(hours=2)).replace(tzinfo=None)).day.isoformat() == "2026-07-02"
