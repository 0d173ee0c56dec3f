"""The indexes of the roll-ups by time name the site, too: sites are summed up in their order, without sorting."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ANSWERS = ["in_count", "out_count", "quality", "coverage"]


def upgrade() -> None:
    schema = op.get_context().version_table_schema  # None on SQLite
    for table in ("quarter_hours", "hour_counts"):
        columns = ["starts_at", "site_id", "line_id"]
        name = "_".join(["ix", table, *columns])
        op.create_index(name, table, columns, schema=schema, mssql_include=ANSWERS)
        op.drop_index(f"ix_{table}_starts_at_line_id", table, schema=schema)
