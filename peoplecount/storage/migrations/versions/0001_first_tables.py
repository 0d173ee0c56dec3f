"""First tables.

The definitions are written out here and not taken from ``schema.py``: this step must make the same tables in
ten years, whatever ``schema.py`` says then.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.schema import CreateView

from peoplecount.storage.column_types import UtcTime, id_text, local_time, long_words, row_number, words
from peoplecount.storage.dialects import Product

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

VIEW = "API_camaras"


def upgrade() -> None:
    schema = op.get_context().version_table_schema  # None on SQLite
    _create_places(schema)
    _create_lines(schema)
    _create_records(schema)
    _create_roll_up("quarter_hours", schema)
    _create_roll_up("hour_counts", schema, sa.Column("local_start", local_time(), nullable=False))
    op.create_table(
        "writer_cursor",
        _required("name", id_text(32)),
        _required("epoch", id_text(16)),
        _required("number", sa.BigInteger()),
        _required("fingerprint", id_text(32)),
        sa.PrimaryKeyConstraint("name", name="pk_writer_cursor"),
        schema=schema,
    )
    if context.is_offline_mode() or not _is_there(VIEW, schema):
        op.execute(_camera_view(schema))


def _required(name: str, kind: Any) -> sa.Column[Any]:  # noqa: ANN401
    return sa.Column(name, kind, nullable=False)


def _qualified(schema: str | None, column: str) -> str:
    return f"{schema}.{column}" if schema else column


def _create_places(schema: str | None) -> None:
    op.create_table(
        "sites",
        _required("site_id", id_text(64)),
        _required("name", words(200)),
        _required("time_zone", id_text(64)),
        sa.Column("capacity", sa.Integer()),
        _required("reset_time", id_text(8)),
        sa.PrimaryKeyConstraint("site_id", name="pk_sites"),
        schema=schema,
    )
    op.create_table(
        "doors",
        _required("door_id", id_text(64)),
        _required("site_id", id_text(64)),
        _required("name", words(200)),
        sa.PrimaryKeyConstraint("door_id", name="pk_doors"),
        sa.ForeignKeyConstraint(["site_id"], [_qualified(schema, "sites.site_id")], name="fk_doors_site_id"),
        schema=schema,
    )


def _create_lines(schema: str | None) -> None:
    op.create_table(
        "cameras",
        _required("camera_id", id_text(64)),
        _required("name", words(200)),
        _required("address", words(400)),
        _required("username", words(200)),
        _required("password", long_words()),
        _required("site_id", id_text(64)),
        sa.Column("poll_interval", sa.Float()),
        sa.Column("protocol", id_text(16)),
        _required("paused", sa.Boolean()),
        sa.PrimaryKeyConstraint("camera_id", name="pk_cameras"),
        schema=schema,
    )
    op.create_table(
        "lines",
        *_line_key(),
        _required("name", words(200)),
        sa.Column("door_id", id_text(64)),
        sa.PrimaryKeyConstraint("line_id", name="pk_lines"),
        sa.ForeignKeyConstraint(["camera_id"], [_qualified(schema, "cameras.camera_id")], name="fk_lines_camera_id"),
        sa.ForeignKeyConstraint(["door_id"], [_qualified(schema, "doors.door_id")], name="fk_lines_door_id"),
        schema=schema,
    )
    op.create_index("ix_lines_camera_id", "lines", ["camera_id"], schema=schema)


def _line_key() -> list[sa.Column[Any]]:
    return [
        _required("line_id", id_text(100)),
        _required("camera_id", id_text(64)),
        _required("channel", sa.Integer()),
        _required("rule", sa.Integer()),
        _required("line_index", sa.Integer()),
    ]


def _totals(*, nullable: bool = False) -> list[sa.Column[Any]]:
    return [
        sa.Column("in_generation", id_text(32), nullable=nullable),
        sa.Column("in_total", sa.BigInteger(), nullable=nullable),
        sa.Column("out_generation", id_text(32), nullable=nullable),
        sa.Column("out_total", sa.BigInteger(), nullable=nullable),
    ]


def _create_records(schema: str | None) -> None:
    op.create_table(
        "positions",
        *_line_key(),
        *_totals(),
        _required("ended_at", UtcTime()),
        sa.PrimaryKeyConstraint("line_id", name="pk_positions"),
        schema=schema,
    )
    op.create_index("ix_positions_camera_id", "positions", ["camera_id"], schema=schema)
    op.create_table(
        "records",
        sa.Column("record_id", row_number(), autoincrement=True, nullable=False),
        _required("event_epoch", id_text(16)),
        _required("event_number", sa.BigInteger()),
        *_line_key(),
        _required("door_id", id_text(100)),
        _required("site_id", id_text(64)),
        _required("started_at", UtcTime()),
        _required("ended_at", UtcTime()),
        _required("local_time", local_time()),
        _required("in_count", sa.BigInteger()),
        _required("out_count", sa.BigInteger()),
        # The next step lets them be absent; not every server that speaks T-SQL can do that to a column that is there.
        *_totals(nullable=op.get_context().dialect.name == Product.SQL_SERVER),
        _required("quality", id_text(16)),
        sa.PrimaryKeyConstraint("record_id", name="pk_records"),
        schema=schema,
    )
    op.create_index("ix_records_event_epoch_event_number", "records", ["event_epoch", "event_number"], schema=schema)
    op.create_index("ix_records_line_id_ended_at", "records", ["line_id", "ended_at"], schema=schema)


def _create_roll_up(name: str, schema: str | None, *more: sa.Column[Any]) -> None:
    op.create_table(
        name,
        _required("line_id", id_text(100)),
        _required("starts_at", UtcTime()),
        _required("door_id", id_text(100)),
        _required("site_id", id_text(64)),
        *more,
        _required("in_count", sa.BigInteger()),
        _required("out_count", sa.BigInteger()),
        _required("quality", id_text(16)),
        sa.PrimaryKeyConstraint("line_id", "starts_at", "door_id", "site_id", name=f"pk_{name}"),
        schema=schema,
    )
    op.create_index(f"ix_{name}_starts_at", name, ["starts_at"], schema=schema)


def _is_there(view: str, schema: str | None) -> bool:
    """An owner's own view is never replaced."""
    return bool(sa.inspect(op.get_bind()).has_table(view, schema=schema))


