"""Wall clocks: where the intervals of a place's local time begin and end."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def interval_around(moment: datetime, length: timedelta | None, zone: tzinfo) -> tuple[datetime, datetime]:
    """The interval of the wall clock that holds ``moment`` (its beginning belongs to it, its end not), UTC.

    ``length`` is an hour or a part of it; ``None`` stands for a day, from midnight to midnight: 23 to 25 hours of it.
    """
    if length is None:
        return day_around(moment, zone)
    shift = _offset(moment, zone) % length
    begin = (moment - _EPOCH + shift) // length * length + _EPOCH - shift
    return begin, begin + length


def day_around(moment: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The local day that holds ``moment``, UTC."""
    day = moment.astimezone(zone).date()
    begin, end = (datetime.combine(day + timedelta(days=ahead), time(), zone).astimezone(UTC) for ahead in (0, 1))
    return begin, end


def wall_clock(moment: datetime, zone: tzinfo) -> datetime:
    """What the clock on the wall shows, without a zone."""
    return moment.astimezone(zone).replace(tzinfo=None)


def _offset(moment: datetime, zone: tzinfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
