"""Our own table of cameras and their lines, from which the view ``API_camaras`` is made."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert, select, true, update

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.site import DEFAULT_SITE_ID
from peoplecount.storage.camera_address import base_address, inner_address
from peoplecount.storage.connection import IDBConnection, Transaction
from peoplecount.storage.entries import (
    certificate,
    display_name,
    identity,
    plain_id,
    poll_interval,
    recorder_channel,
    swap_moment,
)
from peoplecount.storage.errors import ChangedMeanwhile, InvalidEntry
from peoplecount.storage.place_rows import ALL_SWAPS, read_lines
from peoplecount.storage.row_faults import RowFaults, subject_of
from peoplecount.storage.schema import cameras, doors, line_swaps, lines, sites
from peoplecount.storage.sealer import SEALED, Sealer
from peoplecount.storage.tally import demand_rows

logger = logging.getLogger(__name__)


class CameraTable:
    """Lists, adds, changes and removes cameras. Passwords are sealed on their way in.

    All calls raise ``DatabaseError``; those that change something also ``InvalidEntry``.
    """

    def __init__(
        self,
        db: IDBConnection,
        sealer: Sealer,
        *,
        default_interval: float = 10.0,
        breathe: Callable[[], None] = lambda: None,
    ) -> None:
        """``default_interval`` is that of cameras that do not say, in seconds.

        ``breathe`` is called after each row that is read: there may be thousands.
        """
        self._breathe = breathe
        self._db = db
        self._sealer = sealer
        self._default_interval = default_interval

    def cameras(self, *, opened: bool = True) -> list[Camera]:
        """All cameras by id, paused ones too. Rows that make no sense are warned about, and cost nobody else.

        Passwords are left out unless ``opened``: opening thousands takes a while, and pages need none.
        """
        faults = RowFaults()
        rows = self._db.execute(select(lines).order_by(lines.c.line_id))
        named = read_lines(rows, self._db.execute(ALL_SWAPS), faults)
        found = []
        for row in self._db.execute(select(cameras).order_by(cameras.c.camera_id)):
            self._breathe()
            subject = subject_of("camera", row.camera_id)
            read = partial(self._camera, row, named, opened=opened)
            camera = faults.attempt(subject, read, None, "it is left out")
            if camera is not None:
                found.append(replace(camera, name=faults.name(subject, row.name, camera.camera_id)))
        for fault in sorted(faults.said):
            logger.warning("In the table of cameras: %s", fault)
        return found

    def password(self, camera_id: str) -> str:
        """One camera's password, opened. Raises ``InvalidEntry``, and ``SealBroken`` where the key is another one."""
        question = select(cameras.c.password).where(cameras.c.camera_id == camera_id)
        for row in self._db.execute(question):
            return self._opened(row.password)
        raise InvalidEntry(f"there is no camera {camera_id[:64]!r}")

    def paused(self) -> set[str]:
        """The ids of the cameras that are not polled for now."""
        question = select(cameras.c.camera_id).where(cameras.c.paused == true())
        return {row.camera_id for row in self._db.execute(question)}

    def add(self, camera: Camera) -> None:
        """Enter a new camera with its lines."""
        fields = self._checked(camera)

        def work(transaction: Transaction) -> None:
            if _is_there(transaction, camera.camera_id):
                raise InvalidEntry(f"there is a camera {camera.camera_id!r} already")
            demand_places(transaction, camera)
            transaction.change(insert(cameras), fields | {"paused": False})
            write_lines(transaction, camera)

        self._db.transaction(work)

    def change(self, camera: Camera, *, known: Camera | None = None, keeps_password: bool = False) -> None:
        """Replace what is known of a camera, its lines too, but for its password if that is kept. Its history stays.

        ``known`` is the camera as it was seen by whoever changes it. Raises ``ChangedMeanwhile`` where it is another.
        """
        fields = self._checked(camera)
        if keeps_password:
            del fields["password"]

        def work(transaction: Transaction) -> None:
            _demand_camera(transaction, camera.camera_id)
            demand_places(transaction, camera)
            if not transaction.change(update(cameras).where(_is_still(camera.camera_id, known)).values(fields)):
                raise ChangedMeanwhile(f"camera {camera.camera_id!r} was changed by somebody else meanwhile")
            write_lines(transaction, camera)

        self._db.transaction(work)

    def pause(self, camera_id: str, *, paused: bool = True) -> None:
        """Stop polling a camera for now, or go on with it."""

        def work(transaction: Transaction) -> None:
            _demand_camera(transaction, camera_id)
            transaction.change(update(cameras).where(cameras.c.camera_id == camera_id).values(paused=paused))

        self._db.transaction(work)

    def remove(self, camera_id: str) -> None:
        """Forget a camera and its lines. Its history stays, and goes on if it is entered again under the same id."""

        def work(transaction: Transaction) -> None:
            _demand_camera(transaction, camera_id)
            transaction.change(delete(lines).where(lines.c.camera_id == camera_id))
            transaction.change(delete(cameras).where(cameras.c.camera_id == camera_id))

        self._db.transaction(work)

    def swap(self, key: LineKey, moment: datetime) -> None:
        """Exchange a line's in and out from ``moment`` (UTC) on: a full hour of its camera's clock.

        Stays when the camera is removed, like the history. A second one at the same moment changes nothing.
        """
        with as_invalid(f"line {key}"):
            row = {"line_id": str(key), "swapped_at": swap_moment(moment)}

        def work(transaction: Transaction) -> None:
            _demand_camera(transaction, key.camera_id)
            if not transaction.execute(select(line_swaps).where(_is_swap(row))):
                transaction.change(insert(line_swaps), row)

        self._db.transaction(work)

    def take_back_swap(self, key: LineKey, moment: datetime) -> None:
        """Forget a swap that was entered by mistake."""
        row = {"line_id": str(key), "swapped_at": moment}

        def work(transaction: Transaction) -> None:
            if not transaction.change(delete(line_swaps).where(_is_swap(row))):
                raise InvalidEntry(f"line {key} was not swapped at {moment.isoformat()}")

        self._db.transaction(work)

    def pin(self, camera_id: str, fingerprint: str) -> None:
        """Pin the certificate a camera must show (SHA-256, hexadecimal); empty: none."""
        with as_invalid(f"camera {camera_id[:64]!r}"):
            pinned = certificate(fingerprint) or None

        def work(transaction: Transaction) -> None:
            _demand_camera(transaction, camera_id)
            transaction.change(update(cameras).where(cameras.c.camera_id == camera_id).values(certificate=pinned))

        self._db.transaction(work)

    def _camera(self, row: Any, named: Mapping[str, tuple[Line, ...]], *, opened: bool) -> Camera:  # noqa: ANN401
        interval = self._default_interval if row.poll_interval is None else poll_interval(float(row.poll_interval))
        return Camera(
            camera_id=identity(row.camera_id),
            name="",
            address=base_address(row.address),
            username=row.username,
            password=self._opened(row.password) if opened else "",
            site_id=row.site_id,
            poll_interval=interval,
            protocol=CameraProtocol(row.protocol) if row.protocol else None,
            lines=named.get(row.camera_id, ()),
            certificate=certificate(row.certificate),
            nvr_channel=recorder_channel(row.nvr_channel),
            inner_address=inner_address(row.inner_address),
        )

    def _opened(self, kept: str) -> str:
        return self._sealer.unseal(kept) if kept.startswith(SEALED) else kept

    def _checked(self, camera: Camera) -> dict[str, Any]:
        """The camera's row. Raises ``InvalidEntry``."""
        with as_invalid(f"camera {camera.camera_id[:64]!r}"):
            return {
                "camera_id": plain_id(camera.camera_id),
                "name": display_name(camera.name),
                "address": base_address(camera.address),
                "username": camera.username,
                "password": self._sealer.seal(camera.password) if camera.password else "",
                "site_id": plain_id(camera.site_id),
                "poll_interval": poll_interval(camera.poll_interval),
                "protocol": camera.protocol.value if camera.protocol else None,
                "certificate": certificate(camera.certificate) or None,
                "nvr_channel": recorder_channel(camera.nvr_channel),
                "inner_address": inner_address(camera.inner_address) or None,
            }


