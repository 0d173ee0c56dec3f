"""A mail server, spoken to by SMTP (RFC 5321), and its answers in words."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from peoplecount.domain.sentence import say
from peoplecount.mail.letter import Letter, message_of

SECONDS = 15.0
"""That a server has for each answer."""

MOST_LINES = 100
"""Of an answer: in twenty a server says all that it can do. ``smtplib`` would keep as many as come."""

_PERMANENT = range(500, 600)


class Security(StrEnum):
    """How what is said to a server is kept from others."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}


class MailFailure(Exception):
    """A letter did not go; the message says in words why.

    ``is_final``: the server will not take this letter however often it is sent. ``is_of_server``: no other letter
    would go just now, either.
    """

    def __init__(self, words: str, *, is_final: bool = False, is_of_server: bool = False) -> None:
        super().__init__(words)
        self.is_final = is_final
        self.is_of_server = is_of_server


@dataclass(frozen=True, slots=True)
class SmtpPlace:
    """Where a server is, and who we are there."""

    host: str
    sender: str
    """The address that mail comes from."""

    port: int = 0
    """0: the usual one."""

    user: str = ""
    password: str = field(default="", repr=False)
    security: Security = Security.STARTTLS
    ca_file: Path | None = None
    """Authorities that vouch for it; ``None``: the system's."""

    @property
    def name(self) -> str:
        """As people read it."""
        return f"{self.host}:{self.port or PORTS[self.security]}"


class SmtpServer:
    """Sends letters, each over a connection of its own: they are few, and servers end idle ones."""

    def __init__(self, place: SmtpPlace, now: Callable[[], datetime], seconds: float = SECONDS) -> None:
        self.place = place
        self._now = now
        self._seconds = seconds

    def send(self, letter: Letter) -> str:
        """Hand a letter over; what the server answered. Raises ``MailFailure``."""
        message = message_of(letter, self.place.sender, self._now())
        with self._said(letter.recipient), self._connected() as smtp:
            try:
                return _handed_over(smtp, message, self.place.sender, letter.recipient)
            except OSError as error:
                if not _is_of_line(error):
                    raise
                # It was there a moment ago: it may be this letter that it hangs up on, and the others are not to wait.
                raise MailFailure(_line_words(error, self.place.name)) from error

    def check(self) -> None:
        """Connect and sign in, and send nothing. Raises ``MailFailure``."""
        with self._said(""), self._connected() as smtp:
            smtp.noop()

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        place = self.place
        port = place.port or PORTS[place.security]
        name = socket.gethostname() or "localhost"
        smtp: smtplib.SMTP
        if place.security is Security.TLS:
            smtp = _SecureLine(place.host, port, name, timeout=self._seconds, context=self._context())
        else:
            smtp = _Line(place.host, port, name, timeout=self._seconds)
        try:
            if place.security is Security.STARTTLS:
                smtp.starttls(context=self._context())
            if place.user:
                smtp.login(place.user, place.password)
            smtp.ehlo_or_helo_if_needed()
            yield smtp
        finally:
            with suppress(smtplib.SMTPException, OSError):  # what was handed over is theirs, however they part
                smtp.quit()
            smtp.close()

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.place.ca_file) if self.place.ca_file else None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    @contextmanager
    def _said(self, recipient: str) -> Iterator[None]:
        try:
            yield
        except MailFailure:
            raise
        except (smtplib.SMTPException, OSError) as error:
            raise _failure(error, self.place, recipient) from error
        except UnicodeError as error:
            raise MailFailure(
                say("The user name or password for the mail server holds characters it cannot take."), is_of_server=True
            ) from error


class _Line(smtplib.SMTP):
    """A connection that gives up where an answer takes too long: time-outs of sockets begin anew with each byte."""

    def getreply(self) -> tuple[int, bytes]:
        """Called by ``smtplib`` for each answer. Raises ``TimeoutError``, too."""
        sock: socket.socket | None = self.sock
        if sock is None:
            return super().getreply()
        late = threading.Event()
        timer = threading.Timer(self.timeout, _hang_up, (sock, late))
        timer.daemon = True
        timer.start()
        lines = self.file = self.file or sock.makefile("rb")
        counted: Any = _CountedLines(lines)
        self.file = counted
        try:
            answer = super().getreply()
        except smtplib.SMTPServerDisconnected:
            if not late.is_set():
                raise
        finally:
            timer.cancel()
            if self.file is counted:
                self.file = lines
        if late.is_set():  # what had come by then would be taken for the whole of it
            self.close()
            raise TimeoutError
        return answer


class _SecureLine(_Line, smtplib.SMTP_SSL):
    """The same, over TLS from its first byte on."""


