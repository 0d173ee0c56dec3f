"""What is remembered of an installation's own table ``registros``, where there is one.

Written out here and not taken from ``schema.py``, like every step.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from peoplecount.storage.column_types import id_text, long_words

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema  # None on SQLite
    op.create_table(
        "registros_states",
        sa.Column("name", id_text(100), nullable=False),
        sa.Column("body", long_words(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_registros_states"),
        schema=schema,
    )
