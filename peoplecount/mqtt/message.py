"""What is published: a payload at a topic."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Message:
    """One publication."""

    topic: str
    payload: bytes
    """JSON in UTF-8; empty with ``retained``: what the broker keeps there goes."""

    retained: bool = False
    """Whether the broker keeps it for who subscribes later."""


def topic_of(*parts: str) -> str:
    """A topic of these levels; in an id nothing stands that means something in topics (``/``, ``+``, ``#``)."""
    first, *others = parts
    return "/".join((first, *(quote(part, safe="") for part in others)))
