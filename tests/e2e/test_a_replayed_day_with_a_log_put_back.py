"""A day replayed through everything, while its log is put back to an earlier copy: still everybody agrees exactly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.replay import Replay, copy_database, put_back


@pytest.mark.parametrize("day_database", ["sqlite", "mssql"], indirect=True)  # chaos puts it back before PostgreSQL
def test_they_agree_when_the_log_is_put_back_to_an_earlier_copy(
    tmp_path: Path, real_day: Path, day_database: dict[str, str]
) -> None:
    with Replay(tmp_path, real_day, **day_database) as replay:
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
