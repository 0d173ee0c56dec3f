"""Ninety seconds of chaos, with nearly every kind of blow: what ``./run.sh chaos`` plays, as it is played."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.support.processes import ROOT, bare_environment
from tests.support.waiting import wait_until

pytest.importorskip("psycopg", reason="psycopg is not installed (requirements-dev.txt)")
postgres = pytest.importorskip("tests.support.postgres", reason="PostgreSQL is not started on this system")
if postgres.binaries() is None:
    pytest.skip("PostgreSQL is not installed", allow_module_level=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    """For all that a run makes. pytest's own folders are closed to the user PostgreSQL runs as, where we are root."""
    made = Path(tempfile.mkdtemp(prefix="chaos-test-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@contextmanager
def chaos(folder: Path, said: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """The chore; what it says goes to a file."""
    environment = bare_environment(TMPDIR=str(folder))
    command = [sys.executable, "-m", "tests.chaos", *options]
    with said.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


def test_after_ninety_seconds_of_chaos_everybody_agrees_or_says_what_is_unknown(folder: Path, tmp_path: Path) -> None:
    said = tmp_path / "said.txt"
    with chaos(folder, said, "--minutes", "1.5", "--seed", "193") as process:
        code = process.wait(600)
    assert code == 0, said.read_text()[-6000:]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_nothing_behind(folder: Path, tmp_path: Path, number: signal.Signals) -> None:
    said = tmp_path / "said.txt"
    with chaos(folder, said, "--minutes", "2", "--cameras", "2") as process:
        wait_until(lambda: "the service serves" in said.read_text(), seconds=90)
        started = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        assert process.wait(60) == 130, said.read_text()
    assert len(started) >= 5
    wait_until(lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in started))
    assert list(folder.iterdir()) == []
    assert str(folder) not in Path("/proc/mounts").read_text()
