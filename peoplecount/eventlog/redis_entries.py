"""Entries of the event log as Redis keeps them: in a stream, with the newest of each subject beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from peoplecount.domain.folding import Rewrite
from peoplecount.eventlog.entry_rows import Row, microseconds
from peoplecount.eventlog.log import Append, Choice

__all__ = ["Row", "append_arguments", "latest_row", "pairs", "rewrite_arguments", "rows", "wanted"]

_PLACES = {"kinds": 4, "site_ids": 6, "camera_ids": 8, "door_ids": 10}
"""Where ``lua/append.lua`` puts a field's value in an entry of the stream, counted from 1."""


def append_arguments(batch: Sequence[Append]) -> Iterator[str | int]:
    """What ``lua/append.lua`` takes of a batch."""
    changes = [change for part in batch for change in part.states]
    yield len(changes)
    for change in changes:
        yield from (change.key, change.expected_version, change.body)
    for event in (event for part in batch for event in part.events):
        yield from (event.kind.value, event.site_id, event.camera_id, event.door_id, event.subject, event.body)


def rewrite_arguments(rewrite: Rewrite) -> Iterator[str | int]:
    """What ``lua/rewrite.lua`` takes."""
    yield from (rewrite.up_to, len(rewrite.dropped))
    for entry in rewrite.dropped:
        yield from (entry.event_id.number, microseconds(entry.appended_at), entry.event.body)
    for entry, event in rewrite.replaced:
        yield from (entry.event_id.number, microseconds(entry.appended_at), entry.event.body, event.body)


def wanted(choice: Choice) -> str:
    """What ``lua/choose.lua`` takes: by place in an entry, which values."""
    chosen = {place: getattr(choice, name) for name, place in _PLACES.items()}
    return json.dumps({str(place): dict.fromkeys(values, True) for place, values in chosen.items() if values})


def rows(found: list[Any], rewritten: list[Any]) -> list[Row]:
    """The rows of entries as ``XRANGE`` gives them; ``rewritten`` has new bodies, by the entry's place."""
    bodies = {place: body.decode() for place, body in rewritten}
    return [_row(entry, bodies.get(place)) for place, entry in enumerate(found)]


def _row(entry: list[Any], body: str | None) -> Row:
    number = int(entry[0].partition(b"-")[0])
    at, kind, site, camera, door, subject, as_appended = (value.decode() for value in entry[1][1::2])
    return (number, int(at), kind, site, camera, door, subject, as_appended if body is None else body)


def latest_row(text: bytes) -> Row:
    """The row of a newest entry."""
    number, at, *rest = orjson.loads(text)
    kind, site, camera, door, subject, body = rest
    return (int(number), int(at), kind, site, camera, door, subject, body)


def pairs(found: list[bytes]) -> dict[str, str]:
    """What ``HGETALL`` gives, as a mapping."""
    return {key.decode(): value.decode() for key, value in zip(found[::2], found[1::2], strict=True)}
