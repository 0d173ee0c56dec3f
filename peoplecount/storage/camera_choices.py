"""What is ours of a camera that stands in an installation's own view: what it is called here, where it stands, ….

Address and login are the view's. Where nothing has been chosen here, what the view says holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import insert, literal_column, select, update

from peoplecount.domain.camera import Camera
from peoplecount.storage.connection import IDBConnection, Rows, Transaction
from peoplecount.storage.entries import certificate, identity, poll_interval
from peoplecount.storage.errors import SchemaMismatch
from peoplecount.storage.row_faults import RowFaults, subject_of
from peoplecount.storage.schema import camera_choices as table

_AS_THE_VIEW = "it is as the view says"


@dataclass(frozen=True, slots=True)
class CameraChoice:
    """``None``: nothing was chosen."""

    name: str | None = None
    site_id: str | None = None
    poll_interval: float | None = None
    """Seconds."""

    certificate: str | None = None
    """Empty: none is pinned, whatever the view says."""

    paused: bool = False

    def of(self, camera: Camera) -> Camera:
        """The camera as the view has it, with what was chosen."""
        return replace(
            camera,
            name=camera.name if self.name is None else self.name,
            site_id=camera.site_id if self.site_id is None else self.site_id,
            poll_interval=camera.poll_interval if self.poll_interval is None else self.poll_interval,
            certificate=camera.certificate if self.certificate is None else self.certificate,
        )


def ask_choices(db: IDBConnection) -> Rows:
    """All rows; none in a database that waits for its upgrade. Raises ``DatabaseError``."""
    try:
        return db.execute(select(literal_column("*")).select_from(table))
    except SchemaMismatch:
        return ()


def read_choices(rows: Iterable[Any], faults: RowFaults) -> Mapping[str, CameraChoice]:
    """What was chosen, by camera."""
    found = {}
    for row in rows:
        subject = subject_of("choice for camera", row.camera_id)
        camera_id = faults.attempt(subject, partial(identity, row.camera_id), None, "it is left out")
        if camera_id is not None:
            found[camera_id] = CameraChoice(
                None if row.name is None else faults.name(subject, row.name, camera_id),
                _attempt(faults, subject, row.site_id, identity),
                _attempt(faults, subject, row.poll_interval, lambda value: poll_interval(float(value))),
                _attempt(faults, subject, row.certificate, certificate),
                bool(row.paused),
            )
    return found


def put_choice(transaction: Transaction, camera_id: str, **chosen: Any) -> None:  # noqa: ANN401
    """Choose the columns named in ``chosen``; what was chosen of others stays."""
    if chosen and not transaction.change(update(table).where(table.c.camera_id == camera_id).values(chosen)):
        nothing = {column.name: None for column in table.columns} | {"paused": False}
        transaction.change(insert(table), nothing | chosen | {"camera_id": camera_id})


def _attempt(faults: RowFaults, subject: str, value: Any, read: Any) -> Any:  # noqa: ANN401
    return None if value is None else faults.attempt(subject, partial(read, value), None, _AS_THE_VIEW)
