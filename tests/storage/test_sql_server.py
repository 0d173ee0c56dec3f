"""What can be tried of SQL Server without one."""

import importlib
import subprocess
import sys
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text

from peoplecount.storage.errors import DatabaseError, DatabaseUnavailable, DriverMissing, DriverUnfit
from peoplecount.storage.odbc_driver import best_driver
from peoplecount.storage.sql_server import SQLServerConnection, _either
from peoplecount.storage.sql_server_place import SQLServerPlace
from tests.support.processes import free_port

NO_ODBC = "SQL Server: pyodbc does not load here (apt install unixodbc)"


def test_the_best_driver_present_is_taken():
    for present, best in (
        (["FreeTDS", "ODBC Driver 17 for SQL Server", "SQLite3"], "ODBC Driver 17 for SQL Server"),
        (["PostgreSQL", "FreeTDS"], "FreeTDS"),
        (["ODBC Driver 17 for SQL Server", "ODBC Driver 18 for SQL Server"], "ODBC Driver 18 for SQL Server"),
    ):
        assert best_driver(present).name == best


def test_where_there_is_no_driver_the_error_says_what_to_install():
    with pytest.raises(DriverMissing) as missing:
        best_driver(["SQLite3"])
    for word in ("found: SQLite3", "Debian", "tdsodbc", "RHEL", "freetds", "Windows"):
        assert word in str(missing.value)


def test_where_pyodbc_does_not_find_the_systems_library_the_error_says_what_to_install(monkeypatch):
    def no_library(name):
        raise ImportError("libodbc.so.2: cannot open shared object file: No such file or directory")

    monkeypatch.setattr(importlib, "import_module", no_library)
    with pytest.raises(DriverMissing) as missing:
        SQLServerConnection("db.example", "counts").connect()
    for word in ("apt install unixodbc", "dnf install unixODBC", "Windows"):
        assert word in str(missing.value)
    assert isinstance(missing.value.__cause__, ImportError)


@pytest.mark.parametrize(
    ("driver", "microsofts"),
    [
        ("ODBC Driver 18 for SQL Server", True),
        ("/opt/microsoft/lib64/libmsodbcsql-18.6.so.1.1", True),
        ("FreeTDS", False),
        ("/usr/lib/x86_64-linux-gnu/odbc/libtdsodbc.so", False),
    ],
)
def test_fast_executemany_is_for_microsofts_driver_only(driver, microsofts):
    """FreeTDS ends the process with it."""
    pytest.importorskip("pyodbc", reason=NO_ODBC, exc_type=ImportError)
    connection = SQLServerConnection("db.example", "counts", user="u", password="p", driver=driver)
    assert connection._open_engine().dialect.fast_executemany is microsofts
    connection.disconnect()


def told(*place, driver="ODBC Driver 18 for SQL Server", **wishes):
    return SQLServerConnection(*place, driver=driver, **wishes).connection_strings()


def test_passwords_with_any_sign_reach_the_driver_as_they_are():
    (said,) = told("db", "counts", user="sa", password="a;b}c{d%@#$+ e", driver="FreeTDS", options={"Encrypt": "no"})
    assert "UID=sa;PWD={a;b}}c{d%@#$+ e}" in said
    assert "Encryption=request" in said
    assert said.startswith("Driver=FreeTDS;Server=db;Port=1433;Database=counts")


@pytest.mark.parametrize(
    ("host", "port", "microsofts", "freetds"),
    [
        ("db", None, "db", "db;Port=1433"),
        ("db", 1444, "db,1444", "db;Port=1444"),
        (r"db\main", None, r"db\main", r"db\main"),
        (r"db\main", 1444, "db,1444", "db;Port=1444"),
        (r"db\MSSQLSERVER", None, "db", "db;Port=1433"),
        (r".\main", None, r"localhost\main", r"localhost\main"),
        ("[::1]", 1444, "::1,1444", "::1;Port=1444"),
    ],
)
def test_a_server_is_named_as_the_drivers_take_it(host, port, microsofts, freetds):
    assert f"Server={microsofts};" in told(host, "counts", port=port).pop()
    assert f"Server={freetds};" in told(host, "counts", port=port, driver="FreeTDS").pop().replace("{", "").replace(
        "}", ""
    )


