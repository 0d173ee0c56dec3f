"""How long queries take and how many fail."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

MOST_LABELS = 200
"""Statements are few and fixed; the limit only keeps a mistake from growing without end."""


@dataclass(slots=True)
class QueryTimes:
    """One kind of statement."""

    count: int = 0
    seconds: float = 0.0
    longest: float = 0.0

    def figures(self) -> dict[str, int | float]:
        """JSON-ready, in milliseconds."""
        return {
            "count": self.count,
            "meanMs": round(self.seconds / self.count * 1000, 2) if self.count else 0.0,
            "longestMs": round(self.longest * 1000, 1),
        }


@dataclass(slots=True)
class QueryStatistics:
    """Counters since the start."""

    calls: int = 0
    """Transactions and single statements asked for."""

    failures: int = 0
    retries: int = 0
    refused_while_open: int = 0
    """Calls that were not made, because the server was away a moment before."""

    outages: int = 0

    queries: dict[str, QueryTimes] = field(default_factory=dict)
    """By verb and table, such as ``insert records``."""

    def note(self, label: str, seconds: float) -> None:
        """A statement that took ``seconds``."""
        if label not in self.queries and len(self.queries) >= MOST_LABELS:
            label = "other"
        times = self.queries.setdefault(label, QueryTimes())
        times.count += 1
        times.seconds += seconds
        times.longest = max(times.longest, seconds)

    def figures(self) -> dict[str, Any]:
        """JSON-ready; times in milliseconds, the queries that took most of it first."""
        most_first = sorted(self.queries.items(), key=lambda one: one[1].seconds, reverse=True)
        return {
            "calls": self.calls,
            "failures": self.failures,
            "retries": self.retries,
            "refusedWhileAway": self.refused_while_open,
            "outages": self.outages,
            "queries": {label: times.figures() for label, times in most_first},
        }

    def copy(self) -> QueryStatistics:
        """The counters as they are now."""
        return replace(self, queries={label: replace(times) for label, times in self.queries.items()})
