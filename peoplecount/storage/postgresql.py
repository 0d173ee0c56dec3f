"""PostgreSQL, through psycopg 3."""

from __future__ import annotations

import importlib
import os
import socket
from collections.abc import Mapping
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from peoplecount.storage.copy_rows import copy_rows
from peoplecount.storage.dialects import SCHEMA, Product
from peoplecount.storage.engine import (
    CONNECT_SECONDS,
    LOCK_SECONDS,
    STATEMENT_SECONDS,
    EngineConnection,
    pool_options,
)
from peoplecount.storage.errors import DriverMissing

KEEP_ALIVE_SECONDS = 30
"""Firewalls forget connections of which they have heard nothing for some minutes."""


class PostgreSQLConnection(EngineConnection):
    """A database on a PostgreSQL server."""

    product = Product.POSTGRESQL
    driver = "psycopg"

    def __init__(
        self,
        host: str,
        name: str,
        *,
        port: int | None = None,
        user: str = "",
        password: str = "",
        options: Mapping[str, str] | None = None,
        schema: str = SCHEMA,
        login_seconds: int = CONNECT_SECONDS,
        query_seconds: int = STATEMENT_SECONDS,
    ) -> None:
        """``host`` may be the folder of a Unix socket; ``options`` are libpq's, such as ``sslmode``."""
        super().__init__(schema)
        self._login_seconds = login_seconds
        self._query_seconds = query_seconds
        self._url = URL.create(
            "postgresql+psycopg",
            username=user or None,
            password=password or None,
            host=host or None if not host.startswith("/") else None,
            port=port,
            database=name,
            query={**({"host": host} if host.startswith("/") else {}), **(options or {})},
        )

    def _make_engine(self) -> Engine:
        _demand_driver()
        engine = create_engine(
            self._url,
            paramstyle="format",  # rows as tuples
            connect_args={
                "connect_timeout": self._login_seconds,
                "application_name": "peoplecount",
                # What is sent and not acknowledged, as after hours behind a firewall that has forgotten the connection,
                # is given up after as long as a connection may take; and firewalls are reminded.
                "tcp_user_timeout": self._login_seconds * 1000,
                "keepalives_idle": KEEP_ALIVE_SECONDS,
                "keepalives_interval": KEEP_ALIVE_SECONDS // 3,
                "keepalives_count": 3,
                "options": f"-c statement_timeout={self._query_seconds}s -c lock_timeout={LOCK_SECONDS}s",
            },
            **pool_options(),
        )
        event.listen(engine, "do_executemany", copy_rows)
        return engine

    def _begin(self, connection: Connection, *, writes: bool) -> None:
        """A question alone sees one moment without a transaction, and is answered with two round trips less."""
        if not writes:
            connection.execution_options(isolation_level="AUTOCOMMIT")  # until the connection is given back
        connection.begin()

    def _break(self, connection: Any) -> None:  # noqa: ANN401
        """End what waits at the socket: libpq has no time-out of its own for a server that is frozen."""
        with socket.socket(fileno=os.dup(connection.fileno())) as shared:
            shared.shutdown(socket.SHUT_RDWR)


def _demand_driver() -> None:
    try:
        importlib.import_module("psycopg")
    except ImportError as error:
        raise DriverMissing(
            "PostgreSQL needs psycopg, which is not installed or does not find libpq: "
            "pip install 'psycopg[binary]' (or, on Debian: apt install libpq5; on RHEL: dnf install libpq)"
        ) from error
