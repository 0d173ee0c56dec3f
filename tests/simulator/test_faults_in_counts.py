"""Faults in what is counted and shown, without a network."""

import pytest

from peoplecount.simulator.fault import BY_SECONDS, FaultName, FaultOrder, FaultRefused
from peoplecount.simulator.firmware import AI, NGINX_JSON
from tests.support.virtual_cameras import CHECK, TWO_CHANNELS, TWO_LINES, CameraUnderTest, plan

AI_CHECK = "/opensdk/WiseAI/search/objectcounting/check?channel=0&index=1"


@pytest.fixture
def camera():
    """Five in and four out so far."""
    under_test = CameraUnderTest(plan(lines=TWO_LINES))
    under_test.walk(entered=5, left=4)
    return under_test


def truth(camera, line=0):
    return camera.simulation.truth()[line]


def test_a_restart_loses_counts_and_everybody_who_crosses_meanwhile(camera):
    camera.inject("restart", seconds=30)
    assert camera.caller.send(CHECK).manner.name == "RESET"
    camera.time.passes(10)
    camera.walk(entered=2)
    camera.time.passes(21)
    camera.walk(entered=1)
    assert camera.totals() == [(1, 0), (0, 0)]
    assert (truth(camera)["in"], truth(camera)["totals"]["in"]) == (8, 1)


def test_after_a_restart_zero_may_show_for_some_polls_and_then_the_old_totals(camera):
    camera.inject("zero-after-restart", count=2)
    assert [camera.totals()[0] for _ in range(3)] == [(0, 0), (0, 0), (5, 4)]


def test_zero_shows_on_every_channel_of_a_poll_that_asks_channel_by_channel():
    camera = CameraUnderTest(plan(firmware=NGINX_JSON, lines=TWO_CHANNELS))
    camera.walk(entered=5)
    camera.walk(entered=6, channel=1)
    camera.inject("zero-after-restart", count=1)
    first, second = ([camera.caller.text(f"{CHECK}&Channel={channel}") for channel in (0, 1)] for _ in range(2))
    assert ["InCount=0" in text for text in first] == [True, True]
    assert ["InCount=5" in second[0], "InCount=6" in second[1]] == [True, True]


def test_one_stale_answer_is_lower_than_before_and_the_next_is_right(camera):
    camera.time.passes(3600)
    before = camera.totals()
    camera.inject("stale-answer")
    stale, after = camera.totals(), camera.totals()
    assert before == after == [(5, 4), (0, 0)]
    assert stale == [(4, 3), (0, 0)]


def test_a_stale_answer_shows_totals_of_ten_minutes_ago(camera):
    camera.time.passes(3600)
    camera.walk(entered=20)
    camera.inject("stale-answer")
    assert camera.totals()[0] == (5, 3)


def test_in_and_out_may_reset_at_different_polls(camera):
    camera.inject("split-reset")
    camera.walk(entered=1, left=1)
    assert [camera.totals()[0] for _ in range(2)] == [(1, 5), (1, 0)]
    assert truth(camera)["in"] == 6


def test_a_manual_reset_takes_everything_to_zero(camera):
    camera.inject("manual-reset")
    assert camera.totals() == [(0, 0), (0, 0)]
    camera.walk(entered=1)
    assert camera.totals() == [(1, 0), (0, 0)]
    assert truth(camera)["today"] == {"in": 6, "out": 4}


def test_a_clock_step_over_midnight_resets_and_date_shows_it():
    camera = CameraUnderTest(start="2026-03-03T23:30:00")
    camera.walk(entered=3)
    camera.inject("clock-step", seconds=3600)
    camera.time.passes(1)
    assert camera.totals() == [(0, 0)]
    date = camera.caller.json("/stw-cgi/system.cgi?msubmenu=date&action=view")
    assert (date["LocalTime"], date["UTCTime"]) == ("2026-03-04 00:30:01", "2026-03-03 23:30:01")


def test_a_clock_step_within_the_day_leaves_the_totals(camera):
    camera.inject("clock-step", seconds=-600)
    camera.time.passes(1)
    assert camera.totals()[0] == (5, 4)


def test_without_the_daylight_saving_rule_the_reset_comes_an_hour_after_midnight():
    camera = CameraUnderTest(start="2026-06-30T12:00:00")
    camera.inject("no-daylight-saving")
    camera.time.reaches("2026-07-01T00:30:00")
    camera.walk(entered=3)
    assert camera.totals() == [(3, 0)]
    camera.time.reaches("2026-07-01T01:00:01")
    assert camera.totals() == [(0, 0)]
    assert camera.caller.json("/stw-cgi/system.cgi?msubmenu=date&action=view")["DSTEnable"] is False
    assert truth(camera)["today"]["in"] == 3


