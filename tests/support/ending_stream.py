"""A stream that tells a snapshot and a heartbeat and ends, again and again, and notes where its readers go on."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from peoplecount.domain.event_id import EventId
from peoplecount.stream.encoder import heartbeat_frame, retry_frame

SNAPSHOT, EXAMINED = EventId("0a1b2c3d", 5), EventId("0a1b2c3d", 9)
_BODY = retry_frame(100) + f"id: {SNAPSHOT}\nevent: snapshot\ndata: {{}}\n\n".encode() + heartbeat_frame(EXAMINED)


class EndingStream:
    """A context manager; ``url`` is where it listens."""

    def __init__(self) -> None:
        self.went_on_from: list[str] = []
        """The ``Last-Event-ID`` of each request, empty where there was none."""

        stream = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/events":
                    stream.went_on_from.append(self.headers.get("Last-Event-ID", ""))
                    self._say("text/event-stream", _BODY)
                else:
                    self._say("text/html", b"<!doctype html><title>Listening</title>")

            def _say(self, kind: str, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> EndingStream:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
