"""Pages of others that the documents lead to, as far as they can be looked at without asking anybody."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.links import fault_of, links, main

LINKS = links()


class Pages(BaseHTTPRequestHandler):
    """One is there."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/here" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_there_are_some_and_they_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(LINKS) > 5
    assert main([]) == 0
    assert [line.partition("  ")[0] for line in capsys.readouterr().out.splitlines()] == list(LINKS)


@pytest.mark.parametrize("address", LINKS)
def test_they_lead_to_public_pages_over_https_and_carry_nothing_along(address: str) -> None:
    parts = urlsplit(address)
    assert parts.scheme == "https"
    host = parts.hostname or ""
    assert "." in host
    assert host.rpartition(".")[2] not in {"example", "local", "internal", "test"}
    assert (parts.username, parts.port, parts.query) == (None, None, "")


def test_they_are_found_in_both_forms(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("See [this](https://one.org/a), <https://two.org>, [ours](other.md#part) and https://not.a.link\n")
    assert list(links([page])) == ["https://one.org/a", "https://two.org"]


def test_a_page_that_is_gone_is_told(served: str) -> None:
    assert fault_of(f"{served}/here") == ""
    assert fault_of(f"{served}/gone") == "HTTP 404"
