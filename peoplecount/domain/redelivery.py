"""Sending again: what an answer means, and when the next attempt is made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from peoplecount.domain.webhook import Outcome, Telling

SHORTEST_WAIT, LONGEST_WAIT = 5.0, 3600.0
"""Seconds between two attempts; each wait is twice the last one."""

FIRST_REFUSED_WAIT = 300.0
"""Seconds after somebody said no: trying soon again changes nothing."""

LONGEST_ASKED = 6 * 3600.0
"""Seconds that a receiver may ask us to wait."""

MOST_UNFIT_TRIES = 5
"""After so many, an event that the receiver says it cannot read is left out, and the next one sent."""

DEAD_AFTER = timedelta(days=3)
"""A webhook is disabled that took nothing for so long."""

FORGOTTEN_AFTER = timedelta(days=30)
"""One that was disabled for so long is removed."""

MOST_WAITING = 20_000
"""Events that wait for one webhook; some 15 MB. Of more, only the newest of each line, site and camera are kept."""

_UNFIT = {400, 413, 415, 422}
_LATER = {408, 425, 429}


def outcome_of(status: int) -> Outcome:
    """What an HTTP status means to us."""
    if 200 <= status < 300:
        return Outcome.TAKEN
    if status == 410:
        return Outcome.GONE
    if status in _LATER or status >= 500:
        return Outcome.LATER
    return Outcome.UNFIT if status in _UNFIT else Outcome.REFUSED


def wait_after(outcome: Outcome, failures: int, asked: float | None, chance: float) -> float:
    """Seconds until the next attempt, after so many ``failures`` in a row (1: the first).

    ``asked`` is what the receiver said (``Retry-After``), which is kept to; ``chance`` (0 to 1) spreads those that
    failed together.
    """
    first = SHORTEST_WAIT if outcome is Outcome.LATER else FIRST_REFUSED_WAIT
    wait = min(LONGEST_WAIT, first * 2.0 ** min(failures - 1, 20)) * (0.5 + chance / 2)
    if asked is None:
        return wait
    least = min(max(asked, 0.0), LONGEST_ASKED)
    return max(least * (1 + chance / 10), 1.0) if outcome is Outcome.LATER else max(least, wait)


def seconds_asked(header: str | None, now: datetime) -> float | None:
    """What a ``Retry-After`` says (RFC 9110, 10.2.3): seconds, or a moment; ``None`` where it makes no sense."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
        return max(0.0, (moment - now).total_seconds())
    except (ValueError, TypeError, OverflowError):  # TypeError: a moment without a zone
        return None


def thinned(
    waiting: Sequence[Telling], most: int, *, states_alone: bool = False
) -> tuple[list[int], dict[int, int], int]:
    """Which of those that wait are not to be sent, so that they do not become too many.

    ``waiting`` is in order and may be changed whole. Where there are more than ``most``, or with ``states_alone``, of
    each key only the newest stays; where there are too many still, the oldest go. Returns the numbers of those that go,
    of those that stay how many more have been dropped before them, by number, and how many that nobody stays to tell.
    """
    if len(waiting) <= most and not states_alone:
        return [], {}, 0
    newest = {one.key: one.number for one in waiting if one.key}
    stays = [one for one in waiting if not one.key or newest[one.key] == one.number]
    kept = {one.number for one in stays[max(0, len(stays) - most) :]} if most else set()
    gone: list[int] = []
    more: dict[int, int] = {}
    pending = 0
    for one in waiting:
        if one.number not in kept:
            gone.append(one.number)
            pending += 1 + one.dropped
        elif pending:
            more[one.number], pending = pending, 0
    return gone, more, pending
