"""Statements that are answered in several parts, because their tables have triggers.

SQL Server tells how many rows each statement of a trigger changed, unless that says NOCOUNT, and last how many the
statement did that fired it. pyodbc hears the first part only: the count would be the trigger's, and an error after it
would never be told, in a trigger as in a text of several statements.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection


def hear_out(
    connection: Connection,  # noqa: ARG001
    cursor: Any,  # noqa: ANN401 - a ``GuardedCursor``
    statement: str,  # noqa: ARG001
    parameters: object,  # noqa: ARG001
    context: Any,  # noqa: ANN401 - SQLAlchemy's, which has no public type
    executemany: bool,  # noqa: FBT001
) -> None:
    """Take the answer to its end where nobody will ask for its rows; an SQLAlchemy event."""
    if not executemany and not _is_read_later(cursor, context):
        cursor.hear_out()


def _is_read_later(cursor: Any, context: Any) -> bool:  # noqa: ANN401
    if context.isinsert or context.isupdate or context.isdelete:  # rows can be a trigger's, then
        return bool(context.compiled.effective_returning)
    return cursor.description is not None
