"""What all connections through SQLAlchemy share: engine, pool, transactions, errors."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Dialect, Engine, Executable, event, exc
from sqlalchemy.engine import ExceptionContext

from peoplecount.storage.connection import Parameters, Rows, ServerInfo, Transaction
from peoplecount.storage.dialects import Product, schema_map, version_question
from peoplecount.storage.errors import DatabaseError
from peoplecount.storage.faults import as_ours, is_gone
from peoplecount.storage.json_rows import JsonStatements
from peoplecount.storage.prepared import PreparedStatements

T = TypeVar("T")

CONNECTIONS = 4
"""Kept open at most. One writer, one poller and a few pages need no more; a small server should not be crowded."""

WAIT_FOR_CONNECTION = 10.0
"""Seconds."""

CONNECT_SECONDS = 10
"""The drivers' own patience (15 s and more) is longer than a page's."""

STATEMENT_SECONDS = 30

LOCK_SECONDS = 10
"""Shorter than a statement's time: a lock that is not had ends the statement and not the connection."""

ROWS_AT_ONCE = 1000
"""Rows handed to the driver in one go; Microsoft's driver holds all of them in memory, padded."""


class EngineTransaction:
    """A ``Transaction`` on one of SQLAlchemy's connections."""

    def __init__(
        self,
        connection: Connection,
        prepared: PreparedStatements | JsonStatements | None = None,
        rows_at_once: int = ROWS_AT_ONCE,
    ) -> None:
        """``prepared`` are the statements of the connection's engine; ``None``: SQLAlchemy prepares each row.

        ``rows_at_once`` is how many the driver is handed of those that are not prepared.
        """
        self._connection = connection
        self._prepared = prepared
        self._rows_at_once = rows_at_once

    def execute(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        """Run one statement; its rows."""
        result = self._connection.execute(statement, parameters)
        return result.all() if result.returns_rows else []

    def change(self, statement: Executable, parameters: Parameters | None = None) -> int:
        """Run one INSERT, UPDATE or DELETE; how many rows it changed."""
        options = {"preserve_rowcount": True}  # of INSERTs, too, which SQLAlchemy lets go of otherwise
        result: CursorResult[Any] = self._connection.execute(statement, parameters, execution_options=options)
        if result.rowcount < 0:
            raise DatabaseError("the server does not say how many rows were changed; is NOCOUNT on?")
        return result.rowcount

    def change_each(self, statement: Executable, rows: Sequence[Parameters]) -> None:
        """Run one statement for each of ``rows``."""
        prepared = None
        if self._prepared is not None and len(rows) > 1:
            prepared = self._prepared.of(statement, list(rows[0]))
        at_once = self._rows_at_once if prepared is None else ROWS_AT_ONCE
        for start in range(0, len(rows), at_once):
            some = rows[start : start + at_once]
            parameters = prepared.parameters(some) if prepared is not None and len(some) > 1 else None
            if prepared is not None and parameters is not None:
                self._connection.exec_driver_sql(prepared.sql, parameters)
            else:
                self._change_by_row(statement, some)

    def _change_by_row(self, statement: Executable, rows: Sequence[Parameters]) -> None:
        for start in range(0, len(rows), self._rows_at_once):
            self._connection.execute(statement, list(rows[start : start + self._rows_at_once]))


class EngineConnection(ABC):
    """An ``IDBConnection`` through an SQLAlchemy engine, which is made at the first call: never before a fork."""

    product: Product
    driver: str

    def __init__(self, schema: str) -> None:
        self.schema = schema
        self._engine: Engine | None = None
        self._prepared: PreparedStatements | JsonStatements | None = None
        self._making = threading.Lock()
        self._open: dict[int, Any] = {}

    def connect(self) -> None:
        """Make sure the database answers."""
        self.check()

    def disconnect(self) -> None:
        """Close all connections that are not in use; the next call connects anew."""
        with self._making:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()

    @property
    def is_open(self) -> bool:
        """Whether a server has let it in, and it has not been closed since."""
        return bool(self._open)

    def break_off(self) -> None:
        """Make calls under way fail, from another thread, where they would not come back by themselves.

        Nothing happens where a driver has time-outs that it keeps to.
        """
        for connection in list(self._open.values()):
            with suppress(Exception):  # it may be closed at this moment; drivers differ in what they say then
                self._break(connection)

    def break_overdue(self) -> None:  # noqa: B027 - most drivers keep to their time-outs
        """Make calls under way fail, from another thread, that a driver should have given up by itself."""

    def check(self) -> ServerInfo:
        """Ask the server who it is."""

        def ask(connection: Connection) -> tuple[str, float]:
            question = version_question(self.product)
            connection.execute(question)
            begun = time.perf_counter()
            version = connection.execute(question).scalar_one()
            return str(version).splitlines()[0], time.perf_counter() - begun

        version, round_trip = self.run(ask, writes=False)
        return ServerInfo(self.product.spoken, version, self.driver, round_trip)

    def execute(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        """Run one statement in a transaction of its own; its rows."""
        return self.run(
            lambda connection: EngineTransaction(connection).execute(statement, parameters),
            writes=not getattr(statement, "is_select", False),
        )

    def transaction(self, work: Callable[[Transaction], T], *, repeatable: bool = True) -> T:  # noqa: ARG002
        """Run ``work`` in one transaction. Nothing is repeated here."""

        def begin(connection: Connection) -> T:
            return work(EngineTransaction(connection, self._statements(connection), self._rows_at_once()))

        return self.run(begin)

    def run(self, work: Callable[[Connection], T], *, writes: bool = True, patient: bool = False) -> T:
        """Run ``work`` on SQLAlchemy's own connection in one transaction, for what Core has no words for.

        ``patient``: statements take as long as they take, such as an index on a large table.
        """
        with as_ours(self.product), self._open_engine().connect() as connection:
            if patient:
                self._take_time(connection)
            self._begin(connection, writes=writes)
            try:
                result = work(connection)
                if writes:
                    self._demand_whole(connection)
                connection.commit()
            except BaseException:
                _roll_back(connection)
                raise
            return result

    def _take_time(self, connection: Connection) -> None:  # noqa: B027 - most drivers have none
        """Lift the driver's own time-out; what a server keeps is lifted by statements (``before_migrating``)."""

    def _rows_at_once(self) -> int:
        return ROWS_AT_ONCE

    def _statements(self, connection: Connection) -> PreparedStatements | JsonStatements | None:  # noqa: ARG002
        """What is prepared once for many rows."""
        return self._prepared

    def _begin(self, connection: Connection, *, writes: bool) -> None:  # noqa: ARG002
        connection.begin()

    def _demand_whole(self, connection: Connection) -> None:  # noqa: B027 - most servers say so themselves
        """Raise ``RowsLost`` where the transaction is not the one that was begun."""

    def _open_engine(self) -> Engine:
        with self._making:
            if self._engine is None:
                engine = self._make_engine()
                schemas = schema_map(self.product, self.schema)
                engine.update_execution_options(schema_translate_map=schemas)
                event.listen(engine, "handle_error", self._note_gone)
                event.listen(engine, "connect", self._note_open)
                event.listen(engine, "close", self._note_closed)
                self._engine = engine
                self._prepared = self._prepare_statements(engine.dialect, schemas)
            return self._engine

    def _prepare_statements(
        self, dialect: Dialect, schemas: Mapping[str, str | None]
    ) -> PreparedStatements | JsonStatements:
        return PreparedStatements(dialect, schemas)

    def _note_gone(self, context: ExceptionContext) -> None:
        if context.original_exception is not None and is_gone(self.product, context.original_exception):
            context.is_disconnect = True

    def _note_open(self, connection: Any, entry: object) -> None:  # noqa: ANN401, ARG002
        self._open[id(connection)] = connection

    def _note_closed(self, connection: Any, entry: object) -> None:  # noqa: ANN401, ARG002
        self._open.pop(id(connection), None)

    def _break(self, connection: Any) -> None:  # noqa: ANN401, B027 - most drivers keep to their time-outs
        """Make the call under way on a driver's own connection fail, without waiting for anybody."""

    @abstractmethod
    def _make_engine(self) -> Engine:
        """The engine. Raises ``DriverMissing``."""


def _roll_back(connection: Connection) -> None:
    """Undo. Where the server has already done so, rolling back may itself fail (25000/3903): drop the connection."""
    try:
        connection.rollback()
    except exc.SQLAlchemyError:
        connection.invalidate()


def pool_options() -> dict[str, Any]:
    """The limits of every pool; a connection is tried before it is lent, because idle ones die quietly."""
    return {
        "pool_size": CONNECTIONS,
        "max_overflow": 0,
        "pool_timeout": WAIT_FOR_CONNECTION,
        "pool_pre_ping": True,
        "pool_recycle": 1800,
    }
