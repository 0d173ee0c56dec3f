"""Opening hours: when a site is open, written as OpenStreetMap's ``opening_hours`` are.

The subset understood is days of the week, days of the year and times::

    Mo-Fr 08:00-20:00; Sa 09:00-12:30,13:30-17:00; Su off; Dec 25-26 off
    Fr,Sa 20:00-04:00
    24/7

Rules are parted by semicolons. A later rule replaces what earlier ones said of the days it names; days that no rule
names are closed. Hours that end at or before their beginning reach into the next day. A parser of the whole language
is a library of five megabytes of machine code whose refusals name grammar rules, and hours here answer one question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from peoplecount.domain.sentence import say

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_CLOSED = frozenset({"off", "closed"})
_MIDNIGHT = 24 * 60

_RULE = re.compile(r"(?P<days>(?:[A-Z][A-Za-z]*[^:]*?)??)\s*(?P<times>off|closed|\d{1,2}:.*|24/7)", re.ASCII)
_TIMES = re.compile(r"(\d\d):([0-5]\d)\s*-\s*(\d\d):([0-5]\d)", re.ASCII)
_YEAR_DAYS = re.compile(r"([A-Z][a-z][a-z]) (\d\d?)(?:\s*-\s*(?:([A-Z][a-z][a-z]) )?(\d\d?))?", re.ASCII)

EXAMPLE = say("'Mo-Fr 08:00-20:00; Sa 09:00-17:00; Su off'")

Days = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class _Rule:
    holds: Days
    hours: tuple[tuple[int, int], ...]
    """Minutes after midnight, from and to; to may lie beyond midnight."""


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When a site is open, on its own wall clock."""

    text: str
    """As it was written."""

    _rules: tuple[_Rule, ...]

    def __repr__(self) -> str:
        return f"OpeningHours({self.text!r})"

    @classmethod
    def parse(cls, text: str) -> OpeningHours:
        """Read opening hours. Raises ``ValueError`` with what is wrong and what is allowed."""
        parts = [part.strip() for part in text.split(";")]
        if parts and not parts[-1]:
            parts.pop()  # a semicolon at the end does no harm
        if not parts:
            raise ValueError(say("no opening hours are given; %(example)s is how they look", example=EXAMPLE))
        return cls(text.strip(), tuple(_rule(part) for part in parts))

    def is_open(self, local: datetime) -> bool:
        """Whether it is open at a moment of the site's wall clock; at the minute at which it closes it is not."""
        minute = local.hour * 60 + local.minute
        today = local.date()
        return _within(self.hours(today), minute) or _within(self.hours(today - timedelta(days=1)), minute + _MIDNIGHT)

    def is_closed_for(self, local: datetime, span: timedelta) -> bool:
        """Whether it has been closed for ``span`` before a moment, looked at every quarter of an hour."""
        step = timedelta(minutes=15)
        return not any(self.is_open(local - step * index) for index in range(span // step + 1))

    def hours(self, day: date) -> tuple[tuple[int, int], ...]:
        """Of the hours that begin on a day: minutes after its midnight, from and to; to may lie beyond the next one."""
        return next((rule.hours for rule in reversed(self._rules) if rule.holds(day)), ())


def _within(hours: tuple[tuple[int, int], ...], minute: int) -> bool:
    return any(begin <= minute < end for begin, end in hours)


def _rule(text: str) -> _Rule:
    if text == "24/7":
        return _Rule(_any_day, ((0, _MIDNIGHT),))
    match = _RULE.fullmatch(text)
    if match is None or match["times"] == "24/7":
        raise ValueError(
            say(
                "%(text)s are no opening hours: days and then times, or off, are allowed, as in %(example)s",
                text=repr(text[:60]),
                example=EXAMPLE,
            )
        )
    days = match["days"].strip()
    hours = () if match["times"] in _CLOSED else tuple(map(_hours, match["times"].split(",")))
    return _Rule(_days(days) if days else _any_day, hours)


def _any_day(day: date) -> bool:  # noqa: ARG001 - one of several kinds of days
    return True


def _hours(text: str) -> tuple[int, int]:
    match = _TIMES.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            say(
                "%(value)s are no hours: two digits each are expected, as in 08:00-20:00", value=repr(text.strip()[:40])
            )
        )
    begin, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if begin >= _MIDNIGHT or end > _MIDNIGHT:
        raise ValueError(
            say(
                "%(value)s are no hours: 00:00 to 24:00 are allowed; hours past midnight are 20:00-02:00",
                value=repr(text.strip()),
            )
        )
    return begin, end if end > begin else end + _MIDNIGHT


def _days(text: str) -> Days:
    """Days of the week, or of the year."""
    kinds = [_year_days(part) or _week_days(part) for part in _parts(text)]
    return lambda day: any(holds(day) for holds in kinds)


def _parts(text: str) -> Iterator[str]:
    return (part.strip() for part in text.split(","))


def _week_days(text: str) -> Days:
    first, _, last = (name.strip() for name in text.partition("-"))
    if first not in _DAYS or (last or first) not in _DAYS:
        if text in {"PH", "SH"}:
            raise ValueError(
                say("%(text)s: holidays are not known here; name the days, as in 'Dec 25-26 off'", text=repr(text))
            )
        raise ValueError(
            say(
                "%(text)s are no days: %(value)s, Mo-Fr, or days of the year as in Dec 25",
                text=repr(text[:40]),
                value=", ".join(_DAYS),
            )
        )
    begin, length = _DAYS.index(first), (_DAYS.index(last or first) - _DAYS.index(first)) % 7
    return lambda day: (day.weekday() - begin) % 7 <= length


def _year_days(text: str) -> Days | None:
    match = _YEAR_DAYS.fullmatch(text)
    if match is None:
        return None
    first = _year_day(match[1], match[2])
    last = _year_day(match[3] or match[1], match[4] or match[2])
    if first <= last:
        return lambda day: first <= (day.month, day.day) <= last
    return lambda day: (day.month, day.day) >= first or (day.month, day.day) <= last


def _year_day(month: str, number: str) -> tuple[int, int]:
    if month not in _MONTHS:
        raise ValueError(
            say("%(month)s is no month: %(value)s are allowed", month=repr(month), value=", ".join(_MONTHS))
        )
    index = _MONTHS.index(month)
    if not 1 <= int(number) <= _LONGEST_MONTHS[index]:
        raise ValueError(say("%(month)s has no day %(number)s", month=month, number=number))
    return index + 1, int(number)
