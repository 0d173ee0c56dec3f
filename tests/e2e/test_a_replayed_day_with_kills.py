"""A day replayed through everything, while the service is killed: still everybody agrees exactly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.closed_intervals import demand_each_once
from tests.support.replay import Replay


@pytest.mark.parametrize("day_database", ["postgresql", "mssql"], indirect=True)
def test_they_agree_when_the_service_is_killed_half_way_and_each_interval_closes_once(
    tmp_path: Path, real_day: Path, day_database: dict[str, str]
) -> None:
    with Replay(tmp_path, real_day, WEB_WORKERS="2", **day_database) as replay:
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
