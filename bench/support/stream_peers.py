"""The servers that streams are compared with, as small as their own documentation writes them, and ours."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

from tests.support.processes import ROOT, free_port
from tests.support.running import Process, Service, plain_environment, wait_until

HOST = "127.0.0.1"
FILTERS = 100
NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
"""Debian's libnginx-mod-nchan."""

LONGEST_LIFE = 1800.0
"""Seconds after which a publisher stops by itself."""


class Publisher:
    """Publishes so many events a second, from a process of its own; a context manager."""

    def __init__(self, publish: Callable[..., None], *arguments: object) -> None:
        """``publish`` is called with the arguments, a function that gives the next event's number, and an end."""
        self._end, there = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=publish, args=(there, *arguments), daemon=True)

    def __enter__(self) -> Publisher:
        self._process.start()
        self._end.recv()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._end.send(None)
        self._process.join(10)
        if self._process.is_alive():
            self._process.terminate()

    def rate(self, a_second: float) -> None:
        """So many from now on; 0 for none."""
        self._end.send(a_second)


def paced(end: Connection, publish: Callable[[int], None]) -> None:
    """Call ``publish`` with growing numbers as often as is asked for."""
    end.send("ready")
    ends_at = time.monotonic() + LONGEST_LIFE
    rate, number, due = 0.0, 0, time.monotonic()
    while time.monotonic() < ends_at:
        if end.poll(0 if rate else 0.2):
            try:
                order = end.recv()
            except EOFError:
                return
            if order is None:
                return
            rate, due = order, time.monotonic()
        if not rate:
            continue
        publish(number)
        number += 1
        due = max(due + 1 / rate, time.monotonic() - 0.5)  # what it could not keep up with is left out
        time.sleep(max(0.0, due - time.monotonic()))


def camera_of(number: int) -> str:
    """The camera that an event is of: all filters by turns."""
    return f"cam{number * 37 % FILTERS}"


def body(number: int) -> dict[str, Any]:
    """What a count event says, and when it was published, in microseconds."""
    now = time.time()
    return {
        "siteId": "site",
        "siteName": "A site with a name",
        "cameraId": camera_of(number),
        "cameraName": "A camera with a name",
        "doorId": "door",
        "doorName": "A door with a name",
        "lineId": f"{camera_of(number)}-0-1-1",
        "lineName": "A line with a name",
        "from": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(now - 10)),
        "to": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(now)),
        "localTime": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)),
        "in": 1,
        "out": 0,
        "cameraInTotal": number,
        "cameraOutTotal": number,
        "inToday": number,
        "outToday": number,
        "occupancy": 17,
        "quality": "measured",
        "sentAt": int(now * 1_000_000),
    }


def _json(number: int) -> str:
    return json.dumps(body(number), separators=(",", ":"))


def publish_by_http(end: Connection, port: int, path: str) -> None:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)

    def publish(number: int) -> None:
        connection.request("POST", path, _json(number), {"X-EventSource-Event": "PeopleCountingUpdate"})
        connection.getresponse().read()

    paced(end, publish)