@contextmanager
def as_invalid(subject: str) -> Iterator[None]:
    """Raise ``InvalidEntry`` about ``subject`` where a value is not allowed."""
    try:
        yield
    except ValueError as error:
        raise InvalidEntry(f"{subject}: {error}") from error


_COMPARED = ("name", "address", "username", "site_id", "poll_interval", "nvr_channel")


def _is_still(camera_id: str, known: Camera | None) -> ColumnElement[bool]:
    """The row of a camera, as long as it is what somebody saw."""
    same = [cameras.c.camera_id == camera_id]
    if known is not None:
        same += [cameras.c[name] == getattr(known, name) for name in _COMPARED]
        same.append(cameras.c.certificate == (known.certificate or None))
        same.append(cameras.c.protocol == (known.protocol.value if known.protocol else None))
    return and_(*same)


def _is_there(transaction: Transaction, camera_id: str) -> bool:
    return bool(transaction.execute(select(cameras.c.camera_id).where(cameras.c.camera_id == camera_id)))


def _demand_camera(transaction: Transaction, camera_id: str) -> None:
    if not _is_there(transaction, camera_id):
        known = [
            row.camera_id for row in transaction.execute(select(cameras.c.camera_id).order_by(cameras.c.camera_id))
        ]
        shown = ", ".join(known[:10]) + (" …" if len(known) > 10 else "")
        raise InvalidEntry(f"there is no camera {camera_id!r}; there are: {shown or 'none'}")


