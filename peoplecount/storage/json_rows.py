"""Many rows in one statement on SQL Server: they go as one text in JSON, which ``OPENJSON`` makes rows of again.

Its drivers know two other ways. One statement a row is a round trip each, with FreeTDS the only way; Microsoft's sends
rows in bulk, asks the server first what each parameter is, and has every row run by itself then. A table in one
statement takes a fifth of that, and the same from either driver. ``OPENJSON`` is there from SQL Server 2016 on, in
databases whose compatibility level is not an older one's: each connection is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Dialect, Executable, String
from sqlalchemy.types import NullType, TypeEngine

from peoplecount.storage.connection import Parameters
from peoplecount.storage.dialects import Product
from peoplecount.storage.faults import is_gone
from peoplecount.storage.prepared import Prepared, PreparedStatements

_NAME = r"(?:\w+|\[\w+\])"
_TABLE = rf"(?P<table>{_NAME}(?:\.{_NAME})*)"
_INSERT = re.compile(rf"INSERT INTO {_TABLE} \((?P<columns>[^()]*)\) VALUES \((?:\?(?:, )?)+\)")  # noqa: S608
_UPDATE = re.compile(rf"UPDATE {_TABLE} SET (?P<values>{_NAME}=\?(?:, {_NAME}=\?)*) WHERE (?P<key>.*)")  # noqa: S608
_VALUE = re.compile(rf"({_NAME})=\?")
_KEY = re.compile(rf"({_NAME}) = \?")


_TEXT = "CAST(? AS NVARCHAR(max))"
"""A driver may send long texts as NTEXT, of which ``OPENJSON`` makes nothing."""

TAKES_JSON = "takes_json"
"""The mark of a connection over which it works, in what SQLAlchemy notes of it."""


def takes_json(connection: Any) -> bool:  # noqa: ANN401 - pyodbc has no types
    """Whether a server makes rows of JSON for whoever asks over one of the driver's connections."""
    cursor = connection.cursor()
    try:
        return bool(cursor.execute("SELECT f0 FROM OPENJSON(N'[[1]]') WITH (f0 INTEGER '$[0]')").fetchall())
    except Exception as error:  # an older version, or a database that behaves as one
        if is_gone(Product.SQL_SERVER, error):
            raise
        with suppress(Exception):  # drivers differ in whether there is anything to undo then
            connection.rollback()
        return False
    finally:
        cursor.close()


@dataclass(frozen=True, slots=True)
class JsonStatement:
    """A statement for many rows, and how these become its one parameter."""

    sql: str
    one_by_one: Prepared

    def parameters(self, rows: Sequence[Parameters]) -> tuple[str] | None:
        """``rows`` as the driver takes them; ``None`` where a letter of theirs would have to be escaped.

        A server was seen that leaves such letters escaped. They are in no id. Raises ``KeyError`` where a value is
        missing.
        """
        table = [(place, *row) for place, row in enumerate(self.one_by_one.parameters(rows))]
        text = orjson.dumps(table).decode()
        return None if "\\" in text else (text,)


class JsonStatements:
    """The statements of one engine, as ``PreparedStatements``."""

    def __init__(self, dialect: Dialect, schemas: Mapping[str, str | None]) -> None:
        self._prepared = PreparedStatements(dialect, schemas)
        self._dialect = dialect
        self._known: dict[str, JsonStatement | None] = {}

    def of(self, statement: Executable, names: Sequence[str]) -> JsonStatement | None:
        """``statement`` for rows that have values of these ``names``; ``None`` where it cannot be said so.

        Those can that insert rows, or change them by values of theirs; no two rows may be about the same one. Texts of
        any length cannot: a server was seen that cuts them after 4,000 letters.
        """
        prepared = self._prepared.of(statement, names)
        if prepared.sql not in self._known:
            self._known[prepared.sql] = self._make(prepared)
        return self._known[prepared.sql]

    def _make(self, prepared: Prepared) -> JsonStatement | None:
        types = [prepared.types[name] for name in prepared.names]
        if any(isinstance(one, NullType) or (isinstance(one, String) and not one.length) for one in types):
            return None
        for pattern, written in _FORMS:
            found = pattern.fullmatch(prepared.sql)
            sql = written(found, types, self._sent(types)) if found else None
            if sql is not None:
                return JsonStatement(sql, prepared)
        return None

    def _sent(self, types: Sequence[TypeEngine[Any]]) -> str:
        columns = [f"f{place} {self._type(one)} '$[{place}]'" for place, one in enumerate(types, 1)]
        return f"OPENJSON({_TEXT}) WITH (f0 INTEGER '$[0]', {', '.join(columns)}) AS sent"

    def _type(self, kind: TypeEngine[Any]) -> str:
        """Texts have a letter more than their columns: one that is too long would be cut here, and must be refused."""
        if isinstance(kind, String) and kind.length:
            return f"NVARCHAR({kind.length + 1})"
        return self._dialect.type_compiler_instance.process(kind)


def _insertion(found: re.Match[str], types: Sequence[TypeEngine[Any]], sent: str) -> str | None:
    """In the order they were sent, by which the database counts them up."""
    fields = ", ".join(f"f{place}" for place, _ in enumerate(types, 1))
    if len(found["columns"].split(", ")) != len(types):
        return None
    columns = f"{found['table']} ({found['columns']})"
    return f"INSERT INTO {columns} SELECT {fields} FROM {sent} ORDER BY f0"  # noqa: S608 - what was compiled, and names


def _change(found: re.Match[str], types: Sequence[TypeEngine[Any]], sent: str) -> str | None:
    values = _VALUE.findall(found["values"])
    keys = [_KEY.fullmatch(part) for part in found["key"].split(" AND ")]
    if len(values) + len(keys) != len(types):
        return None
    same = []
    for place, key in enumerate(keys, len(values) + 1):
        if key is None:
            return None
        same.append(f"target.{key[1]} = sent.f{place}{_collation(types[place - 1])}")
    sets = ", ".join(f"{name} = sent.f{place}" for place, name in enumerate(values, 1))
    target = f"{found['table']} AS target"
    return f"UPDATE target SET {sets} FROM {target} INNER JOIN {sent} ON {' AND '.join(same)}"  # noqa: S608 - as above


def _collation(kind: TypeEngine[Any]) -> str:
    """That of the column: two cannot meet in one expression."""
    collation = getattr(kind, "collation", None)
    return f" COLLATE {collation}" if collation else ""


_FORMS = ((_INSERT, _insertion), (_UPDATE, _change))
