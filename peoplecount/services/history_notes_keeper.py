"""Keeping history notes in the local store, as JSON by camera."""

from __future__ import annotations

import json
import logging
from datetime import date, datetime
from typing import Any, Protocol

from peoplecount.domain.bucket_clock import BucketClock
from peoplecount.domain.event import parse_utc, utc_text
from peoplecount.domain.history_notes import HistoryNotes
from peoplecount.domain.line import LineKey
from peoplecount.domain.offload import Offload
from peoplecount.domain.renamed_line import Renaming
from peoplecount.eventlog.log import State

logger = logging.getLogger(__name__)

NOTES = "history:"
"""What the keys of notes begin with; the camera's id follows."""


class Texts(Protocol):
    """What is needed of the local store. Both raise ``LogError``."""

    def get(self, key: str) -> State | None:
        """The text of ``key``."""
        ...

    def put(self, key: str, body: str) -> int:
        """Keep a text."""
        ...


class HistoryNotesKeeper:
    """The notes of all cameras; at hand once read, written when they change."""

    def __init__(self, store: Texts, offload: Offload) -> None:
        self._store = store
        self._offload = offload
        self._known: dict[str, HistoryNotes] = {}

    def of(self, camera_id: str) -> HistoryNotes:
        """What is noted of a camera. Raises ``LogError``."""
        if camera_id not in self._known:
            kept = self._offload(self._store.get, f"{NOTES}{camera_id}")
            self._known[camera_id] = _read(camera_id, kept.body) if kept and kept.body else HistoryNotes()
        return self._known[camera_id]

    def keep(self, camera_id: str, notes: HistoryNotes) -> None:
        """Write them down, unless they are the same. Raises ``LogError``; they are then as they were."""
        if notes != self._known.get(camera_id):
            self._offload(self._store.put, f"{NOTES}{camera_id}", write_notes(notes))
            self._known[camera_id] = notes


def _read(camera_id: str, body: str) -> HistoryNotes:
    """The notes; none where they cannot be read: what they tell is found out again."""
    try:
        return read_notes(body)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        logger.warning("the notes on the history of camera %s cannot be read and begin anew: %s", camera_id, error)
        return HistoryNotes()


def write_notes(notes: HistoryNotes) -> str:
    """As JSON."""
    return json.dumps(
        {
            "serial": notes.serial,
            "clock": notes.clock,
            "clockUnknownSince": _text(notes.clock_unknown_since),
            "names": {str(key): name for key, name in notes.names.items()},
            "renamings": {
                str(key): {"old": one.old, "new": one.new, "seenAt": one.seen_at.isoformat()}
                for key, one in notes.renamings.items()
            },
            "unchecked": sorted(day.isoformat() for day in notes.unchecked),
            "wanted": sorted(day.isoformat() for day in notes.wanted),
            "failures": notes.failures,
            "notBefore": _text(notes.not_before),
            "trouble": notes.trouble,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def read_notes(body: str) -> HistoryNotes:
    """What ``write_notes`` wrote. Raises ``ValueError``, ``KeyError``, ``TypeError`` and ``AttributeError``."""
    fields: dict[str, Any] = json.loads(body)
    return HistoryNotes(
        serial=fields["serial"],
        clock=BucketClock(fields["clock"]) if fields["clock"] else None,
        clock_unknown_since=_moment(fields["clockUnknownSince"]),
        names={LineKey.parse(key): name for key, name in fields["names"].items()},
        renamings={
            LineKey.parse(key): Renaming(one["old"], one["new"], datetime.fromisoformat(one["seenAt"]))
            for key, one in fields["renamings"].items()
        },
        unchecked=frozenset(map(date.fromisoformat, fields["unchecked"])),
        wanted=frozenset(map(date.fromisoformat, fields["wanted"])),
        failures=fields["failures"],
        not_before=_moment(fields["notBefore"]),
        trouble=fields["trouble"],
    )


def _text(moment: datetime | None) -> str | None:
    return utc_text(moment) if moment else None


def _moment(text: str | None) -> datetime | None:
    return parse_utc(text) if text else None
