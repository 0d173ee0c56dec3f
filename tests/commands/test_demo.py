"""The demo as it runs, in a copy of the project whose ``.env`` names real things: none of them may be contacted."""

from __future__ import annotations

import csv
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from requests.auth import HTTPDigestAuth

from peoplecount.commands.demo import demo_environment
from peoplecount.demo_children import CAMERAS
from peoplecount.outbound.errors import AddressRefused
from peoplecount.settings import load_settings
from peoplecount.webhooks import outbound_rules
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

psutil = pytest.importorskip("psutil")
if sys.platform == "win32":
    pytest.skip("the demo runs under gunicorn, which needs POSIX", allow_module_level=True)


class Trap:
    """Listens on loopback and remembers whether anybody came."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.visits = 0
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.visits += 1
            connection.close()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(5)


@pytest.fixture
def trap() -> Iterator[Trap]:
    trap = Trap()
    yield trap
    trap.close()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("project with blanks"))


class Demo:
    """A running demo."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, output: Path) -> None:
        self.process, self.port, self._output = process, port, output
        wait_until(lambda: "The dashboard is at" in self.said() or process.poll() is not None, 60)
        assert process.poll() is None, self.said()
        self.children = psutil.Process(process.pid).children(recursive=True)

    def said(self) -> str:
        return self._output.read_text(encoding="utf-8")

    def left(self) -> list[str]:
        """What of it still runs."""
        return [str(child) for child in self.children if child.is_running() and child.status() != "zombie"]


def settings_that_name(trap: Trap) -> dict[str, str]:
    here = f"127.0.0.1:{trap.port}"
    return {
        "DATABASE_URL": f"mssql+pyodbc://sa:x@{here}/real",
        "DB_SERVER": "127.0.0.1",
        "DB_PORT": str(trap.port),
        "DB_NAME": "real",
        "CAMERA_USER": "admin",
        "CAMERA_PASSWORD": "x",
        "CLOCK_URL": f"http://{here}/control/clock",
        "SMTP_SERVER": "127.0.0.1",
        "SMTP_PORT": str(trap.port),
        "WEBHOOK_URL": f"http://{here}/hook",
        "HTTP_PROXY": f"http://{here}",
        "http_proxy": f"http://{here}",
        "GUNICORN_CMD_ARGS": "--nonsense",
    }


@contextmanager
def started(project: Path, tmp_path: Path, trap: Trap) -> Iterator[Demo]:
    (project / ".env").write_text("".join(f"{name} = {value}\n" for name, value in settings_that_name(trap).items()))
    port = free_port()
    environment = bare_environment(PORT=str(port), **settings_that_name(trap))
    command = python("-m", "peoplecount", "demo")
    with running(command, environment, cwd=project, output=tmp_path / "output") as process:
        demo = Demo(process, port, tmp_path / "output")
        yield demo
        wait_until(lambda: not demo.left())


@pytest.fixture
def demo(project: Path, tmp_path: Path, trap: Trap) -> Iterator[Demo]:
    with started(project, tmp_path, trap) as demo:
        yield demo


PAST_WITHIN = 90
"""Seconds in which a first demo has a past, on a machine with other things to do."""


def test_a_first_demo_has_a_past_of_whole_weeks_soon_after_its_start(project: Path, tmp_path: Path, trap: Trap) -> None:
    shutil.rmtree(project / "var", ignore_errors=True)
    today = datetime.now(UTC).date()
    asked = {"from": str(today - timedelta(days=15)), "to": str(today - timedelta(days=2)), "step": "day"}

    def days_with_people() -> int:
        answer = requests.get(f"http://127.0.0.1:{demo.port}/history.csv", params=asked, timeout=20)
        return sum(int(row["in"] or 0) > 0 for row in csv.DictReader(answer.text.splitlines())) if answer.ok else 0

    with started(project, tmp_path, trap) as demo:
        wait_until(lambda: days_with_people() == 14, PAST_WITHIN)
        assert 'class="past"' in requests.get(f"http://127.0.0.1:{demo.port}/history", timeout=20).text
        demo.process.terminate()
        assert demo.process.wait(10) == 0


