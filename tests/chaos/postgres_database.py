"""A database of a PostgreSQL server: made, dumped and put back as an administrator would."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from tests.support.postgres import PASSWORD, USER, PostgresServer

SCHEMA = "peoplecount"


class PostgresDatabase:
    """A database of its own on a server."""

    def __init__(self, server: PostgresServer, name: str) -> None:
        self._server = server
        self.name = name
        self._administer(f'CREATE DATABASE "{name}"')

    def url(self, port: int) -> str:
        """``DATABASE_URL``, on the server's port or on that of a proxy."""
        return f"postgresql://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/{self.name}"

    def dump(self, file: Path) -> None:
        """Back it up while it is in use."""
        self._run("pg_dump", "--format=custom", f"--file={file}", self.name)

    def put_back(self, file: Path) -> None:
        """Put a backup back, with whoever is connected thrown out."""
        self._administer(f'DROP DATABASE "{self.name}" WITH (FORCE)')
        self._administer(f'CREATE DATABASE "{self.name}"')
        # All at once, as PostgreSQL's manual has it: nobody may see tables without rows.
        self._run("pg_restore", "--single-transaction", f"--dbname={self.name}", str(file))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query gives."""
        with self._connect(self.name) as connection:
            return connection.execute(query).fetchall()

    def drop(self) -> None:
        """Remove it."""
        self._administer(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def _administer(self, statement: str) -> None:
        with self._connect("postgres") as connection:
            connection.execute(statement)

    def _connect(self, name: str) -> psycopg.Connection[tuple[Any, ...]]:
        server = self._server
        return psycopg.connect(
            host=server.socket_folder, port=server.port, user=USER, dbname=name, autocommit=True, connect_timeout=10
        )

    def _run(self, program: str, *arguments: str) -> None:
        server = self._server
        where = ("--host", server.socket_folder, "--port", str(server.port), "--username", USER)
        done = subprocess.run(
            [_program(server, program), *where, *arguments], capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr.strip()}")


def _program(server: PostgresServer, name: str) -> Path:
    """Beside ``postgres``, where distributions keep it."""
    beside = server.binaries / name
    return beside if beside.exists() else Path(name)
