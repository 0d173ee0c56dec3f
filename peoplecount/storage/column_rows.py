"""Rows kept by the column: many at once are taken apart and turned into what a driver takes in fewer steps so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, overload

from peoplecount.storage.connection import Parameters


class ColumnRows(Sequence[Parameters]):
    """Rows for ``Transaction.change_each``: each is made only for whoever asks for it."""

    def __init__(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """``columns`` by their names, all of the same length. Raises ``ValueError`` where they are not."""
        lengths = {len(values) for values in columns.values()}
        if len(lengths) != 1:
            raise ValueError(f"columns of {sorted(lengths)} values make no rows: all have one for each row")
        self.columns = columns
        (self._length,) = lengths

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> Parameters: ...

    @overload
    def __getitem__(self, place: slice) -> ColumnRows: ...

    def __getitem__(self, place: int | slice) -> Parameters | ColumnRows:
        parts = {name: values[place] for name, values in self.columns.items()}
        return ColumnRows(parts) if isinstance(place, slice) else parts
