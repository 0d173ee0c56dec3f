"""The passwords in our own table of cameras, as they are sealed there."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import bindparam, select, update

from peoplecount.storage.connection import IDBConnection, Transaction
from peoplecount.storage.errors import InvalidEntry
from peoplecount.storage.schema import cameras
from peoplecount.storage.sealer import SEALED, Sealer

_all = select(cameras.c.camera_id, cameras.c.password).order_by(cameras.c.camera_id)
_change = (
    update(cameras)
    .where(cameras.c.camera_id == bindparam("camera"), cameras.c.password == bindparam("old"))
    .values(password=bindparam("new"))
)


class CameraPasswords:
    """Changes how passwords are kept, without reading what else stands in a row. All raise ``DatabaseError``."""

    def __init__(self, db: IDBConnection) -> None:
        self._db = db

    def sealed(self) -> dict[str, str]:
        """The sealed passwords by camera. Those that are clear, or empty, are left out."""
        return {row.camera_id: row.password for row in self._db.execute(_all) if row.password.startswith(SEALED)}

    def renew(self, renew: Callable[[str], str]) -> int:
        """Put what ``renew`` makes of a sealed password in its place; how many that changed.

        One that somebody changes at the same moment is left to the next time.
        """
        renewed = {camera_id: (kept, renew(kept)) for camera_id, kept in self.sealed().items()}
        rows = [
            {"camera": camera_id, "old": old, "new": new} for camera_id, (old, new) in renewed.items() if old != new
        ]

        def work(transaction: Transaction) -> int:
            return sum(transaction.change(_change, row) for row in rows)

        return self._db.transaction(work) if rows else 0

    def enter(self, camera_id: str, password: str, sealer: Sealer, *, username: str | None = None) -> None:
        """Enter a camera's password anew, and its login where one is given. Raises ``InvalidEntry``."""
        values = {"password": sealer.seal(password) if password else ""}
        if username is not None:
            values["username"] = username

        def work(transaction: Transaction) -> None:
            if not transaction.change(update(cameras).where(cameras.c.camera_id == camera_id).values(values)):
                raise InvalidEntry(f"there is no camera {camera_id!r}; `camera list` shows those there are")

        self._db.transaction(work)
