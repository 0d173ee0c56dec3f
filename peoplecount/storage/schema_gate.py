"""The schema's gate: nothing is written to tables of another version than this program's."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Column, MetaData, String, Table, select

from peoplecount.storage import migrate
from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.copy_mark import demand_whole
from peoplecount.storage.dialects import SCHEMA
from peoplecount.storage.errors import SchemaMismatch, SchemaTooNew

SURE_FOR = 60.0
"""Seconds. An administrator may bring the schema to another version under a running service."""

versions = Table("alembic_version", MetaData(), Column("version_num", String(32)), schema=SCHEMA)
"""Alembic's own table, one row."""


class SchemaGate:
    """Looks at the schema's version before the first write, and again every minute."""

    def __init__(
        self,
        db: IDBConnection,
        *,
        make: Callable[[], object] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``make`` sees to it that the tables are there and of this version, or raises ``DatabaseError``.

        For embedded ones, which are the program's own business; left out, they are looked at only.
        """
        self._db = db
        self._make = make
        self._monotonic = monotonic
        self._expected = ""
        self._sure_until = float("-inf")

    def demand(self) -> None:
        """Raise ``SchemaMismatch`` where the tables are not this version's, ``CopyUnfinished`` where not all is there.

        ``DatabaseError`` where nobody can tell.
        """
        now = self._monotonic()
        if now < self._sure_until:
            return
        if self._make is None:
            self._compare()
        else:
            self._make()
        demand_whole(self._db)
        self._sure_until = now + SURE_FOR

    def _compare(self) -> None:
        self._expected = self._expected or migrate.expected()
        found = [str(row.version_num) for row in self._db.execute(select(versions))]
        if found == [self._expected]:
            return
        if found and max(found) > self._expected:  # they are numbered with leading zeros
            raise SchemaTooNew(migrate.too_new(max(found)))
        raise SchemaMismatch(
            f"the database has schema version {found[0] if found else 'none'}, this program needs {self._expected}"
        )
