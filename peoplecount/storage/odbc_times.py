"""Times that keep their fraction of a second.

pyodbc asks a connection which type holds times (SQLGetTypeInfo) and cuts every time that it sends to its precision.
A server that gives no answer has all of them cut to whole seconds, without a word; one that speaks T-SQL and is not
Microsoft's was seen to. Over such a connection times go as text, which the server turns into what a column holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

TIMES_ARE_CUT = "times_are_cut"
"""The mark of such a connection, in what SQLAlchemy notes of it."""

_SQL_TYPE_TIMESTAMP = 93


def tells_of_times(connection: Any) -> bool:  # noqa: ANN401 - pyodbc has no types
    """Whether pyodbc can learn from a connection how exact its times are."""
    cursor = connection.cursor()
    try:
        return bool(cursor.getTypeInfo(_SQL_TYPE_TIMESTAMP).fetchall())
    finally:
        cursor.close()


def whole_times(
    connection: Connection,
    cursor: Any,  # noqa: ANN401, ARG001
    statement: str,
    parameters: Any,  # noqa: ANN401
    context: Any,  # noqa: ANN401, ARG001
    executemany: bool,  # noqa: FBT001
) -> tuple[str, Any]:
    """What is sent; an SQLAlchemy event. Rows in bulk are described by the server, column by column, and stay whole."""
    if executemany or not connection.info.get(TIMES_ARE_CUT) or not isinstance(parameters, Sequence):
        return statement, parameters
    return statement, tuple(_whole(value) for value in parameters)


def _whole(value: object) -> object:
    """To the millisecond, as our columns are; the T makes it the same in every language of a login."""
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else value
