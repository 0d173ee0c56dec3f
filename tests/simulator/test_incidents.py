"""What befalls a camera, a line or its clock, and what the camera says of it afterwards."""

import pytest

from peoplecount.simulator.fault import FaultOrder, FaultRefused
from peoplecount.simulator.firmware import AI
from tests.support.virtual_cameras import CHECK, TWO_LINES, VIEW, Caller, CameraUnderTest, plan

INFO = "/stw-cgi/system.cgi?msubmenu=deviceinfo&action=view"
DATE = "/stw-cgi/system.cgi?msubmenu=date&action=view"


@pytest.fixture
def camera():
    """Five in and four out so far at the first of two lines."""
    under_test = CameraUnderTest(plan(lines=TWO_LINES))
    under_test.walk(entered=5, left=4)
    return under_test


def lines(camera):
    """By index: name, mode and coordinates."""
    found = camera.caller.json(VIEW)["PeopleCount"][0]["Lines"]
    return {line["Line"]: (line["Name"], line["Mode"], line["Coordinates"]) for line in found}


def seen(camera, row=0, day="2026-03-03"):
    """Hours in which somebody was seen: in and out."""
    hours = camera.simulation.truth_by_hour()[row]["seen"][day]
    pairs = enumerate(zip(hours["in"], hours["out"], strict=True))
    return {hour: people for hour, people in pairs if any(people)}


def test_a_camera_without_power_counts_nobody_and_keeps_what_it_had(camera):
    camera.inject("power-off", seconds=60)
    assert camera.caller.send(CHECK).manner.name == "RESET"
    camera.walk(entered=3)
    camera.time.passes(61)
    camera.walk(entered=1)

    assert camera.totals()[0] == (6, 4)
    assert seen(camera) == {10: (6, 4)}
    assert camera.simulation.truth()[0]["in"] == 9


def test_a_manual_reset_may_leave_the_history(camera):
    camera.inject("manual-reset", history=True)
    camera.walk(entered=1)

    assert camera.totals()[0] == (1, 0)
    assert camera.simulation.truth_by_hour()[0]["history"]["2026-03-03"]["in"][10] == 6


def test_a_manual_reset_takes_the_history_with_it_and_the_truth_stays(camera):
    camera.inject("manual-reset")
    camera.walk(entered=1)

    assert camera.totals()[0] == (1, 0)
    hours = camera.simulation.truth_by_hour()[0]
    assert (hours["history"]["2026-03-03"]["in"][10], hours["seen"]["2026-03-03"]["in"][10]) == (1, 6)


def test_a_camera_in_the_place_of_another_has_its_own_name_and_no_memory(camera):
    before = camera.caller.json(INFO)
    camera.inject("camera-replaced", seconds=30)
    camera.time.passes(31)
    camera.walk(entered=2)
    stranger = Caller(camera.front)
    after = stranger.json(INFO)

    assert before["SerialNumber"] != after["SerialNumber"]
    assert before["ConnectedMACAddress"] != after["ConnectedMACAddress"]
    assert after["ConnectedMACAddress"].replace(":", "-") in stranger._challenge["realm"]
    assert camera.totals()[0] == (2, 0)
    assert camera.simulation.truth_by_hour()[0]["history"]["2026-03-03"]["in"][10] == 2


@pytest.mark.parametrize("name", ["North", "", "WestDoor"])
def test_a_line_may_be_called_anything_even_nothing_or_what_another_is_called(camera, name):
    camera.inject("line-renamed", name=name)

    assert lines(camera)[1][0] == name
    assert camera.caller.json(CHECK)["PeopleCount"][0]["Lines"][0]["Name"] == name
    assert camera.totals()[0] == (5, 4)


@pytest.mark.parametrize(("follows", "remembered"), [(True, 5), (False, 0)])
def test_history_follows_a_new_name_or_does_not(camera, follows, remembered):
    camera.inject("line-renamed", name="North", history=follows)

    assert camera.simulation.truth_by_hour()[0]["history"]["2026-03-03"]["in"][10] == remembered


def test_a_line_that_is_drawn_anew_starts_from_zero(camera):
    before = lines(camera)[1][2]
    camera.inject("line-moved")
    camera.walk(entered=1)

    assert lines(camera)[1][2] != before
    assert camera.totals()[0] == (1, 0)


