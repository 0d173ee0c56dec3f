"""A program on the stream: reads it as the specification says, comes back where it was, and adds up."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import requests


def events(lines: Iterator[bytes]) -> Iterator[tuple[str, str, str]]:
    """Event name, data and last id of each event: WHATWG HTML, "Interpreting an event stream"."""
    name, data, last_id = "", [], ""
    for raw in lines:
        line = raw.decode()
        if not line:
            yield name, "\n".join(data), last_id
            name, data = "", []
        elif not line.startswith(":"):
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "event":
                name = value
            elif field == "data":
                data.append(value)
            elif field == "id" and "\0" not in value:
                last_id = value


class StreamReader:
    """Adds up what the stream says, per line, from its first snapshot on.

    After a gap the snapshot is what counts; then it adds on. Any other snapshot must say of today what was told last,
    and what is told of today must be what was told before and the people of the event.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.last_id = ""
        self.began_at = ""  # the id of the snapshot it adds on to
        self.names: Counter[str] = Counter()
        self.people: dict[str, tuple[int, int]] = {}
        self.seen_ids: list[str] = []
        self.connections = 0
        self.refusals = 0
        self.disagreements: list[object] = []
        self.trouble = ""  # as the last snapshot told it
        self._restated = False
        self._today: dict[str, tuple[str, tuple[int, int]]] = {}

    def start(self) -> None:
        self._thread.start()

    def leave(self) -> None:
        """Stop with the next event, without waiting for it."""
        self._stop.set()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(30)
            assert not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._read()
            except requests.HTTPError:
                self.refusals += 1
                self._stop.wait(0.1)
            except requests.RequestException:
                self._stop.wait(0.1)

    def _read(self) -> None:
        headers = {"Last-Event-ID": self.last_id} if self.last_id else {}
        # Silence longer than a heartbeat means that the connection is dead.
        with requests.get(self._url, headers=headers, stream=True, timeout=(5, 20)) as answer:
            answer.raise_for_status()
            self.connections += 1
            for name, data, event_id in events(lines_of(answer)):
                if self._stop.is_set():
                    return
                self.last_id = event_id or self.last_id
                if data:
                    self._take(name, json.loads(data), event_id)

    def _take(self, name: str, fields: dict[str, Any], event_id: str) -> None:
        self.names[name] += 1
        if name == "gap":
            self._restated = False
        elif name == "snapshot":
            self.began_at = self.began_at or event_id
            self.trouble = fields.get("trouble", "")  # programs before 0.2 have none
            self._take_snapshot({line["lineId"]: (line["inToday"], line["outToday"]) for line in fields["lines"]})
        elif name in {"PeopleCountingUpdate", "CountCorrection"}:  # a correction tells the difference
            assert fields["id"] == event_id
            self.seen_ids.append(event_id)
            self._take_people(fields)

    def _take_people(self, fields: dict[str, Any]) -> None:
        line, more = fields["lineId"], (fields["in"], fields["out"])
        self.people[line] = added(self.people.get(line, (0, 0)), more)
        if fields.get("inToday") is None:  # it is about another day
            return
        day, said = fields.get("localTime", fields.get("localStart"))[:10], (fields["inToday"], fields["outToday"])
        known = self._today.get(line)
        if known is not None and known[0] == day and added(known[1], more) != said:
            self.disagreements.append((line, said, known[1], more))
        self._today[line] = (day, said)

    def _take_snapshot(self, today: dict[str, tuple[int | None, int | None]]) -> None:
        if not self._restated:
            self._restated = True
            self.people = {line: (entered or 0, left or 0) for line, (entered, left) in today.items()}
            self._today = {line: ("", people) for line, people in self.people.items()}
            return
        for line, said in today.items():
            _, told = self._today.get(line, ("", (0, 0)))
            if None not in said and said not in {told, (0, 0)}:  # nobody: a new day has begun
                self.disagreements.append((line, said, told))


def added(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """In and out of both."""
    return one[0] + other[0], one[1] + other[1]


def lines_of(answer: requests.Response) -> Iterator[bytes]:
    """Lines as they come; what follows the last line end waits for the next chunk."""
    rest = b""
    for chunk in answer.iter_content(chunk_size=None):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
