"""The database: bring its schema up to date, look whether all is well, or write the schema as a script."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from peoplecount.launch import CannotStart, read_settings
from peoplecount.settings import DatabaseSettings
from peoplecount.storage import migrate
from peoplecount.storage.dialects import Product
from peoplecount.storage.engine import EngineConnection
from peoplecount.storage.errors import DatabaseError
from peoplecount.storage.open import connection_for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    tasks.add_parser("upgrade", help="bring the schema to what this version needs")
    tasks.add_parser("check", help="connect, and say what answered and what is missing")
    script = tasks.add_parser("sql", help="write the whole schema as a script for a database administrator")
    script.add_argument(
        "--dialect",
        choices=[product.value for product in Product],
        help="the database it is for (the one that is set unless given)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 0, or 1 where the database is not as it should be."""
    settings = read_settings().database
    if arguments.task == "sql":
        return _reporting(lambda: _sql(arguments.dialect, settings))
    connection = connection_for(settings)
    task = _upgrade if arguments.task == "upgrade" else _check
    try:
        return _reporting(lambda: task(connection, settings))
    finally:
        connection.disconnect()


def _reporting(task: Callable[[], int]) -> int:
    try:
        return task()
    except DatabaseError as error:
        print(error, file=sys.stderr)
        return 1


def _sql(dialect: str | None, settings: DatabaseSettings) -> int:
    print(migrate.sql(Product(dialect or settings.kind), settings.schema), end="")
    return 0


def _upgrade(connection: EngineConnection, settings: DatabaseSettings) -> int:
    _make_folder(settings)
    before = migrate.upgrade(connection)
    expected = migrate.expected()
    if before == expected:
        print(f"{settings}: the schema is at version {expected} already")
    else:
        print(f"{settings}: the schema is at version {expected} now (it was {before or 'empty'})")
    return 0


def _check(connection: EngineConnection, settings: DatabaseSettings) -> int:
    if settings.path is not None and not settings.path.exists():
        print(f"{settings}: the file does not exist yet; `python -m peoplecount db upgrade` makes it")
        return 1
    server = connection.check()
    print(f"{settings}")
    print(
        f"  answers: {server.product} {server.version}, {server.driver}, {server.round_trip * 1000:.1f} ms a question"
    )
    found, expected = migrate.current(connection), migrate.expected()
    if found == expected:
        print(f"  schema:  version {found}, as it should be")
        return 0
    print(f"  schema:  version {found or 'none'}, but {expected} is needed: `python -m peoplecount db upgrade`")
    return 1


def _make_folder(settings: DatabaseSettings) -> None:
    if settings.path is None:
        return
    try:
        settings.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"{settings.path.parent} cannot be made: {error.strerror}; see DATA_DIR") from error
