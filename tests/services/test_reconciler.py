"""Reconciling with virtual cameras over real HTTP: outages, days before the first reading, both interfaces."""

from __future__ import annotations

import logging
import threading
import time
from datetime import date, timedelta

import pytest

from peoplecount.domain.correction import CorrectionReason
from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.line import LineKey
from peoplecount.simulator.crossings import NoTraffic
from peoplecount.simulator.fleets import default_fleet
from peoplecount.simulator.plan import Fleet
from tests.support.premises import Premises, people
from tests.support.waiting import wait_until

TOWN = default_fleet(12)
CLASSIC, WISEAI = "1", "3"


def fleet(*camera_ids):
    return Fleet(tuple(plan for plan in TOWN.cameras if plan.camera_id in camera_ids), TOWN.traffic)


@pytest.fixture
def premises(tmp_path):
    """``premises(CLASSIC, start="2026-05-05T09:00")``: open until the test ends."""
    opened = []

    def begin(*camera_ids, start="2026-05-05T09:00", **options):
        context = Premises(fleet(*camera_ids), tmp_path, start, **options).open()
        opened.append(context)
        return context.__enter__()

    yield begin
    for context in reversed(opened):
        context.__exit__(None, None, None)


def differences(place, camera_id, *days, through=24):
    """Hours that are told otherwise than they were, beyond readings that put people in the hour next to theirs."""
    wrong = {}
    for day in days:
        truth, told = place.truth(camera_id, day), place.told(camera_id, day)
        for key, hours in truth.items():
            for slot, figures in enumerate(hours[:through]):
                if told.get(key, {}).get(slot) != figures:
                    wrong[key, day, slot] = (told.get(key, {}).get(slot), figures)
    return wrong


def all_told(place, camera_id):
    """Everybody in the log, and everybody whom the camera remembers of whole days and shows today."""
    reading = place.last_reading(camera_id)
    today = reading.local_time.date()
    days = [day for day in place.keeper.days(camera_id) if day != today]
    shown = sum((Figures(line.totals.in_total, line.totals.out_total) for line in reading.lines), Figures())
    truth = sum((people(place.truth(camera_id, day)) for day in days), shown)
    return sum(place.sums(camera_id).values(), Figures()), truth


def day_sums(place, camera_id, day):
    return people(place.truth(camera_id, day)), place.sums(camera_id)[day]


@pytest.mark.parametrize("camera_id", [CLASSIC, WISEAI])
def test_an_outage_of_the_service_over_midnight_leaves_no_trace(premises, camera_id):
    place = premises(camera_id, start="2026-05-05T09:00")
    place.polls()
    place.is_watched_until("2026-05-05T15:00")
    place.nobody_watches_until("2026-05-06T11:20")
    place.is_watched_until("2026-05-06T13:10")
    place.reconciles()

    told, truth = all_told(place, camera_id)
    assert told == truth
    assert differences(place, camera_id, date(2026, 5, 5)) == {}
    assert differences(place, camera_id, date(2026, 5, 6), through=11) == {}


@pytest.mark.parametrize("camera_id", [CLASSIC, WISEAI])
def test_three_days_without_the_service_are_filled_in_day_by_day(premises, camera_id):
    place = premises(camera_id, start="2026-05-05T09:00")
    place.polls()
    place.is_watched_until("2026-05-05T15:00")
    place.nobody_watches_until("2026-05-08T16:30")
    place.is_watched_until("2026-05-08T18:20")
    place.reconciles()

    told, truth = all_told(place, camera_id)
    assert told == truth
    assert differences(place, camera_id, *(date(2026, 5, number) for number in (5, 6, 7))) == {}
    assert differences(place, camera_id, date(2026, 5, 8), through=16) == {}


@pytest.mark.parametrize("camera_id", [CLASSIC, WISEAI])
def test_a_dead_network_over_midnight_leaves_no_trace(premises, camera_id):
    place = premises(camera_id, start="2026-05-05T09:00")
    place.polls()
    place.is_watched_until("2026-05-05T15:00")
    place.inject(camera_id, "500", seconds=20 * 3600)
    place.is_watched_until("2026-05-05T15:40")
    place.reconciles()
    assert place.reconciler.progress()[camera_id].asked == 0
    place.is_watched_until("2026-05-06T13:10")
    place.reconciles()

    told, truth = all_told(place, camera_id)
    assert told == truth
    assert differences(place, camera_id, date(2026, 5, 5)) == {}
    assert differences(place, camera_id, date(2026, 5, 6), through=11) == {}


def test_a_quiet_day_of_a_camera_that_may_go_by_either_clock_is_known_to_be_quiet(tmp_path):
    """Nobody has come, so nothing shows which clock it is; but then it does not matter."""
    with Premises(Fleet(fleet(WISEAI).cameras, NoTraffic()), tmp_path, "2026-05-05T09:20").open() as place:
        place.polls()
        place.is_watched_until("2026-05-05T10:10")
        place.reconciles()
        told = place.told(WISEAI, date(2026, 5, 5))
        assert {figures for hours in told.values() for figures in hours.values()} == {Figures()}
        assert all(set(hours) >= set(range(9)) for hours in told.values())


