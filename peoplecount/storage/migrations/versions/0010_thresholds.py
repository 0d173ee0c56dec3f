"""From how many people on a site is shown as busy, and as full."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from peoplecount.storage.column_types import id_text

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema  # None on SQLite
    for name in ("busy_from", "full_from"):
        op.add_column("sites", sa.Column(name, id_text(16)), schema=schema)
