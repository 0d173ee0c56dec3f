"""How far today's figures can be trusted, on the live board."""

import pytest

from peoplecount.domain.camera import CameraState
from peoplecount.domain.counter import BreakKind
from peoplecount.domain.event import Quality
from peoplecount.domain.event_body import Place, break_event
from tests.support.board_service import BoardService
from tests.support.shop import FRONT, LEFT, RIGHT, SHOP, at, only, until


@pytest.fixture
def service() -> BoardService:
    service = BoardService([SHOP], now=at(14))
    service.count(FRONT, 30, 12)
    return service


def shown(service: BoardService) -> dict:
    service.catch_up()
    return service.board.snapshot(service.clock.now())


def line_of(service: BoardService, gate) -> dict:
    return {line["lineId"]: line for line in shown(service)["lines"]}[str(gate.key)]


def sure(row: dict) -> tuple:
    return row["qualityToday"], row["coverageToday"]


def restarted(service: BoardService) -> BoardService:
    """Another process that begins from what the log keeps at hand."""
    fresh = BoardService([SHOP], now=service.clock.now())
    fresh.board.load(service.log.latest())
    fresh.board.note_seen(service.log.seen())
    return fresh


def test_a_correction_of_today_changes_line_door_site_and_who_is_inside(service):
    service.correct(FRONT, (5, 1))
    board = shown(service)
    assert (only(board["lines"])["inToday"], only(board["lines"])["outToday"]) == (35, 13)
    assert (only(board["doors"])["inToday"], only(board["sites"])["inToday"]) == (35, 35)
    assert only(board["sites"])["occupancy"] == 22
    assert sure(only(board["lines"])) == ("corrected", None)
    assert restarted(service).board.snapshot(service.clock.now()) == board


def test_a_correction_is_in_what_is_counted_after_it(service):
    service.correct(FRONT, (5, 1))
    service.count(FRONT, 1)
    assert line_of(service, FRONT)["inToday"] == 36
    assert line_of(service, FRONT)["difference"] == "5 more in and 1 more out than the camera shows."
    board = shown(service)
    restarted_board = restarted(service).board.snapshot(service.clock.now())
    assert only(restarted_board["lines"])["inToday"] == 36
    assert only(restarted_board["sites"])["occupancy"] == only(board["sites"])["occupancy"]


def test_a_correction_of_an_earlier_day_changes_nothing_today(service):
    before = line_of(service, FRONT)
    service.correct(FRONT, (5, 1), hours_ago=24)
    after = line_of(service, FRONT)
    assert (after["inToday"], after["outToday"]) == (before["inToday"], before["outToday"]) == (30, 12)


def test_a_correction_may_be_the_first_that_is_heard_of_a_line_today(service):
    until(service, at(10, day=5))
    service.seen(FRONT)
    assert line_of(service, FRONT)["inToday"] == 0
    service._today[FRONT.key] = (0, 0)
    service.correct(FRONT, (4, 2))
    assert (line_of(service, FRONT)["inToday"], line_of(service, FRONT)["cameraInToday"]) == (4, None)


def test_an_interval_tells_how_far_the_day_can_be_trusted_and_later_counts_make_it_no_better(service):
    assert sure(line_of(service, FRONT)) == ("measured", None)
    service.close(FRONT, Quality.BACK_FILLED, 0.6)
    assert sure(line_of(service, FRONT)) == ("back-filled", 0.6)
    service.count(FRONT, 1)
    assert sure(line_of(service, FRONT)) == ("back-filled", 0.6)
    service.close(FRONT, Quality.MEASURED, 0.7)
    assert sure(line_of(service, FRONT)) == ("measured", 0.7)
    assert sure(restarted(service).board.snapshot(service.clock.now())["lines"][0]) == ("measured", 0.7)


