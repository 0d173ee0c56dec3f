"""A database administrator: runs scripts, and lets accounts in."""

from __future__ import annotations

import re
import secrets

from sqlalchemy import exc

from peoplecount.storage.dialects import Product
from peoplecount.storage.engine import EngineConnection
from peoplecount.storage.faults import as_ours
from peoplecount.storage.postgresql import PostgreSQLConnection
from peoplecount.storage.sql_server import SQLServerConnection
from tests.support.databases import postgres_as, sql_server_under_test

PASSWORD = "Str0ng!Pass"


def run_script(connection: EngineConnection, script: str, *, goes_on: bool = False) -> None:
    """As ``psql`` and ``sqlcmd`` do. Some tools go on after an error: the first one is raised at the end then."""
    first: exc.DBAPIError | None = None
    with as_ours(connection.product), connection._open_engine().connect() as raw:
        raw.execution_options(isolation_level="AUTOCOMMIT", no_parameters=True)
        for part in _parts(connection.product, script):
            try:
                raw.exec_driver_sql(part)
            except exc.DBAPIError as error:
                first = first or error
                if not goes_on:
                    break
        raw.invalidate()  # whatever the script has set
        if first is not None:
            raise first


def _parts(product: Product, script: str) -> list[str]:
    """Batches, or statements."""
    if product is Product.SQL_SERVER:
        found = re.split(r"^GO$", script, flags=re.MULTILINE)
    else:
        bare = re.sub(r"^--.*$", "", script, flags=re.MULTILINE)
        found = re.findall(r"\s*(DO \$peoplecount\$.*?END \$peoplecount\$;|[^;]+;)", bare, re.DOTALL)
    return [part for part in found if part.strip()]


def let_in(administrator: EngineConnection, role: str) -> EngineConnection:
    """A connection of a new account that has ``role`` and nothing else."""
    name = f"{role[:30]}_{secrets.token_hex(4)}"
    if isinstance(administrator, PostgreSQLConnection):
        run_script(administrator, f"CREATE ROLE {name} LOGIN; GRANT {role} TO {name};")
        return postgres_as(administrator, name)
    assert isinstance(administrator, SQLServerConnection)
    run_script(
        administrator,
        f"CREATE LOGIN {name} WITH PASSWORD = '{PASSWORD}'\nGO\nCREATE USER {name} FOR LOGIN {name}\nGO\n"
        f"ALTER ROLE {role} ADD MEMBER {name}\nGO\n",
    )
    return sql_server_under_test(administrator.schema, user=name, password=PASSWORD)
