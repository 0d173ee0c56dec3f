"""Sums that were made beforehand: always the same as those that are made anew."""

import threading
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from peoplecount.domain.event import Quality
from peoplecount.domain.event_id import EventId
from peoplecount.domain.history_period import HistoryPeriod
from peoplecount.domain.interval import Scope
from peoplecount.domain.roll_up import HOUR
from peoplecount.eventlog.history_sums import HistorySums
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.services import kept_sums
from peoplecount.services.kept_sums import KeptSums, SumsKeeper
from peoplecount.services.place_sums import DirectSums
from peoplecount.services.stamp_book import StampBook
from peoplecount.storage.copy_mark import COPY, demand_whole, finish, put_cursor
from peoplecount.storage.errors import CopyUnfinished, DatabaseUnavailable
from peoplecount.storage.place_history import PlaceHistory, Where
from peoplecount.storage.quarter_stamps import put_stamps
from peoplecount.storage.schema import hour_counts
from peoplecount.storage.writer_cursor import WriterCursor
from tests.support.databases import *  # noqa: F403 - fixtures
from tests.support.fake_clock import FakeClock
from tests.support.past import Past
from tests.support.pauses import Pauses
from tests.support.shop import BACK, FRONT, LEFT, RIGHT, SHOP, at

ZURICH = ZoneInfo("Europe/Zurich")
MAY = HistoryPeriod(date(2026, 5, 1), date(2026, 5, 4), ZURICH)
SHOP_ONLY = Where(["shop"])


class Watched(DirectSums):
    """Notes what is asked of the database."""

    def __init__(self, history):
        super().__init__(history)
        self.asked = []

    def stretches(self, step, scope, start, end, where):
        self.asked.append((start, end))
        return super().stretches(step, scope, start, end, where)


class Kept:
    """Sums beside a database, at two in the afternoon of the fourth of May."""

    def __init__(self, db, folder):
        self.db, self.past, self.clock = db, Past(db), FakeClock(at(14))
        self.sites = {ZURICH: ["shop"]}
        self.direct = Watched(PlaceHistory(db))
        self.store = HistorySums(folder / "history.sqlite")
        self.book = StampBook(PlaceHistory(db), self.clock, monotonic=self.clock.monotonic)
        self.sums = KeptSums(self.direct, self.store, self.book, lambda: self.sites)
        for day in (1, 2, 3, 4):
            for number, gate in enumerate((FRONT, LEFT, RIGHT, BACK)):
                self.past.counts(gate, at(0, day=day), day + number, number, hours=14)

    def keep_up(self):
        self.clock.passes(10)
        return self.keeper().keep_up(threading.Event())

    def keeper(self):
        return SumsKeeper(
            PlaceHistory(self.db),
            self.store,
            self.book,
            lambda: self.sites,
            self.clock,
            demand_whole=partial(demand_whole, self.db),
        )

    def everything(self, sums):
        return (
            sums.stretches(HOUR, Scope.SITE, MAY.start, MAY.end, SHOP_ONLY),
            sums.totals(Scope.DOOR, MAY, SHOP_ONLY),
            sums.days(MAY, ["shop"]),
        )

    def write(self, starts_at, entered):
        """As the record writer does: rows, and stamps on their quarters."""
        change = update(hour_counts).where(hour_counts.c.starts_at == starts_at).values(in_count=entered)

        def work(transaction):
            transaction.change(change)
            put_stamps(transaction, [starts_at])

        self.db.transaction(work)
        self.clock.passes(10)


def by_subject(answer):
    return [sorted((one.subject, one.start, one[2:]) for one in part) for part in answer]


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(kept_sums, "PAUSE", 0)


@pytest.fixture
def kept(embedded, tmp_path):
    return Kept(embedded, tmp_path)


def demand_same(kept):
    told = kept.everything(kept.sums)
    totals, anew = list(told[1]), kept.direct.totals(Scope.DOOR, MAY, SHOP_ONLY)
    assert [one[2:] for one in totals] == [one[2:] for one in anew]
    for place in (0, 2):
        assert by_subject([told[place]]) == by_subject([kept.everything(DirectSums(PlaceHistory(kept.db)))[place]])


