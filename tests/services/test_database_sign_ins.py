"""How often a login is risked: two refusals in half an hour, whoever asks."""

from datetime import timedelta

import pytest

from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.services.database_sign_ins import NOT_AGAIN_FOR, DatabaseSignIns, SignInRecord
from peoplecount.storage.errors import CircuitOpen, SignInsHeldBack
from tests.support.fake_clock import FakeClock


class Store:
    """Shared by all processes."""

    def __init__(self):
        self.texts = {}
        self.away = False

    def change(self, key, work):
        if self.away:
            raise LocalStoreUnavailable("the disk is full")
        text = work(self.texts.pop(key, None))
        if text is not None:
            self.texts[key] = text


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def start(store, clock):
    """Another process; some time lies between two starts."""

    def start(login="sa in counts"):
        clock.passes(1)
        return DatabaseSignIns(login, store, now=clock.now, pause=clock.passes)

    return start


def is_refused(gate):
    gate.refused(gate.take())


def test_who_is_let_in_leaves_nothing_behind(start, store):
    gate = start()
    gate.accepted(gate.take())
    assert store.texts == {}


def test_after_a_refusal_the_same_process_waits(start, clock):
    gate = start()
    is_refused(gate)
    clock.passes(NOT_AGAIN_FOR.total_seconds() - 1)
    with pytest.raises(SignInsHeldBack, match=r"tried again at \d\d:\d\d UTC.*db check") as caught:
        gate.take()
    assert caught.value.at_sign_in
    clock.passes(1)
    assert gate.take()


def test_processes_that_began_before_the_refusal_wait_too_and_one_that_is_started_later_may_try(start):
    first, second = start(), start()
    is_refused(first)
    with pytest.raises(SignInsHeldBack):
        second.take()
    assert start().take()


@pytest.mark.parametrize("starts", range(2, 6))
def test_however_often_it_is_started_two_are_risked_in_half_an_hour(start, clock, starts):
    for number in range(starts):
        gate = start()
        if number < 2:
            is_refused(gate)
        else:
            with pytest.raises(SignInsHeldBack):
                gate.take()
    clock.passes(31 * 60)
    assert start().take()


def test_over_a_day_no_half_hour_has_more_than_two(start, clock):
    gate, refusals = start(), []
    for minute in range(24 * 60):
        if minute % 7 == 0:
            gate = start()
        try:
            is_refused(gate)
            refusals.append(clock.now())
        except SignInsHeldBack:
            pass
        clock.passes(60)
    together = [sum(timedelta(0) <= other - one < timedelta(minutes=30) for other in refusals) for one in refusals]
    assert max(together) == 2
    assert len(refusals) > 48


def test_somebody_who_gets_in_by_another_way_sets_everybody_free(start):
    gate = start()
    is_refused(gate)
    start().accepted("")
    assert gate.take()


def test_one_tries_at_a_time_and_the_others_wait_for_a_moment(start, clock):
    first, second = start(), start()
    leave = first.take()
    with pytest.raises(CircuitOpen, match="others are just signing in"):
        second.take()
    first.released(leave)
    assert second.take()


def test_an_attempt_whose_process_has_ended_holds_nobody_up_for_long_and_counts_for_nothing(start, clock):
    for _ in range(5):
        start().take()
        clock.passes(20)
    assert start().take()


def test_who_was_in_and_is_refused_once_more_counts(start):
    gate = start()
    gate.refused(None)
    with pytest.raises(SignInsHeldBack):
        gate.take()


def test_logins_are_counted_apart(start):
    is_refused(start())
    is_refused(start())
    assert start("other in counts").take()


def test_a_clock_that_was_wrong_by_years_holds_nobody_back_for_ever(start, clock):
    clock.is_set_by(10 * 365 * 86400)
    is_refused(start())
    clock.is_set_by(-10 * 365 * 86400)
    gate = start()
    with pytest.raises(SignInsHeldBack):
        gate.take()
    clock.passes(31 * 60)
    assert gate.take()


def test_without_the_local_store_nobody_counts_and_nobody_is_kept_out(start, store):
    store.away = True
    gate = start()
    for _ in range(3):
        is_refused(gate)


SPOILT = ["", "no JSON", "[]", '{"refused": 1}', '{"refused": ["x"], "trying": "", "since": ""}']


@pytest.mark.parametrize("text", SPOILT)
def test_a_record_that_cannot_be_read_is_as_good_as_none(text):
    assert SignInRecord.parse(text) == SignInRecord()