def test_it_is_encrypted_and_the_certificate_checked_unless_somebody_says_otherwise():
    assert "Encrypt=yes" in told("db", "counts").pop()
    assert "TrustServerCertificate" not in told("db", "counts").pop()
    assert "Encryption=require" in told("db", "counts", driver="FreeTDS").pop()
    assert "Encrypt=no" in told("db", "counts", options={"encrypt": "optional"}).pop()


def test_it_says_which_application_it_is():
    assert "APP=peoplecount" in told("db", "counts").pop()
    assert "APP=Doors" in told("db", "counts", options={"Application Name": "Doors"}).pop()


def test_without_a_user_the_connection_is_trusted_unless_it_signs_in_in_another_way():
    assert "Trusted_Connection=yes" in told("db", "counts").pop()
    by_azure = told("db", "counts", options={"Authentication": "ActiveDirectoryMsi"}).pop()
    assert "Authentication=ActiveDirectoryMsi" in by_azure
    assert "Trusted_Connection" not in by_azure
    assert "Trusted_Connection" not in told("db", "counts", user="sa", password="x").pop()


def test_a_failover_partner_is_a_second_string_with_the_same_wishes():
    first, second = told("one", "counts", user="sa", options={"Failover_Partner": "two,1444", "Encrypt": "no"})
    assert "Server=one;" in first
    assert "Server=two,1444;" in second
    assert first.replace("Server=one", "") == second.replace("Server=two,1444", "")


def test_a_wish_that_the_driver_cannot_fulfil_is_an_error_before_anything_is_sent():
    with pytest.raises(DriverUnfit, match="ca file"):
        told("db", "counts", driver="FreeTDS", options={"TrustServerCertificate": "no"})


def test_a_whole_connection_string_is_handed_on_untouched():
    whole = "Driver={ODBC Driver 17 for SQL Server};Server=x;Database=y;UID=sa;PWD=p+x%41;Trusted_Connection=no"
    assert told("", "", driver="", options={"odbc_connect": whole}) == [whole]


def test_a_whole_connection_string_gets_what_it_lacks():
    said = told("", "", driver="FreeTDS", user="sa", password="x;y", options={"odbc_connect": "Server=x;Database=y"})
    assert said == ["Driver=FreeTDS;UID=sa;PWD={x;y};Server=x;Database=y"]
    assert told("", "", password="x", options={"odbc_connect": "DSN=doors;UID=sa"}) == ["PWD=x;DSN=doors;UID=sa"]
    assert told("", "", options={"odbc_connect": "DSN=doors;Trusted_Connection=yes"}) == [
        "DSN=doors;Trusted_Connection=yes"
    ]


class OdbcError(Exception):
    """As pyodbc raises them."""


def odbc(number, state="08S01"):
    return OdbcError(state, f"[{state}] [x][y]words ({number}) (SQLDriverConnect)")


class TwoServers:
    """Connects to those that are up; what the others say is what they are set to."""

    def __init__(self, **down):
        self.down = down
        self.asked = []

    def connect(self, text):
        self.asked.append(text)
        if text in self.down:
            raise self.down[text]
        return text


@pytest.mark.parametrize("number", [4060, 954, 976, 983, 10061, 20009])
def test_where_the_database_is_not_to_be_had_its_partner_is_asked_and_then_first(number):
    servers = TwoServers(one=odbc(number))
    connect = _either(["one", "two"], servers.connect)
    assert [connect(), connect()] == ["two", "two"]
    assert servers.asked == ["one", "two", "two"]
    servers.down = {"two": odbc(10061)}
    assert connect() == "one"


def test_a_wrong_password_is_not_tried_at_the_partner():
    servers = TwoServers(one=odbc(18456, "28000"))
    with pytest.raises(OdbcError):
        _either(["one", "two"], servers.connect)()
    assert servers.asked == ["one"]


