"""Which of our errors the drivers' become. The pyodbc rows are what the drivers were seen to raise."""

import sqlite3
from contextlib import suppress
from datetime import datetime

import pytest
from sqlalchemy import exc, insert

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
from peoplecount.storage.faults import as_ours, is_gone
from peoplecount.storage.schema import positions
from tests.support.counting_line import EIGHT

MICROSOFT = "[Microsoft][ODBC Driver 18 for SQL Server]"


def odbc(state, text, number=None, call="SQLExecDirectW", driver=MICROSOFT):
    """An error as pyodbc makes it: SQLSTATE first, then all messages with number and call at the end."""
    end = f" ({number}) ({call})" if number is not None else ""
    return FakeOdbcError(state, f"[{state}] {driver}[SQL Server]{text}{end}")


class FakeOdbcError(Exception):
    pass


class FakePostgresError(Exception):
    def __init__(self, text, sqlstate=None):
        super().__init__(text)
        self.sqlstate = sqlstate


def ours(product, error):
    with pytest.raises(DatabaseError) as found, as_ours(product):
        raise exc.DBAPIError("SELECT", {}, error)
    assert found.value.__cause__ is not None
    return found.value


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (odbc("23000", "Violation of UNIQUE KEY constraint", 2627), DatabaseConflict),
        (odbc("23000", "Cannot insert duplicate key row with unique index", 2601), DatabaseConflict),
        (odbc("40001", "deadlock victim", 1205), DatabaseConflict),
        (odbc("40001", "deadlock victim", 1205, "SQLMoreResults"), DatabaseConflict),
        (odbc("42000", "deadlock victim", 1205, driver="[FreeTDS]"), DatabaseConflict),
        (odbc("28000", "Login failed for user", 18456, "SQLDriverConnect"), DatabaseRefused),
        (odbc("42000", "Login failed for user", 18456, driver="[FreeTDS]"), DatabaseRefused),
        (odbc("08004", "Database does not exist", 911), DatabaseRefused),
        (odbc("42000", "Cannot open database requested by the login", 4060), DatabaseRefused),
        (odbc("42000", "The INSERT permission was denied", 229), DatabaseRefused),
        (odbc("42S02", "Invalid object name", 208), SchemaMismatch),
        (odbc("42S22", "Invalid column name", 207), SchemaMismatch),
        (odbc("08S01", "Communication link failure", 10054), DatabaseUnavailable),
        (odbc("08S01", "Unable to connect", 20009, driver="[FreeTDS]"), DatabaseUnavailable),
        (odbc("HY000", "Unexpected EOF from the server", 20017, driver="[FreeTDS]"), DatabaseUnavailable),
        (odbc("HY000", "Unknown error: DBPROCESS is dead or not enabled", driver="[FreeTDS]"), DatabaseUnavailable),
        (odbc("HYT00", "Login timeout expired", 0, "SQLDriverConnect"), DatabaseUnavailable),
        (odbc("HYT00", "Query timeout expired", 0), DatabaseUnavailable),
        (odbc("42000", "The transaction log is full", 9002), DatabaseUnavailable),
        (odbc("40613", "Database is not currently available", 40613), DatabaseUnavailable),
        (odbc("42000", "The session has been terminated because of excessive log usage", 40552), DatabaseUnavailable),
        (odbc("HY000", "Unknown error", 0, driver="[FreeTDS]"), DatabaseUnavailable),
        (odbc("HYT00", "Timeout expired", 0, "SQLDriverConnect", driver="[FreeTDS]"), DatabaseUnavailable),
        (odbc("08S01", "TCP Provider: Error code 0x2746", 10054), DatabaseUnavailable),
        (odbc("42000", "Unable to access availability database: it is not a primary", 983), DatabaseUnavailable),
        (odbc("42000", "The database is acting as a mirror", 954), DatabaseUnavailable),
        (odbc("42000", "SQL Server is not ready to accept new client connections", 17187), DatabaseUnavailable),
        (odbc("42000", "Lock request time out period exceeded", 1222), DatabaseBusy),
        (odbc("42000", "Client with IP address is not allowed to access the server", 40615), DatabaseRefused),
        (odbc("42000", 'relation "nothere" does not exist', 33557097), SchemaMismatch),
        (odbc("42000", 'column "nothere" does not exist', 33557097), SchemaMismatch),
        (odbc("42000", "canceling statement due to lock timeout", 33557097), DatabaseBusy),
        (odbc("42000", "permission denied for table cameras", 33557097), DatabaseRefused),
        (odbc("42000", 'invalid TDS authentication request for host "::1", user "x"', 33557097), DatabaseRefused),
        (odbc("42000", "syntax error near 'from' at line 1", 33557097), DatabaseError),
        (odbc("IM002", "Data source name not found and no default driver specified"), DriverMissing),
        (
            FakeOdbcError("01000", "[01000] [unixODBC][Driver Manager]Can't open lib 'x' : file not found"),
            DriverMissing,
        ),
    ],
    ids=lambda value: str(value.args[1])[:60] if isinstance(value, Exception) else "",
)
def test_sql_server(error, kind):
    assert type(ours(Product.SQL_SERVER, error)) is kind


