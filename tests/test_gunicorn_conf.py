"""``gunicorn.conf.py`` as it runs: under a real gunicorn, with a small application in the service's place."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.gunicorn import command, stand_in
from tests.support.processes import (
    ROOT,
    OpenStream,
    bare_environment,
    free_port,
    python,
    running,
    status_of,
)
from tests.support.waiting import wait_until

pytest.importorskip("gunicorn", reason="gunicorn runs on POSIX only")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return stand_in(tmp_path)


@pytest.fixture
def port() -> int:
    return free_port()


PATIENT = "--graceful-timeout 60"
"""So that an end that was not waited for can be told from one that was, on the slowest machine."""

NOT_PATIENTLY = 20.0
"""Seconds."""


@pytest.fixture
def served(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    environment = bare_environment(PORT=str(port), GUNICORN_CMD_ARGS=PATIENT)
    with running(command(), environment, cwd=folder, output=folder / "output") as process:
        wait_until(lambda: status_of(port, "/health/live") == 200)
        yield process


@contextmanager
def started(folder: Path, *options: str, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    """gunicorn, just started; what it says is in the file ``output``."""
    with running(command(*options), bare_environment(**environ), cwd=folder, output=folder / "output") as process:
        yield process


def ended_in_one_line(process: subprocess.Popen[bytes], folder: Path, words: str) -> None:
    assert process.wait(20) == 1
    said = (folder / "output").read_text()
    assert said.count(words) == 1, said
    assert "Traceback" not in said


def refused(folder: Path, *options: str, **environ: str) -> tuple[int, list[str]]:
    """Exit code and lines, without gunicorn's own dated ones."""
    told = subprocess.run(
        command(*options),
        check=False,
        cwd=folder,
        env=bare_environment(**environ),
        capture_output=True,
        text=True,
        timeout=20,
    )
    return told.returncode, [line for line in told.stderr.splitlines() if not line.startswith("[")]


def test_it_imports_nothing_that_opens_sockets_before_gevent_patches() -> None:
    program = (
        "import socket, sys\n"  # gunicorn's master has it anyway, and asks it whether the port is free
        "before = set(sys.modules)\n"
        "import runpy; runpy.run_path('gunicorn.conf.py')\n"
        "print(*set(sys.modules) - before)"
    )
    told = subprocess.run(
        python("-c", program), cwd=ROOT, env=bare_environment(), capture_output=True, text=True, check=True
    )
    imported = set(told.stdout.split())
    assert "peoplecount.settings" in imported
    assert not {"ssl", "requests", "urllib3", "flask", "sqlalchemy", "gevent", "http.client", "sqlite3"} & imported


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_open_stream_is_ended_at_once(
    served: subprocess.Popen[bytes], folder: Path, port: int, number: signal.Signals
) -> None:
    stream = OpenStream(port)
    assert stream.first == b": hello\n"
    begun = time.monotonic()
    served.send_signal(number)
    stream.rest()
    assert served.wait(10) == 0
    assert time.monotonic() - begun < NOT_PATIENTLY
    stream.close()
    output = (folder / "output").read_text()
    assert "started" in output
    assert "stopped" in output
    assert "Traceback" not in output


def test_sigterm_lets_a_stream_say_goodbye(served: subprocess.Popen[bytes], port: int) -> None:
    stream = OpenStream(port)
    served.terminate()
    assert stream.rest() == b": goodbye\n"
    stream.close()


LINK = "The dashboard is at http://"


def test_it_says_where_the_dashboard_is_as_a_link(
    served: subprocess.Popen[bytes],
    folder: Path,
    port: int,
) -> None:
    assert (folder / "output").read_text().count(f"{LINK}127.0.0.1:{port}\n") == 1


@pytest.mark.parametrize("more", [{"LOG_LEVEL": "WARNING"}, {"PEOPLECOUNT_DEMO": "1", "LOG_LEVEL": "INFO"}])
def test_it_says_no_link_where_warnings_only_are_wanted_or_the_demo_says_it(
    folder: Path, port: int, more: dict[str, str]
) -> None:
    environment = bare_environment(PORT=str(port), DATA_DIR=str(folder), **more)
    reading, writing = os.pipe()  # the demo holds the other end of its service's standard input
    with open(folder / "output", "wb") as output:
        process = subprocess.Popen(command(), cwd=folder, env=environment, stdin=reading, stderr=output, stdout=output)
    os.close(reading)
    try:
        wait_until(lambda: status_of(port, "/health/live") == 200)
        assert LINK not in (folder / "output").read_text()
        process.terminate()
        assert process.wait(10) == 0
    finally:
        os.close(writing)
        process.kill()
        process.wait()


def test_the_limit_on_open_files_is_raised_for_streams(served: subprocess.Popen[bytes]) -> None:
    import resource  # noqa: PLC0415  POSIX

    prlimit = getattr(resource, "prlimit", None)
    if prlimit is None:
        pytest.skip("only Linux tells another process' limits")
    soft, hard = prlimit(served.pid, resource.RLIMIT_NOFILE)
    assert soft == hard or soft >= 11_000


def test_no_control_socket_is_left_in_the_home_folder(folder: Path, port: int) -> None:
    home = folder / "home"
    home.mkdir()
    with running(command(), bare_environment(PORT=str(port), HOME=str(home)), cwd=folder) as process:
        wait_until(lambda: status_of(port, "/health/live") == 200)
        assert list(home.iterdir()) == []
        process.terminate()
        process.wait(10)