def test_where_neither_is_there_it_is_the_last_one_that_says_why():
    servers = TwoServers(one=odbc(10061), two=odbc(10060))
    connect = _either(["one", "two"], servers.connect)
    with pytest.raises(OdbcError, match="10060"):
        connect()
    servers.down = {}
    assert connect() == "one"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("db", SQLServerPlace("db")),
        ("tcp:db,1444", SQLServerPlace("db", 1444)),
        (r"db\main", SQLServerPlace(r"db\main")),
        ("db,nonsense", SQLServerPlace("db")),
    ],
)
def test_a_partner_is_read_as_people_write_it(text, place):
    assert SQLServerPlace.parse(text) == place


def test_a_password_is_in_no_repr():
    connection = SQLServerConnection("h", "n", user="u", password="geheim")
    assert "geheim" not in repr(connection)


def test_a_server_that_is_not_there_is_an_outage_and_quickly_known():
    pyodbc = pytest.importorskip("pyodbc", reason=NO_ODBC, exc_type=ImportError)
    if not {"FreeTDS", "ODBC Driver 18 for SQL Server", "ODBC Driver 17 for SQL Server"} & set(pyodbc.drivers()):
        pytest.skip("SQL Server: no ODBC driver is installed here")
    connection = SQLServerConnection("127.0.0.1", "counts", port=free_port(), user="u", password="geheim")
    with pytest.raises(DatabaseUnavailable) as away:
        connection.connect()
    assert "geheim" not in str(away.value)
    connection.disconnect()


def test_a_driver_that_is_not_installed_is_said_to_be_missing():
    pytest.importorskip("pyodbc", reason=NO_ODBC, exc_type=ImportError)
    connection = SQLServerConnection("127.0.0.1", "counts", user="u", password="p", driver="ODBC Driver 99")
    with pytest.raises(DriverMissing, match="Debian"):
        connection.execute(select(text("a")))
    connection.disconnect()


def test_importing_the_storage_imports_no_driver():
    """Whoever uses SQLite needs neither; a missing system library must not keep the service from starting."""
    program = (
        "import pkgutil, importlib, sys, peoplecount.storage as s\n"
        "for m in pkgutil.iter_modules(s.__path__, 'peoplecount.storage.'):\n"
        "    importlib.import_module(m.name)\n"
        "import peoplecount.services.record_writer, peoplecount.commands.db\n"
        "print(sorted({'pyodbc', 'psycopg', 'psycopg2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_errors_of_ours_have_one_root():
    assert issubclass(DriverMissing, DatabaseError)


def test_a_migration_has_no_time_out_and_nobody_else_gets_its_connection():
    class Borrowed:
        """A connection of SQLAlchemy's, from its pool."""

        def __init__(self):
            self.connection = SimpleNamespace(dbapi_connection=SimpleNamespace(timeout=30))
            self.detached = False

        def detach(self):
            self.detached = True

    borrowed = Borrowed()
    SQLServerConnection("db", "counts")._take_time(borrowed)
    assert borrowed.detached
    assert borrowed.connection.dbapi_connection.timeout == 0


def test_a_call_that_does_not_come_back_is_cancelled():
    """FreeTDS waits past its time-outs where a session was ended over an encrypted connection."""

    class Cursor:
        cancelled = 0

        def cancel(self):
            self.cancelled += 1

    server, cursor = SQLServerConnection("sql.example", "counts"), Cursor()
    driver_connection = SimpleNamespace(timeout=30)
    server._note_open(driver_connection, None)
    server.break_off()
    server._note_under_way(SimpleNamespace(connection=SimpleNamespace(dbapi_connection=driver_connection)), cursor)
    server.break_off()
    assert cursor.cancelled == 1
    server._note_closed(driver_connection, None)
    server.break_off()
    assert cursor.cancelled == 1


@pytest.mark.parametrize(
    ("driver", "at_once", "cancelled"), [("FreeTDS", 50, True), ("ODBC Driver 18 for SQL Server", 1000, False)]
)
def test_only_freetds_is_told_what_it_should_have_given_up(driver, at_once, cancelled):
    """Its rows go in small lots, so that a time-out is never that of a thousand rows."""
    server = SQLServerConnection("sql.example", "counts", driver=driver)
    asked = []
    server._under_way = SimpleNamespace(cancel_overdue=lambda: asked.append(driver))
    server.break_overdue()
    assert bool(asked) is cancelled
    assert server._rows_at_once() == at_once
