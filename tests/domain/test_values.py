"""Small values: ids, positions, slots, played time, event bodies, the roster."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from peoplecount.domain.camera import Camera, CameraState
from peoplecount.domain.clock import PlayedTime
from peoplecount.domain.door import Door
from peoplecount.domain.event import EventKind, LogEntry, Quality, parse_utc, utc_text
from peoplecount.domain.event_body import (
    Place,
    Standing,
    Status,
    count_event,
    read_increment,
    read_status,
    status_event,
)
from peoplecount.domain.event_id import EventId, MalformedEventId
from peoplecount.domain.increment import Generation, Growth, Increment
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.position import Mark, Position, accept
from peoplecount.domain.roster import Roster, RosterChanges
from peoplecount.domain.site import Site
from peoplecount.domain.slot import next_slot, phase

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
PLACE = Place("s1", "Store", "7", "Entrance", "d1", "East door", "Östlich")


def growth(before, after, generation=Generation(date(2026, 5, 4)), start=0):
    return Growth(generation, start, before, after)


def increment(entered, left=None):
    return Increment(
        LineKey("7"), NOON, NOON + timedelta(seconds=10), datetime(2026, 5, 4, 14, 0, 10), entered, left or growth(0, 0)
    )


def test_a_line_id_is_read_back_even_where_the_camera_id_holds_dashes():
    key = LineKey("shop-1-east", 1, 2, 3)
    assert LineKey.parse(str(key)) == key


@pytest.mark.parametrize("text", ["", "7", "7-0-1", "-0-1-1", "7-a-1-1"])
def test_what_is_no_line_id_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        LineKey.parse(text)


def test_an_event_id_is_read_back():
    assert EventId.parse("3f9a61c2-1234") == EventId("3f9a61c2", 1234)
    assert str(EventId("3f9a61c2", 1234)) == "3f9a61c2-1234"


@pytest.mark.parametrize("text", ["", "12", "x-", "-1", "a-1\n", "a-١", "A-1", "a-1-2", "a-" + "9" * 19])
def test_what_is_no_event_id_is_refused_with_an_example(text):
    with pytest.raises(MalformedEventId, match="3f9a61c2-1234"):
        EventId.parse(text)


def test_times_are_written_in_utc_with_z_and_read_back():
    assert utc_text(NOON) == "2026-05-04T12:00:00.000Z"
    assert parse_utc("2026-05-04T12:00:00.000Z") == NOON


def test_a_count_event_is_read_back_as_the_increment_it_was_made_from():
    one = increment(growth(40, 43), growth(7, 7, Generation(date(2026, 5, 3), 2), start=5))
    event = count_event(PLACE, one, Standing(43, 7, 36))
    assert read_increment(event) == replace(one, utc_offset=one.sight.offset)
    assert (event.kind, event.subject, event.door_id) == (EventKind.COUNT, "7-0-1-1", "d1")
    body = json.loads(LogEntry(EventId("e", 5), NOON, event).json())
    assert body["id"] == "e-5"
    assert (body["in"], body["out"], body["cameraInTotal"], body["inToday"], body["occupancy"]) == (3, 0, 43, 43, 36)
    assert (body["from"], body["localTime"], body["quality"]) == (
        "2026-05-04T12:00:00.000Z",
        "2026-05-04T14:00:10",
        Quality.MEASURED,
    )


def test_a_status_event_is_read_back():
    status = Status(Place("s1", "Store", "7", "Entrance"), CameraState.DOWN.value, NOON, "no answer")
    assert read_status(status_event(status)) == status


def test_a_line_that_was_never_written_is_taken_from_the_start_of_its_generation():
    assert accept(None, increment(growth(40, 43, start=40))).entered == 3
    bridged = accept(None, increment(growth(40, 43, start=30)))
    assert (bridged.entered, bridged.bridged) == (13, True)


def test_what_is_written_already_is_skipped_and_what_overlaps_is_cut():
    position = Position(Mark(Generation(date(2026, 5, 4)), 42), Mark(Generation(date(2026, 5, 4)), 0))
    assert accept(position, increment(growth(38, 42))) is None
    cut = accept(position, increment(growth(40, 45)))
    assert (cut.entered, cut.position.entered.total, cut.bridged) == (3, 45, False)


def test_an_increment_of_an_earlier_generation_is_skipped():
    position = Position(Mark(Generation(date(2026, 5, 4), 1), 2), Mark(Generation(date(2026, 5, 4)), 0))
    assert accept(position, increment(growth(38, 42))) is None


def test_a_hole_within_a_generation_is_bridged_by_the_totals():
    position = Position(Mark(Generation(date(2026, 5, 4)), 30), Mark(Generation(date(2026, 5, 4)), 0))
    bridged = accept(position, increment(growth(38, 42)))
    assert (bridged.entered, bridged.bridged) == (12, True)


def test_generations_follow_each_other():
    first = Generation(date(2026, 5, 4))
    assert first < first.next(date(2026, 5, 4)) < first.next(date(2026, 5, 5))
    assert first.next(date(2026, 5, 3)) == Generation(date(2026, 5, 4), 1)
    assert Generation.parse("2026-05-04.12") == Generation(date(2026, 5, 4), 12)
    with pytest.raises(ValueError, match=r"YYYY-MM-DD\.N"):
        Generation.parse("2026-05-04")


def test_slots_are_spread_and_do_not_depend_on_when_the_service_starts():
    phases = [phase(str(camera), 10.0) for camera in range(200)]
    assert all(0 <= one < 10 for one in phases)
    per_second = [sum(1 for one in phases if second <= one < second + 1) for second in range(10)]
    assert max(per_second) < 40
    first = next_slot("7", 10.0, 1_000_000.0)
    assert 1_000_000 < first <= 1_000_010
    assert next_slot("7", 10.0, first) == pytest.approx(first + 10)
    assert next_slot("7", 10.0, 1_000_003.0) in (pytest.approx(first), pytest.approx(first + 10))


@pytest.mark.parametrize(("interval", "steps"), [(0.2, 20), (1.0, 20), (10.0, 100), (60.0, 600)])
def test_slots_are_in_steps_so_that_cameras_share_a_wake_up(interval, steps):
    found = {phase(str(camera), interval) / interval * steps for camera in range(5000)}
    assert all(one == pytest.approx(round(one)) for one in found)
    assert len(found) > 0.95 * steps


def test_played_time_runs_at_its_speed_and_stands_still_at_its_end():
    played = PlayedTime(NOON, NOON, speed=60.0, played_until=NOON + timedelta(hours=1))
    assert played.at(NOON + timedelta(seconds=30)) == NOON + timedelta(minutes=30)
    assert played.at(NOON + timedelta(hours=5)) == NOON + timedelta(hours=1)
    assert played.at(NOON - timedelta(hours=5)) == NOON, "it waits for its beginning"


def roster(**changes):
    camera = Camera("7", "Entrance", "http://192.0.2.7", site_id="s1")
    sites = {"s1": Site("s1", "Store", "Europe/Zurich"), "default": Site("default", "Main", "UTC")}
    return Roster({"7": camera} | changes.pop("cameras", {}), sites, {"d1": Door("d1", "s1", "East door")})


def test_a_line_without_a_door_has_one_of_its_own_named_as_the_camera_names_it():
    place = roster().place_of_line(Camera("7", "Entrance", "http://x", site_id="s1"), LineKey("7", index=2), "Left")
    assert (place.site_name, place.door_id, place.door_name, place.line_name) == ("Store", "7-0-1-2", "Left", "Left")


def test_a_named_line_belongs_to_its_door():
    line = Line(LineKey("7"), "Inner", "d1")
    place = roster().place_of_line(Camera("7", "Entrance", "http://x", lines=(line,)), LineKey("7"), "Left")
    assert (place.site_id, place.door_name, place.line_name) == ("s1", "East door", "Inner")


def test_a_camera_of_an_unknown_site_belongs_to_the_default_site():
    assert roster().place(Camera("7", "Entrance", "http://x", site_id="gone")).site_id == "default"


def test_rosters_are_compared_camera_by_camera():
    other = Camera("8", "Back", "http://192.0.2.8")
    moved = Camera("7", "Entrance", "http://192.0.2.99", site_id="s1")
    assert roster().changes_to(roster(cameras={"8": other, "7": moved})) == RosterChanges(added=("8",), changed=("7",))
    assert roster(cameras={"8": other}).changes_to(roster()) == RosterChanges(removed=("8",))
    assert not roster().changes_to(roster())
