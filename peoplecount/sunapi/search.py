"""Searches in a camera's history: started, waited for and fetched; taken back where nobody will fetch them.

Both interfaces work the same way: SUNAPI Recording manual 2.6.2, ``peoplecountsearch``, and WiseAI App API 1.5.0,
``search/objectcounting``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from peoplecount.domain.clock import Clock
from peoplecount.sunapi.answers import Json, MalformedAnswer, Pairs, clean, member, parse_answer
from peoplecount.sunapi.configuration import Spot
from peoplecount.sunapi.connection import CameraConnection
from peoplecount.sunapi.errors import (
    CameraBusy,
    CameraError,
    CameraUnreachable,
    CountingUnavailable,
    RequestRefused,
    UnexpectedAnswer,
)
from peoplecount.sunapi.hourly_figures import Found
from peoplecount.sunapi.query import Query
from peoplecount.sunapi.read_only import is_allowed

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 2.0
"""Seconds between two questions whether a search is done; each pause is twice the one before."""

_LONGEST_TOKEN = 200


class Search(Protocol):
    """One search in the words of one interface."""

    @property
    def spots(self) -> tuple[Spot, ...]:
        """The lines it is for."""
        ...

    def starts(self) -> tuple[Query, ...]:
        """How to start it, the next way where a camera does not take the parameters of the one before."""
        ...

    def status(self, token: str) -> Query:
        """How far it is."""
        ...

    def results(self, token: str) -> Query:
        """What it has found."""
        ...

    def cancel(self, token: str) -> Query:
        """Take it back."""
        ...

    def parse(self, body: bytes) -> Found:
        """Read the results. Raises ``Refusal`` and ``MalformedAnswer``."""
        ...


@dataclass(frozen=True, slots=True)
class Searches:
    """The searches that some lines need, and the lines that cannot be searched for, each with the reason."""

    searches: tuple[Search, ...]
    missing: dict[Spot, str]


class Searcher:
    """Makes searches, one at a time."""

    def __init__(
        self,
        connection: CameraConnection,
        *,
        clock: Clock,
        sleep: Callable[[float], object],
        abandoned: Callable[[], bool],
    ) -> None:
        """``abandoned`` says, after each ``sleep`` of so many seconds, that nobody waits for the answer any more."""
        self._connection = connection
        self._clock = clock
        self._sleep = sleep
        self._abandoned = abandoned

    def find(self, search: Search, deadline: float) -> Found:
        """Make a search; it is over by ``deadline`` (monotonic seconds) or given up. Raises ``CameraError``."""
        token = self._checked(search, self._start(search))
        try:
            self._wait(search, token, deadline)
            return self._connection.ask(search.results(token), search.parse).value
        except (CameraBusy, CountingUnavailable, UnexpectedAnswer):
            self._take_back(search, token)
            raise
        except CameraUnreachable as error:
            # A camera that is out of reach by itself is not troubled: that would cost another time-out.
            if not self._abandoned():
                raise
            self._take_back(search, token)
            raise self._given_up() from error

    def _checked(self, search: Search, token: str) -> str:
        """The token, where it can be sent back without being taken for something else."""
        if not is_allowed(search.status(token)):
            raise UnexpectedAnswer(
                self._connection.camera_id, f"the camera's token for a search cannot be sent back: {token!r}"
            )
        return token

    def _take_back(self, search: Search, token: str) -> None:
        with contextlib.suppress(CameraError):
            self._connection.ask(search.cancel(token), _anything, even_closed=True)

    def _given_up(self) -> CameraBusy:
        return CameraBusy(self._connection.camera_id, "the search in the camera's history was given up")

    def _start(self, search: Search) -> str:
        *others, last = search.starts()
        for query in others:
            with contextlib.suppress(RequestRefused):
                return self._connection.ask(query, parse_token).value
        return self._connection.ask(last, parse_token).value

    def _wait(self, search: Search, token: str, deadline: float) -> None:
        pause = FIRST_PAUSE
        while not self._connection.ask(search.status(token), parse_completed).value:
            if self._clock.monotonic() + pause > deadline:
                raise CameraBusy(self._connection.camera_id, "the camera did not finish the search in its history")
            self._sleep(pause)
            if self._abandoned():
                raise self._given_up()
            pause = min(2 * pause, LONGEST_PAUSE)


def parse_token(body: bytes) -> str:
    """The token of a search just started; a manual sample has a blank before it.

    Raises ``Refusal`` and ``MalformedAnswer``.
    """
    given = member(_fields(parse_answer(body)), "SearchToken")
    token = str(given).strip() if isinstance(given, (str, int)) else ""
    # A token of dots alone would lead out of the searches where it stands in a path.
    if not token.strip(".") or not token.isprintable() or len(token) > _LONGEST_TOKEN:
        raise MalformedAnswer("a SearchToken was expected")
    return token


def parse_completed(body: bytes) -> bool:
    """Whether a search is done. Raises ``Refusal``, and ``MalformedAnswer`` where it never will be."""
    fields = _fields(parse_answer(body))
    status = clean(member(fields, "Status"))
    if status.lower() not in {"completed", "notcompleted"}:
        reason = clean(member(fields, "errorDescription"))
        raise MalformedAnswer(f"the camera's search has the status {status or 'unknown'!r} {reason}".strip())
    return status.lower() == "completed"


def _fields(answer: Json | Pairs) -> Json:
    return dict(reversed(answer)) if isinstance(answer, tuple) else answer


def _anything(body: bytes) -> None:
    """What a camera says to a cancellation makes no difference."""
