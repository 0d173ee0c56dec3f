"""Statements that are run for many rows: compiled once, and each row turned into what the driver takes.

SQLAlchemy does the same for every row anew and in general, which takes longer than the driver and the database
together. How a value is written is its column's type's word here, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect, Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import TypeEngine

from peoplecount.storage.column_rows import ColumnRows
from peoplecount.storage.connection import Parameters

Processor = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as the driver gets it."""

    sql: str
    names: Sequence[str]
    """Of its parameters, in their order; a name may come twice."""

    processors: Mapping[str, Processor]
    """How the values of some are turned into the driver's."""

    types: Mapping[str, TypeEngine[Any]]
    """Of all parameters, as the database knows them."""

    is_positional: bool

    def parameters(self, rows: Sequence[Parameters]) -> list[Any]:
        """``rows`` as the driver takes them. Raises ``KeyError`` where a value is missing."""
        values = list(zip(*(self._column(name, rows) for name in self.names), strict=True))
        return values if self.is_positional else [dict(zip(self.names, row, strict=True)) for row in values]

    def _column(self, name: str, rows: Sequence[Parameters]) -> Iterable[Any]:
        """By the column, because all of it is one loop in C then, or nearly."""
        column = rows.columns[name] if isinstance(rows, ColumnRows) else map(itemgetter(name), rows)
        process = self.processors.get(name)
        return column if process is None else map(process, column)


class PreparedStatements:
    """The statements of one engine; forgotten with the statements themselves, so keep those that come again."""

    def __init__(self, dialect: Dialect, schemas: Mapping[str, str | None]) -> None:
        self._dialect = dialect
        self._schemas = schemas
        self._known: WeakKeyDictionary[Executable, dict[tuple[str, ...], Prepared]] = WeakKeyDictionary()

    def __len__(self) -> int:
        return len(self._known)

    def of(self, statement: Executable, names: Sequence[str]) -> Prepared:
        """``statement`` for rows that have values of these ``names``."""
        known = self._known.setdefault(statement, {})
        keys = tuple(names)
        if keys not in known:
            known[keys] = self._prepare(statement, keys)
        return known[keys]

    def _prepare(self, statement: Executable, names: tuple[str, ...]) -> Prepared:
        if not isinstance(statement, ClauseElement):
            raise TypeError(f"{type(statement).__name__} cannot be compiled")
        compiled = statement.compile(
            dialect=self._dialect,
            column_keys=list(names),
            for_executemany=True,
            schema_translate_map=self._schemas,
            render_schema_translate=True,
        )
        if not isinstance(compiled, SQLCompiler):
            raise TypeError(f"{type(compiled).__name__} has no parameters")
        order = compiled.positiontup
        types = {name: bound.type.dialect_impl(self._dialect) for name, bound in compiled.binds.items()}
        made = {name: kind.bind_processor(self._dialect) for name, kind in types.items()}
        processors = {name: process for name, process in made.items() if process is not None}
        return Prepared(str(compiled), order or list(compiled.binds), processors, types, order is not None)