def test_a_camera_may_come_without_the_rule():
    camera = CameraUnderTest(plan(daylight_saving=False), start="2026-07-01T00:30:00")
    date = camera.caller.json("/stw-cgi/system.cgi?msubmenu=date&action=view")
    assert date["LocalTime"] == "2026-06-30 23:30:00"


def test_a_disabled_line_counts_nobody_and_leaves_the_answer(camera):
    camera.inject("line-disabled", line=1)
    camera.time.passes(1)
    camera.walk(entered=2)
    assert camera.totals() == [(0, 0)]  # the other line
    camera.simulation.clear_faults()
    camera.time.passes(1)
    camera.walk(entered=1)
    assert camera.totals() == [(6, 4), (0, 0)]
    assert truth(camera)["in"] == 8


def test_a_missing_line_leaves_the_answer_but_goes_on_counting(camera):
    camera.inject("line-missing", seconds=60)
    camera.walk(entered=2)
    assert camera.totals() == [(0, 0)]
    camera.time.passes(61)
    assert camera.totals() == [(7, 4), (0, 0)]


def test_wiseai_cameras_have_the_same_faults():
    camera = CameraUnderTest(plan(firmware=AI))
    camera.walk(entered=5)
    camera.inject("zero-after-restart")
    counts = []
    for _ in range(2):
        line = camera.caller.json(AI_CHECK)["objectCountingLive"][0]["countingRules"][0]["lines"][0]
        counts.append(line["directionBasedResult"][0]["count"])
    assert counts == [0, 5]
    camera.inject("line-missing")
    assert camera.caller.json(AI_CHECK)["objectCountingLive"][0]["countingRules"][0]["lines"] == []


def test_clearing_ends_what_goes_on_and_sets_the_clock_right(camera):
    for fault in ("500", "no-daylight-saving", "line-missing", "zero-after-restart"):
        camera.inject(fault)
    camera.inject("clock-step", seconds=7200)
    camera.simulation.clear_faults("1")
    assert camera.totals()[0] == (5, 4)
    date = camera.caller.json("/stw-cgi/system.cgi?msubmenu=date&action=view")
    assert (date["LocalTime"], date["DSTEnable"]) == ("2026-03-03 10:00:00", True)
    assert camera.simulation.active_faults() == {"1": []}


def test_overlapping_blindness_is_subtracted_once(camera):
    camera.inject("line-disabled", seconds=100)
    camera.inject("restart", seconds=50)
    camera.time.passes(10)
    camera.walk(entered=7)
    camera.time.passes(91)
    camera.walk(entered=1)
    assert camera.totals()[0] == (1, 0)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"fault": "earthquake"}, "unknown fault 'earthquake'; allowed are timeout, refused, 401"),
        ({}, "unknown fault None"),
        ([], "JSON object"),
        ({"fault": "500", "colour": 1}, "unknown field 'colour'; allowed are"),
        ({"fault": "500", "count": 0}, "at least 1"),
        ({"fault": "500", "count": 1.5}, "whole number"),
        ({"fault": "500", "count": "many"}, "a number is expected"),
        ({"fault": "500", "count": True}, "a number is expected"),
        ({"fault": "500", "seconds": -1}, "greater than 0"),
        ({"fault": "500", "seconds": float("nan")}, "a number is expected"),
        ({"fault": "clock-step"}, "needs seconds"),
        ({"fault": "line-missing", "count": 2}, "takes no count"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_what_is_allowed(fields, complaint):
    with pytest.raises(FaultRefused, match=complaint):
        FaultOrder.parse(fields)


def test_a_line_that_is_not_there_cannot_fail(camera):
    with pytest.raises(FaultRefused, match="it has 1-0-1-1, 1-0-1-2"):
        camera.inject("line-missing", line=3)


NEEDS = {
    "zone-change": {"name": "America/New_York"},
    "line-renamed": {"name": "Door 7"},
    "line-added": {"name": "Door 7"},
    "history-depth": {"days": 3},
    "history-values": {"values": 25},
}


@pytest.mark.parametrize("name", FaultName)
def test_every_fault_can_be_ordered_at_every_camera_and_cleared(camera, name):
    camera.inject(name, **{"seconds": 5, **NEEDS.get(name, {})})
    camera.time.passes(60)
    lasts = name in BY_SECONDS - {"clock-step"}
    assert camera.simulation.active_faults() == {"1": [name] if lasts else []}
    camera.simulation.clear_faults()
    assert camera.simulation.active_faults() == {"1": []}


def test_a_year_of_truth_is_summed_by_days_of_the_site():
    camera = CameraUnderTest(start="2026-03-28T12:00:00")
    camera.walk(entered=1)
    camera.time.reaches("2026-03-30T12:00:00")
    camera.walk(entered=2, left=1)
    found = truth(camera)
    assert (found["in"], found["out"]) == (3, 1)
    assert {day: people["in"] for day, people in found["days"].items()} == {
        "2026-03-28": 1,
        "2026-03-29": 0,
        "2026-03-30": 2,
    }
