"""Where on earth the demo's invented town lies: where it is day when somebody tries it the first time."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

_KEPT = "time-zone"
"""In the demo's folder: the time zone that was chosen. Days that are counted once cannot move to another one."""

_BEFORE_THERE_WAS_A_CHOICE = "Europe/Zurich"

_LIVELY = range(10, 17)
"""Hours of the day at which the town's places are open and stay so for a while."""

_LATE_MORNING = timedelta(hours=11, minutes=30)

_ZONES = (
    *("Pacific/Auckland", "Australia/Brisbane", "Asia/Tokyo", "Asia/Singapore", "Asia/Bangkok", "Asia/Dhaka"),
    *("Asia/Karachi", "Asia/Dubai", "Europe/Istanbul", "Europe/Helsinki", "Europe/Zurich", "Europe/London"),
    *("Atlantic/Azores", "America/Noronha", "America/Sao_Paulo", "America/New_York", "America/Chicago"),
    *("America/Denver", "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu", "Pacific/Pago_Pago"),
)
"""All around the earth, an hour or two apart."""


def town_zone(folder: Path, chosen: str, own: str, now: datetime) -> str:
    """The town's time zone: the one kept in ``folder``, where a demo has begun; else ``chosen``, or where it is day."""
    try:
        return (folder / _KEPT).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        begun = (folder / "peoplecount.db").exists()
        return _BEFORE_THERE_WAS_A_CHOICE if begun else chosen or lively_zone(own, now)


def keep_zone(folder: Path, zone: str) -> None:
    """Have the next start find the town where it is."""
    (folder / _KEPT).write_text(zone, encoding="ascii")


def lively_zone(own: str, now: datetime) -> str:
    """``own`` where it is day there at ``now``, which is aware; else one where it is late morning."""
    if is_lively(own, now):
        return own
    return min(_ZONES, key=lambda zone: abs(_time_of_day(zone, now) - _LATE_MORNING))


def is_lively(zone: str, now: datetime) -> bool:
    """Whether people come and go in a town of this time zone."""
    return now.astimezone(ZoneInfo(zone)).hour in _LIVELY


def where_it_lies(zone: str, now: datetime, folder: Path) -> str:
    """For whoever starts the demo: where the town is, and what time it is there."""
    said = f"Their town is in the time zone {zone}, where it is {now.astimezone(ZoneInfo(zone)):%H:%M} now."
    if is_lively(zone, now):
        return said
    return (
        f"{said}\n  Few people are about at this hour there. Delete {folder}, and the next demo lies where it is day."
    )


def _time_of_day(zone: str, now: datetime) -> timedelta:
    local = now.astimezone(ZoneInfo(zone))
    return timedelta(hours=local.hour, minutes=local.minute)
