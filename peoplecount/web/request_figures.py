"""What is asked of this process over HTTP, counted: how much, how it is answered, and how long that takes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

from flask import Flask, Response, g, request

from peoplecount.domain.durations import Durations

NOTHING_HERE = "none"
"""The part of an address at which there is nothing."""


class RequestFigures:
    """Since the start of the process."""

    def __init__(self) -> None:
        self.durations = Durations()
        """Until an answer begins; a stream may go on for an hour after that."""

        self._answers: Counter[tuple[str, str]] = Counter()

    def register(self, app: Flask) -> None:
        """Count every request of an application. Call it before others that may answer in its place."""

        @app.before_request
        def begin() -> None:
            g.began = time.monotonic()

        @app.after_request
        def end(response: Response) -> Response:
            part = request.blueprint or request.endpoint or NOTHING_HERE
            self._answers[part, f"{response.status_code // 100}xx"] += 1
            self.durations.note(seconds_so_far())
            return response

    def answers(self) -> Iterator[tuple[str, str, int]]:
        """Parts of the product, as ``fleet`` or ``api``; classes of status, as ``2xx``; and how many."""
        for (part, status), count in list(self._answers.items()):
            yield part, status, count


def seconds_so_far() -> float:
    """How long the request under way has taken."""
    return time.monotonic() - float(g.get("began", time.monotonic()))
