"""Bringing a database's schema to what this version needs."""

from __future__ import annotations

import io
import re
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.dialects import registry

from peoplecount.storage.dialects import SCHEMA, Product, before_migrating, create_schema, schema_name
from peoplecount.storage.engine import EngineConnection
from peoplecount.storage.errors import SchemaMismatch, SchemaTooNew

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}", re.ASCII)


def expected() -> str:
    """The schema version that this program needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise SchemaMismatch("the program comes without its migrations; install it again")
    return head


def current(connection: EngineConnection) -> str | None:
    """The schema version of a database; ``None`` where our tables are not there yet. Raises ``DatabaseError``."""
    schema = schema_name(connection.product, connection.schema)
    return connection.run(lambda raw: _current(raw, schema), writes=False)


def upgrade(connection: EngineConnection) -> str | None:
    """Bring the schema to the expected version, all or nothing; the version it had before.

    Does nothing, and needs no rights, where it is there already. Several processes may try at once: one does it.
    Raises ``DatabaseError``; ``SchemaTooNew`` where a newer program has been at work.
    """
    before = current(connection)
    if before != expected():
        _demand_known(before)
        connection.run(lambda raw: _upgrade(raw, connection.product, connection.schema))
    return before


def sql(product: Product, schema: str = SCHEMA) -> str:
    """The whole schema as a script for a database administrator, in the database's own dialect."""
    name = schema_name(product, schema)
    output = io.StringIO()
    making = _create_schema(product, name)
    if making is not None:
        output.write(f"{making};\n\n" + ("GO\n\n" if product is Product.SQL_SERVER else ""))
    command.upgrade(_config(dialect=product.value, schema=name, output=output), "head", sql=True)
    return output.getvalue()


def _config(**attributes: Any) -> Config:  # noqa: ANN401
    config = Config(attributes=attributes)
    config.set_main_option("script_location", "peoplecount.storage:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _current(raw: Connection, schema: str | None) -> str | None:
    return MigrationContext.configure(raw, opts={"version_table_schema": schema}).get_current_revision()


def _demand_known(revision: str | None) -> None:
    try:
        ScriptDirectory.from_config(_config()).get_revision(revision or "base")
    except CommandError as error:
        raise SchemaTooNew(too_new(revision)) from error


def too_new(revision: str | None) -> str:
    """What to say of a database that a newer program has been at."""
    return (
        f"the database has schema version {revision}, this program knows versions up to {expected()}: "
        "a newer program has migrated it; run that one"
    )


def _upgrade(raw: Connection, product: Product, schema: str) -> None:
    name = schema_name(product, schema)
    lock = f"peoplecount.migrate.{schema}"
    for statement in before_migrating(product):
        raw.execute(statement, {"lock": lock} if ":lock" in str(statement) else None)
    making = _create_schema(product, name)
    if making is not None:
        raw.execute(text(making))
    command.upgrade(_config(connection=raw, schema=name), "head")


def _create_schema(product: Product, schema: str | None) -> str | None:
    if schema is None:
        return None
    if not _PLAIN_NAME.fullmatch(schema):
        raise SchemaMismatch(f"DB_SCHEMA is {schema!r}; a plain name of letters, digits and _ is allowed")
    quoted = registry.load(product.value)().identifier_preparer.quote_identifier(schema)
    return create_schema(product, quoted, schema)
