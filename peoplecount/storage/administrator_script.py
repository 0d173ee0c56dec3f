"""The script for a database administrator: schema, tables, views, two roles and what they may do, and nothing else.

It may be run again and on any earlier version: each step looks whether it has been taken. Each is one transaction, and
those after a step that failed are left out. Also with tools that go on after an error, as SQL Server's do.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy.dialects import registry

from peoplecount.storage import migrate
from peoplecount.storage.dialects import SCHEMA, Product, create_schema
from peoplecount.storage.rights import REPORTS, SERVICE, Right, numbered
from peoplecount.storage.schema_version import expected

LONGEST_ROLE = 63
"""Characters; PostgreSQL cuts what is longer."""

_ANY_VIEW = re.compile(r"(CREATE|CREATE OR REPLACE) VIEW ")
_CAMERA_VIEW = re.compile(r"(CREATE|CREATE OR REPLACE|DROP) VIEW \S*API_camaras\b")
_RETURNING = re.compile(r"\s+RETURNING \S+\s*$")
"""What Alembic adds to its note of the first version; a block has no place for it."""

_VERSION_KEY = "alembic_version_pkc"
_OURS = "any_line"
"""Stands in our view of cameras. An installation's own is never replaced."""


def administrator_script(
    product: Product,
    schema: str = SCHEMA,
    *,
    since: str | None = None,
    others: Mapping[str, Sequence[Right]] | None = None,
) -> str:
    """What brings a database to this version; of one that is at ``since``, only what comes after it.

    ``others`` are tables and views of the installation that the service needs, as ``OWNER.NAME``. On SQLite there are
    no rights, and the script is for an empty file. Raises ``SchemaMismatch``.
    """
    steps = migrate.steps(product, schema, since)
    if product is Product.SQLITE:
        return "\n\n".join(f"{statement};" for step in steps for statement in step.statements) + "\n"
    script = (TransactSQL if product is Product.SQL_SERVER else PostgresSQL)(product, schema)
    parts = [script.opening(), *map(script.step, steps), script.closing(expected())]
    return "\n".join([*parts, *script.rights(others or {})])


def role_names(schema: str) -> tuple[str, str]:
    """The service's role and that of people who make reports."""
    name = schema[: LONGEST_ROLE - len("_service")]
    return f"{name}_service", f"{name}_reports"


def _incomplete(version: str) -> str:
    return f"the schema is not at version {version}: a step failed, or the script was written for a later version"


class Script(ABC):
    """How a server's script is written."""

    def __init__(self, product: Product, schema: str) -> None:
        self._product = product
        self._schema = migrate.plain_schema(schema)
        preparer = registry.load(product.value)().identifier_preparer
        self._quoted = preparer.quote_identifier
        self._service, self._reports = map(self._quoted, role_names(schema))

    @abstractmethod
    def opening(self) -> str:
        """What comes first: the schema, and the table of its version."""

    @abstractmethod
    def step(self, step: migrate.Step) -> str:
        """A step, unless it has been taken."""

    @abstractmethod
    def closing(self, version: str) -> str:
        """An error unless all steps have been taken by now."""

    def rights(self, others: Mapping[str, Sequence[Right]]) -> Iterator[str]:
        """The roles and what each may do."""
        yield self._roles()
        ours = {self._name(table): rights for table, rights in sorted(SERVICE.items())}
        theirs = {".".join(map(self._quoted, name.split("."))): rights for name, rights in sorted(others.items())}
        for place, rights in {**ours, **theirs}.items():
            yield f"GRANT {', '.join(rights)} ON {place} TO {self._service};"
        for table in REPORTS:
            yield f"GRANT SELECT ON {self._name(table)} TO {self._reports};"
        yield self._ending()

    @abstractmethod
    def _roles(self) -> str:
        """The two roles, made where they are missing."""

    def _ending(self) -> str:
        return ""

    def _name(self, table: str) -> str:
        return f"{self._quoted(self._schema)}.{self._quoted(table)}"

    def _make_schema(self) -> str:
        return f"{create_schema(self._product, self._quoted(self._schema), self._schema)};"

    def _make_versions(self) -> str:
        key = f"CONSTRAINT {_VERSION_KEY} PRIMARY KEY (version_num)"
        return f"CREATE TABLE {self._name('alembic_version')} (version_num VARCHAR(32) NOT NULL, {key})"

    def _statements(self, step: migrate.Step) -> Iterator[str]:
        """Without Alembic's own table, which is there by then."""
        return (statement for statement in step.statements if _VERSION_KEY not in statement)

    def _comment(self, step: migrate.Step) -> str:
        return f"-- {step.revision}: {step.title.replace('``', '')}"

    def _is_missing(self, version: str) -> str:
        """A condition: the database is not even at that version."""
        return f"NOT EXISTS (SELECT 1 FROM {self._name('alembic_version')} WHERE version_num >= '{version}')"  # noqa: S608 - plain names only

    def _is_due(self, step: migrate.Step) -> str:
        """A condition: the database is at the version before."""
        versions = self._name("alembic_version")
        if step.before is None:
            return f"NOT EXISTS (SELECT 1 FROM {versions})"  # noqa: S608 - plain names only
        return f"EXISTS (SELECT 1 FROM {versions} WHERE version_num = '{step.before}')"  # noqa: S608 - plain names only


