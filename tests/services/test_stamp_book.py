"""Marks of days: made anew where something was written, and only there."""

import random
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest

from peoplecount.services import stamp_book
from peoplecount.services.stamp_book import StampBook
from tests.support.fake_clock import FakeClock

NOW = datetime(2026, 5, 4, 12, 7, tzinfo=UTC)
QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
ZONES = [ZoneInfo(name) for name in ("Europe/Zurich", "Asia/Kathmandu", "America/New_York")]
TODAY = date(2026, 5, 4)
DAYS = [TODAY - number * DAY for number in range(400)]


class Stamps:
    """A database's, with what was asked of it."""

    def __init__(self, days):
        self.chance = random.Random(4)
        self.stamped = {}
        self.asked = []
        for number in range(days * 96):
            self.write(NOW.replace(hour=0, minute=0) - days * DAY + number * QUARTER)

    def write(self, start):
        self.stamped[start] = self.chance.getrandbits(62)

    def stamps(self, start, end):
        found = {one: stamp for one, stamp in self.stamped.items() if start <= one < end}
        self.asked.append(len(found))
        return found

    def stamp_check(self, before):
        there = [stamp for one, stamp in self.stamped.items() if one < before]
        return len(there), sum(stamp % 1_000_000_007 for stamp in there)


@pytest.fixture
def clock():
    return FakeClock(NOW)


@pytest.fixture
def stamps():
    return Stamps(300)


@pytest.fixture
def book(stamps, clock):
    return StampBook(stamps, clock, monotonic=clock.monotonic)


def look(book, clock):
    """Everything, by zone and day."""
    clock.passes(10)
    book.look()
    return {(zone, day): mark for zone in ZONES for day, mark in book.marks(zone, DAYS, ["shop"]).items()}


def anew(stamps, clock):
    return look(StampBook(stamps, clock, monotonic=clock.monotonic), clock)


@pytest.mark.parametrize("ago", [0, 1, 3, 50, 200, 350])
def test_what_is_written_changes_the_marks_of_its_day_and_no_other(book, stamps, clock, ago):
    before = look(book, clock)
    written = NOW.replace(minute=0) - ago * DAY
    stamps.write(written)
    after = look(book, clock)
    changed = {key for key in after if after[key] != before[key]}
    assert changed == {(zone, written.astimezone(zone).date()) for zone in ZONES}
    assert after == anew(stamps, clock)


def test_marks_stay_what_they_are_while_days_settle(book, stamps, clock):
    before = look(book, clock)
    for days in (1, 3, 3):
        clock.passes(days * 86_400)
        assert look(book, clock) == before == anew(stamps, clock)


def test_days_that_are_settled_are_made_out_once(book, stamps, clock, monkeypatch):
    look(book, clock)
    made = []
    monkeypatch.setattr(stamp_book, "day_start", lambda day, zone: made.append(day) or real(day, zone))
    look(book, clock)
    assert set(made) <= {TODAY + DAY, *DAYS[:4]}
    made.clear()
    stamps.write(NOW.replace(minute=0) - 200 * DAY)
    look(book, clock)
    assert 0 < len({day for day in made if day < DAYS[4]}) <= 90 + 4


real = stamp_book.day_start


def test_all_stamps_are_read_a_block_at_a_time(book, stamps, clock):
    look(book, clock)
    stamps.asked.clear()
    stamps.write(NOW.replace(minute=0) - 200 * DAY)
    look(book, clock)
    assert sum(stamps.asked) >= 298 * 96
    assert max(stamps.asked) <= 90 * 96
    assert not list(takewhile(bool, stamps.asked)), "before the first there are none"


def test_other_sites_and_another_database_have_other_marks(stamps, clock):
    one, other = (StampBook(stamps, clock, of, clock.monotonic) for of in ("one", "other"))
    one.look(), other.look()
    marks = {book.mark(ZONES[0], TODAY, sites) for book in (one, other) for sites in (["shop"], ["shop", "bank"], [])}
    assert len(marks) == 6
