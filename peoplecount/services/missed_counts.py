"""What a stream could not give: the counts between two events, from the database."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from peoplecount.domain.event import EventKind, utc_text
from peoplecount.domain.event_id import EventId, MalformedEventId
from peoplecount.services.counts_query import BadQuery
from peoplecount.storage.record_pages import RecordPlaces, RecordRow

USUAL_LIMIT = 500
MOST_AT_ONCE = 5_000

ALLOWED = ("after", "until", "camera", "door", "site", "limit")


class NoRecordOfThat(LookupError):
    """The database knows nothing of the epoch of an event; the message says what that means."""


class Records(Protocol):
    """The part of ``RecordPages`` that is asked. Raises ``DatabaseError``."""

    def page(self, after: EventId, until: EventId | None, places: RecordPlaces, limit: int) -> Sequence[RecordRow]:
        """See ``RecordPages``."""
        ...

    def knows(self, epoch: str) -> bool:
        """See ``RecordPages``."""
        ...


class HistoryEnd(Protocol):
    """Tells how far the history reaches. Raises ``DatabaseError``."""

    def written_up_to(self) -> EventId | None:
        """See ``History``."""
        ...


@dataclass(frozen=True, slots=True)
class RecordsQuery:
    """A question that makes sense."""

    after: EventId
    until: EventId | None
    places: RecordPlaces
    limit: int = USUAL_LIMIT

    @classmethod
    def parse(cls, asked: Mapping[str, Sequence[str]]) -> RecordsQuery:
        """From parameters as they came. Raises ``BadQuery``."""
        strange = sorted(asked.keys() - set(ALLOWED))
        if strange:
            raise BadQuery(f"{strange[0][:40]!r} is not known here; allowed are {', '.join(ALLOWED)}")
        after = _event("after", asked)
        if after is None:
            raise BadQuery("after is missing: the id of the event after which counts are missing")
        places = RecordPlaces(*(frozenset(asked.get(name, ())) for name in ("camera", "door", "site")))
        return cls(after, _event("until", asked), places, _limit(asked))


@dataclass(frozen=True, slots=True)
class MissedPage:
    """Some of the counts."""

    rows: Sequence[RecordRow]
    next: EventId | None
    """After which event the next page begins; ``None``: this is the last one."""

    written_up_to: EventId | None
    """How far the database follows the log: what came later is not in it yet."""


class MissedCounts:
    """Answers from the records, which know of each the event it was made of, also where the log has it no more."""

    def __init__(self, records: Records, history: HistoryEnd) -> None:
        self._records = records
        self._history = history

    def page(self, query: RecordsQuery) -> MissedPage:
        """One page. Raises ``NoRecordOfThat`` and ``DatabaseError``."""
        written_up_to = self._history.written_up_to()
        epoch = query.after.epoch
        if not (written_up_to and written_up_to.epoch == epoch) and not self._records.knows(epoch):
            raise NoRecordOfThat(
                f"The history has no record of {query.after}, nor of any other of that log: it was lost before it was "
                "written to the database, or is longer ago than records are kept"
            )
        rows = self._records.page(query.after, query.until, query.places, query.limit + 1)
        if len(rows) <= query.limit:
            return MissedPage(rows, None, written_up_to)
        whole = self._whole_events(query, rows)
        return MissedPage(whole, whole[-1].event_id, written_up_to)

    def _whole_events(self, query: RecordsQuery, rows: Sequence[RecordRow]) -> Sequence[RecordRow]:
        """Without the last event, of which there may be more: a correction is a record for each door of its hour."""
        last = rows[-1].event_id
        whole = [row for row in rows if row.event_id != last]
        return whole or self._records.page(query.after, last, query.places, MOST_AT_ONCE)


def record_fields(row: RecordRow) -> dict[str, Any]:
    """A record as JSON, named as in the stream's events."""
    return {
        "id": str(row.event_id),
        "kind": EventKind.COUNT.value,
        "siteId": row.site_id,
        "doorId": row.door_id,
        "cameraId": row.camera_id,
        "lineId": row.line_id,
        "from": utc_text(row.started_at),
        "to": utc_text(row.ended_at),
        "localTime": row.local_time.isoformat(),
        "in": row.entered,
        "out": row.left,
        "cameraInTotal": row.in_total,
        "cameraOutTotal": row.out_total,
        "quality": row.quality.value,
    }


def _event(name: str, asked: Mapping[str, Sequence[str]]) -> EventId | None:
    text = _single(name, asked)
    try:
        return EventId.parse(text) if text else None
    except MalformedEventId as error:
        raise BadQuery(f"{name}: {error}") from error


def _limit(asked: Mapping[str, Sequence[str]]) -> int:
    text = _single("limit", asked)
    if not text:
        return USUAL_LIMIT
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII) or not 1 <= int(text) <= MOST_AT_ONCE:
        raise BadQuery(f"limit: {text[:20]!r} is not a number from 1 to {MOST_AT_ONCE}")
    return int(text)


def _single(name: str, asked: Mapping[str, Sequence[str]]) -> str:
    texts = asked.get(name, ())
    if len(texts) > 1:
        raise BadQuery(f"{name} is given twice; once is enough")
    return texts[0] if texts else ""
