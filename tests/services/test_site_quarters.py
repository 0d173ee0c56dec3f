"""Sites by the quarter of an hour: what is kept is what would be read, and little is read again."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import update

from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.roll_up import QUARTER
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.record_writer import RecordWriter
from peoplecount.services.site_quarters import AT_ONCE, KEPT, SiteQuarters
from peoplecount.storage.history import History
from peoplecount.storage.schema import quarter_hours
from tests.support.counting_line import EIGHT, HOUR, CountingLine, append
from tests.support.databases import *  # noqa: F403 - fixtures
from tests.support.fake_clock import FakeClock
from tests.support.own_tables import make_tables

DAY = 24 * HOUR


class NotingHistory(History):
    """Notes which times are summed up."""

    def __init__(self, db) -> None:
        super().__init__(db)
        self.summed = []

    def sums(self, step, scope, start, end, **places):
        self.summed.append((start, end))
        return super().sums(step, scope, start, end, **places)


class Shop:
    """Two lines whose counts are written at once."""

    def __init__(self, db) -> None:
        self.log = MemoryEventLog()
        self.db = db
        self.lines = [CountingLine("a"), CountingLine("b", site_id="other", door_id="back")]
        self.writer = RecordWriter(self.log, db)
        self.history = NotingHistory(db)

    def tells(self, *events) -> None:
        append(self.log, *events)
        while self.writer.run_once():
            pass

    def fresh(self):
        return SiteQuarters(self.history).read(EIGHT, EIGHT + DAY)


@pytest.fixture
def shop(embedded):
    return Shop(embedded)


def figures_of(quarters):
    return {
        (start, site): (one.entered, one.left)
        for start, quarter in quarters.items()
        for site, one in quarter.sums.items()
    }


def test_only_what_was_written_since_is_read_again(shop):
    line, other = shop.lines
    shop.tells(line.count(3, 1), other.count(2, after=3 * QUARTER))
    quarters = SiteQuarters(shop.history)
    quarters.read(EIGHT, EIGHT + DAY)
    assert len(shop.history.summed) == DAY / QUARTER / AT_ONCE
    shop.history.summed.clear()
    quarters.read(EIGHT, EIGHT + DAY)
    assert shop.history.summed == []
    shop.tells(line.count(4, after=QUARTER / 2))
    assert figures_of(quarters.read(EIGHT, EIGHT + DAY))[EIGHT, "site"] == (7, 1)
    assert shop.history.summed == [(EIGHT, EIGHT + QUARTER)]


def test_another_day_is_read_as_far_as_it_is_not_known(shop):
    quarters = SiteQuarters(shop.history)
    quarters.read(EIGHT, EIGHT + DAY)
    shop.history.summed.clear()
    later = quarters.read(EIGHT + HOUR, EIGHT + DAY + HOUR)
    assert (min(later), max(later)) == (EIGHT + HOUR, EIGHT + DAY + HOUR - QUARTER)
    assert shop.history.summed == [(EIGHT + DAY, EIGHT + DAY + HOUR)]


def test_a_database_that_was_put_back_is_read_again(shop, make_connection):
    """And written on differently: what was written under the old stamps is not taken for the new."""
    line, _ = shop.lines
    shop.tells(line.count(3))
    quarters = SiteQuarters(shop.history)
    before = figures_of(quarters.read(EIGHT, EIGHT + DAY))
    put_back = Shop(make_connection("sqlite", "put_back"))
    make_tables(put_back.db)
    put_back.tells(CountingLine("a").count(30))
    quarters._history = put_back.history
    assert figures_of(quarters.read(EIGHT, EIGHT + DAY)) == {(EIGHT, "site"): (30, 0)} != before


def test_what_somebody_changed_by_hand_is_seen_after_a_while(shop):
    line, _ = shop.lines
    shop.tells(line.count(3))
    clock = FakeClock(EIGHT)
    quarters = SiteQuarters(shop.history, clock.monotonic)
    quarters.read(EIGHT, EIGHT + DAY)
    shop.db.execute(update(quarter_hours).values(in_count=8))
    assert figures_of(quarters.read(EIGHT, EIGHT + DAY)) == {(EIGHT, "site"): (3, 0)}
    clock.passes(KEPT)
    assert figures_of(quarters.read(EIGHT, EIGHT + DAY)) == {(EIGHT, "site"): (8, 0)}


def test_all_is_read_again_within_ten_minutes_and_not_all_at_once(shop):
    clock = FakeClock(EIGHT)
    quarters = SiteQuarters(shop.history, clock.monotonic)
    quarters.read(EIGHT, EIGHT + DAY)
    for _ in range(3):
        shop.history.summed.clear()
        for _ in range(round(KEPT / 20)):
            clock.passes(20)
            before = len(shop.history.summed)
            quarters.read(EIGHT, EIGHT + DAY)
            assert len(shop.history.summed) - before <= 1
        assert len(set(shop.history.summed)) == DAY / QUARTER / AT_ONCE


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_told_what_is_kept_is_what_a_new_reading_gives(shop, seed):
    """Counts over any time, corrections, doors that are moved, directions that are swapped, quarters that close."""
    dice = random.Random(seed)
    quarters = SiteQuarters(shop.history)
    for _ in range(40):
        shop.tells(*(something(dice, dice.choice(shop.lines)) for _ in range(dice.randrange(1, 4))))
        assert quarters.read(EIGHT, EIGHT + DAY) == shop.fresh()


def something(dice, line):
    what = dice.randrange(6)
    hour = line.read_at.replace(minute=0, second=0)
    if what == 0:
        return line.correct(hour - dice.randrange(4) * HOUR, dice.randrange(9), dice.randrange(9))
    if what == 1:
        if dice.random() < 0.5:
            return line.close(hour, QUARTER, Figures(), coverage=0.5)
        return line.close(hour - dice.randrange(4) * QUARTER, QUARTER, None, quality=Quality.MISSING, coverage=0.0)
    if what == 2:
        line.door_id, line.site_id = dice.choice([("door", "site"), ("back", "other"), ("side", "site")])
    if what == 3:
        line.swapped = not line.swapped
    return line.count(dice.randrange(9), dice.randrange(9), after=timedelta(minutes=dice.choice([1, 1, 5, 40])))