def test_a_taken_port_is_one_line(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        code, lines = refused(folder, PORT=str(taken))
    assert code == 1
    assert len(lines) == 1
    assert lines[0].startswith(f"Port {taken} on 127.0.0.1 is taken")


def test_wrong_settings_are_told_and_nothing_starts(folder: Path) -> None:
    code, lines = refused(folder, PORT="x", DATABASE_URL="hush")
    assert code == 2
    assert lines[0] == "2 settings are wrong:"
    assert "hush" not in str(lines)


@pytest.mark.parametrize("options", [(), ("--bind", "0.0.0.0:0")])
def test_others_cannot_reach_it_where_nobody_must_sign_in(folder: Path, port: int, options: tuple[str, ...]) -> None:
    environ = {"PORT": str(port)} if options else {"PORT": str(port), "HOST": "0.0.0.0"}
    code, lines = refused(folder, *options, SIGNED_OUT_LOOK="on", **environ)
    assert code == 1
    assert "without signing in" in lines[0]


def test_a_host_that_others_can_reach_is_refused_after_sighup_too(folder: Path, port: int) -> None:
    (folder / ".env").write_text(f"HOST=127.0.0.1\nPORT={port}\nSIGNED_OUT_LOOK=on\n")
    with started(folder) as process:
        wait_until(lambda: status_of(port, "/health/live") == 200)
        (folder / ".env").write_text(f"HOST=0.0.0.0\nPORT={free_port()}\nSIGNED_OUT_LOOK=on\n")
        process.send_signal(signal.SIGHUP)
        ended_in_one_line(process, folder, "without signing in")
    assert (folder / "output").read_text().count("started") == 1, "no worker has served there"


def test_sighup_takes_up_another_port(folder: Path, port: int) -> None:
    other = free_port()
    (folder / ".env").write_text(f"PORT={port}\n")
    with started(folder) as process:
        wait_until(lambda: status_of(port, "/health/live") == 200)
        (folder / ".env").write_text(f"PORT={other}\n")
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: status_of(other, "/health/live") == 200)
        wait_until(lambda: f"{LINK}127.0.0.1:{other}\n" in (folder / "output").read_text())


HANDING_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.argv[2], sys.argv[2:])
"""


@contextmanager
def handed_over(folder: Path, listener: socket.socket) -> Iterator[subprocess.Popen[bytes]]:
    """gunicorn with a socket that somebody else has opened, as systemd does."""
    with open(folder / "output", "wb") as output:
        process = subprocess.Popen(
            python("-c", HANDING_OVER, str(listener.fileno()), *command()),
            cwd=folder,
            env=bare_environment(),
            pass_fds=[listener.fileno()],
            stdout=output,
            stderr=output,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(10)


def test_a_socket_handed_over_that_others_can_reach_is_refused(folder: Path) -> None:
    (folder / ".env").write_text("SIGNED_OUT_LOOK=on\n")
    with socket.create_server(("0.0.0.0", 0)) as listener, handed_over(folder, listener) as process:
        ended_in_one_line(process, folder, "without signing in")
    assert "started" not in (folder / "output").read_text()


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_UNIX])
def test_a_socket_handed_over_that_only_this_machine_reaches_is_served(folder: Path, family: int) -> None:
    address = ("127.0.0.1", 0) if family == socket.AF_INET else str(folder / "socket")
    with (
        socket.create_server(address, family=family) as listener,
        handed_over(folder, listener),
        socket.socket(family) as client,
    ):
        client.settimeout(20)
        client.connect(listener.getsockname())
        client.sendall(b"GET /health/live HTTP/1.0\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.")


def test_nobody_on_this_machine_may_say_where_a_request_came_in(served: subprocess.Popen[bytes], port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    liar = {"SCRIPT_NAME": "/url", "PATH_INFO": "/events", "X-Forwarded-Proto": "https"}
    connection.request("GET", "/url", headers=liar)
    with connection.getresponse() as response:
        assert response.read().decode() == f"http://127.0.0.1:{port}/url"
    connection.close()


@pytest.mark.parametrize(
    ("fault", "said"),
    [("CLOCK_FAULT", ""), ("START_FAULT", ""), ("SETTINGS_FAULT", "One setting is wrong: - ")],
)
def test_workers_that_cannot_start_end_it_with_one_line_for_all(folder: Path, port: int, fault: str, said: str) -> None:
    with started(folder, PORT=str(port), WEB_WORKERS="3", **{fault: "the disk is gone"}) as process:
        ended_in_one_line(process, folder, f"Reason: Cannot start: {said}the disk is gone")


def test_what_is_odd_about_the_settings_is_in_the_log(folder: Path, port: int) -> None:
    (folder / ".env").write_text(f"PORT={port}\nDB_HOST=srv\n")
    with running(command(), bare_environment(), cwd=folder, output=folder / "output"):
        wait_until(lambda: status_of(port, "/health/live") == 200)
    assert "did you mean DB_SERVER?" in (folder / "output").read_text()


def test_the_demos_service_ends_when_the_demo_is_killed(folder: Path, port: int) -> None:
    """The demo holds the other end of its standard input."""
    reading, writing = os.pipe()
    environment = bare_environment(PEOPLECOUNT_DEMO="1", PORT=str(port), DATA_DIR=str(folder))
    process = subprocess.Popen(command(), cwd=folder, env=environment, stdin=reading, stderr=subprocess.DEVNULL)
    os.close(reading)
    try:
        wait_until(lambda: status_of(port, "/health/live") == 200)
        os.close(writing)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
