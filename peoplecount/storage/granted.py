"""Which rights an account really has on our tables, as the server itself says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Integer, func, select

from peoplecount.storage.connection import IDBConnection
from peoplecount.storage.dialects import Product


def missing_rights(
    db: IDBConnection, product: Product, schema: str, needed: Mapping[str, Collection[str]]
) -> dict[str, list[str]]:
    """Of ``needed``, rights such as ``INSERT`` by table or view, those the account lacks. Raises ``DatabaseError``.

    SQLite knows no rights; whether the file can be written is another question.
    """
    if product is Product.SQLITE:
        return {}
    wanted = [(name, right) for name, rights in needed.items() for right in rights]
    asked = [_has(product, f"{_quoted(product, schema)}.{_quoted(product, name)}", right) for name, right in wanted]
    answers = db.execute(select(*(answer.label(f"r{place}") for place, answer in enumerate(asked))))[0]
    missing: dict[str, list[str]] = {}
    for (name, right), granted in zip(wanted, answers, strict=True):
        if not granted:
            missing.setdefault(name, []).append(right)
    return missing


def _has(product: Product, name: str, right: str) -> ColumnElement[Any]:
    if product is Product.SQL_SERVER:  # NULL where the account may not even know that it exists
        return func.HAS_PERMS_BY_NAME(name, "OBJECT", str(right), type_=Integer())
    return func.has_table_privilege(name, str(right), type_=Boolean())


def _quoted(product: Product, name: str) -> str:
    return f"[{name}]" if product is Product.SQL_SERVER else f'"{name}"'