def _camera_view(schema: str | None) -> CreateView:
    """Cameras as the service reads them; in and out are what lines 1 and 2 of the first channel showed last."""
    cameras = sa.table(
        "cameras",
        *(
            sa.column(name)
            for name in ("camera_id", "address", "username", "password", "name", "site_id", "poll_interval", "protocol")
        ),
        sa.column("paused", sa.Boolean()),
        schema=schema,
    )
    first, second = _positions(schema, "line1"), _positions(schema, "line2")
    columns = (
        cameras.c.camera_id.label("camara_id"),
        cameras.c.address.label("ip"),
        cameras.c.username.label("usuario"),
        cameras.c.password.label("clave"),
        first.c.in_total.label("in1"),
        first.c.out_total.label("out1"),
        second.c.in_total.label("in2"),
        second.c.out_total.label("out2"),
        cameras.c.name,
        cameras.c.site_id,
        cameras.c.poll_interval,
        cameras.c.protocol,
    )
    joined = cameras.outerjoin(first, _is_line(first, cameras, schema, 1)).outerjoin(
        second, _is_line(second, cameras, schema, 2)
    )
    return CreateView(
        sa.select(*columns).select_from(joined).where(cameras.c.paused == sa.false()), VIEW, schema=schema
    )


def _positions(schema: str | None, alias: str) -> Any:  # noqa: ANN401
    names = ("camera_id", "channel", "rule", "line_index", "in_total", "out_total")
    return sa.table("positions", *(sa.column(name) for name in names), schema=schema).alias(alias)


def _is_line(position: Any, cameras: sa.TableClause, schema: str | None, index: int) -> sa.ColumnElement[bool]:  # noqa: ANN401
    """Lines are numbered anew in every rule; the lowest rule that counts is the one that is shown."""
    other = _positions(schema, "any_line")
    lowest = (
        sa.select(sa.func.min(other.c.rule))
        .where(other.c.camera_id == cameras.c.camera_id, other.c.channel == sa.literal_column("0"))
        .scalar_subquery()
        .correlate(cameras)
    )
    return sa.and_(
        position.c.camera_id == cameras.c.camera_id,
        position.c.channel == sa.literal_column("0"),
        position.c.line_index == sa.literal_column(str(index)),
        position.c.rule == lowest,
    )
