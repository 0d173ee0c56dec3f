"""Walking the whole way into a database: from its name to what a year of the fleet will take there."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import text

from peoplecount.services.inspection import Step, odd, wrong
from peoplecount.services.log_in_advice import log_in_advice
from peoplecount.storage import schema_version
from peoplecount.storage.connection import ServerInfo
from peoplecount.storage.dialects import Product
from peoplecount.storage.engine import EngineConnection
from peoplecount.storage.errors import DatabaseError
from peoplecount.storage.granted import missing_rights
from peoplecount.storage.growth import DAYS, Fleet, growth, read_fleet

ROUND_TRIPS = 5

SLOW = 0.05
"""Seconds. A batch asks some thirty questions and a page a handful: people would wait."""

OLDEST_MAJOR = 13
"""SQL Server 2016."""

AZURE_EDITIONS = {5, 8}
"""Azure SQL Database and Managed Instance (``SERVERPROPERTY``), which call themselves version 12 for ever."""

_GB = 1e9


@dataclass(frozen=True, slots=True)
class DatabaseWalk:
    """The walk into the database behind ``connection``."""

    connection: EngineConnection
    needed_rights: Mapping[str, Collection[str]]
    """By table or view, such as ``INSERT``."""

    keep_days: int
    """How long records are kept."""

    seconds_a_record: float = 0.0
    """The least time between two records of a line."""

    def steps(self, approach: Iterable[Step] = ()) -> Iterator[Step]:
        """``approach``, the steps up to the log-in, and what each step from there finds; ends where it must."""
        if not (yield from self.way_in(approach)):
            return
        schema = self._schema()
        yield schema
        if not schema.advice:
            yield from self._inside()

    def way_in(self, approach: Iterable[Step] = ()) -> Generator[Step, None, bool]:
        """The steps that hold for any database, also one whose tables are not ours; whether it can be asked."""
        for step in approach:
            yield step
            if step.ends:
                return False
        server = yield from self._log_in()
        if server is None:
            return False
        if self.connection.product is Product.SQL_SERVER:
            yield self._version()
        yield self._round_trip(server)
        return True

    def _log_in(self) -> Generator[Step, None, ServerInfo | None]:
        try:
            server = self.connection.check()
        except DatabaseError as error:
            yield wrong("log-in", str(error), log_in_advice(self.connection.product, error))
            return None
        yield Step("log-in", f"{server.product} {server.version}", proves=True)
        return server

    def _version(self) -> Step:
        asked = text(
            "SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS version, "
            "CAST(SERVERPROPERTY('EngineEdition') AS int) AS edition"
        )
        try:
            row = self.connection.execute(asked)[0]
        except DatabaseError as error:
            return odd("version", str(error))
        version = str(row.version)
        major = version.partition(".")[0]
        if row.edition in AZURE_EDITIONS or not major.isdigit() or int(major) >= OLDEST_MAJOR:
            return Step("version", version)
        return odd(
            "version", f"{version}", f"SQL Server 2016 (13) or later is needed, and this says that it is {version}."
        )

    def _round_trip(self, server: ServerInfo) -> Step:
        """The median of some: the first after a pause is often slow."""
        try:
            times = [server.round_trip, *(self.connection.check().round_trip for _ in range(ROUND_TRIPS - 1))]
        except DatabaseError as error:
            return wrong("round trip", str(error), f"The connection does not last: {error}.")
        seconds = statistics.median(times)
        said = f"{seconds * 1000:.1f} ms a question"
        if seconds < SLOW:
            return Step("round trip", said)
        return odd(
            "round trip", said, f"A question takes {seconds * 1000:.0f} ms, so pages of the history will be slow."
        )

    def _schema(self) -> Step:
        """Of a wrong version nothing else is asked: the tables are not those that we know."""
        expected = schema_version.expected()
        try:
            found = schema_version.current(self.connection)
        except DatabaseError as error:
            return wrong("schema", str(error), f"The schema's version cannot be read: {error}.")
        if found == expected:
            return Step("schema", f"version {found}, as it should be")
        said = f"version {found or 'none'}, but {expected} is needed"
        if found is not None and found > expected:  # they are numbered with leading zeros
            return wrong("schema", said, f"{schema_version.too_new(found).capitalize()}.")
        missing = "The tables are not there yet" if found is None else "The tables are those of an older version"
        return wrong(
            "schema",
            said,
            f"{missing}: `python -m peoplecount db upgrade`, or have an administrator run what `db sql` writes.",
        )

    def _inside(self) -> Iterator[Step]:
        try:
            yield self._rights()
            yield self._growth(read_fleet(self.connection))
        except DatabaseError as error:
            yield wrong("tables", str(error), f"The tables cannot be read: {error}.")

    def _rights(self) -> Step:
        connection = self.connection
        missing = missing_rights(connection, connection.product, connection.schema, self.needed_rights)
        if not missing:
            return Step("rights", "all that are needed" if self.needed_rights else "the file's")
        said = "; ".join(f"{', '.join(rights)} on {name}" for name, rights in missing.items())
        return wrong(
            "rights",
            f"missing: {said}",
            f"The account lacks {said} in schema {connection.schema}: have an administrator run the GRANT statements "
            "that `python -m peoplecount db sql` writes.",
        )

    def _growth(self, fleet: Fleet) -> Step:
        if not fleet.lines:
            return Step("a year", "unknown: no camera is entered or has been polled yet")
        year = growth(fleet, self.connection.product, seconds_a_record=self.seconds_a_record)
        seen = "as lately" if fleet.observed else "assumed"
        a_day = year.rows["records"] / fleet.lines / DAYS
        busy = f"{fleet.cameras} cameras, {fleet.lines} lines, {a_day:.0f} records a line and day ({seen})"
        size = f"{year.total_rows / 1e6:.1f} million rows, {year.bytes / _GB:.1f} GB"
        return Step("a year", f"{busy}: {size}; records go after {self.keep_days} days")
