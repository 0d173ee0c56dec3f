"""How figures, dates and times are written on pages; ``static/js/format.js`` writes them the same way.

In the visitor's language, and at the wall-clock time of a place, whose zone is always given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_datetime_format

from peoplecount.domain.event import parse_utc
from peoplecount.domain.sentence import Sentence, figure, joined, say, whole
from peoplecount.web.languages import book_now
from peoplecount.web.phrase_book import decimal_in

UNKNOWN = "\N{EN DASH}"

WITHOUT, WITH_SECONDS = "%H:%M", "%H:%M:%S"
"""Clocks are of 24 hours and two digits in every language, so that columns of times stand below each other."""


def people(number: float | None) -> str:
    """A number of people, or a dash where nobody knows."""
    return UNKNOWN if number is None else decimal_in(book_now().formats_name, number)


def people_range(ends: tuple[float, float] | None) -> str:
    """From how many to how many people, to whole ones, with a dash between them; a dash where nobody knows."""
    if ends is None:
        return UNKNOWN
    least, most = (people(math.floor(number + 0.5)) for number in ends)
    return most if least == most else f"{least}\N{EN DASH}{most}"


def decimal(number: float | None, digits: int = 1, *, sign: bool = False) -> str:
    """A number with so many digits behind the point, or a dash; ``sign``: also where it is a plus."""
    if number is None:
        return UNKNOWN
    pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
    if sign:
        pattern = f"+{pattern};-{pattern}"
    return decimal_in(book_now().formats_name, number, pattern)


def plain_number(number: float) -> str:
    """A number with as many digits behind the point as it has."""
    return decimal_in(book_now().formats_name, number, "#,##0.###")


def per_cent(share: float | None, digits: int = 0) -> str:
    """A share of one as per cent, with so many digits behind the point, or a dash."""
    return UNKNOWN if share is None else book_now().share(share, digits)


def age(seconds: float | None) -> str:
    """How long ago, in the largest whole unit."""
    return book_now().told(age_words(seconds))


def age_words(seconds: float | None) -> Sentence:
    """The same as a sentence, to stand in others."""
    if seconds is None:
        return say("never")
    if seconds >= 86_400:
        return say("%(count)s d ago", count=figure(int(seconds // 86_400)))
    if seconds >= 3_600:
        return say("%(count)s h ago", count=figure(int(seconds // 3_600)))
    if seconds >= 60:
        return say("%(count)s min ago", count=figure(int(seconds // 60)))
    return say("%(count)s s ago", count=figure(max(0, int(seconds))))


def clock_time(moment: datetime | str, zone: str, seconds: bool = False) -> str:  # noqa: FBT001, FBT002 - a Jinja filter
    """The wall-clock time of a place."""
    local = _local(moment, zone)
    return local.strftime(WITH_SECONDS if seconds else WITHOUT)


def day(moment: datetime | date | str, zone: str | ZoneInfo = "") -> str:
    """A day, ``23 Nov 2026``: as it is, or that of a moment at a place."""
    local = moment if isinstance(moment, date) and not isinstance(moment, datetime) else _local(moment, zone)
    return format_date(local, "medium", locale=book_now().formats)


def iso_day(text: str) -> str:
    """A day that is kept as ``2026-11-23``; what is no such day stays as it is."""
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return text


def day_and_time(moment: datetime | str, zone: str | ZoneInfo, *, seconds: bool = False) -> str:
    """The day and the wall-clock time of a place, ``23 Nov 2026, 14:05``."""
    locale = book_now().formats
    local = _local(moment, zone)
    time = local.strftime(WITH_SECONDS if seconds else WITHOUT)
    form = str(get_datetime_format("medium", locale=locale))
    return form.replace("'", "").format(time, format_date(local, "medium", locale=locale))


def _local(moment: datetime | str, zone: str | ZoneInfo) -> datetime:
    utc = parse_utc(moment) if isinstance(moment, str) else moment
    return utc.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)


def estimate(site: Mapping[str, Any]) -> Sentence:
    """What is to be said of the people inside beside the figure that the doors give; empty where nothing is."""
    words: list[str] = []
    if site.get("occupancyEstimate") is not None and site["occupancyLow"] < site["occupancyHigh"]:
        about, low, high = (figure(site[name]) for name in ("occupancyEstimate", "occupancyLow", "occupancyHigh"))
        words.append(say("about %(about)s, %(low)s to %(high)s", about=about, low=low, high=high))
    if site.get("clamped"):
        words.append(say("%(more)s more were seen to leave than to come", more=figure(site["clamped"])))
    return joined(words, "; ")


def opened(site: Mapping[str, Any]) -> Sentence | str:
    """Whether a site is open; empty where nobody has said when it is."""
    if site.get("open") is None:
        return ""
    return say("open") if site["open"] else say("closed")


def fullness_words(band: str) -> str:
    """How full a site is; empty where there is nothing to be said of it."""
    if band == "busy":
        return say("nearly full")
    return say("full") if band == "full" else ""


def told(value: object) -> str:
    """A value of the audit log."""
    if isinstance(value, bool):
        return book_now().told(say("yes") if value else say("no"))
    return UNKNOWN if value is None or value == "" else str(value)


FILTERS: Mapping[str, Callable[..., Any]] = {
    "people": people,
    "people_range": people_range,
    "decimal": decimal,
    "per_cent": per_cent,
    "plain_number": plain_number,
    "age": age,
    "clock_time": clock_time,
    "day": day,
    "iso_day": iso_day,
    "day_and_time": day_and_time,
    "estimate": estimate,
    "opened": opened,
    "told": told,
    "fullness_words": fullness_words,
    "whole": lambda words: book_now().told(whole(words)),
}
