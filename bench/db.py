"""The database: records a second, and how quickly earlier times are answered, beside the barest there is.

``records``: the writer as it is, from a log that is far behind, with roll-ups, positions and cursor; beside it the same
rows by ``executemany``, of SQLAlchemy and of the driver alone. ``history``: a year of 500 cameras and what pages and
programs ask of it; beside it the best statement by hand that has the same answer in it. Beside means: in turns. Then
whole pages of the history.

On SQLite, on PostgreSQL where it is installed, and on a SQL Server where ``TEST_MSSQL_URL`` names one; there the year
stays in a schema of its own, and the records go again. The year takes some 3 GB, and minutes to make; ``--folder``
keeps SQLite's for the next time.
"""

from __future__ import annotations

import argparse
import os
import platform
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.support.history_race import race_history
from bench.support.record_race import race_records
from peoplecount.storage.dialects import Product
from peoplecount.storage.engine import EngineConnection
from peoplecount.storage.postgresql import PostgreSQLConnection
from peoplecount.storage.sqlite import SQLiteConnection
from tests.support.databases import drop_schema, sql_server_under_test
from tests.support.postgres import binaries, running_postgres

KINDS = ("sqlite", "postgresql", "mssql")
RECORDS = "bench_records"
POSTGRESQL_MEMORY = "128MB"
"""For its pages: what PostgreSQL gives itself unless somebody says otherwise."""


@contextmanager
def connection(kind: str, schema: str, folder: Path) -> Iterator[EngineConnection | None]:
    """A connection to a database of a kind; ``None`` where there is none."""
    with ExitStack() as stack:
        found = binaries() if kind == "postgresql" else None
        made: EngineConnection | None = None
        if kind == "sqlite":
            made = SQLiteConnection(folder / f"{schema}.db")
        elif found is not None:
            server = stack.enter_context(running_postgres(found, memory=POSTGRESQL_MEMORY))
            place = server.socket_folder
            made = PostgreSQLConnection(place, "postgres", port=server.port, user="peoplecount", schema=schema)
        elif kind == "mssql" and os.environ.get("TEST_MSSQL_URL"):
            made = sql_server_under_test(schema)
        yield made
        if made is not None:
            if made.product is Product.SQL_SERVER and schema.startswith(RECORDS):
                drop_schema(made)
            made.disconnect()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("races", nargs="*", choices=("records", "history"), default=("records", "history"))
    parser.add_argument("--database", action="append", choices=KINDS, help="only this one; may be given again")
    parser.add_argument("--cameras", type=int, default=50, help="that count into the log (50)")
    parser.add_argument("--year-cameras", type=int, default=500, help="whose year is asked for (500)")
    parser.add_argument("--days", type=int, default=365, help="of that year (365)")
    parser.add_argument("--folder", type=Path, help="where SQLite's year stays for the next time")
    arguments = parser.parse_args()
    cores, load = os.cpu_count(), os.getloadavg()[0]
    print(f"{platform.machine()}, {cores} cores, {load:.1f} at work on them before, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory(prefix="pc-bench-") as temporary:
        for kind in arguments.database or KINDS:
            if "records" in arguments.races:
                with connection(kind, f"{RECORDS}_{secrets.token_hex(4)}", Path(temporary)) as made:
                    race_records(made, Path(temporary) / f"log-{kind}", arguments.cameras) if made else _lacks(kind)
            if "history" in arguments.races:
                folder = arguments.folder or Path(temporary)
                sums = folder / f"bench_sums_{kind}.sqlite"
                with connection(kind, "bench_year", folder) as made:
                    race_history(made, arguments.year_cameras, arguments.days, sums) if made else _lacks(kind)


def _lacks(kind: str) -> None:
    print(f"{kind}: there is none here")


if __name__ == "__main__":
    main()
