"""An application that reads what it is sent, and a worker for it that waits for nobody. Served by tests."""

from __future__ import annotations

from flask import Flask, request

from peoplecount.connection_limit import ConnectionLimit
from peoplecount.stream_worker import StreamWorker

BODY_SECONDS = 1.0
MOST = 5
"""Connections of a client."""

app = Flask("hasty")
app.config["MAX_CONTENT_LENGTH"] = 10_000_000
app.add_url_rule("/", "length", lambda: str(len(request.get_data())), methods=["GET", "POST"])


class HastyWorker(StreamWorker):
    """Waits for a second."""

    body_seconds = BODY_SECONDS
    limit = ConnectionLimit(MOST)
