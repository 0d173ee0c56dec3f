"""The bucket clock: whether the hours of a camera's history are those of its wall clock, or of UTC.

Manuals and clients contradict each other about the ``Z`` behind dates, for the WiseAI application most of all (a date
without ``Z`` is local time by WiseAI App API 1.5.0; there are clients that find otherwise). So it is found out, once a
device: by when people can have come at all, and by holding the history against hours that were counted live.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from peoplecount.domain.camera_day import HOUR, Slots
from peoplecount.domain.day_history import HOURS_A_DAY, DayHours

_SLACK = timedelta(minutes=2)
"""A camera's clock is read to the second and drifts: an hour that begins within it may have people in it already."""

_FEWEST_PEOPLE = 10
"""So many people at least are held against the history; fewer may fit both clocks by chance."""

_FEWEST_FOR_UTC = 50
_FEWEST_HOURS_FOR_UTC = 3
"""What moves every hour of a device has to be clearer than what leaves them where they are."""


class BucketClock(StrEnum):
    """Which clock the hours of a camera's history go by."""

    LOCAL = "local"
    UTC = "utc"


def clock_by_now(people: Mapping[int, int], day: date, utc: datetime, local: datetime) -> BucketClock | None:
    """What the history of a day that is not over gives away: nobody can have come in an hour that is still to come.

    ``people`` are all lines' sums by the history's hour, ``utc`` and ``local`` the moment it was asked, by our clock
    and by the camera's. ``None`` where both clocks, or neither, would explain it.
    """
    latest = max((hour for hour, count in people.items() if count), default=-1)
    can_be_local = latest <= _latest_hour(day, local + _SLACK)
    can_be_utc = latest <= _latest_hour(day, utc.astimezone(UTC).replace(tzinfo=None) + _SLACK)
    if can_be_local == can_be_utc:
        return None
    return BucketClock.LOCAL if can_be_local else BucketClock.UTC


def _latest_hour(day: date, now: datetime) -> int:
    """The last hour of ``day`` that has begun at ``now``; -1 where none has."""
    if now.date() == day:
        return now.hour
    return HOURS_A_DAY - 1 if now.date() > day else -1


def clock_by_counts(people: Mapping[int, int], counted: Mapping[int, int], offset: timedelta) -> BucketClock | None:
    """Which clock brings the history to what was counted live.

    Both are all lines' sums by hour: ``people`` by the history's, ``counted`` by the camera's wall clock and only of
    hours that were read throughout. ``offset`` is the wall clock less UTC. ``None`` where too few came to tell, or
    neither clock fits.
    """
    if not offset:
        return BucketClock.LOCAL
    shift = int(offset / HOUR) if not offset % HOUR else None
    hours = [hour for hour in counted if hour in people and (shift is None or hour - shift in people)]
    total = sum(counted[hour] for hour in hours)
    if total < _FEWEST_PEOPLE:
        return None
    apart_local = sum(abs(people[hour] - counted[hour]) for hour in hours)
    # Of a zone that is not whole hours from UTC, the hours of UTC could not be told apart anyway.
    apart_utc = total if shift is None else sum(abs(people[hour - shift] - counted[hour]) for hour in hours)
    if _is_nearer(apart_local, apart_utc, total):
        return BucketClock.LOCAL
    with_people = sum(counted[hour] > 0 for hour in hours)
    is_clear = total >= _FEWEST_FOR_UTC and with_people >= _FEWEST_HOURS_FOR_UTC
    if shift is not None and is_clear and _is_nearer(apart_utc, apart_local, total):
        return BucketClock.UTC
    return None


def _is_nearer(apart: int, other: int, total: int) -> bool:
    """Whether one clock fits but for readings across the ends of hours, and the other one clearly does not.

    Busy hours in a row are alike; but people come by chance, and by that alone two hours of fifty differ by eight.
    """
    return 10 * apart <= total and 100 * other >= 15 * total and other >= 3 * apart


def people_by_hour(lines: Iterable[DayHours]) -> dict[int, int]:
    """All lines' people, in and out together, by the history's hour; as far as it is known of every line."""
    listed = list(lines)
    known = min((len(hours.entered) for hours in listed), default=0)
    return {hour: sum(hours.entered[hour] + hours.left[hour] for hours in listed) for hour in range(known)}


def utc_days(slots: Slots) -> tuple[date, ...]:
    """The days of UTC that a camera's day touches."""
    first, last = slots.bounds[0].date(), (slots.bounds[-1] - datetime.resolution).date()
    return (first,) if first == last else (first, last)


def can_be_reassembled(slots: Slots) -> bool:
    """Whether the hours of the day are hours of UTC: not where a zone is half an hour off."""
    return all(bound.minute == 0 for bound in slots.bounds)


def reassembled(slots: Slots, of_utc: Mapping[date, DayHours]) -> DayHours:
    """A line's hours of its camera's wall clock, from its hours of UTC by day.

    Ends with the first hour that is not known. An hour the wall clock skips has nobody; one it has twice has both.
    """
    entered: list[int] = []
    left: list[int] = []
    for slot in range(HOURS_A_DAY):
        found = _sum(of_utc, slots.begin(slot), slots.end(slot))
        if found is None:
            break
        entered.append(found[0])
        left.append(found[1])
    return DayHours(slots.day, tuple(entered), tuple(left))


def _sum(of_utc: Mapping[date, DayHours], begin: datetime, end: datetime) -> tuple[int, int] | None:
    people_in = people_out = 0
    moment = begin
    while moment < end:
        hours = of_utc.get(moment.date())
        if hours is None or moment.hour >= len(hours.entered):
            return None
        people_in += hours.entered[moment.hour]
        people_out += hours.left[moment.hour]
        moment += HOUR
    return people_in, people_out
