"""Which events a webhook is told of, in which form."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from peoplecount.domain.camera import CameraState
from peoplecount.domain.event import EventKind, LogEntry
from peoplecount.domain.interval import Scope, Step
from peoplecount.domain.threshold import USUALLY_FULL, Threshold
from peoplecount.domain.webhook import THRESHOLD_KIND, Telling, Topic, Wish

STEADY_SHARE = 20
"""The people inside are below the threshold again once a twentieth of it has gone, and one at least: at a busy door
they would cross it every second."""

_SILENT, _BACK, _ABOVE, _BELOW = "silent", "back", "above", "below"

_KIND_OF: Mapping[EventKind, frozenset[Topic]] = {
    EventKind.COUNT: frozenset({Topic.COUNT}),
    EventKind.ALERT: frozenset({Topic.ALERT}),
    EventKind.COUNTER_BREAK: frozenset({Topic.COUNTER_BREAK}),
    EventKind.COUNT_CORRECTION: frozenset({Topic.COUNT_CORRECTION}),
    EventKind.INTERVAL_CLOSED: frozenset({Topic.INTERVAL_CLOSED}),
    EventKind.CAMERA_STATUS: frozenset({Topic.CAMERA_SILENT, Topic.CAMERA_BACK}),
    EventKind.OCCUPANCY_CHANGED: frozenset({Topic.OCCUPANCY_CHANGED, Topic.OCCUPANCY_ABOVE, Topic.OCCUPANCY_BELOW}),
}
_STATES = {EventKind.COUNT, EventKind.OCCUPANCY_CHANGED, EventKind.CAMERA_STATUS}
"""Kinds of which only the newest of a subject matters to who comes late. Intervals and corrections are facts."""


class WebhookWatch:
    """Looks at the log for one webhook, entry by entry, in order."""

    def __init__(self, wish: Wish, sites: frozenset[str] | None, sides: Mapping[str, str] | None = None) -> None:
        """``sites`` are those that may be told of; ``sides`` is what an earlier watch has left."""
        self._wish = wish
        self._sites = sites
        self._kinds = {kind for kind, topics in _KIND_OF.items() if topics & wish.topics}
        self.sides = dict(sides or {})
        """Sites and cameras by their ids, and where they stand; what crosses is told by that."""

    def prime(self, entries: Iterable[LogEntry]) -> None:
        """Learn where sites and cameras stand before anything is told."""
        for entry in entries:
            self.take(entry)

    def take(self, entry: LogEntry) -> Telling | None:
        """What is to be told of an entry; ``None``: nothing. Raises ``ValueError`` and the like for nonsense."""
        event = entry.event
        if event.kind not in self._kinds or not self._is_of_place(entry):
            return None
        if event.kind is EventKind.INTERVAL_CLOSED:
            return self._of_interval(entry)
        if event.kind is EventKind.CAMERA_STATUS:
            return self._of_status(entry)
        if event.kind is EventKind.OCCUPANCY_CHANGED:
            return self._of_occupancy(entry)
        return _telling(entry)

    def _is_of_place(self, entry: LogEntry) -> bool:
        event, wish = entry.event, self._wish
        return (
            (self._sites is None or event.site_id in self._sites)
            and (not wish.site_ids or event.site_id in wish.site_ids)
            and (not wish.camera_ids or event.camera_id in wish.camera_ids)
            and (not wish.door_ids or event.door_id in wish.door_ids)
        )

    def _of_interval(self, entry: LogEntry) -> Telling | None:
        fields = json.loads(entry.event.body)
        is_wanted = Scope(fields["scope"]) in self._wish.interval_scopes
        is_long = not self._wish.steps or Step(fields["step"]) in self._wish.steps
        return _telling(entry) if is_wanted and is_long else None

    def _of_status(self, entry: LogEntry) -> Telling | None:
        state, key = json.loads(entry.event.body)["state"], f"camera {entry.event.camera_id}"
        if state == CameraState.REMOVED:
            self.sides.pop(key, None)
            return None
        if state == CameraState.UNKNOWN:
            return None
        now = _BACK if state == CameraState.UP else _SILENT
        before = self.sides.get(key, _BACK)  # a camera that never answered is silent, and one that answers no news
        self.sides[key] = now
        wanted = Topic.CAMERA_BACK if now == _BACK else Topic.CAMERA_SILENT
        return _telling(entry) if now != before and wanted in self._wish.topics else None

    def _of_occupancy(self, entry: LogEntry) -> Telling | None:
        fields = json.loads(entry.event.body)
        crossed = self._crossed(entry.event.site_id, fields)
        if crossed is not None:
            return _telling(entry, fields | {"kind": THRESHOLD_KIND} | crossed)
        return _telling(entry) if Topic.OCCUPANCY_CHANGED in self._wish.topics else None

    def _crossed(self, site_id: str, fields: Mapping[str, Any]) -> dict[str, Any] | None:
        """What is to be said of a threshold that was crossed; ``None``: none was, or nobody wants to know."""
        people, limit = fields["occupancy"], (self._wish.threshold or USUALLY_FULL).people(fields["capacity"])
        if people is None or limit is None:
            return None
        key = f"site {site_id}"
        before = self.sides.get(key)
        now = _side(people, limit, before)
        self.sides[key] = now
        wanted = Topic.OCCUPANCY_ABOVE if now == _ABOVE else Topic.OCCUPANCY_BELOW
        if before is None or now == before or wanted not in self._wish.topics:
            return None
        return {"direction": now, "threshold": limit}


def _side(people: int, limit: int, before: str | None) -> str:
    if people >= limit:
        return _ABOVE
    return _ABOVE if before == _ABOVE and people > limit - margin(limit) else _BELOW


def margin(limit: int) -> int:
    """How many people fewer than the threshold there must be before they are called below it again."""
    return max(1, limit // STEADY_SHARE)


def needs_capacity(threshold: Threshold | None) -> bool:
    """Whether nothing is told of a site whose capacity nobody has said."""
    return (threshold or USUALLY_FULL).is_share


def _telling(entry: LogEntry, fields: Mapping[str, Any] | None = None) -> Telling:
    event, event_id = entry.event, str(entry.event_id)
    key = f"{event.kind.value} {event.subject}" if event.kind in _STATES and event.subject else ""
    if fields is None:
        return Telling(entry.event_id.number, event_id, event.kind.value, key, entry.json())
    body = json.dumps({"id": event_id, **fields}, ensure_ascii=False, separators=(",", ":"))
    # Of its own: that a threshold was crossed is not said by a later number of people.
    return Telling(entry.event_id.number, event_id, str(fields["kind"]), f"{fields['kind']} {event.subject}", body)
