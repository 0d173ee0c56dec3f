"""Those who read events by asking again and again: each in a thread, through whatever becomes of the service."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import requests

AGAIN_AFTER = 0.05
"""Seconds. A platform waits as ``Retry-After`` says; here nothing may take a minute."""

ASKED_TWICE = 10
"""Every so many answers with events are asked for once more, as platforms do whose first answer was lost on the way."""


class Asker:
    """Asks by the address it was given last; what it was answered counts once, and then it asks by the next address."""

    def __init__(self, address: str, key: str) -> None:
        self.address = address
        self.ids: list[str] = []
        self.answers: list[int] = []
        """How many events each answer had."""

        self.unanswered = 0
        self.repeated = 0
        self.faults: list[str] = []
        self._headers: dict[str, str | None] = {"X-API-Key": key, "Accept": None}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def start(self) -> None:
        """Take a place in the log, and ask from there on."""
        found, self.address = self.read(requests.get(self.address, headers=self._headers, timeout=30))
        assert found == []
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()

    def has(self, count: int) -> bool:
        """Whether it has so many events; fails where it got an answer that it does not understand."""
        assert self.faults == []
        return len(self.ids) >= count

    def _ask(self) -> None:
        with requests.Session() as session:
            while not self._stop.is_set():
                try:
                    answer = session.get(self.address, headers=self._headers, timeout=30)
                    self._take(session, answer)
                except requests.RequestException:
                    self.unanswered += 1
                except Exception as error:  # noqa: BLE001 - told by the test
                    self.faults.append(repr(error))
                    return
                self._stop.wait(AGAIN_AFTER)

    def _take(self, session: requests.Session, answer: requests.Response) -> None:
        if answer.status_code in {429, 503}:
            assert int(answer.headers["Retry-After"]) >= 1
            return
        found, following = self.read(answer)
        if found and sum(map(bool, self.answers)) % ASKED_TWICE == 0:
            again, _ = self.read(session.get(self.address, headers=self._headers, timeout=30))
            assert again[: len(found)] == found, "the same question, and another answer"
            self.repeated += 1
        self.ids += found
        self.answers.append(len(found))
        self.address = following

    def read(self, answer: requests.Response) -> tuple[list[str], str]:
        """Ids of the events of an answer, and where to ask next."""
        raise NotImplementedError


class PollTrigger(Asker):
    """A flow that polls: only 200 starts runs, and ``Location`` is where it asks next."""

    def read(self, answer: requests.Response) -> tuple[list[str], str]:
        assert answer.status_code in {200, 202}, answer.text
        assert int(answer.headers["Retry-After"]) >= 1
        events = answer.json() if answer.status_code == 200 else []
        assert bool(events) is (answer.status_code == 200)
        return [event["id"] for event in events], answer.headers["Location"]


class LongPoll(Asker):
    """A program that waits for the next event, and goes on from the cursor of the answer."""

    def read(self, answer: requests.Response) -> tuple[list[str], str]:
        assert answer.status_code == 200, answer.text
        page: Mapping[str, Any] = answer.json()
        assert page["gap"] is None
        base, _, _ = self.address.partition("&")
        return [event["id"] for event in page["value"]], f"{base}&limit=400&timeout=20&since={page['cursor']}"
