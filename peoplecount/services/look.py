"""Looks: the past is gone through a manageable number of rows at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from peoplecount.domain.event_id import EventId
from peoplecount.domain.interval import Scope, Step
from peoplecount.domain.line import camera_of
from peoplecount.domain.place_sum import PlaceStretch
from peoplecount.services.count_rows import CountRow, Names
from peoplecount.services.counts_query import CountsQuery
from peoplecount.storage.history_rows import DayCount, HourCount, QuarterHour
from peoplecount.storage.scope_sums import LineSpan, ScopeSum

ONE_DAY = timedelta(days=1)


class CountHistory(Protocol):
    """The part of the history that is asked, see ``History``. Raises ``DatabaseError``."""

    def quarter_hours(
        self,
        start: datetime,
        end: datetime,
        site_id: str | None = None,
        *,
        door_id: str | None = None,
        line_ids: Collection[str] | None = None,
    ) -> Sequence[QuarterHour]:
        """By time and line."""
        ...

    def hours(
        self,
        start: datetime,
        end: datetime,
        *,
        line_ids: Collection[str] | None = None,
        site_id: str | None = None,
        door_id: str | None = None,
    ) -> Sequence[HourCount]:
        """By time and line."""
        ...

    def days(
        self,
        first: date,
        last: date,
        *,
        line_ids: Collection[str] | None = None,
        site_id: str | None = None,
        door_id: str | None = None,
    ) -> Sequence[DayCount]:
        """By day and line."""
        ...

    def sums(
        self,
        step: timedelta,
        scope: Scope,
        start: datetime,
        end: datetime,
        *,
        line_ids: Collection[str] | None = None,
        site_id: str | None = None,
        door_id: str | None = None,
    ) -> Sequence[ScopeSum]:
        """Of sites or doors by hour or quarter of an hour."""
        ...

    def spans(
        self,
        step: timedelta,
        start: datetime,
        end: datetime,
        *,
        line_ids: Collection[str] | None = None,
        site_id: str | None = None,
        door_id: str | None = None,
    ) -> Sequence[LineSpan]:
        """From when to when lines have rows."""
        ...

    def incomplete(self, step: timedelta, start: datetime, end: datetime) -> Sequence[str]:
        """Lines that have not a row for every ``step`` of a time, and perhaps some that moved."""
        ...

    def next_start(
        self,
        step: timedelta,
        start: datetime,
        *,
        line_ids: Collection[str] | None = None,
        site_id: str | None = None,
        door_id: str | None = None,
    ) -> datetime | None:
        """When the next row begins."""
        ...

    def learned_later(
        self, scope: Scope, start: datetime, end: datetime, known: datetime, site_id: str | None = None
    ) -> Sequence[PlaceStretch]:
        """What to add to hours for figures as they were known at a moment."""
        ...

    def changed_since(self, scope: Scope, since: EventId, at: datetime) -> Mapping[str, datetime]:
        """By subject the earliest moment of which something was told after an event."""
        ...

    def stamp_sum(self, start: datetime, end: datetime) -> tuple[int, int]:
        """Another answer means that rows of this time were written since."""
        ...

    def written_up_to(self) -> EventId | None:
        """The last event that is in it."""
        ...

    def count_lines(self) -> int:
        """How many lines were ever counted."""
        ...

    def lines(self) -> Sequence[str]:
        """All lines that were ever counted."""
        ...

    def lines_of_door(self, door_id: str, start: datetime, end: datetime) -> Sequence[str]:
        """Lines that counted for a door in a time."""
        ...


@dataclass(frozen=True, slots=True)
class Look:
    """What was found in a time."""

    rows: Iterator[CountRow]
    """By time and subject, made as they are taken."""

    looked_through: int
    """Rows of the history that they are made of."""

    until: datetime
    """What begins before it has been looked through; the end of the question's time in the last look."""


class Looks(Protocol):
    """Goes through the time of a question."""

    at_once: int
    """How many rows are wanted from the next look, about."""

    def __iter__(self) -> Iterator[Look]:
        """One after the other, without a gap. Raises ``DatabaseError``."""
        ...

    def goes_on(self, until: datetime, now: datetime) -> bool:
        """Whether there are rows that begin at or after ``until`` and are over by ``now``. Raises ``DatabaseError``."""
        ...


@dataclass(slots=True)
class Chosen:
    """The lines a question is about."""

    history: CountHistory
    lines: Sequence[str] | None
    """Their ids; ``None``: all that fit the rest."""

    site_id: str | None
    door_id: str | None
    about: int
    """How many they are, about."""

    _all: Sequence[str] = field(default=())

    @classmethod
    def by(cls, query: CountsQuery, history: CountHistory, names: Names) -> Chosen:
        """As a question says. Raises ``DatabaseError``."""
        lines: Sequence[str] | None = None
        if query.line_id is not None:
            lines = [query.line_id]
        elif query.camera_id is not None:
            lines = [line for line in history.lines() if camera_of(line) == query.camera_id]
        elif query.door_id is not None and not _finds_doors(query):  # the lines it had then: those are found
            lines = history.lines_of_door(query.door_id, query.begin, query.end)
        made = cls(history, lines, query.site_id, query.door_id, 1)
        if lines is not None:
            made.about = len(lines)
        elif query.door_id is None:
            made.about = (query.site_id and names.lines_of_site(query.site_id)) or history.count_lines()
        return made

    @property
    def filters(self) -> Mapping[str, Any]:
        """For the history."""
        return {"line_ids": self.lines, "site_id": self.site_id, "door_id": self.door_id}

    def subjects(self, scope: Scope, names: Names) -> int:
        """How many lines, doors or sites that makes, about; 1 at least."""
        if scope is Scope.LINE:
            return max(self.about, 1)
        if scope is Scope.DOOR:
            return 1 if self.door_id is not None else max(min(len(names.doors), self.about), 1)
        return 1 if self.site_id is not None else max(len(names.sites), 1)

    def known(self) -> Sequence[str]:
        """All lines that may be meant, and more where only a site was named."""
        if self.lines is not None:
            return self.lines
        self._all = self._all or self.history.lines()
        return self._all


def _finds_doors(query: CountsQuery) -> bool:
    """Whether the database finds what a door counted by itself, and nothing more than that is asked for."""
    return query.scope is Scope.DOOR and query.step is Step.HOUR


def start_of_day(moment: datetime) -> datetime:
    """Of UTC."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
