"""Where a Redis is, and where those are who know it, as addresses say it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

_USUAL_PORT = 6379
_SENTINEL_PORT = 26379
_FORM = "redis://USER:PASSWORD@HOST:6379/0, or rediss:// for TLS"


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """A server, who signs in there, and the number of the database in it."""

    host: str
    port: int = _USUAL_PORT
    database: int = 0
    user: str = ""
    """Empty: Redis' default user."""

    password: str = field(default="", repr=False)
    is_tls: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def read_sentinels(text: str) -> tuple[RedisAddress, ...]:
    """The Sentinels of a list with commas: ``HOST:26379``, or a URL where one wants a password or TLS.

    Raises ``ValueError`` without repeating it, for it may hold passwords.
    """
    parts = [part.strip() for part in text.split(",")]
    found = tuple(
        read_redis_address(part if "://" in part else f"redis://{part}", usual_port=_SENTINEL_PORT) for part in parts
    )
    if any(one.database for one in found):
        raise ValueError("a Sentinel has no databases; write HOST:26379,HOST:26379,HOST:26379")
    return found


def read_redis_address(text: str, *, usual_port: int = _USUAL_PORT) -> RedisAddress:
    """The address that a URL says. Raises ``ValueError`` without repeating it, for it may hold a password."""
    try:
        parts = urlsplit(text)
        port = parts.port or usual_port
        host = parts.hostname
    except ValueError as error:
        raise ValueError(f"this is no address of a Redis; write {_FORM}") from error
    database = parts.path.removeprefix("/") or "0"
    if parts.scheme not in {"redis", "rediss"} or not host or parts.query or parts.fragment:
        raise ValueError(f"this is no address of a Redis; write {_FORM}")
    if not (database.isascii() and database.isdigit() and len(database) <= 5):
        raise ValueError("what follows the port is the number of a database, such as /0")
    host = _as_written(host, parts.netloc)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if user and not password:
        raise ValueError(f"a user without a password cannot sign in; write {_FORM}")
    return RedisAddress(host, port, int(database), user, password, parts.scheme == "rediss")


def _as_written(host: str, within: str) -> str:
    """The name as it was before it was brought into small letters: Sentinels know a service by its exact name."""
    place = within.lower().rfind(host)
    return within[place : place + len(host)] if place >= 0 else host
