"""How often somebody may ask: of each caller, of all workers together, and with few writes."""

import random

import pytest

from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.services.request_rates import KEY, MOST_CALLERS, SETTLED_EVERY, RequestRates
from tests.support.fake_clock import FakeClock

A_MINUTE = 600
WORKERS = 4


class CountedStore:
    """The local store, and how often it was written."""

    def __init__(self, path):
        self.store = LocalStore(path)
        self.store.open()
        self.writes = 0
        self.is_away = False

    def get(self, key):
        self._demand()
        return self.store.get(key)

    def change(self, key, work):
        self._demand()
        self.writes += 1
        self.store.change(key, work)

    def _demand(self):
        if self.is_away:
            raise LocalStoreUnavailable("the disk is full")


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def store(tmp_path):
    store = CountedStore(tmp_path / "store.sqlite")
    yield store
    store.store.close()


@pytest.fixture
def workers(clock, store):
    return [RequestRates(A_MINUTE, clock.monotonic, store, workers=WORKERS) for _ in range(WORKERS)]


def asked(workers, times, caller="key"):
    """How many of so many requests were answered, each at some worker."""
    chance = random.Random(times)
    return sum(chance.choice(workers).take(caller) == 0 for _ in range(times))


def test_rates_are_of_each_caller_and_only_of_the_last_ones(clock):
    rates = RequestRates(2, clock.monotonic)
    assert [rates.take("a"), rates.take("a"), rates.take("b")] == [0, 0, 0]
    assert rates.take("a") == 30
    clock.passes(29)
    assert 0 < rates.take("a") < 2
    clock.passes(2)
    assert rates.take("a") == 0
    for number in range(MOST_CALLERS):
        rates.take(str(number))
    assert rates.take("a") == 0


def test_all_workers_together_answer_no_more_than_one_would_but_for_a_twentieth(workers):
    assert A_MINUTE <= asked(workers, 3 * A_MINUTE) <= A_MINUTE * 1.05


def test_over_a_longer_time_the_rate_is_kept(workers, clock):
    answered = asked(workers, 2 * A_MINUTE)
    for _ in range(600):
        clock.passes(1)
        answered += asked(workers, 20)
    assert A_MINUTE * 11 * 0.99 <= answered <= A_MINUTE * 11 * 1.01


def test_one_worker_alone_may_answer_all_of_it(workers):
    assert asked(workers[:1], 2 * A_MINUTE) == A_MINUTE


def test_who_asks_within_the_rate_is_never_refused(workers, clock):
    for _ in range(300):
        clock.passes(1)
        assert asked(workers, A_MINUTE // 60) == A_MINUTE // 60


def test_the_store_is_written_for_some_requests_only_and_for_none_that_is_refused(workers, store):
    asked(workers, A_MINUTE // 2)
    assert store.writes <= A_MINUTE // 2 // (A_MINUTE // (20 * WORKERS))
    asked(workers, 3 * A_MINUTE)
    writes = store.writes
    assert asked(workers, A_MINUTE) == 0
    assert store.writes == writes


def test_little_is_settled_after_some_seconds(workers, store, clock):
    workers[0].take("key")
    clock.passes(SETTLED_EVERY)
    workers[0].take("key")
    assert store.writes == 1


def test_a_restart_gives_nobody_a_full_bucket(clock, store):
    before = RequestRates(A_MINUTE, clock.monotonic, store)
    assert asked([before], A_MINUTE) == A_MINUTE
    after = RequestRates(A_MINUTE, clock.monotonic, store)
    assert asked([after], A_MINUTE) <= A_MINUTE / 20, "what was not settled"
    assert after.take("other") == 0


def test_a_machine_that_was_started_anew_has_a_clock_that_was_too(store):
    clock = FakeClock()
    clock.passes(1_000_000)
    asked([RequestRates(A_MINUTE, clock.monotonic, store)], A_MINUTE)
    assert RequestRates(A_MINUTE, FakeClock().monotonic, store).take("key") == 0


def test_buckets_that_are_full_again_are_not_kept(workers, store, clock):
    asked(workers[:1], 50, "one")
    clock.passes(600)
    asked(workers[:1], 50, "other")
    assert '"one"' not in store.store.get(KEY).body


def test_what_cannot_be_read_is_nobodys(workers, store):
    store.store.put(KEY, '{"key": "many"}')
    assert asked(workers, 50) == 50


def test_without_the_store_each_counts_for_itself_and_says_so_once(workers, store, caplog):
    store.is_away = True
    assert asked(workers[:1], 2 * A_MINUTE) == A_MINUTE
    assert caplog.text.count("counted by each process for itself: the disk is full") == 1
    store.is_away = False
    assert workers[0].take("key") > 0, "what was answered meanwhile is settled later"
