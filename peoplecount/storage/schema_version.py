"""Which version a database's schema has, and which one this program needs.

Without Alembic, which makes and changes schemas: it is 8 MB of memory, and needed on the day of an upgrade alone.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from peoplecount.storage.dialects import SCHEMA, schema_name
from peoplecount.storage.engine import EngineConnection
from peoplecount.storage.errors import SchemaMismatch

versions = Table("alembic_version", MetaData(), Column("version_num", String(32)), schema=SCHEMA)
"""Alembic's own table, one row."""

_MIGRATION = re.compile(r"(\d{4})_\w+\.py")


@cache
def expected() -> str:
    """The schema version that this program needs: the number in the name of its last migration."""
    names = (file.name for file in files("peoplecount.storage.migrations").joinpath("versions").iterdir())
    numbers = [found[1] for name in names if (found := _MIGRATION.fullmatch(name))]
    if not numbers:
        raise SchemaMismatch("the program comes without its migrations; install it again")
    return max(numbers)


def current(connection: EngineConnection) -> str | None:
    """The schema version of a database; ``None`` where our tables are not there yet. Raises ``DatabaseError``."""
    schema = schema_name(connection.product, connection.schema)
    return connection.run(lambda raw: _current(raw, schema), writes=False)


def too_new(revision: str | None) -> str:
    """What to say of a database that a newer program has been at."""
    return (
        f"the database has schema version {revision}, this program knows versions up to {expected()}: "
        "a newer program has migrated it; run that one"
    )


def _current(raw: Connection, schema: str | None) -> str | None:
    if not inspect(raw).has_table(versions.name, schema=schema):
        return None
    return raw.execute(select(versions.c.version_num).order_by(versions.c.version_num.desc())).scalars().first()
