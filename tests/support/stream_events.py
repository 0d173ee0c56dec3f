"""Entries for streams, and reading what comes out of them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from peoplecount.domain.event import EventKind, LogEntry, NewEvent
from peoplecount.domain.event_id import EventId
from peoplecount.stream.backlog import BacklogUnavailable, Extent, Stretch
from peoplecount.stream.selection import EVERYTHING, Selection, Tags
from peoplecount.stream.snapshot import Snapshot
from tests.support.stream_reader import events

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def entry(number: int, camera: str = "c", epoch: str = "e") -> LogEntry:
    body = json.dumps({"kind": EventKind.COUNT.value, "cameraId": camera})
    return LogEntry(EventId(epoch, number), NOON, NewEvent(EventKind.COUNT, "s", camera, "d", camera, body))


@dataclass(frozen=True)
class Heard:
    """An event as a client hears it."""

    name: str
    data: dict[str, Any] | None
    last_id: str

    @property
    def number(self) -> int:
        return EventId.parse(self.last_id).number


def heard(frames: Iterable[bytes]) -> list[Heard]:
    """What a client makes of these bytes; blocks without data are among it, without a name."""
    lines = b"".join(frames).split(b"\n")
    return [Heard(name, json.loads(data) if data else None, last) for name, data, last in events(iter(lines[:-1]))]


class FakeBacklog:
    """A log that streams fall back on."""

    def __init__(self, epoch: str = "e") -> None:
        self.epoch = epoch
        self.entries: list[LogEntry] = []
        self.trimmed_to = 0
        self.reads = 0
        self.looked_through = 1000
        self.broken = False

    def grow(self, *cameras: str) -> list[LogEntry]:
        first = self.head().number + 1
        grown = [entry(first + index, camera, self.epoch) for index, camera in enumerate(cameras)]
        self.entries += grown
        return grown

    def trim(self, up_to: int) -> None:
        self.trimmed_to = max(self.trimmed_to, up_to)

    def begin_epoch(self, epoch: str) -> None:
        self.epoch = epoch

    def head(self) -> EventId:
        self._check()
        return EventId(self.epoch, self.entries[-1].event_id.number if self.entries else 0)

    def extent(self) -> Extent:
        self._check()
        return Extent(EventId(self.epoch, self.trimmed_to), self.head())

    def read(self, after: int, limit: int, selection: Selection = EVERYTHING) -> Stretch:
        self._check()
        self.reads += 1
        end = min(self.head().number, max(after, self.trimmed_to) + self.looked_through)
        kept = [one for one in self.entries if max(after, self.trimmed_to) < one.event_id.number <= end]
        chosen = [LogEntry(EventId(self.epoch, one.event_id.number), NOON, one.event) for one in kept]
        chosen = [one for one in chosen if selection.takes(Tags.of(one.event))][:limit]
        return Stretch(chosen, chosen[-1].event_id.number if len(chosen) == limit else max(after, end), self.extent())

    def before(self, moment: datetime) -> EventId | None:
        """Each entry is a second after the one before it; the first at noon."""
        self._check()
        if self.trimmed_to and moment <= NOON + timedelta(seconds=self.trimmed_to - 1):
            return None
        number = min(self.head().number, max(self.trimmed_to, ceil((moment - NOON).total_seconds())))
        return EventId(self.epoch, number)

    def snapshot(self) -> Snapshot:
        """The state at the log's head: how many events each camera had."""
        head = self.head()
        names = [one.event.camera_id for one in self.entries]
        cameras = [{"cameraId": name, "siteId": "s", "events": names.count(name)} for name in sorted(set(names))]
        return Snapshot(head, {"kind": "snapshot", "sites": [], "doors": [], "cameras": cameras, "lines": []})

    def _check(self) -> None:
        if self.broken:
            raise BacklogUnavailable("the disk is gone")
