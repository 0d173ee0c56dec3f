"""The shape of an installation's own table of totals, ``registros``: which of its columns we write, which we leave.

It has ``camara_id, in1, out1, in2, out2`` and perhaps an identity and a column that dates each row by a default.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Date,
    DateTime,
    MetaData,
    String,
    Table,
    Unicode,
    func,
    literal_column,
)
from sqlalchemy.types import TypeEngine

from peoplecount.storage.catalogue import Catalogue, Found, FoundColumn
from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.dialects import SCHEMA, Product
from peoplecount.storage.errors import SchemaMismatch

CAMERA = "camara_id"
TOTALS = ("in1", "out1", "in2", "out2")

_TEXTS = frozenset(
    {"char", "varchar", "nchar", "nvarchar", "text", "character", "character varying", "uniqueidentifier"}
)
_TIMES = frozenset(
    {"date", "datetime", "datetime2", "smalldatetime", "timestamp"}
    | {"timestamp without time zone", "timestamp with time zone"}
)
_CLOCKS: dict[str, Any] = {
    "getdate": func.getdate,
    "sysdatetime": func.sysdatetime,
    "getutcdate": func.getutcdate,
    "sysutcdatetime": func.sysutcdatetime,
    "now": func.now,
}
_WORDS = ("current_timestamp", "localtimestamp")
"""Clocks that are called without brackets."""

_UTC_CLOCKS = ("getutcdate", "sysutcdatetime")
_CALL = re.compile(r"[(\s]*(?:\w+\.)?(\w+)\s*(?:\(\s*\d?\s*\))?[)\s]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class RegistrosShape:
    """A table we can write into."""

    product: Product
    table: Table
    """With the columns we use, by our names (``camara_id``, ``in1`` …, ``number``, ``dated``)."""

    has_number: bool
    """Whether an identity tells the order in which rows came (``number``)."""

    has_date: bool
    """Whether rows are dated (``dated``)."""

    numeric_id: bool
    """Whether ``camara_id`` is a number there."""

    clock: str = ""
    """The function that dates rows by default; empty where it is none that we know: dates are left to the table."""

    @property
    def is_utc(self) -> bool:
        """Whether dates are UTC rather than the server's local time."""
        on_sqlite = self.product is Product.SQLITE
        return self.clock in _UTC_CLOCKS or on_sqlite or isinstance(self.table.c.dated.type, _Aware)

    @property
    def server_clock(self) -> ColumnElement[Any] | None:
        """What the table would date a row with now; ``None`` where that is not known."""
        if not self.clock:
            return None
        if self.clock in _WORDS:
            return literal_column(self.clock.upper())
        made: ColumnElement[Any] = _CLOCKS[self.clock]()
        return made

    @property
    def is_by_day(self) -> bool:
        """Whether rows are dated by the day only."""
        return self.has_date and isinstance(self.table.c.dated.type, Date)

    @property
    def order(self) -> Column[Any] | None:
        """What rows are in order by; ``None`` where they have none."""
        if self.has_number:
            return self.table.c.number
        return self.table.c.dated if self.has_date and not self.is_by_day else None


class _Aware(DateTime):
    """A moment with its zone."""


def look_at(db: IDBConnection, product: Product, name: str, own_schema: str) -> RegistrosShape:
    """The shape of the table ``name``, which may be ``SCHEMA.TABLE``; alone it stands in ``own_schema``.

    Raises ``SchemaMismatch`` where it is not there or cannot be written, and ``DatabaseError``.
    """
    owner, _, plain = name.rpartition(".")
    catalogue = Catalogue(db, product)
    wanted = "" if product is Product.SQLITE else (owner or own_schema)
    found = [one for one in catalogue.find(plain) if one.schema.lower() == wanted.lower() and not one.is_view]
    if not found:
        raise SchemaMismatch(f"there is no table {name}, or it is not shown to our account; see RECORDS_TABLE")
    return shape_of(product, found[0], catalogue.columns(found[0]), own_schema)


def shape_of(product: Product, found: Found, columns: Sequence[FoundColumn], own_schema: str) -> RegistrosShape:
    """The shape of a table with these columns. Raises ``SchemaMismatch`` where it cannot be written."""
    by_name = {column.name.lower(): column for column in columns}
    missing = [name for name in (CAMERA, *TOTALS) if name not in by_name]
    if missing:
        raise SchemaMismatch(f"{found} lacks {', '.join(missing)}; it needs {CAMERA}, {', '.join(TOTALS)}")
    _demand_kinds(found, by_name)
    number = next((column for column in columns if column.is_identity), None)
    rest = [column for column in columns if column.name.lower() not in {CAMERA, *TOTALS} and column is not number]
    _demand_no_more(found, rest)
    dates = [column for column in rest if column.type in _TIMES]
    dated = next((column for column in dates if _clock_of(column)), dates[0] if dates else None)
    schema = None if product is Product.SQLITE else (SCHEMA if found.schema == own_schema else found.schema)
    table = Table(
        found.name,
        MetaData(),
        Column(by_name[CAMERA].name, _id_type(by_name[CAMERA], product), key=CAMERA),
        *(Column(by_name[name].name, BigInteger(), key=name) for name in TOTALS),
        *([Column(number.name, BigInteger(), key="number")] if number else []),
        *([Column(dated.name, _date_type(dated, product), key="dated")] if dated else []),
        schema=schema,
    )
    return RegistrosShape(
        product,
        table,
        has_number=number is not None,
        has_date=dated is not None,
        numeric_id=by_name[CAMERA].is_whole_number,
        clock=_clock_of(dated) if dated else "",
    )


def _demand_kinds(found: Found, columns: dict[str, FoundColumn]) -> None:
    for name in TOTALS:
        if not columns[name].is_whole_number:
            raise SchemaMismatch(f"{found}.{name} is {columns[name].type}; a column of whole numbers is needed")
    camera = columns[CAMERA]
    if not camera.is_whole_number and camera.type not in _TEXTS:
        raise SchemaMismatch(f"{found}.{CAMERA} is {camera.type}; whole numbers or text are needed")


def _demand_no_more(found: Found, rest: Sequence[FoundColumn]) -> None:
    needy = [column.name for column in rest if not column.nullable and not column.default]
    if needy:
        raise SchemaMismatch(
            f"{found} wants a value for {', '.join(needy)} in every row, and nobody has said which; let that be empty, "
            "or give it a default"
        )


def _clock_of(column: FoundColumn) -> str:
    """The function that dates rows, where the column's default is one we know; else empty."""
    match = _CALL.fullmatch(column.default.partition("::")[0])
    name = match[1].lower() if match else ""
    return name if name in _CLOCKS or name in _WORDS else ""


def _id_type(column: FoundColumn, product: Product) -> TypeEngine[Any]:
    if column.is_whole_number:
        return BigInteger()
    if product is Product.SQL_SERVER and not column.type.startswith("n"):
        return String()  # compared with VARCHAR as such: an index is of use
    return Unicode()


def _date_type(column: FoundColumn, product: Product) -> TypeEngine[Any]:
    if product is Product.SQLITE:
        return String()  # text, as its CURRENT_TIMESTAMP writes it
    if column.type == "timestamp with time zone":
        return _Aware(timezone=True)
    return Date() if column.type == "date" else DateTime()
