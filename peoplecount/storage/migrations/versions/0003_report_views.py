"""The views that reports are made from: people by hour and by day, with the names of sites, doors and lines.

Written out here and not taken from ``schema.py``, like every step. A later step that changes a view drops and makes
it: ``CREATE OR ALTER`` and ``ALTER VIEW`` are not understood by every server that speaks T-SQL.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import CreateView

from peoplecount.storage.column_types import UtcTime, id_text, words
from peoplecount.storage.dialects import as_words, local_day

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FROM_BEST_TO_WORST = ("measured", "back-filled", "corrected", "imported", "estimated", "missing")

DEFAULT_SITE = ("default", "Main site")
"""The site of cameras that were given none, and what it is called unless somebody has entered it."""


def upgrade() -> None:
    schema = op.get_context().version_table_schema  # None on SQLite
    op.execute(CreateView(_by_hour(schema), "report_hourly", schema=schema))
    op.execute(CreateView(_by_day(schema), "report_daily", schema=schema))


def _by_hour(schema: str | None) -> sa.Select[Any]:
    """A row for each of ``hour_counts``. What is unknown is NULL, so that sums and averages are right as they are."""
    hours, people = _hours(schema), sa.BigInteger()
    known = hours.c.quality != "missing"
    return _named(
        hours,
        schema,
        hours.c.starts_at.label("start_utc"),
        hours.c.local_start,
        local_day(hours.c.local_start).label("local_date"),
        sa.cast(sa.extract("hour", hours.c.local_start), sa.Integer()).label("local_hour"),
        sa.case((known, hours.c.in_count), else_=sa.cast(sa.null(), people)).label("people_in"),
        sa.case((known, hours.c.out_count), else_=sa.cast(sa.null(), people)).label("people_out"),
        hours.c.quality,
        hours.c.coverage,
    )


def _by_day(schema: str | None) -> sa.Select[Any]:
    """A row for each day of the cameras' wall clocks, of a line by the door and site it counted for."""
    days = _days(_hours(schema))
    names = "start_utc", "local_date", "people_in", "people_out", "quality", "coverage", "hours_known"
    return _named(days, schema, *(days.c[name] for name in names))


def _days(hours: Any) -> sa.Subquery:  # noqa: ANN401
    columns = hours.c
    day = local_day(columns.local_start)
    known = columns.quality != "missing"
    ranks = dict(zip(FROM_BEST_TO_WORST, map(_number, range(len(FROM_BEST_TO_WORST))), strict=True))
    worst = sa.func.max(sa.case(ranks, value=columns.quality, else_=ranks["missing"]))
    quality = sa.case({number: name for name, number in ranks.items()}, value=worst)
    return (
        sa.select(
            columns.line_id,
            columns.door_id,
            columns.site_id,
            sa.func.min(columns.starts_at).label("start_utc"),
            day.label("local_date"),
            sa.cast(sa.func.sum(sa.case((known, columns.in_count))), sa.BigInteger()).label("people_in"),
            sa.cast(sa.func.sum(sa.case((known, columns.out_count))), sa.BigInteger()).label("people_out"),
            sa.cast(quality, id_text(16)).label("quality"),
            sa.func.avg(columns.coverage).label("coverage"),
            sa.cast(sa.func.sum(sa.case((known, _number(1)), else_=_number(0))), sa.Integer()).label("hours_known"),
        )
        .group_by(columns.line_id, columns.door_id, columns.site_id, day)
        .subquery("days")
    )


def _number(value: int) -> sa.ColumnElement[int]:
    return sa.literal_column(str(value), sa.Integer())


def _named(counts: Any, schema: str | None, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:  # noqa: ANN401
    """``counts`` with the names of its places in front; what was removed since, or has no name, goes by its id."""
    sites = _names("sites", "site_id", schema, "s")
    doors = _names("doors", "door_id", schema, "d")
    lines = _names("lines", "line_id", schema, "l")
    default_id, default_name = DEFAULT_SITE
    line_name = sa.case((lines.c.name != "", lines.c.name))
    own_door = sa.case((counts.c.door_id == counts.c.line_id, line_name))  # of a line that was given none
    main_site = sa.case((counts.c.site_id == default_id, sa.literal(default_name, words(200))))
    return (
        sa.select(
            counts.c.site_id,
            sa.func.coalesce(sites.c.name, main_site, as_words(counts.c.site_id)).label("site_name"),
            counts.c.door_id,
            sa.func.coalesce(doors.c.name, own_door, as_words(counts.c.door_id)).label("door_name"),
            counts.c.line_id,
            sa.func.coalesce(line_name, as_words(counts.c.line_id)).label("line_name"),
            *columns,
        )
        .select_from(counts)
        .outerjoin(sites, sites.c.site_id == counts.c.site_id)
        .outerjoin(doors, doors.c.door_id == counts.c.door_id)
        .outerjoin(lines, lines.c.line_id == counts.c.line_id)
    )


def _names(table: str, key: str, schema: str | None, alias: str) -> Any:  # noqa: ANN401
    return sa.table(table, sa.column(key, id_text(100)), sa.column("name", words(200)), schema=schema).alias(alias)


def _hours(schema: str | None) -> Any:  # noqa: ANN401
    return sa.table(
        "hour_counts",
        sa.column("line_id", id_text(100)),
        sa.column("door_id", id_text(100)),
        sa.column("site_id", id_text(64)),
        sa.column("starts_at", UtcTime()),
        sa.column("local_start", sa.DateTime()),
        sa.column("in_count", sa.BigInteger()),
        sa.column("out_count", sa.BigInteger()),
        sa.column("quality", id_text(16)),
        sa.column("coverage", sa.Float()),
        schema=schema,
    ).alias("h")
