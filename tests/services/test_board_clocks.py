from datetime import timedelta

import pytest

from peoplecount.domain.camera import CameraState
from peoplecount.domain.clock_body import ClockStanding, clock_event, read_clock
from peoplecount.domain.clock_watch import ClockChange
from peoplecount.domain.counter import BreakKind
from peoplecount.domain.event import EventKind
from peoplecount.domain.event_body import Place
from peoplecount.services.clock_words import camera_clock_words, change_words, off
from peoplecount.services.live_board import LiveBoard
from tests.support.board_service import BoardService
from tests.support.shop import BACK, FRONT, LEFT, SHOP, at


@pytest.fixture
def service():
    return BoardService([SHOP], now=at(14))


def tells(service, gate, error, *, offset=2.0, state=CameraState.UP):
    """A camera answers, and its clock is so many seconds ahead."""
    service.status(gate, state)
    place = Place(gate.site.site_id, gate.site.name, gate.camera, gate.camera)
    standing = ClockStanding(timedelta(seconds=error), timedelta(hours=offset), is_synced=True)
    service.append(clock_event(place, service.clock.now(), standing))


def shown(service):
    service.catch_up()
    board = service.board.snapshot(service.clock.now())
    return board, {camera["cameraId"]: camera for camera in board["cameras"]}


def test_a_camera_whose_clock_is_off_says_so_and_one_that_is_right_does_not(service):
    tells(service, FRONT, 84.0)
    tells(service, BACK, 0.0, offset=-3.5)
    board, cameras = shown(service)
    front, back = cameras["front"], cameras["back"]
    assert (front["clockError"], front["utcOffset"], front["clock"]) == (84.0, "+02:00", "its clock is 84 s ahead")
    assert (back["clockError"], back["utcOffset"], back["clock"]) == (0.0, "-03:30", "")
    assert (board["ownClock"], board["ownClockError"]) == ("", 0.0)


def test_a_clock_that_nobody_has_measured_is_unknown_and_not_right(service):
    service.status(FRONT, CameraState.UP)
    assert shown(service)[1]["front"]["clockError"] is None


def test_where_our_own_clock_is_wrong_no_camera_is_accused(service):
    for gate, error in ((FRONT, -600.0), (BACK, -599.4), (LEFT, -600.3)):
        tells(service, gate, error)
    before = service.board.turning(service.clock.now())
    board, cameras = shown(service)
    assert board["ownClock"].startswith("The clock of this machine is 10 min ahead: 3 of 3 cameras agree")
    assert board["ownClockError"] == 600.0
    assert {camera["clock"] for camera in cameras.values()} == {""}
    assert abs(cameras["back"]["clockError"]) < 1
    assert service.board.turning(service.clock.now()) != before


def test_where_machines_share_the_cameras_each_is_judged_by_those_that_it_polls(service):
    for gate, error in ((FRONT, -600.0), (BACK, -599.4), (LEFT, -600.3)):
        tells(service, gate, error)
    polled = {gate.camera for gate in (FRONT, BACK, LEFT)}
    board = LiveBoard(lambda: [SHOP], dict, judges=lambda: polled)
    board.load(service.log.latest())
    assert board.own_clock().is_wrong
    polled.clear()
    assert not board.own_clock().is_wrong, "theirs is"
    assert board.snapshot(service.clock.now())["ownClock"] == ""


def test_a_camera_that_does_not_answer_has_no_say_about_our_clock(service):
    for gate, state in ((FRONT, CameraState.UP), (BACK, CameraState.UP), (LEFT, CameraState.DOWN)):
        tells(service, gate, -600.0, state=state)
    board, cameras = shown(service)
    assert board["ownClock"] == ""
    assert cameras["front"]["clock"] == "its clock is 10 min behind"


def test_the_page_shows_both(service):
    tells(service, FRONT, 84.0)
    service.count(FRONT, 1)
    service.catch_up()
    page = service.app.test_client().get("/").get_data(as_text=True)
    assert "its clock is 84 s ahead" in page
    assert "data-own-clock hidden" in page
    for gate in (FRONT, BACK, LEFT):
        tells(service, gate, 84.0)
    service.catch_up()
    page = service.app.test_client().get("/").get_data(as_text=True)
    assert "data-own-clock>The clock of this machine is 84 s behind" in page


def test_what_is_told_of_a_clock_is_read_back():
    standing = ClockStanding(timedelta(seconds=-7.5), timedelta(hours=-9, minutes=-30), is_synced=False, trend=2.5)
    event = clock_event(Place("s", "S", "c", "C"), at(14), standing)
    assert read_clock(event) == standing
    assert (event.kind, event.subject) == (EventKind.CAMERA_CLOCK, "c")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (5, ""),
        (-6, "its clock is 6 s behind"),
        (84, "its clock is 84 s ahead"),
        (125, "its clock is 2 min 5 s ahead"),
        (-3600, "its clock is 1 h behind"),
        (3 * 86400, "its clock is 3 days ahead"),
    ],
)
def test_how_far_a_clock_is_off_is_said_in_words(seconds, words):
    assert camera_clock_words(timedelta(seconds=seconds)) == words


def test_lengths_of_time_have_two_units():
    assert off(timedelta(hours=30)) == "30 h ahead"
    assert off(timedelta(days=-400, hours=-5)) == "400 days 5 h behind"


def test_a_change_is_told_with_kind_and_reason():
    hour, now = timedelta(hours=1), at(14)
    shift = ClockChange(BreakKind.DAYLIGHT_SAVING, hour, hour, 2 * hour, now - hour, now)
    kind, reason, unknown = change_words(shift)
    assert (kind, unknown) == ("daylight-saving shift", "")
    assert reason.startswith("the camera's time zone moved from UTC+01:00 to UTC+02:00")
    step = ClockChange(BreakKind.CLOCK_STEP, timedelta(seconds=-84), hour, hour, now - hour, now)
    assert change_words(step)[1].startswith("the camera's clock was set back by 84 s")
