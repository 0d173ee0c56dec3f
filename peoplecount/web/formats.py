"""How figures are written on pages; ``static/js/format.js`` writes them the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from peoplecount.domain.event import parse_utc

UNKNOWN = "\N{EN DASH}"


def people(number: int | None) -> str:
    """A number of people, or a dash where nobody knows."""
    return UNKNOWN if number is None else f"{number:,}"


def age(seconds: float | None) -> str:
    """How long ago, in the largest whole unit."""
    if seconds is None:
        return "never"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return f"{max(0, int(seconds))} s ago"


def clock_time(moment: datetime | str, zone: str, seconds: bool = False) -> str:  # noqa: FBT001, FBT002 - a Jinja filter
    """The wall-clock time of a place."""
    utc = parse_utc(moment) if isinstance(moment, str) else moment
    return utc.astimezone(ZoneInfo(zone)).strftime("%H:%M:%S" if seconds else "%H:%M")


def day_and_time(moment: datetime, zone: str) -> str:
    """The day and the wall-clock time of a place."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def estimate(site: Mapping[str, Any]) -> str:
    """What is to be said of the people inside beside the figure that the doors give; empty where nothing is."""
    words = []
    if site.get("occupancyEstimate") is not None and site["occupancyLow"] < site["occupancyHigh"]:
        said = [people(site[name]) for name in ("occupancyEstimate", "occupancyLow", "occupancyHigh")]
        words.append("about {}, {} to {}".format(*said))
    if site.get("clamped"):
        words.append(f"{people(site['clamped'])} more were seen to leave than to come")
    return "; ".join(words)


def opened(site: Mapping[str, Any]) -> str:
    """Whether a site is open; empty where nobody has said when it is."""
    if site.get("open") is None:
        return ""
    return "open" if site["open"] else "closed"


def told(value: object) -> str:
    """A value of the audit log."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return UNKNOWN if value is None or value == "" else str(value)


FILTERS: Mapping[str, Callable[..., Any]] = {
    "people": people,
    "age": age,
    "clock_time": clock_time,
    "day_and_time": day_and_time,
    "estimate": estimate,
    "opened": opened,
    "told": told,
}
