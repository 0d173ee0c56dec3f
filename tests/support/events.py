"""Events that need no camera."""

import json
from datetime import UTC, datetime, timedelta

from peoplecount.domain.event import EventKind, NewEvent
from peoplecount.eventlog.log import Append, StateChange

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def an_event(text: str = "", *, subject: str = "", kind: EventKind = EventKind.COUNT) -> NewEvent:
    """An event whose body says ``text``."""
    return NewEvent(kind, "site", "camera", "door", subject, json.dumps({"kind": kind.value, "text": text}))


def said(event: NewEvent) -> str:
    """The text that ``an_event`` was given."""
    return json.loads(event.body)["text"]


def some(*texts: str, subject: str = "") -> Append:
    """An append of an event for each text."""
    return Append(tuple(an_event(text, subject=subject) for text in texts))


def changing(key: str, version: int, body: str, *texts: str) -> Append:
    """An append that also moves a state on from ``version``."""
    return Append(some(*texts).events, (StateChange(key, version, body),))
