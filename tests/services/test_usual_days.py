"""What is usual: read anew once in a while, and soon again while earlier weeks are still coming in."""

from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.event import Quality
from peoplecount.domain.site import Site
from peoplecount.services.usual_days import KEPT, KEPT_AT_FIRST, UsualDays
from peoplecount.storage.scope_sums import ScopeSum
from tests.support.fake_clock import FakeClock

NOW = datetime(2026, 5, 18, 12, tzinfo=UTC)
SHOP, CAFE = Site("shop", "Shop", "Europe/Zurich"), Site("cafe", "Cafe", "Europe/Zurich")
HOUR = timedelta(hours=1)


class Weeks:
    """A history in which sites count ten people an hour, in as many weeks as they know."""

    def __init__(self):
        self.known = {}
        self.asked = 0

    def sums(self, step, scope, start, end):
        self.asked += 1
        ago = (NOW - start).days // 7
        return [
            ScopeSum(site_id, site_id, start + index * HOUR, 1, 0, 10, 10, Quality.MEASURED, 1.0, 1)
            for site_id, weeks in self.known.items()
            if ago <= weeks
            for index in range(24)
        ]


@pytest.fixture
def weeks():
    return Weeks()


@pytest.fixture
def clock():
    return FakeClock(NOW)


@pytest.fixture
def usual(weeks, clock):
    return UsualDays(weeks, lambda: [SHOP, CAFE], clock)


def known_at_noon(usual):
    return {row["siteId"] for row in usual.read()["sites"] if row["hours"][12] is not None}


def test_weeks_that_come_in_are_seen_within_a_minute(usual, weeks, clock):
    assert known_at_noon(usual) == set()
    weeks.known = {"shop": 4}
    clock.passes(KEPT_AT_FIRST - 1)
    assert known_at_noon(usual) == set()
    clock.passes(1)
    assert known_at_noon(usual) == {"shop"}
    weeks.known |= {"cafe": 4}
    clock.passes(KEPT_AT_FIRST)
    assert known_at_noon(usual) == {"shop", "cafe"}


def test_once_no_more_comes_in_it_is_read_every_quarter_of_an_hour(usual, weeks, clock):
    weeks.known = {"shop": 4}  # nobody is counted at the other site
    assert usual.read()["freshSeconds"] == KEPT_AT_FIRST
    clock.passes(KEPT_AT_FIRST)
    assert usual.read()["freshSeconds"] == KEPT
    asked = weeks.asked
    clock.passes(KEPT - 1)
    usual.read()
    assert weeks.asked == asked
    clock.passes(1)
    assert usual.read()["freshSeconds"] == KEPT
    assert weeks.asked > asked
