"""A recording made of what the log or the database keeps of a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from peoplecount.domain.camera import CameraState
from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.recording_file import read_recording, write_recording
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.services.count_rows import CountRow
from peoplecount.services.day_recorder import Day, NotRecorded, recorded_in_log, recorded_in_rows
from tests.support.board_service import BoardService, Gate

HALL = Site("hall", "Hall", "Europe/Zurich")
FAR = Site("far", "Far away", "Pacific/Auckland")
EAST, WEST = Gate(HALL, "East", "east"), Gate(HALL, "West", "west")
TODAY = Day(date(2026, 5, 4), {"hall": HALL})
MIDNIGHT = datetime(2026, 5, 3, 22, tzinfo=UTC)


@pytest.fixture
def service() -> BoardService:
    return BoardService([HALL], MIDNIGHT - timedelta(hours=1))


def passes(service: BoardService, **time: float) -> None:
    service.clock.passes(timedelta(**time).total_seconds())


def test_a_day_of_the_log_has_its_own_counts_and_no_others(service):
    service.count(EAST, 9)
    passes(service, hours=2)
    service.count(EAST, 2, 1)
    service.count(WEST, 1)
    passes(service, hours=24)
    service.count(EAST, 7)
    found = recorded_in_log(service.log, TODAY)
    assert [(one.place.camera_id, one.people) for one in found.counts] == [
        ("east", Figures(2, 1)),
        ("west", Figures(1, 0)),
    ]
    assert found.sites == {"hall": HALL}


def test_only_the_sites_that_are_asked_for_are_recorded(service):
    passes(service, hours=2)
    service.count(EAST, 1)
    service.count(Gate(FAR, "Door", "far"), 5)
    found = recorded_in_log(service.log, TODAY)
    assert {one.place.site_id for one in found.counts} == {"hall"}


def test_each_site_has_the_day_of_its_own_calendar():
    day = Day(date(2026, 5, 4), {"hall": HALL, "far": FAR})
    assert day.begin == datetime(2026, 5, 3, 12, tzinfo=UTC)
    assert day.end == MIDNIGHT + timedelta(days=1)


def test_a_camera_that_did_not_answer_leaves_a_gap(service):
    passes(service, hours=2)
    service.count(EAST, 1)
    service.status(EAST, CameraState.DOWN, "no route to host")
    passes(service, hours=1)
    service.status(EAST, CameraState.UP)
    service.count(EAST, 1)
    (gap,) = [one for one in recorded_in_log(service.log, TODAY).counts if one.people is None]
    assert gap.ended_at - gap.started_at == timedelta(hours=1) - timedelta(seconds=10), "the next count tells the rest"
    assert gap.key == EAST.key


def test_a_camera_that_was_silent_before_midnight_is_silent_until_it_answers(service):
    service.count(EAST, 1)
    service.status(EAST, CameraState.UP)
    service.status(EAST, CameraState.DOWN, "no route to host")
    passes(service, hours=4)
    service.status(EAST, CameraState.UP)
    service.count(EAST, 1)
    (gap,) = [one for one in recorded_in_log(service.log, TODAY).counts if one.people is None]
    assert (gap.started_at, gap.key) == (MIDNIGHT, EAST.key)
    assert gap.ended_at == service.clock.now() - timedelta(seconds=10), "the next count tells the rest"


def test_a_day_that_the_log_has_in_part_is_not_taken_from_it(service):
    passes(service, hours=2)
    service.count(EAST, 1)
    passes(service, hours=30)
    service.count(EAST, 1)
    assert recorded_in_log(service.log, TODAY) is not None
    service.log.trim(1, service.clock.now())
    assert recorded_in_log(service.log, TODAY) is None


def test_a_recorded_day_goes_into_a_file_and_comes_back(service):
    passes(service, hours=2)
    for gate in (EAST, WEST, EAST):
        passes(service, seconds=30)
        service.count(gate, 3, 2)
    found = recorded_in_log(service.log, TODAY)
    again = read_recording(list(write_recording(found)))
    assert list(again.counts) == list(found.counts)


def counted(hour: int, entered: int | None) -> CountRow:
    begin = MIDNIGHT + timedelta(hours=hour)
    return CountRow(
        "hall",
        "Hall",
        "d",
        "Door",
        "east-0-1-1",
        "Line",
        begin,
        begin + timedelta(minutes=15),
        begin.replace(tzinfo=None),
        "Europe/Zurich",
        None if entered is None else Figures(entered, 0),
        Quality.MISSING if entered is None else Quality.MEASURED,
        1.0,
        entered is not None,
    )


def test_a_day_of_the_database_is_recorded_by_the_quarter_with_its_gaps():
    rows = [counted(-1, 9), counted(8, 4), counted(9, None), counted(25, 9)]
    found = recorded_in_rows(rows, Roster(), TODAY)
    assert [one.people for one in found.counts] == [Figures(4, 0), None]


def test_a_day_of_which_nothing_is_kept_is_said_to_be_one():
    with pytest.raises(NotRecorded, match="2026-05-04"):
        recorded_in_rows([counted(9, None)], Roster(), TODAY)