class TransactSQL(Script):
    """In batches, for ``sqlcmd`` and SQL Server Management Studio."""

    def opening(self) -> str:
        """See ``Script``."""
        service, reports = role_names(self._schema)
        return (
            f"-- Peoplecount's tables and views in the schema {self._schema}, and two database roles:\n"
            f"--   {service}: what the service's account needs. ALTER ROLE {self._service} ADD MEMBER [its user];\n"
            f"--   {reports}: reading, without cameras and passwords. ALTER ROLE {self._reports} ADD MEMBER [a user];\n"
            "-- Run it as a member of db_owner, in the database: sqlcmd -b -d DATABASE -i FILE. It may be run again.\n"
            f"SET XACT_ABORT ON;\nGO\n{self._make_schema()}\nGO\n"
            f"IF OBJECT_ID(N'{self._name('alembic_version')}') IS NULL\n    {self._make_versions()};\nGO\n"
        )

    def step(self, step: migrate.Step) -> str:
        """See ``Script``."""
        due = f"@@TRANCOUNT > 0 AND {self._is_due(step)}"
        batches = [f"{self._comment(step)}\nBEGIN TRANSACTION;"]
        for statement in self._statements(step):
            condition = " AND ".join([due, *self._owners_view_condition(statement)])
            batches.append(f"IF {condition}\nBEGIN\n{self._in_a_block(statement)};\nEND;")
        batches.append("IF @@TRANCOUNT > 0 COMMIT;")
        return "".join(f"{batch}\nGO\n" for batch in batches)

    def closing(self, version: str) -> str:
        """See ``Script``."""
        return f"IF {self._is_missing(version)}\n    THROW 51000, '{_incomplete(version)}', 1;\nGO\n"

    def _in_a_block(self, statement: str) -> str:
        """``CREATE VIEW`` must be alone in its batch, which a text that is executed is."""
        if not _ANY_VIEW.match(statement):
            return statement
        doubled = statement.replace("'", "''")
        return f"EXEC(N'{doubled}')"

    def _owners_view_condition(self, statement: str) -> Iterator[str]:
        if _CAMERA_VIEW.match(statement.replace("[", "").replace("]", "")):
            view = f"OBJECT_ID(N'{self._name('API_camaras')}')"
            if statement.startswith("DROP"):
                yield f"OBJECT_DEFINITION({view}) LIKE N'%{_OURS}%'"
            else:
                yield f"{view} IS NULL"

    def _roles(self) -> str:
        return "".join(
            f"IF DATABASE_PRINCIPAL_ID(N'{name}') IS NULL CREATE ROLE {self._quoted(name)};\nGO\n"
            for name in role_names(self._schema)
        ).rstrip("\n")

    def _ending(self) -> str:
        return "GO\n"


class PostgresSQL(Script):
    """For ``psql``."""

    def opening(self) -> str:
        """See ``Script``."""
        service, reports = role_names(self._schema)
        return (
            f"-- Peoplecount's tables and views in the schema {self._schema}, and two roles without a login:\n"
            f"--   {service}: what the service's account needs. GRANT {self._service} TO its_login;\n"
            f"--   {reports}: reading, without cameras and passwords. GRANT {self._reports} TO a_login;\n"
            "-- Run it in the database: psql -v ON_ERROR_STOP=1 -d DATABASE -f FILE. It may be run again.\n"
            "SET client_min_messages = warning;\n"
            f"{self._make_schema()}\n{self._make_versions().replace('TABLE', 'TABLE IF NOT EXISTS')};\n"
        )

    def step(self, step: migrate.Step) -> str:
        """See ``Script``."""
        statements = "\n".join(map(self._in_a_block, self._statements(step)))
        return (
            f"{self._comment(step)}\nDO $peoplecount$ BEGIN\nIF {self._is_due(step)} THEN\n"
            f"{statements}\nEND IF;\nEND $peoplecount$;\n"
        )

    def closing(self, version: str) -> str:
        """See ``Script``."""
        return (
            f"DO $peoplecount$ BEGIN\nIF {self._is_missing(version)} THEN\n"
            f"RAISE EXCEPTION '{_incomplete(version)}';\nEND IF;\nEND $peoplecount$;\n"
        )

    def _in_a_block(self, statement: str) -> str:
        if not _CAMERA_VIEW.match(statement.replace('"', "")):
            return f"{_RETURNING.sub('', statement)};"
        view = f"to_regclass('{self._name('API_camaras')}')"
        replaces = statement.startswith("CREATE OR REPLACE")
        condition = f"pg_get_viewdef({view}) LIKE '%{_OURS}%'" if replaces else f"{view} IS NULL"
        return f"IF {condition} THEN\n{statement};\nEND IF;"

    def _roles(self) -> str:
        makes = "".join(
            f"IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN\n"
            f"CREATE ROLE {self._quoted(name)} NOLOGIN;\nEND IF;\n"
            for name in role_names(self._schema)
        )
        both = f"{self._service}, {self._reports}"
        usage = f"GRANT USAGE ON SCHEMA {self._quoted(self._schema)} TO {both};"
        sequences = ", ".join(self._name(f"{table.name}_{column}_seq") for table, column in numbered())
        counting = f"GRANT USAGE ON SEQUENCE {sequences} TO {self._service};"
        return f"DO $peoplecount$ BEGIN\n{makes}END $peoplecount$;\n{usage}\n{counting}"
