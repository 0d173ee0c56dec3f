"""Time zones as cameras write them."""

from zoneinfo import ZoneInfo

import pytest

from peoplecount.simulator.posix_zone import posix_time_zone


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Europe/Zurich", "STWT-1STWST,M3.5.0/2:0:0,M10.5.0/3:0:0"),
        ("Europe/London", "STWT0STWST,M3.5.0/1:0:0,M10.5.0/2:0:0"),
        ("America/New_York", "STWT5STWST,M3.2.0/2:0:0,M11.1.0/2:0:0"),
        ("Australia/Sydney", "STWT-10STWST,M10.1.0/2:0:0,M4.1.0/3:0:0"),
        ("Asia/Kolkata", "STWT-5:30"),
        ("UTC", "STWT0"),
    ],
)
def test_a_zone_is_written_with_its_rule_or_without_one(zone, text):
    assert posix_time_zone(ZoneInfo(zone), 2026) == text