def demand_places(transaction: Transaction, camera: Camera) -> None:
    """The site and the doors must be there; the default site is, whether it has been entered or not."""
    is_named = sites.c.site_id == camera.site_id
    if camera.site_id != DEFAULT_SITE_ID and not transaction.execute(select(sites.c.site_id).where(is_named)):
        known = {row.site_id for row in transaction.execute(select(sites.c.site_id))} | {DEFAULT_SITE_ID}
        raise InvalidEntry(f"there is no site {camera.site_id!r}; there are: {', '.join(sorted(known))}")
    named = {line.door_id for line in camera.lines if line.door_id}
    there = select(doors.c.door_id).where(doors.c.door_id.in_(sorted(named)))
    missing = named - {row.door_id for row in transaction.execute(there)} if named else set()
    if missing:
        raise InvalidEntry(f"there is no door {', '.join(map(repr, sorted(missing)))}; enter it first")


def write_lines(transaction: Transaction, camera: Camera) -> None:
    """Put the camera's lines in the place of those that were entered. Raises ``InvalidEntry``."""
    stray = [str(line.key) for line in camera.lines if line.key.camera_id != camera.camera_id]
    if stray:
        raise InvalidEntry(f"the lines {', '.join(stray)} do not belong to camera {camera.camera_id!r}")
    rows = [
        {
            "line_id": str(line.key),
            "camera_id": line.key.camera_id,
            "channel": line.key.channel,
            "rule": line.key.rule,
            "line_index": line.key.index,
            "name": line.name,
            "door_id": line.door_id or None,
        }
        for line in camera.lines
        if line.name or line.door_id  # else it is only swapped, which is kept elsewhere
    ]
    of_camera = lines.c.camera_id == camera.camera_id
    transaction.change(delete(lines).where(of_camera))
    transaction.change_each(insert(lines), rows)
    demand_rows(transaction, lines, of_camera, len(rows))


def _is_swap(row: Mapping[str, Any]) -> ColumnElement[bool]:
    columns = line_swaps.c
    return and_(columns.line_id == row["line_id"], columns.swapped_at == row["swapped_at"])
