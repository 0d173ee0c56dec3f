"""SQL Server, through pyodbc and the best ODBC driver there is."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, create_engine, event

from peoplecount.storage.dialects import SCHEMA, Product
from peoplecount.storage.engine import (
    CONNECT_SECONDS,
    LOCK_SECONDS,
    STATEMENT_SECONDS,
    EngineConnection,
    pool_options,
)
from peoplecount.storage.errors import DriverMissing, RowsLost
from peoplecount.storage.faults import INSTALL_ODBC_DRIVER, is_elsewhere
from peoplecount.storage.json_rows import TAKES_JSON, JsonStatements, takes_json
from peoplecount.storage.kerberos import sign_in_with
from peoplecount.storage.odbc_driver import Family, OdbcDriver, best_driver
from peoplecount.storage.odbc_guard import GuardedConnection
from peoplecount.storage.odbc_results import hear_out
from peoplecount.storage.odbc_string import joined, parted
from peoplecount.storage.odbc_times import TIMES_ARE_CUT, tells_of_times, whole_times
from peoplecount.storage.odbc_under_way import UnderWay
from peoplecount.storage.odbc_wishes import failover_partner, in_words_of, wish
from peoplecount.storage.prepared import PreparedStatements
from peoplecount.storage.sql_server_place import SQLServerPlace
from peoplecount.storage.sql_server_target import SQLServerTarget

_INSTALL_MANAGER = (
    "SQL Server needs pyodbc and the system's ODBC driver manager. pip install pyodbc; "
    "Debian: apt install unixodbc; RHEL: dnf install unixODBC; Windows has it. Then a driver: " + INSTALL_ODBC_DRIVER
)


ROWS_ONE_BY_ONE = 50
"""Rows handed in one go to a driver that sends each by itself: with a slow link they shall not outlast a time-out."""

_MARK = (
    "DECLARE @result int; EXEC @result = sp_getapplock @Resource = 'peoplecount.whole', @LockMode = 'Shared', "
    "@LockOwner = 'Transaction', @LockTimeout = 0"
)
_IS_MARKED = "SELECT APPLOCK_MODE('public', 'peoplecount.whole', 'Transaction')"


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
        keytab: Path | None = None,
        login_seconds: int = CONNECT_SECONDS,
        query_seconds: int = STATEMENT_SECONDS,
    ) -> None:
        r"""``host`` may be ``SERVER\INSTANCE``; without ``user`` the connection is a trusted one.

        ``driver`` is the ODBC driver's name, empty for the best one present; ``options`` are Microsoft's keywords,
        such as ``Encrypt`` (whichever the driver), or ``odbc_connect`` with a whole connection string. ``keytab``
        is what a trusted connection signs in with on Linux.
        """
        super().__init__(schema)
        self.driver = driver
        self._place = SQLServerPlace(host, port)
        self._name = name
        self._sign_in = {"UID": user, "PWD": password}
        self._options = dict(options or {})
        self._keytab = keytab
        self._login_seconds = login_seconds
        self._query_seconds = query_seconds
        self._times_are_cut: bool | None = None
        self._under_way = UnderWay()

    def connection_strings(self) -> list[str]:
        """What the driver is told, for the server and then for its failover partner. Holds the password.

        Raises ``DriverMissing``, and ``DriverUnfit`` where the driver cannot do what is wished.
        """
        if "odbc_connect" in self._options:
            return [self._whole_string(self._options["odbc_connect"])]
        driver = self._driver()
        servers = [self._place]
        partner = failover_partner(self._options)
        if partner:
            servers.append(SQLServerPlace.parse(partner))
        words = {**_defaults(driver), **in_words_of(driver, self._options)}
        return [joined([*self._head(driver, server), *words.items()]) for server in servers]

    def targets(self) -> list[SQLServerTarget]:
        """Where connections go: the server, and its failover partner. Raises as ``connection_strings``."""
        return [SQLServerTarget.parse(text) for text in self.connection_strings()]

    def prepare_ticket(self) -> None:
        """Have this process sign in with the keytab, if there is one."""
        if self._keytab is not None:
            sign_in_with(self._keytab)

    def _driver(self) -> OdbcDriver:
        found = OdbcDriver(self.driver) if self.driver else best_driver(_demand_pyodbc().drivers())
        self.driver = found.name
        return found

    def _head(self, driver: OdbcDriver, server: SQLServerPlace) -> list[tuple[str, str]]:
        server_words = server.words(port_apart=driver.family is Family.FREETDS)
        head = [("Driver", driver.name), *server_words, ("Database", self._name)]
        if self._sign_in["UID"]:
            return [*head, *self._sign_in.items()]
        by_itself = wish(self._options, "Authentication") or wish(self._options, "Trusted_Connection")
        return head if by_itself else [*head, ("Trusted_Connection", "yes")]

    def _whole_string(self, text: str) -> str:
        """``odbc_connect`` as it is, and in front what it lacks."""
        said = {key.lower() for key, _ in parted(text)}
        lacking = []
        if not said & {"driver", "dsn", "filedsn"}:
            lacking.append(("Driver", self._driver().name))
        else:
            self.driver = self.driver or next((value for key, value in parted(text) if key.lower() == "driver"), "")
        if not said & {"uid", "trusted_connection", "authentication"} and self._sign_in["UID"]:
            lacking.extend(self._sign_in.items())
        elif "uid" in said and "pwd" not in said and self._sign_in["PWD"]:
            lacking.append(("PWD", self._sign_in["PWD"]))
        return f"{joined(lacking)};{text}" if lacking else text

    def _make_engine(self) -> Engine:
        pyodbc = _demand_pyodbc()
        pyodbc.pooling = False  # type: ignore[attr-defined]  # the pool is SQLAlchemy's; two of them hide dead connections from each other
        self.prepare_ticket()
        strings = self.connection_strings()
        engine = create_engine(
            "mssql+pyodbc://",
            creator=_either(strings, lambda text: GuardedConnection(pyodbc.connect(text, timeout=self._login_seconds))),
            # FreeTDS ends the process with a segmentation fault on it.
            fast_executemany=OdbcDriver(self.driver).family is Family.MICROSOFT,
            # FreeTDS refuses texts of some thousand letters whose size is not given (HY090), and finds it by itself.
            use_setinputsizes=OdbcDriver(self.driver).family is not Family.FREETDS,
            **pool_options(),
        )
        event.listen(engine, "connect", self._prepare)
        event.listen(engine, "before_cursor_execute", whole_times, retval=True)
        event.listen(engine, "before_cursor_execute", self._note_under_way)
        event.listen(engine, "after_cursor_execute", hear_out)
        return engine

    def _note_under_way(self, connection: Connection, cursor: Any, *_: object) -> None:  # noqa: ANN401
        self._under_way.note(connection.connection.dbapi_connection, cursor)

    def _note_closed(self, connection: Any, entry: object) -> None:  # noqa: ANN401
        super()._note_closed(connection, entry)
        self._under_way.forget(connection)

    def _break(self, connection: Any) -> None:  # noqa: ANN401
        self._under_way.cancel(connection)

    def break_overdue(self) -> None:
        """Make a statement fail that has outlasted its time-out. FreeTDS has some (see ``UnderWay``)."""
        if OdbcDriver(self.driver).family is Family.FREETDS:
            self._under_way.cancel_overdue()

    def _prepare_statements(self, dialect: Dialect, schemas: Mapping[str, str | None]) -> JsonStatements:
        return JsonStatements(dialect, schemas)

    def _statements(self, connection: Connection) -> PreparedStatements | JsonStatements | None:
        return super()._statements(connection) if connection.info.get(TAKES_JSON) else None

    def _rows_at_once(self) -> int:
        return ROWS_ONE_BY_ONE if OdbcDriver(self.driver).family is Family.FREETDS else super()._rows_at_once()

    def _begin(self, connection: Connection, *, writes: bool) -> None:
        super()._begin(connection, writes=writes)
        if writes:
            connection.exec_driver_sql(_MARK)

    def _demand_whole(self, connection: Connection) -> None:
        """A server may roll a transaction back at an error that no driver tells of, and take what follows as another.

        It would look as if all had been written. A lock of the transaction's tells; it is shared, so nobody waits.
        """
        if connection.exec_driver_sql(_IS_MARKED).scalar_one() == "NoLock":
            raise RowsLost("the server rolled the transaction back before its end, without a word")

    def _take_time(self, connection: Connection) -> None:
        connection.detach()  # from the pool: nobody else shall get it without a time-out
        driver_connection: Any = connection.connection.dbapi_connection
        driver_connection.timeout = 0

    def _prepare(self, connection: Any, entry: Any) -> None:  # noqa: ANN401
        if self._times_are_cut is None:  # asked of the first, as pyodbc does; all of them are alike
            self._times_are_cut = not tells_of_times(connection)
        entry.info[TIMES_ARE_CUT] = self._times_are_cut
        connection.timeout = self._query_seconds
        cursor = connection.cursor()
        # A server's 'user options' may turn NOCOUNT on, and row counts would be -1.
        cursor.execute(f"SET NOCOUNT OFF; SET LOCK_TIMEOUT {LOCK_SECONDS * 1000}")
        cursor.close()
        entry.info[TAKES_JSON] = takes_json(connection)


def _either(strings: list[str], connect: Callable[[str], Any]) -> Callable[[], Any]:
    """Connects to the server that answered last, and to its partner where the database is not to be had there."""
    order = list(strings)

    def connect_either() -> Any:  # noqa: ANN401
        for text in list(order)[:-1]:
            try:
                return connect(text)
            except Exception as error:
                if not is_elsewhere(error):
                    raise
        connection = connect(order[-1])
        order.insert(0, order.pop())
        return connection

    return connect_either


def _demand_pyodbc() -> ModuleType:
    try:
        return importlib.import_module("pyodbc")
    except ImportError as error:  # also raised where libodbc.so.2 is missing
        raise DriverMissing(_INSTALL_MANAGER) from error


def _defaults(driver: OdbcDriver) -> dict[str, str]:
    """Encrypted whichever the driver: Microsoft's 18 does so by itself, 17 and FreeTDS do not."""
    if driver.family is Family.FREETDS:
        return {"APP": "peoplecount", "TDS_Version": "7.4", "ClientCharset": "UTF-8", "Encryption": "require"}
    return {"APP": "peoplecount", "Encrypt": "yes"} if driver.family is Family.MICROSOFT else {"APP": "peoplecount"}
