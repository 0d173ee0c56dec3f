"""Figures of workers, as all of them read them."""

import threading
from datetime import timedelta

import pytest

from peoplecount.domain.durations import Durations
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.services.worker_figures import FRESH_FOR, WORKERS, WorkerNotes, read_worker, read_workers
from tests.support.fake_clock import FakeClock


@pytest.fixture
def store(tmp_path):
    store = LocalStore(tmp_path / "store.sqlite")
    yield store
    store.close()


class Worker:
    """A worker that has opened so many streams."""

    def __init__(self, store, number, clock, *, leads=False):
        self.opened = 0
        self.polls = Durations()
        self.notes = WorkerNotes(
            store,
            number=lambda: number,
            leads=lambda: leads,
            numbers=lambda: [("streams_opened", (), self.opened), ("requests", ("api", "2xx"), 7)],
            durations={"poll": self.polls},
            troubles=lambda: ["The database is away."],
            clock=clock,
        )


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def pair(store, clock):
    return Worker(store, 1, clock, leads=True), Worker(store, 2, clock)


def told(one):
    return {figures.worker: figures.number("streams_opened") for figures in one.notes.all()}


def test_whoever_is_asked_tells_of_all(pair):
    first, second = pair
    first.opened, second.opened = 3, 5
    second.notes.keep()
    assert told(first) == {"1": 3, "2": 5}
    assert told(second) == {"1": 3, "2": 5}


def test_one_tells_its_own_as_they_are_now_and_no_counter_ever_goes_back(pair):
    first, second = pair
    second.notes.keep()
    before = 0
    for asked in (first, second, first, second, second):
        first.opened += 1
        now = told(asked).get("1", 0)
        assert now >= before
        before = now
    assert told(first)["1"] == first.opened


def test_all_that_is_kept_is_read_again(pair):
    first, _ = pair
    first.polls.note(0.2)
    (figures,) = first.notes.all()
    assert figures.number("requests", "api", "2xx") == 7
    assert figures.number("requests", "api", "5xx") is None
    assert (figures.leads, figures.durations["poll"], figures.troubles) == (
        True,
        first.polls,
        ("The database is away.",),
    )


def test_who_has_kept_nothing_for_long_is_not_told_of(pair, clock):
    first, second = pair
    second.notes.keep()
    clock.passes(FRESH_FOR.total_seconds() + 1)
    assert told(first).keys() == {"1"}


def test_who_ended_in_order_says_so_and_what_it_kept_last_stays(pair, store):
    first, second = pair
    stop = threading.Event()
    stop.set()
    second.opened = 5
    second.notes.run(stop)
    assert told(first).keys() == {"1"}
    (last,) = (one for one in read_workers(store) if one.worker == "2")
    assert (last.has_ended, last.number("streams_opened")) == (True, 5)


def test_what_is_a_day_old_is_forgotten(pair, store, clock):
    first, second = pair
    second.notes.keep()
    clock.passes(timedelta(days=1, seconds=1).total_seconds())
    first.notes.keep()
    assert [one.worker for one in read_workers(store)] == ["1"]


def test_what_another_version_kept_is_passed_over(pair, store):
    first, _ = pair
    store.put(f"{WORKERS}2", '{"at":"yesterday"}')
    store.put(f"{WORKERS}x", "{}")
    assert told(first).keys() == {"1"}
    for body in ("", "[]", "7", '{"at":"2026-05-04T12:00:00.000Z"}'):
        assert read_worker("1", body) is None


def test_while_the_store_is_away_it_goes_on_and_says_so_once(pair, caplog):
    first, _ = pair

    def away(*_):
        raise LocalStoreUnavailable("disk full")

    first.notes._store = type("Away", (), {"put": away, "under": away})()
    rounds = iter([False, False, True])
    stop = type("Stop", (), {"wait": lambda self, seconds: next(rounds)})()
    first.notes.run(stop)
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        "figures of this process cannot be kept for now: disk full"
    ]
