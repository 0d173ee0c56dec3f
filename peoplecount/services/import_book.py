"""What can be known of the rows of an import without asking a camera: what is entered, and what stands twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from peoplecount.domain.camera import Camera
from peoplecount.domain.door import Door
from peoplecount.domain.line import Line
from peoplecount.domain.sentence import say
from peoplecount.domain.site import DEFAULT_SITE_ID, Site
from peoplecount.domain.visitor import Visitor
from peoplecount.services.camera_desk import CameraDesk, EnteredCamera
from peoplecount.services.camera_doubles import TWICE, CameraDoubles, place_of
from peoplecount.services.camera_entry import read_entry, texts_of
from peoplecount.services.camera_sheet import SheetRow, wants_pause
from peoplecount.services.fleet import id_of
from peoplecount.services.sheet_lines import LineCells, Place, door_of, key_of, read_lines
from peoplecount.services.site_entry import InvalidFields
from peoplecount.storage.camera_address import base_address
from peoplecount.storage.entries import time_zone
from peoplecount.storage.errors import InvalidEntry

_ASKED_ABOUT = ("address", "username", "protocol", "nvr_channel", "certificate")
"""What is changed only after the camera was asked again."""


class RowRefused(ValueError):
    """A row that is not entered, whatever its camera says."""

    def __init__(self, *sentences: str, camera_id: str = "", is_there: bool = False) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences
        self.camera_id = camera_id
        self.is_there = is_there
        """It is entered already, and otherwise."""


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """A row that makes sense by itself."""

    row: int
    camera: Camera
    site: Site
    """Which may have to be made."""

    known: EnteredCamera | None = None
    """As it is entered already."""

    changes: tuple[str, ...] = ()
    """What of that is to be changed."""

    has_password: bool = False
    paused: bool | None = None
    lines: Mapping[Place, LineCells] = field(default_factory=dict)
    """What the row says of its lines."""

    is_to_be_asked: bool = True


@dataclass
class ImportBook:
    """The cameras that are entered, and those of the rows looked at so far."""

    desk: CameraDesk
    by: Visitor
    default_interval: float
    time_zone: str
    sites: dict[str, Site]
    entered: dict[str, EnteredCamera]
    doubles: CameraDoubles
    doors: Mapping[str, Door]
    """By id."""

    _rows_of_ids: dict[str, int] = field(default_factory=dict)
    _rows_of_places: dict[tuple[str, int, str, int | None], int] = field(default_factory=dict)
    _rows_of_serials: dict[str, int] = field(default_factory=dict)
    _next_numbers: dict[str, int] = field(default_factory=dict)
    """By what an id is made of: the number that comes next."""

    @classmethod
    def of(
        cls, desk: CameraDesk, by: Visitor, default_interval: float, zone: str, doors: Mapping[str, Door]
    ) -> ImportBook:
        """The book before the first row. Raises ``DatabaseError`` and ``LogError``."""
        entered = {one.camera.camera_id: one for one in desk.entered(by)}
        return cls(desk, by, default_interval, zone, desk.sites(by), entered, desk.doubles(), doors)

    def plan(self, row: SheetRow, *, update: bool, make_sites: bool) -> ImportPlan:
        """What is to be done for a row. Raises ``RowRefused``."""
        if row.fault:
            raise RowRefused(row.fault)
        known = self._known(row.texts)
        if known is None and self.desk.are_theirs:
            raise RowRefused(say("cameras come from the installation's own view: enter it there"))
        site = self._site(row.texts, known, make_sites=make_sites)
        texts = {name: text for name, text in row.texts.items() if text} if known else dict(row.texts)
        if not texts.get("id") and not known:
            texts["id"] = self._new_id(texts, site)
        opened = self._opened(known, texts)
        try:
            camera = read_entry(texts, default_interval=self.default_interval, known=opened, site_id=site.site_id)
            paused = wants_pause(texts)
            lines = read_lines(texts)
            if known is None or camera.address != known.camera.address:
                self.desk.demand_network(camera)
            self.desk.demand_own_login(self.by, camera, known.camera if known else None)
        except InvalidFields as refused:
            raise RowRefused(*(f"{name}: {fault}" for name, fault in refused.faults.items())) from refused
        except (ValueError, InvalidEntry) as error:
            raise RowRefused(str(error)) from error
        self._refuse_twice(row.number, camera, known)
        plan = ImportPlan(row.number, camera, site, known, has_password="password" in texts, paused=paused, lines=lines)
        if not known or not opened:
            return plan
        others = [place for place, cells in lines.items() if self._differs(known, site, place, cells)]
        return _compared(plan, known, opened, others, update=update)

    def twin(self, camera_id: str, serial: str) -> str:
        """That another camera is the same device, in words; empty where none is."""
        row = self._rows_of_serials.get(serial)
        if serial and row is not None:
            return say(
                "This device, serial %(serial)s, is that of row %(row)s: %(twice)s.",
                serial=serial,
                row=row,
                twice=TWICE,
            )
        return self.doubles.of_device(self.by, camera_id, serial)

    def note(self, serial: str, row: int) -> None:
        """The camera of a row is that device."""
        if serial:
            self._rows_of_serials[serial] = row

    def _differs(self, known: EnteredCamera, site: Site, place: Place, cells: LineCells) -> bool:
        """Whether a line is entered otherwise than its row says."""
        key = key_of(known.camera.camera_id, place)
        line = next((line for line in known.camera.lines if line.key == key), Line(key, "", ""))
        if cells.name not in {"", line.name} or set(cells.swaps) - set(line.swaps):
            return True
        door = door_of(cells.door, site.site_id, self.doors.values())
        return bool(cells.door) and (door is None or door.door_id != line.door_id)

    def _known(self, texts: Mapping[str, str]) -> EnteredCamera | None:
        """The camera of a row as it is entered: by its id or, where the row has none, by where it answers."""
        if texts.get("id"):
            return self.entered.get(texts["id"])
        try:
            address = base_address(texts.get("address", ""))
        except ValueError:
            return None
        channel = texts.get("nvr_channel", "")
        for one in self.entered.values():
            if one.camera.address == address and texts_of(one.camera)["nvr_channel"] == channel:
                return one
        return None

    def _site(self, texts: Mapping[str, str], known: EnteredCamera | None, *, make_sites: bool) -> Site:
        wanted = texts.get("site", "")
        if not wanted:
            site = known.site if known else self.sites.get(DEFAULT_SITE_ID)
            if site is None:
                raise RowRefused(say("it belongs to no site: say which one of yours"))
            return site
        for site in self.sites.values():
            if wanted == site.site_id or wanted.casefold() == site.name.casefold():
                return site
        if not make_sites or self.by.is_limited:
            raise RowRefused(
                say(
                    "there is no site %(wanted)s: enter it first, or let the import make the sites that are missing",
                    wanted=repr(wanted[:64]),
                )
            )
        return self._new_site(wanted, texts.get("time_zone", "") or self.time_zone)

    def _new_site(self, name: str, zone: str) -> Site:
        try:
            site = Site(self._free_site_id(name), name, time_zone(zone))
        except ValueError as error:
            raise RowRefused(say("site %(name)s: %(error)s", name=repr(name[:64]), error=error)) from error
        self.sites[site.site_id] = site
        return site

    def _free_site_id(self, name: str) -> str:
        made, number = id_of(name), 1
        while made in self.sites:
            number += 1
            made = f"{id_of(name)[:60]}-{number}"
        return made

    def _new_id(self, texts: Mapping[str, str], site: Site) -> str:
        """Made from the name; of two that are called the same, from site and name."""
        name = texts.get("name", "")
        for made in (id_of(name or "camera"), id_of(f"{site.name} {name}")):
            if not self._is_taken(made):
                return made
        number = self._next_numbers.get(made, 2)
        while self._is_taken(numbered := f"{made[:58]}-{number}"):
            number += 1
        self._next_numbers[made] = number + 1
        return numbered

    def _is_taken(self, camera_id: str) -> bool:
        return self.doubles.has(camera_id) or camera_id in self._rows_of_ids

    def _opened(self, known: EnteredCamera | None, texts: Mapping[str, str]) -> Camera | None:
        """The camera as entered; with its password where that is compared, or needed to ask it."""
        if known is None or self.desk.are_theirs:
            return known.camera if known else None
        if "password" not in texts and not (texts.keys() & {"address", "user", "protocol", "nvr_channel", "https_pin"}):
            return known.camera
        try:
            return self.desk.with_password(known)
        except ValueError:  # it cannot be opened any more: the new one will do
            return known.camera

    def _refuse_twice(self, number: int, camera: Camera, known: EnteredCamera | None) -> None:
        place = place_of(camera)
        row = self._rows_of_ids.setdefault(camera.camera_id, number)
        if row != number:
            raise RowRefused(
                say("row %(row)s has the same id, %(camera_id)s", row=row, camera_id=repr(camera.camera_id)),
                camera_id=camera.camera_id,
            )
        row = self._rows_of_places.setdefault(place, number)
        if row != number:
            raise RowRefused(
                say(
                    "row %(row)s has the same address, %(address)s: %(twice)s",
                    row=row,
                    address=camera.address,
                    twice=TWICE,
                ),
                camera_id=camera.camera_id,
            )
        if known is None and self.doubles.has(camera.camera_id):  # it is at a site that is not theirs
            raise RowRefused(
                say(
                    "there is a camera %(camera_id)s already: give this one another id",
                    camera_id=repr(camera.camera_id),
                )
            )
        if known is None or place != place_of(known.camera):
            double = self.doubles.at_address(self.by, camera)
            if double:
                raise RowRefused(double, camera_id=camera.camera_id)


def _compared(
    plan: ImportPlan, known: EnteredCamera, opened: Camera, lines: Sequence[Place], *, update: bool
) -> ImportPlan:
    """With what differs from the camera as entered. Raises ``RowRefused`` where that may not be changed."""
    compared = ("name", "poll_interval", *_ASKED_ABOUT)
    changed = [name for name in compared if getattr(plan.camera, name) != getattr(opened, name)]
    if plan.site.site_id != known.site.site_id:
        changed.append("site")
    if plan.has_password and plan.camera.password != opened.password:
        changed.append("password")
    if plan.paused is not None and plan.paused != known.paused:
        changed.append("paused")
    if lines:
        changed.append(say("line %(value)s", value=", ".join(str(index) for _, _, index in lines)))
    if changed and not update:
        words = ", ".join(name.replace("_", " ") for name in changed)
        raise RowRefused(
            say("it is there already, with another %(words)s: it is changed only if you ask for that", words=words),
            camera_id=plan.camera.camera_id,
            is_there=True,
        )
    asked = bool({*_ASKED_ABOUT, "password"} & set(changed))
    return replace(plan, changes=tuple(changed), is_to_be_asked=asked)
