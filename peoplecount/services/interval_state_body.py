"""How what the projections remember is written beside the log: JSON, one value a line, door and site."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any

from peoplecount.domain.event import Quality, parse_utc, utc_text
from peoplecount.domain.event_body import Place, write_body
from peoplecount.domain.figures import Figures
from peoplecount.domain.interval import Scope, Step
from peoplecount.domain.interval_book import IntervalBook, Subject
from peoplecount.domain.line import LineKey
from peoplecount.domain.line_tally import Bucket, LineTally

INTERVAL_STATE = "interval:"
"""What the keys of these states begin with; scope and id of the subject follow."""

CURSOR_STATE = "interval-cursor"

NOTHING = "null"
"""The body of a subject that is no more: states are never deleted."""


@dataclass(frozen=True, slots=True)
class SubjectState:
    """One subject, as it was written."""

    subject: Subject
    closed: Mapping[Step, datetime]
    tally: LineTally | None = None
    folded: int = 0
    """Of a line: the number of the newest log entry that is in its tally."""


def state_key(subject: Subject) -> str:
    """The key of a subject's state."""
    return f"{INTERVAL_STATE}{subject.scope.value}:{subject.subject_id}"


def write_subject(book: IntervalBook, subject: Subject, folded: int) -> str:
    """The JSON of a subject; ``NOTHING`` where it is no more."""
    closed = book.closed.get(subject)
    if closed is None:
        return NOTHING
    fields: dict[str, Any] = {"closed": {step.value: utc_text(until) for step, until in closed.items()}}
    if subject.scope is Scope.LINE:
        fields |= _tally_fields(book.lines[LineKey.parse(subject.subject_id)]) | {"folded": folded}
    return write_body(fields)


def read_subject(key: str, body: str) -> SubjectState | None:
    """What ``write_subject`` wrote under ``state_key``; ``None`` where it is no more. Raises ``ValueError``."""
    scope, _, subject_id = key.removeprefix(INTERVAL_STATE).partition(":")
    fields = json.loads(body)
    if fields is None:
        return None
    closed = {Step(step): parse_utc(until) for step, until in fields["closed"].items()}
    subject = Subject(Scope(scope), subject_id)
    if subject.scope is not Scope.LINE:
        return SubjectState(subject, closed)
    return SubjectState(subject, closed, _tally(fields), fields["folded"])


def _tally_fields(tally: LineTally) -> dict[str, Any]:
    return {
        "place": astuple(tally.place),
        "since": utc_text(tally.since),
        "readAt": utc_text(tally.read_at),
        "offset": tally.offset // timedelta(minutes=1),
        "inStep": tally.in_step,
        "buckets": {
            str(length // timedelta(minutes=1)): {
                utc_text(begin): [bucket.figures.entered, bucket.figures.left, bucket.quality.value]
                for begin, bucket in stretches.items()
            }
            for length, stretches in tally.buckets.items()
        },
    }


def _tally(fields: Mapping[str, Any]) -> LineTally:
    return LineTally(
        Place(*fields["place"]),
        parse_utc(fields["since"]),
        read_at=parse_utc(fields["readAt"]),
        offset=timedelta(minutes=fields["offset"]),
        in_step=fields["inStep"],
        buckets={
            timedelta(minutes=int(minutes)): {
                parse_utc(begin): Bucket(Figures(entered, left), Quality(quality))
                for begin, (entered, left, quality) in stretches.items()
            }
            for minutes, stretches in fields["buckets"].items()
        },
    )
