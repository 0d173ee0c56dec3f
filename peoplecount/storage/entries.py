"""What may be entered: identities, names, intervals, time zones."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from peoplecount.domain.opening_hours import OpeningHours
from peoplecount.domain.sentence import figure, say
from peoplecount.domain.threshold import MOST_PEOPLE
from peoplecount.domain.visible_text import invisible_in, is_visible

LEAST_INTERVAL, LONGEST_INTERVAL = 0.05, 3600.0
"""Seconds between two polls."""

LONGEST_NAME = 200

LONGEST_HOURS = 400

HIGHEST_CHANNEL = 1023
"""Of a recorder; the largest has 128."""

_FINGERPRINT = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)


def plain_id(text: str) -> str:
    """``text``, if it can be an id: ids stand in addresses, in line ids and in file names. Raises ``ValueError``."""
    if not _PLAIN_ID.fullmatch(text):
        raise ValueError(
            say("%(text)s is not an id: letters, digits, _ . and - are allowed, 64 at most", text=repr(text[:70]))
        )
    return text


def identity(value: object) -> str:
    """An id as a row holds it, which may be a number and may be padded. Raises ``ValueError``."""
    if value is None:
        raise ValueError(say("it has no id"))
    return plain_id(str(value).strip())


def display_name(text: str) -> str:
    """``text`` in one writing (NFC), if it can be a name. Raises ``ValueError``."""
    if not text.strip() or len(text) > LONGEST_NAME or not text.isprintable():
        raise ValueError(
            say(
                "%(text)s is not a name: 1 to %(longest_name)s printable characters are allowed",
                text=repr(text[:40]),
                longest_name=LONGEST_NAME,
            )
        )
    if unseen := invisible_in(text):
        raise ValueError(
            say(
                "%(one_line)s is not a name: it has a character that nobody can see, %(unseen)s; type it anew",
                one_line=repr(one_line(text, 40)),
                unseen=unseen,
            )
        )
    return unicodedata.normalize("NFC", text)


def one_line(text: str, longest: int = LONGEST_NAME) -> str:
    """``text`` made fit for a page or a log: a blank for each character that cannot be seen, and not too long."""
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return "".join(character if is_visible(character) else " " for character in cut).strip()


def poll_interval(seconds: float) -> float:
    """``seconds``, if a camera can be polled that often. Raises ``ValueError``."""
    if not LEAST_INTERVAL <= seconds <= LONGEST_INTERVAL:
        raise ValueError(
            say(
                "%(seconds)s s is not a poll interval: %(least_interval)s to %(longest_interval)s s are allowed",
                seconds=f"{seconds:g}",
                least_interval=f"{LEAST_INTERVAL:g}",
                longest_interval=f"{LONGEST_INTERVAL:g}",
            )
        )
    return seconds


def time_zone(name: str) -> str:
    """``name``, if it is a time zone. Raises ``ValueError``."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            say("%(name)s is not a time zone: an IANA name such as Europe/Zurich is expected", name=repr(name))
        ) from error
    return name


def opening_hours(text: str) -> str:
    """``text``, if it can be understood as opening hours; empty where nobody has said. Raises ``ValueError``."""
    if len(text) > LONGEST_HOURS or not text.isprintable():
        raise ValueError(
            say(
                "%(text)s are no opening hours: up to %(longest_hours)s printable characters are allowed",
                text=repr(text[:40]),
                longest_hours=LONGEST_HOURS,
            )
        )
    return OpeningHours.parse(text).text if text.strip() else ""


def capacity(people: int | None) -> int | None:
    """``people``, if that many can be allowed inside; ``None`` where nobody has said. Raises ``ValueError``."""
    if people is not None and not 1 <= people <= MOST_PEOPLE:
        raise ValueError(
            say(
                "%(people)s is not a capacity: 1 to %(most_people)s people, or nothing, is allowed",
                people=people,
                most_people=figure(MOST_PEOPLE),
            )
        )
    return people


def certificate(value: object) -> str:
    """A pinned SHA-256 fingerprint as 64 small hexadecimal digits; empty where there is none.

    Colons and blanks between the digits are allowed, as ``openssl x509 -fingerprint`` writes them.
    Raises ``ValueError``.
    """
    said = "" if value is None else re.sub(r"[\s:]", "", str(value)).lower()
    if said and not _FINGERPRINT.fullmatch(said):
        raise ValueError(
            say("%(value)s is no SHA-256 fingerprint: 64 hexadecimal digits are expected", value=repr(str(value)[:40]))
        )
    return said


def recorder_channel(value: Any) -> int | None:  # noqa: ANN401
    """A channel of a recorder, from 0; ``None`` where the camera is read itself. Raises ``ValueError``."""
    if value is None or value == "":
        return None
    channel = int(value)
    if channel != float(value) or not 0 <= channel <= HIGHEST_CHANNEL:
        raise ValueError(
            say(
                "%(value)s is no channel of a recorder; 0 to %(highest_channel)s are allowed",
                value=repr(str(value)[:40]),
                highest_channel=HIGHEST_CHANNEL,
            )
        )
    return channel


def swap_moment(moment: datetime) -> datetime:
    """``moment``, if a line's direction can be exchanged then. Raises ``ValueError``.

    That is a full hour of the camera's clock, because the camera's own history goes by the hour. Zones lie whole
    quarters of an hour from UTC.
    """
    if moment.tzinfo is None or moment.timestamp() % 900:
        raise ValueError(say("%(value)s is no full hour, with its zone, of a camera's clock", value=moment.isoformat()))
    return moment
