"""The door through which the drivers' exceptions become ours.

Which kind of error it is goes by SQLSTATE on PostgreSQL, by result code on SQLite and by error number on SQL Server,
where SQLSTATEs differ between Microsoft's driver and FreeTDS (a deadlock is 40001 with one and 42000 with the other).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from sqlalchemy import exc

from peoplecount.storage.dialects import Product
from peoplecount.storage.errors import (
    DatabaseBusy,
    DatabaseConflict,
    DatabaseError,
    DatabaseRefused,
    DatabaseUnavailable,
    DriverMissing,
    SchemaMismatch,
    ValueRefused,
)

INSTALL_ODBC_DRIVER = (
    "Debian: Microsoft's msodbcsql18 (learn.microsoft.com/sql/connect/odbc) or apt install tdsodbc; "
    "RHEL: msodbcsql18 or dnf install freetds; Windows: 'ODBC Driver 18 for SQL Server' from Microsoft"
)

Classify: TypeAlias = Callable[[BaseException], DatabaseError]


@contextmanager
def as_ours(product: Product) -> Iterator[None]:
    """Turn what SQLAlchemy and the driver raise inside into ``DatabaseError``."""
    try:
        yield
    except exc.TimeoutError as error:
        raise DatabaseBusy("all connections are in use, and none came free in time") from error
    except exc.DataError as error:  # SQLSTATE 22…, and what a driver refuses to send
        raise ValueRefused(_without_prefixes(_first_line(error.orig or error))) from error
    except exc.DBAPIError as error:
        raise _CLASSIFY[product](error.orig or error) from error
    except exc.StatementError as error:
        if not isinstance(error.orig, ValueError | TypeError | ArithmeticError):
            raise
        raise ValueRefused(_first_line(error.orig)) from error
    except OverflowError as error:  # sqlite3, of integers beyond 64 bits
        raise ValueRefused(_first_line(error)) from error


def is_gone(product: Product, error: BaseException) -> bool:
    """Whether the connection is of no use any more (SQLAlchemy does not know all of FreeTDS' ways to say so)."""
    return product is Product.SQL_SERVER and isinstance(_of_sql_server(error), DatabaseUnavailable)


def numbers_of(error: DatabaseError) -> set[int]:
    """SQL Server's own numbers of what went wrong, where they are known."""
    cause = error.__cause__
    original = cause.orig if isinstance(cause, exc.DBAPIError) else None
    return set() if original is None else {int(number) for number in _NATIVE_NUMBER.findall(_odbc_parts(original)[1])}


def is_elsewhere(error: BaseException) -> bool:
    """Whether a failover partner may have what could not be had of a SQL Server: nobody there, or not the principal."""
    numbers = {int(number) for number in _NATIVE_NUMBER.findall(_odbc_parts(error)[1])}
    return 4060 in numbers or isinstance(_of_sql_server(error), DatabaseUnavailable)


def _of_sqlite(error: BaseException) -> DatabaseError:  # noqa: PLR0911
    said = str(error)
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return ValueRefused(said) if said.startswith("Error binding parameter") else DatabaseError(said)
    if code in {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}:
        return DatabaseConflict(said)
    primary = code & 0xFF
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT}:
        return DatabaseBusy(said)
    if primary in _SQLITE_AWAY:
        return DatabaseUnavailable(said)
    if primary in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}:
        return DatabaseRefused(said, at_sign_in=False)
    if "no such table" in said or "no such column" in said or "has no column" in said:
        return SchemaMismatch(said)
    if primary in _SQLITE_VALUE or said == "integer overflow":  # the latter of sums
        return ValueRefused(said)
    return DatabaseError(said)


_SQLITE_VALUE = {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG}
_SQLITE_AWAY = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PROTOCOL,
}


def _of_postgresql(error: BaseException) -> DatabaseError:  # noqa: PLR0911
    said = _first_line(error)
    state = getattr(error, "sqlstate", None)
    if not state:  # libpq gives none for a connection that could not be made, only words
        if not any(words in str(error) for words in _POSTGRESQL_REFUSALS):
            return DatabaseUnavailable(said)
        return DatabaseRefused(said, at_sign_in=True, of_account="authentication failed" in str(error))
    if state in {"23505", "40001", "40P01"}:
        return DatabaseConflict(said)
    if state[:2] == "28" or state == "3D000":
        return DatabaseRefused(said, at_sign_in=True, of_account=state == "28P01")
    if state == "42501":
        return DatabaseRefused(said, at_sign_in=False)
    if state in {"42P01", "42703", "3F000"}:  # no such table, column, schema
        return SchemaMismatch(said)
    if state in {"57014", "55P03"}:  # over the time for a statement or for a lock: the server itself says so
        return DatabaseBusy(said)
    if state[:2] in {"08", "53", "58"} or state[:3] == "57P" or state == "25006":
        return DatabaseUnavailable(said)
    return ValueRefused(said) if state[:2] in _STATES_OF_VALUES else DatabaseError(said)


_STATES_OF_VALUES = {"22", "23"}
"""Data exception and integrity constraint violation, by the SQL standard."""

_POSTGRESQL_REFUSALS = ("authentication failed", "does not exist", "pg_hba.conf", "no password supplied")


