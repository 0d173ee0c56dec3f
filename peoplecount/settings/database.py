"""Which database the history goes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from peoplecount.settings import readers
from peoplecount.settings.database_url import UrlParts, split_options, split_url


class DatabaseKind(StrEnum):
    """The databases there is a connection for."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
    MSSQL = "mssql"


EMBEDDED_FILE = "peoplecount.db"

_KINDS = {
    "mssql": DatabaseKind.MSSQL,
    "sqlserver": DatabaseKind.MSSQL,
    "postgresql": DatabaseKind.POSTGRESQL,
    "postgres": DatabaseKind.POSTGRESQL,
    "sqlite": DatabaseKind.SQLITE,
}
_DRIVERS = {
    DatabaseKind.MSSQL: ("", "pyodbc"),
    DatabaseKind.POSTGRESQL: ("", "psycopg", "psycopg2"),
    DatabaseKind.SQLITE: ("", "pysqlite"),
}
_CONNECTION = ("DB_SERVER", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD")


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """A database and how to sign in to it."""

    kind: DatabaseKind
    path: Path | None = None
    """SQLite's file; ``None`` for servers."""

    host: str = ""
    """May be ``SERVER\\INSTANCE``. Empty where ``options`` say it (``odbc_connect``, a socket folder)."""

    port: int | None = None
    """``None``: the server's usual one."""

    name: str = ""
    user: str = ""
    """Empty: a trusted connection, or ``options`` say it."""

    password: str = field(default="", repr=False)
    driver: str = ""
    """Name of the ODBC driver; empty: the best one present."""

    keytab: Path | None = None
    """What a trusted connection signs in with; ``None``: the ticket the system has."""

    login_seconds: int = 10
    query_seconds: int = 30
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What else the driver is told. Not shown: ``odbc_connect`` holds a password."""

    schema: str = "peoplecount"

    def __str__(self) -> str:
        """Where it is, without credentials, for messages."""
        if self.kind is DatabaseKind.SQLITE:
            return f"SQLite, {self.path}"
        product = "SQL Server" if self.kind is DatabaseKind.MSSQL else "PostgreSQL"
        port = f":{self.port}" if self.port else ""
        return f"{product}, {self.name or '?'} on {self.host or '?'}{port}"


@dataclass(frozen=True, slots=True)
class _Given:
    """What the ``DB_…`` settings say, and where faults and warnings go."""

    texts: Mapping[str, str]
    port: int | None
    schema: str
    faults: list[str]
    warnings: list[str]


def read_database(
    texts: Mapping[str, str], data_dir: Path, faults: list[str], warnings: list[str]
) -> DatabaseSettings | None:
    """The database that ``texts`` (by setting name) ask for; ``None`` where ``faults`` say why there is none."""
    schema = texts.get("DB_SCHEMA", "peoplecount")
    port = int(texts["DB_PORT"]) if "DB_PORT" in texts else None
    given = _Given(texts, port, schema, faults, warnings)
    if "DATABASE_URL" in texts:
        return _from_url(given)
    named = [name for name in _CONNECTION if name in texts]
    if named in ([], ["DB_PORT"]):  # a port alone asks for no server
        return embedded(data_dir, schema)
    if "DB_SERVER" not in texts:
        faults.append(f"DB_SERVER is missing, although {' and '.join(named)} {_are(named)} set")
        return None
    return _complete(given, UrlParts("mssql", ""), DatabaseKind.MSSQL)


def embedded(data_dir: Path, schema: str) -> DatabaseSettings:
    """The embedded database of a data folder."""
    return DatabaseSettings(DatabaseKind.SQLITE, path=data_dir / EMBEDDED_FILE, schema=schema)


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _from_url(given: _Given) -> DatabaseSettings | None:
    try:
        parts = split_url(given.texts["DATABASE_URL"])
    except ValueError as error:
        given.faults.append(f"DATABASE_URL: {error}")
        return None
    kind = _KINDS.get(parts.scheme)
    if kind is None or parts.driver not in _DRIVERS[kind]:
        given.faults.append(
            "DATABASE_URL: it begins with no database we know; allowed are mssql:// "
            "(or sqlserver://, mssql+pyodbc://), postgresql:// (or postgresql+psycopg://) and sqlite:///"
        )
        return None
    if kind is DatabaseKind.SQLITE:
        return _sqlite(given, parts)
    if parts.ambiguous:
        given.warnings.append(
            f"DATABASE_URL can be read in more than one way; taken as the server {parts.host}. "
            "Write @ / ? in the password as %40 %2F %3F to make it plain"
        )
    return _complete(given, parts, kind)


def _sqlite(given: _Given, parts: UrlParts) -> DatabaseSettings:
    ignored = [name for name in _CONNECTION if name in given.texts]
    if ignored:
        given.warnings.append(f"DATABASE_URL names a SQLite file, so {', '.join(ignored)} {_are(ignored)} ignored")
    return DatabaseSettings(DatabaseKind.SQLITE, path=Path(parts.name), schema=given.schema)


def _complete(given: _Given, parts: UrlParts, kind: DatabaseKind) -> DatabaseSettings | None:
    """The address with what it lacks filled from the ``DB_…`` settings; contradictions are named."""
    before = len(given.faults)
    server, port = _server(given)
    options = _options(given) | parts.options
    driver = next((options.pop(key) for key in list(options) if key.lower() == "driver"), "")
    database = DatabaseSettings(
        kind,
        host=_either(given, "DB_SERVER", parts.host, server, ignore_case=True),
        port=_either_port(given, parts, port),
        name=_either(given, "DB_NAME", parts.name, given.texts.get("DB_NAME", ""), ignore_case=True),
        user=_either(given, "DB_USER", parts.user, given.texts.get("DB_USER", "")),
        password=_either(given, "DB_PASSWORD", parts.password, given.texts.get("DB_PASSWORD", "")),
        driver=_either(given, "DB_DRIVER", driver, given.texts.get("DB_DRIVER", "")),
        keytab=readers.path(given.texts["DB_KEYTAB"]) if "DB_KEYTAB" in given.texts else None,
        login_seconds=int(given.texts.get("DB_LOGIN_TIMEOUT", "10")),
        query_seconds=int(given.texts.get("DB_QUERY_TIMEOUT", "30")),
        options=options,
        schema=given.schema,
    )
    _demand_place(given, database)
    _demand_sense(given, database)
    return database if len(given.faults) == before else None


def _server(given: _Given) -> tuple[str, int | None]:
    """``DB_SERVER`` as SQL Server's own tools take it, too: ``tcp:SERVER,1433``."""
    text = given.texts.get("DB_SERVER", "").removeprefix("tcp:")
    if "://" in text or "@" in text:
        given.faults.append("DB_SERVER: it is a server's name or address only; a whole address goes into DATABASE_URL")
        return "", None
    host, comma, port = text.partition(",")
    if not comma:
        return text.strip("[]"), given.port
    try:
        inner = readers.whole(1, 65535)(port.strip())
    except ValueError as error:
        given.faults.append(f"DB_SERVER: after the comma, {error}")
        return host, given.port
    if given.port not in {None, inner}:
        given.faults.append(f"DB_SERVER says port {inner} and DB_PORT says {given.port}; keep one of them")
    return host.strip(), inner


def _options(given: _Given) -> dict[str, str]:
    try:
        return split_options(given.texts.get("DB_OPTIONS", ""))
    except ValueError as error:
        given.faults.append(f"DB_OPTIONS: {error}")
        return {}


def _either(given: _Given, name: str, in_url: str, beside: str, *, ignore_case: bool = False) -> str:
    """The address' word where it has one. Values are not shown: one of them may be a password."""
    same = in_url.casefold() == beside.casefold() if ignore_case else in_url == beside
    if in_url and beside and not same:
        given.warnings.append(f"{name} contradicts DATABASE_URL; what DATABASE_URL says is used")
    return in_url or beside


def _either_port(given: _Given, parts: UrlParts, beside: int | None) -> int | None:
    if parts.port is not None and beside not in {None, parts.port}:
        given.warnings.append("DB_PORT contradicts DATABASE_URL; what DATABASE_URL says is used")
    return parts.port if parts.port is not None else beside


def _demand_place(given: _Given, database: DatabaseSettings) -> None:
    """A server and a database on it must be named, here or in what is handed to the driver as it is."""
    if "odbc_connect" in database.options:
        return
    source = "DATABASE_URL" if "DATABASE_URL" in given.texts else "DB_SERVER"
    if not database.host and "host" not in database.options:
        given.faults.append(f"{source} names no server; add it there or in DB_SERVER")
    if not database.name:
        given.faults.append(f"{source} names no database; add it there or in DB_NAME")


def _demand_sense(given: _Given, database: DatabaseSettings) -> None:
    """Wishes that exclude each other are faults: one of them would be passed over."""
    if "odbc_connect" in database.options and len(database.options) > 1:
        given.faults.append("odbc_connect is a whole connection string; put the other options into it")
    if database.keytab is not None and database.kind is not DatabaseKind.MSSQL:
        given.faults.append(
            "DB_KEYTAB is for SQL Server only; for PostgreSQL set KRB5_CLIENT_KTNAME in the environment"
        )
    if database.keytab is not None and database.user:
        given.faults.append("DB_KEYTAB and DB_USER are both set; keep one: a keytab signs in by itself (Kerberos)")
