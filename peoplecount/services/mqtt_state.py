"""What is retained at a broker: how sites, doors, lines and cameras stand, each at a topic of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from peoplecount.mqtt.message import Message, topic_of

Row = Mapping[str, Any]

_TODAY = ("inToday", "outToday", "complete")
# Nothing that changes with every poll: each change is published.
_FIELDS: Mapping[str, Sequence[str]] = {
    "site": ("siteId", "siteName", "date", *_TODAY, "occupancy", "capacity"),
    "door": ("siteId", "doorId", "doorName", *_TODAY),
    "line": ("siteId", "doorId", "cameraId", "lineId", "lineName", "inToday", "outToday"),
    "camera": ("siteId", "cameraId", "cameraName", "state", "reason", "since"),
}
_TOLD_AS = {"qualityToday": "quality", "coverageToday": "coverage"}


def state_topic(prefix: str, scope: str, row: Row) -> str:
    """Where the state of a ``site``, ``door``, ``line`` or ``camera`` is."""
    return topic_of(prefix, scope, str(row[f"{scope}Id"]))


def status_topic(prefix: str) -> str:
    """Where it is said whether the service is connected: ``online`` or ``offline``."""
    return topic_of(prefix, "status")


def state_messages(prefix: str, board: Row) -> Iterator[Message]:
    """The state of all that a snapshot has. What is not known is null."""
    for scope, names in _FIELDS.items():
        for row in board[f"{scope}s"]:
            told = {name: row.get(name) for name in names}
            if scope != "camera":
                told |= {name: row.get(known) for known, name in _TOLD_AS.items()}
            yield Message(state_topic(prefix, scope, row), orjson.dumps(told), retained=True)
