import logging
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from peoplecount.domain.event_body import read_increment
from peoplecount.domain.event_id import EventId
from peoplecount.domain.figures import Figures
from peoplecount.eventlog.log import Append, LogUnavailable, StaleTerm
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from peoplecount.services.log_keeping import LogKeeping
from peoplecount.services.log_trimming import SPARED, TRIM_SECONDS
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage.proxy import ProxyDB
from peoplecount.storage.schema import hour_counts, positions, quarter_hours, records
from tests.support.counting_line import EIGHT, HOUR, CountingLine
from tests.support.fake_clock import FakeClock

DAYS_7 = timedelta(days=7)
TEN_SECONDS = timedelta(seconds=10)


class Shop:
    """Some lines in front of a log, polled every ten seconds, and whoever keeps the log within bounds."""

    def __init__(self, log, lines=3):
        self.log = log
        self.term = self.log.raise_term()
        self.clock = FakeClock(EIGHT)
        self.lines = [CountingLine(index=index) for index in range(1, lines + 1)]
        self.written = None

    def keeping(self, budget, **more):
        return LogKeeping(
            self.log,
            term=self.term,
            written_up_to=lambda: self.written,
            keep=DAYS_7,
            budget=budget,
            clock=self.clock,
            monotonic=lambda: 0.0,
            **more,
        )

    def is_busy(self, hours=1):
        """People at every line in every ten seconds; every hour ends with its intervals."""
        for _ in range(hours):
            start = self.clock.now()
            for _ in range(360):
                self.clock.passes(10)
                self.append(*(line.count(2, 1) for line in self.lines))
            self.append(*(line.close(start, HOUR, Figures(720, 360), coverage=0.9) for line in self.lines))
            quarters = [start + number * HOUR / 4 for number in range(4)]
            self.append(
                *(line.close(one, HOUR / 4, Figures(180, 90)) for one in quarters for line in self.lines),
            )

    def append(self, *events):
        self.log.append(self.term, [Append(events)], self.clock.now())

    def entries(self):
        return self.log.read(0, 10**6)


@pytest.fixture
def shop():
    return Shop(MemoryEventLog())


def tend(keeping):
    keeping.tend(threading.Event())
    return keeping.state


def write_all(log, db):
    writer = RecordWriter(log, db)
    while writer.run_once():
        pass
    return writer


def table(db, which, *columns):
    return sorted(tuple(getattr(row, name) for name in columns) for row in db.execute(select(which)))


def test_what_the_database_has_goes_after_some_days_and_no_further_than_its_cursor(shop):
    shop.append(*(shop.lines[0].count(1) for _ in range(4)))
    shop.written = EventId(shop.log.head().epoch, 2)
    keeping = shop.keeping(10**9)
    tend(keeping)
    assert len(shop.entries()) == 4
    shop.clock.passes(8 * 86_400)
    state = tend(keeping)
    assert [entry.event_id.number for entry in shop.entries()] == [3, 4]
    assert (state.oldest_at, state.folded_up_to, state.is_over) == (EIGHT, None, False)


def test_old_events_are_looked_for_every_ten_minutes(shop):
    shop.append(shop.lines[0].count(1))
    keeping = shop.keeping(10**9)
    shop.written = shop.log.head()
    shop.clock.passes(DAYS_7.total_seconds() - 5)
    tend(keeping)
    shop.clock.passes(10)
    tend(keeping)
    assert len(shop.entries()) == 1
    shop.clock.passes(TRIM_SECONDS)
    assert tend(keeping).oldest_at is None
    assert shop.entries() == []


def test_nothing_is_trimmed_by_a_cursor_of_another_epoch(shop):
    shop.append(shop.lines[0].count(1))
    shop.written = EventId("another", 99)
    shop.clock.passes(30 * 86_400)
    tend(shop.keeping(10**9))
    assert len(shop.entries()) == 1


