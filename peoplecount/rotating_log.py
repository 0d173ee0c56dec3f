"""The log in files, one after the other."""

from __future__ import annotations

import logging
import os
import time
from logging.handlers import RotatingFileHandler

AGAIN_AFTER = 60.0
"""Seconds until a file that somebody else has open is tried again."""


class RotatingLog(RotatingFileHandler):
    """A file that is kept beside the next one when it is full, or later where somebody else has it open just then.

    Windows renames no such file. As it comes, each message would be lost until they let go, and with each the files of
    before would move on by one, until none is left.
    """

    _not_before = 0.0

    def shouldRollover(self, record: logging.LogRecord) -> int:  # noqa: N802  the library's name
        """Whether it is full, and may be tried."""
        return time.monotonic() >= self._not_before and super().shouldRollover(record)

    def doRollover(self) -> None:  # noqa: N802  the library's name
        """Begin the next file, or go on in this one."""
        if self.stream is not None:
            self.stream.close()
        try:
            os.rename(self.baseFilename, self.baseFilename)  # to its own name: may it be renamed at all?
            super().doRollover()
        except OSError:
            self._not_before = time.monotonic() + AGAIN_AFTER
            self.stream = self._open()
