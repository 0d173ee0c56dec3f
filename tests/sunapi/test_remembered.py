from __future__ import annotations

from datetime import UTC, datetime, timedelta

from peoplecount.sunapi.remembered import Remembered, another_slot, older_than

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def test_it_is_due_until_it_is_read_and_again_when_it_is_old() -> None:
    item = Remembered[str](older_than(QUARTER))
    assert item.due(NOON)
    item.keep("a", NOON)

    assert not item.due(NOON + QUARTER - timedelta(seconds=1))
    assert item.due(NOON + QUARTER)
    assert item.due(NOON - timedelta(seconds=1)), "time has gone backwards"


def test_it_can_be_doubted_and_put_off_without_losing_its_value() -> None:
    item = Remembered[str](older_than(QUARTER))
    item.keep("a", NOON)
    item.expire()
    assert item.due(NOON)
    assert item.age(NOON) == timedelta.max

    item.put_off(NOON)

    assert not item.due(NOON)
    assert (item.value, item.age(NOON + QUARTER)) == ("a", QUARTER)


def test_slots_begin_on_the_clock() -> None:
    item = Remembered[str](another_slot(QUARTER))
    item.keep("a", NOON + timedelta(minutes=14, seconds=59))

    assert item.due(NOON + QUARTER)
    assert item.due(NOON - timedelta(seconds=1))
    assert not item.due(NOON)
