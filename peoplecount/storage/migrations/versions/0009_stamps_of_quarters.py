"""Which quarters of an hour were written since they were read, so that today's curves need not be read all anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from peoplecount.storage.column_types import UtcTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema  # None on SQLite
    op.create_table(
        "quarter_stamps",
        sa.Column("starts_at", UtcTime(), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("starts_at", name="pk_quarter_stamps"),
        schema=schema,
    )
