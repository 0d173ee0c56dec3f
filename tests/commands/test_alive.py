"""``python -m peoplecount alive``."""

from __future__ import annotations

import argparse
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from peoplecount.commands import alive
from tests.support.certificate_files import write_certificate
from tests.support.processes import free_port


@contextmanager
def a_service(status: int, certificate: tuple[Path, Path] | None = None) -> Iterator[int]:
    """Answers everything with ``status``; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health/live" else 404)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        if certificate is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(*certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def ask(monkeypatch: pytest.MonkeyPatch, folder: Path, port: int, **settings: str) -> int:
    monkeypatch.chdir(folder)
    for name, value in ({"PORT": str(port)} | settings).items():
        monkeypatch.setenv(name, value)
    return alive.run(argparse.Namespace())


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_one_that_answers_is_alive(host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_service(200) as port:
        assert ask(monkeypatch, tmp_path, port, HOST=host) == 0


def test_over_https_its_own_certificate_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cert, key = write_certificate(tmp_path, host="counts.example")
    with a_service(200, (cert, key)) as port:
        assert ask(monkeypatch, tmp_path, port, TLS_CERT=str(cert), TLS_KEY=str(key)) == 0


def test_one_that_refuses_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with a_service(500) as port:
        assert ask(monkeypatch, tmp_path, port) == 1
    assert capsys.readouterr().err == "The service is not alive: answered with 500\n"


def test_where_nobody_listens_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    assert ask(monkeypatch, tmp_path, port) == 1
    assert f"127.0.0.1, port {port}, does not answer" in capsys.readouterr().err
