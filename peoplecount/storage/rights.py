"""Who needs to do what with which of our tables: the service's account, and people who make reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from sqlalchemy import Table

from peoplecount.storage.schema import metadata


class Right(StrEnum):
    """What an account may be let do with a table."""

    SELECT = "SELECT"
    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


_READ = (Right.SELECT,)
_ADD = (Right.SELECT, Right.INSERT)
_CHANGE = (Right.SELECT, Right.INSERT, Right.UPDATE)
_REMOVE = (Right.SELECT, Right.INSERT, Right.DELETE)
_ALL = (Right.SELECT, Right.INSERT, Right.UPDATE, Right.DELETE)

SERVICE: Mapping[str, tuple[Right, ...]] = {
    "API_camaras": _READ,
    "alembic_version": _READ,
    "camera_choices": _CHANGE,
    "cameras": _ALL,
    "corrections": _ADD,
    "doors": _ALL,
    "hand_counts": _CHANGE,
    "hour_counts": _CHANGE,
    "line_swaps": _REMOVE,
    "lines": _REMOVE,
    "positions": _CHANGE,
    "quarter_hours": _CHANGE,
    "quarter_stamps": _CHANGE,
    "records": _ALL,
    "registros_states": _ALL,
    "sites": _ALL,
    "writer_cursor": _CHANGE,
}
"""By table or view: exactly what its statements need, also those of commands under the same account."""

REPORTS = (
    "report_hourly",
    "report_daily",
    *("hour_counts", "quarter_hours", "records", "corrections", "sites", "doors", "lines", "line_swaps", "hand_counts"),
)
"""What people who make reports may read: nothing that holds a password, and nothing of the writer's own."""


def numbered() -> Iterator[tuple[Table, str]]:
    """Our tables with a column that the database counts up, and that column."""
    for table in metadata.sorted_tables:
        counted = table.autoincrement_column
        if counted is not None and counted.autoincrement is True:
            yield table, counted.name
