"""What is said of a camera, so that somebody can act on it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from peoplecount.domain.camera import CameraState
from peoplecount.domain.device_facts import DeviceFacts
from peoplecount.domain.poll_tally import PollTally
from peoplecount.domain.sign_in import NOTHING
from peoplecount.domain.site import Site
from peoplecount.services.fleet_camera import PAUSED, FleetCamera, Level
from peoplecount.services.fleet_remarks import remarks, sign_in_words
from tests.support.fake_clock import FakeClock

NOW = FakeClock().now()
WELL = FleetCamera(
    "front",
    "Front",
    Site("shop", "Shop", "Europe/Zurich"),
    state=CameraState.UP.value,
    counts=True,
    day=(PollTally(90, 0, 9000),) * 96,
)


def said(camera):
    return [remark.sentence for remark in remarks(camera, NOW)]


def test_of_a_camera_that_is_well_one_calm_thing_is_said():
    assert [remark.level for remark in remarks(WELL, NOW)] == [Level.FINE]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (CameraState.DOWN, "Nobody is lost meanwhile"),
        (CameraState.CREDENTIALS_REJECTED, "Enter the right password"),
        (CameraState.CERTIFICATE_CHANGED, "Accept it if it is its own"),
        (CameraState.CERTIFICATE_UNKNOWN, "Accept it if it is its own"),
    ],
)
def test_why_a_camera_does_not_count_is_said_with_what_to_do(state, words):
    (remark,) = remarks(replace(WELL, state=state.value, reason="connected, but no answer within 10 s"), NOW)
    assert remark.level is Level.BAD
    assert remark.sentence.startswith("Connected, but no answer within 10 s. ")
    assert words in remark.sentence


def test_how_a_certificate_is_accepted_is_said_once():
    reason = (
        "the certificate is not trusted. If it is the camera's own, accept it: python -m peoplecount camera trust 7"
    )
    (sentence,) = said(replace(WELL, state=CameraState.CERTIFICATE_UNKNOWN.value, reason=reason))
    assert sentence.count("ccept it") == 1


@pytest.mark.parametrize("state", [PAUSED, CameraState.UNKNOWN.value])
def test_a_camera_of_which_nothing_is_wanted_or_known_is_no_trouble(state):
    assert [remark.level for remark in remarks(replace(WELL, state=state, counts=False), NOW)] == [Level.WAITING]


def test_a_camera_that_answers_and_has_not_been_read_is_trouble():
    assert remarks(replace(WELL, is_stale=True), NOW)[0].level is Level.BAD


def test_a_camera_without_lines_is_told_to_draw_one():
    assert "draw one" in said(replace(WELL, counts=False))[0]


def test_a_line_that_is_gone_is_named():
    line = {"missing": True, "lineName": "Left", "lineId": "front-0-1-1"}
    assert "Its line Left is no longer" in said(replace(WELL, lines=(line,)))[0]


def test_a_network_that_loses_polls_is_found_by_the_last_hour_alone():
    bad = PollTally(90, 9, 8100)
    assert "Answers 90%" in said(replace(WELL, day=(*WELL.day[:-5], *[bad] * 5)))[0]
    assert remarks(replace(WELL, day=(*[bad] * 91, *WELL.day[:5])), NOW)[0].level is Level.FINE


def test_a_few_polls_after_a_start_say_nothing_of_a_share():
    assert remarks(replace(WELL, day=(PollTally(5, 4, 10),)), NOW)[0].level is Level.FINE


def test_a_camera_that_answers_slowly_is_named():
    assert "Takes 2.0 s to answer" in said(replace(WELL, day=(PollTally(90, 0, 180_000),)))[0]


def test_a_clock_that_is_off_is_to_be_set_by_a_time_server():
    assert said(replace(WELL, clock_words="its clock is 84 s ahead"))[0].startswith("Its clock is 84 s ahead. Let ")


@pytest.mark.parametrize(("days", "words"), [(-1, "ended on"), (0, "ends on"), (30, "ends on"), (31, None)])
def test_a_certificate_is_named_a_month_before_it_ends(days, words):
    expires = (NOW + timedelta(days=days)).date().isoformat()
    found = said(replace(WELL, device=DeviceFacts(expires=expires)))[0]
    assert words in found if words else "Answers, and counts." in found


def test_an_accepted_certificate_goes_on_to_be_accepted_when_it_ends():
    camera = replace(WELL, accepted="00", device=DeviceFacts(expires=NOW.date().isoformat()))
    assert "goes on to be" in said(camera)[0]


def test_a_day_that_is_none_is_no_day():
    assert remarks(replace(WELL, device=DeviceFacts(expires="soon")), NOW)[0].level is Level.FINE


def test_the_most_urgent_comes_first():
    levels = [one.level for one in remarks(replace(WELL, is_stale=True, clock_words="its clock is off"), NOW)]
    assert levels == [Level.BAD, Level.ODD]


def test_the_budget_of_failed_sign_ins_is_told_with_its_end():
    assert sign_in_words(NOTHING, NOW) == "No sign-in has failed in the last half hour."
    once = NOTHING.failed("1", NOW)
    assert sign_in_words(once, NOW).startswith("1 of 2 failed sign-ins")
    assert "12:30 UTC" in sign_in_words(once.failed("2", NOW), NOW)
    assert "locked the account" in sign_in_words(once.blocked(NOW), NOW)
    assert "1 of 2" in said(replace(WELL, sign_ins=once))[0]


@pytest.mark.parametrize("record", [NOTHING.begun("1", NOW), NOTHING.failed("1", NOW - timedelta(hours=1))])
def test_a_sign_in_that_is_under_way_or_long_ago_is_nothing_to_be_said(record):
    assert [remark.level for remark in remarks(replace(WELL, sign_ins=record), NOW)] == [Level.FINE]
