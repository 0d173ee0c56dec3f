"""Cameras that stand in an installation's own view: they are read there, and changed there by its owner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import and_, insert, select

from peoplecount.domain.camera import Camera
from peoplecount.domain.line import LineKey
from peoplecount.storage.camera_table import CameraTable
from peoplecount.storage.connection import IDBConnection, Transaction
from peoplecount.storage.entries import swap_moment
from peoplecount.storage.errors import InvalidEntry
from peoplecount.storage.schema import line_swaps
from peoplecount.storage.sealer import Sealer


class CamerasOfView(CameraTable):
    """A ``CameraTable`` that has nothing of its own but which lines are swapped."""

    def __init__(self, own: IDBConnection, sealer: Sealer, view: str, read: Callable[[], list[Camera]]) -> None:
        """``read`` reads the view; ``own`` has our tables."""
        super().__init__(own, sealer)
        self._view = view
        self._read = read

    def cameras(self) -> list[Camera]:
        """All cameras by id, as the view has them."""
        return sorted(self._read(), key=lambda camera: camera.camera_id)

    def paused(self) -> set[str]:
        """None: who is in the view is polled."""
        return set()

    def add(self, camera: Camera) -> None:
        """Refused."""
        raise self._refusal(camera.camera_id)

    def change(self, camera: Camera) -> None:
        """Refused."""
        raise self._refusal(camera.camera_id)

    def pause(self, camera_id: str, *, paused: bool = True) -> None:  # noqa: ARG002
        """Refused."""
        raise self._refusal(camera_id)

    def remove(self, camera_id: str) -> None:
        """Refused."""
        raise self._refusal(camera_id)

    def pin(self, camera_id: str, fingerprint: str) -> None:  # noqa: ARG002
        """Refused: the view may have a column ``certificate``."""
        raise self._refusal(camera_id)

    def swap(self, key: LineKey, moment: datetime) -> None:
        """Exchange a line's in and out from ``moment`` (UTC) on, see ``CameraTable``."""
        try:
            row = {"line_id": str(key), "swapped_at": swap_moment(moment)}
        except ValueError as error:
            raise InvalidEntry(f"line {key}: {error}") from error
        if all(camera.camera_id != key.camera_id for camera in self.cameras()):
            raise InvalidEntry(f"there is no camera {key.camera_id[:64]!r} in {self._view}")
        same = and_(*(line_swaps.c[name] == value for name, value in row.items()))

        def work(transaction: Transaction) -> None:
            if not transaction.execute(select(line_swaps).where(same)):
                transaction.change(insert(line_swaps), row)

        self._db.transaction(work)

    def _refusal(self, camera_id: str) -> InvalidEntry:
        return InvalidEntry(f"cameras come from the view {self._view}: change {camera_id[:64]!r} there")
