"""A proxy before the service, as people set them up: one that passes on what comes, or one that waits for the end."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def proxy_before(port: int, *, buffers: bool) -> Iterator[str]:
    """Its address. ``buffers``: nothing of an answer is passed on before all of it is there."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name: text for name, text in self.headers.items() if name.lower() not in {"host", "connection"}}
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as service:
                service.request("GET", self.path, headers=headers)
                with closing(service.getresponse()) as answer, suppress(ConnectionError):  # who asked may hang up
                    self._pass_on(answer)

        def _pass_on(self, answer: http.client.HTTPResponse) -> None:
            body = answer.read() if buffers else b""
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
            self.end_headers()
            self.wfile.write(body)
            while not buffers and (piece := answer.read1(4096)):
                self.wfile.write(piece)
                self.wfile.flush()

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # its end waits for what it passes on
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
