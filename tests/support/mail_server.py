"""A real mail server on loopback, that takes letters or does what real ones do on a bad day."""

from __future__ import annotations

import asyncio
import contextlib
import email
import ssl
import threading
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path

import pytest

pytest.importorskip("aiosmtpd", reason="aiosmtpd is in requirements-dev.txt")

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

USER, PASSWORD = "counts", "correct horse"


@dataclass
class Arrived:
    """A letter that was taken."""

    sender: str
    recipient: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return part.get_content()

    @property
    def html(self) -> str:
        part = self.message.get_body(("html",))
        assert part is not None
        return part.get_content()

    @property
    def files(self) -> dict[str, bytes]:
        return {one.get_filename(): one.get_content() for one in self.message.iter_attachments()}


@dataclass
class Manners:
    """How the server behaves; may be changed while it runs."""

    at_recipient: dict[str, str] = field(default_factory=dict)
    """Answers by recipient, such as ``550 no such user``."""

    at_data: list[str] = field(default_factory=list)
    """Answers to the next letters; ``hang up`` ends the connection without one."""

    silent: bool = False
    """It takes the connection and says nothing."""


class MailServer:
    """One server. It listens at a free port of loopback."""

    def __init__(self) -> None:
        self.letters: list[Arrived] = []
        self.manners = Manners()
        self.port = 0

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        refusal = self.manners.at_recipient.get(address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.manners.at_data:
            answer = self.manners.at_data.pop(0)
            if answer == "hang up":
                server.transport.abort()
                return ""
            if not answer.startswith("250"):
                return answer
        message = email.message_from_bytes(envelope.content, policy=modern)
        for recipient in envelope.rcpt_tos:
            self.letters.append(Arrived(envelope.mail_from, recipient, message))
        return f"250 2.0.0 taken as number {len(self.letters)}"

    @property
    def settings(self) -> dict[str, str]:
        """Of a service that sends by it; without TLS and without a password."""
        return {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(self.port),
            "SMTP_SECURITY": "none",
            "SMTP_FROM": "counts@example.com",
            "PUBLIC_URL": "http://counts.example",
        }

    def to(self, recipient: str) -> list[Arrived]:
        """Whatever somebody was sent so far."""
        return [one for one in list(self.letters) if one.recipient == recipient]

    def subjects(self) -> list[str]:
        return [one.subject for one in self.letters]


class Signs:
    """Lets in who knows the word."""

    def __call__(self, server, session, envelope, mechanism, data) -> AuthResult:
        known = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=known, handled=known)


class _Silent(asyncio.Protocol):
    """Takes a connection, and that is all."""


def _noting(protocol: asyncio.Protocol, transports: list[asyncio.Transport]) -> asyncio.Protocol:
    """The same protocol; what it is connected by is put into the list."""
    made = protocol.connection_made

    def connection_made(transport: asyncio.Transport) -> None:
        transports.append(transport)
        made(transport)

    protocol.connection_made = connection_made
    return protocol


@contextmanager
def mail_server(*, tls: str = "none", certificate: tuple[Path, Path] | None = None, signed_in: bool = False):
    """Running, with ``tls`` ``none``, ``starttls`` or ``tls``."""
    server = MailServer()
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    options: dict[str, object] = {"hostname": "mail.example"}
    if tls == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if signed_in:
        options |= {"authenticator": Signs(), "auth_required": True, "auth_require_tls": False}
    loop = asyncio.new_event_loop()
    transports: list[asyncio.Transport] = []

    def connected():
        if server.manners.silent:
            return _noting(_Silent(), transports)
        with warnings.catch_warnings():  # it warns of every password that is asked for without TLS
            warnings.simplefilter("ignore")
            return _noting(SMTP(server, loop=loop, **options), transports)

    listening = loop.run_until_complete(
        loop.create_server(connected, "127.0.0.1", 0, ssl=context if tls == "tls" else None)
    )
    server.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="mail-server")
    thread.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_closed(listening, transports), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _closed(listening: asyncio.AbstractServer, transports: list[asyncio.Transport]) -> None:
    listening.close()
    for transport in transports:
        with contextlib.suppress(AttributeError):  # Python before 3.11.4, where TLS was closed twice
            transport.abort()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for _ in range(5):
        await asyncio.sleep(0)  # transports that were closed are done with then: TLS has one within another
