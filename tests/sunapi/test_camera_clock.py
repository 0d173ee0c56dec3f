from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from peoplecount.sunapi.answers import MalformedAnswer
from peoplecount.sunapi.camera_clock import CameraClock, CameraDate, measure, parse_date

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
TEXT = b"LocalTime=2024-05-14 09:31:07\r\nUTCTime=2024-05-14 07:31:07\r\nSyncType=NTP\r\nDSTEnable=True\r\n"
JSON = b'{"LocalTime":"2024-05-14 09:31:07","UTCTime":"2024-05-14 07:31:07","SyncType":"NTP","DSTEnable":true}'


@pytest.mark.parametrize("body", [TEXT, JSON])
def test_the_clock_of_the_manual_in_both_forms(body: bytes) -> None:
    assert parse_date(body) == CameraDate(datetime(2024, 5, 14, 9, 31, 7), datetime(2024, 5, 14, 7, 31, 7), True)


@pytest.mark.parametrize(("sync", "is_synced"), [("NTP", True), ("GPS", True), ("Manual", False), ("", False)])
def test_whether_somebody_else_sets_the_clock(sync: str, is_synced: bool) -> None:
    assert parse_date(TEXT.replace(b"NTP", sync.encode())).is_synced is is_synced


@pytest.mark.parametrize(
    "body",
    [b"UTCTime=2024-05-14 07:31:07", b"LocalTime=14.5.2024", b'{"LocalTime":17}', b"LocalTime=9999-12-31 00:00:00"],
)
def test_what_is_no_time_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        parse_date(body)


def measured(local: datetime, utc: datetime | None, *, took: float = 0.0) -> CameraClock:
    """A clock that was asked at noon."""
    date = CameraDate(local.replace(tzinfo=None), utc.replace(tzinfo=None) if utc else None)
    return CameraClock.of(measure(date, NOON, NOON + timedelta(seconds=took)))


@pytest.mark.parametrize("hours", [0, 2, -8, 5.75, 12.75, -3.5])
def test_the_zone_is_local_time_less_utc(hours: float) -> None:
    offset = timedelta(hours=hours)

    clock = CameraClock(offset, timedelta(0), doubt=timedelta(seconds=1))
    assert measured(NOON + offset, NOON) == clock
    assert measured(NOON + offset, None) == clock


@pytest.mark.parametrize(
    ("ahead", "took", "error"),
    [
        (0, 0, 0),
        (-1, 0, 0),  # it showed noon less a moment, cut off
        (-2, 0, -1.5),
        (1, 0, 1.5),
        (600, 0, 600.5),
        (600, 2, 599.5),
        (2, 2, 0),  # it read its clock just before it answered
        (-86400, 0, -86399.5),
    ],
)
def test_the_error_is_what_whole_seconds_and_the_round_trip_leave_certain(
    ahead: float, took: float, error: float
) -> None:
    shown = NOON + timedelta(seconds=ahead)

    clock = measured(shown + timedelta(hours=2), shown, took=took)

    assert (clock.utc_offset, clock.error) == (timedelta(hours=2), timedelta(seconds=error))


def test_without_utc_a_few_minutes_are_the_clock_and_quarters_are_the_zone() -> None:
    clock = measured(NOON + timedelta(hours=2, minutes=5), None)

    assert (clock.utc_offset, clock.error) == (timedelta(hours=2), timedelta(minutes=5, seconds=0.5))


@pytest.mark.parametrize(("ahead", "took", "doubt"), [(0, 0, 1), (0, 3, 3), (90, 0, 0.5), (90, 3, 2)])
def test_what_whole_seconds_and_the_round_trip_leave_open_is_the_doubt(ahead: float, took: float, doubt: float) -> None:
    shown = NOON + timedelta(seconds=ahead)

    assert measured(shown, shown, took=took).doubt == timedelta(seconds=doubt)


def test_the_wall_clock_shows_zone_and_error() -> None:
    clock = CameraClock(timedelta(hours=2), timedelta(seconds=90))

    assert clock.local_time(NOON) == datetime(2026, 5, 4, 14, 1, 30)
    assert clock.local_time(NOON.astimezone(timezone(timedelta(hours=9)))) == datetime(2026, 5, 4, 14, 1, 30)


def test_a_measurement_says_between_which_bounds_the_error_lies() -> None:
    shown = (NOON + timedelta(seconds=84)).replace(tzinfo=None)

    measured = measure(CameraDate(shown, shown, True), NOON, NOON + timedelta(seconds=0.25), steady=7.0)

    assert (measured.least, measured.most) == (timedelta(seconds=83.75), timedelta(seconds=85))
    assert (measured.measured_at, measured.steady, measured.is_synced) == (NOON + timedelta(seconds=0.25), 7.0, True)
