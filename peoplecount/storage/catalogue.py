"""The catalogue: what a database says of tables and views that others have made.

Asked in plain statements and not by SQLAlchemy's reflection, which asks for more than some servers that speak T-SQL
have, and finds no identity there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import TextClause, column, select, table, text

from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.dialects import Product

WHOLE_NUMBERS = frozenset({"tinyint", "smallint", "int", "integer", "bigint"})


@dataclass(frozen=True, slots=True)
class Found:
    """A table or view."""

    schema: str
    """Empty on SQLite."""

    name: str
    is_view: bool

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """A column of it."""

    name: str
    type: str
    """As the database calls it, in small letters and without a length."""

    nullable: bool
    default: str
    """The expression; empty where there is none."""

    is_identity: bool
    """Whether the database counts it up."""

    @property
    def is_whole_number(self) -> bool:
        """Whether it holds whole numbers only."""
        return self.type in WHOLE_NUMBERS


_COLUMNS = (
    "SELECT COLUMN_NAME, DATA_TYPE, IS_NULLABLE, COLUMN_DEFAULT, {identity} FROM INFORMATION_SCHEMA.COLUMNS "
    "WHERE TABLE_SCHEMA = :owner AND TABLE_NAME = :name ORDER BY ORDINAL_POSITION"
)
_ASKED = {
    Product.POSTGRESQL: _COLUMNS.format(identity="IS_IDENTITY"),
    Product.SQL_SERVER: _COLUMNS.format(identity="COLUMNPROPERTY(OBJECT_ID(:full), COLUMN_NAME, :property)"),
}


class Catalogue:
    """Looks into a database. All raise ``DatabaseError``."""

    def __init__(self, db: IDBConnection, product: Product) -> None:
        self._db = db
        self.product = product

    def find(self, name: str) -> list[Found]:
        """Tables and views of this name in any schema, whichever way it is written."""
        return [found for found in self._all() if found.name.lower() == name.lower()]

    def columns(self, found: Found) -> list[FoundColumn]:
        """Its columns, in order."""
        if self.product is Product.SQLITE:
            rows = self._db.execute(text("SELECT * FROM pragma_table_info(:name)"), {"name": found.name})
            keys = sum(bool(row.pk) for row in rows)
            return [_of_sqlite(row, keys) for row in rows]
        asked: dict[str, Any] = {"owner": found.schema, "name": found.name}
        if self.product is Product.SQL_SERVER:
            asked |= {"full": self._quoted(found), "property": "IsIdentity"}
        rows = self._db.execute(text(_ASKED[self.product]), asked)
        unique = {row[0]: row for row in rows}  # a server was seen to tell of each twice
        return [_of_server(row) for row in unique.values()]

    def may(self, found: Found, right: str) -> bool:
        """Whether we have a right on it: ``SELECT``, ``INSERT``."""
        if self.product is Product.SQLITE:
            return True
        question, asked = self._question(found, right)
        return bool(self._db.execute(question, asked)[0][0])

    def _question(self, found: Found, right: str) -> tuple[TextClause, dict[str, str]]:
        asked = {"full": self._quoted(found), "right": right}
        if self.product is Product.POSTGRESQL:
            return text("SELECT has_table_privilege(:full, :right)"), asked
        return text("SELECT HAS_PERMS_BY_NAME(:full, :kind, :right)"), asked | {"kind": "OBJECT"}

    def _quoted(self, found: Found) -> str:
        opened, closed = "[]" if self.product is Product.SQL_SERVER else '""'
        return f"{opened}{found.schema}{closed}.{opened}{found.name}{closed}"

    def _all(self) -> Sequence[Found]:
        if self.product is Product.SQLITE:
            master = table("sqlite_master", column("name"), column("type"))
            rows = self._db.execute(select(master.c.name, master.c.type).where(master.c.type.in_(["table", "view"])))
            return [Found("", str(row.name), row.type == "view") for row in rows]
        rows = self._db.execute(text("SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM INFORMATION_SCHEMA.TABLES"))
        return [_found(row) for row in rows]


def _found(row: Sequence[Any]) -> Found:
    schema, name, kind = row
    return Found(schema, name, kind == "VIEW")


def _of_sqlite(row: Any, keys: int) -> FoundColumn:  # noqa: ANN401
    kind = str(row.type).partition("(")[0].strip().lower()
    counts_up = bool(row.pk) and keys == 1 and kind == "integer"
    return FoundColumn(row.name, kind, not row.notnull and not row.pk, str(row.dflt_value or ""), counts_up)


def _of_server(row: Sequence[Any]) -> FoundColumn:
    name, kind, nullable, default, identity = row
    said = str(default or "")
    counts_up = str(identity) in {"1", "YES"} or "nextval(" in said
    return FoundColumn(name, str(kind).lower(), nullable == "YES", said, counts_up)
