"""What is ours of the cameras in an installation's own view; places without foreign keys.

A line may be that of a camera which stands in somebody else's view, where no foreign key reaches. The other two keys go
with it: what they demanded is demanded in words by those who write (``camera_table.py``, ``site_table.py``), who reads
fills in what is missing, and not every server that speaks T-SQL can compare keys with a collation of their own.

Written out here and not taken from ``schema.py``, like every step.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from peoplecount.storage.column_types import id_text, words
from peoplecount.storage.dialects import Product

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema = op.get_context().version_table_schema  # None on SQLite
    op.create_table(
        "camera_choices",
        _required("camera_id", id_text(64)),
        sa.Column("name", words(200)),
        sa.Column("site_id", id_text(64)),
        sa.Column("poll_interval", sa.Float()),
        sa.Column("certificate", words(100)),
        _required("paused", sa.Boolean()),
        sa.PrimaryKeyConstraint("camera_id", name="pk_camera_choices"),
        schema=schema,
    )
    if op.get_context().dialect.name == Product.SQLITE:
        _write_anew()
        return
    for name, table in (("fk_lines_camera_id", "lines"), ("fk_lines_door_id", "lines"), ("fk_doors_site_id", "doors")):
        op.drop_constraint(name, table, type_="foreignkey", schema=schema)


def _required(name: str, kind: Any) -> sa.Column[Any]:  # noqa: ANN401
    return sa.Column(name, kind, nullable=False)


def _write_anew() -> None:
    """SQLite cannot take a key away from a table. Lines come first, because they point to doors."""
    # Else RENAME looks through all views, and fails because those of the reports are on these tables.
    op.execute("PRAGMA legacy_alter_table=ON")
    for table in (_lines(), _doors()):
        with op.batch_alter_table(table.name, copy_from=table, recreate="always"):
            pass
    op.execute("PRAGMA legacy_alter_table=OFF")


def _lines() -> sa.Table:
    table = sa.Table(
        "lines",
        sa.MetaData(),
        _required("line_id", id_text(100)),
        _required("camera_id", id_text(64)),
        _required("channel", sa.Integer()),
        _required("rule", sa.Integer()),
        _required("line_index", sa.Integer()),
        _required("name", words(200)),
        sa.Column("door_id", id_text(64)),
        sa.PrimaryKeyConstraint("line_id", name="pk_lines"),
    )
    sa.Index("ix_lines_camera_id", table.c.camera_id)
    return table


def _doors() -> sa.Table:
    return sa.Table(
        "doors",
        sa.MetaData(),
        _required("door_id", id_text(64)),
        _required("site_id", id_text(64)),
        _required("name", words(200)),
        sa.PrimaryKeyConstraint("door_id", name="pk_doors"),
    )
