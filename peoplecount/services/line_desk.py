"""The lines' desk: what lines are called, at which doors they count, and from when on their in is out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from peoplecount.domain.camera import Camera
from peoplecount.domain.change import Subject
from peoplecount.domain.clock import Clock
from peoplecount.domain.door import Door
from peoplecount.domain.event import utc_text
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.sentence import say
from peoplecount.domain.site import Site
from peoplecount.domain.visitor import Visitor
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.camera_desk import CameraDesk, EnteredCamera
from peoplecount.services.door_desk import DoorDesk
from peoplecount.services.swap_moments import swap_moment_of
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.entries import display_name
from peoplecount.storage.errors import InvalidEntry
from peoplecount.storage.site_table import SiteTable


@dataclass(frozen=True, slots=True)
class LineWish:
    """What somebody wants of a line."""

    key: LineKey
    name: str = ""
    """Empty: as the camera calls it."""

    door_id: str = ""
    """Empty: a door of its own, named like the line, unless ``new_door``."""

    new_door: str = ""
    """The name of a door that is to be made at the camera's site; or of one that is there."""


class LineDesk:
    """See ``CameraDesk``, by whose rules it goes."""

    def __init__(
        self,
        desk: CameraDesk,
        cameras: CameraTable,
        sites: SiteTable,
        audit: AuditLog,
        clock: Clock,
        names_read: Callable[[], Mapping[str, str]],
    ) -> None:
        """``names_read`` gives what lines were called when they were last read, by id."""
        self._desk = desk
        self._cameras = cameras
        self._sites = sites
        self._audit = audit
        self._clock = clock
        self._names_read = names_read

    def now(self) -> datetime:
        """The service's time, UTC."""
        return self._clock.now()

    def doors(self, by: Visitor) -> dict[str, Door]:
        """The doors that are theirs, by id."""
        return {door.door_id: door for door in self._sites.doors() if by.may_see(door.site_id)}

    def names_read(self) -> Mapping[str, str]:
        """What cameras call their lines, by id."""
        return self._names_read()

    def lines(self, camera: Camera) -> list[Line]:
        """The lines that were entered, and those that were read; those come with the names we gave them only."""
        found = {key: Line(key, "", "") for key in map(LineKey.parse, self._names_read()) if _is_of(camera, key)}
        found |= {line.key: line for line in camera.lines}
        return sorted(found.values(), key=lambda line: line.key)

    def put(self, by: Visitor, camera_id: str, version: str, wishes: Sequence[LineWish]) -> None:
        """Name lines and give them doors; lines that nobody mentions stay as they are.

        Raises ``InvalidEntry``, ``ChangedMeanwhile`` and ``DatabaseError``.
        """
        one = self._desk.unchanged(by, camera_id, version)
        lines = {line.key: line for line in one.camera.lines}
        doors = {door.door_id: door for door in self._sites.doors()}
        for wish in wishes:
            if not _is_of(one.camera, wish.key):
                raise InvalidEntry(
                    say(
                        "the line %(key)s does not belong to camera %(camera_id)s",
                        key=wish.key,
                        camera_id=repr(camera_id),
                    )
                )
            known = lines.get(wish.key, Line(wish.key, "", ""))
            door_id = self._door(by, wish, known, one.site, doors)
            lines[wish.key] = replace(known, name=_name(wish.name), door_id=door_id)
        camera = replace(one.camera, lines=tuple(lines[key] for key in sorted(lines)))
        self._cameras.change(camera, known=one.camera, keeps_password=True)
        self._note_lines(by, one, camera)

    def swap(self, by: Visitor, line_id: str, since: str, *, take_back: bool = False) -> datetime:
        """Exchange in and out of a line from a full hour on, as typed on the site's clock; when that is, UTC.

        Empty: from the next full hour on. ``take_back`` forgets a swap of that moment. Raises as ``put``.
        """
        try:
            key = LineKey.parse(line_id)
        except ValueError as error:
            raise InvalidEntry(str(error)) from error
        one = self._desk.find(by, key.camera_id)
        moment = swap_moment_of(since, one.site, self._clock.now())
        if take_back:
            self._cameras.take_back_swap(key, moment)
        else:
            self._cameras.swap(key, moment)
        name = self._names_read().get(line_id, "")
        self._audit.note(
            by.name,
            "swapped back" if take_back else "swapped",
            Subject.LINE,
            line_id,
            name,
            sites={one.site.site_id},
            after={"from": utc_text(moment)},
        )
        return moment

    def restore_swaps(self, by: Visitor, key: LineKey, moments: Sequence[datetime]) -> None:
        """Enter again that a line's in and out were exchanged at these full hours, UTC. Raises as ``put``."""
        one = self._desk.find(by, key.camera_id)
        there = next((line.swaps for line in one.camera.lines if line.key == key), ())
        for moment in moments:
            if moment not in there:
                self._cameras.swap(key, moment)
                sites = {one.site.site_id}
                self._audit.note(
                    by.name, "swapped", Subject.LINE, str(key), sites=sites, after={"from": utc_text(moment)}
                )

    def _door(self, by: Visitor, wish: LineWish, known: Line, site: Site, doors: dict[str, Door]) -> str:
        """The door that is wished for, which is made where it is new. One that is not theirs stays the line's."""
        kept = doors.get(known.door_id)
        if kept is not None and not by.may_see(kept.site_id):
            return known.door_id
        if wish.new_door:
            return self._new_door(by, wish.new_door, site, doors)
        if wish.door_id and wish.door_id != known.door_id:
            door = doors.get(wish.door_id)
            if door is None or not by.may_see(door.site_id):
                raise InvalidEntry(say("there is no door %(door_id)s", door_id=repr(wish.door_id[:64])))
        return wish.door_id

    def _new_door(self, by: Visitor, typed: str, site: Site, doors: dict[str, Door]) -> str:
        name = _name(typed)
        for door in doors.values():
            if (door.site_id, door.name.casefold()) == (site.site_id, name.casefold()):
                return door.door_id
        door = DoorDesk(self._sites, self._audit).add(by.name, site.site_id, name)
        doors[door.door_id] = door
        return door.door_id

    def _note_lines(self, by: Visitor, before: EnteredCamera, camera: Camera) -> None:
        was = {line.key: line for line in before.camera.lines}
        for line in camera.lines:
            earlier = was.get(line.key, Line(line.key, "", ""))
            if (earlier.name, earlier.door_id) != (line.name, line.door_id):
                self._audit.note(
                    by.name,
                    "changed",
                    Subject.LINE,
                    str(line.key),
                    line.name,
                    sites={before.site.site_id},
                    before={"name": earlier.name, "door": earlier.door_id},
                    after={"name": line.name, "door": line.door_id},
                )


def _is_of(camera: Camera, key: LineKey) -> bool:
    return key.camera_id == camera.camera_id


def _name(text: str) -> str:
    """A name, or nothing. Raises ``InvalidEntry``."""
    if not text.strip():
        return ""
    try:
        return display_name(text.strip())
    except ValueError as error:
        raise InvalidEntry(str(error)) from error
