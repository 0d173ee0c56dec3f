"""The first words with a SQL Server, before anybody signs in: who it is, and how it encrypts.

The drivers say too little when this fails ("SSL Provider: error:0A000102"), and not which of name, port, protocol
version and certificate it was. Packets are those of MS-TDS 2.2.6.5 (PRELOGIN); before the log-in TLS travels inside
such packets, with ``Encrypt=strict`` (TDS 8) around them.
"""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum

_PRELOGIN, _ANSWER = 0x12, 0x04
_HEADER = struct.Struct(">BBHHBB")
_LAST = 1
_VERSION, _ENCRYPTION, _END = 0, 1, 0xFF
_PACKET = 4096
_SMALL = 64 * 1024
"""No server says as much as this before the log-in."""

_TLS_ALPN = "tds/8.0"


class Encryption(IntEnum):
    """What a server says of encryption."""

    OFF = 0
    """It can, and leaves it to us."""

    ON = 1
    NOT_SUPPORTED = 2
    REQUIRED = 3


class HandshakeFailed(Exception):
    """The server did not answer as a SQL Server does; the message says how."""


class TlsFailed(Exception):
    """The two could not agree on a way to encrypt, or the certificate is not trusted; in OpenSSL's words."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a server says first."""

    version: tuple[int, int, int]
    """Major, minor, build: 13 is SQL Server 2016. Zeros where TDS 8 hides it."""

    encryption: Encryption


@dataclass(frozen=True, slots=True)
class TlsSession:
    """What was agreed on."""

    protocol: str
    """Such as ``TLSv1.2``."""

    cipher: str
    certificate: bytes
    """The server's, DER."""


@dataclass(frozen=True, slots=True)
class TdsServer:
    """A server to talk to."""

    address: str
    port: int
    name: str
    """What the certificate must be for."""

    seconds: float
    """For each step."""

    strict: bool = False
    """Whether TLS comes first (TDS 8)."""

    def greet(self) -> Greeting:
        """Its first words. Raises ``OSError`` where nobody listens, and ``HandshakeFailed``."""
        if self.strict:
            return Greeting((0, 0, 0), Encryption.REQUIRED)
        with self._connected() as stream:
            return _greet(stream)

    def secure(self, context: ssl.SSLContext) -> TlsSession:
        """Encrypt, as ``context`` demands. Raises ``TlsFailed`` where that cannot be, else as ``greet``."""
        with self._connected() as stream:
            if self.strict:
                context.set_alpn_protocols([_TLS_ALPN])
            elif _greet(stream).encryption is Encryption.NOT_SUPPORTED:
                raise TlsFailed("the server does not encrypt")
            return _handshake(stream, context, self.name, wrapped=not self.strict)

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        with socket.create_connection((self.address, self.port), self.seconds) as stream:
            stream.settimeout(self.seconds)
            try:
                yield stream
            except TimeoutError as error:
                raise HandshakeFailed(f"it takes connections but says nothing within {self.seconds:g} s") from error
            except ConnectionError as error:
                raise HandshakeFailed("it takes connections and ends them at once") from error


def modern() -> ssl.SSLContext:
    """What OpenSSL 3 takes unless it is told otherwise: TLS 1.2 or newer. Certificates are not looked at."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # Debian leaves it to OpenSSL, which tells less then
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def ancient() -> ssl.SSLContext:
    """Whatever there ever was. Only to see what a server speaks; nothing is sent over it."""
    context = modern()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    return context


def trusting_authorities(authority_file: str | None = None) -> ssl.SSLContext:
    """TLS 1.2 or newer, and a certificate that the system's authorities, or those of a file, vouch for."""
    context = ssl.create_default_context(cafile=authority_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _greet(stream: socket.socket) -> Greeting:
    stream.sendall(_packet(_prelogin()))
    kind, body = _receive(stream)
    if kind != _ANSWER:
        raise HandshakeFailed("what listens there is not a SQL Server")
    options = _options(body)
    version, encryption = options.get(_VERSION, b""), options.get(_ENCRYPTION, b"")
    if len(version) < 4 or not encryption or encryption[0] not in set(Encryption):
        raise HandshakeFailed("what listens there does not speak as a SQL Server does")
    return Greeting((version[0], version[1], int.from_bytes(version[2:4], "big")), Encryption(encryption[0]))


def _prelogin() -> bytes:
    """VERSION and ENCRYPTION, and where each stands."""
    version, encryption = bytes(6), bytes([Encryption.ON])
    start = 5 * 2 + 1
    places = struct.pack(">BHH", _VERSION, start, len(version))
    places += struct.pack(">BHH", _ENCRYPTION, start + len(version), len(encryption))
    return places + bytes([_END]) + version + encryption


def _options(body: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    place = 0
    while place + 5 <= len(body) and body[place] != _END:
        token, start, length = struct.unpack_from(">BHH", body, place)
        found[token] = body[start : start + length]
        place += 5
    return found


def _handshake(stream: socket.socket, context: ssl.SSLContext, name: str, *, wrapped: bool) -> TlsSession:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
    try:
        while not _step(tls):
            _send(stream, outgoing.read(), wrapped=wrapped)
            incoming.write(_receive(stream)[1] if wrapped else _some(stream))
    except ssl.SSLCertVerificationError as error:
        raise TlsFailed(error.verify_message) from error
    except ssl.SSLError as error:
        raise TlsFailed((error.reason or str(error)).replace("_", " ").lower()) from error
    cipher = tls.cipher()
    return TlsSession(tls.version() or "", cipher[0] if cipher else "", tls.getpeercert(binary_form=True) or b"")


def _step(tls: ssl.SSLObject) -> bool:
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def _send(stream: socket.socket, data: bytes, *, wrapped: bool) -> None:
    if not wrapped:
        stream.sendall(data)
        return
    for start in range(0, len(data), _PACKET):
        stream.sendall(_packet(data[start : start + _PACKET]))


def _some(stream: socket.socket) -> bytes:
    data = stream.recv(_PACKET)
    if not data:
        raise HandshakeFailed("it takes connections and ends them at once")
    return data


def _packet(body: bytes) -> bytes:
    return _HEADER.pack(_PRELOGIN, _LAST, _HEADER.size + len(body), 0, 1, 0) + body


def _receive(stream: socket.socket) -> tuple[int, bytes]:
    """A message, which may come in several packets: its kind and what is in it."""
    body = b""
    while True:
        kind, status, length, *_ = _HEADER.unpack(_exactly(stream, _HEADER.size))
        if not _HEADER.size <= length <= _SMALL - len(body) or kind not in {_PRELOGIN, _ANSWER}:
            raise HandshakeFailed("what listens there is not a SQL Server")
        body += _exactly(stream, length - _HEADER.size)
        if status & _LAST:
            return kind, body


def _exactly(stream: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        more = stream.recv(length - len(data))
        if not more:
            raise HandshakeFailed("it ends the connection in the middle of its first words")
        data += more
    return data
