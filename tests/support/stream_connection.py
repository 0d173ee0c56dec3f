"""A program on the stream, over real HTTP."""

from __future__ import annotations

import http.client
import json

from tests.support.stream_reader import events


class StreamConnection:
    """One connection; reads event by event."""

    def __init__(self, port: int, path: str = "/events", **headers: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self._connection.request("GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()})
        self.answer = self._connection.getresponse()
        self._events = events(iter(lambda: self.answer.readline().rstrip(b"\n"), None))

    def next(self, name: str) -> tuple[dict, str]:
        """The next event, which must have that name, and its id; readings and heartbeats are passed over."""
        for heard, data, last_id in self._events:
            if data and heard != "readings":
                assert heard == name
                return json.loads(data), last_id
        raise AssertionError("the stream has ended")

    def close(self) -> None:
        self.answer.close()
        self._connection.close()
