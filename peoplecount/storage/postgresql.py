"""PostgreSQL, through psycopg 3."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from sqlalchemy import URL, Engine, create_engine

from peoplecount.storage.dialects import SCHEMA, Product
from peoplecount.storage.engine import CONNECT_SECONDS, STATEMENT_SECONDS, EngineConnection, pool_options
from peoplecount.storage.errors import DriverMissing


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
    ) -> None:
        """``host`` may be the folder of a Unix socket; ``options`` are libpq's, such as ``sslmode``."""
        super().__init__(schema)
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
        return create_engine(
            self._url,
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "application_name": "peoplecount",
                "tcp_user_timeout": STATEMENT_SECONDS * 1000,
                "options": f"-c statement_timeout={STATEMENT_SECONDS}s -c lock_timeout={CONNECT_SECONDS}s",
            },
            **pool_options(),
        )


def _demand_driver() -> None:
    try:
        importlib.import_module("psycopg")
    except ImportError as error:
        raise DriverMissing(
            "PostgreSQL needs psycopg, which is not installed or does not find libpq: "
            "pip install 'psycopg[binary]' (or, on Debian: apt install libpq5; on RHEL: dnf install libpq)"
        ) from error
