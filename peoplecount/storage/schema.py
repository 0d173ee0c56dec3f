"""Our tables, as SQLAlchemy Core sees them. How they come to be is in ``migrations``.

A line's id (``CAMERA-CHANNEL-RULE-INDEX``) is the key wherever counts are kept: it is stable, and readable in reports.
There are no foreign keys: history outlives cameras, doors and sites, and lines may be those of cameras that stand in an
installation's own view. Whoever enters places demands in words what keys would.

On SQL Server primary keys are clustered: the hours of a line lie together in the order of time, which is how they are
asked for, and records in the order they came.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
)

from peoplecount.storage.column_types import UtcTime, id_text, local_time, long_words, row_number, words
from peoplecount.storage.dialects import SCHEMA

ID = 64
LINE_ID = 100

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    },
)

sites = Table(
    "sites",
    metadata,
    Column("site_id", id_text(ID), primary_key=True),
    Column("name", words(200), nullable=False),
    Column("time_zone", id_text(64), nullable=False),
    Column("capacity", Integer),
    Column("reset_time", id_text(8), nullable=False),
    Column("opening_hours", words(400)),
    Column("busy_from", id_text(16)),
    Column("full_from", id_text(16)),
)

doors = Table(
    "doors",
    metadata,
    Column("door_id", id_text(ID), primary_key=True),
    Column("site_id", id_text(ID), nullable=False),
    Column("name", words(200), nullable=False),
)

cameras = Table(
    "cameras",
    metadata,
    Column("camera_id", id_text(ID), primary_key=True),
    Column("name", words(200), nullable=False),
    Column("address", words(400), nullable=False),
    Column("username", words(200), nullable=False),
    Column("password", long_words(), nullable=False),
    Column("site_id", id_text(ID), nullable=False),
    Column("poll_interval", Float),
    Column("protocol", id_text(16)),
    Column("paused", Boolean, nullable=False),
    Column("certificate", words(100)),
    Column("nvr_channel", Integer),
    Column("inner_address", words(400)),
)

camera_choices = Table(
    "camera_choices",
    metadata,
    Column("camera_id", id_text(ID), primary_key=True),
    Column("name", words(200)),
    Column("site_id", id_text(ID)),
    Column("poll_interval", Float),
    Column("certificate", words(100)),
    Column("paused", Boolean, nullable=False),
)
"""What is ours of cameras in an installation's own view. ``NULL``: as the view says."""

lines = Table(
    "lines",
    metadata,
    Column("line_id", id_text(LINE_ID), primary_key=True),
    Column("camera_id", id_text(ID), nullable=False, index=True),
    Column("channel", Integer, nullable=False),
    Column("rule", Integer, nullable=False),
    Column("line_index", Integer, nullable=False),
    Column("name", words(200), nullable=False),
    Column("door_id", id_text(ID)),
)

line_swaps = Table(
    "line_swaps",
    metadata,
    Column("line_id", id_text(LINE_ID), primary_key=True),
    Column("swapped_at", UtcTime, primary_key=True),
)
"""From each of these moments on the line's direction is the other one. Kept as long as its history."""

hand_counts = Table(
    "hand_counts",
    metadata,
    Column("site_id", id_text(ID), primary_key=True),
    Column("counted_at", UtcTime, primary_key=True),
    Column("people", Integer, nullable=False),
    Column("note", words(200), nullable=False),
)

positions = Table(
    "positions",
    metadata,
    Column("line_id", id_text(LINE_ID), primary_key=True),
    Column("camera_id", id_text(ID), nullable=False, index=True),
    Column("channel", Integer, nullable=False),
    Column("rule", Integer, nullable=False),
    Column("line_index", Integer, nullable=False),
    Column("in_generation", id_text(32), nullable=False),
    Column("in_total", BigInteger, nullable=False),
    Column("out_generation", id_text(32), nullable=False),
    Column("out_total", BigInteger, nullable=False),
    Column("ended_at", UtcTime, nullable=False),
)

