"""A camera's own log: when it last started. That a total was lost in a restart can be known from nowhere else.

No camera tells how long it has been up (SUNAPI System manual 2.6.2: neither ``deviceinfo`` nor ``date`` has it).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from peoplecount.sunapi.answers import clean, decode, member, objects, parse_answer

_LINE = re.compile(r"\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\]\s*\[([^\[\]]{1,40})\]", re.ASCII)
"""``[YYYY-MM-DD hh:mm:ss] [Type] free text`` (System manual 2.6.2, ``systemlog``)."""

_START = re.compile(r"power\s*on|boot|restart", re.IGNORECASE)
"""``PowerOn`` in the manual, which prints the type of a reboot garbled."""


def parse_last_start(body: bytes) -> datetime | None:
    """When the camera last started, by its own clock and without a zone; ``None`` where its log does not say.

    Raises ``Refusal`` and ``MalformedAnswer``.
    """
    answer = parse_answer(body)
    entries = _of_text(decode(body)) if isinstance(answer, tuple) else _of_json(member(answer, "SystemLog"))
    return max((moment for text, kind in entries if _START.search(kind) and (moment := _moment(text))), default=None)


def _of_text(text: str) -> Iterator[tuple[str, str]]:
    return ((found[1], found[2]) for found in _LINE.finditer(text))


def _of_json(entries: object) -> Iterator[tuple[str, str]]:
    return ((clean(member(entry, "Date")), clean(member(entry, "Type"))) for entry in objects(entries))


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - cameras name no zone
    except ValueError:
        return None
