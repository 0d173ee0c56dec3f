"""What places counted by the hour or quarter of an hour, or in all: summed up by the database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from operator import attrgetter
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Table, case, func, literal, select

from peoplecount.domain.event import WORSE
from peoplecount.domain.interval import Scope
from peoplecount.domain.place_sum import PlaceStretch
from peoplecount.domain.roll_up import HOUR, QUARTER
from peoplecount.storage.connection import IDBConnection, Rows
from peoplecount.storage.learned_later import differences, learned_later_question
from peoplecount.storage.quarter_stamps import load_stamps, stamp_check
from peoplecount.storage.schema import hour_counts, quarter_hours
from peoplecount.storage.scope_sums import span_of
from peoplecount.storage.where import Where

__all__ = ["PlaceHistory", "Where"]

_TABLES = {HOUR: hour_counts, QUARTER: quarter_hours}
_IN_TIME = attrgetter("start", "subject")
_SUBJECTS = {Scope.SITE: "site_id", Scope.DOOR: "door_id", Scope.LINE: "line_id"}


class PlaceHistory:
    """Asks the roll-ups for sums. All raise ``DatabaseError``."""

    def __init__(self, db: IDBConnection) -> None:
        self._db = db

    def stretches(
        self, step: timedelta, scope: Scope, start: datetime, end: datetime, where: Where
    ) -> list[PlaceStretch]:
        """By the hour or quarter of an hour, as ``step`` says, and by site, door or line; in order of time."""
        table = _TABLES[step]
        question = _hour_sums(table, _SUBJECTS[scope]).where(span_of(table, start, end))
        question = question.group_by(table.c.starts_at, table.c[_SUBJECTS[scope]])
        rows = self._in_parts(table, question, where)
        return sorted(chain.from_iterable(map(_stretches_of, rows)), key=_IN_TIME)

    def totals(self, scope: Scope, start: datetime, end: datetime, where: Where) -> list[PlaceStretch]:
        """Of all hours that begin in a time together, by site, door or line."""
        subject = _SUBJECTS[scope]
        question = _total_sums(subject).where(span_of(hour_counts, start, end)).group_by(hour_counts.c[subject])
        return sorted(_total_of(row) for rows in self._in_parts(hour_counts, question, where) for row in rows)

    def learned_later(
        self, scope: Scope, start: datetime, end: datetime, known: datetime, where: Where
    ) -> list[PlaceStretch]:
        """What to add to hours for figures as they were known at a moment: what was learned since is taken away.

        Of an hour that was corrected several times since, the first correction has what had been known until then.
        """
        found: list[PlaceStretch] = []
        for part in where.parts():
            rows = self._db.execute(learned_later_question(start, end, known, part))
            found += differences(rows, _SUBJECTS[scope], start, end, part)
        return found

    def door_hours(self, start: datetime, end: datetime, sites: Collection[str]) -> list[tuple[str, PlaceStretch]]:
        """By the hour and by door, with the site that the door was of then; in order of time."""
        columns = hour_counts.c
        question = (
            _hour_sums(hour_counts, "door_id").add_columns(columns.site_id).where(span_of(hour_counts, start, end))
        )
        question = question.group_by(columns.starts_at, columns.site_id, columns.door_id)
        found: list[tuple[str, PlaceStretch]] = []
        for rows in self._in_parts(hour_counts, question, Where(sites)):
            told = [tuple(row) for row in rows]
            found += zip([row[-1] for row in told], _stretches_of([row[:-1] for row in told]), strict=True)
        return sorted(found, key=lambda one: _IN_TIME(one[1]))

    def stamps(self, start: datetime, end: datetime) -> Mapping[datetime, int]:
        """Of quarters of an hour: another one means that rows of it were written since."""
        return load_stamps(self._db, start, end)

    def stamp_check(self, before: datetime) -> tuple[int, int]:
        """Another answer means that such rows were written which began before a moment."""
        return stamp_check(self._db, before)

    def first_day(self, where: Where) -> datetime | None:
        """When the first hour of a place began; ``None`` where it has none."""
        question = select(func.min(hour_counts.c.starts_at).label("first"))
        found = [rows[0].first for rows in self._in_parts(hour_counts, question, where)]
        return min((one for one in found if one is not None), default=None)

    def _in_parts(self, table: Table, question: Select[Any], where: Where) -> Iterator[Rows]:
        """The answers to a question about such places."""
        for part in where.parts():
            yield self._db.execute(question.where(part.rows_of(table)))


_BITS = 12
"""Of how many rows of each quality can be told in one number; a place has fewer lines than 4,096."""

_ONE = {quality.value: 1 << (_BITS * (place - 1)) for place, quality in enumerate(WORSE) if place}
"""The rest are measured. One sum instead of six takes half the time, and a year has 8,760 rows of them."""


def _sums(table: Table, subject: str, start: ColumnElement[datetime]) -> Select[Any]:
    columns = table.c
    return select(
        columns[subject].label("subject"),
        start.label("start"),
        func.sum(columns.in_count).label("entered"),
        func.sum(columns.out_count).label("left_"),
        func.count().label("rows"),
        func.sum(columns.coverage).label("covered"),
        func.count(columns.coverage).label("coverages"),
    )


def _hour_sums(table: Table, subject: str) -> Select[Any]:
    columns = table.c
    worse = func.sum(case(_ONE, value=columns.quality, else_=literal(0, BigInteger())))
    return _sums(table, subject, columns.starts_at).add_columns(worse.label("worse"))


def _total_sums(subject: str) -> Select[Any]:
    columns = hour_counts.c
    return _sums(hour_counts, subject, func.min(columns.starts_at)).add_columns(
        *(func.sum(case((columns.quality == one, 1), else_=0)).label(f"rows_{place}") for place, one in enumerate(_ONE))
    )


def _stretches_of(rows: Sequence[Any]) -> list[PlaceStretch]:
    unpack = _Unpacked()
    return [
        PlaceStretch(subject, start, int(entered), int(left), unpack[count, worse], float(covered or 0.0), coverages)
        for subject, start, entered, left, count, covered, coverages, worse in map(tuple[Any, ...], rows)
    ]


class _Unpacked(dict[tuple[int, int], tuple[int, ...]]):
    """Rows by quality of how many there are and the number that says how many of them are worse than measured."""

    def __missing__(self, key: tuple[int, int]) -> tuple[int, ...]:
        count, worse = key
        told = [int(worse) >> (_BITS * place) & ((1 << _BITS) - 1) for place in range(len(_ONE))]
        self[key] = found = (count - sum(told), *told)
        return found


def _total_of(row: Any) -> PlaceStretch:  # noqa: ANN401
    subject, start, entered, left, count, covered, coverages, *worse = row
    told = tuple(map(int, worse))
    by_quality = (int(count) - sum(told), *told)
    return PlaceStretch(subject, start, int(entered), int(left), by_quality, float(covered or 0.0), int(coverages))
