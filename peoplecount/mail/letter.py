"""Letters: what is sent to one recipient."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with a letter."""

    name: str
    kind: str
    """Its media type, such as ``text/csv``."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Writing:
    """What a letter says, whoever gets it."""

    subject: str
    text: str
    html: str
    enclosures: tuple[Enclosure, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """A writing on its way to somebody."""

    letter_id: str
    """The same one whenever it is sent, so that programs that read mail know it again."""

    recipient: str
    writing: Writing


def message_of(letter: Letter, sender: str, sent: datetime) -> EmailMessage:
    """A letter as mail: plain text, the same as HTML, and its files (RFC 5322, RFC 2046)."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = letter.recipient
    message["Subject"] = one_line(letter.writing.subject)
    message["Date"] = format_datetime(sent)
    message["Message-ID"] = f"<{letter.letter_id}@{sender.rpartition('@')[2].rstrip('>') or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answers from those who are on holiday
    message.set_content(letter.writing.text)
    message.add_alternative(letter.writing.html, subtype="html")
    for one in letter.writing.enclosures:
        main, _, sub = one.kind.partition("/")
        message.add_attachment(one.body, maintype=main, subtype=sub, filename=one.name)
    return message


def one_line(text: str) -> str:
    """A text fit for a header: names of sites may hold anything."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:200]
