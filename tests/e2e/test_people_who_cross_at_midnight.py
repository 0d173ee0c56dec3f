"""Busy doors at midnight, before cameras whose clocks are wrong: nobody is lost, nobody is counted on the wrong day."""

from datetime import date, timedelta

from peoplecount.domain.event import EventKind
from tests.support.night import WITHOUT_SUMMER_TIME, Night

FRIDAY, SATURDAY = date(2026, 7, 3), date(2026, 7, 4)
ERRORS = {"behind": -90.0, "late": -7.3, "right": 0.0, "early": 0.8, "ahead": 90.0}
EVERY_CAMERA = [*ERRORS, WITHOUT_SUMMER_TIME]


def test_busy_doors_at_midnight_come_out_exact_however_wrong_the_cameras_clocks_are():
    """The camera that was never told of summer time comes last, an hour after the others."""
    night = Night("2026-07-03T23:40:00", {**ERRORS, WITHOUT_SUMMER_TIME: 0.0})
    with night.watched():
        night.goes_on_until("2026-07-04T01:10:00")
        night.is_read_once_more()
        for name in EVERY_CAMERA:
            only_the_seconds_at_the_reset_may_be_missing(night, name)
            the_reset_was_found_within_seconds(night, name)
        minutes, full_hours = 90, 2
        assert night.scheduler.runs <= len(EVERY_CAMERA) * (minutes * 6 + 2 * full_hours + 1)

        night.is_reconciled(FRIDAY)
        for name in EVERY_CAMERA:
            assert night.told(name) == night.seen(name), name
            assert min(people.entered for people in night.seen(name).values()) > 500
        corrected = len(night.events(EventKind.COUNT_CORRECTION))
        night.is_reconciled(FRIDAY)
        assert len(night.events(EventKind.COUNT_CORRECTION)) == corrected


def only_the_seconds_at_the_reset_may_be_missing(night: Night, name: str) -> None:
    """And it is said that they may be."""
    missing = night.people_missing(name)
    assert 0 <= missing.entered <= 5
    assert 0 <= missing.left <= 5
    of_camera = [body for body in night.events(EventKind.COUNTER_BREAK) if body["cameraId"] == name]
    assert [body["break"] for body in of_camera] == ["midnight reset", "midnight reset"]
    assert all("between the last reading and midnight" in body["unknown"] for body in of_camera)


def the_reset_was_found_within_seconds(night: Night, name: str) -> None:
    clock = night.watch.local_clock(name)
    assert abs(clock.reset.middle) < timedelta(seconds=1)
    assert clock.reset.latest - clock.reset.earliest < timedelta(seconds=2.5)
    offset = timedelta(hours=1 if name == WITHOUT_SUMMER_TIME else 2)
    error = timedelta(seconds=ERRORS.get(name, 0.0))
    assert abs(clock.ahead - offset - error) <= clock.slack + timedelta(seconds=0.05)


def test_the_second_night_reads_closer_to_the_reset_than_the_first():
    night = Night("2026-07-03T23:58:00", {"ahead": 90.0}, interval=30.0)
    with night.watched():
        night.goes_on_until("2026-07-04T00:05:00")
        first = night.watch.local_clock("ahead").reset
        assert first.latest - first.earliest < timedelta(seconds=2.5)
        for text in ("2026-07-04T23:57:00", "2026-07-05T00:05:00"):
            night.goes_on_until(text)
        second = night.watch.local_clock("ahead").reset
        assert second.latest - second.earliest <= first.latest - first.earliest
        night.is_reconciled(SATURDAY)
        assert night.told("ahead")[SATURDAY] == night.seen("ahead")[SATURDAY]