class _CountedLines:
    """The lines of an answer, as many as one may have."""

    def __init__(self, lines: BinaryIO) -> None:
        self._lines = lines
        self._left = MOST_LINES

    def readline(self, size: int) -> bytes:
        """The next one. Raises ``OSError``."""
        self._left -= 1
        if self._left < 0:
            raise OSError(f"its answer has more than {MOST_LINES} lines")
        return self._lines.readline(size)

    def close(self) -> None:
        """Called by ``smtplib``."""
        self._lines.close()


def _hang_up(sock: socket.socket, late: threading.Event) -> None:
    """Below any encryption, whose own shutdown is not for other threads than the one that reads."""
    late.set()
    with suppress(OSError), socket.socket(fileno=socket.dup(sock.fileno())) as same:
        same.shutdown(socket.SHUT_RDWR)


def _handed_over(smtp: smtplib.SMTP, message: EmailMessage, sender: str, recipient: str) -> str:
    """``sendmail`` in steps, because the server's last answer is wanted, too."""
    code, said = smtp.mail(sender)
    if code != 250:
        raise smtplib.SMTPSenderRefused(code, said, sender)
    code, said = smtp.rcpt(recipient)
    if code not in (250, 251):
        raise smtplib.SMTPRecipientsRefused({recipient: (code, said)})
    code, said = smtp.data(message.as_bytes(policy=message.policy.clone(linesep="\r\n")))
    if code != 250:
        raise smtplib.SMTPDataError(code, said)
    return _answer(code, said)


def _failure(error: Exception, place: SmtpPlace, recipient: str) -> MailFailure:
    server = place.name
    words: str
    match error:
        case smtplib.SMTPAuthenticationError():
            words = say(
                "The mail server %(server)s refuses the user name or the password: %(said)s.",
                server=server,
                said=_answer(error.smtp_code, error.smtp_error),
            )
        case smtplib.SMTPRecipientsRefused():
            code, said = next(iter(error.recipients.values()))
            words = say(
                "The mail server does not take mail for %(recipient)s: %(said)s.",
                recipient=recipient,
                said=_answer(code, said),
            )
            return MailFailure(words, is_final=code in _PERMANENT)
        case smtplib.SMTPDataError():
            words = say("The mail server does not take this mail: %(said)s.", said=_of(error))
            return MailFailure(words, is_final=error.smtp_code in _PERMANENT)
        case smtplib.SMTPSenderRefused():
            words = say(
                "The mail server does not take mail from %(sender)s: %(said)s.", sender=place.sender, said=_of(error)
            )
        case smtplib.SMTPNotSupportedError():
            words = say(
                "The mail server %(server)s does not offer what is set: %(said)s. See SMTP_SECURITY and SMTP_USER.",
                server=server,
                said=str(error).rstrip("."),
            )
        case smtplib.SMTPResponseException():
            words = say("The mail server %(server)s answered: %(said)s.", server=server, said=_of(error))
        case _:
            words = _line_words(error, server)
    return MailFailure(words, is_of_server=True)


def _is_of_line(error: OSError) -> bool:
    """Whether the line was lost, and nothing was answered; ``smtplib`` has its own errors under ``OSError``."""
    return isinstance(error, smtplib.SMTPServerDisconnected) or not isinstance(error, smtplib.SMTPException)


def _line_words(error: Exception, server: str) -> str:
    """What is wrong with the line, not with what was said on it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return say(
            "The certificate of the mail server %(server)s is not trusted: %(why)s. See SMTP_CA_FILE.",
            server=server,
            why=error.verify_message.rstrip("."),
        )
    if isinstance(error, ssl.SSLError):
        return say(
            "The mail server %(server)s does not speak TLS as is set: is SMTP_SECURITY right for this port?",
            server=server,
        )
    if isinstance(error, smtplib.SMTPServerDisconnected) and isinstance(error.__context__, TimeoutError):
        error = error.__context__  # smtplib does not tell the one from the other
    words = next((words for kind, words in _LINE_WORDS if isinstance(error, kind)), None)
    if words is not None:
        return words(server)
    why = str(error)[:200].rstrip(".")
    return say("The mail server %(server)s cannot be reached: %(why)s.", server=server, why=why)


_LINE_WORDS: tuple[tuple[type[Exception], Callable[[str], str]], ...] = (
    (TimeoutError, lambda server: say("The mail server %(server)s does not answer in time.", server=server)),
    (
        socket.gaierror,
        lambda server: say("There is no mail server named %(server)s, or names cannot be looked up.", server=server),
    ),
    (
        ConnectionRefusedError,
        lambda server: say("Nothing takes mail at %(server)s: the connection was refused.", server=server),
    ),
    (
        smtplib.SMTPServerDisconnected,
        lambda server: say("The mail server %(server)s ended the connection.", server=server),
    ),
)


def _of(error: smtplib.SMTPResponseException) -> str:
    return _answer(error.smtp_code, error.smtp_error)


def _answer(code: int, said: bytes | str) -> str:
    """What a server answered, on one line and not too long."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    told = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return f"{code} {told}"[:200].strip().rstrip(".")