def test_run_ten_times_nothing_changes(premises):
    place = premises(CLASSIC, start="2026-05-05T09:00")
    place.polls()
    place.is_watched_until("2026-05-05T12:00")
    place.nobody_watches_until("2026-05-06T11:20")
    for hour in range(12, 16):
        place.is_watched_until(f"2026-05-06T{hour}:20")
        place.reconciles()
    events, requests = place.log.head(), place.searches(CLASSIC)
    for _ in range(10):
        place.reconciles()

    assert place.log.head() == events
    assert place.searches(CLASSIC) == requests


def test_asked_once_more_on_request_nothing_changes_either(premises):
    place = premises(CLASSIC, start="2026-05-05T09:00")
    place.polls()
    place.is_watched_until("2026-05-06T02:20")
    place.reconciles()
    events, requests = place.log.head(), place.searches(CLASSIC)
    place.requests.leave({CLASSIC: [date(2026, 5, 5)], "a camera that is gone": [date(2026, 5, 5)]})
    for _ in range(3):
        place.reconciles()

    assert place.log.head() == events
    assert place.searches(CLASSIC) > requests
    assert place.requests.peek({CLASSIC}) == {}
    assert place.database.asked.count((CLASSIC, date(2026, 5, 5))) == 2


@pytest.mark.parametrize("camera_id", [CLASSIC, WISEAI])
def test_every_day_is_settled_once_it_is_over_also_without_an_outage(premises, camera_id):
    place = premises(camera_id, start="2026-05-05T00:10")
    place.polls()
    place.is_watched_until("2026-05-06T00:04")
    place.reconciles()
    assert not place.keeper.days(camera_id)[date(2026, 5, 5)].is_settled
    place.is_watched_until("2026-05-06T00:20")
    place.reconciles()

    assert place.keeper.days(camera_id)[date(2026, 5, 5)].is_settled
    assert [one for one in place.corrections(camera_id) if one.reason is CorrectionReason.DIFFERENCE] == []
    truth, told = day_sums(place, camera_id, date(2026, 5, 5))
    assert told == truth
    assert (camera_id, date(2026, 5, 5)) in place.database.asked


@pytest.mark.parametrize("camera_id", [CLASSIC, WISEAI])
def test_days_before_the_first_reading_are_filled_in_newest_first(premises, camera_id, caplog):
    place = premises(camera_id, start="2026-05-07T15:20", back_fill_days=5)
    place.polls()
    with caplog.at_level(logging.INFO, "peoplecount.services.camera_history"):
        place.reconciles()

    days = [date(2026, 5, 6) - timedelta(days=back) for back in range(5)]
    assert differences(place, camera_id, *days) == {}
    sums = [day_sums(place, camera_id, day) for day in days]
    assert all(truth == told for truth, told in sums)
    assert sum(told != Figures() for _, told in sums) >= 4  # the museum is closed on Mondays
    assert date(2026, 5, 1) not in place.keeper.days(camera_id)
    firsts = [one.local_start.date() for one in place.corrections(camera_id)]
    past = [day for day in firsts if day in days and day.weekday() != 0]
    assert past == sorted(past, reverse=True)
    assert {one.reason for one in place.corrections(camera_id)} <= {
        CorrectionReason.EARLIER,
        CorrectionReason.CONFIRMED,
    }
    assert {one.quality for one in place.corrections(camera_id)} == {Quality.BACK_FILLED}
    assert "asking its history about" in caplog.text
    assert "its history is read: " in caplog.text
    progress = place.reconciler.progress()[camera_id]
    assert (progress.left, progress.trouble) == (0, "")
    assert progress.asked >= 5


def test_a_day_on_which_the_doors_were_closed_is_told_like_the_days_around_it(premises):
    """The museum is closed on Mondays: 24 hours without people, which are known once an earlier day had some."""
    place = premises(WISEAI, start="2026-05-07T15:20", back_fill_days=5)
    place.polls()
    place.reconciles()

    monday = [one for one in place.corrections(WISEAI) if one.local_start.date() == date(2026, 5, 4)]
    lines = {one.key for one in monday}
    assert len(monday) == 24 * len(lines) > 0
    assert {(one.old, one.new, one.reason) for one in monday} == {(None, Figures(), CorrectionReason.EARLIER)}


