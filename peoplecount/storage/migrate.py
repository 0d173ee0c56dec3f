"""Bringing a database's schema to what this version needs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.dialects import registry

from peoplecount.storage.dialects import SCHEMA, Product, before_migrating, create_schema, schema_name
from peoplecount.storage.engine import EngineConnection
from peoplecount.storage.errors import SchemaMismatch, SchemaTooNew
from peoplecount.storage.schema_version import current, expected, too_new

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}", re.ASCII)


def upgrade(connection: EngineConnection) -> str | None:
    """Bring the schema to the expected version, all or nothing; the version it had before.

    Does nothing, and needs no rights, where it is there already. Several processes may try at once: one does it.
    Raises ``DatabaseError``; ``SchemaTooNew`` where a newer program has been at work.
    """
    before = current(connection)
    if before != expected():
        _demand_known(before)
        connection.run(lambda raw: _upgrade(raw, connection.product, connection.schema), patient=True)
    return before


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the schema, from one version to the next."""

    revision: str
    before: str | None
    """The version it starts from; ``None``: an empty schema."""

    title: str
    statements: Sequence[str]
    """In the database's own dialect, without the ``;`` at the end. The last one notes the version."""


def steps(product: Product, schema: str = SCHEMA, since: str | None = None) -> list[Step]:
    """The steps after version ``since``, all of them where that is ``None``; nothing is asked of any database.

    Raises ``SchemaMismatch`` where there is no such version.
    """
    name = schema_name(product, schema)
    plain_schema(schema)
    known = list(reversed(list(ScriptDirectory.from_config(_config()).walk_revisions())))
    versions = [one.revision for one in known]
    if since is not None and since not in versions:
        raise SchemaMismatch(f"there is no schema version {since!r}; there are: {', '.join(versions)}")
    taken = 0 if since is None else versions.index(since) + 1
    befores = [None, *versions]
    return [
        Step(one.revision, before, (one.doc or "").splitlines()[0], _statements(product, name, before, one.revision))
        for one, before in zip(known[taken:], befores[taken:], strict=False)
    ]


def _statements(product: Product, schema: str | None, before: str | None, revision: str) -> list[str]:
    output = _Statements()
    config = _config(dialect=product.value, schema=schema, output=output)
    command.upgrade(config, f"{before or 'base'}:{revision}", sql=True)
    return output.written


class _Statements:
    """What Alembic writes a script to: it writes statement by statement, and what belongs to a script's frame."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, text: str) -> None:
        said = text.strip().removesuffix(";")
        if said and said not in _FRAME and not said.startswith("--"):
            self.written.append(said)

    def flush(self) -> None:
        pass


_FRAME = {"BEGIN", "BEGIN TRANSACTION", "COMMIT", "GO"}


def _config(**attributes: Any) -> Config:  # noqa: ANN401
    config = Config(attributes=attributes)
    config.set_main_option("script_location", "peoplecount.storage:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _demand_known(revision: str | None) -> None:
    try:
        ScriptDirectory.from_config(_config()).get_revision(revision or "base")
    except CommandError as error:
        raise SchemaTooNew(too_new(revision)) from error


def _upgrade(raw: Connection, product: Product, schema: str) -> None:
    name = schema_name(product, schema)
    lock = f"peoplecount.migrate.{schema}"
    for statement in before_migrating(product):
        raw.execute(statement, {"lock": lock} if ":lock" in str(statement) else None)
    making = _create_schema(product, name)
    if making is not None:
        raw.execute(text(making))
    command.upgrade(_config(connection=raw, schema=name), "head")


def plain_schema(schema: str) -> str:
    """``schema``, if it is a plain name. Raises ``SchemaMismatch``."""
    if not _PLAIN_NAME.fullmatch(schema):
        raise SchemaMismatch(f"DB_SCHEMA is {schema!r}; a plain name of letters, digits and _ is allowed")
    return schema


def _create_schema(product: Product, schema: str | None) -> str | None:
    if schema is None:
        return None
    plain_schema(schema)
    quoted = registry.load(product.value)().identifier_preparer.quote_identifier(schema)
    return create_schema(product, quoted, schema)
