"""The view ``API_camaras``: where the service reads its cameras, in our own schema or an installation's older one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import MetaData, Select, Table, literal_column, select, true

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.line import Line
from peoplecount.domain.reading import Totals
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import DEFAULT_SITE_ID
from peoplecount.storage import schema
from peoplecount.storage.camera_address import base_address, inner_address
from peoplecount.storage.camera_choices import ask_choices, read_choices
from peoplecount.storage.connection import IDBConnection, Rows
from peoplecount.storage.dialects import SCHEMA
from peoplecount.storage.entries import certificate, identity, poll_interval, recorder_channel
from peoplecount.storage.errors import SchemaMismatch
from peoplecount.storage.place_rows import ALL_SWAPS, read_doors, read_lines, read_sites
from peoplecount.storage.row_faults import RowFaults, subject_of
from peoplecount.storage.sealer import SEALED, Sealer

VIEW = "API_camaras"

REQUIRED = ("camara_id", "ip", "usuario", "clave", "in1", "out1", "in2", "out2")
"""The columns every installation has. Used where present: ``name, site_id, poll_interval, protocol, certificate,
nvr_channel, inner_address``."""


_LAST_COUNTS = frozenset({"in1", "out1", "in2", "out2"})

_COLUMNS_OF_VIEW = {"camera_id": "camara_id", "address": "ip", "username": "usuario", "password": "clave"}
"""What columns of our table are called in the view, where that is not the same."""


@dataclass(frozen=True, slots=True)
class CameraReading:
    """What stands in the view: the roster, and what of it could not be used and why (one line each, no secrets)."""

    roster: Roster
    faults: frozenset[str]


@dataclass(frozen=True, slots=True)
class CameraDefaults:
    """What holds for a camera that does not say."""

    username: str = ""
    password: str = ""
    poll_interval: float = 10.0
    """Seconds."""

    time_zone: str = "UTC"
    """Of sites whose own is not a time zone."""

    def __repr__(self) -> str:
        return f"CameraDefaults(poll_interval={self.poll_interval})"


class CameraView:
    """Reads the roster through the view, with the sites, doors and lines of our own tables where those are there."""

    def __init__(
        self,
        sealer: Sealer,
        *,
        name: str = VIEW,
        defaults: CameraDefaults | None = None,
        own: IDBConnection | None = None,
        is_theirs: bool = False,
        breathe: Callable[[], None] = lambda: None,
    ) -> None:
        """``name`` may be ``SCHEMA.VIEW``; alone it stands in our own schema.

        ``own`` is where our tables are, if not beside the view. ``is_theirs``: it is an installation's own; what was
        chosen here for its cameras holds. ``breathe`` is called after each row: there may be thousands.
        """
        self._breathe = breathe
        self._is_theirs = is_theirs
        self._sealer = sealer
        self._own = own
        self._defaults = defaults or CameraDefaults()
        self._known: dict[bytes, Camera] = {}
        """By the fingerprints of the rows they were read from."""

        owner, _, view = name.rpartition(".")
        self._view = Table(view, MetaData(), schema=owner or SCHEMA)  # a Table, so that our schema is translated

    def read(self, db: IDBConnection) -> CameraReading:
        """The roster. Raises ``DatabaseError``; what makes no sense becomes a fault and costs nothing but itself.

        All columns are asked for, whichever there are: the catalogue is not shown fully by every server.
        """
        cameras = db.execute(select(literal_column("*")).select_from(self._view))
        own = self._own or db
        try:
            tables = _Tables(
                cameras=cameras,
                sites=own.execute(_all_of(schema.sites)),
                doors=own.execute(_all_of(schema.doors)),
                lines=own.execute(_all_of(schema.lines).order_by(schema.lines.c.line_id)),
                paused=() if self._is_theirs else own.execute(_PAUSED),
            )
        except SchemaMismatch:  # an installation's own view, without our tables beside it
            return self._assemble(_Tables(cameras=cameras))
        choices = ask_choices(own) if self._is_theirs else ()
        return self._assemble(replace(tables, swaps=_read_swaps(own), choices=choices))

    def _assemble(self, tables: _Tables) -> CameraReading:
        faults = RowFaults()
        lines = read_lines(tables.lines, tables.swaps, faults)
        choices = read_choices(tables.choices, faults)
        cameras: dict[str, Camera] = {}
        known, self._known = self._known, {}
        for row in tables.cameras:
            self._breathe()
            fields = _fields(row)
            _demand_columns(fields)
            camera = self._usable(fields, lines, faults, known)
            if camera is None:
                continue
            if camera.camera_id in cameras:
                faults.note(subject_of("camera", camera.camera_id), "it is there more than once; the first row is used")
                continue
            choice = choices.get(camera.camera_id)
            cameras[camera.camera_id] = camera if choice is None else choice.of(camera)
        paused = {one: cameras.pop(one) for one, choice in choices.items() if choice.paused and one in cameras}
        for row in tables.paused:
            camera = self._usable(_fields_of_view(row), lines, faults, known)
            if camera is not None:
                paused[camera.camera_id] = camera
        sites = read_sites(tables.sites, faults, self._defaults.time_zone)
        return CameraReading(Roster(cameras, sites, read_doors(tables.doors, faults), paused), faults.said)

    def _usable(
        self,
        fields: Mapping[str, Any],
        lines: Mapping[str, tuple[Line, ...]],
        faults: RowFaults,
        known: Mapping[bytes, Camera],
    ) -> Camera | None:
        """The camera of a row, taken from those that are ``known`` where the row is as it was.

        Opening thousands of sealed passwords every ten seconds takes a fifth of a processor.
        """
        said, row = len(faults), _fingerprint(fields)
        camera = known.get(row)
        if camera is None or camera.lines != lines.get(camera.camera_id, ()):
            camera = self._read_anew(fields, lines, faults)
        if camera is None:
            return None
        is_sound = len(faults) == said
        subject = subject_of("camera", fields["camara_id"])
        last = faults.attempt(subject, lambda: _last_counts(fields), {}, "its last counts are taken as unknown")
        if last != camera.last_counts:  # the same object where nothing is new: there are thousands
            camera = replace(camera, last_counts=last)
        if is_sound:  # what is wrong is looked at each time: it may be mended elsewhere, such as a key
            self._known[row] = camera
        return camera

    def _read_anew(
        self, fields: Mapping[str, Any], lines: Mapping[str, tuple[Line, ...]], faults: RowFaults
    ) -> Camera | None:
        subject = subject_of("camera", fields["camara_id"])
        camera = faults.attempt(subject, lambda: self._camera(fields, lines), None, "it is left out")
        if camera is None:
            return None
        name = faults.name(subject, fields.get("name"), camera.camera_id)
        said = fields.get("site_id") or DEFAULT_SITE_ID
        site_id = faults.attempt(subject, lambda: identity(said), DEFAULT_SITE_ID, "it belongs to the default site")
        return replace(camera, name=name, site_id=site_id)

    def _camera(self, fields: Mapping[str, Any], lines: Mapping[str, tuple[Line, ...]]) -> Camera:
        """Without name, site and last counts: a camera counts whatever these are."""
        camera_id = identity(fields["camara_id"])
        username, password = self._credentials(fields)
        return Camera(
            camera_id=camera_id,
            name=camera_id,
            address=base_address(str(fields["ip"] or "")),
            username=username,
            password=password,
            poll_interval=self._interval(fields.get("poll_interval")),
            protocol=_protocol(fields.get("protocol")),
            lines=lines.get(camera_id, ()),
            certificate=certificate(fields.get("certificate")),
            nvr_channel=recorder_channel(fields.get("nvr_channel")),
            inner_address=inner_address(fields.get("inner_address")),
        )

    def _interval(self, value: Any) -> float:  # noqa: ANN401
        return self._defaults.poll_interval if value is None else poll_interval(float(value))

    def _credentials(self, fields: Mapping[str, Any]) -> tuple[str, str]:
        """The camera's own, or the defaults where it has no user; never a mixture of the two."""
        username = str(fields["usuario"] or "")
        if not username:
            return self._defaults.username, self._defaults.password
        kept = str(fields["clave"] or "")
        return username, self._sealer.unseal(kept) if kept.startswith(SEALED) else kept


