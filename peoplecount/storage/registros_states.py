"""What is remembered of ``registros``: what each camera showed last, how far the table is known, what is under way."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from peoplecount.domain.event import parse_utc, utc_text
from peoplecount.domain.event_id import EventId
from peoplecount.domain.increment import Generation
from peoplecount.domain.line import LineKey
from peoplecount.domain.position import Mark
from peoplecount.domain.shown_totals import ShownCamera, ShownLine, ShownTotal, ShownTotals
from peoplecount.storage.connection import IDBConnection, Transaction
from peoplecount.storage.registros import Row, Watermark
from peoplecount.storage.schema import registros_states as table

REGISTROS = "registros"
"""The writer's cursor in our tables."""

_CAMERA = "camera:"
_MARK = "mark"
_NOTE = "note"


@dataclass(frozen=True, slots=True)
class KnownCamera:
    """A camera, and its last row in the table."""

    shown: ShownCamera = field(default_factory=ShownCamera)
    row: ShownTotals | None = None
    """``None`` where it has none, or nobody knows which is the last."""


@dataclass(frozen=True, slots=True)
class Note:
    """What is about to be added, written down before: should the answer be lost, this says what to look for."""

    rows: Sequence[Row]
    mark: Watermark
    """How far the table reached before."""

    up_to: EventId
    cameras: Mapping[str, KnownCamera]
    """What is known of the cameras concerned once the rows are there."""


@dataclass(frozen=True, slots=True)
class RegistrosStates:
    """All of it."""

    cameras: Mapping[str, KnownCamera] = field(default_factory=dict)
    mark: Watermark | None = None
    note: Note | None = None


_put = update(table).where(table.c.name == bindparam("key")).values(body=bindparam("text"))
_drop = delete(table).where(table.c.name == bindparam("key"))


def load_states(db: IDBConnection | Transaction) -> RegistrosStates:
    """What is remembered. Raises ``DatabaseError``, and ``ValueError`` where it cannot be read."""
    bodies = {row.name: json.loads(row.body) for row in db.execute(select(table))}
    cameras = {
        name.removeprefix(_CAMERA): _read_camera(body) for name, body in bodies.items() if name.startswith(_CAMERA)
    }
    mark, note = bodies.get(_MARK), bodies.get(_NOTE)
    return RegistrosStates(cameras, _read_mark(mark) if mark else None, _read_note(note) if note else None)


def save_cameras(transaction: Transaction, cameras: Mapping[str, KnownCamera]) -> None:
    """Remember what is known of these cameras now."""
    for camera_id, camera in cameras.items():
        _save(transaction, f"{_CAMERA}{camera_id}", _camera_body(camera))


def save_mark(transaction: Transaction, mark: Watermark) -> None:
    """Remember how far the table is known."""
    _save(transaction, _MARK, _mark_body(mark))


def save_note(transaction: Transaction, note: Note | None) -> None:
    """Write down what is under way; ``None``: nothing is any more."""
    if note is None:
        transaction.change(_drop, {"key": _NOTE})
    else:
        _save(transaction, _NOTE, _note_body(note))


def _save(transaction: Transaction, name: str, body: Any) -> None:  # noqa: ANN401
    text = json.dumps(body, separators=(",", ":"))
    if not transaction.change(_put, {"key": name, "text": text}):
        transaction.change(insert(table), {"name": name, "body": text})


def _camera_body(camera: KnownCamera) -> dict[str, Any]:
    return {
        "row": camera.row,
        "lines": {
            str(key): [_total_body(line.entered), _total_body(line.left)] for key, line in camera.shown.lines.items()
        },
    }


def _read_camera(body: Mapping[str, Any]) -> KnownCamera:
    lines = {LineKey.parse(key): ShownLine(*map(_read_total, line)) for key, line in body["lines"].items()}
    return KnownCamera(ShownCamera(lines), ShownTotals(*body["row"]) if body["row"] else None)


def _total_body(total: ShownTotal) -> list[Any]:
    return [str(total.mark.generation), total.mark.total, total.is_over]


def _read_total(body: Sequence[Any]) -> ShownTotal:
    generation, total, is_over = body
    return ShownTotal(Mark(Generation.parse(generation), total), is_over)


def _mark_body(mark: Watermark) -> list[Any]:
    return [mark.value, mark.is_number]


def _read_mark(body: Sequence[Any]) -> Watermark:
    value, is_number = body
    return Watermark(value, is_number)


def _note_body(note: Note) -> dict[str, Any]:
    return {
        "rows": [[row.camera_id, row.totals, utc_text(row.read_at) if row.read_at else None] for row in note.rows],
        "mark": _mark_body(note.mark),
        "upTo": str(note.up_to),
        "cameras": {camera_id: _camera_body(camera) for camera_id, camera in note.cameras.items()},
    }


def _read_note(body: Mapping[str, Any]) -> Note:
    rows = [
        Row(camera_id, ShownTotals(*totals), parse_utc(read_at) if read_at else None)
        for camera_id, totals, read_at in body["rows"]
    ]
    cameras = {camera_id: _read_camera(camera) for camera_id, camera in body["cameras"].items()}
    return Note(rows, _read_mark(body["mark"]), EventId.parse(body["upTo"]), cameras)