@pytest.mark.parametrize(
    "error",
    [
        odbc("23000", "Cannot insert the value NULL into column", 515),
        odbc("23000", "conflicted with the FOREIGN KEY constraint", 547),
        odbc("22001", "String or binary data would be truncated", 8152),
        odbc("42000", "Arithmetic overflow error converting numeric to data type bigint", 8115, driver="[FreeTDS]"),
        odbc("HY104", "Invalid precision value", 0),
        odbc("HY019", "integer out of range", 8115, driver="[FreeTDS]"),
        odbc("42000", "invalid UTF16 byte sequence - code point 0 not supported", 33557097),
        FakeOdbcError("String data, right truncation: length 202 buffer 200", "HY000"),  # pyodbc's own, the wrong way
    ],
)
def test_values_that_do_not_fit_are_neither_repeated_nor_taken_for_an_outage(error):
    assert type(ours(Product.SQL_SERVER, error)) is ValueRefused


@pytest.mark.parametrize(
    "error",
    [
        odbc("42000", "Incorrect syntax near", 102),
        odbc("42000", "Could not allocate space because the 'PRIMARY' filegroup is full", 1105),
        odbc("HY000", "SQL Server detected a logical consistency-based I/O error", 824),
    ],
)
def test_a_database_that_is_ill_is_not_taken_for_a_value_that_does_not_fit(error):
    assert type(ours(Product.SQL_SERVER, error)) is DatabaseError


def test_messages_come_without_the_drivers_prefixes():
    assert str(ours(Product.SQL_SERVER, odbc("42S02", "Invalid object name 'x'.", 208))).startswith("Invalid object")


def test_a_dead_link_is_known_with_freetds_too():
    assert is_gone(Product.SQL_SERVER, odbc("HY000", "Unexpected EOF from the server", 20017, driver="[FreeTDS]"))
    assert not is_gone(Product.SQL_SERVER, odbc("23000", "duplicate", 2627))
    assert not is_gone(Product.POSTGRESQL, FakePostgresError("gone", "57P01"))  # SQLAlchemy knows these itself


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("23505", DatabaseConflict),
        ("40001", DatabaseConflict),
        ("40P01", DatabaseConflict),
        ("28P01", DatabaseRefused),
        ("3D000", DatabaseRefused),
        ("42501", DatabaseRefused),
        ("42P01", SchemaMismatch),
        ("42703", SchemaMismatch),
        ("57P01", DatabaseUnavailable),
        ("53300", DatabaseUnavailable),
        ("57014", DatabaseBusy),
        ("55P03", DatabaseBusy),
        ("08006", DatabaseUnavailable),
        (None, DatabaseUnavailable),
        ("42601", DatabaseError),
        ("XX001", DatabaseError),
        ("22003", ValueRefused),
        ("23503", ValueRefused),
    ],
)
def test_postgresql(state, kind):
    assert type(ours(Product.POSTGRESQL, FakePostgresError("text", state))) is kind


