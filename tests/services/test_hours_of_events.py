"""Whoever goes by the events comes to the same hours as the ledger beside them."""

from datetime import UTC, timedelta

import pytest

from peoplecount.domain.event import EventKind
from peoplecount.domain.event_body import read_increment
from peoplecount.domain.hour_ledger import HourLedger
from tests.support.keeping import Keeping, at
from tests.support.modelled_camera import ModelledCamera

hypothesis = pytest.importorskip("hypothesis")
given, settings, strategies = hypothesis.given, hypothesis.settings, hypothesis.strategies

HOUR = at("2026-03-10T01:00:00")


def told(days):
    return {
        (day.day, slot): cell.told
        for day in days.values()
        for line in day.lines.values()
        for slot, cell in line.cells.items()
        if cell.told
    }


@settings(max_examples=60, deadline=None)
@given(strategies.integers(-2_500_000, 2_500_000), strategies.integers(-1_500_000, 1_500_000))
def test_a_reading_at_the_end_of_an_hour_is_of_the_same_hour_in_both(microseconds, error) -> None:
    read_at = HOUR + timedelta(microseconds=microseconds)
    camera = ModelledCamera([HOUR - timedelta(minutes=1)], [], ahead=timedelta(microseconds=error))
    keeping = Keeping()
    keeping.polls(camera, HOUR - timedelta(minutes=2))
    keeping.polls(camera, read_at)
    by_events = HourLedger({}, UTC)
    for event in keeping.entries(EventKind.COUNT):
        by_events.tell(read_increment(event))
    assert told(by_events.days) == told(keeping.keeper.days("7"))
