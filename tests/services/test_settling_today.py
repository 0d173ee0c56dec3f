"""Hours of today are settled while the day goes on, and nobody is counted twice for it meanwhile."""

from datetime import timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest

from tests.support.keeping import EVERY, Keeping, at
from tests.support.modelled_camera import ModelledCamera, moments

hypothesis = pytest.importorskip("hypothesis")
given, settings, strategies = hypothesis.given, hypothesis.settings, hypothesis.strategies

BEGIN = at("2026-03-10T00:00:00")
HOURS = 5
DAY_OF_HOURS = 23


def day_of(camera, moment):
    return camera.local(moment).date()


def test_whom_a_gap_across_the_end_of_an_hour_brought_is_not_counted_in_both_hours() -> None:
    crossed = [at("2026-03-10T00:05:00"), at("2026-03-10T00:50:00"), at("2026-03-10T01:30:00")]
    camera, keeping = ModelledCamera(crossed, []), Keeping()
    for moment in moments(BEGIN, at("2026-03-10T00:40:00"), EVERY):
        keeping.polls(camera, moment)
    for moment in moments(at("2026-03-10T01:04:00"), at("2026-03-10T01:34:00"), EVERY):
        keeping.polls(camera, moment)
    keeping.settles(camera, day_of(camera, BEGIN), at("2026-03-10T01:34:00"))
    assert keeping.told()[day_of(camera, BEGIN), "in"] == 3


def test_nor_is_one_whom_a_reading_across_the_end_of_the_next_hour_brought() -> None:
    crossed = [at(f"2026-03-10T{time}") for time in ("00:05:00", "00:59:30", "01:20:00", "01:59:30", "02:05:00")]
    camera, keeping = ModelledCamera(crossed, []), Keeping()
    keeping.polls(camera, BEGIN)
    for moment in moments(at("2026-03-10T00:20:00"), at("2026-03-10T02:20:00"), EVERY):  # at 00:59 and 01:02
        keeping.polls(camera, moment)
    keeping.settles(camera, day_of(camera, BEGIN), at("2026-03-10T02:20:00"))
    assert keeping.told()[day_of(camera, BEGIN), "in"] == len(crossed)


def test_nor_is_one_who_came_before_an_hour_that_the_clock_left_out() -> None:
    zone, midnight = ZoneInfo("Europe/London"), at("2026-03-29T00:00:00")
    camera = ModelledCamera([at("2026-03-29T00:05:00"), at("2026-03-29T00:59:30")], [], zone=zone)
    keeping = Keeping(zone="Europe/London")
    keeping.polls(camera, midnight)
    for moment in moments(at("2026-03-29T00:20:00"), at("2026-03-29T01:20:00"), EVERY):
        keeping.polls(camera, moment)
    keeping.settles(camera, midnight.date(), at("2026-03-29T01:20:00"))
    assert keeping.told()[midnight.date(), "in"] == 2


def test_nor_after_an_outage_over_midnight_at_which_no_fall_was_seen() -> None:
    yesterday = [at("2026-03-09T23:00:00")]
    today = [
        at(f"2026-03-10T{time}") for time in ("00:05:00", "00:20:00", "01:00:00", "01:59:30", "02:20:00", "02:59:30")
    ]
    camera, keeping = ModelledCamera(yesterday + today, []), Keeping()
    for moment in moments(at("2026-03-09T22:50:00"), at("2026-03-09T23:10:00"), EVERY):
        keeping.polls(camera, moment)
    for moment in moments(at("2026-03-10T01:20:00"), at("2026-03-10T03:20:00"), EVERY):
        keeping.polls(camera, moment)
    keeping.settles(camera, day_of(camera, BEGIN), at("2026-03-10T03:20:00"))
    assert keeping.told()[day_of(camera, BEGIN), "in"] == len(today)


def test_nor_is_one_whom_a_slow_answer_after_the_end_of_the_hour_does_not_have_yet() -> None:
    crossed = [at("2026-03-10T00:30:00"), at("2026-03-10T00:59:59")]
    camera, keeping = ModelledCamera(crossed, []), Keeping()
    for time in ("00:10:00", "00:50:00", "00:55:00"):
        keeping.polls(camera, at(f"2026-03-10T{time}"))
    asked, took = at("2026-03-10T00:59:57"), timedelta(seconds=8)
    keeping.takes(camera.reads_slowly(asked, took, read=0.1))
    keeping.settles(camera, day_of(camera, BEGIN), asked + took)
    keeping.polls(camera, at("2026-03-10T01:01:00"))
    assert keeping.told()[day_of(camera, BEGIN), "in"] == len(crossed)


