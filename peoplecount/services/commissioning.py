"""The commissioning of a site: what stands at its doors, whether it was tested, and what is still to be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from peoplecount.domain.clock import Clock
from peoplecount.domain.line import Line
from peoplecount.domain.sentence import joined, per_cent, say
from peoplecount.domain.site import Site
from peoplecount.domain.visitor import Visitor
from peoplecount.domain.walk import ENOUGH, Walk
from peoplecount.services.camera_desk import CameraDesk, EnteredCamera
from peoplecount.services.known_serials import KnownSerials
from peoplecount.services.line_desk import LineDesk
from peoplecount.services.walk_tests import WalkTests
from peoplecount.storage.errors import InvalidEntry

GOOD_ENOUGH = 0.95
"""The accuracy that is expected of a door. Makers promise 95 % and more of a camera that hangs as it should."""


@dataclass(frozen=True, slots=True)
class StateWords:
    """How a camera is just now."""

    words: str
    is_good: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReportedLine:
    """A line that counts at a door."""

    line_id: str
    name: str
    camera: str
    is_swapped: bool


@dataclass(frozen=True, slots=True)
class ReportedDoor:
    """A door, what counts there, and its last walk test."""

    door_id: str
    name: str
    lines: tuple[ReportedLine, ...]
    walk: Walk | None
    """``None``: it was never tested."""

    open_point: str
    """What is still to be done, a sentence; empty: nothing."""


@dataclass(frozen=True, slots=True)
class ReportedCamera:
    """A camera of the site."""

    entered: EnteredCamera
    serial: str
    """Empty: nobody has read it yet."""

    state: StateWords
    open_point: str


@dataclass(frozen=True, slots=True)
class CommissioningReport:
    """All of a site at one moment."""

    site: Site
    moment: datetime
    """UTC."""

    cameras: tuple[ReportedCamera, ...]
    doors: tuple[ReportedDoor, ...]

    @property
    def open_points(self) -> tuple[str, ...]:
        """What is still to be done, a sentence each."""
        points = [*(camera.open_point for camera in self.cameras), *(door.open_point for door in self.doors)]
        return tuple(point for point in points if point)


class Commissioning:
    """Reports on the sites of whoever asks. May be called from greenlets."""

    def __init__(
        self,
        desk: CameraDesk,
        lines: LineDesk,
        walks: WalkTests,
        serials: KnownSerials,
        clock: Clock,
    ) -> None:
        self._desk = desk
        self._lines = lines
        self._walks = walks
        self._serials = serials
        self._clock = clock

    def report(self, by: Visitor, site_id: str, state_of: Callable[[EnteredCamera], StateWords]) -> CommissioningReport:
        """The report of a site that is theirs. Raises ``InvalidEntry``, ``DatabaseError`` and ``LogError``."""
        site = self._desk.sites(by).get(site_id)
        if site is None:
            raise InvalidEntry(say("there is no site %(site_id)s", site_id=repr(site_id[:64])))
        entered = [one for one in self._desk.entered(by) if one.site.site_id == site_id]
        serials = self._serials.all()
        cameras = [_camera(one, serials.get(one.camera.camera_id, ""), state_of(one)) for one in entered]
        return CommissioningReport(site, self._clock.now(), tuple(cameras), tuple(self._doors(by, entered)))

    def _doors(self, by: Visitor, entered: list[EnteredCamera]) -> list[ReportedDoor]:
        names, doors, now = self._lines.names_read(), self._lines.doors(by), self._clock.now()
        at_door: dict[str, list[tuple[EnteredCamera, Line]]] = {}
        for one in entered:
            for line in self._lines.lines(one.camera):
                at_door.setdefault(line.door_id or str(line.key), []).append((one, line))
        found = []
        for door_id, there in at_door.items():
            lines = tuple(_line(one, line, names, now) for one, line in there)
            name = doors[door_id].name if door_id in doors else lines[0].name
            walk = next(iter(self._walks.walks(door_id)), None)
            found.append(ReportedDoor(door_id, name, lines, walk, _to_be_done(name, walk)))
        return sorted(found, key=lambda door: door.name.casefold())


def _line(one: EnteredCamera, line: Line, names: Mapping[str, str], now: datetime) -> ReportedLine:
    name = line.name or names.get(str(line.key), "") or say("Line %(index)s", index=line.key.index)
    return ReportedLine(str(line.key), name, one.camera.name, line.is_swapped(now))


def _camera(one: EnteredCamera, serial: str, state: StateWords) -> ReportedCamera:
    name = one.camera.name
    point = ""
    if one.paused:
        point = say("%(name)s is paused: nobody is counted there.", name=name)
    elif not state.is_good:
        point = joined([say("%(name)s: %(state)s.", name=name, state=state.words), state.reason])
    return ReportedCamera(one, serial, state, point)


def _to_be_done(name: str, walk: Walk | None) -> str:
    if walk is None:
        return say("%(name)s was not tested by walking through.", name=name)
    if walk.looks_backwards:
        return say("In and out of %(name)s look swapped. Swap them, and test once more.", name=name)
    if walk.accuracy is None or not walk.is_enough:
        return say(
            "%(name)s was tested with %(crossings)s crossings; %(enough)s or more say something.",
            name=name,
            crossings=walk.crossings,
            enough=ENOUGH,
        )
    if walk.accuracy < GOOD_ENOUGH:
        return say(
            "%(name)s counts %(right)s right, %(expected)s are to be expected. Look at where the line lies, how the "
            "camera hangs, and at the light.",
            name=name,
            right=per_cent(walk.accuracy),
            expected=per_cent(GOOD_ENOUGH),
        )
    return ""
