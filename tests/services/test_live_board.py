"""The live board."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from peoplecount.domain.camera import CameraState
from peoplecount.domain.site import Site
from peoplecount.domain.threshold import Threshold
from tests.support.board_service import BoardService, Gate
from tests.support.shop import BACK, FRONT, LEFT, RIGHT, SHOP, at, only, until


@pytest.fixture
def service() -> BoardService:
    return BoardService([SHOP], now=at(14))


def shown(service: BoardService) -> dict:
    service.catch_up()
    return service.board.snapshot(service.clock.now())


def test_a_count_shows_on_line_door_site_and_camera(service):
    service.count(FRONT, 3, 1)
    board = shown(service)
    assert board["kind"] == "snapshot"
    assert board["time"] == "2026-05-04T12:00:00.000Z"
    line = only(board["lines"])
    assert (line["lineId"], line["inToday"], line["outToday"], line["in"]) == ("front-0-1-1", 3, 1, 3)
    assert line["lastReadingAt"] == "2026-05-04T12:00:00.000Z"
    assert "inGeneration" not in line
    door = only(board["doors"])
    assert (door["doorName"], door["inToday"], door["outToday"], door["complete"]) == ("Front", 3, 1, True)
    site = only(board["sites"])
    assert (site["siteName"], site["timeZone"], site["date"], site["capacity"]) == (
        "Shop",
        "Europe/Zurich",
        "2026-05-04",
        50,
    )
    assert (site["occupancy"], site["inToday"], site["outToday"], site["complete"]) == (2, 3, 1, True)
    camera = only(board["cameras"])
    assert (camera["cameraId"], camera["cameraName"], camera["state"]) == ("front", "Front", "unknown")


def test_doors_and_sites_sum_their_lines(service):
    for gate, entered in ((LEFT, 2), (RIGHT, 3), (FRONT, 10)):
        service.count(gate, entered, 1)
    board = shown(service)
    assert [(door["doorName"], door["inToday"], door["outToday"]) for door in board["doors"]] == [
        ("Front", 10, 1),
        ("Wide", 5, 2),
    ]
    assert only(board["sites"])["inToday"] == 15


def test_after_midnight_a_line_that_was_read_is_at_zero_and_others_are_not_known(service):
    service.count(FRONT, 3, 1)
    service.count(BACK, 7, 2)
    until(service, at(0, 1, day=5))
    service.seen(FRONT)
    board = shown(service)
    by_door = {door["doorName"]: door for door in board["doors"]}
    assert (by_door["Front"]["inToday"], by_door["Front"]["outToday"]) == (0, 0)
    assert (by_door["Back"]["inToday"], by_door["Back"]["complete"]) == (None, False)
    site = only(board["sites"])
    assert (site["date"], site["inToday"], site["complete"]) == ("2026-05-05", 0, False)


def test_before_anything_was_read_on_the_new_day_nothing_is_known(service):
    service.count(FRONT, 3, 1)
    until(service, at(0, 1, day=5))
    site = only(shown(service)["sites"])
    assert (site["inToday"], site["outToday"], site["occupancy"], site["complete"]) == (None, None, None, False)


def test_the_new_day_begins_at_the_midnight_of_the_site(service):
    tokyo = replace(SHOP, site_id="tokyo", time_zone="Asia/Tokyo")
    service.sites.append(tokyo)
    service.count(FRONT, 1)
    service.count(Gate(tokyo, "Front", "tokyo-front"), 5)
    until(service, datetime(2026, 5, 4, 15, 1, tzinfo=UTC))
    shop, other = shown(service)["sites"]
    assert (shop["date"], shop["inToday"]) == ("2026-05-04", 1)
    assert (other["date"], other["inToday"]) == ("2026-05-05", None)


def test_people_inside_are_forgotten_at_the_reset_time_and_not_before(service):
    service.sites[0] = bar = replace(SHOP, reset_time=time(4, 0))
    gate = replace(FRONT, site=bar)
    service.count(gate, 9)
    until(service, at(3, 59, day=5))
    service.seen(gate)
    assert only(shown(service)["sites"])["occupancy"] == 9
    until(service, at(4, 1, day=5))
    assert only(shown(service)["sites"])["occupancy"] is None
    service.seen(gate)
    service.clock.passes(6)
    assert only(shown(service)["sites"])["occupancy"] == 0


def test_the_newest_count_of_a_site_tells_who_is_inside(service):
    service.count(FRONT, 5)
    service.count(BACK, 0, 2)
    assert only(shown(service)["sites"])["occupancy"] == 3


def test_a_status_shows_state_reason_and_since(service):
    service.status(FRONT, CameraState.DOWN, "no route to host", minutes_ago=5)
    camera = only(shown(service)["cameras"])
    assert (camera["state"], camera["reason"], camera["since"]) == (
        "down",
        "no route to host",
        "2026-05-04T11:55:00.000Z",
    )
    assert camera["lastReadingAt"] is None


def test_a_removed_camera_is_gone_with_its_lines(service):
    service.count(FRONT, 3)
    service.count(BACK, 4)
    service.status(FRONT, CameraState.REMOVED)
    board = shown(service)
    assert [camera["cameraId"] for camera in board["cameras"]] == ["back"]
    assert only(board["sites"])["inToday"] == 4


def test_loading_the_newest_entries_shows_the_same_as_folding_all(service):
    for gate in (FRONT, LEFT, RIGHT, BACK, FRONT, LEFT):
        service.count(gate, 2, 1)
    service.status(BACK, CameraState.REMOVED)
    service.seen(FRONT)
    folded = shown(service)
    fresh = BoardService([SHOP], now=service.clock.now())
    fresh.board.load(service.log.latest())
    fresh.board.note_seen(service.log.seen())
    assert fresh.board.snapshot(service.clock.now()) == folded
    assert fresh.board.head == service.board.head


def test_readings_never_go_back_and_of_unknown_lines_are_left_out(service):
    service.count(FRONT, 1)
    service.catch_up()
    service.board.note_seen({"front-0-1-1": at(9), "stranger-0-1-1": at(14)})
    assert service.board.last_readings() == {"front": at(14)}


def test_a_camera_is_stale_after_some_of_its_own_polls(service):
    service.count(FRONT, 1)
    service.catch_up()
    service.board._intervals = lambda: {"front": 60.0}
    assert only(shown(service)["cameras"])["staleAfter"] == 180


def test_a_site_nobody_configured_is_shown_under_the_name_its_events_carry(service):
    stranger = Site("gone", "Gone", "Europe/Zurich")
    service.count(Gate(stranger, "Gate", "gone-camera"), 1)
    site = only(shown(service)["sites"])
    assert (site["siteId"], site["siteName"], site["timeZone"], site["inToday"]) == ("gone", "Gone", "UTC", 1)


def test_a_site_in_an_unknown_time_zone_is_shown_in_utc(service):
    service.sites[0] = replace(SHOP, time_zone="Mars/Olympus")
    service.count(FRONT, 1)
    assert only(shown(service)["sites"])["timeZone"] == "UTC"


def test_without_any_camera_the_configured_sites_are_shown_empty(service):
    board = shown(service)
    site = only(board["sites"])
    assert (site["occupancy"], site["inToday"], site["complete"]) == (None, None, False)
    assert (board["doors"], board["cameras"], board["lines"]) == ([], [], [])


def test_what_the_clock_changes_is_noticed(service):
    service.count(FRONT, 1)
    service.catch_up()
    noon = service.board.turning(at(14))
    assert service.board.turning(at(23, 59)) == noon
    midnight = service.board.turning(at(0, 0, day=5))
    assert midnight != noon
    service.board.note_seen({"front-0-1-1": at(0, 0, day=5) + timedelta(seconds=10)})
    assert service.board.turning(at(0, 1, day=5)) != midnight


def test_an_edited_site_is_noticed(service):
    service.count(FRONT, 1)
    service.catch_up()
    before = service.board.turning(at(14))
    service.sites[0] = replace(SHOP, capacity=80)
    assert service.board.turning(at(14)) != before


def test_the_board_says_in_people_when_a_site_is_busy_and_full(service):
    service.count(FRONT, 1)
    assert [(site["busyFrom"], site["fullFrom"]) for site in shown(service)["sites"]] == [(43, 50)]
    before = service.board.turning(at(14))
    service.sites[0] = replace(SHOP, busy_from=Threshold(50, is_share=True), full_from=Threshold(30))
    assert service.board.turning(at(14)) != before  # so that open pages are told
    assert [(site["busyFrom"], site["fullFrom"]) for site in shown(service)["sites"]] == [(25, 30)]


def test_a_line_its_camera_tells_of_no_longer_is_unknown_and_said_to_be_missing(service):
    service.count(LEFT, 3)
    service.count(RIGHT, 4)
    service.clock.passes(86_400)
    service.seen(LEFT)
    board = shown(service)
    lines = {line["lineId"]: (line["inToday"], line["missing"]) for line in board["lines"]}
    assert lines == {str(LEFT.key): (0, False), str(RIGHT.key): (None, True)}
    assert not only(board["sites"])["complete"]
    assert {line["lineId"]: line["lastReadingAt"] for line in board["lines"]}[str(RIGHT.key)] < board["time"]


def test_a_line_that_goes_missing_and_comes_back_is_noticed(service):
    service.count(LEFT, 3)
    service.count(RIGHT, 4)
    service.catch_up()
    both = service.board.turning(service.clock.now())
    service.clock.passes(120)
    service.board.note_seen({str(LEFT.key): service.clock.now()})
    assert service.board.turning(service.clock.now()) != both
    service.board.note_seen({str(RIGHT.key): service.clock.now()})
    assert service.board.turning(service.clock.now()) == both


def test_a_count_of_the_sites_today_that_its_camera_dates_yesterday_is_unknown_and_not_zero(service):
    """Half past midnight in Zurich, and the camera's clock is on UTC."""
    service.clock.passes((at(0, 30, day=5) - service.clock.now()).total_seconds())
    service.count(FRONT, 30)
    service.catch_up()
    line = service.board._state.lines[str(FRONT.key)]
    service.board._state.lines[str(FRONT.key)] = replace(line, day=line.day - timedelta(days=1))
    assert only(service.board.snapshot(service.clock.now())["lines"])["inToday"] is None