@pytest.mark.parametrize(("day", "eve"), [(date(2026, 3, 29), "2026-03-28"), (date(2026, 10, 25), "2026-10-24")])
@pytest.mark.parametrize("camera_id", [CLASSIC, WISEAI])
def test_days_on_which_clocks_change_are_filled_in(premises, camera_id, day, eve):
    place = premises(camera_id, start=f"{eve}T10:00")
    place.polls()
    place.is_watched_until(f"{eve}T20:00")
    place.nobody_watches_until(f"{day + timedelta(days=1)}T08:20")
    place.is_watched_until(f"{day + timedelta(days=1)}T09:20")
    place.reconciles()

    truth, told = day_sums(place, camera_id, day)
    assert told == truth
    hours = place.told(camera_id, day)
    assert {slot for line in hours.values() for slot in line} == set(range(24)) - ({2} if day.month == 3 else set())


def test_where_a_camera_keeps_nothing_back_fill_ends_and_nothing_is_said_to_be_zero(premises, caplog):
    place = premises(CLASSIC, start="2026-05-07T15:20", back_fill_days=8)
    place.inject(CLASSIC, "history-depth", days=3)
    place.polls()
    with caplog.at_level(logging.INFO, "peoplecount.services.camera_history"):
        place.reconciles()

    kept = {one.local_start.date() for one in place.corrections(CLASSIC)} - {date(2026, 5, 7)}
    assert kept
    assert min(kept) >= date(2026, 5, 4)
    assert place.told(CLASSIC, date(2026, 5, 1)) == {key: {} for key in place.truth(CLASSIC, date(2026, 5, 1))}
    assert "nothing proves that it reaches back so far" in caplog.text
    requests = place.searches(CLASSIC)
    for _ in range(3):
        place.reconciles()
    assert place.searches(CLASSIC) == requests


def test_hours_of_utc_are_recognised_by_what_was_counted_and_put_in_their_place(premises, caplog):
    place = premises(WISEAI, start="2026-05-05T09:00", back_fill_days=3)
    place.inject(WISEAI, "utc-history")
    with caplog.at_level(logging.INFO):
        place.polls()
        for hour in range(10, 24):
            place.is_watched_until(f"2026-05-05T{hour}:00")
            place.reconciles()
        place.is_watched_until("2026-05-06T01:20")
        place.reconciles()

    assert "the hours of its history are those of UTC" in caplog.text
    place.simulator.simulation.clear_faults(WISEAI)  # the truth is by the wall clock
    for day in (date(2026, 5, 3), date(2026, 5, 5)):
        truth, told = day_sums(place, WISEAI, day)
        assert told == truth != Figures()
        assert differences(place, WISEAI, day) == {}


def test_a_line_that_was_renamed_gets_no_history_of_the_days_before(premises):
    place = premises(CLASSIC, start="2026-05-05T09:00")
    place.polls()
    place.is_watched_until("2026-05-05T12:00")
    place.reconciles()
    place.nobody_watches_until("2026-05-06T11:20")
    place.inject(CLASSIC, "line-renamed", line=1, name="Renamed")
    place.clock.passes(1200)
    place.polls()
    place.is_watched_until("2026-05-06T13:20")
    place.reconciles()

    day = place.keeper.days(CLASSIC)[date(2026, 5, 5)]
    assert "until 2026-05-06" in day.lines[LineKey(CLASSIC, 0, 1, 1)].refusal
    assert day.lines[LineKey(CLASSIC, 0, 1, 2)].refusal == ""


def test_a_camera_without_history_is_asked_ever_more_rarely(premises, caplog):
    place = premises(CLASSIC, start="2026-05-05T09:00", back_fill_days=5)
    place.inject(CLASSIC, "search-refused")
    place.polls()
    with caplog.at_level(logging.INFO, "peoplecount.services.camera_history"):
        place.is_watched_until("2026-05-05T10:20")
        before = place.searches(CLASSIC)
        for _ in range(20):
            place.reconciles()
    assert place.searches(CLASSIC) - before < 20
    assert caplog.text.count("its history cannot be read") == 1
    assert place.reconciler.progress()[CLASSIC].trouble
    assert place.keeper.days(CLASSIC)[date(2026, 5, 5)].lines


@pytest.mark.parametrize("camera_id", [CLASSIC, WISEAI])
def test_a_search_that_never_ends_delays_no_poll_and_is_taken_back_at_the_end(premises, camera_id):
    place = premises(camera_id, start="2026-05-05T15:20", back_fill_days=3, waits_really=True)
    place.polls()
    place.inject(camera_id, "search-stuck")
    place.clock.passes(120)
    fetched = place.searches_kept(camera_id)
    stop = threading.Event()
    worker = threading.Thread(target=place.reconciler.run, args=(stop,))
    worker.start()
    wait_until(lambda: place.searches_kept(camera_id) > fetched)
    began = time.monotonic()
    place.polls()
    polled = time.monotonic()
    stop.set()
    place.service_ends()
    worker.join(5)
    ended = time.monotonic()

    assert not worker.is_alive()
    assert polled - began < 0.5
    assert ended - polled < 1.5
    assert place.searches_kept(camera_id) == fetched
    assert place.notes.of(camera_id).failures == 0
