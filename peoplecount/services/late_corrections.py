"""Corrections that come while intervals close: an hour must not close as it was before it was corrected."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from peoplecount.domain.correction import HourCorrection
from peoplecount.domain.correction_body import read_correction
from peoplecount.domain.event import EventKind, LogEntry


class LateCorrections:
    """What came into the log since intervals were reckoned. A reader would take their closing for the newer word."""

    def __init__(
        self, read: Callable[[int], Sequence[LogEntry]], is_open: Callable[[HourCorrection], bool], *, after: int
    ) -> None:
        """``read`` gives the next entries after a number, none at the log's head.

        ``is_open`` tells whether a corrected hour is in any interval that has not closed; ``after`` is the number of
        the last entry that was reckoned with.
        """
        self._read = read
        self._is_open = is_open
        self._after = after

    def came(self) -> bool:
        """Whether any came since, or since the last call."""
        found = False
        while entries := self._read(self._after):
            found = found or any(map(self._matters, entries))
            self._after = entries[-1].event_id.number
        return found

    def _matters(self, entry: LogEntry) -> bool:
        if entry.event.kind is not EventKind.COUNT_CORRECTION:
            return False
        try:
            return self._is_open(read_correction(entry.event))
        except (ValueError, TypeError, LookupError, AttributeError):  # who folds the log has a word for it
            return False
