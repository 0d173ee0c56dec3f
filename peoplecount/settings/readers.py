"""From a setting's text to its value. All raise ``ValueError`` saying what is allowed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo

from peoplecount.domain.mail_address import mail_address

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def text(value: str) -> str:
    """The text as it is."""
    return value


def path(value: str) -> Path:
    """A file or folder; ``~`` is the home folder."""
    return Path(value).expanduser()


def certificates_file(value: str) -> Path:
    """A file of certificates in PEM form; what is in it is for whoever uses it."""
    file = path(value)
    try:
        content = file.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise ValueError(f"the file {value!r} cannot be read: {error.strerror}") from error
    if "-----BEGIN CERTIFICATE-----" not in content:
        raise ValueError(f"the file {value!r} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")
    return file


def key_file(value: str) -> Path:
    """A file of keys that can be read."""
    file = path(value)
    try:
        with file.open("rb") as opened:
            opened.read(1)
    except OSError as error:
        raise ValueError(f"the file {value!r} cannot be read: {error.strerror}") from error
    return file


def whole(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number from ``least`` to ``most``."""

    def read(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", value, re.ASCII) or not least <= int(value) <= most:
            raise ValueError(f"{value!r} is not a whole number from {least} to {most}")
        return int(value)

    return read


def seconds(least: float, most: float) -> Callable[[str], float]:
    """Reads a number of seconds from ``least`` to ``most``."""

    def read(value: str) -> float:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value, re.ASCII) or not least <= float(value) <= most:
            raise ValueError(f"{value!r} is not a number of seconds from {least:g} to {most:g}")
        return float(value)

    return read


_UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12}


def size(least: str, most: str) -> Callable[[str], int]:
    """Reads a size on disk, such as ``500MB`` or ``2GB``, from ``least`` to ``most``; it comes as bytes."""

    def read(value: str) -> int:
        match = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) ?(MB|GB|TB)", value.upper(), re.ASCII)
        wanted = int(float(match[1]) * _UNITS[match[2]]) if match else 0
        if match is None or not _bytes(least) <= wanted <= _bytes(most):
            raise ValueError(f"{value!r} is not a size from {least} to {most}; sizes look like 500MB or 2GB")
        return wanted

    def _bytes(text: str) -> int:
        return int(text[:-2]) * _UNITS[text[-2:]]

    return read


def topic(value: str) -> str:
    """The beginning of MQTT topics."""
    if not re.fullmatch(r"[^/+#$\s\x00-\x1f][^+#\x00-\x1f]{0,99}", value) or value.endswith("/"):
        raise ValueError(f"{value[:100]!r} is no topic such as peoplecount or building/peoplecount, without + and #")
    return value


def topic_or_off(value: str) -> str:
    """The same; empty for ``off``."""
    return "" if value == "off" else topic(value)


def holidays(value: str) -> Mapping[str, str]:
    """Holidays by site; the empty one is every other. Regions must be known to the package ``holidays``."""
    found: dict[str, str] = {}
    for rule in value.split(";"):
        site, colon, days = rule.rpartition(":")
        parts = [part.strip() for part in days.split(",") if part.strip()]
        if not parts or (colon and not site.strip()) or site.strip() in found:
            raise ValueError(
                f"{rule.strip()[:60]!r} names no holidays, or its site twice; they look like "
                "CH-ZH, 2026-12-24; SITE: DE-BY"
            )
        for part in parts:
            _demand_holidays(part)
        found[site.strip()] = ", ".join(parts)
    return found


def _demand_holidays(part: str) -> None:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", part, re.ASCII):
        date.fromisoformat(part)
        return
    country, _, region = part.partition("-")
    try:
        import_module("holidays").country_holidays(country, subdiv=region or None)
    except NotImplementedError as error:
        raise ValueError(
            f"{part[:40]!r} is neither a day (2026-12-24) nor a country or region (CH, CH-ZH): {error}"
        ) from error


def token(value: str) -> str:
    """A secret that programs send in a header."""
    if not re.fullmatch(r"[\x21-\x7e]{16,200}", value, re.ASCII):
        raise ValueError("it must have 16 to 200 characters, of plain ASCII without blanks")
    return value


def time_zone(value: str) -> str:
    """An IANA time zone that exists."""
    try:
        ZoneInfo(value)
    except (OSError, ValueError, KeyError) as error:  # no such zone, a folder's name, a path outside
        raise ValueError(f"{value!r} is not a time zone; names look like Europe/Zurich or UTC") from error
    return value


def log_level(value: str) -> str:
    """A level of the log, in any case."""
    if value.upper() not in LOG_LEVELS:
        raise ValueError(f"{value!r} is not a level; allowed are {', '.join(LOG_LEVELS)}")
    return value.upper()


def switch(value: str) -> bool:
    """``on`` or ``off``, in any case."""
    if value.lower() not in {"on", "off"}:
        raise ValueError(f"{value!r} is neither; allowed are on and off")
    return value.lower() == "on"


def one_of(*words: str) -> Callable[[str], str]:
    """Reads one of some words, in any case."""

    def read(value: str) -> str:
        if value.lower() not in words:
            raise ValueError(f"{value!r} is not allowed; allowed are {' and '.join(words)}")
        return value.lower()

    return read


def identifier(value: str) -> str:
    """A plain name in the database."""
    if not _IDENTIFIER.fullmatch(value):
        raise ValueError(f"{value!r} is not a plain name: letters, digits and _ are allowed, 63 at most")
    return value


def view_name(value: str) -> str:
    """A view's name, with its schema in front where it needs one."""
    schema, dot, name = value.rpartition(".")
    try:
        identifier(name)
        if dot:
            identifier(schema)
    except ValueError as error:
        raise ValueError(f"{value!r} is not a view's name such as API_camaras or dbo.API_camaras") from error
    return value


def header(value: str) -> str:
    """The name of a header."""
    if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", value, re.ASCII):
        raise ValueError(f"{value!r} is not the name of a header such as X-Remote-User")
    return value


def mail_sender(value: str) -> str:
    """One mail address."""
    return mail_address(value)


def grain(value: str) -> timedelta | None:
    """What a row is: ``change`` (``None``), or some minutes."""
    if value == "change":
        return None
    if value not in {"1", "5", "15"}:
        raise ValueError(f"{value!r} is not what a row of records can be; allowed are change, 1, 5 and 15 (minutes)")
    return timedelta(minutes=int(value))


def interval_steps(value: str) -> tuple[str, ...]:
    """Lengths of intervals, separated by commas: 15, 60 and day, with or without 5."""
    steps = tuple(dict.fromkeys(part.strip() for part in value.split(",")))
    if set(steps) not in ({"15", "60", "day"}, {"5", "15", "60", "day"}):
        raise ValueError(f"{value!r} are not the lengths of intervals; allowed are 15,60,day and 5,15,60,day")
    return steps