def test_doors_and_sites_are_as_good_as_their_worst_line_and_covered_in_the_mean(service):
    for gate, quality, coverage in ((LEFT, Quality.MEASURED, 1.0), (RIGHT, Quality.ESTIMATED, 0.5)):
        service.count(gate, 1)
        service.close(gate, quality, coverage)
    board = shown(service)
    assert [sure(door) for door in board["doors"]] == [("measured", None), ("estimated", 0.75)]
    assert sure(only(board["sites"])) == ("estimated", 0.75)


def test_on_a_new_day_trust_begins_anew_and_what_is_not_read_is_missing(service):
    service.close(FRONT, Quality.ESTIMATED, 0.5)
    until(service, at(0, 1, day=5))
    assert sure(line_of(service, FRONT)) == ("missing", None)
    service.seen(FRONT)
    service.clock.passes(6)
    assert sure(line_of(service, FRONT)) == ("measured", None)
    service.count(FRONT, 1)
    assert sure(line_of(service, FRONT)) == ("measured", None)


def test_breaks_of_today_are_told_newest_first_and_the_newest_outlives_a_restart(service):
    service.catch_up()
    service.breaks(FRONT, BreakKind.MIDNIGHT, "the in total went from 5 to 0 on a new day of the camera", "who crossed")
    service.clock.passes(60)
    service.breaks(FRONT, BreakKind.RESET, "the in total went from 30 to 2 within a day", "who crossed meanwhile")
    breaks = line_of(service, FRONT)["breaks"]
    assert [one["break"] for one in breaks] == ["reset", "midnight reset"]
    assert breaks[0]["unknown"] == "who crossed meanwhile"
    again = restarted(service).board.snapshot(service.clock.now())["lines"][0]["breaks"]
    assert again == breaks[:1]
    until(service, at(0, 1, day=5))
    assert line_of(service, FRONT)["breaks"] == []


def test_a_break_that_is_heard_before_the_count_of_its_line_is_kept():
    service = BoardService([SHOP], now=at(14))
    service.breaks(FRONT, BreakKind.GLITCH, "the in total was lower for a moment")
    service.count(FRONT, 1)
    assert [one["break"] for one in line_of(service, FRONT)["breaks"]] == ["glitch"]


def test_a_reset_explains_the_difference_to_the_camera(service):
    service.breaks(FRONT, BreakKind.RESET, "the in total went from 30 to 0 within a day", "who crossed")
    service._totals[FRONT.key] = (0, 0)
    service.clock.passes(120)
    service.count(FRONT, 2)
    line = line_of(service, FRONT)
    assert (line["cameraInToday"], line["inToday"]) == (2, 32)
    assert (
        line["difference"] == "30 more in and 12 more out than the camera shows, because it reset its totals at 14:00."
    )


def test_a_replaced_camera_explains_the_difference_too(service):
    service.breaks(FRONT, BreakKind.REPLACED, "the serial number changed; the in total of the new camera starts from 0")
    service._totals[FRONT.key] = (0, 0)
    service.count(FRONT, 2)
    line = line_of(service, FRONT)
    assert line["difference"].endswith("than the camera shows, because another one is in its place since 14:00.")


def test_a_removed_camera_takes_its_trust_along(service):
    service.breaks(FRONT, BreakKind.GLITCH, "the in total was lower for a moment")
    service.status(FRONT, CameraState.REMOVED)
    service.count(FRONT, 1)
    assert line_of(service, FRONT)["breaks"] == []


def test_a_break_of_a_whole_camera_is_told_of_the_camera(service):
    place = Place("shop", "Shop", "front", "Front")
    service.catch_up()
    service.append(break_event(place, service.clock.now(), "", "clock step", "the clock was set by 90 s", ""))
    board = shown(service)
    assert [one["reason"] for one in only(board["cameras"])["breaks"]] == ["the clock was set by 90 s"]
    assert only(board["lines"])["breaks"] == []
    assert restarted(service).board.snapshot(service.clock.now()) == board
    service.status(FRONT, CameraState.REMOVED)
    assert shown(service)["cameras"] == []
