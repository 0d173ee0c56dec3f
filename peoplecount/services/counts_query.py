"""What is asked of the counts: which time, in which steps, of what."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from peoplecount.domain.asked_moment import NoMoment, asked_moment
from peoplecount.domain.event import utc_text
from peoplecount.domain.event_id import EventId, MalformedEventId
from peoplecount.domain.interval import Scope, Step

STEPS = (Step.QUARTER, Step.HOUR, Step.DAY)
LONGEST = timedelta(days=3700)
"""Ten years."""

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""Nobody was counted before; and days about the year 1 lie outside the calendar in some zones."""

ROWS_A_PAGE = 1000
MOST_ROWS_A_PAGE = 10_000

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TOKEN = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)/(.{1,400})", re.ASCII)
_ALLOWED = (
    "from", "to", "step", "scope", "site", "door", "camera", "line", "asKnownOn", "changedSince", "limit", "cursor",
)  # fmt: skip

E = TypeVar("E", bound=StrEnum)


class BadQuery(ValueError):
    """What was asked for makes no sense; the message says what is allowed."""


@dataclass(frozen=True, slots=True)
class Position:
    """Behind a row: when it begins, and what it is of."""

    begin: datetime
    subject: str

    def __str__(self) -> str:
        return f"{utc_text(self.begin)}/{self.subject}"

    @classmethod
    def parse(cls, text: str) -> Position:
        """Read what ``str(position)`` wrote. Raises ``BadQuery``."""
        match = _TOKEN.fullmatch(text)
        if match is None:
            raise BadQuery("cursor: this is none; give the one of the page before as it was")
        return cls(_moment("cursor", match[1]), match[2])


@dataclass(frozen=True, slots=True)
class CountsQuery:
    """A question that makes sense."""

    begin: datetime
    """UTC."""

    end: datetime
    """UTC; intervals that begin before it are told."""

    step: Step = Step.HOUR
    scope: Scope = Scope.LINE
    site_id: str | None = None
    door_id: str | None = None
    line_id: str | None = None
    limit: int = ROWS_A_PAGE
    after: Position | None = None
    camera_id: str | None = None
    known: datetime | None = None
    """Figures as they were known at this moment, UTC; ``None``: as they are known now."""

    changed_since: EventId | None = None
    """Only what may have changed after this event."""

    @classmethod
    def parse(cls, asked: Mapping[str, str], zone: ZoneInfo, now: datetime) -> CountsQuery:
        """From parameters as they came. Days without a time begin at midnight in ``zone``. Raises ``BadQuery``."""
        strange = sorted(asked.keys() - set(_ALLOWED))
        if strange:
            raise BadQuery(f"{strange[0][:40]!r} is not known here; allowed are {', '.join(_ALLOWED)}")
        begin = _point("from", asked.get("from", ""), zone)
        end = _point("to", asked["to"], zone) if asked.get("to") else now
        if not timedelta(0) < end - begin <= LONGEST:
            raise BadQuery(f"from must lie before to, and by {LONGEST.days} days at most")
        query = cls(
            max(begin, EARLIEST),
            min(end, now),
            _choice("step", asked.get("step", Step.HOUR.value), Step, STEPS),
            _choice("scope", asked.get("scope", Scope.LINE.value), Scope, tuple(Scope)),
            _id("site", asked.get("site", "")),
            _id("door", asked.get("door", "")),
            _id("line", asked.get("line", "")),
            _limit(asked.get("limit", "")),
            Position.parse(asked["cursor"]) if asked.get("cursor") else None,
            _id("camera", asked.get("camera", "")),
            _end_of("asKnownOn", asked["asKnownOn"], zone) if asked.get("asKnownOn") else None,
            _event("changedSince", asked["changedSince"]) if asked.get("changedSince") else None,
        )
        query._demand_sense()
        if query.known is not None:  # what began later was not known at all
            query = replace(query, end=max(min(query.end, query.known), query.begin))
        return query

    def wants(self, begin: datetime, subject: str) -> bool:
        """Whether a row of this place belongs to the answer."""
        is_new = self.after is None or (begin, subject) > (self.after.begin, self.after.subject)
        return is_new and self.begin <= begin < self.end

    def _demand_sense(self) -> None:
        if self.line_id and self.scope is not Scope.LINE:
            raise BadQuery(f"line: scope={self.scope} sums over lines; a single one needs scope=line")
        if self.door_id and self.scope is Scope.SITE:
            raise BadQuery("door: scope=site sums over doors; a single one needs scope=door or scope=line")
        if self.camera_id and self.scope is not Scope.LINE:
            raise BadQuery(f"camera: scope={self.scope} sums over cameras; a single one needs scope=line")
        if self.known and self.step is Step.QUARTER:
            raise BadQuery("asKnownOn: what is learned later is told by the hour; it needs step=60 or step=day")


def _id(name: str, text: str) -> str | None:
    """Control characters are in no id, and some databases refuse to be asked for them."""
    if any(unicodedata.category(one) in {"Cc", "Cs"} for one in text):
        raise BadQuery(f"{name}: {text[:80]!r} holds a character that no id has")
    return text or None


def _point(name: str, text: str, zone: ZoneInfo) -> datetime:
    if not text:
        raise BadQuery(f"{name} is missing: a day such as 2026-05-04, or a time such as 2026-05-04T12:00:00Z")
    if not _DATE.fullmatch(text):
        return _moment(name, text)
    try:
        return datetime.combine(date.fromisoformat(text), time(), zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadQuery(f"{name}: there is no day {text}") from error


def _end_of(name: str, text: str, zone: ZoneInfo) -> datetime:
    """A time as it is; of a day its end, which is midnight of the next one."""
    if not _DATE.fullmatch(text):
        return _moment(name, text)
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadQuery(f"{name}: there is no day {text}") from error


def _event(name: str, text: str) -> EventId:
    try:
        return EventId.parse(text)
    except MalformedEventId as error:
        raise BadQuery(f"{name}: {error}; give the asOf of an answer before as it was") from error


def _moment(name: str, text: str) -> datetime:
    try:
        return asked_moment(text, nor="a day such as 2026-05-04")
    except NoMoment as error:
        raise BadQuery(f"{name}: {error}") from error


def _choice(name: str, text: str, kind: type[E], allowed: tuple[E, ...]) -> E:
    if text not in [one.value for one in allowed]:
        raise BadQuery(f"{name}: {text[:40]!r} is not known; allowed are {', '.join(one.value for one in allowed)}")
    return kind(text)


def _limit(text: str) -> int:
    if not text:
        return ROWS_A_PAGE
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII) or not 1 <= int(text) <= MOST_ROWS_A_PAGE:
        raise BadQuery(f"limit: {text[:20]!r} is not a number from 1 to {MOST_ROWS_A_PAGE}")
    return int(text)
