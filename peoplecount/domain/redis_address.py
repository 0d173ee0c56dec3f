"""Where a Redis is, as an address says it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

_USUAL_PORT = 6379
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


def read_redis_address(text: str) -> RedisAddress:
    """The address that a URL says. Raises ``ValueError`` without repeating it, for it may hold a password."""
    try:
        parts = urlsplit(text)
        port = parts.port or _USUAL_PORT
        host = parts.hostname
    except ValueError as error:
        raise ValueError(f"this is no address of a Redis; write {_FORM}") from error
    database = parts.path.removeprefix("/") or "0"
    if parts.scheme not in {"redis", "rediss"} or not host or parts.query or parts.fragment:
        raise ValueError(f"this is no address of a Redis; write {_FORM}")
    if not (database.isascii() and database.isdigit() and len(database) <= 5):
        raise ValueError("what follows the port is the number of a database, such as /0")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if user and not password:
        raise ValueError(f"a user without a password cannot sign in; write {_FORM}")
    return RedisAddress(host, port, int(database), user, password, parts.scheme == "rediss")
