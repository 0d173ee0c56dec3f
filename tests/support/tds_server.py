"""Small servers that speak as a SQL Server does before the log-in, and others that do not."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from peoplecount.simulator.certificates import ServedCertificate, make_certificate

HEADER = struct.Struct(">BBHHBB")

SQL_SERVER_2019 = bytes([15, 0, 0x07, 0xD0, 0, 0])


def certificate(host: str = "localhost", *, days: int = 365) -> ServedCertificate:
    """One of its own making for ``host``; ``days`` below zero have passed."""
    until = datetime.now(UTC) + timedelta(days=days)
    return make_certificate("SSL_Self_Signed_Fallback", host, until - timedelta(days=3650), until)


def old_tls(context: ssl.SSLContext) -> ssl.SSLContext:
    """TLS 1.0 and 1.1 only, as servers had it that were never updated."""
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # that they are old is the point
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


@contextlib.contextmanager
def listening(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Has ``talk`` answer every connection, each in a thread; the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    open_ones: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                stream, _ = listener.accept()
            except OSError:
                return
            open_ones.append(stream)
            threading.Thread(target=_talk, args=(talk, stream), daemon=True).start()

    accepting = threading.Thread(target=serve, daemon=True)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for stream in open_ones:
            stream.close()
        accepting.join(5)


def _talk(talk: Callable[[socket.socket], None], stream: socket.socket) -> None:
    with contextlib.suppress(OSError, EOFError), stream:
        talk(stream)


def tds(
    context: ssl.SSLContext | None, *, encryption: int = 1, version: bytes = SQL_SERVER_2019
) -> Callable[[socket.socket], None]:
    """Speaks until TLS is set up, then waits for the other side to go."""

    def talk(stream: socket.socket) -> None:
        receive(stream)
        stream.sendall(packet(4, prelogin(version, encryption)))
        if context is not None:
            _tls(stream, context)
        stream.recv(1)

    return talk


def strict(context: ssl.SSLContext) -> Callable[[socket.socket], None]:
    """TLS first (TDS 8)."""

    def talk(stream: socket.socket) -> None:
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(stream, server_side=True) as secured:
            secured.recv(1)

    return talk


def hangs(stream: socket.socket) -> None:
    """Takes connections and says nothing."""
    while stream.recv(4096):
        pass


def speaks_http(stream: socket.socket) -> None:
    """Is another kind of server."""
    stream.recv(4096)
    stream.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def ends_in_the_middle(stream: socket.socket) -> None:
    """Goes down in the middle of a word."""
    receive(stream)
    stream.sendall(packet(4, b"")[:6])


def ends_at_once(stream: socket.socket) -> None:
    """As a proxy in front of nothing does."""
    stream.recv(1)
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def prelogin(version: bytes, encryption: int) -> bytes:
    return struct.pack(">BHHBHHB", 0, 11, len(version), 1, 11 + len(version), 1, 0xFF) + version + bytes([encryption])


def packet(kind: int, body: bytes, *, last: bool = True) -> bytes:
    return HEADER.pack(kind, int(last), HEADER.size + len(body), 0, 1, 0) + body


def receive(stream: socket.socket) -> bytes:
    _, _, length, *_ = HEADER.unpack(_exactly(stream, HEADER.size))
    return _exactly(stream, length - HEADER.size)


def _exactly(stream: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        more = stream.recv(length - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def _tls(stream: socket.socket, context: ssl.SSLContext) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(incoming, outgoing, server_side=True)
    while True:
        try:
            session.do_handshake()
        except ssl.SSLWantReadError:
            _send(stream, outgoing.read())
            incoming.write(receive(stream))
        except ssl.SSLError:
            _send(stream, outgoing.read())  # the alert, by which the other side learns why
            return
        else:
            _send(stream, outgoing.read())
            return


def _send(stream: socket.socket, data: bytes) -> None:
    """In two packets, as long certificates come."""
    if data:
        half = len(data) // 2
        stream.sendall(packet(0x12, data[:half], last=False) + packet(0x12, data[half:]))


@contextlib.contextmanager
def browser(*answers: bytes | None) -> Iterator[int]:
    """A SQL Server Browser that gives ``answers`` in turn, ``None`` being silence; the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.bind(("127.0.0.1", 0))
        asked.settimeout(0.05)
        ended = threading.Event()

        def serve() -> None:
            left = list(answers)
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    _, address = asked.recvfrom(4096)
                    answer = left.pop(0) if left else None
                    if answer is not None:
                        asked.sendto(answer, address)

        answering = threading.Thread(target=serve)
        answering.start()
        try:
            yield asked.getsockname()[1]
        finally:
            ended.set()
            answering.join()


def browser_answer(text: str) -> bytes:
    return b"\x05" + struct.pack("<H", len(text)) + text.encode()
