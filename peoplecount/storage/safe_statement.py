"""Telling statements with values in them from those with bind parameters."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnClause, Executable, Select, TextClause
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ClauseElement

from peoplecount.storage.errors import UnsafeStatement

_QUOTED_NAME = re.compile(r'"[^"]*"|\[[^\]]*\]')
_VALUE = re.compile(r"'|\$\w*\$|(?<![\w:@])[0-9]")
_HOW = 'write text("… WHERE camera_id = :camera") and give {"camera": …}, or use SQLAlchemy\'s expressions'


def refuse_values(statement: object) -> None:
    """Raise ``UnsafeStatement`` for plain strings, and for text with a quoted text or a number in it.

    Somebody who builds SQL from values sooner or later builds it from somebody else's.
    """
    if isinstance(statement, str):
        raise UnsafeStatement(f"a plain string is not run as SQL; {_HOW}")
    if not isinstance(statement, Executable):
        raise UnsafeStatement(f"{type(statement).__name__} is not a statement; {_HOW}")
    if isinstance(statement, ClauseElement):
        for element in visitors.iterate(statement):
            _refuse_literal(element)


def _refuse_literal(element: Any) -> None:  # noqa: ANN401
    if isinstance(element, TextClause):
        said = element.text
    elif isinstance(element, ColumnClause) and element.is_literal:
        said = element.name
    else:
        return
    if _VALUE.search(_QUOTED_NAME.sub("", said)):
        raise UnsafeStatement(f"SQL text with a value in it: use bind parameters; {_HOW}")


def label_of(statement: object) -> str:
    """What a statement is counted under: its verb and first table."""
    verb = str(getattr(statement, "__visit_name__", "statement"))
    table = getattr(statement, "table", None)
    if table is None and isinstance(statement, Select):  # its own list of tables first: it takes no compiling
        table = next(iter(statement.columns_clause_froms or statement.get_final_froms()), None)
    return f"{verb} {getattr(table, 'name', '')}".strip()
