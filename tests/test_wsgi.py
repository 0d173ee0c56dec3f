"""The real service as it runs: ``gunicorn -c gunicorn.conf.py wsgi:app``, and the command that stands for it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.processes import (
    ROOT,
    OpenStream,
    bare_environment,
    copy_project,
    free_port,
    open_to_others,
    python,
    running,
    status_of,
)
from tests.support.waiting import wait_until

pytest.importorskip("gunicorn", reason="gunicorn runs on POSIX only")

BY_HAND = python("-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app")
BY_COMMAND = python("-m", "peoplecount", "serve")
ON_GEVENT = python("-m", "peoplecount", "serve", "--server", "gevent")

PATIENT = {"GUNICORN_CMD_ARGS": "--graceful-timeout 60"}
"""So that an end that was not waited for can be told from one that was, on the slowest machine."""

LOOKING = {"SIGNED_OUT_LOOK": "on"}

NOT_PATIENTLY = 20.0
"""Seconds."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("project"))


class Served:
    """The service with an empty data folder and without cameras."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, output: Path) -> None:
        self.process, self.port, self._output = process, port, output
        wait_until(lambda: status_of(port, "/health/live") == 200 or process.poll() is not None, 40)
        assert process.poll() is None, self.said()

    def said(self) -> str:
        return self._output.read_text(encoding="utf-8")


@contextmanager
def serving(command: list[str], tmp_path: Path, cwd: Path, **settings: str) -> Iterator[Served]:
    port = free_port()
    environment = bare_environment(
        PORT=str(port), DATA_DIR=str(tmp_path / "data"), HOST="localhost", **(PATIENT | LOOKING | settings)
    )
    with running(command, environment, cwd=cwd, output=tmp_path / "output") as process:
        yield Served(process, port, tmp_path / "output")


@pytest.mark.parametrize("command", [BY_HAND, BY_COMMAND, ON_GEVENT], ids=["by hand", "by command", "on gevent"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_service_streams_and_a_signal_ends_it_at_once(
    command: list[str], number: signal.Signals, tmp_path: Path, project: Path
) -> None:
    with serving(command, tmp_path, project) as served:
        assert status_of(served.port, "/") == 200
        stream = OpenStream(served.port)
        assert stream.response.getheader("Content-Type") == "text/event-stream; charset=utf-8"
        begun = time.monotonic()
        os.killpg(served.process.pid, number)  # Ctrl-C in a terminal, and systemd, reach the workers directly, too
        rest = stream.rest()
        assert time.monotonic() - begun < NOT_PATIENTLY
        assert served.process.wait(NOT_PATIENTLY) == 0
        assert time.monotonic() - begun < NOT_PATIENTLY
        stream.close()
        assert number != signal.SIGTERM or b"goodbye" in rest
        assert "Traceback" not in served.said()
        assert "[ERROR]" not in served.said()


def test_a_database_that_never_answers_does_not_hold_up_the_end(tmp_path: Path, project: Path) -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed (requirements-dev.txt)")
    with socket.create_server(("127.0.0.1", 0)) as hole:
        hole.settimeout(20)
        url = f"postgresql://u:p@127.0.0.1:{hole.getsockname()[1]}/x"
        with serving(BY_COMMAND, tmp_path, project, DATABASE_URL=url) as served, hole.accept()[0]:
            stream = OpenStream(served.port)
            begun = time.monotonic()
            served.process.terminate()
            assert b"goodbye" in stream.rest()
            stream.close()
            assert served.process.wait(NOT_PATIENTLY) == 0
            assert time.monotonic() - begun < NOT_PATIENTLY
            assert "Traceback" not in served.said()


@pytest.mark.parametrize("command", [BY_HAND, BY_COMMAND, ON_GEVENT], ids=["by hand", "by command", "on gevent"])
def test_what_it_keeps_is_nobody_elses(command: list[str], tmp_path: Path, project: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    with serving(command, tmp_path, project):
        wait_until(lambda: {"peoplecount.db", "events.sqlite-wal"} <= {one.name for one in tmp_path.glob("data/*")})
        assert open_to_others(tmp_path / "data") == []


def test_what_it_keeps_lies_in_the_data_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    with serving(
        python("-m", "gunicorn", "-c", str(ROOT / "gunicorn.conf.py"), "wsgi:app"), tmp_path, tmp_path / "elsewhere"
    ):
        pass
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert (tmp_path / "data").is_dir()


def test_with_reload_a_changed_source_is_served_anew(tmp_path: Path) -> None:
    copy = copy_project(tmp_path / "project")
    with serving(python("-m", "peoplecount", "serve", "--reload"), tmp_path, copy) as served:
        (copy / "wsgi.py").write_text(
            (ROOT / "wsgi.py").read_text() + "\napp.add_url_rule('/new', 'new', lambda: 'new')\n"
        )
        wait_until(lambda: status_of(served.port, "/new") == 403, 40)  # there, and in no table of rights


@pytest.mark.parametrize(
    ("folder", "words", "workers"),
    [
        ("file", "file is a file, not a folder", "2"),
        ("damaged", "events.sqlite is damaged", "1"),
        ("/proc/x", "cannot be made", "1"),
    ],
)
def test_a_data_folder_that_cannot_be_one_ends_it_in_one_line(
    tmp_path: Path, project: Path, folder: str, words: str, workers: str
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "events.sqlite").write_bytes(b"no database " * 1000)
    environment = bare_environment(PORT=str(free_port()), DATA_DIR=str(tmp_path / folder), WEB_WORKERS=workers)
    told = subprocess.run(
        BY_COMMAND, cwd=project, env=environment, capture_output=True, text=True, timeout=40, check=False
    )
    assert told.returncode == 1
    assert [words in line for line in told.stderr.splitlines()].count(True) == 1, told.stderr
    assert "Traceback" not in told.stderr