def _of_sql_server(error: BaseException) -> DatabaseError:  # noqa: PLR0911
    state, said = _odbc_parts(error)
    numbers = {int(number) for number in _NATIVE_NUMBER.findall(said)}
    said = _without_prefixes(said)
    if state[:2] == "IM" or "Can't open lib" in said:  # the driver manager did not find the driver
        return DriverMissing(f"{said}. {INSTALL_ODBC_DRIVER}")
    if numbers & _SQL_SERVER_CONFLICT or state == "40001":
        return DatabaseConflict(said)
    if numbers & _SQL_SERVER_SIGN_IN or state == "28000" or (numbers & _NUMBERLESS and _NOT_LET_IN.search(said)):
        of_account = not numbers & _SQL_SERVER_NO_DATABASE  # it lets the login in, then, but not into the database
        return DatabaseRefused(said, at_sign_in=True, of_account=of_account)
    if numbers & _SQL_SERVER_RIGHTS or (numbers & _NUMBERLESS and _MAY_NOT.search(said)):
        return DatabaseRefused(said, at_sign_in=False)
    if numbers & _SQL_SERVER_SCHEMA or (numbers & _NUMBERLESS and _NOT_THERE.search(said)):
        return SchemaMismatch(said)
    if numbers & {1222} or (numbers & _NUMBERLESS and "lock timeout" in said):  # the server itself says so
        return DatabaseBusy(said)
    if state[:2] == "08" or state in _ODBC_AWAY or numbers & _SQL_SERVER_AWAY or _FREETDS_AWAY.search(said):
        return DatabaseUnavailable(said)
    if (numbers & _NUMBERLESS and _UNFIT.search(said)) or state.startswith(_CUT):
        return ValueRefused(said)
    if numbers & _SQL_SERVER_VALUE or state[:2] in _STATES_OF_VALUES or state == "HY104":  # HY104: too many digits
        return ValueRefused(said)
    return DatabaseError(said)


_NATIVE_NUMBER = re.compile(r"\((-?\d+)\) \(SQL\w+\)")
_SQL_SERVER_CONFLICT = {1205, 2601, 2627, 3960, 3961}  # 2627 unique constraint, 2601 unique index
_SQL_SERVER_SIGN_IN = {911, 916, 4060, 4064, 18450, 18452, 18456, 18470, 18486, 18487, 18488, 40532, 40615, 40914}
_SQL_SERVER_NO_DATABASE = {911, 916, 4060, 4064, 40532, 40615, 40914}  # the latter of Azure: no such server, firewall
_SQL_SERVER_RIGHTS = {229, 230, 262, 297, 300, 2760, 15247}
_SQL_SERVER_SCHEMA = {207, 208, 2812}
_NUMBERLESS = {33557097}
"""Of another server that speaks T-SQL, where its own words have no number of SQL Server's."""
_NOT_THERE = re.compile(r"(relation|column|schema) .* does not exist")
_NOT_LET_IN = re.compile(r"invalid TDS authentication request|GSSAPI authentication failed")
_MAY_NOT = re.compile(r"permission denied for|must be owner of")
_UNFIT = re.compile(r"invalid UTF16 byte sequence|value too long|out of range")
_CUT = "String data, right truncation"
"""Of pyodbc itself, where rows go in bulk: it says so where others have their state."""
_SQL_SERVER_VALUE = {220, 232, 241, 242, 245, 515, 547, 2628, 8023, 8114, 8115, 8152}  # FreeTDS says 42000 of some
_SQL_SERVER_NOT_HERE = (
    {921, 922, 927, 942, 945, 951, 952, 954, 955}  # the database is starting, being restored, offline, a mirror
    | {976, 978, 979, 981, 982, 983, 3906, 4221}  # this replica of an availability group does not serve it
)
_SQL_SERVER_AWAY = (
    {596, 701, 802, 1203, 1204, 1221, 6005, 8628, 8645, 8651, 9001, 9002}  # killed, memory, locks, log full
    | {17142, 17187, 17188, 17197, 18401, 18451, 18461}  # starting, stopping, paused, upgrading
    | {64, 121, 233, 10053, 10054, 10060, 10061, 11001}  # the network
    | {10922, 10928, 10929, 10936, 40143, 40166, 40197, 40501, 40540, 40613}  # Azure SQL: busy, moving
    | {49918, 49919, 49920}  # the same
    | {40549, 40550, 40551, 40552, 40553}  # the same: it has ended the session, which took too much
    | {20002, 20003, 20004, 20006, 20009, 20017, 20047}  # FreeTDS: log-in cut off, time-out, read, write, connect, EOF
    | _SQL_SERVER_NOT_HERE
)
_ODBC_AWAY = {"HYT00", "HYT01"}
_FREETDS_AWAY = re.compile(
    r"unexpected EOF|DBPROCESS is dead|(read|write) (from|to) the server failed|not connected|Unknown error \(0\)",
    re.IGNORECASE,
)


def _odbc_parts(error: BaseException) -> tuple[str, str]:
    """SQLSTATE and message of what pyodbc raised."""
    arguments = [str(argument) for argument in error.args]
    if len(arguments) >= 2:
        return arguments[0], arguments[1]
    return "", str(error)


def _without_prefixes(said: str) -> str:
    """Without ``[42000] [Microsoft][ODBC Driver 18 …]`` in front."""
    return re.sub(r"(\[[^\]]*\]\s*)+", "", said, count=1).strip()


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


_CLASSIFY: dict[Product, Classify] = {
    Product.SQLITE: _of_sqlite,
    Product.POSTGRESQL: _of_postgresql,
    Product.SQL_SERVER: _of_sql_server,
}
