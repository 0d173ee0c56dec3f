"""Trimming the log by all who follow it: as long as there is room, nothing goes that somebody has not read."""

import threading
from contextlib import closing
from datetime import timedelta

import pytest

from peoplecount.domain.event_id import EventId
from peoplecount.eventlog.log import Append, LogUnavailable
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from peoplecount.services.log_keeping import LogKeeping
from peoplecount.services.log_trimming import HELD_FOR, LogTrimming
from tests.support.counting_line import EIGHT, CountingLine
from tests.support.fake_clock import FakeClock

DAYS_7 = timedelta(days=7)
DAY = timedelta(days=1).total_seconds()


class Followed:
    """A log with consumers, all of which have read all of it until they are said to be slow."""

    def __init__(self, log):
        self.log = log
        self.term = log.raise_term()
        self.clock = FakeClock(EIGHT)
        self.line = CountingLine()
        self.slow = {}

    def counts(self, people):
        self.log.append(self.term, [Append(tuple(self.line.count(1) for _ in range(people)))], self.clock.now())

    def at(self, number):
        return EventId(self.log.head().epoch, number)

    def cursors(self):
        return {"projections": self.log.head(), "alerts": self.log.head(), **self.slow}

    def trimming(self, budget=10**9, written=None):
        return LogTrimming(
            self.log,
            written_up_to=lambda: written or self.log.head(),
            consumers=self.cursors,
            keep=DAYS_7,
            budget=budget,
            clock=self.clock,
        )

    def numbers(self):
        return [entry.event_id.number for entry in self.log.read(0, 10**6)]


@pytest.fixture(params=["memory", "sqlite", "redis"])
def followed(request, tmp_path):
    if request.param == "memory":
        log = MemoryEventLog()
    elif request.param == "sqlite":
        log = SQLiteEventLog(tmp_path / "events.sqlite")
    else:
        from peoplecount.eventlog.redis_log import RedisEventLog  # noqa: PLC0415 - needs redis-py

        log = RedisEventLog(request.getfixturevalue("shared_redis").address(63))
        log.link.ask("FLUSHDB")
    log.open()
    with closing(log):
        yield Followed(log)


def test_what_is_old_enough_goes_as_far_as_the_slowest_has_read(followed, caplog):
    followed.counts(6)
    followed.slow = {"webhooks": followed.at(2), "mqtt": followed.at(4)}
    followed.clock.passes(8 * DAY)
    trimming = followed.trimming()
    trimming.trim_old()
    assert followed.numbers() == [3, 4, 5, 6]
    assert (caplog.text, trimming.missed) == ("", {})
    followed.slow = {}
    followed.clock.passes(DAY)
    trimming.trim_old()
    assert followed.numbers() == []


@pytest.mark.parametrize("cursor", [None, EventId("another", 99)])
def test_for_one_of_which_nobody_knows_how_far_it_is_everything_is_held(followed, cursor, caplog):
    followed.counts(3)
    followed.slow = {"mqtt": cursor}
    followed.clock.passes(8 * DAY)
    followed.trimming().trim_old()
    assert len(followed.numbers()) == 3
    followed.clock.passes(HELD_FOR.total_seconds())
    followed.trimming().trim_old()
    assert followed.numbers() == []
    assert caplog.text == ""


def test_nobody_holds_the_log_for_ever_and_who_loses_its_place_is_named_once(followed, caplog):
    followed.counts(6)
    followed.slow = {"webhooks": followed.at(2), "mqtt": followed.at(4)}
    trimming = followed.trimming()
    followed.clock.passes(14 * DAY + 1)
    trimming.trim_old()
    assert followed.numbers() == []
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "webhooks lost its place in the event log: 4 events" in caplog.text
    assert "mqtt lost its place in the event log: 2 events" in caplog.text
    assert "older than 14 days" in caplog.text
    followed.counts(5)
    followed.clock.passes(15 * DAY)
    trimming.trim_old()
    assert len(caplog.records) == 2
    assert trimming.missed == {"webhooks": 9, "mqtt": 7}


def test_who_has_found_its_place_again_is_named_again(followed, caplog):
    trimming = followed.trimming()
    for _ in range(2):
        followed.slow = {"mqtt": followed.log.head()}
        followed.counts(2)
        followed.clock.passes(15 * DAY)
        trimming.trim_old()
    assert caplog.text.count("mqtt lost its place in the event log: 2 events") == 2
    assert trimming.missed == {"mqtt": 4}


def test_without_room_what_all_have_read_goes_first(followed, caplog):
    followed.counts(12_000)
    followed.clock.passes(2 * 3600)
    followed.slow = {"webhooks": followed.at(11_000)}
    trimming = followed.trimming(budget=followed.log.size() * 2 // 3)
    assert 0 < trimming.trim_to_fit() <= 11_000
    assert 11_001 in followed.numbers()
    assert caplog.text == ""


def test_without_room_even_so_the_slowest_loses_its_place_with_one_warning(followed, caplog):
    followed.counts(12_000)
    followed.clock.passes(2 * 3600)
    followed.slow = {"webhooks@shop2": followed.at(100)}
    trimming = followed.trimming(budget=followed.log.size() // 3)
    gone = trimming.trim_to_fit()
    assert gone > 100
    assert followed.numbers() == list(range(gone + 1, 12_001))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert f"webhooks@shop2 lost its place in the event log: {gone - 100} events" in caplog.text
    assert "LOG_DISK_BUDGET" in caplog.text
    assert trimming.missed == {"webhooks@shop2": gone - 100}


def test_what_the_database_lacks_stays_whatever_all_others_have_read(followed):
    followed.counts(6)
    followed.clock.passes(30 * DAY)
    trimming = followed.trimming(budget=1, written=followed.at(2))
    trimming.trim_old()
    trimming.trim_to_fit()
    assert followed.numbers() == [3, 4, 5, 6]


def test_nothing_goes_while_nobody_can_tell_who_has_read_it(followed):
    followed.counts(3)
    followed.clock.passes(30 * DAY)

    def away():
        raise LogUnavailable("the store is away")

    trimming = followed.trimming(budget=1)
    trimming._consumers = away
    with pytest.raises(LogUnavailable):
        trimming.trim_old()
    with pytest.raises(LogUnavailable):
        trimming.trim_to_fit()
    assert len(followed.numbers()) == 3


def test_the_state_of_the_log_tells_who_missed_how_much(followed):
    followed.counts(3)
    followed.slow = {"mqtt": followed.at(1)}
    followed.clock.passes(15 * DAY)
    keeping = LogKeeping(
        followed.log,
        term=followed.term,
        written_up_to=followed.log.head,
        consumers=followed.cursors,
        keep=DAYS_7,
        budget=10**9,
        clock=followed.clock,
    )
    keeping.tend(threading.Event())
    assert keeping.state.figures()["missed"] == {"mqtt": 2}
