"""How many lines of one camera are remembered."""

from __future__ import annotations

import logging
from collections.abc import Container, Sized
from dataclasses import replace
from typing import Protocol

from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import Reading

logger = logging.getLogger(__name__)

MOST_LINES = 512
"""Of one camera, with those it no longer tells of: twice what one answer may hold."""


class KnownLines(Sized, Container[LineKey], Protocol):
    """The lines that were read before."""


class LineLimit:
    """Leaves out new lines of a camera that names others in every answer: what is kept beside the log has an end."""

    def __init__(self, most: int = MOST_LINES) -> None:
        self._most = most
        self._said: set[str] = set()

    def within(self, reading: Reading, known: KnownLines) -> Reading:
        """The reading, without new lines for which there is no room beside those that are ``known``."""
        new = [line for line in reading.lines if line.key not in known]
        left_out = new[max(self._most - len(known), 0) :]
        if not left_out:
            return reading
        if reading.camera_id not in self._said:
            logger.error(
                "camera %s has told of more than %d lines by now; further ones, such as %r, are not counted. If they "
                "are real, remove the camera and add it under another id",
                reading.camera_id,
                self._most,
                left_out[0].name[:40],
            )
        self._said.add(reading.camera_id)
        return replace(reading, lines=tuple(line for line in reading.lines if line not in left_out))
