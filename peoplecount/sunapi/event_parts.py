"""The endless answer of an event stream, taken apart as it comes.

SUNAPI Event manual 2.6.2, ``monitordiff``: ``multipart/x-mixed-replace``, without lengths and without an end. Its
samples have parts without headers, and one client of real cameras goes by braces alone. So does this reader: what is
not within braces is passed over. A boundary at the beginning of a line, where no JSON can have one, is a new
beginning.
"""

from __future__ import annotations

import json
import re

from peoplecount.sunapi.answers import Json, decode

USUAL_BOUNDARY = "SamsungTechwin"
"""On current firmware too (SUNAPI Event manual 2.6.2)."""

MOST_BYTES_OF_EVENT = 65_536
"""One is some hundred bytes; the state of all events, with which a stream begins, a few thousand."""

_LONGEST_BOUNDARY = 70
"""RFC 2046, 5.1.1."""

_BOUNDARY = re.compile(r"""\bboundary\s*=\s*(?:"([^"]*)"|([^\s;,"]+))""", re.IGNORECASE)
_TELLING = re.compile(rb'["\\{}\r\n]')


def boundary_of(content_type: str) -> str:
    """The boundary that a ``Content-Type`` names, the usual one where it names none."""
    found = _BOUNDARY.search(content_type)
    boundary = (found[1] or found[2] or "").strip("-") if found else ""
    return boundary[:_LONGEST_BOUNDARY] or USUAL_BOUNDARY


class EventParts:
    """Takes bytes in pieces of any size and gives the JSON objects in them.

    Keeps an object as far as it has come, and the beginning of the current line; neither grows without end.
    """

    def __init__(self, boundary: str = USUAL_BOUNDARY) -> None:
        self._boundary = boundary.encode("latin-1", "replace")
        self._object = bytearray()
        self._depth = 0
        self._in_text = False
        self._escaped = False
        self._line = bytearray()

    def feed(self, data: bytes) -> list[Json]:
        """The objects that these bytes complete, in order; those that are no sound JSON are left out."""
        found: list[Json] = []
        position = 0
        for match in _TELLING.finditer(data):
            self._take(data[position : match.start()])
            position = match.end()
            complete = self._sign(match[0])
            if complete is not None:
                found.append(complete)
        self._take(data[position:])
        return found

    def _take(self, plain: bytes) -> None:
        """Bytes that neither open nor close anything."""
        if not plain:
            return
        self._escaped = False
        self._on_line(plain)
        if self._depth:
            self._keep(plain)

    def _sign(self, sign: bytes) -> Json | None:
        if sign in b"\r\n":
            self._line.clear()
            self._escaped = False
            if self._depth:
                self._keep(sign)
            return None
        self._on_line(sign)
        if self._depth:
            self._keep(sign)
        if self._in_text:
            self._within_text(sign)
        elif sign == b'"':
            self._in_text = self._depth > 0
        elif sign == b"{":
            self._open()
        elif sign == b"}" and self._depth:
            return self._close()
        return None

    def _within_text(self, sign: bytes) -> None:
        if self._escaped:
            self._escaped = False
        elif sign == b"\\":
            self._escaped = True
        elif sign == b'"':
            self._in_text = False

    def _open(self) -> None:
        if not self._depth:
            self._object += b"{"
        self._depth += 1

    def _close(self) -> Json | None:
        self._depth -= 1
        if self._depth:
            return None
        body = decode(bytes(self._object))
        self._reset()
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    def _keep(self, data: bytes) -> None:
        self._object += data
        if len(self._object) > MOST_BYTES_OF_EVENT:
            self._reset()

    def _on_line(self, data: bytes) -> None:
        """Look for a boundary at the beginning of the line."""
        missing = _LONGEST_BOUNDARY + 8 - len(self._line)
        if missing <= 0:
            return
        self._line += data[:missing]
        if self._line.startswith(b"--") and self._line.lstrip(b"-").startswith(self._boundary):
            self._reset()

    def _reset(self) -> None:
        self._object.clear()
        self._depth = 0
        self._in_text = self._escaped = False