def test_past_its_budget_what_the_database_has_goes_first(shop, caplog):
    shop.is_busy(hours=4)
    full, shop.written = shop.log.size(), shop.log.head()
    with caplog.at_level(logging.INFO):
        state = tend(shop.keeping(full // 2))
    assert state.size == shop.log.size() <= full // 2
    assert state.folded_up_to is None
    assert not state.is_over
    assert [entry for entry in shop.entries() if entry.appended_at > shop.clock.now() - SPARED]
    assert "are in the database were removed" in caplog.text


def test_past_its_budget_what_the_database_lacks_is_folded(shop, caplog):
    shop.is_busy(hours=4)
    full, before = shop.log.size(), len(shop.entries())
    with caplog.at_level(logging.INFO):
        state = tend(shop.keeping(full // 2))
    assert state.size == shop.log.size() <= full // 2
    assert len(shop.entries()) < before / 3
    assert state.folded_up_to == shop.log.oldest()
    assert shop.log.beginning().number == 0
    assert caplog.text.count("were folded to") == 1
    assert state.figures()["foldedUpTo"] == str(shop.log.oldest())


def test_the_file_really_shrinks(tmp_path):
    shop = Shop(SQLiteEventLog(tmp_path / "events.sqlite"), lines=20)
    for _ in range(1080):
        shop.clock.passes(10)
        shop.append(*(line.count(2, 1) for line in shop.lines))
    full = shop.log.size()
    state = tend(shop.keeping(full * 2 // 3))
    assert full > 10_000_000
    assert state.size == shop.log.size() < full * 2 // 3
    assert sum(read_increment(entry.event).people.entered for entry in shop.entries()) == 2 * 1080 * 20
    shop.log.close()


def test_what_was_folded_is_not_looked_at_again(shop, caplog):
    shop.is_busy(hours=3)
    keeping = shop.keeping(1000)
    tend(keeping)
    before = shop.entries()
    with caplog.at_level(logging.INFO):
        tend(keeping)
        tend(shop.keeping(1000))
    assert shop.entries() == before
    assert caplog.text.count("were folded to") == 0


def test_a_line_and_hour_becomes_one_also_where_it_is_folded_in_parts(shop):
    shop.is_busy(hours=1)
    keeping = shop.keeping(1000)
    for _ in range(13):
        shop.clock.passes(300)
        tend(keeping)
    counts = [entry for entry in shop.entries() if entry.event.kind == "PeopleCountingUpdate"]
    assert len(counts) == len(shop.lines)


@pytest.mark.parametrize("written", [0, 1, 2000, 2001, 3300])
def test_the_database_has_the_same_hours_from_a_folded_log(shop, make_database, written):
    whole, other = make_database("whole"), make_database("folded")
    shop.is_busy(hours=3)
    writer = RecordWriter(shop.log, other, batch=max(written, 1))
    if written:
        writer.run_once()
    write_all(shop.log, whole)
    tend(shop.keeping(1000))
    shop.is_busy(hours=1)
    write_all(shop.log, whole)
    write_all(shop.log, other)
    for which, columns in (
        (hour_counts, ("line_id", "starts_at", "in_count", "out_count", "quality", "coverage")),
        (quarter_hours, ("line_id", "starts_at", "in_count", "out_count")),
        (positions, ("line_id", "in_generation", "in_total", "out_total")),
    ):
        assert table(other, which, *columns) == table(whole, which, *columns)


@pytest.fixture
def make_database(make_connection):
    from tests.support.own_tables import make_tables  # noqa: PLC0415 - needs the embedded database only

    def make(place):
        connection = make_connection("sqlite", place)
        make_tables(connection)
        return ProxyDB(connection, pause=lambda seconds: None)

    return make


def test_the_writer_goes_on_where_the_event_under_its_cursor_was_folded(shop, make_database):
    db = make_database("one")
    shop.is_busy(hours=3)
    writer = RecordWriter(shop.log, db, batch=1000)
    writer.run_once()
    epoch = shop.log.head().epoch
    tend(shop.keeping(1000))  # of which the writer knows nothing
    write_all(shop.log, db)
    assert shop.log.head().epoch == epoch
    assert sum(row.in_count for row in db.execute(select(records))) == sum(line.totals[0] for line in shop.lines)


def test_a_database_that_is_new_gets_what_was_folded_too(shop, make_database):
    shop.is_busy(hours=3)
    tend(shop.keeping(1000))
    db = make_database("new")
    write_all(shop.log, db)
    assert sum(row.in_count for row in db.execute(select(records))) == sum(line.totals[0] for line in shop.lines)


def test_a_log_that_is_too_large_all_the_same_is_said_once_and_loses_nobody(shop, caplog):
    shop.is_busy(hours=1)
    keeping = shop.keeping(200_000)
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            state = tend(keeping)
    assert state.is_over
    assert "more than its budget" in state.figures()["problem"]
    assert [record.levelname for record in caplog.records].count("ERROR") == 1
    shop.written = shop.log.head()
    shop.clock.passes(2 * 3600)
    with caplog.at_level(logging.INFO):
        state = tend(keeping)
    assert not state.is_over
    assert state.figures()["problem"] is None
    assert "within its budget again" in caplog.text


def test_who_no_longer_leads_folds_nothing(shop):
    shop.is_busy(hours=2)
    before = shop.entries()
    shop.log.raise_term()
    with pytest.raises(StaleTerm):
        tend(shop.keeping(1000))
    assert shop.entries() == before


def test_appends_get_in_between_and_stay_as_they_are(shop):
    shop.is_busy(hours=3)
    before = shop.log.head().number

    def offload(function, *arguments):
        result = function(*arguments)
        shop.append(shop.lines[0].count(1))
        return result

    keeping = LogKeeping(
        shop.log,
        term=shop.term,
        written_up_to=lambda: None,
        keep=DAYS_7,
        budget=1000,
        clock=shop.clock,
        offload=offload,
        monotonic=lambda: 0.0,
    )
    tend(keeping)
    after = [entry.event_id.number for entry in shop.log.read(before, 10**6)]
    assert len(after) > 5
    assert after == list(range(before + 1, shop.log.head().number + 1))


def test_it_goes_on_after_a_log_that_could_not_be_used(shop):
    stop, looked = threading.Event(), []
    keeping = shop.keeping(10**9)

    def tend_or_fail(stop):
        looked.append(len(looked))
        if len(looked) == 2:
            raise LogUnavailable("the disk is full")
        LogKeeping.tend(keeping, stop)
        if len(looked) == 3:
            stop.set()

    keeping.tend = tend_or_fail
    wait, stop.wait = stop.wait, lambda seconds=0: wait(0)
    keeping.run(stop)
    assert looked == [0, 1, 2]
