"""ODBC connection strings: ``KEY=value;KEY={value with ; in it}``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_PAIR = re.compile(
    r"\s*(?P<key>[^=;]+?)\s*=\s*(?:\{(?P<braced>(?:[^}]|\}\})*)\}|(?P<plain>[^;]*))\s*(?:;|$)", re.DOTALL
)
_SPECIAL = frozenset("[]{}();?*=!@")
"""What the ODBC reference (SQLDriverConnect) wants in braces, but for the comma, which stands before a port."""


def joined(pairs: Iterable[tuple[str, str]]) -> str:
    """A connection string of keys and values."""
    return ";".join(f"{key}={_braced(value)}" for key, value in pairs)


def parted(text: str) -> Iterator[tuple[str, str]]:
    """The keys and values of a connection string, as far as it can be read."""
    for match in _PAIR.finditer(text):
        braced = match["braced"]
        yield match["key"], match["plain"].strip() if braced is None else braced.replace("}}", "}")


def without_secrets(text: str) -> str:
    """A connection string as it may be shown: where it leads, and nothing of who signs in how."""
    return joined((key, value) for key, value in parted(text) if key.lower() in {"driver", "dsn", "server", "database"})


def _braced(value: str) -> str:
    if value and not _SPECIAL & set(value) and value == value.strip() and value.isprintable():
        return value
    return "{" + value.replace("}", "}}") + "}" if value else ""
