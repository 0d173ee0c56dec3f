"""``docs/stream.md`` names every field of the events it describes."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from peoplecount.domain.correction import CorrectionReason, HourCorrection
from peoplecount.domain.correction_body import correction_event
from peoplecount.domain.event import EventKind, NewEvent, Quality
from peoplecount.domain.event_body import Place, Standing, Status, break_event, count_event, status_event
from peoplecount.domain.figures import Figures
from peoplecount.domain.increment import Generation, Growth, Increment
from peoplecount.domain.interval import ClosedInterval, Scope
from peoplecount.domain.interval_body import interval_event
from peoplecount.domain.line import LineKey
from peoplecount.domain.told import Told
from tests.support.board_service import BoardService
from tests.support.shop import FRONT, SHOP, at

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "stream.md").read_text(encoding="utf-8")
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
KEY = LineKey("cam")
PLACE = Place("site", "Site", "cam", "Camera", "door", "Door", "Line")
GROWTH = Growth(Generation(date(2026, 5, 4)), 0, 5, 7)
HOUR = timedelta(hours=1)

EVENTS = (
    count_event(PLACE, Increment(KEY, NOON, NOON, datetime(2026, 5, 4, 14), GROWTH, GROWTH), Standing(7, 7, 0)),
    break_event(PLACE, NOON, str(KEY), "reset", "the total fell", "who crossed"),
    status_event(Status(PLACE, "up", NOON)),
    correction_event(
        PLACE,
        HourCorrection(
            KEY,
            NOON,
            NOON + HOUR,
            datetime(2026, 5, 4, 14),
            Figures(1, 1),
            Figures(2, 2),
            Quality.ESTIMATED,
            Quality.CORRECTED,
            1.0,
            CorrectionReason.OUTAGE,
        ),
        NOON,
        Standing(7, 7, 0),
    ),
    interval_event(
        PLACE,
        ClosedInterval(
            Scope.LINE,
            str(KEY),
            NOON,
            HOUR,
            datetime(2026, 5, 4, 14),
            Figures(0, 0),
            Quality.MEASURED,
            1.0,
            Told(None, Quality.MEASURED, 1.0),
        ),
        NOON,
    ),
)


def section(kind: str) -> str:
    """What the page says under an event's name."""
    return DOCUMENT.split(f"### `{kind}`")[1].split("\n### ")[0]


def named(text: str) -> set[str]:
    return set(re.findall(r"`([A-Za-z]+)`", text))


COMMON = named(section("PeopleCountingUpdate").split("| `from`")[0])


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind.value)
def test_every_field_of_an_event_is_described(event: NewEvent):
    fields = json.loads(event.body).keys()
    assert fields - named(section(event.kind.value)) - COMMON == set()


@pytest.mark.parametrize("kind", ["PeopleCountingUpdate", "CountCorrection", "IntervalClosed"])
def test_the_example_of_an_event_has_all_its_fields_and_no_other(kind: str):
    example = json.loads(re.search(r"```json\n(.*?)```", section(kind), re.DOTALL)[1])
    (event,) = [event for event in EVENTS if event.kind == EventKind(kind)]
    assert example.keys() == {"id", *json.loads(event.body)}


def test_every_field_of_a_snapshot_is_described():
    service = BoardService([SHOP], now=at(14))
    service.count(FRONT, 1)
    service.catch_up()
    snapshot = service.board.snapshot(service.clock.now())
    described = named(section("snapshot")) | named(section("OccupancyChanged")) | named(section("PeopleCountingUpdate"))
    rows = [row for part in ("sites", "doors", "cameras", "lines") for row in snapshot[part]]
    assert {name for row in rows for name in row} - described == set()