def publish_by_log(end: Connection, data: str) -> None:
    """As the process that polls does: it holds the lead, so that those who serve only follow."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from peoplecount.domain.event import EventKind, NewEvent  # noqa: PLC0415
    from peoplecount.eventlog.data_folder import DataFolder  # noqa: PLC0415
    from peoplecount.eventlog.log import Append  # noqa: PLC0415

    folder = DataFolder.at(Path(data))
    folder.make()
    folder.open()
    assert folder.leader_lock.try_acquire()
    term = folder.log.raise_term()

    def publish(number: int) -> None:
        fields = body(number)
        event = NewEvent(
            EventKind.COUNT,
            "site",
            fields["cameraId"],
            "door",
            fields["lineId"],
            _json(number),
        )
        folder.log.append(term, [Append((event,))], datetime.now(UTC))

    paced(end, publish)
    folder.leader_lock.release()
    folder.close()


class Server:
    """A server of streams under measurement."""

    def __init__(self, name: str, port: int, process: psutil.Process, publisher: Publisher, path: str) -> None:
        self.name = name
        self.port = port
        self.publisher = publisher
        self.path = path
        self._process = process

    def filtered(self) -> list[str]:
        """Addresses that bring one camera each."""
        return [f"{self.path}?camera=cam{number}" for number in range(FILTERS)]

    def cpu(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def descriptors(self) -> int:
        return self._process.num_fds()

    def megabytes(self) -> float:
        return float(self._process.memory_info().rss / 2**20)


@contextmanager
def ours(folder: Path, *, shared: bool = False) -> Iterator[Server]:
    """The real service; with ``shared`` every reader is woken for every event."""
    service = _StreamService(folder, STREAMS_MAX="10000", STREAMS_PER_CLIENT="10000", LOG_LEVEL="WARNING")
    service.module = "bench.support.shared_wsgi:app" if shared else "wsgi:app"
    with Publisher(publish_by_log, service.settings["DATA_DIR"]) as publisher:
        service.start()
        try:
            assert service.process is not None
            (worker,) = psutil.Process(service.process.pid).children()
            yield Server("ours", service.port, worker, publisher, "/events")
        finally:
            service.end()


class _StreamService(Service):
    module = "wsgi:app"

    def launch(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), self.module]
        self.process = Process(command, self.folder / "service.txt", plain_environment(**self.settings), self.folder)


@contextmanager
def peer(name: str, folder: Path) -> Iterator[Server]:
    """One of the Python peers."""
    port = free_port()
    if name == "sse-starlette":
        command = [sys.executable, "-m", "uvicorn", "--port", str(port), "--log-level", "warning", "--no-access-log"]
        command.append("bench.support.starlette_stream:app")
    else:
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "-k",
            "gevent",
            "--worker-connections",
            "10000",
            "-b",
            f"{HOST}:{port}",
        ]
        command.append(f"bench.support.plain_stream:{'queues' if name == 'queue per client' else 'bare'}")
    process = Process(command, folder / "peer.txt", plain_environment(), folder)
    try:
        wait_until(lambda: _listens(port), 60, name, process)
        parent = psutil.Process(process.pid)
        server = parent if name == "sse-starlette" else parent.children()[0]
        with Publisher(publish_by_http, port, "/publish") as publisher:
            yield Server(name, port, server, publisher, "/events")
    finally:
        process.kill()


@contextmanager
def nchan(folder: Path) -> Iterator[Server]:
    """nginx with nchan."""
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"load_module {NCHAN};\ndaemon off;\nworker_processes 1;\n"
        f"pid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n"
        "worker_rlimit_nofile 20000;\nevents { worker_connections 12000; }\n"
        "http { access_log off; nchan_shared_memory_size 512m;\n"
        f"client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;\n"
        f"uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;\n"
        f"server {{ listen {HOST}:{port}; keepalive_requests 1000000;\n"
        "location = /publish { nchan_publisher; nchan_channel_id all; nchan_message_buffer_length 1000; }\n"
        "location = /events { nchan_subscriber eventsource; nchan_channel_id all; } } }\n"
    )
    process = Process(
        ["nginx", "-p", str(folder), "-c", str(configuration)], folder / "peer.txt", plain_environment(), folder
    )
    try:
        wait_until(lambda: _listens(port), 20, "nginx", process)
        (worker,) = psutil.Process(process.pid).children()
        with Publisher(publish_by_http, port, "/publish") as publisher:
            publisher.rate(1)  # a channel is only there once something was published
            time.sleep(1.5)
            publisher.rate(0)
            yield Server("nginx + nchan", port, worker, publisher, "/events")
    finally:
        process.terminate()


def _listens(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/none")
        return bool(connection.getresponse().status)
    except OSError:
        return False
    finally:
        connection.close()
