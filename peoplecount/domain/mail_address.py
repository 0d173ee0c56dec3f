"""Addresses that mail is sent to, as people type them in."""

from __future__ import annotations

import re

from peoplecount.domain.sentence import figure, say

MOST_ADDRESSES = 50

_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{1,253}\Z)"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?",
    re.ASCII,
)
"""What browsers take for an address (WHATWG HTML, "valid email address")."""


def mail_address(text: str) -> str:
    """One address. Raises ``ValueError``."""
    address = text.strip()
    if not _ADDRESS.fullmatch(address):
        raise ValueError(say("%(text)s is no mail address such as anna@example.com", text=repr(address[:80])))
    return address


def mail_addresses(text: str) -> tuple[str, ...]:
    """Several, on lines of their own or with commas or semicolons between them. Raises ``ValueError``."""
    found = [mail_address(part) for part in re.split(r"[,;\s]+", text) if part]
    if len(found) > MOST_ADDRESSES:
        raise ValueError(
            say("these are %(number)s addresses; %(most)s are allowed", number=figure(len(found)), most=MOST_ADDRESSES)
        )
    return tuple(dict.fromkeys(found))