def test_days_that_are_over_are_summed_up_once(kept):
    assert kept.keep_up() == 3
    assert kept.keep_up() == 0


def test_they_are_the_same_as_if_they_were_made_anew_and_only_today_is_asked_for(kept):
    demand_same(kept)
    kept.keep_up()
    demand_same(kept)
    kept.direct.asked.clear()
    kept.sums.stretches(HOUR, Scope.SITE, MAY.start, MAY.end, SHOP_ONLY)
    assert kept.direct.asked == [(at(0), at(0, day=5))]


def test_whoever_asks_first_after_a_start_waits_for_no_stamps_of_earlier_days(kept, monkeypatch):
    kept.keep_up()
    kept.book = StampBook(PlaceHistory(kept.db), kept.clock, monotonic=kept.clock.monotonic)
    sums = KeptSums(kept.direct, kept.store, kept.book, lambda: kept.sites)
    asked, read, execute = [], PlaceHistory.stamps, kept.db.execute
    monkeypatch.setattr(PlaceHistory, "stamps", lambda self, *span: asked.append(span[0]) or read(self, *span))
    away, back = (partial(monkeypatch.setattr, kept.db, "execute", one) for one in (refuse, execute))
    pauses = Pauses(away, back)
    sums.keep_ready(pauses)
    assert pauses.seconds == [kept_sums.SOON, kept_sums.EVERY, kept_sums.EVERY], "it goes on where there is no database"
    assert min(asked) < at(0, day=1)
    asked.clear()
    kept.clock.passes(10)
    kept.direct.asked.clear()
    assert sums.days(MAY, ["shop"])
    assert min(asked) > at(0, day=2), "of the last two days alone"
    assert kept.direct.asked == []


def refuse(*_, **__):
    raise DatabaseUnavailable("away")


def test_what_is_written_about_a_day_makes_it_anew(kept):
    kept.keep_up()
    kept.write(at(9, day=2), 1000)
    demand_same(kept)
    assert max(one.entered for one in kept.everything(kept.sums)[0]) == 4000
    assert kept.keep_up() == 1
    demand_same(kept)


def test_a_copy_that_is_not_finished_is_not_summed_up(kept):
    claimed = WriterCursor(EventId("", -1), "")
    kept.db.transaction(lambda transaction: put_cursor(transaction, COPY, claimed))
    with pytest.raises(CopyUnfinished):
        kept.keep_up()
    kept.db.transaction(lambda transaction: finish(transaction, None))
    assert kept.keep_up() == 3


def test_an_old_day_that_is_written_about_is_noticed_too(kept):
    kept.clock.passes(20 * 86400)
    kept.write(at(9, day=1), 7)
    kept.keep_up()
    kept.write(at(9, day=1), 1000)
    demand_same(kept)


def test_other_sites_in_a_zone_make_its_days_anew(kept):
    kept.keep_up()
    kept.sites = {ZURICH: ["shop", "bank"]}
    demand_same(kept)
    assert kept.keep_up() == 3


def test_without_the_file_the_database_tells_everything(kept):
    kept.keep_up()
    kept.store.close()
    demand_same(kept)


@pytest.mark.parametrize("table", ["hours", "days"])
def test_with_a_damaged_page_in_the_file_the_database_tells_everything(kept, table, monkeypatch, caplog):
    kept.keep_up()

    def damaged(*_):
        raise LocalStoreUnavailable(f"history.sqlite cannot be read: {table}: database disk image is malformed")

    for name in ("hours",) if table == "hours" else ("days_of_sites", "totals_of_sites", "totals_of_doors"):
        monkeypatch.setattr(kept.store, name, damaged)
    demand_same(kept)
    sites, direct = kept.sums.totals(Scope.SITE, MAY, SHOP_ONLY), kept.direct.totals(Scope.SITE, MAY, SHOP_ONLY)
    assert [one[2:] for one in sites] == [one[2:] for one in direct]
    assert "is malformed" in caplog.text


