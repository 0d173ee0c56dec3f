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

    After a gap the snapshot is what counts; then it adds on.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.last_id = ""
        self.names: Counter[str] = Counter()
        self.people: dict[str, tuple[int, int]] = {}
        self.seen_ids: list[str] = []
        self.connections = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._read()
            except requests.RequestException:
                self._stop.wait(0.1)

    def _read(self) -> None:
        headers = {"Last-Event-ID": self.last_id} if self.last_id else {}
        # Silence longer than a heartbeat means that the connection is dead.
        with requests.get(self._url, headers=headers, stream=True, timeout=(5, 20)) as answer:
            answer.raise_for_status()
            self.connections += 1
            for name, data, event_id in events(_lines(answer)):
                if self._stop.is_set():
                    return
                self.last_id = event_id or self.last_id
                if data:
                    self._take(name, json.loads(data), event_id)

    def _take(self, name: str, fields: dict[str, Any], event_id: str) -> None:
        self.names[name] += 1
        if name == "snapshot":
            self.people = {line["lineId"]: (line["inToday"] or 0, line["outToday"] or 0) for line in fields["lines"]}
        elif name == "PeopleCountingUpdate":
            assert fields["id"] == event_id
            self.seen_ids.append(event_id)
            entered, left = self.people.get(fields["lineId"], (0, 0))
            self.people[fields["lineId"]] = (entered + fields["in"], left + fields["out"])


def _lines(answer: requests.Response) -> Iterator[bytes]:
    """Lines as they come; what follows the last line end waits for the next chunk."""
    rest = b""
    for chunk in answer.iter_content(chunk_size=None):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
