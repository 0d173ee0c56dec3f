"""Time zones as cameras write them: a POSIX string with the vendor's made-up names."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta, tzinfo

_HOUR = timedelta(hours=1)


def posix_time_zone(zone: tzinfo, year: int) -> str:
    """Such as ``STWT-1STWST,M3.5.0/2:0:0,M10.5.0/3:0:0``, from the changes the zone makes in ``year``.

    Source: SUNAPI system manual 2.6.2, ``date``. The sign is POSIX's: minus is east of Greenwich.
    """
    changes = _changes(zone, year)
    winter = min(_offset(datetime(year, month, 1, tzinfo=zone)) for month in (1, 7))
    standard = f"STWT{_signed(-winter)}"
    if len(changes) != 2:
        return standard
    rules = sorted(changes, key=lambda change: change[1] - change[2])  # the change to summer time first
    before_and_after = [_rule(local) for local, _, _ in rules]
    return f"{standard}STWST,{before_and_after[0]},{before_and_after[1]}"


def _changes(zone: tzinfo, year: int) -> list[tuple[datetime, timedelta, timedelta]]:
    """(local time of the change by the clock until then, offset before, offset after)."""
    changes = []
    moment = datetime(year, 1, 1)  # noqa: DTZ001 (wall time)
    while moment.year == year:
        before, after = _offset(moment.replace(tzinfo=zone)), _offset((moment + timedelta(days=1)).replace(tzinfo=zone))
        if before != after:
            hour = moment
            while _offset(hour.replace(tzinfo=zone, fold=1)) == before:
                hour += _HOUR
            # fold=1 shows the new offset from the earliest wall time on that the change touches.
            changes.append((hour if after > before else hour + (before - after), before, after))
        moment += timedelta(days=1)
    return changes


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta(0)


def _rule(local: datetime) -> str:
    """``Mmonth.week.weekday/time``; week 5 is the last one."""
    last_day = monthrange(local.year, local.month)[1]
    week = 5 if local.day + 7 > last_day else (local.day - 1) // 7 + 1
    return f"M{local.month}.{week}.{local.isoweekday() % 7}/{local.hour}:{local.minute}:{local.second}"


def _signed(offset: timedelta) -> str:
    minutes = int(offset.total_seconds() // 60)
    sign = "-" if minutes < 0 else ""
    hours, rest = divmod(abs(minutes), 60)
    return f"{sign}{hours}" if not rest else f"{sign}{hours}:{rest:02d}"
