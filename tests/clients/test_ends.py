"""How streams of the real service end, and what is back afterwards."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from pathlib import Path

import pytest

pytest.importorskip("gunicorn", reason="gunicorn runs on POSIX only")
psutil = pytest.importorskip("psutil", reason="psutil is in requirements-dev.txt")

from peoplecount.eventlog.log import Append  # noqa: E402
from peoplecount.eventlog.sqlite_log import SQLiteEventLog  # noqa: E402
from tests.support.counting_line import EIGHT, CountingLine  # noqa: E402
from tests.support.living_service import living_service  # noqa: E402
from tests.support.processes import OpenStream, status_of  # noqa: E402
from tests.support.running import wait_until  # noqa: E402

TOKEN = "an-administrators-token"
HEARTBEAT = 15
STUCK_SECONDS = 1.5


@pytest.fixture(scope="module")
def living(tmp_path_factory):
    settings = {"ADMIN_TOKEN": TOKEN, "STREAMS_MAX": "40", "STREAMS_PER_CLIENT": "40"}
    with living_service(tmp_path_factory.mktemp("service"), **settings) as living:
        yield living


def fill_log(folder: Path, entries: int) -> None:
    """So much that no connection takes it unread."""
    folder.mkdir()
    log = SQLiteEventLog(folder / "events.sqlite")
    term = log.raise_term()
    line = CountingLine("gone")
    for _ in range(entries // 1000):
        log.append(term, [Append(tuple(line.count(1) for _ in range(1000)))], EIGHT)
    log.close()


def deaf_reader(port: int) -> socket.socket:
    """Asks for everything, and reads nothing."""
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    deaf.connect(("127.0.0.1", port))
    deaf.sendall(b"GET /events?since=earliest HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    return deaf


def not_sent(deaf: socket.socket) -> int:
    """Bytes that wait at the service's end of a connection."""
    theirs = f":{deaf.getsockname()[1]:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[4].split(":")[0], 16) for row in rows if row[2].endswith(theirs))


class Unsent:
    """What waits at the service's end of a connection, and since when it does not change."""

    def __init__(self, deaf: socket.socket) -> None:
        self._deaf = deaf
        self._bytes, self._since = 0, 0.0

    def is_stuck(self) -> bool:
        now, found = time.monotonic(), not_sent(self._deaf)
        if found != self._bytes:
            self._bytes, self._since = found, now
        return found > 0 and now - self._since > STUCK_SECONDS


def held_connections(worker: psutil.Process, port: int) -> list[str]:
    """States of connections of clients that it has not closed, but for the one that health is asked on."""
    return [one.status for one in worker.net_connections("tcp") if one.laddr.port == port and one.raddr]


def open_count(living) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", living.port, timeout=10)
    connection.request("GET", "/health/ready")
    body = json.loads(connection.getresponse().read())
    connection.close()
    return body["stream"]["open"]


def close_streams(living) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", living.port, timeout=10)
    connection.request("POST", "/close-stream", headers={"X-Admin-Token": TOKEN})
    status = connection.getresponse().status
    connection.close()
    return status


def test_when_all_streams_are_taken_pages_and_health_answer_and_newcomers_are_asked_to_wait(living):
    streams = [OpenStream(living.port) for _ in range(40)]
    assert all(stream.response.status == 200 for stream in streams)
    refused = OpenStream(living.port)
    assert (refused.response.status, refused.response.getheader("Retry-After")) == (503, "30")
    assert status_of(living.port, "/") == status_of(living.port, "/health/live") == 200
    assert status_of(living.port, "/health/ready") == 200
    for stream in (refused, *streams):
        stream.close()
    wait_until(lambda: open_count(living) == 0, HEARTBEAT + 10, "streams that are given back")


def test_who_has_gone_is_noticed_within_a_heartbeat_and_descriptors_are_back(living):
    (worker,) = living.workers()
    wait_until(lambda: open_count(living) == 0, 30, "no stream before")
    come_and_go(living)  # its threads open the log when they are first used, and keep it open
    wait_until(lambda: not held_connections(worker, living.port), 20, "connections before")
    before = worker.num_fds()
    streams = come(living)
    assert worker.num_fds() >= before + len(streams)
    for stream in streams:
        stream.close()
    begun = time.monotonic()
    wait_until(lambda: open_count(living) == 0, HEARTBEAT + 10, "streams whose clients have gone")
    assert time.monotonic() - begun < HEARTBEAT + 5
    wait_until(lambda: not held_connections(worker, living.port), 20, "connections")
    wait_until(lambda: worker.num_fds() <= before + 3, 20, "descriptors")  # a camera's, a file's


def come(living):
    return [OpenStream(living.port, "/events?camera=south&kind=CameraStatus") for _ in range(30)]


def come_and_go(living):
    for stream in come(living):
        stream.close()
    wait_until(lambda: open_count(living) == 0, HEARTBEAT + 10, "streams whose clients have gone")


def test_an_administrator_ends_streams(living):
    stream = OpenStream(living.port)
    assert close_streams(living) == 202
    assert b"ended by an administrator" in stream.rest()
    stream.close()


def test_who_does_not_take_its_goodbye_is_cut_off(tmp_path):
    fill_log(tmp_path / "var", 20_000)
    with living_service(tmp_path, ADMIN_TOKEN=TOKEN) as living:
        deaf = deaf_reader(living.port)
        wait_until(Unsent(deaf).is_stuck, 60, "a connection that takes no more")
        assert open_count(living) == 1
        assert close_streams(living) == 202
        wait_until(lambda: open_count(living) == 0, 10, "the end of a stream that nobody reads")
        deaf.close()


def test_a_ticket_works_in_the_real_service(living):
    connection = http.client.HTTPConnection("127.0.0.1", living.port, timeout=10)
    connection.request("POST", "/events/ticket")
    ticket = json.loads(connection.getresponse().read())["ticket"]
    connection.close()
    assert [status_of(living.port, f"/events?timeout=0&ticket={ticket}") for _ in range(2)] == [200, 401]


def test_at_a_signal_readers_get_goodbye_and_who_does_not_read_is_not_waited_for(tmp_path):
    fill_log(tmp_path / "var", 20_000)
    with living_service(tmp_path) as living:
        stream = OpenStream(living.port)
        deaf = deaf_reader(living.port)
        wait_until(lambda: open_count(living) == 2, 20, "both streams")
        wait_until(Unsent(deaf).is_stuck, 60, "a connection that takes no more")
        ended = []
        reading = threading.Thread(target=lambda: ended.append((stream.rest(), time.monotonic())))
        reading.start()
        begun = time.monotonic()
        assert living.stop() == 0
        reading.join(10)
        (rest, end) = ended[0]
        assert b"event: goodbye" in rest
        assert end - begun < 2
        said = living.service.process.said()
        assert "Worker exiting" in said, "gunicorn had to kill it because of who does not read"
        stream.close()
        deaf.close()
