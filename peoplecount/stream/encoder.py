"""Frames: the exact bytes of Server-Sent Events.

WHATWG HTML, 9.2.5 "Parsing an event stream": UTF-8; lines end with CR, LF or both; a blank line ends an event. A
line break inside a field would therefore end it, so none may leave ``id`` or ``event``, and data is cut into lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from peoplecount.domain.event import EventKind, LogEntry
from peoplecount.domain.event_id import EventId

_LINE_BREAK = re.compile("\r\n|\r|\n")
_FORBIDDEN_IN_FIELD = re.compile("[\r\n\0]")
"""A NUL in an id makes a browser ignore the whole field."""


def event_frame(name: str, data: str, event_id: EventId | None = None) -> bytes:
    """One event. Raises ``ValueError`` for a name with a line break."""
    if not name or _FORBIDDEN_IN_FIELD.search(name):
        raise ValueError(f"not an event name: {name!r} (it must not be empty and not hold line breaks or NUL)")
    lines = [f"id: {event_id}"] if event_id else []
    lines.append(f"event: {name}")
    lines.extend(f"data: {line}" for line in _LINE_BREAK.split(data))
    return ("\n".join(lines) + "\n\n").encode()


def entry_frame(entry: LogEntry) -> bytes:
    """An event of the log."""
    return event_frame(entry.event.kind.value, entry.json(), entry.event_id)


def object_frame(kind: EventKind, fields: Mapping[str, Any], event_id: EventId | None = None) -> bytes:
    """A stream-only event whose data is one compact JSON object."""
    return event_frame(kind.value, json.dumps(fields, ensure_ascii=False, separators=(",", ":")), event_id)


def retry_frame(milliseconds: int) -> bytes:
    """How long a client waits before it connects again."""
    return f"retry: {milliseconds:d}\n\n".encode()


def heartbeat_frame(examined: EventId | None) -> bytes:
    """A comment, and where to resume from.

    A block without data dispatches no event, but its ``id`` becomes the client's last event id. So a client whose
    filter lets nothing through does not fall behind what the log still holds.
    """
    return f":\nid: {examined}\n\n".encode() if examined else b":\n\n"
