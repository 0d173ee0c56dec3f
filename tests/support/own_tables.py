"""Our tables in an empty database, soon: as the migrations make them, made once per process and copied from then on.

Alembic takes a tenth of a second each time. What its steps themselves do is tried in ``tests/storage``, with them.
"""

from __future__ import annotations

import sqlite3
import tempfile
from functools import cache
from pathlib import Path

from peoplecount.settings import Settings
from peoplecount.storage.dialects import Product
from peoplecount.storage.engine import EngineConnection
from peoplecount.storage.migrate import steps, upgrade
from peoplecount.storage.open import connection_for
from peoplecount.storage.sqlite import SQLiteConnection

_PLACE = "the_schema_that_is_asked_for"


def make_tables(connection: EngineConnection) -> None:
    """Make them where there are none; elsewhere this is ``upgrade``."""
    if isinstance(connection, SQLiteConnection) and not connection._path.exists():
        connection._path.write_bytes(_sqlite_file())
    elif connection.product is Product.POSTGRESQL and not _has_schema(connection):
        script = _postgresql_script().replace(_PLACE, connection.schema)
        connection.run(lambda raw: raw.connection.cursor().execute(script))
    else:
        upgrade(connection)


def make_tables_of(settings: Settings) -> None:
    """The same in the database that settings name."""
    connection = connection_for(settings.database)
    make_tables(connection)
    connection.disconnect()


@cache
def _sqlite_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        made = SQLiteConnection(Path(folder) / "made.db")
        upgrade(made)
        made.disconnect()
        with sqlite3.connect(made._path) as whole:
            whole.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        whole.close()
        return made._path.read_bytes()


@cache
def _postgresql_script() -> str:
    statements = [one for step in steps(Product.POSTGRESQL, _PLACE) for one in step.statements]
    return ";\n".join([f"CREATE SCHEMA {_PLACE}", *statements])


def _has_schema(connection: EngineConnection) -> bool:
    asked = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s"
    return bool(connection.run(lambda raw: raw.exec_driver_sql(asked, (connection.schema,)).all(), writes=False))
