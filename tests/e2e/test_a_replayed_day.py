"""A day replayed through everything: virtual cameras on real HTTP, the service under gunicorn, a client on the stream.

What the stream said, what the database holds, what the simulator knows and what the file says agree exactly, per
line and direction: also when the service is killed half-way, and when its log is put back to an earlier copy.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from tests.support.closed_intervals import demand_each_once
from tests.support.replay import Replay, copy_database, make_day, put_back

REAL_DAY = Path(__file__).resolve().parents[3] / "shared/data/hardbruecke/frequenzen_hardbruecke_2020.zip"


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """A real one where the data set is here, else a made one."""
    return REAL_DAY if REAL_DAY.exists() else make_day(tmp_path / "day.csv")


@pytest.fixture(params=["sqlite", "postgresql", "mssql"])
def database(request: pytest.FixtureRequest) -> dict[str, str]:
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


@pytest.mark.parametrize("database", ["sqlite", "mssql"], indirect=True)  # PostgreSQL's is the next one's
def test_stream_records_and_data_agree_exactly(tmp_path: Path, database: dict[str, str]) -> None:
    with Replay(tmp_path, make_day(tmp_path / "day.csv"), **database) as replay:
        replay.begin()
        replay.ends()
        assert replay.true() == replay.expected
        assert replay.reader.disagreements == []
        assert replay.reader.connections == 1
        assert replay.service.stop() == 0


@pytest.mark.parametrize("database", ["postgresql", "mssql"], indirect=True)
def test_they_agree_when_the_service_is_killed_half_way_and_each_interval_closes_once(
    tmp_path: Path, day: Path, database: dict[str, str]
) -> None:
    with Replay(tmp_path, day, WEB_WORKERS="2", **database) as replay:
        replay.begin()
        for hour in (9, 17):
            replay.plays_past(hour)
            replay.service.kill()
            replay.service.start()
        replay.ends()
        assert replay.true() == replay.expected
        assert replay.reader.names["gap"] == 0
        assert replay.reader.disagreements == []
        assert len(set(replay.reader.seen_ids)) == len(replay.reader.seen_ids)
        assert replay.service.stop() == 0
        demand_each_once(replay)


@pytest.mark.parametrize("database", ["sqlite", "mssql"], indirect=True)  # chaos puts it back before PostgreSQL
def test_they_agree_when_the_log_is_put_back_to_an_earlier_copy(
    tmp_path: Path, day: Path, database: dict[str, str]
) -> None:
    with Replay(tmp_path, day, **database) as replay:
        replay.begin()
        replay.plays_past(10)
        copy_database(replay.log, tmp_path / "earlier.sqlite")
        replay.plays_past(16)
        replay.service.kill()
        put_back(replay.log, tmp_path / "earlier.sqlite")
        replay.service.start()
        replay.ends()
        assert replay.true() == replay.expected
        assert replay.reader.names["gap"] >= 1
