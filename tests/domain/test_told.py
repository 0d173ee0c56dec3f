"""Sums of what is known, and where the intervals of a wall clock begin and end."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.told import UNTOLD, Told, sum_of
from peoplecount.domain.wall_clock import day_around, interval_around

ZURICH = ZoneInfo("Europe/Zurich")
HOUR = timedelta(hours=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_a_sum_holds_what_is_known_and_says_that_a_part_is_not() -> None:
    part = Told(Figures(3, 1), Quality.CORRECTED, 1.0)
    assert sum_of([(part, 1.0), (part, 1.0)]) == Told(Figures(6, 2), Quality.CORRECTED, 1.0)
    told = sum_of([(part, 1.0), (UNTOLD, 1.0)])
    assert told == Told(Figures(3, 1), Quality.MISSING, 0.5)
    assert not told.is_complete


def test_a_sum_of_nobody_is_known_and_one_of_nothing_is_not() -> None:
    assert sum_of([(Told(Figures(), Quality.MEASURED, 1.0), 1.0)]).figures == Figures(0, 0)
    assert sum_of([]) == UNTOLD
    assert sum_of([(UNTOLD, 1.0)]) == UNTOLD


def test_coverage_is_weighted_by_time() -> None:
    parts = [(Told(None, Quality.MISSING, 0.0), 0.25), (Told(Figures(), Quality.MEASURED, 1.0), 0.75)]
    assert sum_of(parts).coverage == 0.75


@pytest.mark.parametrize(
    ("moment", "hours"),
    [(utc(2026, 3, 29, 12), 23), (utc(2026, 10, 25, 12), 25), (utc(2026, 5, 4, 12), 24)],
)
def test_a_day_lasts_from_midnight_to_midnight(moment: datetime, hours: int) -> None:
    begin, end = day_around(moment, ZURICH)
    assert end - begin == hours * HOUR
    assert begin.astimezone(ZURICH).hour == end.astimezone(ZURICH).hour == 0
    assert interval_around(begin, None, ZURICH) == (begin, end)
    assert interval_around(end, None, ZURICH)[0] == end


def test_where_midnight_is_skipped_days_meet_all_the_same() -> None:
    beirut = ZoneInfo("Asia/Beirut")  # clocks go from 00:00 to 01:00
    before, after = day_around(utc(2026, 3, 28, 12), beirut), day_around(utc(2026, 3, 29, 12), beirut)
    assert before[1] == after[0]
    assert after[1] - after[0] == 23 * HOUR


def test_hours_lie_on_the_grid_of_the_wall_clock() -> None:
    assert interval_around(utc(2026, 5, 4, 8, 15), HOUR, ZURICH) == (utc(2026, 5, 4, 8), utc(2026, 5, 4, 9))
    kathmandu = ZoneInfo("Asia/Kathmandu")  # UTC+05:45
    assert interval_around(utc(2026, 5, 4, 8, 15), HOUR, kathmandu) == (utc(2026, 5, 4, 8, 15), utc(2026, 5, 4, 9, 15))