def test_a_line_that_is_turned_round_counts_the_other_way_from_then_on(camera):
    camera.inject("line-reversed")
    camera.walk(entered=2)
    assert lines(camera)[1][1] == "RightToLeftIn"
    assert camera.totals()[0] == (5, 6)
    camera.inject("line-reversed")
    camera.walk(entered=1)

    assert lines(camera)[1][1] == "LeftToRightIn"
    assert camera.totals()[0] == (6, 6)
    assert seen(camera) == {10: (6, 6)}
    assert (camera.simulation.truth()[0]["in"], camera.simulation.truth()[0]["out"]) == (8, 4)


def test_an_added_line_counts_from_then_on(camera):
    camera.inject("line-added", name="Third")
    camera.walk(entered=2)

    assert lines(camera)[3][0] == "Third"
    assert camera.totals() == [(7, 4), (0, 0), (2, 0)]
    assert seen(camera, row=2) == {10: (2, 0)}


def test_a_removed_line_is_gone_and_the_truth_still_knows_it(camera):
    camera.inject("line-removed", line=1)
    camera.time.passes(1)

    assert list(lines(camera)) == [2]
    assert len(camera.totals()) == 1
    assert [(row["index"], row["removed"]) for row in camera.simulation.truth_by_hour()] == [(2, False), (1, True)]
    assert seen(camera, row=1) == {10: (5, 4)}


def test_another_zone_moves_the_clock_and_the_day(camera):
    camera.inject("zone-change", name="America/New_York")
    date = camera.caller.json(DATE)

    assert (date["LocalTime"], date["UTCTime"]) == ("2026-03-03 04:00:00", "2026-03-03 09:00:00")
    assert date["POSIXTimeZone"].startswith("STWT5STWST,M3.2.0/2")
    assert date["DSTEnable"] is True
    camera.simulation.clear_faults()
    assert camera.caller.json(DATE)["LocalTime"] == "2026-03-03 10:00:00"


def test_a_zone_that_is_none_is_refused(camera):
    with pytest.raises(FaultRefused, match="no time zone 'Europe/Atlantis'"):
        camera.inject("zone-change", name="Europe/Atlantis")


def test_totals_may_fall_a_while_after_midnight(camera):
    camera.inject("late-midnight", seconds=3)
    camera.time.reaches("2026-03-04T00:00:02")
    camera.walk(entered=1)
    assert camera.totals()[0] == (6, 4)
    camera.time.reaches("2026-03-04T00:00:03")
    camera.walk(left=1)

    assert camera.totals()[0] == (0, 1)
    assert seen(camera, day="2026-03-04") == {0: (1, 1)}


def test_in_may_fall_at_midnight_and_out_some_seconds_later(camera):
    camera.inject("split-midnight", seconds=2)
    camera.time.reaches("2026-03-04T00:00:01")
    camera.walk(entered=1, left=1)
    assert camera.totals()[0] == (1, 5)
    camera.time.reaches("2026-03-04T00:00:02")

    assert camera.totals()[0] == (1, 0)


def test_a_wiseai_camera_shows_its_lines_as_they_were_set(camera):
    camera = CameraUnderTest(plan(firmware=AI, lines=TWO_LINES))
    for fault, more in (("line-renamed", {"name": "North"}), ("line-reversed", {}), ("line-removed", {"line": 2})):
        camera.inject(fault, **more)
    found = camera.caller.json("/opensdk/WiseAI/configuration/objectcounting?channel=0")
    [line] = found["objectCountingConfiguration"][0]["countingRules"][0]["lines"]

    assert (line["name"], line["mode"]) == ("North", "RightToLeftIn")


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"fault": "line-renamed"}, "needs a name: the line's new one"),
        ({"fault": "line-renamed", "name": 7}, "name is 7: a text"),
        ({"fault": "zone-change"}, "of a time zone, such as"),
        ({"fault": "late-midnight"}, "needs seconds: how late"),
        ({"fault": "late-midnight", "seconds": -1}, "greater than 0"),
        ({"fault": "history-depth"}, "needs days: a whole number from 1"),
        ({"fault": "history-values", "values": 0}, "at least 1"),
        ({"fault": "history-values", "values": 500}, "from 1 to 100"),
        ({"fault": "search-refused", "days": 3}, "takes no days"),
        ({"fault": "manual-reset", "history": "yes"}, "history is 'yes': true or false"),
    ],
)
def test_an_order_that_lacks_something_is_refused_with_what_it_needs(fields, complaint):
    with pytest.raises(FaultRefused, match=complaint):
        FaultOrder.parse(fields)
