"""What of the program needs POSIX, seen by showing its modules only what Windows has."""

from __future__ import annotations

import os
import pkgutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

import peoplecount
from peoplecount.configuration import register_fleet
from peoplecount.settings import load_settings
from tests.support.processes import ROOT, OpenStream, bare_environment, python
from tests.support.running import Service, Simulator, plain_environment, wait_until

AS_ON_WINDOWS = {
    "PYTHONPATH": os.pathsep.join([str(ROOT / "tests" / "support" / "as_on_windows"), str(ROOT)]),
    # Text has not UTF-8 unless that is said.
    "LC_ALL": "C",
    "PYTHONCOERCECLOCALE": "0",
    "PYTHONUTF8": "0",
}

POSIX_ONLY = {"peoplecount.stream_worker"}
"""gunicorn's worker."""


def _run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = bare_environment(**AS_ON_WINDOWS)
    return subprocess.run(python(*arguments), cwd=cwd, env=environment, check=False, capture_output=True, text=True)


def test_the_view_of_windows_hides_what_it_says() -> None:
    told = _run("-m", "peoplecount", "serve", "--help")
    assert "default here: gevent" in told.stdout
    program = "import peoplecount.launch as ours; print(ours.sys.platform, hasattr(ours.os, 'geteuid')); import fcntl"
    assert _run("-c", program).stdout == "win32 False\n", "libraries see this system"
    assert "No module named 'gunicorn" in _run("-c", "import peoplecount.stream_worker").stderr


OPEN_FILES = """
from pathlib import Path
held, other = Path("held"), Path("other")
held.write_text(""), other.write_text("")
tries = [held.unlink, lambda: held.rename("new"), lambda: other.replace(held), Path("a:b").touch]
with held.open():
    for trying in tries:
        try:
            trying()
        except OSError as error:
            print(error.strerror)
try:
    other.rename(held)
except OSError as error:
    print(error.strerror)
other.replace(held)
held.unlink()
"""


def test_files_are_as_on_windows(tmp_path: Path) -> None:
    told = _run("-c", OPEN_FILES, cwd=tmp_path)
    used = "The process cannot access the file because it is being used by another process"
    assert told.stdout.splitlines() == [
        *[used] * 3,
        "The filename, directory name, or volume label syntax is incorrect",
        "Cannot create a file when that file already exists",
    ], told.stderr
    assert list(tmp_path.iterdir()) == []


def test_every_module_can_be_imported() -> None:
    names = {found.name for found in pkgutil.walk_packages(peoplecount.__path__, "peoplecount.")}
    names -= POSIX_ONLY | {"peoplecount.__main__", "peoplecount.storage.migrations.env"}  # these two do things
    program = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    told = _run("-W", "ignore", "-c", program, *sorted(names))
    assert told.returncode == 0, told.stderr
    assert len(names) > 300


def test_gunicorn_is_refused_in_words() -> None:
    told = _run("-m", "peoplecount", "serve", "--server", "gunicorn")
    assert told.returncode == 1
    assert told.stderr == "gunicorn does not run on Windows; gevent's own server does: serve --server gevent\n"


CAMERAS = 3


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Service]:
    """A busy fleet, polled every second."""
    simulator = Simulator(tmp_path, "--port", "0", "--cameras", str(CAMERAS), "--busy")
    service = Service(tmp_path, POLL_INTERVAL="1", **AS_ON_WINDOWS)
    settings = load_settings(plain_environment(**service.settings), env_file=None)
    register_fleet(settings, simulator.get("cameras"))
    yield service
    service.end()
    simulator.end()


def _head(service: Service) -> int:
    """The number of the newest event, once all cameras are up; 0 until then, and while the log has not been read."""
    found = requests.get(f"{service.url}/health/ready", timeout=5).json()
    head = found["stream"]["head"]
    return int(head.rpartition("-")[2]) if head and found["cameras"] == {"up": CAMERAS} else 0


def test_the_service_polls_streams_goes_on_after_a_kill_and_ends_in_order(shop: Service, tmp_path: Path) -> None:
    shop.start()
    wait_until(lambda: _head(shop) > 0, 60, "counts", shop.process)
    shop.kill()  # all that a task ended by the Windows task scheduler is told
    shop.start()
    before = wait_until(lambda: _head(shop), 60, "cameras after the kill", shop.process)
    wait_until(lambda: _head(shop) > before, 60, "further counts", shop.process)
    stream = OpenStream(shop.port)
    assert shop.stop() == 0
    assert b"goodbye" in stream.rest()
    stream.close()
    said = shop.process.said() if shop.process else ""
    assert "Traceback" not in said
    assert "[ERROR]" not in said


def test_commands_work_beside_the_running_service(shop: Service, tmp_path: Path) -> None:
    shop.start()
    wait_until(lambda: _head(shop) > 0, 60, "counts", shop.process)
    assert "problem" not in shop.command("camera", "test").lower()
    kept = shop.command("backup", str(tmp_path / "kept.zip"))
    assert "kept.zip" in kept
    assert shop.stop() == 0
    database = tmp_path / "var" / "peoplecount.db"
    before = sorted(database.parent.rglob("*"))
    with database.open("rb"):  # as by a report, or a scanner
        told = shop.gives("restore", str(tmp_path / "kept.zip"), "--replace")
    assert (told.returncode, told.stderr.count("it is being used by another process")) == (1, 1), told
    assert sorted(database.parent.rglob("*")) == before
    shop.command("restore", str(tmp_path / "kept.zip"), "--replace")
    shop.start()
    wait_until(lambda: _head(shop) > 0, 60, "counts after the restore", shop.process)
    assert "The old key is gone" in shop.command("key", "rotate")


def test_the_log_goes_to_a_file_and_so_does_what_keeps_it_from_starting(shop: Service, tmp_path: Path) -> None:
    shop.launch("--log-file", "log.txt")
    shop.serves()
    assert shop.stop() == 0
    log = tmp_path / "log.txt"
    assert "The dashboard is at http://127.0.0.1:" in log.read_text()
    assert shop.process is not None
    assert shop.process.said() == ""
    shop.settings["POLL_INTERVAL"] = "never"
    shop.launch("--log-file", "log.txt")
    wait_until(shop.process.ended, 60, "the end")
    shop.process.kill()  # lets go of its standard input
    assert shop.process.exit_code() == 2
    assert "Reason: " in log.read_text()
    assert "POLL_INTERVAL" in log.read_text().rpartition("Reason: ")[2]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--server", "gunicorn", "--log-file", "log.txt"], "--log-file is for gevent's own server"),
        (["--log-file", "missing/log.txt"], "The log cannot be written to missing/log.txt: No such file or directory"),
    ],
)
def test_a_log_file_that_cannot_be_written_is_told(options: list[str], says: str, tmp_path: Path) -> None:
    told = _run("-m", "peoplecount", "serve", *options, cwd=tmp_path)
    assert (told.returncode, says in told.stderr) == (1, True), told.stderr
