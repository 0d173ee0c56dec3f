"""gevent's own server as the service has it, with a small application and little patience: ``python -m`` this, PORT."""

from __future__ import annotations

import sys

from gevent import monkey

monkey.patch_all()

from flask import Flask, request  # noqa: E402

from peoplecount.connection_limit import ConnectionLimit  # noqa: E402
from peoplecount.gevent_requests import CarefulHandler, LimitedServer  # noqa: E402
from peoplecount.log_form import log_to_stderr  # noqa: E402

MOST = 5
"""Connections of a client."""

app = Flask("careful")
app.config["MAX_CONTENT_LENGTH"] = 10_000_000
app.add_url_rule("/", "length", lambda: str(len(request.get_data())), methods=["GET", "POST"])


class HastyHandler(CarefulHandler):
    """Waits for a second."""

    idle_seconds, head_seconds, body_seconds = 1.5, 1.0, 1.0


if __name__ == "__main__":
    log_to_stderr("INFO")
    server = LimitedServer(("127.0.0.1", int(sys.argv[1])), app, log=None, handler_class=HastyHandler)
    server.limit = ConnectionLimit(MOST)
    server.serve_forever()
