"""Counts whose database dies while they are read."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.services.count_rows import CountRow
from peoplecount.services.counts_query import CountsQuery
from peoplecount.storage.errors import DatabaseUnavailable

EIGHT = datetime(2026, 5, 4, 8, tzinfo=UTC)
TOLD = 1_500
"""Rows, of which the line ``whole`` has no more."""


class FailingCounts:
    """Knows some hours of every line; then its database is away, except for the line ``whole``."""

    def ask(self, asked):
        return CountsQuery.parse(asked, ZoneInfo("UTC"), EIGHT + timedelta(days=900))

    def rows(self, query, *, with_today=False):
        for number in range(TOLD):
            begin = EIGHT + number * timedelta(hours=1)
            end = begin + timedelta(hours=1)
            zone, figures = ZoneInfo("UTC").key, Figures(1, 0)
            yield CountRow("s", "S", "d", "D", "l", "L", begin, end, begin, zone, figures, Quality.MEASURED, 1.0, True)
        if query.line_id == "broken":
            raise ValueError("a fault of ours")
        if query.line_id != "whole":
            raise DatabaseUnavailable("the server closed the connection")
