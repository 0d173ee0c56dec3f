"""The types of our columns, in the wording of each database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String, Text, TypeDecorator
from sqlalchemy.dialects.mssql import DATETIME2, NVARCHAR
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.dialects.sqlite import DATETIME
from sqlalchemy.types import TypeEngine

from peoplecount.storage.dialects import Product


def id_text(length: int) -> TypeEngine[str]:
    """An identifier. SQL Server compares it by code point, so that ``Door`` and ``door`` are two on any server."""
    return String(length).with_variant(NVARCHAR(length, collation="Latin1_General_100_BIN2"), Product.SQL_SERVER)


def words(length: int) -> TypeEngine[str]:
    """Text for people."""
    return String(length).with_variant(NVARCHAR(length), Product.SQL_SERVER)


def long_words() -> TypeEngine[str]:
    """Text of any length."""
    return Text().with_variant(NVARCHAR(None), Product.SQL_SERVER)


def row_number() -> TypeEngine[int]:
    """A 64-bit key that the database counts up; SQLite does that for plain ``INTEGER`` only."""
    return BigInteger().with_variant(Integer(), Product.SQLITE)


def local_time() -> TypeEngine[datetime]:
    """A wall clock's time without a zone, to the millisecond. SQL Server's ``DATETIME`` would round to 3 ms."""
    return DateTime().with_variant(_milliseconds(), Product.SQL_SERVER).with_variant(_iso_text(), Product.SQLITE)


class _IsoText(DATETIME):
    """SQLite's text of a time, as SQLAlchemy writes it, without putting it together digit by digit."""

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], str | None]:  # noqa: ARG002
        """Into the database."""
        return lambda value: None if value is None else value.isoformat(" ", "microseconds")


_LENGTH = len("2026-05-04 08:00:00.000000")


class _UtcText(_IsoText):
    """The same of a moment, whose text says no zone."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], datetime | None]:  # noqa: ARG002
        """Out of the database."""
        return _moment_of


def _utc_words(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone; times in the database are UTC")
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return in_utc.isoformat(" ", "microseconds")[:_LENGTH]


def _moment_of(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


def _utc_text() -> TypeEngine[datetime]:
    return _UtcText()  # type: ignore[no-untyped-call]


def _iso_text() -> TypeEngine[datetime]:
    return _IsoText()  # type: ignore[no-untyped-call]


def _milliseconds() -> TypeEngine[datetime]:
    return DATETIME2(3)  # type: ignore[no-untyped-call]


class UtcTime(TypeDecorator[datetime]):
    """A moment, aware and in UTC on our side.

    ``DATETIME2`` in UTC on SQL Server, because pyodbc cannot read ``DATETIMEOFFSET`` (HY106), ``timestamptz``
    on PostgreSQL, ISO text in UTC on SQLite.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's type there."""
        if dialect.name == Product.SQL_SERVER:
            return dialect.type_descriptor(_milliseconds())
        if dialect.name == Product.POSTGRESQL:
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(_utc_text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Into the database. Refuses a time without a zone: nobody could say which moment it is."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; times in the database are UTC")
        moment = value.astimezone(UTC)
        if dialect.name != Product.SQL_SERVER:
            return moment
        # The column would round it, and then nobody finds it by what was sent.
        return moment.replace(tzinfo=None, microsecond=moment.microsecond // 1000 * 1000)

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """The same for SQLite in one step: it gets a time or more a row, and rows by the thousand."""
        if dialect.name != Product.SQLITE:
            return super().bind_processor(dialect)
        return _utc_words

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """The same the other way."""
        return _moment_of if dialect.name == Product.SQLITE else super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Out of the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
