"""The database: bring its schema up to date, look whether all is well, or write the schema as a script."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from peoplecount.commands import _db_attach, _db_copy, _db_sql
from peoplecount.commands._db_check import check
from peoplecount.launch import CannotStart, read_settings
from peoplecount.settings import DatabaseSettings
from peoplecount.storage import migrate, schema_version
from peoplecount.storage.errors import DatabaseError
from peoplecount.storage.open import connection_for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    tasks.add_parser("upgrade", help="bring the schema to what this version needs")
    tasks.add_parser("check", help="walk the way into the database, and say what is wrong")
    _db_attach.add_arguments(
        tasks.add_parser("attach", help="look at an older installation, and say how to go on from it")
    )
    _db_copy.add_arguments(tasks.add_parser("copy", help="copy everything into another database, to go on there"))
    _db_sql.add_arguments(tasks.add_parser("sql", help="write schema and rights as a script for an administrator"))


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 0, or 1 where the database is not as it should be."""
    settings = read_settings()
    tasks: dict[str, Callable[[], int]] = {
        "upgrade": lambda: _upgrade(settings.database),
        "check": lambda: check(settings),
        "attach": lambda: _db_attach.attach(arguments, settings),
        "copy": lambda: _db_copy.run(arguments, settings),
        "sql": lambda: _db_sql.run(arguments, settings),
    }
    return _reporting(tasks[arguments.task])


def _reporting(task: Callable[[], int]) -> int:
    try:
        return task()
    except DatabaseError as error:
        print(error, file=sys.stderr)
        return 1


def _upgrade(settings: DatabaseSettings) -> int:
    _make_folder(settings)
    connection = connection_for(settings)
    try:
        before = migrate.upgrade(connection)
    finally:
        connection.disconnect()
    expected = schema_version.expected()
    if before == expected:
        print(f"{settings}: the schema is at version {expected} already")
    else:
        print(f"{settings}: the schema is at version {expected} now (it was {before or 'empty'})")
    return 0


def _make_folder(settings: DatabaseSettings) -> None:
    if settings.path is None:
        return
    try:
        settings.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"{settings.path.parent} cannot be made: {error.strerror}; see DATA_DIR") from error
