"""People of whole sites by the hour, out of the hourly roll-up."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import case, func, select

from peoplecount.domain.event import Quality
from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.schema import hour_counts


class SiteHour(NamedTuple):
    """What all lines of a site counted in an hour that began at ``starts_at`` (UTC)."""

    site_id: str
    starts_at: datetime
    entered: int
    left: int
    is_known: bool
    """Whether no line of it is marked as missing."""


def site_hours(db: IDBConnection, start: datetime, end: datetime) -> list[SiteHour]:
    """The hours that began in a span, by site and time; hours of which nothing is kept are left out.

    Raises ``DatabaseError``.
    """
    columns = hour_counts.c
    missing = func.sum(case((columns.quality == Quality.MISSING.value, 1), else_=0))
    rows = db.execute(
        select(
            columns.site_id,
            columns.starts_at,
            func.sum(columns.in_count).label("entered"),
            func.sum(columns.out_count).label("gone"),
            missing.label("missing"),
        )
        .where(columns.starts_at >= start, columns.starts_at < end)
        .group_by(columns.site_id, columns.starts_at)
        .order_by(columns.site_id, columns.starts_at)
    )
    return [SiteHour(row.site_id, row.starts_at, int(row.entered), int(row.gone), not row.missing) for row in rows]
