"""SQL Server, through pyodbc and the best ODBC driver there is."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event

from peoplecount.storage.dialects import SCHEMA, Product
from peoplecount.storage.engine import CONNECT_SECONDS, STATEMENT_SECONDS, EngineConnection, pool_options
from peoplecount.storage.errors import DriverMissing
from peoplecount.storage.faults import INSTALL_ODBC_DRIVER

PREFERRED_DRIVERS = ("ODBC Driver 18 for SQL Server", "ODBC Driver 17 for SQL Server", "FreeTDS")

_INSTALL_MANAGER = (
    "SQL Server needs pyodbc and the system's ODBC driver manager. pip install pyodbc; "
    "Debian: apt install unixodbc; RHEL: dnf install unixODBC; Windows has it. Then a driver: " + INSTALL_ODBC_DRIVER
)


class SQLServerConnection(EngineConnection):
    """A database on Microsoft SQL Server 2016 or later, or Azure SQL."""

    product = Product.SQL_SERVER

    def __init__(
        self,
        host: str,
        name: str,
        *,
        port: int | None = None,
        user: str = "",
        password: str = "",
        driver: str = "",
        options: Mapping[str, str] | None = None,
        schema: str = SCHEMA,
    ) -> None:
        r"""``host`` may be ``SERVER\INSTANCE``; without ``user`` the connection is a trusted one.

        ``driver`` is the ODBC driver's name, empty for the best one present; ``options`` are the driver's own,
        such as ``Encrypt``, or ``odbc_connect`` with a whole connection string.
        """
        super().__init__(schema)
        self.driver = driver
        self._place = {
            "host": host or None,
            "port": port,
            "database": name or None,
            "username": user or None,
            "password": password or None,
        }
        self._options = dict(options or {})

    def _make_engine(self) -> Engine:
        pyodbc = _demand_pyodbc()
        pyodbc.pooling = False  # type: ignore[attr-defined]  # the pool is SQLAlchemy's; two of them hide dead connections from each other
        query = dict(self._options)
        if "odbc_connect" not in query:
            self.driver = self.driver or best_driver(pyodbc.drivers())
            query = {"driver": self.driver, **_defaults(self.driver), **query}
        else:
            self.driver = self.driver or _driver_of(query["odbc_connect"])
        engine = create_engine(
            URL.create("mssql+pyodbc", query=query, **self._place),  # type: ignore[arg-type]
            connect_args={"timeout": CONNECT_SECONDS},
            # FreeTDS ends the process with a segmentation fault on it.
            fast_executemany=is_microsofts(self.driver),
            **pool_options(),
        )
        event.listen(engine, "connect", _prepare)
        return engine


def best_driver(present: Iterable[str]) -> str:
    """The best of the ODBC drivers ``present``. Raises ``DriverMissing``."""
    names = list(present)
    for driver in PREFERRED_DRIVERS:
        if driver in names:
            return driver
    found = ", ".join(names) or "none"
    raise DriverMissing(f"there is no ODBC driver for SQL Server (found: {found}). {INSTALL_ODBC_DRIVER}")


def is_microsofts(driver: str) -> bool:
    """Whether the ODBC driver, by name or path, is Microsoft's."""
    return "odbc driver" in driver.lower() or "msodbcsql" in driver.lower()


def _demand_pyodbc() -> ModuleType:
    try:
        return importlib.import_module("pyodbc")
    except ImportError as error:  # also raised where libodbc.so.2 is missing
        raise DriverMissing(_INSTALL_MANAGER) from error


def _defaults(driver: str) -> dict[str, str]:
    if is_microsofts(driver):
        return {"APP": "peoplecount"}
    return {"APP": "peoplecount", "TDS_Version": "7.4", "ClientCharset": "UTF-8"}


def _driver_of(connection_string: str) -> str:
    for part in connection_string.split(";"):
        key, _, value = part.partition("=")
        if key.strip().lower() == "driver":
            return value.strip().strip("{}")
    return ""


def _prepare(connection: Any, entry: Any) -> None:  # noqa: ANN401, ARG001
    connection.timeout = STATEMENT_SECONDS
    cursor = connection.cursor()
    cursor.execute("SET NOCOUNT OFF")  # a server's 'user options' may turn it on, and row counts would be -1
    cursor.close()
