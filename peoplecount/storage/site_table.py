"""Our own tables of sites and doors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Table, and_, delete, insert, select, update

from peoplecount.domain.door import Door
from peoplecount.domain.site import DEFAULT_SITE_ID, Site
from peoplecount.storage.connection import IDBConnection, Rows, Transaction
from peoplecount.storage.entries import capacity, display_name, one_line, opening_hours, plain_id, time_zone
from peoplecount.storage.errors import ChangedMeanwhile, InvalidEntry
from peoplecount.storage.place_rows import read_doors, read_sites
from peoplecount.storage.row_faults import RowFaults
from peoplecount.storage.schema import camera_choices, cameras, doors, lines, sites

logger = logging.getLogger(__name__)

Place = TypeVar("Place", Site, Door)

ZONE_INSTEAD = "UTC"
"""Of a site whose own is none."""


class SiteTable:
    """Lists, enters and removes sites and doors.

    All calls raise ``DatabaseError``; those that change something also ``InvalidEntry``.
    """

    def __init__(self, db: IDBConnection) -> None:
        self._db = db

    def sites(self) -> list[Site]:
        """All sites by id. Rows that make no sense are warned about, and cost nobody else."""
        faults = RowFaults()
        found = read_sites(self._db.execute(select(sites).order_by(sites.c.site_id)), faults, ZONE_INSTEAD)
        _warn(faults)
        return list(found.values())

    def doors(self) -> list[Door]:
        """All doors by id; see ``sites``."""
        faults = RowFaults()
        found = read_doors(self._db.execute(select(doors).order_by(doors.c.door_id)), faults)
        _warn(faults)
        return list(found.values())

    def own_cameras(self) -> dict[str, tuple[str, str]]:
        """The cameras that are entered here, paused ones too, by id: what each is called, and the id of its site."""
        columns = cameras.c
        rows = self._db.execute(select(columns.camera_id, columns.name, columns.site_id))
        return {str(row.camera_id): (one_line(str(row.name or row.camera_id)), str(row.site_id)) for row in rows}

    def lines_of_doors(self) -> dict[str, list[tuple[str, str]]]:
        """The lines that count at each door, by the door's id: their ids, and what they were named here."""
        columns = lines.c
        question = select(columns.line_id, columns.name, columns.door_id).order_by(columns.line_id)
        found: dict[str, list[tuple[str, str]]] = {}
        for row in self._db.execute(question.where(columns.door_id.is_not(None))):
            found.setdefault(str(row.door_id), []).append((str(row.line_id), one_line(str(row.name or ""))))
        return found

    def change_site(self, before: Site | None, after: Site) -> None:
        """Put ``after`` in the place of ``before``, or enter it where that is ``None``.

        Raises ``ChangedMeanwhile`` where ``before`` is not what is there.
        """
        fields = _site_fields(after)

        def read(rows: Rows) -> Site | None:
            return read_sites(rows, RowFaults(), ZONE_INSTEAD).get(after.site_id)

        self._db.transaction(lambda transaction: _exchange(transaction, sites, fields, read, before, after))

    def change_door(self, before: Door | None, after: Door) -> None:
        """Put ``after`` in the place of ``before``, or enter it where that is ``None``; see ``change_site``."""
        fields = _door_fields(after)

        def read(rows: Rows) -> Door | None:
            return read_doors(rows, RowFaults()).get(after.door_id)

        def work(transaction: Transaction) -> None:
            if after.site_id != DEFAULT_SITE_ID:
                _demand_site(transaction, after)
            _exchange(transaction, doors, fields, read, before, after)

        self._db.transaction(work)

    def put_site(self, site: Site) -> None:
        """Enter a site, or change the one with its id."""
        fields = _site_fields(site)
        self._db.transaction(lambda transaction: _put(transaction, sites, "site_id", fields))

    def put_door(self, door: Door) -> None:
        """Enter a door of a site that is there, or change the one with its id."""
        fields = _door_fields(door)

        def work(transaction: Transaction) -> None:
            _demand_site(transaction, door)
            _put(transaction, doors, "door_id", fields)

        self._db.transaction(work)

    def remove_site(self, site_id: str) -> None:
        """Forget a site that has neither doors nor cameras. Its history stays."""
        places = [(doors, doors.c.site_id == site_id), (camera_choices, camera_choices.c.site_id == site_id)]
        if site_id != DEFAULT_SITE_ID:  # cameras may belong to that one without its having been entered
            places.append((cameras, cameras.c.site_id == site_id))

        def work(transaction: Transaction) -> None:
            uses = _uses(transaction, places)
            if uses:
                raise InvalidEntry(f"site {site_id!r} still has {uses}; move or remove them first")
            _remove(transaction, sites, sites.c.site_id == site_id, f"site {site_id!r}")

        self._db.transaction(work)

    def remove_door(self, door_id: str) -> None:
        """Forget a door at which no line counts any more. Its history stays."""

        def work(transaction: Transaction) -> None:
            uses = _uses(transaction, [(lines, lines.c.door_id == door_id)])
            if uses:
                raise InvalidEntry(f"door {door_id!r} still has {uses}; move or remove them first")
            _remove(transaction, doors, doors.c.door_id == door_id, f"door {door_id!r}")

        self._db.transaction(work)


