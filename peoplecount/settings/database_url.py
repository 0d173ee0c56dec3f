"""Taking ``DATABASE_URL`` apart, as people write it: with passwords that nobody has percent-encoded.

What SQLAlchemy's ``make_url`` understands means the same here. Beyond that a password may hold raw ``@``: the
address is split where what follows looks like ``HOST[:PORT][/NAME][?KEY=VALUE&…]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, unquote_plus

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9.]*)(?:\+([A-Za-z0-9_]+))?://(.*)", re.DOTALL)
_PLACE = re.compile(
    r"""(?P<host>\[[0-9A-Fa-f:.%]+\] | [^\s@/?\#:,\[\]]*)
        (?: [:,] (?P<port>[0-9]*))?
        (?: /(?P<name>[^@/?\#]*))?
        (?: \?(?P<query>[A-Za-z][\w\ .+-]*=.*))?""",
    re.VERBOSE | re.DOTALL,
)
_RAW_ODBC = re.compile(r"odbc_connect=(.*=.*)", re.IGNORECASE | re.DOTALL)

SHAPE = "mssql://USER:PASSWORD@SERVER:1433/NAME"


@dataclass(frozen=True, slots=True)
class UrlParts:
    """What the address says; ``""`` and ``None`` where it says nothing."""

    scheme: str
    driver: str
    host: str = ""
    port: int | None = None
    name: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    options: dict[str, str] = field(default_factory=dict, repr=False)
    ambiguous: bool = False
    """True where it can be split in more than one way."""


def split_url(url: str) -> UrlParts:
    """Take a database's address apart. Raises ``ValueError``, whose text never holds a part of the address."""
    match = _SCHEME.fullmatch(url)
    if match is None:
        raise ValueError(f"it is not an address such as {SHAPE}")
    scheme, driver, rest = match[1].lower(), (match[2] or "").lower(), match[3]
    if scheme == "sqlite":
        return UrlParts(scheme, driver, name=_sqlite_file(rest))
    splits = sorted(_splits(rest), key=lambda split: not split[1]["name"])  # a split that finds a name is better
    if not splits:
        raise ValueError(
            f"what stands after the last @ is not SERVER:PORT/NAME; it should look like {SHAPE} "
            "(a / or ? behind the server's name must be written %2F or %3F)"
        )
    credentials, place = splits[0]
    user, password = _credentials(credentials)
    return UrlParts(
        scheme,
        driver,
        host=unquote(place["host"].strip("[]")),
        port=_port(place["port"]),
        name=unquote(place["name"] or ""),
        user=user,
        password=password,
        options=_options(place["query"] or ""),
        ambiguous=sum(bool(split[1]["name"]) == bool(place["name"]) for split in splits) > 1,
    )


def _sqlite_file(rest: str) -> str:
    if not rest.startswith("/") or len(rest) == 1:
        raise ValueError("sqlite needs a file: sqlite:///var/people.db, with four slashes for an absolute path")
    return unquote(rest[1:].partition("?")[0])


def _splits(rest: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Every way to read ``rest`` as credentials and a place, those with the shortest credentials first."""
    whole = _PLACE.fullmatch(rest)
    if whole is not None:
        yield "", whole
    for at in (match.start() for match in re.finditer("@", rest)):
        place = _PLACE.fullmatch(rest, at + 1)
        if place is not None:
            yield rest[:at], place


def _credentials(text: str) -> tuple[str, str]:
    """User and password. Whoever left an ``@`` raw encoded nothing, so nothing is decoded then."""
    user, _, password = text.partition(":")
    return unquote(user), password if "@" in password else unquote(password)


def _port(text: str | None) -> int | None:
    if not text:
        return None
    if not 1 <= int(text) <= 65535:
        raise ValueError("its port is not a number from 1 to 65535")
    return int(text)


def _options(query: str) -> dict[str, str]:
    raw = _RAW_ODBC.fullmatch(query)
    if raw is not None and "%3d" not in raw[1].lower():
        return {"odbc_connect": raw[1]}
    return dict(parse_qsl(query, keep_blank_values=True))


def split_options(text: str) -> dict[str, str]:
    """``A=b;C=d`` or ``A=b&C=d`` as pairs; a value in braces may hold both signs. Raises ``ValueError``."""
    options = {}
    for part in re.findall(r"(?:\{[^}]*\}|[^;&{])+", text):
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise ValueError("options look like Encrypt=yes;TrustServerCertificate=yes")
        options[key.strip()] = unquote_plus(value.strip()) if "%" in value else value.strip()
    return options
