"""All sites together where they lie in several time zones: each by its own calendar and clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from peoplecount.domain.site import Site
from peoplecount.services.history_places import HistoryPlaces
from peoplecount.services.history_report import HistoryDesk
from peoplecount.services.place_sums import DirectSums
from peoplecount.storage.place_history import PlaceHistory
from tests.support.board_service import Gate
from tests.support.fake_clock import FakeClock
from tests.support.past import Past

ZONES = {
    "tokyo": "Asia/Tokyo",
    "zurich": "Europe/Zurich",
    "new-york": "America/New_York",
    "los-angeles": "America/Los_Angeles",
}
LOOKED_AT = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


class Chain:
    """Shops in several zones."""

    def __init__(self, db, *names, now=LOOKED_AT):
        self.gates = {name: Gate(Site(name, name, ZONES[name]), "Door", name) for name in names}
        self.past = Past(db)
        sites = [{"siteId": name, "siteName": name, "timeZone": ZONES[name]} for name in names]
        board = {"sites": sites, "doors": [], "lines": []}
        self.desk = HistoryDesk(
            DirectSums(PlaceHistory(db)), HistoryPlaces(lambda: board, dict, clock := FakeClock(now)), clock
        )

    def opens(self, name, day, entered, hours):
        """The same in each of so many hours from local midnight on."""
        start = datetime.combine(day, datetime.min.time(), ZoneInfo(ZONES[name])).astimezone(UTC)
        self.past.counts(self.gates[name], start, entered, hours=hours)

    def report(self, **asked):
        return self.desk.report(self.desk.ask({key.strip("_"): value for key, value in asked.items()}, None), None)


def told(report):
    return [row.total.entered for row in report.rows]


@pytest.mark.parametrize("step", ["60", "15", "day"])
def test_a_day_of_25_hours_keeps_all_of_them_beside_one_of_24(embedded, step):
    chain, day = Chain(embedded, "zurich", "tokyo"), date(2026, 10, 25)
    chain.opens("zurich", day, 10, 25)
    chain.opens("tokyo", day, 10, 24)
    report = chain.report(from_=day.isoformat(), to=day.isoformat(), step=step)
    assert report.total.entered == 490
    if step == "60":
        assert told(report) == [20, 20, 30, *[20] * 21]


def test_hours_after_one_that_clocks_left_out_stand_where_clocks_showed_them(embedded):
    chain, day = Chain(embedded, "zurich", "tokyo", now=LOOKED_AT), date(2026, 3, 29)
    for number in range(23):
        start = datetime(2026, 3, 28, 23, tzinfo=UTC) + number * timedelta(hours=1)
        chain.past.counts(chain.gates["zurich"], start, start.astimezone(ZoneInfo("Europe/Zurich")).hour)
    chain.opens("tokyo", day, 0, 24)
    report = chain.report(from_=day.isoformat(), to=day.isoformat(), step="60")
    assert told(report) == [0, 1, 0, *range(3, 24)]


def test_in_the_evening_of_america_the_day_is_still_under_way_and_it_is_today(embedded):
    evening = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
    chain, monday = Chain(embedded, "new-york", "los-angeles", now=evening), date(2026, 11, 23)
    chain.opens("new-york", monday, 10, 21)
    chain.opens("los-angeles", monday, 10, 18)
    report = chain.report(step="day")
    assert (report.today, report.period.last) == (monday, monday)
    (today,) = (row for row in report.rows if row.is_running)
    assert (today.part.local.date(), today.total.entered) == (monday, 390)
    hours = chain.report(from_=monday.isoformat(), to=monday.isoformat(), step="60").rows
    stand = ["ahead" if row.is_ahead else "running" if row.is_running else "over" for row in hours]
    assert stand == ["over"] * 17 + ["running"] * 4 + ["ahead"] * 3, "from half past five here to half past eight there"


def test_a_day_that_has_begun_in_the_east_is_told(embedded):
    chain, monday = Chain(embedded, "tokyo", "zurich", now=datetime(2026, 11, 22, 20, tzinfo=UTC)), date(2026, 11, 23)
    chain.opens("tokyo", monday, 10, 5)
    chain.opens("zurich", monday - timedelta(days=1), 10, 21)
    report = chain.report(step="day")
    assert report.period.last == monday
    assert [(row.is_ahead, row.is_running, row.total.entered) for row in report.rows[-2:]] == [
        (False, True, 210),
        (False, True, 50),
    ]


@pytest.mark.parametrize("step", ["day", "60"])
def test_each_is_beside_its_own_day_up_to_the_same_time(embedded, step):
    chain, monday = (
        Chain(embedded, "tokyo", "los-angeles", now=datetime(2026, 11, 23, 20, tzinfo=UTC)),
        date(2026, 11, 23),
    )
    chain.opens("tokyo", monday, 10, 24)
    chain.opens("los-angeles", monday, 7, 12)
    for name in ("tokyo", "los-angeles"):
        chain.opens(name, monday - timedelta(days=7), 10 if name == "tokyo" else 7, 24)
    report = chain.report(from_=monday.isoformat(), to=monday.isoformat(), step=step, compare="previous")
    assert report.total.entered == report.before.entered == 240 + 84


def test_as_known_at_the_end_of_a_day_is_at_the_end_of_it_there(embedded):
    chain, monday = Chain(embedded, "tokyo", "zurich"), date(2026, 11, 23)
    chain.opens("tokyo", monday, 10, 24 + 9)
    chain.opens("zurich", monday, 10, 24)
    report = chain.report(from_=monday.isoformat(), to="2026-11-24", step="day", known=monday.isoformat())
    assert told(report) == [480, 0]


def test_each_site_is_told_with_its_own_days(embedded):
    chain, day = Chain(embedded, "zurich", "tokyo"), date(2026, 5, 4)
    chain.opens("zurich", day, 1, 24)
    chain.opens("tokyo", day, 2, 24)
    children = {
        child.place.subject: child for child in chain.report(from_=day.isoformat(), to=day.isoformat()).children
    }
    assert {name: child.total.entered for name, child in children.items()} == {"zurich": 24, "tokyo": 48}
    for name, child in children.items():
        assert (child.period.zone.key, child.period.end - child.period.start) == (ZONES[name], timedelta(days=1))
        assert child.period.start == datetime.combine(day, datetime.min.time(), ZoneInfo(ZONES[name]))
