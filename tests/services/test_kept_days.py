from copy import copy
from datetime import UTC, date, datetime

import pytest

from peoplecount.domain.camera_day import CameraDay
from peoplecount.domain.clock_sight import ClockSight
from peoplecount.services import kept_days
from peoplecount.services.camera_day_body import read_camera_day, write_camera_day
from peoplecount.services.kept_days import KeptDays
from tests.support.counting_line import EIGHT

FIRST, SECOND, THIRD = (date(2026, 5, number) for number in (1, 2, 3))


def a_day(day):
    return CameraDay(day, (ClockSight.of(EIGHT, datetime(2026, 5, 4, 10, 0)),))


@pytest.fixture
def reads(monkeypatch):
    """The days that were taken apart."""
    done = []

    def read(body):
        done.append(read_camera_day(body).day)
        return read_camera_day(body)

    monkeypatch.setattr(kept_days, "read_camera_day", read)
    return done


@pytest.fixture
def days():
    return KeptDays({day: write_camera_day(a_day(day)) for day in (FIRST, SECOND)})


def test_only_what_is_asked_for_is_taken_apart_and_that_once(days, reads):
    assert FIRST in days
    assert THIRD not in days
    assert (sorted(days), len(days), days.get(THIRD), reads) == ([FIRST, SECOND], 2, None, [])
    other = copy(days)
    assert days[FIRST] == other[FIRST] == days[FIRST] == a_day(FIRST)
    assert reads == [FIRST]


def test_a_copy_changes_nothing_in_what_it_was_made_of(days):
    other = copy(days)
    other[THIRD] = a_day(THIRD)
    del other[FIRST]
    assert (sorted(days), sorted(other)) == ([FIRST, SECOND], [SECOND, THIRD])
    assert other[THIRD] == a_day(THIRD)


def test_of_a_day_that_makes_no_sense_nothing_is_known_and_it_is_named(caplog):
    days = KeptDays({FIRST: "{}", SECOND: write_camera_day(a_day(SECOND))})
    assert days[SECOND].clock[0].at == datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
    assert days[FIRST] == CameraDay(FIRST)
    assert str(FIRST) in caplog.text
