"""Which rights an account lacks, asked of databases that know rights."""

import secrets

import pytest
from sqlalchemy import text

from peoplecount.storage.dialects import Product
from peoplecount.storage.errors import SchemaMismatch
from peoplecount.storage.granted import missing_rights
from peoplecount.storage.postgresql import PostgreSQLConnection
from peoplecount.storage.rights import SERVICE


def test_whoever_made_the_tables_lacks_nothing(connection):
    assert missing_rights(connection, connection.product, connection.schema, SERVICE) == {}


@pytest.mark.parametrize("blank", ["postgresql"], indirect=True)
def test_what_an_account_was_not_granted_is_missing(connection, postgres_server):
    account = f"clerk_{secrets.token_hex(4)}"
    connection.execute(text(f"CREATE ROLE {account} LOGIN"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA {connection.schema} TO {account}"))
    connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA {connection.schema} TO {account}"))
    clerk = PostgreSQLConnection(
        postgres_server.socket_folder, "postgres", port=postgres_server.port, user=account, schema=connection.schema
    )
    needed = {"records": ("SELECT", "INSERT"), "API_camaras": ("SELECT",), "sites": ("UPDATE", "DELETE")}
    try:
        found = missing_rights(clerk, clerk.product, clerk.schema, needed)
    finally:
        clerk.disconnect()
    assert found == {"records": ["INSERT"], "sites": ["UPDATE", "DELETE"]}


@pytest.mark.parametrize("blank", ["postgresql"], indirect=True)
def test_a_table_that_is_not_there_is_a_matter_of_the_schema(blank):
    with pytest.raises(SchemaMismatch):
        missing_rights(blank, Product.POSTGRESQL, blank.schema, {"records": ("SELECT",)})
