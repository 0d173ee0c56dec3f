"""The walk test of a door: its cameras are read every second for as long as somebody looks, and the result is kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from peoplecount.domain.camera import Camera
from peoplecount.domain.clock import Clock
from peoplecount.domain.line import Line
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.reading import Reading, Totals
from peoplecount.domain.sentence import say
from peoplecount.domain.site import Site
from peoplecount.domain.visitor import Visitor
from peoplecount.domain.walk import Walk, walked
from peoplecount.services.camera_desk import CameraDesk, EnteredCamera
from peoplecount.services.kept_texts import KeptTexts
from peoplecount.services.line_desk import LineDesk
from peoplecount.storage.errors import InvalidEntry

READ_EVERY = 0.8
"""Seconds for which a reading is shown to whoever asks: several phones at one door are one question to its camera."""

FORGOTTEN_AFTER = 60.0
"""Seconds without a question after which a camera is let go of."""

KEPT = 20
"""Walks of a door, the newest."""

_PREFIX = "walks:"


class Reader(Protocol):
    """Reads one camera."""

    def read(self) -> Reading:
        """Raises ``CameraError``."""
        ...

    def close(self) -> None:
        """Let go of the camera."""
        ...


@dataclass(frozen=True, slots=True)
class WalkedLine:
    """A line of the door as its camera has it now, our in and out."""

    line_id: str
    name: str
    totals: Totals | None
    """Since the camera's midnight; ``None``: it says nothing of this line."""

    is_swapped: bool = False


@dataclass(frozen=True, slots=True)
class WalkedDoor:
    """A door to be walked through."""

    door_id: str
    name: str
    site: Site
    lines: tuple[Line, ...]
    cameras: Mapping[str, EnteredCamera]


class NoSuchDoor(InvalidEntry):
    """There is none with this id, or it is at a site that is not theirs to see."""


class WalkTests:
    """Whoever is ``by`` tests the doors of their own sites. May be called from greenlets."""

    def __init__(
        self,
        desk: CameraDesk,
        lines: LineDesk,
        readers: Callable[[Camera], Reader],
        store: KeptTexts,
        clock: Clock,
        offload: Offload = call_here,
    ) -> None:
        """``readers`` makes what reads a camera, which has its password."""
        self._desk = desk
        self._lines = lines
        self._readers = readers
        self._store = store
        self._clock = clock
        self._offload = offload
        self._watched: dict[str, _WatchedCamera] = {}
        self._lock = threading.Lock()

    def door(self, by: Visitor, door_id: str) -> WalkedDoor:
        """The door and its lines. Raises ``NoSuchDoor`` and ``DatabaseError``."""
        doors = self._lines.doors(by)
        named = self._lines.names_read()
        found: list[tuple[EnteredCamera, Line]] = []
        for one in self._desk.entered(by):
            found += [(one, line) for line in self._lines_at(door_id, one.camera)]
        if not found or (by.is_limited and door_id not in doors and found[0][1].door_id):  # a door of another site
            raise NoSuchDoor(say("there is no door %(door_id)s at which a line counts", door_id=repr(door_id[:64])))
        site, line = found[0][0].site, found[0][1]
        door = doors.get(door_id)
        sites = self._desk.sites(by)
        return WalkedDoor(
            door_id,
            door.name
            if door
            else line.name or named.get(str(line.key), "") or say("Line %(index)s", index=line.key.index),
            sites.get(door.site_id, site) if door else site,
            tuple(line for _, line in found),
            {one.camera.camera_id: one for one, _ in found},
        )

    def read(self, door: WalkedDoor) -> tuple[WalkedLine, ...]:
        """Its lines as they are now. Raises ``CameraError``, ``DatabaseError`` and ``ValueError`` (no password)."""
        readings = {camera_id: self._reading(one) for camera_id, one in door.cameras.items()}
        now, named = self._clock.now(), self._lines.names_read()
        return tuple(_walked_line(line, readings[line.key.camera_id], now, named) for line in door.lines)

    def conclude(self, by: Visitor, door: WalkedDoor, before: Mapping[str, Totals], by_hand: Totals) -> Walk:
        """Hold what was counted since ``before`` against what somebody saw; the walk, which is kept.

        Raises as ``read``, ``InvalidEntry`` where the figures began anew since, and ``LogError``.
        """
        counted = self.counted(door, before, self.read(door))
        walk = Walk(door.door_id, self._clock.now(), by.name, counted, by_hand)
        self._offload(lambda: self._store.change(_PREFIX + door.door_id, lambda body: _text([*_read(body, ""), walk])))
        return walk

    def counted(self, door: WalkedDoor, before: Mapping[str, Totals], lines: Sequence[WalkedLine]) -> Totals:
        """Who crossed at all lines of the door since ``before``. Raises ``InvalidEntry``."""
        entered = left = 0
        for line in lines:
            known = before.get(line.line_id)
            crossed = walked(known, line.totals) if known and line.totals else None
            if crossed is None:
                raise InvalidEntry(
                    say(
                        "The figures of %(name)s began anew, or stayed away, since the test of %(name2)s was "
                        "begun. Begin it again.",
                        name=line.name,
                        name2=door.name,
                    )
                )
            entered, left = entered + crossed.in_total, left + crossed.out_total
        return Totals(entered, left)

    def walks(self, door_id: str) -> list[Walk]:
        """What was tested before, the newest first. Raises ``LogError``."""
        kept = self._offload(lambda: self._store.get(_PREFIX + door_id))
        return list(reversed(_read(kept.body if kept else None, door_id)))

    def close(self) -> None:
        """Let go of all cameras."""
        self._let_go(lambda _: True)

    def _lines_at(self, door_id: str, camera: Camera) -> list[Line]:
        named = [line for line in camera.lines if line.door_id == door_id]
        if named or not door_id.startswith(f"{camera.camera_id}-"):
            return named
        # A line to which nobody has given a door has one of its own.
        return [line for line in self._lines.lines(camera) if not line.door_id and str(line.key) == door_id]

    def _reading(self, one: EnteredCamera) -> Reading:
        self._let_go(lambda watched: watched.is_forgotten(self._clock.monotonic()))
        with self._lock:
            watched = self._watched.get(one.camera.camera_id)
        if watched is None or watched.version != one.version:
            fresh = _WatchedCamera(one.version, self._readers(self._desk.as_asked(one)), self._clock)
            with self._lock:
                if watched is not None:
                    watched.close()
                watched = self._watched[one.camera.camera_id] = fresh
        return watched.read()

    def _let_go(self, goes: Callable[[_WatchedCamera], bool]) -> None:
        with self._lock:
            gone = [camera_id for camera_id, watched in self._watched.items() if goes(watched)]
            for camera_id in gone:
                self._watched.pop(camera_id).close()


