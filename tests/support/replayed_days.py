"""What the tests of a replayed day begin with: a day's counts in a file, and a database."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from tests.support.replay import make_day

REAL_DAY = Path(__file__).resolve().parents[3] / "shared/data/hardbruecke/frequenzen_hardbruecke_2020.zip"


@pytest.fixture
def made_day(tmp_path: Path) -> Path:
    """A file with a day of invented people."""
    return make_day(tmp_path / "day.csv")


@pytest.fixture
def real_day(request: pytest.FixtureRequest) -> Path:
    """A real one where the data set is here, else a made one."""
    return REAL_DAY if REAL_DAY.exists() else request.getfixturevalue("made_day")


@pytest.fixture
def day_database(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings for the embedded database, for a server whose password needs care, and for a SQL Server."""
    if request.param == "sqlite":
        return {}
    if request.param == "mssql":
        made = request.getfixturevalue("make_connection")("mssql", "day")
        patience = {"DB_LOGIN_TIMEOUT": "60", "DB_QUERY_TIMEOUT": "600"}
        return {"DATABASE_URL": os.environ["TEST_MSSQL_URL"], "DB_SCHEMA": made.schema} | patience
    server = request.getfixturevalue("postgres_server")
    from tests.support.postgres import DATABASE, PASSWORD, USER  # noqa: PLC0415 - POSIX only

    url = f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{server.port}/{DATABASE}"
    return {"DATABASE_URL": url, "DB_SCHEMA": f"day_{secrets.token_hex(4)}"}
