"""What an ODBC driver does not come back from, and should have."""

from types import SimpleNamespace

import pytest

from peoplecount.storage.odbc_under_way import LATE, UnderWay
from tests.support.fake_clock import FakeClock


class Cursor:
    def __init__(self):
        self.cancelled = 0
        self.closed = False

    def cancel(self):
        if self.closed:
            raise ValueError("attempt to use a closed cursor")
        self.cancelled += 1


def connection(timeout=30):
    return SimpleNamespace(timeout=timeout)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def under_way(clock):
    return UnderWay(clock.monotonic)


def test_a_statement_is_cancelled_once_it_has_outlasted_its_time_out(clock, under_way):
    late, recent = Cursor(), Cursor()
    first, second = connection(), connection()
    under_way.note(first, late)
    clock.passes(20)
    under_way.note(second, recent)
    clock.passes(10)
    under_way.cancel_overdue()
    assert late.cancelled == 0, "the driver may still give it up by itself"
    clock.passes(LATE)
    under_way.cancel_overdue()
    assert (late.cancelled, recent.cancelled) == (1, 0)


def test_the_time_of_each_statement_is_its_own(clock, under_way):
    one, first, second = connection(), Cursor(), Cursor()
    under_way.note(one, first)
    clock.passes(34)
    under_way.note(one, second)
    clock.passes(34)
    under_way.cancel_overdue()
    assert (first.cancelled, second.cancelled) == (0, 0)


def test_what_has_no_time_out_is_left_alone(clock, under_way):
    cursor = Cursor()
    one = connection(timeout=0)
    under_way.note(one, cursor)
    clock.passes(86_400)
    under_way.cancel_overdue()
    assert cursor.cancelled == 0
    under_way.cancel(one)
    assert cursor.cancelled == 1, "whoever gives a call up altogether does not ask for its time"


def test_what_has_ended_meanwhile_is_no_error(clock, under_way):
    ended, late = Cursor(), Cursor()
    ended.closed = True
    connections = [connection(), connection()]
    for one, cursor in zip(connections, (ended, late), strict=True):
        under_way.note(one, cursor)
    clock.passes(60)
    under_way.cancel_overdue()
    assert late.cancelled == 1


def test_a_connection_that_is_closed_is_forgotten(clock, under_way):
    one, cursor = connection(), Cursor()
    under_way.note(one, cursor)
    under_way.forget(one)
    clock.passes(60)
    under_way.cancel_overdue()
    under_way.cancel(one)
    assert cursor.cancelled == 0