@dataclass(frozen=True, slots=True)
class _Tables:
    cameras: Rows
    sites: Rows = ()
    doors: Rows = ()
    lines: Rows = ()
    swaps: Rows = ()
    choices: Rows = ()
    paused: Rows = ()
    """Of our own table; an installation's view has choices."""


def _all_of(table: Table) -> Select[Any]:
    """All columns there are: a database that waits for its upgrade has not yet all that ``schema.py`` names."""
    return select(literal_column("*")).select_from(table)


_PAUSED = _all_of(schema.cameras).where(schema.cameras.c.paused == true())


def _fields(row: Any) -> dict[str, Any]:  # noqa: ANN401
    return {str(name).lower(): value for name, value in row._mapping.items()}  # noqa: SLF001


def _fields_of_view(row: Any) -> dict[str, Any]:  # noqa: ANN401
    """A row of our table as the view would have it, without last counts."""
    fields = {_COLUMNS_OF_VIEW.get(name, name): value for name, value in _fields(row).items()}
    return fields | dict.fromkeys(_LAST_COUNTS)


def _read_swaps(db: IDBConnection) -> Rows:
    try:
        return db.execute(ALL_SWAPS)
    except SchemaMismatch:  # of before there were any
        return ()


def _demand_columns(fields: Mapping[str, Any]) -> None:
    missing = [name for name in REQUIRED if name not in fields]
    if missing:
        raise SchemaMismatch(f"the cameras' view lacks {', '.join(missing)}; it needs {', '.join(REQUIRED)}")


def _protocol(value: Any) -> CameraProtocol | None:  # noqa: ANN401
    if not value:
        return None
    try:
        return CameraProtocol(str(value).strip().lower())
    except ValueError as error:
        allowed = ", ".join(CameraProtocol)
        raise ValueError(f"protocol is {value!r}; {allowed}, or nothing to ask the camera, is allowed") from error


def _fingerprint(fields: Mapping[str, Any]) -> bytes:
    """The same for the same row, whatever its last counts are: those change all the time."""
    settled = [(name, value) for name, value in fields.items() if name not in _LAST_COUNTS]
    return hashlib.blake2b(repr(settled).encode(errors="backslashreplace"), digest_size=16).digest()


def _last_counts(fields: Mapping[str, Any]) -> dict[int, Totals]:
    """What the view shows of lines 1 and 2; a line without a figure is unknown, not 0."""
    return {
        line: Totals(int(fields[f"in{line}"]), int(fields[f"out{line}"]))
        for line in (1, 2)
        if fields[f"in{line}"] is not None and fields[f"out{line}"] is not None
    }
