"""What can be tried of SQL Server without one."""

import importlib
import subprocess
import sys

import pytest
from sqlalchemy import select, text

from peoplecount.storage.errors import DatabaseError, DatabaseUnavailable, DriverMissing
from peoplecount.storage.sql_server import SQLServerConnection, best_driver, is_microsofts
from tests.support.processes import free_port


def test_the_best_driver_present_is_taken():
    assert best_driver(["FreeTDS", "ODBC Driver 17 for SQL Server", "SQLite3"]) == "ODBC Driver 17 for SQL Server"
    assert best_driver(["PostgreSQL", "FreeTDS"]) == "FreeTDS"
    assert best_driver(["ODBC Driver 17 for SQL Server", "ODBC Driver 18 for SQL Server"]).startswith("ODBC Driver 18")


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
    pytest.importorskip("pyodbc", reason="SQL Server: pyodbc does not load here")
    assert is_microsofts(driver) is microsofts
    connection = SQLServerConnection("db.example", "counts", user="u", password="p", driver=driver)
    assert connection._open_engine().dialect.fast_executemany is microsofts
    connection.disconnect()


def connection_string(connection):
    engine = connection._open_engine()
    (text_,), options = engine.dialect.create_connect_args(engine.url)
    connection.disconnect()
    return text_, options


def test_passwords_with_any_sign_reach_the_driver_as_they_are():
    pytest.importorskip("pyodbc", reason="SQL Server: pyodbc does not load here")
    connection = SQLServerConnection(
        r"db\main",
        "counts",
        port=1444,
        user="sa",
        password="a;b}c{d%@#$ e",
        driver="FreeTDS",
        options={"Encrypt": "yes"},
    )
    said, _ = connection_string(connection)
    assert "PWD={a;b}}c{d%@#$ e}" in said
    assert r"Server=db\main,1444" in said
    assert "Encrypt=yes" in said
    assert "DRIVER={FreeTDS}" in said


def test_a_whole_connection_string_is_handed_on_untouched():
    pytest.importorskip("pyodbc", reason="SQL Server: pyodbc does not load here")
    whole = "Driver={ODBC Driver 17 for SQL Server};Server=x;Database=y;Trusted_Connection=yes"
    connection = SQLServerConnection("", "", options={"odbc_connect": whole})
    assert connection_string(connection)[0] == whole


def test_a_password_is_in_no_repr():
    connection = SQLServerConnection("h", "n", user="u", password="geheim")
    assert "geheim" not in repr(connection)


def test_a_server_that_is_not_there_is_an_outage_and_quickly_known():
    pyodbc = pytest.importorskip("pyodbc", reason="SQL Server: pyodbc does not load here")
    if not {"FreeTDS", "ODBC Driver 18 for SQL Server", "ODBC Driver 17 for SQL Server"} & set(pyodbc.drivers()):
        pytest.skip("SQL Server: no ODBC driver is installed here")
    connection = SQLServerConnection("127.0.0.1", "counts", port=free_port(), user="u", password="geheim")
    with pytest.raises(DatabaseUnavailable) as away:
        connection.connect()
    assert "geheim" not in str(away.value)
    connection.disconnect()


def test_a_driver_that_is_not_installed_is_said_to_be_missing():
    pytest.importorskip("pyodbc", reason="SQL Server: pyodbc does not load here")
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