def _warn(faults: RowFaults) -> None:
    for fault in sorted(faults.said):
        logger.warning("In the tables of sites and doors: %s", fault)


def _site_fields(site: Site) -> dict[str, Any]:
    try:
        return {
            "site_id": plain_id(site.site_id),
            "name": display_name(site.name),
            "time_zone": time_zone(site.time_zone),
            "capacity": capacity(site.capacity),
            "reset_time": site.reset_time.strftime("%H:%M"),
            "opening_hours": opening_hours(site.opening_hours) or None,
            "busy_from": str(site.busy_from) if site.busy_from else None,
            "full_from": str(site.full_from) if site.full_from else None,
        }
    except ValueError as error:
        raise InvalidEntry(f"site {site.site_id[:64]!r}: {error}") from error


def _door_fields(door: Door) -> dict[str, Any]:
    try:
        return {"door_id": plain_id(door.door_id), "site_id": door.site_id, "name": display_name(door.name)}
    except ValueError as error:
        raise InvalidEntry(f"door {door.door_id[:64]!r}: {error}") from error


def _demand_site(transaction: Transaction, door: Door) -> None:
    if not _has(transaction, sites, sites.c.site_id == door.site_id):
        raise InvalidEntry(f"door {door.door_id!r}: there is no site {door.site_id!r}; enter it first")


def _exchange(
    transaction: Transaction,
    table: Table,
    fields: dict[str, Any],
    read: Callable[[Rows], Place | None],
    before: Place | None,
    after: Place,
) -> None:
    """Put the row of ``fields`` in the place of ``before``'s. Raises ``ChangedMeanwhile``.

    The row is changed as it was read a moment ago and not otherwise, whatever the transaction's isolation.
    """
    key = next(iter(table.primary_key.columns))
    rows = transaction.execute(select(table).where(key == fields[key.name]))
    found = read(rows)
    if found == after:  # also where this comes a second time, because the answer to the first one was lost
        return
    if found != before:
        raise ChangedMeanwhile(f"{key.name} {fields[key.name]!r} was changed by somebody else meanwhile")
    if not rows:
        transaction.change(insert(table), fields)
        return
    as_read = (_is(column, getattr(rows[0], column.name)) for column in table.columns)
    if not transaction.change(update(table).where(and_(*as_read)).values(fields)):
        raise ChangedMeanwhile(f"{key.name} {fields[key.name]!r} was changed by somebody else just now")


def _is(column: Column[Any], value: object) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == value


def _put(transaction: Transaction, table: Table, key: str, fields: dict[str, Any]) -> None:
    """Change the row, or insert it where there is none."""
    if not transaction.change(update(table).where(table.c[key] == fields[key]).values(fields)):
        transaction.change(insert(table), fields)


def _has(transaction: Transaction, table: Table, where: ColumnElement[bool]) -> bool:
    return bool(transaction.execute(select(table).where(where).limit(1)))


def _uses(transaction: Transaction, places: Sequence[tuple[Table, ColumnElement[bool]]]) -> str:
    """What is still there, in words: those of a view are cameras, too."""
    found = {table.name: None for table, where in places if _has(transaction, table, where)}
    named = dict.fromkeys("cameras" if name == camera_choices.name else name for name in found)
    return " and ".join(named)


def _remove(transaction: Transaction, table: Table, where: ColumnElement[bool], subject: str) -> None:
    if not transaction.change(delete(table).where(where)):
        raise InvalidEntry(f"there is no {subject}")
