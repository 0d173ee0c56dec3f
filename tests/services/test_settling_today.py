"""Hours of today are settled while the day goes on, and nobody is counted twice for it meanwhile."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.keeping import EVERY, Keeping, at
from tests.support.modelled_camera import ModelledCamera, moments

hypothesis = pytest.importorskip("hypothesis")
given, settings, strategies = hypothesis.given, hypothesis.settings, hypothesis.strategies

BEGIN = at("2026-03-10T00:00:00")
HOURS = 5


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
