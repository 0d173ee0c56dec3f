"""How what the projections remember is written beside the log: JSON, one value a line, door and site."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any

from peoplecount.domain.count_book import CountBook
from peoplecount.domain.event import Quality, parse_utc, utc_text
from peoplecount.domain.event_body import Place, write_body
from peoplecount.domain.interval import Scope, Step
from peoplecount.domain.interval_book import IntervalBook, Subject
from peoplecount.domain.line import LineKey
from peoplecount.domain.line_tally import LineTally
from peoplecount.domain.roll_up import Cell, RollUp, Stretch

INTERVAL_STATE = "interval:"
"""What the keys of these states begin with; scope and id of the subject follow."""

CURSOR_STATE = "interval-cursor"

NOTHING = ""
"""The body of a subject that is no more: it drops the state."""


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


def read_subject(key: str, body: str) -> SubjectState:
    """What ``write_subject`` wrote under ``state_key``. Raises ``ValueError``."""
    scope, _, subject_id = key.removeprefix(INTERVAL_STATE).partition(":")
    fields = json.loads(body)
    closed = {Step(step): parse_utc(until) for step, until in fields["closed"].items()}
    subject = Subject(Scope(scope), subject_id)
    if subject.scope is not Scope.LINE:
        return SubjectState(subject, closed)
    return SubjectState(subject, closed, _tally(subject_id, fields), fields["folded"])


def _tally_fields(tally: LineTally) -> dict[str, Any]:
    return {
        "place": astuple(tally.place),
        "since": utc_text(tally.since),
        "readAt": utc_text(tally.read_at),
        "offset": tally.offset // timedelta(minutes=1),
        "inStep": tally.in_step,
        "error": tally.error.total_seconds(),
        "filledUntil": utc_text(tally.filled_until) if tally.filled_until else None,
        "hours": _rows(tally.book.hours),
        "quarters": _rows(tally.book.quarters),
        "fives": [[utc_text(begin), *_cell_fields(cell)] for begin, cell in tally.fives.items()],
    }


def _tally(line_id: str, fields: Mapping[str, Any]) -> LineTally:
    return LineTally(
        line_id,
        Place(*fields["place"]),
        since=parse_utc(fields["since"]),
        read_at=parse_utc(fields["readAt"]),
        offset=timedelta(minutes=fields["offset"]),
        in_step=fields["inStep"],
        error=timedelta(seconds=fields["error"]),
        filled_until=parse_utc(filled) if (filled := fields.get("filledUntil")) else None,  # states of before have none
        book=CountBook(_roll_up(line_id, fields["hours"]), _roll_up(line_id, fields["quarters"])),
        fives={parse_utc(begin): _cell(*cell) for begin, *cell in fields["fives"]},
    )


def _rows(roll_up: RollUp) -> list[list[Any]]:
    return [[utc_text(one.starts_at), one.door_id, one.site_id, *_cell_fields(roll_up[one])] for one in roll_up]


def _roll_up(line_id: str, rows: Sequence[Sequence[Any]]) -> RollUp:
    return RollUp(
        {Stretch(line_id, parse_utc(begin), door_id, site_id): _cell(*cell) for begin, door_id, site_id, *cell in rows}
    )


def _cell_fields(cell: Cell) -> tuple[int, int, str]:
    return cell.entered, cell.left, cell.quality.value


def _cell(entered: int, left: int, quality: str) -> Cell:
    return Cell(entered, left, Quality(quality))
