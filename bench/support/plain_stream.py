"""Streams on gunicorn and gevent with nothing of ours: a queue for each client, and a generator that only waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import gevent
from gevent.queue import Queue

Start = Callable[..., Any]
HEADERS = [("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache")]

clients: set[Queue] = set()


def queues(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    if environ["REQUEST_METHOD"] == "POST":
        frame = b"event: PeopleCountingUpdate\ndata: " + environ["wsgi.input"].read() + b"\n\n"
        for queue in list(clients):
            if queue.qsize() < 1000:
                queue.put(frame)
        start("204 No Content", [])
        return []
    start("200 OK", HEADERS)
    return _follow()


def _follow() -> Iterator[bytes]:
    queue = Queue()
    clients.add(queue)
    try:
        yield b":\n\n"
        while True:
            yield queue.get()
    finally:
        clients.discard(queue)


def bare(_environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    start("200 OK", HEADERS)
    return _beat()


def _beat() -> Iterator[bytes]:
    yield b":\n\n"
    while True:
        gevent.sleep(15)
        yield b":\n\n"
