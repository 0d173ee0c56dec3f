"""Corrections, coverage, swapped lines, opening hours, and what cameras behind a recorder or with a certificate need.

Written out here and not taken from ``schema.py``, like every step.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.schema import CreateView, DropView

from peoplecount.storage.column_types import UtcTime, id_text, local_time, row_number, words
from peoplecount.storage.dialects import Product

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

VIEW = "API_camaras"

VIEW_BEFORE = {"camara_id", "ip", "usuario", "clave", "in1", "out1", "in2", "out2"} | {
    "name",
    "site_id",
    "poll_interval",
    "protocol",
}
"""The columns of the view that step 0001 made."""

NEW_CAMERA_COLUMNS = ("certificate", "nvr_channel", "inner_address")


def upgrade() -> None:
    schema = op.get_context().version_table_schema  # None on SQLite
    _let_totals_be_absent(schema)
    for roll_up in ("quarter_hours", "hour_counts"):
        op.add_column(roll_up, sa.Column("coverage", sa.Float()), schema=schema)
    _create_corrections(schema)
    op.add_column("sites", sa.Column("opening_hours", words(400)), schema=schema)
    _create_what_people_enter(schema)
    op.add_column("cameras", sa.Column("certificate", words(100)), schema=schema)
    op.add_column("cameras", sa.Column("nvr_channel", sa.Integer()), schema=schema)
    op.add_column("cameras", sa.Column("inner_address", words(400)), schema=schema)
    if context.is_offline_mode() or _is_ours(schema):
        _replace_view(schema)


def _required(name: str, kind: Any) -> sa.Column[Any]:  # noqa: ANN401
    return sa.Column(name, kind, nullable=False)


def _let_totals_be_absent(schema: str | None) -> None:
    """Records made of corrections come from no totals. SQLite has to write the table anew for that."""
    if op.get_context().dialect.name == Product.SQLITE:
        # Else RENAME looks through all views, and fails if one of the owner's is on this table or broken.
        op.execute("PRAGMA legacy_alter_table=ON")
        with op.batch_alter_table("records", copy_from=_records_before(), recreate="always") as batch:
            for name, kind in _TOTALS.items():
                batch.alter_column(name, existing_type=kind, nullable=True)
        op.execute("PRAGMA legacy_alter_table=OFF")
        return
    if op.get_context().dialect.name == Product.SQL_SERVER:
        for name, kind in _TOTALS.items():
            op.execute(_let_be_absent(f"{schema}.records", name, kind))
        return
    for name, kind in _TOTALS.items():
        op.alter_column("records", name, existing_type=kind, existing_nullable=False, nullable=True, schema=schema)


def _let_be_absent(table: str, name: str, kind: Any) -> str:  # noqa: ANN401
    """Only where it is not so already, and apart: a server that cannot do it would refuse the whole batch."""
    written = kind.compile(dialect=op.get_context().dialect)
    return (
        f"IF COLUMNPROPERTY(OBJECT_ID(N'{table}'), N'{name}', 'AllowsNull') = 0 "
        f"EXEC(N'ALTER TABLE {table} ALTER COLUMN {name} {written} NULL')"
    )


_TOTALS: dict[str, Any] = {
    "in_total": sa.BigInteger(),
    "out_total": sa.BigInteger(),
    "in_generation": id_text(32),
    "out_generation": id_text(32),
}


def _records_before() -> sa.Table:
    """The table as step 0001 made it on SQLite; given, because a script for an administrator can look at none."""
    table = sa.Table(
        "records",
        sa.MetaData(),
        sa.Column("record_id", row_number(), autoincrement=True, nullable=False),
        _required("event_epoch", id_text(16)),
        _required("event_number", sa.BigInteger()),
        _required("line_id", id_text(100)),
        _required("camera_id", id_text(64)),
        _required("channel", sa.Integer()),
        _required("rule", sa.Integer()),
        _required("line_index", sa.Integer()),
        _required("door_id", id_text(100)),
        _required("site_id", id_text(64)),
        _required("started_at", UtcTime()),
        _required("ended_at", UtcTime()),
        _required("local_time", local_time()),
        _required("in_count", sa.BigInteger()),
        _required("out_count", sa.BigInteger()),
        _required("in_total", sa.BigInteger()),
        _required("out_total", sa.BigInteger()),
        _required("in_generation", id_text(32)),
        _required("out_generation", id_text(32)),
        _required("quality", id_text(16)),
        sa.PrimaryKeyConstraint("record_id", name="pk_records"),
    )
    sa.Index("ix_records_event_epoch_event_number", table.c.event_epoch, table.c.event_number)
    sa.Index("ix_records_line_id_ended_at", table.c.line_id, table.c.ended_at)
    return table


def _create_corrections(schema: str | None) -> None:
    op.create_table(
        "corrections",
        sa.Column("correction_id", row_number(), autoincrement=True, nullable=False),
        _required("event_epoch", id_text(16)),
        _required("event_number", sa.BigInteger()),
        _required("line_id", id_text(100)),
        _required("door_id", id_text(100)),
        _required("site_id", id_text(64)),
        _required("starts_at", UtcTime()),
        _required("ends_at", UtcTime()),
        _required("local_start", local_time()),
        sa.Column("old_in", sa.BigInteger()),
        sa.Column("old_out", sa.BigInteger()),
        _required("new_in", sa.BigInteger()),
        _required("new_out", sa.BigInteger()),
        _required("old_quality", id_text(16)),
        _required("quality", id_text(16)),
        _required("coverage", sa.Float()),
        _required("reason", words(200)),
        _required("known_at", UtcTime()),
        sa.PrimaryKeyConstraint("correction_id", name="pk_corrections"),
        schema=schema,
    )
    op.create_index("ix_corrections_line_id_starts_at", "corrections", ["line_id", "starts_at"], schema=schema)
    op.create_index("ix_corrections_known_at", "corrections", ["known_at"], schema=schema)


def _create_what_people_enter(schema: str | None) -> None:
    op.create_table(
        "line_swaps",
        _required("line_id", id_text(100)),
        _required("swapped_at", UtcTime()),
        sa.PrimaryKeyConstraint("line_id", "swapped_at", name="pk_line_swaps"),
        schema=schema,
    )
    op.create_table(
        "hand_counts",
        _required("site_id", id_text(64)),
        _required("counted_at", UtcTime()),
        _required("people", sa.Integer()),
        _required("note", words(200)),
        sa.PrimaryKeyConstraint("site_id", "counted_at", name="pk_hand_counts"),
        schema=schema,
    )


def _is_ours(schema: str | None) -> bool:
    """Whether the view is the one that step 0001 made. An owner's own view is never replaced."""
    inspector = sa.inspect(op.get_bind())
    if not inspector.has_table(VIEW, schema=schema):
        return False
    if _columns(inspector, schema) != VIEW_BEFORE:
        return False
    definition = inspector.get_view_definition(VIEW, schema=schema) or ""
    return "line_index" in definition and "any_line" in definition


