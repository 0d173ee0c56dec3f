"""Of which places rows are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, FromClause, and_

from peoplecount.storage.positions import LINES_AT_ONCE, in_chunks


@dataclass(frozen=True, slots=True)
class Where:
    """Of which places. Of those only that fit everything that is given."""

    sites: Collection[str] | None = None
    """``None``: of all."""

    door_id: str | None = None
    line_id: str | None = None

    def rows_of(self, table: FromClause) -> ColumnElement[bool]:
        """The same as a condition."""
        columns = table.c
        parts: list[ColumnElement[bool]] = []
        if self.sites is not None:
            one = len(self.sites) == 1
            parts.append(columns.site_id == next(iter(self.sites)) if one else columns.site_id.in_(sorted(self.sites)))
        if self.door_id is not None:
            parts.append(columns.door_id == self.door_id)
        if self.line_id is not None:
            parts.append(columns.line_id == self.line_id)
        return and_(True, *parts)

    def parts(self) -> Iterator[Where]:
        """The same in parts that one statement can name."""
        if self.sites is None or len(self.sites) <= LINES_AT_ONCE:
            yield self
            return
        for some in in_chunks(sorted(self.sites)):
            yield replace(self, sites=some)

    def fits(self, site_id: str, door_id: str, line_id: str) -> bool:
        """Whether it is about a row of these."""
        return (
            (self.sites is None or site_id in self.sites)
            and self.door_id in {None, door_id}
            and self.line_id in {None, line_id}
        )