def test_a_second_demo_leaves_the_first_one_alone(demo: Demo, project: Path) -> None:
    wait_until(lambda: (project / "var" / "demo" / "leader.lock").read_text() != "", 20)
    second = subprocess.run(
        python("-m", "peoplecount", "demo"),
        cwd=project,
        env=bare_environment(PORT=str(free_port())),
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    assert (second.returncode, "A demo runs already" in second.stderr) == (1, True)
    assert "Traceback" not in second.stderr
    assert status_of(demo.port, "/health/live") == 200
    demo.process.terminate()
    assert demo.process.wait(10) == 0


def made_by_the_printed_command(demo: Demo, words: str) -> str:
    """What a command says that is typed as the demo prints it."""
    said = re.search(r"in another terminal:\n +(cd .*)\n +(.*) …\n", demo.said())
    assert said
    folder, command = said.groups()
    done = subprocess.run(
        ["sh", "-c", f"{folder} && {command} {words}"],
        env=bare_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_camera_is_left_to_be_added_by_hand(demo: Demo) -> None:
    said = re.search(r"to add by hand: (\S+)  user (\S+)  password (\S+)", demo.said())
    assert said
    address, user, password = said.groups()
    about = f"{address}/stw-cgi/system.cgi?msubmenu=deviceinfo&action=view"
    assert requests.get(about, auth=HTTPDigestAuth(user, password), timeout=10).status_code == 200

    def entered() -> set[str]:
        told = requests.get(f"http://127.0.0.1:{demo.port}/api/v1/cameras", timeout=10)
        return {one["cameraId"] for one in told.json().get("value", ())}

    wait_until(lambda: len(entered()) == CAMERAS, 60)
    assert address.rpartition("/")[2] not in entered()
    assert f"http://127.0.0.1:{demo.port}/welcome#" in made_by_the_printed_command(demo, "user link")
    demo.process.terminate()
    assert demo.process.wait(10) == 0


def test_people_move_nothing_real_is_contacted_and_ctrl_c_ends_it_all(demo: Demo, project: Path, trap: Trap) -> None:
    assert f"http://127.0.0.1:{demo.port}\n" in demo.said()
    assert status_of(demo.port, "/health/live") == 200
    assert demo.said().count(f"http://127.0.0.1:{demo.port}/welcome#") == 1
    zone = (project / "var" / "demo" / "time-zone").read_text()
    assert f"the time zone {zone}, where it is " in demo.said()
    sites = requests.get(f"http://127.0.0.1:{demo.port}/api/v1/sites", timeout=10).json()["value"]
    assert {one["timeZone"] for one in sites} == {zone}
    assert status_of(demo.port, "/account") == 303, "whoever sits at the machine may look, and has no account"
    stream = OpenStream(demo.port)
    line = b""
    while b"PeopleCountingUpdate" not in line:
        line = stream.response.readline()
        assert line, "the stream ended before anybody had moved"
    begun = time.monotonic()
    os.killpg(demo.process.pid, signal.SIGINT)
    assert demo.process.wait(10) == 0
    assert time.monotonic() - begun < 5
    stream.close()
    assert demo.left() == []
    assert trap.visits == 0
    assert "Traceback" not in demo.said()
    assert (project / "var" / "demo" / "peoplecount.db").exists()
    assert [entry.name for entry in (project / "var").iterdir()] == ["demo"]
    assert open_to_others(project / "var") == []


def test_a_second_start_keeps_what_is_there_and_sigterm_ends_it(project: Path, tmp_path: Path, trap: Trap) -> None:
    for _ in range(2):
        with started(project, tmp_path, trap) as demo:
            kept = (project / "var" / "demo" / "seal.key").stat().st_mtime
            demo.process.terminate()
            assert demo.process.wait(10) == 0
            assert demo.left() == []
            assert "Traceback" not in demo.said()
            assert "is down" not in demo.said(), "the cameras keep their addresses"
    assert (project / "var" / "demo" / "seal.key").stat().st_mtime == kept


def test_killing_it_leaves_no_child_behind(demo: Demo) -> None:
    demo.process.kill()
    demo.process.wait(10)
    wait_until(lambda: not demo.left(), 10)


def test_a_service_that_dies_ends_the_demo_in_one_line(demo: Demo) -> None:
    master = next(child for child in demo.children if "gunicorn" in " ".join(child.cmdline()))
    master.kill()
    assert demo.process.wait(10) == 1
    assert "The service has ended by itself" in demo.said()


def told(project: Path = ROOT, **environ: str) -> tuple[int, str]:
    command = python("-m", "peoplecount", "demo")
    done = subprocess.run(
        command, cwd=project, env=bare_environment(**environ), capture_output=True, text=True, check=False, timeout=30
    )
    return done.returncode, done.stderr


def test_a_taken_port_is_a_one_line_error(trap: Trap) -> None:
    code, error = told(PORT=str(trap.port))
    assert code == 1
    assert error.startswith(f"Port {trap.port} on 127.0.0.1 is taken")
    assert error.count("\n") == 1


@pytest.mark.parametrize("spoilt", ["var", "var/demo", "var/demo/peoplecount.db", "var/demo/seal.key"])
def test_a_folder_it_cannot_use_is_a_one_line_error(tmp_path: Path, spoilt: str) -> None:
    project = copy_project(tmp_path)
    (project / spoilt).parent.mkdir(parents=True, exist_ok=True)
    (project / spoilt).write_text("neither a folder nor a database nor a key")
    code, error = told(project, PORT=str(free_port()))
    assert code == 1
    assert error.startswith(f"The demo cannot use {project / 'var' / 'demo'}")
    assert error.count("\n") == 1


def test_only_this_machine_may_look() -> None:
    code, error = told(HOST="0.0.0.0")
    assert code == 1
    assert "without signing in" in error


def test_wrong_settings_are_told_in_words() -> None:
    code, error = told(PORT="x")
    assert code == 2
    assert "PORT" in error


def test_the_children_get_nothing_of_the_environment_but_what_they_need() -> None:
    environ = {"PATH": "/bin", "LC_ALL": "C", "TZ": "UTC", "PORT": "8001", "SECRET": "x", "DATABASE_URL": "x"}
    environment = demo_environment(environ)
    assert not {"SECRET", "DATABASE_URL"} & environment.keys()
    assert {"PATH", "LC_ALL", "TZ", "PORT"} <= environment.keys()
    settings = load_settings(environment, env_file=None)
    assert settings.demo
    assert settings.data_dir == ROOT / "var" / "demo"
    assert settings.back_fill_days == 30, "its history begins weeks before it"


def test_webhooks_of_the_demo_may_lead_to_this_machine_and_to_flows_and_nowhere_else_inside() -> None:
    environ = {"WEBHOOK_NETWORKS": "10.0.0.0/8", "WEBHOOK_HOSTS": "*"}
    rules = outbound_rules(load_settings(demo_environment(environ), env_file=None))
    for address in ("http://127.0.0.1:9000/in", "http://[::1]:9000/in", "http://localhost:9000/in"):
        assert rules.target(address).address == address
    assert rules.target("https://prod-1.westeurope.logic.azure.com/workflows/1").is_https
    for address in ("http://10.1.2.3/in", "https://169.254.169.254/latest", "https://hooks.example/in"):
        with pytest.raises(AddressRefused):
            rules.target(address)
