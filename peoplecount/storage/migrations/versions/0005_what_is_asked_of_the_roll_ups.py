"""Indexes for what is asked of the roll-ups: the lines of a site or door, and the days of the cameras' wall clocks.

Written out here and not taken from ``schema.py``, like every step.
"""

from __future__ import annotations

from alembic import op

from peoplecount.storage.dialects import Product

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ANSWERS = ["in_count", "out_count", "quality", "coverage"]
"""SQL Server keeps the rows in the key's order, by line, and would rather read all of them than look up many."""


def upgrade() -> None:
    schema = op.get_context().version_table_schema  # None on SQLite
    for table in ("quarter_hours", "hour_counts"):
        by_time = f"ix_{table}_starts_at"
        if op.get_context().dialect.name == Product.SQL_SERVER:
            op.drop_index(by_time, table, schema=schema)
            op.create_index(by_time, table, ["starts_at"], schema=schema, mssql_include=ANSWERS)
        by_site = f"ix_{table}_site_id_starts_at"
        op.create_index(by_site, table, ["site_id", "starts_at"], schema=schema, mssql_include=ANSWERS)
    op.create_index("ix_hour_counts_local_start", "hour_counts", ["local_start"], schema=schema)
    op.create_index("ix_hour_counts_door_id_starts_at", "hour_counts", ["door_id", "starts_at"], schema=schema)
