"""What is otherwise in a database than ``schema.py`` says."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.sql.schema import SchemaConst

from peoplecount.storage.dialects import Product, schema_name
from peoplecount.storage.engine import EngineConnection
from peoplecount.storage.schema import metadata
from tests.support.databases import is_microsofts


def differences_of(connection: EngineConnection, *, but_views: bool = False) -> list[Any]:
    """All differences; ``but_views`` leaves out what is there besides our tables, where views pass for tables."""
    if connection.product is Product.SQL_SERVER and not is_microsofts(connection):
        return _differing_columns(connection)
    schema = schema_name(connection.product, connection.schema)

    def differences(raw: Connection) -> list[Any]:
        options = {
            "version_table_schema": schema,
            "include_schemas": schema is not None,
            "include_name": lambda name, kind, parents: kind != "schema" or name == schema,
        }
        return list(compare_metadata(MigrationContext.configure(raw, opts=options), moved(schema)))

    found = connection.run(differences, writes=False)
    return [one for one in found if not (but_views and one[0] == "remove_table")]


def moved(schema: str | None) -> MetaData:
    """Our tables under the schema that was set."""
    copy = MetaData(naming_convention=metadata.naming_convention)
    for one in metadata.sorted_tables:
        one.to_metadata(copy, schema=schema, referred_schema_fn=lambda *_: schema or SchemaConst.BLANK_SCHEMA)
    return copy


def _differing_columns(connection: EngineConnection) -> list[Any]:
    """Of servers whose catalogue lacks what reflection asks of SQL Server's: columns, and whether they may be NULL."""
    asked = text(
        "SELECT TABLE_NAME, COLUMN_NAME, IS_NULLABLE FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = :schema"
    )
    ours = {table.name for table in metadata.sorted_tables}
    found = {
        (row.TABLE_NAME, row.COLUMN_NAME, row.IS_NULLABLE == "YES")
        for row in connection.execute(asked, {"schema": connection.schema})
        if row.TABLE_NAME in ours
    }
    expected = {
        (table.name, column.name, bool(column.nullable)) for table in metadata.sorted_tables for column in table.columns
    }
    return sorted(found ^ expected)
