"""What a camera remembers of one of its days, line by line."""

from __future__ import annotations

from collections.abc import Callable

from peoplecount.domain.clock import Clock
from peoplecount.domain.day_history import DayHours
from peoplecount.sunapi.configuration import Spot
from peoplecount.sunapi.connection import CameraConnection
from peoplecount.sunapi.errors import CameraBusy, CountingUnavailable, UnexpectedAnswer
from peoplecount.sunapi.hourly_figures import Found
from peoplecount.sunapi.search import Searcher, Searches

PATIENCE = 30.0
"""Seconds in which all searches for a history must be over. It is polled meanwhile."""


def find_history(
    searches: Searches,
    connection: CameraConnection,
    *,
    clock: Clock,
    sleep: Callable[[float], object],
    abandoned: Callable[[], bool],
) -> Found:
    """Make all searches, one after the other.

    A search that fails leaves its lines without history and does not lose the others'. Raises ``CameraError`` if all
    fail, and at once where the camera is out of reach or refuses the account.
    """
    searcher = Searcher(connection, clock=clock, sleep=sleep, abandoned=abandoned)
    deadline = clock.monotonic() + PATIENCE
    hours: dict[Spot, DayHours] = {}
    missing = dict(searches.missing)
    failures = []
    for search in searches.searches:
        try:
            found = searcher.find(search, deadline)
        except (CameraBusy, CountingUnavailable, UnexpectedAnswer) as error:
            failures.append(error)
            missing |= dict.fromkeys(search.spots, str(error))
        else:
            hours |= found.hours
            missing |= found.missing
    if failures and len(failures) == len(searches.searches):
        raise failures[0]
    return Found(hours, missing)
