"""HTTPS without anybody in front: under a real gunicorn, with a small application in the service's place."""

from __future__ import annotations

import http.client
import socket
import ssl
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from peoplecount.web.client_socket import ClientSocket
from tests.support.certificate_files import write_certificate
from tests.support.gunicorn import command, stand_in
from tests.support.processes import bare_environment, free_port, running
from tests.support.waiting import wait_until

pytest.importorskip("gunicorn", reason="gunicorn runs on POSIX only")

Pair = tuple[ssl.SSLSocket, ssl.SSLSocket]


def trusting(cert: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(cert))


def asked(port: int, cert: Path, path: str) -> bytes | None:
    """What a GET is answered with; ``None`` where nobody answers."""
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=trusting(cert))
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    except OSError:
        return None
    finally:
        connection.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """The port and the certificate."""
    cert, key = write_certificate(tmp_path)
    port = free_port()
    environment = bare_environment(PORT=str(port), TLS_CERT=str(cert), TLS_KEY=str(key))
    with running(command(), environment, cwd=stand_in(tmp_path), output=tmp_path / "output"):
        wait_until(lambda: asked(port, cert, "/health/live") == b"ok")
        yield port, cert


def test_pages_are_served_over_https_and_know_it(served: tuple[int, Path], tmp_path: Path) -> None:
    port, cert = served
    assert asked(port, cert, "/url") == f"https://127.0.0.1:{port}/url".encode()
    said = (tmp_path / "output").read_text()
    assert f"The dashboard is at https://127.0.0.1:{port}" in said


def test_who_writes_http_is_told_to_write_https_and_no_log_is_filled(served: tuple[int, Path], tmp_path: Path) -> None:
    port, cert = served
    plain = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    plain.request("GET", "/")
    with plain.getresponse() as response:
        assert response.status == 400
        assert b"write https:// in front" in response.read()
    plain.close()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as rubbish:
        rubbish.sendall(b"\x16\x03\x01 this is no greeting")
        while rubbish.recv(1000):
            pass
    assert asked(port, cert, "/health/live") == b"ok"
    assert "Traceback" not in (tmp_path / "output").read_text()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_what_is_not_safe_any_more_is_not_spoken(served: tuple[int, Path], version: ssl.TLSVersion) -> None:
    port, cert = served
    old = trusting(cert)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        old.minimum_version = old.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as connection,
        pytest.raises((ssl.SSLError, ConnectionResetError)),
    ):
        old.wrap_socket(connection, server_hostname="127.0.0.1")


def test_a_key_of_another_certificate_ends_the_start_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    cert, _ = write_certificate(tmp_path)
    _, key = write_certificate(tmp_path / "other")
    environment = bare_environment(PORT=str(free_port()), TLS_CERT=str(cert), TLS_KEY=str(key))
    with running(command(), environment, cwd=stand_in(tmp_path), output=tmp_path / "output") as process:
        assert process.wait(20) == 1
    said = (tmp_path / "output").read_text()
    assert said.count("does not belong to the first certificate in TLS_CERT") == 1
    assert "Traceback" not in said


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Both ends of a connection over TLS: ours first."""
    cert, key = write_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.create_connection(listener.getsockname(), timeout=10)
        ours = listener.accept()[0]
    ours.settimeout(10)
    client = trusting(cert).wrap_socket(theirs, server_hostname="127.0.0.1", do_handshake_on_connect=False)
    server = context.wrap_socket(ours, server_side=True, do_handshake_on_connect=False)
    ends = [client, server]
    for end in ends:
        end.setblocking(False)
    while ends:
        ends = [end for end in ends if not shaken(end)]
    with client, server:
        yield server, client


def shaken(end: ssl.SSLSocket) -> bool:
    try:
        end.do_handshake()
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return False
    return True


@pytest.mark.skipif(not hasattr(socket, "TCP_INFO"), reason="only Linux tells")
def test_who_leaves_with_a_goodbye_of_tls_is_seen_to_be_gone(pair: Pair) -> None:
    ours, theirs = pair
    connection = ClientSocket({"gunicorn.socket": ours})
    assert not connection.is_gone()
    assert connection.line() is None
    theirs.send(b"something that nobody reads")
    assert not connection.is_gone()
    with pytest.raises(ssl.SSLWantReadError):
        theirs.unwrap()  # sends the goodbye, and does not wait for ours
    theirs.close()
    wait_until(connection.is_gone)