def test_that_sums_cannot_be_kept_is_said_once_and_that_they_can_again(kept, caplog, monkeypatch):
    caplog.set_level("INFO")
    monkeypatch.setattr(kept_sums, "FIRST_WAIT", 0)
    monkeypatch.setattr(kept_sums, "EVERY", 0)
    outcomes = iter([LocalStoreUnavailable("no space left"), DatabaseUnavailable("gone"), None, None])
    stop = threading.Event()

    def keep_up(_):
        outcome = next(outcomes, stop)
        if outcome is stop:
            stop.set()
        elif outcome is not None:
            raise outcome

    keeper = kept.keeper()
    monkeypatch.setattr(keeper, "keep_up", keep_up)
    keeper.run(stop)
    told = [record.getMessage() for record in caplog.records if record.name == kept_sums.__name__]
    assert told == [
        "Past days cannot be summed up, pages of the history take longer meanwhile: no space left",
        "Past days are summed up again",
    ]


WIDE = Where(["shop"], "shop-wide")


def test_hours_of_a_door_are_kept_too(kept):
    kept.past.counts(LEFT, at(15, day=3), 7, 2, quality=Quality.ESTIMATED, coverage=None)
    kept.keep_up()
    kept.direct.asked.clear()
    doors = kept.sums.stretches(HOUR, Scope.DOOR, MAY.start, MAY.end, WIDE)
    assert kept.direct.asked == [(at(0), at(0, day=5))], "but for today"
    assert doors == DirectSums(PlaceHistory(kept.db)).stretches(HOUR, Scope.DOOR, MAY.start, MAY.end, WIDE)
    kept.write(at(9, day=2), 1000)
    kept.keep_up()
    assert kept.store.hours_of_door("shop", "shop-wide", MAY.first, MAY.first + timedelta(days=1))[23].entered == 2000


def test_of_a_door_that_moved_each_site_has_its_own_hours(kept):
    kept.sites = {ZURICH: ["shop", "bank"]}
    kept.past.counts(replace(LEFT, site=replace(SHOP, site_id="bank"), camera="moved"), at(15, day=3), 7, 2)
    doors = [one for site, one in PlaceHistory(kept.db).door_hours(MAY.start, MAY.end, ["bank"])]
    assert [(one.subject, one.start, one.entered) for one in doors] == [("bank-wide", at(15, day=3), 7)]
    kept.keep_up()
    assert kept.store.hours_of_door("bank", "bank-wide", MAY.first, MAY.last) == doors


def test_lines_are_asked_of_the_database(kept):
    kept.keep_up()
    kept.direct.asked.clear()
    kept.sums.stretches(HOUR, Scope.LINE, MAY.start, MAY.end, replace(WIDE, line_id=str(LEFT.key)))
    assert kept.direct.asked == [(MAY.start, MAY.end)]


def test_hours_of_a_door_that_are_damaged_come_from_the_database(kept, caplog):
    kept.keep_up()
    with kept.store._file.writing() as connection:
        connection.execute("UPDATE door_hours SET hours = x'00' WHERE day = ?", (date(2026, 5, 2).toordinal(),))
    doors = kept.sums.stretches(HOUR, Scope.DOOR, MAY.start, MAY.end, WIDE)
    assert doors == DirectSums(PlaceHistory(kept.db)).stretches(HOUR, Scope.DOOR, MAY.start, MAY.end, WIDE)
    assert "the kept hours of a door cannot be read" in caplog.text


def test_stamps_of_settled_days_are_not_read_again_and_again(kept):
    class Counted:
        def __init__(self, history):
            self.history, self.asked = history, []

        def stamps(self, start, end):
            self.asked.append(start)
            return self.history.stamps(start, end)

        def stamp_check(self, before):
            return self.history.stamp_check(before)

    stamps = Counted(PlaceHistory(kept.db))
    book = StampBook(stamps, kept.clock, monotonic=kept.clock.monotonic)
    for _ in range(5):
        book.look()
        kept.clock.passes(10)
    assert len([start for start in stamps.asked if start.year == 1970]) == 1
    assert book.mark(ZURICH, date(2026, 5, 3), ["shop"]) != book.mark(ZURICH, date(2026, 5, 3), ["bank"])
    assert timedelta(0) < kept.clock.now() - at(14)