@pytest.mark.parametrize("read", [0.0, 1.0])
def test_nor_is_one_whom_a_slow_answer_at_the_end_of_an_outage_brought(read) -> None:
    crossed = [at(f"2026-03-10T{time}") for time in ("00:20:00", "00:59:58", "01:00:02", "01:20:00", "01:59:59")]
    camera, keeping = ModelledCamera(crossed, []), Keeping()
    day = day_of(camera, BEGIN)
    keeping.polls(camera, at("2026-03-10T00:10:00"))
    keeping.takes(camera.reads_slowly(at("2026-03-10T00:59:55"), timedelta(seconds=10), read=read))
    for moment in moments(at("2026-03-10T01:01:00"), at("2026-03-10T02:40:00"), EVERY):
        keeping.polls(camera, moment)
        keeping.settles(camera, day, moment)
        assert keeping.told()[day, "in"] == camera.reads(moment).lines[0].totals.in_total
    assert line_of(keeping, day).refusal == ""
    assert line_of(keeping, day).cell(0).settled


def test_an_hour_whose_history_does_not_fit_what_the_camera_shows_waits_for_the_next_one() -> None:
    """After its clock was put back, the camera has people in the hour before who were told after its end."""
    crossed = [at("2026-03-10T00:30:00"), *[at("2026-03-10T01:00:10")] * 5, at("2026-03-10T01:30:00")]
    camera, keeping = ModelledCamera(crossed, []), Keeping()
    day = day_of(camera, BEGIN)
    keeping.polls(camera, at("2026-03-10T00:10:00"))
    for time in ("00:50:00", "00:55:00", "01:00:05", "01:00:20"):
        keeping.polls(camera, at(f"2026-03-10T{time}"))
    camera.ahead = timedelta(seconds=-30)
    settled_at = None
    for moment in moments(at("2026-03-10T01:02:00"), at("2026-03-10T02:20:00"), EVERY):
        keeping.polls(camera, moment)
        keeping.settles(camera, day, moment)
        assert keeping.told()[day, "in"] == camera.reads(moment).lines[0].totals.in_total
        if settled_at is None and keeping.corrections():
            settled_at = moment
    assert settled_at is not None
    assert settled_at >= at("2026-03-10T02:00:00")
    assert [cell.told.entered for cell in line_of(keeping, day).cells.values()] == [6, 1]


def line_of(keeping, day):
    (line,) = keeping.keeper.days("7")[day].lines.values()
    return line


@settings(max_examples=60, deadline=None)
@given(
    strategies.lists(strategies.integers(1, HOURS * 3600), max_size=40),
    strategies.lists(
        strategies.tuples(strategies.integers(0, HOURS * 3600), strategies.integers(200, 9000)), max_size=4
    ),
)
def test_today_is_at_every_moment_what_the_camera_shows(crossed, outages) -> None:
    camera = ModelledCamera([BEGIN + timedelta(seconds=second) for second in crossed], [])
    keeping, today = Keeping(), day_of(camera, BEGIN)
    keeping.polls(camera, BEGIN)
    for moment in moments(BEGIN + EVERY, BEGIN + timedelta(hours=HOURS), EVERY):
        if any(begin <= (moment - BEGIN).total_seconds() < begin + length for begin, length in outages):
            continue
        keeping.polls(camera, moment)
        keeping.settles(camera, today, moment)
        assert keeping.told()[today, "in"] == camera.reads(moment).lines[0].totals.in_total


@pytest.mark.parametrize("seed", range(14, 26))
def test_also_where_the_camera_is_slow_and_the_service_stalls_and_is_started_anew(seed) -> None:
    """Read at odd times around the ends of hours, and settled as soon as an answer is there."""
    chance = Random(seed)
    ahead = timedelta(seconds=chance.randint(-90, 90))
    camera, keeping = ModelledCamera(people_around_the_ends_of_hours(chance, ahead), [], ahead=ahead), Keeping()
    day = day_of(camera, BEGIN - ahead)
    keeping.polls(camera, BEGIN - ahead)
    polls = sorted(BEGIN - ahead + timedelta(seconds=second) for second in seconds_of_polls(chance))
    for asked, following in pairwise(polls):
        took = min(timedelta(seconds=chance.choice([0.1, 4, 12]) * chance.random()), following - asked)
        if chance.random() < 0.02:
            keeping.restarts()
        reading = camera.reads_slowly(asked, took, read=chance.random())
        keeping.takes(reading)
        keeping.settles(camera, day, asked + took)
        assert keeping.told()[day, "in"] == reading.lines[0].totals.in_total


def people_around_the_ends_of_hours(chance: Random, ahead: timedelta):
    few = chance.choice([1, 2, 12])  # who comes alone across the end of an hour is not beside others of a reading there
    seconds = [3600 * hour + chance.uniform(-6, 6) for hour in range(1, DAY_OF_HOURS) for _ in range(few)]
    seconds += [3600 * hour - chance.uniform(400, 3000) for hour in range(1, DAY_OF_HOURS)]
    return [BEGIN - ahead + timedelta(seconds=second) for second in seconds]


def seconds_of_polls(chance: Random):
    """Each hour one after a stall, so that the hour is open, and then some around its end."""
    for hour in range(1, DAY_OF_HOURS):
        yield 3600 * hour - chance.uniform(20, 340)
        for _ in range(chance.randint(0, 6)):
            yield 3600 * hour + chance.uniform(-12, 12)
        yield 3600 * hour + chance.uniform(20, 340)
