"""A day replayed through everything: virtual cameras on real HTTP, the service under gunicorn, a client on the stream.

What the stream said, what the database holds, what the simulator knows and what the file says agree exactly, per
line and direction.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.replay import Replay


@pytest.mark.parametrize("day_database", ["sqlite", "mssql"], indirect=True)  # PostgreSQL's is the one with kills
def test_stream_records_and_data_agree_exactly(tmp_path: Path, made_day: Path, day_database: dict[str, str]) -> None:
    with Replay(tmp_path, made_day, **day_database) as replay:
        replay.begin()
        replay.ends()
        assert replay.true() == replay.expected
        assert replay.reader.disagreements == []
        assert replay.reader.connections == 1
        assert replay.service.stop() == 0
