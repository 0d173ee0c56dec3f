"""``db copy``: an installation's database into another one, with its history."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import replace

from peoplecount.configuration import prepare_embedded
from peoplecount.services.database_copy import CopyOutcome, DatabaseCopy
from peoplecount.settings import DatabaseSettings, Settings, SettingsError
from peoplecount.settings.database import DatabaseKind, read_database
from peoplecount.storage import migrate
from peoplecount.storage.errors import CopyRefused, DatabaseRefused
from peoplecount.storage.open import connection_for
from peoplecount.storage.proxy import ProxyDB
from peoplecount.storage.schema_gate import SchemaGate
from peoplecount.storage.tally import Tally

UNFINISHED = 3
"""Exit code where the service kept writing."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what it takes."""
    parser.add_argument(
        "--to",
        required=True,
        metavar="URL",
        help="the other database, written as in DATABASE_URL; - reads it as a line",
    )
    parser.add_argument("--schema", metavar="NAME", help="DB_SCHEMA there (the one that is set unless given)")
    parser.add_argument(
        "--password-stdin", action="store_true", help="read the password for it from standard input, one line"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Copy; 0, or ``UNFINISHED``. Raises ``DatabaseError`` and ``SettingsError``."""
    target = _target(arguments, settings)
    if _is_same(target, settings.database):
        raise CopyRefused(f"{target} is the database that is set; --to names another one")
    print(f"from {settings.database}\nto   {target}")
    if settings.database.kind is DatabaseKind.SQLITE:
        prepare_embedded(settings)
    _prepare(replace(settings, database=target))
    source, other = ProxyDB(connection_for(settings.database)), ProxyDB(connection_for(target))
    try:
        SchemaGate(source).demand()
        begun = time.monotonic()
        outcome = DatabaseCopy(source, other, tell=_tell).run()
    finally:
        source.disconnect()
        other.disconnect()
    return _report(outcome, time.monotonic() - begun)


def _target(arguments: argparse.Namespace, settings: Settings) -> DatabaseSettings:
    texts = {"DATABASE_URL": _line() if arguments.to == "-" else arguments.to}
    texts["DB_SCHEMA"] = arguments.schema or settings.database.schema
    if arguments.password_stdin:
        texts["DB_PASSWORD"] = _line()
    faults: list[str] = []
    warnings: list[str] = []
    target = read_database(texts, settings.data_dir, faults, warnings)
    if target is None:
        raise SettingsError([fault.replace("DATABASE_URL", "--to") for fault in faults], warnings)
    for warning in warnings:
        print(warning.replace("DATABASE_URL", "--to"), file=sys.stderr)
    return target


def _line() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _is_same(one: DatabaseSettings, other: DatabaseSettings) -> bool:
    if one.path is not None and other.path is not None:
        return one.path.resolve() == other.path.resolve()
    return (one.kind, one.host, one.port, one.name, one.options, one.schema) == (
        *(other.kind, other.host, other.port, other.name, other.options, other.schema),
    )


def _prepare(settings: Settings) -> None:
    """Make the tables where they are missing and this account may. Raises ``DatabaseError``."""
    target = settings.database
    if target.kind is DatabaseKind.SQLITE:
        prepare_embedded(settings)
        return
    connection = connection_for(target)
    try:
        migrate.upgrade(connection)
    except DatabaseRefused as error:
        if error.at_sign_in:
            raise
        raise DatabaseRefused(
            f"{error}; the tables are to be made there by an administrator: `python -m peoplecount db sql --dialect "
            f"{target.kind.value}` writes the script",
            at_sign_in=False,
        ) from error
    finally:
        connection.disconnect()


def _tell(said: str) -> None:
    print(f"  {said}", flush=True)


def _report(outcome: CopyOutcome, seconds: float) -> int:
    print(f"{outcome.written:,} rows written in {seconds:.0f} s")
    if not outcome.finished:
        print(
            "The service kept writing, so all but the last moments is there, and nothing can go on from it yet. Stop "
            "the service and run this again: only what is missing is copied.",
            file=sys.stderr,
        )
        return UNFINISHED
    _show(outcome.tallies)
    print(
        "Both databases hold the same. Passwords of cameras were copied as they are kept, sealed with the key in "
        "DATA_DIR: keep that folder.\nNow set DATABASE_URL to the other database (and DB_SCHEMA, if it has another "
        "one) and start the service anew: it goes on where it stood."
    )
    return 0


def _show(tallies: Mapping[str, Tally]) -> None:
    width = max(map(len, tallies))
    for name, tally in tallies.items():
        print(f"  {name:<{width}}  {tally.rows:>12,} rows, {tally.entered:>12,} in, {tally.left:>12,} out")
