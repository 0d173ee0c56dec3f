from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import column, insert, select, table, text

from peoplecount.storage import migrate, schema_version
from peoplecount.storage.dialects import Product
from peoplecount.storage.errors import SchemaMismatch
from peoplecount.storage.schema import sites
from tests.support.own_tables import make_tables
from tests.support.schema_differences import differences_of

KINDS = ("sqlite", "postgresql", "mssql")


def test_an_empty_database_is_brought_up_to_date_and_then_left_alone(blank):
    assert schema_version.current(blank) is None
    assert migrate.upgrade(blank) is None
    assert schema_version.current(blank) == schema_version.expected()
    assert differences_of(blank) == []
    assert migrate.upgrade(blank) == schema_version.expected()


def test_the_version_that_is_needed_is_that_of_the_last_migration():
    assert schema_version.expected() == migrate.steps(Product.SQLITE)[-1].revision


@pytest.mark.parametrize("kind", KINDS)
def test_several_processes_may_upgrade_at_once(make_connection, kind):
    connections = [make_connection(kind, "shared") for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(migrate.upgrade, connections))
    assert set(found) <= {None, schema_version.expected()}
    assert {schema_version.current(connection) for connection in connections} == {schema_version.expected()}


def test_the_tables_are_those_the_program_knows(connection):
    assert differences_of(connection) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_is_copied_for_tests_is_what_the_migrations_make(make_connection, kind):
    migrated, copied = make_connection(kind, "one"), make_connection(kind, "two")
    migrate.upgrade(migrated)
    make_tables(copied)
    assert len(catalogue(migrated)) > 40
    assert catalogue(copied) == catalogue(migrated)
    assert schema_version.current(copied) == schema_version.expected()


SQLITE_CATALOGUE = "SELECT type, name, tbl_name, sql FROM sqlite_master"
POSTGRESQL_CATALOGUE = """
SELECT table_name, column_name, data_type || coalesce(column_default, ''), is_nullable || is_identity
FROM information_schema.columns WHERE table_schema = :schema
UNION ALL SELECT tablename, indexname, indexdef, '' FROM pg_indexes WHERE schemaname = :schema
UNION ALL SELECT viewname, '', definition, '' FROM pg_views WHERE schemaname = :schema
UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), '' FROM pg_constraint
WHERE connamespace = CAST(:schema AS regnamespace)
"""


def catalogue(connection):
    """All that is there, in the server's own words, wherever it is."""
    if connection.product is Product.SQLITE:
        return {tuple(row) for row in connection.execute(text(SQLITE_CATALOGUE))}
    rows = connection.execute(text(POSTGRESQL_CATALOGUE), {"schema": connection.schema})
    return {tuple(cell.replace(connection.schema, "…") for cell in row) for row in rows}


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
