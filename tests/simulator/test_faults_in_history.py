"""Histories that are late, short, shifted, without end or not to be had."""

from datetime import date

import pytest

from peoplecount.simulator.firmware import AI
from tests.support.virtual_cameras import CameraUnderTest, plan

SEARCH = "/stw-cgi/recording.cgi?msubmenu=peoplecountsearch"
WISEAI = "/opensdk/WiseAI/search/objectcounting"


@pytest.fixture
def camera():
    """Four in, two of them yesterday at 22:30 and two at 9:30 today; it is half past ten."""
    return busy(CameraUnderTest(start="2026-03-02T22:30:00"))


def busy(camera):
    camera.walk(entered=2)
    camera.time.reaches("2026-03-03T09:30:00")
    camera.walk(entered=2)
    camera.time.reaches("2026-03-03T10:30:30")
    return camera


def hours(camera, day="2026-03-03"):
    """Hours in which somebody came in, as the classic search has it."""
    start = f"{SEARCH}&action=control&Mode=Start&FromDate={day}T00:00:00Z&ToDate={day}T23:59:59Z"
    token = camera.caller.json(start)["SearchToken"].strip()
    for _ in range(2):
        camera.caller.json(f"{SEARCH}&action=view&Type=Status&SearchToken={token}")
    found = camera.caller.json(f"{SEARCH}&action=view&Type=Results&SearchToken={token}")
    values = found["PeopleCountSearchResults"][0]["LineResults"][0]["DirectionResults"][0]["Result"].split(",")
    return {hour: int(people) for hour, people in enumerate(values) if people != "0"}, len(values)


def wiseai_hours(camera, day="2026-03-03"):
    path = f"{WISEAI}?channel=0&index=1&fromDate={day}T00:00:00&toDate={day}T23:59:59"
    token = camera.caller.json(path)["searchToken"]
    rules = camera.caller.json(f"{WISEAI}/{token}/results")["countingRules"]
    result = rules[0]["lineBasedResults"][0]["directionBasedResult"][0]["result"]
    return {hour: people for hour, people in enumerate(result) if people}


def test_a_history_is_brought_up_to_date_now_and_then(camera):
    camera.inject("late-history", seconds=300)
    camera.walk(entered=1)
    assert hours(camera)[0] == {9: 2}
    camera.time.reaches("2026-03-03T10:34:59")
    assert hours(camera)[0] == {9: 2}
    camera.time.reaches("2026-03-03T10:35:01")

    assert hours(camera)[0] == {9: 2, 10: 1}


@pytest.mark.parametrize(("days", "yesterday"), [(1, {}), (2, {22: 2})])
def test_a_history_reaches_back_so_many_days(camera, days, yesterday):
    camera.inject("history-depth", days=days)

    assert hours(camera)[0] == {9: 2}
    assert hours(camera, "2026-03-02")[0] == yesterday


@pytest.mark.parametrize("values", [1, 23, 25, 31])
def test_results_have_as_many_values_as_they_are_told(camera, values):
    camera.inject("history-values", values=values)

    assert hours(camera) == ({9: 2} if values > 9 else {}, values)


@pytest.mark.parametrize(("fault", "shown"), [(None, {9: 2}), ("utc-history", {8: 2})])
def test_a_wiseai_history_goes_by_the_local_day_unless_it_is_told_to_go_by_utc(fault, shown):
    camera = busy(CameraUnderTest(plan(firmware=AI), start="2026-03-02T22:30:00"))
    if fault:
        camera.inject(fault)

    assert wiseai_hours(camera) == shown


def test_in_utc_the_evening_west_of_it_belongs_to_the_next_day():
    camera = CameraUnderTest(plan(firmware=AI), start="2026-03-03T00:30:00")
    camera.inject("utc-history")
    camera.walk(entered=1)
    camera.time.passes(60)

    assert (wiseai_hours(camera), wiseai_hours(camera, "2026-03-02")) == ({}, {23: 1})


def test_a_search_may_never_be_done(camera):
    camera.inject("search-stuck", seconds=3600)
    start = f"{SEARCH}&action=control&Mode=Start&FromDate=2026-03-03T00:00:00Z&ToDate=2026-03-03T23:59:59Z"
    token = camera.caller.json(start)["SearchToken"].strip()
    status = f"{SEARCH}&action=view&Type=Status&SearchToken={token}"
    assert {camera.caller.json(status)["Status"] for _ in range(5)} == {"NotCompleted"}
    camera.time.passes(3601)

    assert [camera.caller.json(status)["Status"] for _ in range(2)] == ["NotCompleted", "Completed"]


@pytest.mark.parametrize(("more", "code"), [({}, 608), ({"code": 600}, 600), ({"code": 614}, 614)])
def test_searches_may_be_refused(camera, more, code):
    camera.inject("search-refused", **more)
    asked = camera.caller.json(f"{SEARCH}&action=control&Mode=Start&FromDate=2026-03-03T00:00:00Z")
    assert (asked["Response"], asked["Error"]["Code"]) == ("Fail", code)
    wiseai = CameraUnderTest(plan(firmware=AI))
    wiseai.inject("search-refused", **more)
    answer = wiseai.caller.get(f"{WISEAI}?channel=0&index=1&fromDate=2026-03-03T00:00:00&toDate=2026-03-03T23:59:59")
    assert (answer.status, f'"code": {code}' in answer.body.decode()) == (400, True)
    assert wiseai.caller.get(f"{WISEAI}/check?channel=0&index=1").status == 200


def test_what_was_seen_is_filed_by_the_clock_of_the_camera_as_it_was(camera):
    camera.inject("clock-step", seconds=3600)
    camera.walk(entered=7)
    camera.time.passes(60)
    [row] = camera.simulation.truth_by_hour(days_before=1)

    assert list(row["seen"]) == ["2026-03-01", "2026-03-02", "2026-03-03"]
    assert row["seen"]["2026-03-02"]["in"][22] == 2
    assert (row["seen"]["2026-03-03"]["in"][9], row["seen"]["2026-03-03"]["in"][11]) == (2, 7)


def test_both_shifts_of_summer_time_are_in_the_days_that_were_seen():
    camera = CameraUnderTest(start="2026-10-24T12:00:00")
    camera.time.reaches("2026-10-26T12:00:00")
    assert camera.front.camera.wall.days(camera.simulation.clock.start, camera.simulation.clock.now()) == [
        date(2026, 10, 24),
        date(2026, 10, 25),
        date(2026, 10, 26),
    ]