def test_a_refusal_while_connecting_to_postgresql_is_told_by_its_words():
    refused = ours(
        Product.POSTGRESQL,
        FakePostgresError('connection failed: FATAL:  password authentication failed for user "x"\nmore'),
    )
    assert isinstance(refused, DatabaseRefused)
    assert refused.at_sign_in
    assert "\n" not in str(refused)


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (sqlite3.SQLITE_BUSY, "database is locked", DatabaseBusy),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "database is locked", DatabaseBusy),
        (sqlite3.SQLITE_INTERRUPT, "interrupted", DatabaseBusy),
        (sqlite3.SQLITE_FULL, "database or disk is full", DatabaseUnavailable),
        (sqlite3.SQLITE_CANTOPEN, "unable to open database file", DatabaseUnavailable),
        (sqlite3.SQLITE_IOERR_WRITE, "disk I/O error", DatabaseUnavailable),
        (sqlite3.SQLITE_READONLY, "attempt to write a readonly database", DatabaseRefused),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, "UNIQUE constraint failed", DatabaseConflict),
        (sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, "UNIQUE constraint failed", DatabaseConflict),
        (sqlite3.SQLITE_CONSTRAINT_NOTNULL, "NOT NULL constraint failed", ValueRefused),
        (sqlite3.SQLITE_ERROR, "integer overflow", ValueRefused),
        (sqlite3.SQLITE_ERROR, "no such table: records", SchemaMismatch),
        (sqlite3.SQLITE_ERROR, "no such column: x", SchemaMismatch),
        (sqlite3.SQLITE_ERROR, "near x: syntax error", DatabaseError),
        (sqlite3.SQLITE_CORRUPT, "database disk image is malformed", DatabaseError),
    ],
)
def test_sqlite(code, text, kind):
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    assert type(ours(Product.SQLITE, error)) is kind


def test_a_pool_that_is_used_up_is_an_outage():
    with pytest.raises(DatabaseUnavailable, match="in use"), as_ours(Product.SQLITE):
        raise exc.TimeoutError("QueuePool limit")


@pytest.mark.parametrize("value", [10**30, "\0", "x" * 300, datetime(2026, 5, 4)], ids=["large", "NUL", "long", "zone"])
def test_a_value_that_does_not_fit_is_told_from_a_database_that_does_not_work(connection, value):
    name = "ended_at" if isinstance(value, datetime) else "in_total" if isinstance(value, int) else "line_id"
    row = {"line_id": "l", "camera_id": "c", "channel": 0, "rule": 1, "line_index": 1, "in_generation": "",
           "in_total": 0, "out_generation": "", "out_total": 0, "ended_at": EIGHT}  # fmt: skip

    def write():
        return connection.transaction(lambda transaction: transaction.change(insert(positions), row | {name: value}))

    if isinstance(value, str) and connection.product is Product.SQLITE:
        assert write() == 1  # it takes any text
        return
    if value == "\0" and connection.product is Product.SQL_SERVER:  # which takes it, another that speaks T-SQL does not
        with suppress(ValueRefused):
            write()
        return
    with pytest.raises(ValueRefused):
        write()


def test_what_is_no_error_of_a_database_passes():
    with pytest.raises(ZeroDivisionError), as_ours(Product.SQLITE):
        1 // 0  # noqa: B018


@pytest.mark.parametrize(
    ("product", "error", "of_account"),
    [
        (Product.SQL_SERVER, odbc("28000", "Login failed for user", 18456, "SQLDriverConnect"), True),
        (Product.SQL_SERVER, odbc("42000", "Login failed for user", 18456, driver="[FreeTDS]"), True),
        (Product.SQL_SERVER, odbc("42000", "the password of the account has expired", 18487), True),
        (Product.SQL_SERVER, odbc("42000", "Cannot open database requested by the login", 4060), False),
        (
            Product.SQL_SERVER,
            odbc("28000", "Cannot open database (4060) (SQLDriverConnect); Login failed", 18456, "SQLDriverConnect"),
            False,
        ),
        (Product.SQL_SERVER, odbc("42000", "The INSERT permission was denied", 229), False),
        (Product.POSTGRESQL, FakePostgresError("password authentication failed", "28P01"), True),
        (Product.POSTGRESQL, FakePostgresError('FATAL:  password authentication failed for user "x"'), True),
        (Product.POSTGRESQL, FakePostgresError('FATAL:  database "x" does not exist'), False),
        (Product.POSTGRESQL, FakePostgresError("no pg_hba.conf entry", "28000"), False),
    ],
)
def test_a_refused_password_is_told_from_a_database_that_cannot_be_opened(product, error, of_account):
    found = ours(product, error)
    assert isinstance(found, DatabaseRefused)
    assert found.of_account is of_account
