"""An older installation in a database: its view of cameras and its table of totals, as other software left them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    Column,
    DateTime,
    Identity,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    text,
    true,
)
from sqlalchemy.schema import CreateSchema, CreateTable

from peoplecount.storage.dialects import Product
from peoplecount.storage.engine import EngineConnection

TOTALS = ("in1", "out1", "in2", "out2")


class Installation:
    """``registros`` and ``API_camaras`` in a schema of their own (on SQLite beside our tables)."""

    def __init__(
        self, connection: EngineConnection, *, numbered: bool = True, dated: bool = True, numeric_id: bool = False
    ) -> None:
        self.connection = connection
        self.schema = None if connection.product is Product.SQLITE else f"{connection.schema}_old"
        self.numbered, self.dated, self.numeric_id = numbered, dated, numeric_id
        metadata = MetaData(schema=self.schema)
        kind = Integer() if numeric_id else String(20)
        self.cameras = Table(
            "mis_camaras",
            metadata,
            Column("camara_id", kind, primary_key=True, autoincrement=False),
            *(Column(name, String(100)) for name in ("ip", "usuario", "clave")),
            *(Column(name, Integer) for name in TOTALS),
        )
        self.table = Table("registros", metadata, *self._columns(kind))

    def _columns(self, kind):
        number = [Column("id", Integer, Identity(), primary_key=True)] if self.numbered else []
        clock = func.current_timestamp() if self.connection.product is not Product.POSTGRESQL else func.localtimestamp()
        date = [Column("fecha", DateTime, server_default=clock)] if self.dated else []
        return [*number, Column("camara_id", kind), *(Column(name, Integer) for name in TOTALS), *date]

    @property
    def table_name(self) -> str:
        return f"{self.schema}.registros" if self.schema else "registros"

    @property
    def view_name(self) -> str:
        return f"{self.schema}.API_camaras" if self.schema else "API_camaras"

    def make(self) -> Installation:
        def work(raw):
            if self.schema:
                raw.execute(CreateSchema(self.schema))
            raw.execute(CreateTable(self.cameras))
            raw.execute(CreateTable(self.table))
            if not self.schema:
                raw.execute(text('DROP VIEW IF EXISTS "API_camaras"'))  # ours, where our tables were made before
            columns = ", ".join(("camara_id", "ip", "usuario", "clave", *TOTALS))
            owner = f"{self.schema}." if self.schema else ""
            raw.execute(text(f'CREATE VIEW {owner}"API_camaras" AS SELECT {columns} FROM {owner}mis_camaras'))

        self.connection.run(work)
        return self

    def take_away(self) -> None:
        """From a server that others use."""
        if self.schema is None or self.connection.product is not Product.SQL_SERVER:
            return
        for what in ("VIEW {}.API_camaras", "TABLE {}.registros", "TABLE {}.mis_camaras", "SCHEMA {}"):
            self.connection.execute(text(f"DROP {what.format(self.schema)}"))

    def has_camera(self, camera_id, ip: str = "192.0.2.7", user: str = "admin", password: str = "clear text") -> None:
        row = {"camara_id": camera_id, "ip": ip, "usuario": user, "clave": password}
        self.connection.execute(insert(self.cameras), row)

    def loses_cameras(self, *camera_ids) -> None:
        """These, or all of them."""
        gone = self.cameras.c.camara_id.in_(camera_ids) if camera_ids else true()
        self.connection.execute(delete(self.cameras).where(gone))

    def writes(self, camera_id, *totals: int | None, at: datetime | None = None) -> None:
        """A row, as the older software wrote it."""
        row = {"camara_id": camera_id, **dict(zip(TOTALS, totals, strict=True))}
        self.connection.execute(insert(self.table), row | ({"fecha": at} if at else {}))

    def rows(self, camera_id=None) -> Sequence[tuple]:
        """All rows, or those of a camera, in order: ``(camera, in1, out1, in2, out2)``."""
        columns = [self.table.c[name] for name in ("camara_id", *TOTALS)]
        question = select(*columns)
        if self.numbered:
            question = question.order_by(self.table.c.id)
        if camera_id is not None:
            question = question.where(self.table.c.camara_id == camera_id)
        return [tuple(row) for row in self.connection.execute(question)]

    def dates(self) -> Sequence[datetime]:
        return [row[0] for row in self.connection.execute(select(self.table.c.fecha).order_by(self.table.c.id))]
