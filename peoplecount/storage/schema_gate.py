"""The schema's gate: nothing is written to tables of another version than this program's."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import select

from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.copy_mark import demand_whole
from peoplecount.storage.errors import SchemaMismatch, SchemaTooNew
from peoplecount.storage.schema_version import expected, too_new, versions

SURE_FOR = 60.0
"""Seconds. An administrator may bring the schema to another version under a running service."""


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
        found = [str(row.version_num) for row in self._db.execute(select(versions))]
        if found == [expected()]:
            return
        if found and max(found) > expected():  # they are numbered with leading zeros
            raise SchemaTooNew(too_new(max(found)))
        raise SchemaMismatch(
            f"the database has schema version {found[0] if found else 'none'}, this program needs {expected()}"
        )
