"""``docs/stream.md`` names every field of the events it describes."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from peoplecount.domain.alert_body import AlertFacts, alert_event
from peoplecount.domain.alert_rule import AlertKind, AlertRule
from peoplecount.domain.alert_state import Happening, Turn
from peoplecount.domain.clock_body import ClockStanding, clock_event
from peoplecount.domain.correction import CorrectionReason, HourCorrection
from peoplecount.domain.correction_body import correction_event
from peoplecount.domain.event import EventKind, NewEvent, Quality
from peoplecount.domain.event_body import Place, Standing, Status, break_event, count_event, status_event
from peoplecount.domain.event_id import EventId
from peoplecount.domain.figures import Figures
from peoplecount.domain.increment import Generation, Growth, Increment
from peoplecount.domain.interval import ClosedInterval, Scope
from peoplecount.domain.interval_body import interval_event
from peoplecount.domain.line import LineKey
from peoplecount.domain.occupancy import Occupancy
from peoplecount.domain.occupancy_body import OccupancyNow, OccupancyReason, occupancy_event
from peoplecount.domain.told import Told
from peoplecount.services.missed_counts import record_fields
from peoplecount.settings.table import by_name
from peoplecount.storage.record_pages import RecordRow
from peoplecount.stream.selection import ALWAYS
from tests.support.board_service import BoardService
from tests.support.shop import FRONT, SHOP, at
from tests.support.stream_events import heard

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
    clock_event(PLACE, NOON, ClockStanding(timedelta(0), timedelta(hours=2), is_synced=True)),
    alert_event(
        AlertRule("full", AlertKind.OVER, "Full"),
        AlertFacts("shop", "Shop", {}, 60, 50),
        Happening("1", Turn.OPENED, frozenset({"inside"})),
        NOON,
        "60 people are inside.",
    ),
    occupancy_event(SHOP, OccupancyNow(Occupancy(NOON.date()), None), NOON, OccupancyReason.RESET),
)


def section(kind: str) -> str:
    """What the page says under an event's name."""
    return DOCUMENT.split(f"### `{kind}`")[1].split("\n### ")[0]


def named(text: str) -> set[str]:
    return set(re.findall(r"`([A-Za-z]+)`", text))


COMMON = named(section("PeopleCountingUpdate").split("| `from`")[0])


@pytest.fixture
def service() -> BoardService:
    service = BoardService([SHOP], now=at(14))
    for number in range(5):
        service.count(FRONT, number)
    service.catch_up()
    return service


@pytest.fixture
def client(service):
    return service.app.test_client()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind.value)
def test_every_field_of_an_event_is_described(event: NewEvent):
    fields = json.loads(event.body).keys()
    assert fields - named(section(event.kind.value)) - COMMON == set()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind.value)
def test_the_example_of_an_event_has_all_its_fields_and_no_other(event: NewEvent):
    assert example(section(event.kind.value)).keys() == {"id", *json.loads(event.body)}


def example(text: str) -> dict:
    return json.loads(re.search(r"```json\n(.*?)```", text, re.DOTALL)[1])


def test_every_event_of_the_log_is_described():
    assert {event.kind for event in EVENTS} | ALWAYS | {EventKind.READINGS} == set(EventKind)


def test_what_the_stream_itself_says_is_described_with_all_its_fields(client, service):
    service.log.trim(3, at(20))
    service.hub.reset(service.log.head())
    said = heard(client.get(f"/events?lastEventId={service.log.head().epoch}-1&timeout=0").iter_encoded())
    for name in ("gap", "goodbye"):
        (event,) = [one for one in said if one.name == name]
        assert example(section(name)).keys() == event.data.keys()
        assert event.data.keys() - named(section(name)) - COMMON == set()


def test_the_records_behind_a_gap_are_described_with_all_their_fields():
    row = RecordRow(EventId("e", 1), "s", "d", "c", "l", NOON, NOON, NOON, 1, 0, 1, 1, Quality.MEASURED)
    shown = example(DOCUMENT.split("## What a gap leaves out")[1])
    assert shown["records"][0].keys() == record_fields(row).keys()


@pytest.mark.parametrize("address", ["/events/ticket", "/close-stream", "/api/v1/records", "/stream-data"])
def test_addresses_that_are_named_are_there(client, address):
    assert address in DOCUMENT
    assert client.options(address).status_code == 200


@pytest.mark.parametrize("name", re.findall(r"`([A-Z_]{6,})`", DOCUMENT))
def test_settings_that_are_named_are_there(name):
    assert name in by_name()


def test_every_field_of_a_snapshot_is_described():
    service = BoardService([SHOP], now=at(14))
    service.count(FRONT, 1)
    service.catch_up()
    snapshot = service.board.snapshot(service.clock.now())
    described = named(section("snapshot")) | named(section("OccupancyChanged")) | named(section("PeopleCountingUpdate"))
    rows = [row for part in ("sites", "doors", "cameras", "lines") for row in snapshot[part]]
    assert {name for row in rows for name in row} - described == set()