class _WatchedCamera:
    """One camera that is read for somebody who looks."""

    def __init__(self, version: str, reader: Reader, clock: Clock) -> None:
        self.version = version
        self._reader = reader
        self._clock = clock
        self._lock = threading.Lock()
        self._last: Reading | None = None
        self._read_at = self._asked_at = clock.monotonic()

    def read(self) -> Reading:
        """A reading no older than ``READ_EVERY``. Raises ``CameraError``."""
        self._asked_at = self._clock.monotonic()
        with self._lock:  # who comes while it is read waits for the same answer
            if self._last is None or self._clock.monotonic() - self._read_at >= READ_EVERY:
                self._last = None
                self._last = self._reader.read()
                self._read_at = self._clock.monotonic()
            return self._last

    def is_forgotten(self, now: float) -> bool:
        return now - self._asked_at > FORGOTTEN_AFTER

    def close(self) -> None:
        self._reader.close()


def _walked_line(line: Line, reading: Reading, now: datetime, named: Mapping[str, str]) -> WalkedLine:
    there = next((one for one in reading.lines if one.key == line.key), None)
    totals, is_swapped = there.totals if there else None, line.is_swapped(now)
    if totals and is_swapped:
        totals = Totals(totals.out_total, totals.in_total)
    name = (
        line.name
        or (there.name if there else "")
        or named.get(str(line.key), "")
        or say("Line %(index)s", index=line.key.index)
    )
    return WalkedLine(str(line.key), name, totals, is_swapped)


def _text(walks: Sequence[Walk]) -> str:
    rows = [
        {
            "at": walk.moment.isoformat(),
            "who": walk.who,
            "counted": [walk.counted.in_total, walk.counted.out_total],
            "byHand": [walk.by_hand.in_total, walk.by_hand.out_total],
        }
        for walk in walks[-KEPT:]
    ]
    return json.dumps(rows, separators=(",", ":"))


def _read(body: str | None, door_id: str) -> list[Walk]:
    rows: list[dict[str, Any]] = json.loads(body or "[]")
    return [
        Walk(door_id, datetime.fromisoformat(row["at"]), row["who"], Totals(*row["counted"]), Totals(*row["byHand"]))
        for row in rows
    ]
