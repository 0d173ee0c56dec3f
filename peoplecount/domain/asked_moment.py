"""Times that programs ask by: RFC 3339, as any of them writes it."""

from __future__ import annotations

import re
from datetime import datetime

from peoplecount.domain.event import parse_utc

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
"""Python's own programs have six decimals, .NET's and with them those of Power Automate seven, Go's and Java's nine."""


class NoMoment(ValueError):
    """It is none; the message says what would be one, or that there is no such time."""


def asked_moment(text: str, nor: str = "") -> datetime:
    """UTC, cut to microseconds. ``nor`` are words for what else it might have been. Raises ``NoMoment``."""
    if not _MOMENT.fullmatch(text):
        such_as = "a time with its zone such as 2026-05-04T12:00:00Z (a + in an address is written %2B)"
        raise NoMoment(f"{text[:40]!r} is not {such_as}{nor and f', nor {nor}'}")
    try:
        return parse_utc(text.upper())
    except (ValueError, OverflowError) as error:
        raise NoMoment(f"there is no time {text}") from error
