"""A table in two databases: what one has that the other has not, and bringing the other to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Executable,
    Table,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from peoplecount.storage.column_types import UtcTime
from peoplecount.storage.connection import IDBConnection, Transaction
from peoplecount.storage.errors import CopyRefused, RowsLost
from peoplecount.storage.rights import SERVICE, Right
from peoplecount.storage.tally import Tally

Values: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """What the other database lacks, has otherwise, and has too much; rows as their values."""

    new: Sequence[Values]
    changed: Sequence[Values]
    gone: Sequence[Values]
    """As the other database has them: with their numbers there, if they are numbered."""

    def __len__(self) -> int:
        return len(self.new) + len(self.changed) + len(self.gone)


class CopiedTable:
    """One of our tables, as it is copied.

    Rows that the database numbers are known by all their other values, for each database has numbers of its own; the
    rest by their keys. Only what the service itself may do is done, so that its account may copy.
    """

    def __init__(self, table: Table, *, time: str = "", figures: tuple[str, str] = ("in_count", "out_count")) -> None:
        """``time`` is the column that a line's rows are looked up by, ``figures`` are the two that are summed."""
        self.table = table
        self.time = time
        self.figures = figures
        number = table.autoincrement_column
        self._number = number.name if number is not None and number.autoincrement is True else ""
        self._columns = [column for column in table.columns if column.name != self._number]
        self.names = [column.name for column in self._columns]
        self._key = itemgetter(*(self.names.index(name) for name in self._key_names)) if self._key_names else None
        self._moments = [place for place, column in enumerate(self._columns) if _is_moment(column)]
        self._rights = SERVICE[table.name]

    @property
    def name(self) -> str:
        """The table's."""
        return self.table.name

    def rows(self, db: IDBConnection | Transaction, where: ColumnElement[bool] | None = None) -> list[Values]:
        """The rows there; a number comes last. Times are cut to milliseconds, which is what every database keeps."""
        numbered = [self.table.c[self._number]] if self._number else []
        question = select(*self._columns, *numbered)
        if numbered:
            question = question.order_by(*numbered)  # so that rows are added in the order in which they once were
        found: list[Values] = [tuple(row) for row in db.execute(question if where is None else question.where(where))]
        if not any(row[place].microsecond % 1000 for place in self._moments for row in found if row[place]):
            return found
        return [tuple(map(_kept, row)) for row in found]

    def differences(self, here: Sequence[Values], there: Sequence[Values]) -> Differences:
        """What must be done so that ``there`` becomes ``here``; both are ``rows``. Raises ``CopyRefused``."""
        found = self._of_numbered(here, there) if self._number else self._of_keyed(here, there)
        if found.gone and Right.DELETE not in self._rights:
            raise CopyRefused(f"{self.name}: the other database has {len(found.gone)} rows that this one does not have")
        return found

    def remove(self, transaction: Transaction, differences: Differences) -> None:
        """Take away what is too much, and what can be changed in no other way."""
        gone = [*differences.gone, *(differences.changed if self._replaces else ())]
        if gone:
            transaction.change_each(self._delete, [self._identity(row) for row in gone])

    def put(self, transaction: Transaction, differences: Differences) -> None:
        """Add what is new and change what is otherwise."""
        if differences.changed and not self._replaces:
            changed = [self._identity(row) | self._fields(row) for row in differences.changed]
            transaction.change_each(self._update, changed)
        new = [*differences.new, *(differences.changed if self._replaces else ())]
        if new:
            transaction.change_each(self._insert, [self._fields(row) for row in new])

    def demand_same(self, here: Sequence[Values], there: Sequence[Values]) -> None:
        """Raise ``RowsLost`` unless ``there`` is what ``here`` is by now."""
        try:
            left = len(self.differences(here, there))
        except CopyRefused as error:
            raise RowsLost(str(error)) from error
        if left:
            raise RowsLost(f"{self.name}: {left} rows did not arrive as they were sent; nothing of this part was kept")

    def tally(self, rows: Sequence[Values]) -> Tally:
        """How many ``rows`` there are, and the sums of their figures."""
        entered, left = (self.names.index(name) for name in self.figures)
        return Tally(len(rows), sum(row[entered] for row in rows), sum(row[left] for row in rows))

    @property
    def _key_names(self) -> list[str]:
        return [] if self._number else [column.name for column in self.table.primary_key]

    @property
    def _replaces(self) -> bool:
        return Right.UPDATE not in self._rights

    def _of_keyed(self, here: Iterable[Values], there: Iterable[Values]) -> Differences:
        key = self._key or tuple
        others = {key(row): row for row in there}
        new, changed = [], []
        for row in here:
            other = others.pop(key(row), None)
            if other is None:
                new.append(row)
            elif other != row:
                changed.append(row)
        return Differences(new, changed, list(others.values()))

    def _of_numbered(self, here: Iterable[Values], there: Sequence[Values]) -> Differences:
        left, new, gone = Counter(row[:-1] for row in there), [], []
        for row in here:
            if left[row[:-1]]:
                left[row[:-1]] -= 1
            else:
                new.append(row)
        for row in reversed(there):  # of several that are alike the latest
            if left[row[:-1]]:
                left[row[:-1]] -= 1
                gone.append(row)
        return Differences(new, [], gone)

    def _identity(self, row: Values) -> dict[str, Any]:
        if self._number:
            return {"its_number": row[-1]}
        return {f"its_{name}": row[self.names.index(name)] for name in self._key_names}

    def _fields(self, row: Values) -> dict[str, Any]:
        return dict(zip(self.names, row, strict=False))

    @cached_property
    def _insert(self) -> Executable:
        return insert(self.table)

    @cached_property
    def _update(self) -> Executable:
        return update(self.table).where(self._is_it()).values({name: bindparam(name) for name in self.names})

    @cached_property
    def _delete(self) -> Executable:
        return delete(self.table).where(self._is_it())

    def _is_it(self) -> ColumnElement[bool]:
        columns = self.table.c
        if self._number:
            return columns[self._number] == bindparam("its_number")
        return and_(*(columns[name] == bindparam(f"its_{name}") for name in self._key_names))


def _is_moment(column: Column[Any]) -> bool:
    return isinstance(column.type, UtcTime | DateTime)


def _kept(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, datetime) and value.microsecond % 1000:
        return value.replace(microsecond=value.microsecond // 1000 * 1000)
    return value
