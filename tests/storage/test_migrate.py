from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, column, insert, select, table, text
from sqlalchemy.sql.schema import SchemaConst

from peoplecount.storage import migrate
from peoplecount.storage.dialects import schema_name
from peoplecount.storage.errors import SchemaMismatch
from peoplecount.storage.schema import metadata, sites

KINDS = ("sqlite", "postgresql", "mssql")


def test_an_empty_database_is_brought_up_to_date_and_then_left_alone(blank):
    assert migrate.current(blank) is None
    assert migrate.upgrade(blank) is None
    assert migrate.current(blank) == migrate.expected()
    assert migrate.upgrade(blank) == migrate.expected()


@pytest.mark.parametrize("kind", KINDS)
def test_several_processes_may_upgrade_at_once(make_connection, kind):
    connections = [make_connection(kind, "shared") for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(migrate.upgrade, connections))
    assert set(found) <= {None, migrate.expected()}
    assert {migrate.current(connection) for connection in connections} == {migrate.expected()}


def test_the_tables_are_those_the_program_knows(connection):
    assert differences_of(connection) == []


def differences_of(connection):
    """What is otherwise than ``schema.py`` says."""
    schema = schema_name(connection.product, connection.schema)

    def differences(raw):
        options = {
            "version_table_schema": schema,
            "include_schemas": schema is not None,
            "include_name": lambda name, kind, parents: kind != "schema" or name == schema,
        }
        return compare_metadata(MigrationContext.configure(raw, opts=options), moved(schema))

    return connection.run(differences, writes=False)


def moved(schema):
    """Our tables under the schema that was set."""
    copy = MetaData(naming_convention=metadata.naming_convention)
    for one in metadata.sorted_tables:
        one.to_metadata(copy, schema=schema, referred_schema_fn=lambda *_: schema or SchemaConst.BLANK_SCHEMA)
    return copy


def test_two_schemas_of_one_server_keep_apart(make_connection):
    one, other = make_connection("postgresql", "one"), make_connection("postgresql", "other")
    migrate.upgrade(one)
    migrate.upgrade(other)
    one.execute(
        insert(sites), {"site_id": "a", "name": "A", "time_zone": "UTC", "capacity": None, "reset_time": "00:00"}
    )
    assert len(one.execute(select(sites))) == 1
    assert len(other.execute(select(sites))) == 0


def test_a_database_that_a_newer_program_has_migrated_is_left_alone(embedded):
    version = table("alembic_version", column("version_num"))
    embedded.execute(version.update().values(version_num="9999"))
    with pytest.raises(SchemaMismatch, match=r"9999.*newer program"):
        migrate.upgrade(embedded)


def test_an_upgrade_that_fails_leaves_nothing_behind(make_connection):
    connection = make_connection("sqlite")
    connection.execute(text("CREATE TABLE records (something TEXT)"))
    with pytest.raises(Exception, match="already exists"):
        migrate.upgrade(connection)
    left = connection.execute(select(column("name")).select_from(table("sqlite_master")))
    assert [row.name for row in left] == ["records"]


def test_an_owners_own_view_of_cameras_is_never_replaced(make_connection):
    connection = make_connection("sqlite")
    connection.execute(text('CREATE VIEW "API_camaras" AS SELECT sqlite_version() AS ip'))
    migrate.upgrade(connection)
    (row,) = connection.execute(select(text("*")).select_from(table("API_camaras")))
    assert row._fields == ("ip",)
