"""Cameras that stand in an installation's own view: their owner enters and removes them, and says where they answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, insert, select

from peoplecount.domain.camera import Camera
from peoplecount.domain.line import LineKey
from peoplecount.domain.roster import Roster
from peoplecount.storage.camera_choices import put_choice
from peoplecount.storage.camera_table import CameraTable, as_invalid, demand_places, write_lines
from peoplecount.storage.connection import IDBConnection, Transaction
from peoplecount.storage.entries import certificate, display_name, plain_id, poll_interval, swap_moment
from peoplecount.storage.errors import ChangedMeanwhile, InvalidEntry
from peoplecount.storage.schema import line_swaps
from peoplecount.storage.sealer import Sealer

_THEIRS = ("address", "username", "password", "protocol", "nvr_channel", "inner_address")
_OURS: Mapping[str, Callable[[Any], Any]] = {
    "name": display_name,
    "site_id": plain_id,
    "poll_interval": poll_interval,
    "certificate": certificate,
}


class CamerasOfView(CameraTable):
    """A ``CameraTable`` that keeps what is ours by the ids of the view's cameras.

    That is their names, sites, lines and doors, directions, intervals, pinned certificates, and which are paused. It
    stays when a camera leaves the view, and holds again if it comes back.
    """

    def __init__(self, own: IDBConnection, sealer: Sealer, view: str, read: Callable[[], Roster]) -> None:
        """``read`` reads the view, with what is ours; ``own`` has our tables."""
        super().__init__(own, sealer)
        self._view = view
        self._read = read

    def cameras(self, *, opened: bool = True) -> list[Camera]:
        """All cameras of the view by id, paused ones too; without their passwords unless ``opened``."""
        roster = self._read()
        found = sorted((*roster.cameras.values(), *roster.paused.values()), key=lambda camera: camera.camera_id)
        return found if opened else [replace(camera, password="") for camera in found]

    def password(self, camera_id: str) -> str:
        """One camera's password, as the view has it. Raises ``InvalidEntry``."""
        return self._known(camera_id).password

    def paused(self) -> set[str]:
        """The ids of those that are not polled for now."""
        return set(self._read().paused)

    def add(self, camera: Camera) -> None:
        """Refused."""
        raise self._refusal(camera.camera_id)

    def remove(self, camera_id: str) -> None:
        """Refused."""
        raise self._refusal(camera_id)

    def change(self, camera: Camera, *, known: Camera | None = None, keeps_password: bool = False) -> None:
        """Replace what is ours of a camera, its lines too. What is the view's must be as it is there."""
        there = self._known(camera.camera_id)
        if known is not None and any(getattr(known, name) != getattr(there, name) for name in _OURS):
            raise ChangedMeanwhile(f"camera {camera.camera_id!r} was changed by somebody else meanwhile")
        kept = {"password"} if keeps_password else set()
        theirs = [name for name in _THEIRS if name not in kept and getattr(camera, name) != getattr(there, name)]
        if theirs:
            raise InvalidEntry(f"{', '.join(theirs)}: {self._refusal(camera.camera_id)}")
        changed = [name for name in _OURS if getattr(camera, name) != getattr(there, name)]
        with as_invalid(f"camera {camera.camera_id[:64]!r}"):
            chosen = {name: _OURS[name](getattr(camera, name)) for name in changed}

        def work(transaction: Transaction) -> None:
            demand_places(transaction, camera)
            put_choice(transaction, camera.camera_id, **chosen)
            write_lines(transaction, camera)

        self._db.transaction(work)

    def pause(self, camera_id: str, *, paused: bool = True) -> None:
        """Stop polling a camera for now, or go on with it."""
        self._known(camera_id)
        self._db.transaction(lambda transaction: put_choice(transaction, camera_id, paused=paused))

    def pin(self, camera_id: str, fingerprint: str) -> None:
        """Pin the certificate a camera must show, see ``CameraTable``; empty: none, whatever the view says."""
        with as_invalid(f"camera {camera_id[:64]!r}"):
            pinned = certificate(fingerprint)
        self._known(camera_id)
        self._db.transaction(lambda transaction: put_choice(transaction, camera_id, certificate=pinned))

    def swap(self, key: LineKey, moment: datetime) -> None:
        """Exchange a line's in and out from ``moment`` (UTC) on, see ``CameraTable``."""
        with as_invalid(f"line {key}"):
            row = {"line_id": str(key), "swapped_at": swap_moment(moment)}
        self._known(key.camera_id)
        same = and_(*(line_swaps.c[name] == value for name, value in row.items()))

        def work(transaction: Transaction) -> None:
            if not transaction.execute(select(line_swaps).where(same)):
                transaction.change(insert(line_swaps), row)

        self._db.transaction(work)

    def _known(self, camera_id: str) -> Camera:
        for camera in self.cameras():
            if camera.camera_id == camera_id:
                return camera
        raise InvalidEntry(f"there is no camera {camera_id[:64]!r} in {self._view}")

    def _refusal(self, camera_id: str) -> InvalidEntry:
        return InvalidEntry(f"cameras come from the view {self._view}: change {camera_id[:64]!r} there")
