"""Sums over the lines of a site or door, and how far lines reach: made by the database, which is better at it."""

from __future__ import annotations

from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Table, and_, case, exists, func, select

from peoplecount.domain.event import WORSE, Quality
from peoplecount.storage.connection import Rows
from peoplecount.storage.dialects import sorted_or_hashed
from peoplecount.storage.schema import positions


class ScopeSum(NamedTuple):
    """All rows of a site or door that begin at one moment."""

    subject: str
    """The id of the site or door."""

    site_id: str
    start: datetime
    """UTC."""

    rows: int
    missing: int
    """Rows of which nothing is known."""

    entered: int
    left: int
    quality: Quality
    """The worst of what is known; ``MISSING`` where nothing is."""

    covered: float
    """The sum of the coverages that are known."""

    coverages: int
    """How many of them are known."""


class LineSpan(NamedTuple):
    """From when to when a line has rows, and at how many moments there are some."""

    line_id: str
    first: datetime
    last: datetime
    starts: int


_MISSING = Quality.MISSING.value
_RANKS = {quality.value: place for place, quality in enumerate(WORSE) if quality is not Quality.MISSING}
_NONE_KNOWN = -1


def span_of(table: Table, start: datetime, end: datetime) -> ColumnElement[bool]:
    """Rows that begin at or after ``start`` and before ``end``."""
    return and_(table.c.starts_at >= start, table.c.starts_at < end)


def sums_question(table: Table, subject: str, start: datetime, end: datetime) -> Select[Any]:
    """``ScopeSum`` by ``subject``, which is ``site_id`` or ``door_id``."""
    columns = table.c
    return (
        select(
            columns[subject].label("subject"),
            (columns.site_id if subject == "site_id" else func.min(columns.site_id)).label("site_id"),
            columns.starts_at,
            func.count().label("rows"),
            func.sum(case((columns.quality == _MISSING, 1), else_=0)).label("missing"),
            func.sum(columns.in_count).label("entered"),
            func.sum(columns.out_count).label("left_"),
            func.max(case(_RANKS, value=columns.quality, else_=_NONE_KNOWN)).label("rank"),
            func.sum(columns.coverage).label("covered"),
            func.count(columns.coverage).label("coverages"),
        )
        .where(span_of(table, start, end))
        .group_by(columns.starts_at, columns[subject])
    )


def read_sums(rows: Rows) -> list[ScopeSum]:
    """What ``sums_question`` brought, by time and subject."""
    return sorted(map(_sum_of, rows), key=_ORDER)


_ORDER = attrgetter("start", "subject")


def _sum_of(row: Any) -> ScopeSum:  # noqa: ANN401
    subject, site_id, start, count, missing, entered, left, rank, covered, coverages = row
    return ScopeSum(
        subject,
        site_id,
        start,
        int(count),
        int(missing),
        int(entered),
        int(left),
        Quality.MISSING if rank == _NONE_KNOWN else WORSE[rank],
        float(covered or 0.0),
        int(coverages),
    )


def spans_question(table: Table, start: datetime, end: datetime) -> Select[Any]:
    """``LineSpan``."""
    columns = table.c
    return (
        select(
            columns.line_id,
            func.min(columns.starts_at).label("first"),
            func.max(columns.starts_at).label("last"),
            func.count(columns.starts_at.distinct()).label("starts"),
        )
        .where(span_of(table, start, end))
        .group_by(columns.line_id)
    )


def incomplete_question(table: Table, step: timedelta, start: datetime, end: datetime) -> Select[Any]:
    """Lines that have fewer stretches than fit into a time; of those that moved, also some that have all.

    A line that stayed where it was has as many rows as stretches: servers count all lines' rows in one go. SQLite would
    sort all rows of the time by their lines for that, and rather counts each line's by its key.
    """
    columns, line = table.c, positions.c.line_id
    fit, in_time = -((start - end) // step), span_of(table, start, end)
    of_line = select(func.count(columns.starts_at.distinct())).where(columns.line_id == line, in_time)
    place = (columns.line_id, columns.door_id, columns.site_id)
    whole = select(columns.line_id).where(in_time).group_by(*place).having(func.count() >= fit)
    by_key = of_line.correlate(positions).scalar_subquery() < fit
    return select(line).where(sorted_or_hashed(by_key, line.not_in(whole)))


def unknown_question(table: Table, start: datetime, end: datetime) -> Select[Any]:
    """Lines and moments of which nothing is known at any door."""
    columns, other = table.c, table.alias("other")
    is_known = exists().where(
        other.c.line_id == columns.line_id, other.c.starts_at == columns.starts_at, other.c.quality != _MISSING
    )
    return (
        select(columns.line_id, columns.starts_at)
        .where(span_of(table, start, end), columns.quality == _MISSING, ~is_known)
        .distinct()
    )
