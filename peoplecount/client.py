"""A client of the API for programs in Python. Needs ``requests`` and nothing else of this package.

::

    from peoplecount.client import Client

    counts = Client("https://counts.example", "pc_…")
    for door in counts.latest():
        print(door["doorName"], door["inToday"], door["outToday"])
    for hour in counts.history("2026-05-01", "2026-06-01", step="60", scope="site"):
        print(hour["localStart"], hour["in"])
    for event in counts.events(kind=["PeopleCountingUpdate"]):
        print(event["time"], event["doorName"], event["in"])
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import requests
from requests.auth import AuthBase

Row = dict[str, Any]

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
WAITS_SECONDS = 50
"""How long a question for events waits at the server; proxies between like to cut at 60."""

LONGEST_PAUSE = 60.0
PASSES = {429, 500, 502, 503, 504}
"""Answers after which it is worth asking again."""

_LOST = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
"""The connection, before the answer or in the middle of it."""


class PeoplecountError(Exception):
    """What was asked for was refused; ``status`` is the HTTP status, the message what the service says."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"{status}: {words}")
        self.status = status


class _Key(AuthBase):
    """Sends the key as requests does with passwords: to this host alone, also where it leads to another."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class Client:
    """Asks one service. May be used by one thread at a time, as its session."""

    def __init__(
        self,
        address: str,
        key: str,
        *,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``address`` is that of the service, without ``/api``; ``session`` may have proxies and certificates."""
        self._base = address.rstrip("/") + "/api/v1"
        self._session = session or requests.Session()
        self._session.auth = _Key(key)
        self._sleep = sleep

    def latest(self, scope: str = "door", **places: str) -> list[Row]:
        """How lines, doors or sites stand just now; ``site``, ``door`` and ``camera`` choose."""
        rows: list[Row] = self._get("/counts/latest", {"scope": scope, **places})["value"]
        return rows

    def history(
        self, start: str, end: str = "", *, step: str = "60", scope: str = "line", **more: str
    ) -> Iterator[Row]:
        """Counts per interval, page by page as they are taken; what more there is to ask: docs/api.md."""
        asked = {"from": start, "step": step, "scope": scope, **more} | ({"to": end} if end else {})
        while True:
            page = self._patiently("/counts", asked)
            yield from page["value"]
            if page["next"] is None:
                return
            asked = {**asked, "to": asked.get("to") or page["to"], "cursor": page["next"]}

    def events(self, since: str = "", **chosen: Any) -> Events:  # noqa: ANN401 - texts and lists of them
        """Events as they happen, without an end; ``kind``, ``site``, ``door`` and ``camera`` choose.

        ``since`` is the ``cursor`` of an earlier one, ``earliest``, or a time; without it, what comes from now on.
        """
        return Events(self, since, chosen)

    def _get(self, path: str, asked: Mapping[str, Any], seconds: float = READ_SECONDS) -> Row:
        answer = self._session.get(self._base + path, params=dict(asked), timeout=(CONNECT_SECONDS, seconds))
        if not answer.ok:
            raise _Refused(answer)
        body: Row = answer.json()
        return body

    def _patiently(self, path: str, asked: Mapping[str, Any], seconds: float = READ_SECONDS) -> Row:
        """Ask again where that may help, later each time."""
        pause = 1.0
        while True:
            try:
                return self._get(path, asked, seconds)
            except _Refused as error:
                if error.status not in PASSES:
                    raise
                self._sleep(error.retry_after or pause * random.uniform(0.5, 1))  # noqa: S311
            except _LOST:
                self._sleep(pause * random.uniform(0.5, 1))  # noqa: S311
            pause = min(2 * pause, LONGEST_PAUSE)


class Events:
    """Events in the order of the log. Goes on by itself where the connection was lost or the service restarted.

    ``cursor`` tells where it stands, behind the event that was taken last: whoever keeps it goes on there another day.
    Where events are missing, it gives one of the kind ``gap`` in their place, which says where their counts are.
    """

    def __init__(self, client: Client, since: str, chosen: Mapping[str, Any]) -> None:
        self.cursor = since
        self._client = client
        self._chosen = dict(chosen)

    def __iter__(self) -> Iterator[Row]:
        """One after the other."""
        while True:
            asked = {**self._chosen, "timeout": WAITS_SECONDS} | ({"since": self.cursor} if self.cursor else {})
            if not self.cursor:  # a place first: what happens while a first question is lost is not to be missed
                asked["timeout"] = 0
            page = self._client._patiently("/events", asked, WAITS_SECONDS + READ_SECONDS)  # noqa: SLF001
            if page["gap"] is not None:
                yield {"kind": "gap", **page["gap"]}
            for event in page["value"]:
                self.cursor = event["id"]
                yield event
            self.cursor = page["cursor"]


class _Refused(PeoplecountError):
    def __init__(self, answer: requests.Response) -> None:
        try:
            words = str(answer.json().get("detail", ""))
        except (ValueError, AttributeError):
            words = ""
        super().__init__(answer.status_code, words or answer.reason)
        told = answer.headers.get("Retry-After", "")
        self.retry_after = float(told) if told.isdigit() else 0.0
