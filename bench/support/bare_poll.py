"""The least that a poll can cost with ``requests``: a loop and nothing else, in a process of its own."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import requests
from requests.auth import HTTPDigestAuth

TARGET = "/stw-cgi/eventsources.cgi?msubmenu=peoplecount&action=check"
HEADERS = {"Accept": "application/json"}


class BarePoll:
    """Polls cameras one after the other, when it is told to; a context manager."""

    def __init__(self, fleet: list[dict[str, Any]], authority: Path | None = None) -> None:
        """``authority`` is the certificate that all cameras show."""
        self._end, there = multiprocessing.Pipe()
        verify = str(authority) if authority else True
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_run, args=(there, fleet, verify), daemon=True)

    def __enter__(self) -> BarePoll:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._end.send(None)
        self._process.join(5)
        if self._process.is_alive():
            self._process.terminate()

    def cost(self, polls: int, *, kept: bool) -> float:
        """CPU milliseconds of one poll; with ``kept`` sessions and digests, or with new ones each time."""
        self._end.send((polls, kept))
        return self._end.recv()


def _run(end: Connection, fleet: list[dict[str, Any]], verify: str | bool) -> None:  # noqa: FBT001
    sessions = [_session(camera, verify) for camera in fleet]
    addresses = [camera["address"] + TARGET for camera in fleet]
    for session, address in zip(sessions, addresses, strict=True):
        session.get(address, timeout=10)

    def kept(number: int) -> None:
        sessions[number].get(addresses[number], timeout=10).json()

    def new(number: int) -> None:
        with _session(fleet[number], verify) as session:
            session.get(addresses[number], timeout=10).json()

    with suppress(EOFError):
        while (order := end.recv()) is not None:
            polls, is_kept = order
            end.send(_cost(kept if is_kept else new, polls, len(fleet)))


def _cost(poll: Callable[[int], None], polls: int, cameras: int) -> float:
    begun = time.process_time()
    for number in range(polls):
        poll(number % cameras)
    return (time.process_time() - begun) / polls * 1000


def _session(camera: dict[str, Any], verify: str | bool) -> requests.Session:  # noqa: FBT001
    session = requests.Session()
    session.trust_env = False
    session.verify = verify
    session.headers.update(HEADERS)
    session.auth = HTTPDigestAuth(camera["username"], camera["password"])
    return session
