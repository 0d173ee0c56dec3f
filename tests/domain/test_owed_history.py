"""Owed history: which lines nothing is known of on days that a camera is still to be asked about."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

from peoplecount.domain.due_history import DueDay, Standing, Why
from peoplecount.domain.line import LineKey
from peoplecount.domain.owed_history import OwedDays, owed_days

FRONT, BACK = LineKey("wide", 0, 1, 1), LineKey("wide", 0, 1, 2)
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def standing(**known):
    days = {date(2026, 5, int(day[1:])): SimpleNamespace(lines=dict.fromkeys(lines)) for day, lines in known.items()}
    return Standing(days, None, (FRONT, BACK), NOON, NOON.replace(tzinfo=None))


def due(day, *, tries=0, at=NOON):
    return DueDay(date(2026, 5, day), Why.EARLIER, at, tries)


def test_of_days_of_which_nothing_is_known_each_line_is_owed():
    first, last = date(2026, 5, 1), date(2026, 5, 3)
    assert owed_days([due(3), due(1), due(2)], standing()) == {
        FRONT: OwedDays(first, last),
        BACK: OwedDays(first, last),
    }


def test_a_line_that_is_known_of_a_day_is_not_owed_there():
    owed = owed_days([due(2), due(3)], standing(d2=[FRONT], d3=[FRONT, BACK]))
    assert owed == {BACK: OwedDays(date(2026, 5, 2), date(2026, 5, 2))}


def test_what_was_asked_in_vain_or_may_not_be_asked_yet_or_is_of_today_is_not_owed():
    assert owed_days([due(1, tries=1), due(2, at=NOON + timedelta(minutes=1)), due(4)], standing()) == {}
