"""The walk from the log-in on, in databases that are as they should be and in others."""

import pytest
from sqlalchemy import column, insert, table

from peoplecount.services.database_walk import DatabaseWalk
from peoplecount.services.inspection import Step, Verdict, conclusion, is_well, wrong
from peoplecount.services.log_in_advice import log_in_advice
from peoplecount.storage import schema_version
from peoplecount.storage.connection import ServerInfo
from peoplecount.storage.dialects import Product
from peoplecount.storage.errors import DatabaseRefused, DatabaseUnavailable, DriverMissing
from peoplecount.storage.rights import SERVICE
from peoplecount.storage.schema import positions
from tests.storage.test_growth import TOTALS, line_row
from tests.support.counting_line import EIGHT


def walk(connection, approach=(), rights=SERVICE):
    steps = list(DatabaseWalk(connection, rights, keep_days=396).steps(approach))
    return {step.name: step for step in steps}, steps


def test_a_database_that_is_as_it_should_be(connection):
    connection.execute(insert(positions), line_row(1) | TOTALS | {"ended_at": EIGHT})
    by_name, steps = walk(connection)
    assert is_well(steps)
    assert next(iter(by_name)) == "log-in"
    assert list(by_name)[-4:] == ["round trip", "schema", "rights", "a year"]
    assert by_name["schema"].said == f"version {schema_version.expected()}, as it should be"
    assert "1 lines, 500 records a line and day (assumed): 0.2 million rows, 0.1 GB" in by_name["a year"].said


def test_without_cameras_a_year_is_unknown_and_not_nothing(connection):
    by_name, _ = walk(connection)
    assert by_name["a year"].said == "unknown: no camera is entered or has been polled yet"


def test_tables_that_are_not_there_yet(blank):
    by_name, steps = walk(blank)
    assert list(by_name)[-1] == "schema"
    assert conclusion(steps).startswith("The tables are not there yet: `python -m peoplecount db upgrade`")


@pytest.mark.parametrize(
    ("version", "says"), [("0001", "of an older version"), ("9999", "a newer program has migrated it")]
)
@pytest.mark.parametrize("blank", ["sqlite"], indirect=True)
def test_tables_of_another_version(connection, version, says):
    connection.execute(table("alembic_version", column("version_num")).update().values(version_num=version))
    _, steps = walk(connection)
    assert says in conclusion(steps)
    assert not is_well(steps)


@pytest.mark.parametrize("blank", ["postgresql"], indirect=True)
def test_rights_that_are_missing_are_named(connection):
    _, steps = walk(connection, rights={"records": ["TRUNCATE"], "writer_cursor": ["SELECT"]})
    assert is_well(steps)  # its owner may do that, too


class AwayConnection:
    """A connection whose calls all fail in one way."""

    product = Product.SQL_SERVER
    schema = "peoplecount"

    def __init__(self, error):
        self.error = error

    def check(self):
        raise self.error


def test_a_log_in_that_fails_ends_the_walk_with_the_reason_of_the_first_failure():
    _, steps = walk(AwayConnection(DatabaseUnavailable("Login timeout expired")))
    assert [step.name for step in steps] == ["log-in"]
    assert conclusion(steps).endswith("does not get as far as letting us in: Login timeout expired.")
    old = wrong("TLS", "TLSv1.1 at most", "Bring it to TLS 1.2.")
    _, steps = walk(AwayConnection(DatabaseUnavailable("Login timeout expired")), [old])
    assert conclusion(steps) == "Bring it to TLS 1.2."


def test_a_log_in_that_goes_well_all_the_same_makes_what_failed_before_it_odd(connection):
    _, steps = walk(connection, [wrong("TLS", "TLSv1.1 at most", "Bring it to TLS 1.2.")])
    assert is_well(steps)
    assert conclusion(steps) == "Bring it to TLS 1.2."


def test_where_the_way_ends_nobody_tries_to_log_in():
    closed = wrong("port", "closed", "Open it.", ends=True)
    _, steps = walk(AwayConnection(AssertionError("it was tried")), [Step("name", "db"), closed])
    assert [step.name for step in steps] == ["name", "port"]


@pytest.mark.parametrize("round_trips", [(0.001, 0.5, 0.001, 0.001, 0.001), (0.2, 0.2, 0.2, 0.2, 0.2)])
def test_a_server_far_away_is_told_by_the_median(connection, monkeypatch, round_trips):
    times = iter(round_trips)
    monkeypatch.setattr(connection, "check", lambda: ServerInfo("PostgreSQL", "17", "psycopg", next(times)))
    by_name, _ = walk(connection)
    assert by_name["round trip"].verdict is (Verdict.FINE if round_trips[0] < 0.1 else Verdict.ODD)


class OdbcError(Exception):
    """As pyodbc raises them."""


def refused(number):
    from sqlalchemy import exc  # noqa: PLC0415

    error = DatabaseRefused("no", at_sign_in=True)
    original = OdbcError("28000", f"[28000] [x][y]no ({number}) (SQLDriverConnect)")
    error.__cause__ = exc.DBAPIError("connect", {}, original)
    return error


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (refused(18456), "mixed mode"),
        (refused(4060), "CREATE USER"),
        (refused(18486), "UNLOCK"),
        (refused(40615), "firewall"),
        (DatabaseRefused("something new", at_sign_in=True), "does not let us in: something new."),
        (DriverMissing("no driver. Debian: …"), "no driver. Debian: …."),
    ],
)
def test_what_to_do_about_a_refusal_goes_by_the_servers_number(error, says):
    assert says in log_in_advice(Product.SQL_SERVER, error)
