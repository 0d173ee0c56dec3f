"""``python -m peoplecount replay FILE``: what a file says is told by a dashboard and a stream of its own."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests

from tests.support.commands import run_command
from tests.support.processes import free_port
from tests.support.running import Process, plain_environment, wait_until

BEGIN = datetime(2026, 3, 3, 9)
MINUTES = 30


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Half an hour in which two come and one leaves every minute."""
    rows = [f"{BEGIN + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%S},North,Left,2,1" for minute in range(MINUTES)]
    file = tmp_path / "busy-day.csv"
    file.write_text("\n".join(["time,camera,line,in,out", *rows, ""]), encoding="utf-8")
    return file


def test_a_file_is_played_from_the_time_that_was_asked_for_to_its_end(file: Path, tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "peoplecount", "replay", str(file), "--from", "09:10", "--speed", "3600"]
    environment = plain_environment(TIME_ZONE="Europe/Zurich", DATA_DIR=str(tmp_path / "var"))
    process = Process([*command, "--port", str(port)], tmp_path / "replay.txt", environment, tmp_path)
    try:
        wait_until(lambda: f"The replay is at http://127.0.0.1:{port}\n" in process.said(), 60, "its address", process)
        wait_until(lambda: entered(port) == 2 * MINUTES, 60, "the end of the file", process)
        assert "Replay of 3 Mar 2026" in requests.get(f"http://127.0.0.1:{port}/", timeout=10).text
        assert process.terminate() == 0
    finally:
        if not process.ended():
            process.kill()
    assert not (tmp_path / "var").exists(), "nothing of it is kept"


def entered(port: int) -> int | None:
    """Who has come in so far, as the snapshot of the stream has it."""
    address = f"http://127.0.0.1:{port}/events?limit=1"
    (snapshot,) = requests.get(address, headers={"Accept": "application/json"}, timeout=10).json()["events"]
    assert snapshot["replay"] is True
    total = snapshot["sites"][0]["inToday"]
    return None if total is None else int(total)


def test_a_file_that_makes_no_sense_is_refused_with_its_line(file: Path, tmp_path: Path) -> None:
    with file.open("a", encoding="utf-8") as rows:
        rows.write("2026-03-03T10:00:00,North,Left,two,1\n")
    done = run_command(
        "replay", str(file), "--port", str(free_port()), environment=plain_environment(), folder=tmp_path
    )
    assert done.returncode == 2
    assert f"There is nothing to replay: line {MINUTES + 2}" in done.stderr
