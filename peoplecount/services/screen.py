"""A screen on a wall, and one that waits for its code to be confirmed, with the texts that they are kept as."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class WaitingScreen:
    """A browser that shows a code and waits for somebody to confirm it."""

    key: str
    """Digest of the secret that the browser has: it names it and opens nothing."""

    code: str
    asked: datetime
    address: str
    browser: str
    """As it calls itself."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A browser that may show one view, and nothing else."""

    key: str
    name: str
    sites: frozenset[str] | None
    """Ids of the sites it shows; ``None``: all."""

    confirmed: datetime
    confirmed_by: str
    used: datetime
    address: str
    browser: str
    proof: str = ""
    """Digest of the secret that opens it; empty until its browser has fetched that."""


def write_screen(screen: Screen) -> str:
    """As it is kept."""
    fields: dict[str, Any] = {
        "name": screen.name,
        "sites": None if screen.sites is None else sorted(screen.sites),
        "confirmed": screen.confirmed.timestamp(),
        "by": screen.confirmed_by,
        "used": screen.used.timestamp(),
        "address": screen.address,
        "browser": screen.browser,
        "proof": screen.proof,
    }
    return json.dumps(fields, separators=(",", ":"))


def read_screen(key: str, body: str) -> Screen | None:
    """``None`` for what cannot be read: it shows nothing."""
    try:
        row = json.loads(body)
        confirmed, used = (datetime.fromtimestamp(float(row[name]), UTC) for name in ("confirmed", "used"))
        name, by, address, browser = (str(row[field]) for field in ("name", "by", "address", "browser"))
        sites = None if row["sites"] is None else frozenset(map(str, row["sites"]))
        proof = str(row.get("proof", key))  # of those confirmed earlier, the secret that they waited with
    except (ValueError, TypeError, KeyError, OverflowError):
        return None
    return Screen(key, name, sites, confirmed, by, used, address, browser, proof)


def write_waiting(waiting: Iterable[WaitingScreen]) -> str:
    """As they are kept."""
    return json.dumps([_waiting_fields(one) for one in waiting], separators=(",", ":"))


def _waiting_fields(one: WaitingScreen) -> dict[str, Any]:
    return {
        "key": one.key,
        "code": one.code,
        "asked": one.asked.timestamp(),
        "address": one.address,
        "browser": one.browser,
    }


def read_waiting(body: str | None) -> list[WaitingScreen]:
    """What cannot be read waits for nothing."""
    try:
        return [
            WaitingScreen(
                row["key"], row["code"], datetime.fromtimestamp(row["asked"], UTC), row["address"], row["browser"]
            )
            for row in json.loads(body or "[]")
        ]
    except (ValueError, TypeError, KeyError, OverflowError):
        return []
