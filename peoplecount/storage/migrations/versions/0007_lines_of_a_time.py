"""Indexes of the roll-ups by time, and by site and time, name the line, too: they alone tell which lines have rows."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ANSWERS = ["in_count", "out_count", "quality", "coverage"]


def upgrade() -> None:
    schema = op.get_context().version_table_schema  # None on SQLite
    for table in ("quarter_hours", "hour_counts"):
        for columns in (["starts_at"], ["site_id", "starts_at"]):
            name = "_".join(["ix", table, *columns])
            op.create_index(f"{name}_line_id", table, [*columns, "line_id"], schema=schema, mssql_include=ANSWERS)
            op.drop_index(name, table, schema=schema)