records = Table(
    "records",
    metadata,
    Column("record_id", row_number(), primary_key=True, autoincrement=True),
    Column("event_epoch", id_text(16), nullable=False),
    Column("event_number", BigInteger, nullable=False),
    Column("line_id", id_text(LINE_ID), nullable=False),
    Column("camera_id", id_text(ID), nullable=False),
    Column("channel", Integer, nullable=False),
    Column("rule", Integer, nullable=False),
    Column("line_index", Integer, nullable=False),
    Column("door_id", id_text(LINE_ID), nullable=False),
    Column("site_id", id_text(ID), nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime, nullable=False),
    Column("local_time", local_time(), nullable=False),
    Column("in_count", BigInteger, nullable=False),
    Column("out_count", BigInteger, nullable=False),
    Column("in_total", BigInteger),
    Column("out_total", BigInteger),
    Column("in_generation", id_text(32)),
    Column("out_generation", id_text(32)),
    Column("quality", id_text(16), nullable=False),
)
# Event numbers are unique within an epoch, but an epoch may come back from a restored backup: an index, not a key.
Index(None, records.c.event_epoch, records.c.event_number)
Index(None, records.c.line_id, records.c.ended_at)

corrections = Table(
    "corrections",
    metadata,
    Column("correction_id", row_number(), primary_key=True, autoincrement=True),
    Column("event_epoch", id_text(16), nullable=False),
    Column("event_number", BigInteger, nullable=False),
    Column("line_id", id_text(LINE_ID), nullable=False),
    Column("door_id", id_text(LINE_ID), nullable=False),
    Column("site_id", id_text(ID), nullable=False),
    Column("starts_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
    Column("local_start", local_time(), nullable=False),
    Column("old_in", BigInteger),
    Column("old_out", BigInteger),
    Column("new_in", BigInteger, nullable=False),
    Column("new_out", BigInteger, nullable=False),
    Column("old_quality", id_text(16), nullable=False),
    Column("quality", id_text(16), nullable=False),
    Column("coverage", Float, nullable=False),
    Column("reason", words(200), nullable=False),
    Column("known_at", UtcTime, nullable=False),
)
Index(None, corrections.c.line_id, corrections.c.starts_at)
Index(None, corrections.c.known_at)


def _roll_up(name: str, *more: Column[object]) -> Table:
    """People of a line, by the door and site it counted for, in stretches of time. Empty stretches have no row."""
    table = Table(
        name,
        metadata,
        Column("line_id", id_text(LINE_ID), nullable=False),
        Column("starts_at", UtcTime, nullable=False),
        Column("door_id", id_text(LINE_ID), nullable=False),
        Column("site_id", id_text(ID), nullable=False),
        *more,
        Column("in_count", BigInteger, nullable=False),
        Column("out_count", BigInteger, nullable=False),
        Column("quality", id_text(16), nullable=False),
        Column("coverage", Float),
        PrimaryKeyConstraint("line_id", "starts_at", "door_id", "site_id"),
    )
    # With the line, so that an index alone tells which lines have rows. SQL Server keeps the rows in the key's order,
    # by line, and would rather read all of them than look up many.
    answers = ["in_count", "out_count", "quality", "coverage"]
    Index(None, table.c.starts_at, table.c.site_id, table.c.line_id, mssql_include=answers)
    Index(None, table.c.site_id, table.c.starts_at, table.c.line_id, mssql_include=answers)
    return table


quarter_hours = _roll_up("quarter_hours")
hour_counts = _roll_up("hour_counts", Column("local_start", local_time(), nullable=False))
Index(None, hour_counts.c.local_start)
Index(None, hour_counts.c.door_id, hour_counts.c.starts_at)
"""By the hours of the camera's wall clock; ``starts_at`` is the moment such an hour began."""

quarter_stamps = Table(
    "quarter_stamps",
    metadata,
    Column("starts_at", UtcTime, primary_key=True),
    Column("stamp", BigInteger, nullable=False),
)
"""Another one whenever rows of a quarter of an hour are written, of whichever line."""

registros_states = Table(
    "registros_states",
    metadata,
    Column("name", id_text(LINE_ID), primary_key=True),
    Column("body", long_words(), nullable=False),
)
"""How far an installation's own table ``registros`` is written: a row a camera, and what is under way."""

writer_cursor = Table(
    "writer_cursor",
    metadata,
    Column("name", id_text(32), primary_key=True),
    Column("epoch", id_text(16), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("fingerprint", id_text(32), nullable=False),
)