def _columns(inspector: sa.Inspector, schema: str | None) -> set[str]:
    """The view's columns. What reflection asks of SQL Server's catalogue takes other servers half a minute."""
    if op.get_context().dialect.name != Product.SQL_SERVER:
        return {column["name"] for column in inspector.get_columns(VIEW, schema=schema)}
    asked = sa.text(
        "SELECT COLUMN_NAME FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = :owner AND TABLE_NAME = :view"
    )
    return set(op.get_bind().execute(asked, {"owner": schema, "view": VIEW}).scalars())


def _replace_view(schema: str | None) -> None:
    """In place on PostgreSQL, because that keeps who may read it.

    Not on SQL Server: servers that speak its language do not all understand ``CREATE OR ALTER VIEW``.
    """
    in_place = op.get_context().dialect.name == Product.POSTGRESQL
    if not in_place:
        op.execute(DropView(sa.Table(VIEW, sa.MetaData(), schema=schema)))
    op.execute(_camera_view(schema, or_replace=in_place))


def _camera_view(schema: str | None, *, or_replace: bool) -> CreateView:
    """As step 0001 made it, and the new columns at the end."""
    names = ("camera_id", "address", "username", "password", "name", "site_id", "poll_interval", "protocol")
    cameras = sa.table(
        "cameras",
        *(sa.column(name) for name in (*names, *NEW_CAMERA_COLUMNS)),
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
        *(cameras.c[name] for name in (*names[4:], *NEW_CAMERA_COLUMNS)),
    )
    joined = cameras.outerjoin(first, _is_line(first, cameras, schema, 1)).outerjoin(
        second, _is_line(second, cameras, schema, 2)
    )
    question = sa.select(*columns).select_from(joined).where(cameras.c.paused == sa.false())
    return CreateView(question, VIEW, schema=schema, or_replace=or_replace)


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
