"""The door audit: which line of a site explains its imbalance, looks drawn backwards, or has gone silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from peoplecount.domain.figures import Figures
from peoplecount.domain.line_days import LineDays
from peoplecount.domain.line_direction import Turned, turned
from peoplecount.domain.line_silence import Silence, silence
from peoplecount.domain.unseen_people import Balance, Explanation, balance
from peoplecount.domain.usual_level import WEEKS, UsualLevels

BALANCE_DAYS = 28
"""Whole weeks, so that weekends have their share."""

HISTORY_DAYS = 7 * WEEKS + BALANCE_DAYS
"""What an audit can make use of."""


@dataclass(frozen=True, slots=True)
class LineAudit:
    """What is to be said of a line."""

    line_id: str
    counted: Figures
    """In the days that the balance is of."""

    share: float
    """Of all who crossed at the site in these days, 0 to 1."""

    silence: Silence | None = None
    turned: Turned | None = None
    explanation: Explanation | None = None
    """Where a fault of this line would explain the site's imbalance, alone or as well as others."""

    @property
    def is_suspect(self) -> bool:
        """Whether somebody should look at it."""
        return bool(self.silence or self.turned or self.explanation)


@dataclass(frozen=True, slots=True)
class SiteAudit:
    """What is to be said of a site."""

    balance: Balance
    lines: tuple[LineAudit, ...]
    """The suspects first, then those with the most traffic."""


def audit(lines: Mapping[str, LineDays], day: date, hour: int) -> SiteAudit:
    """Audit a site at the end of an hour of an occupancy day, from all that is known of the weeks before."""
    recent = {line_id: _between(line, day - timedelta(days=BALANCE_DAYS), day) for line_id, line in lines.items()}
    found = balance(recent)
    by_line = {one.line_id: one for one in found.explanations}
    levels = UsualLevels(lines)
    audits = [
        LineAudit(
            line_id=line_id,
            counted=recent[line_id].total(),
            share=_share(recent[line_id], found),
            silence=silence(levels, line_id, line, day, hour),
            turned=_turned(levels, line_id, line, day),
            explanation=by_line.get(line_id),
        )
        for line_id, line in lines.items()
    ]
    return SiteAudit(found, tuple(sorted(audits, key=lambda one: (not one.is_suspect, -one.share, one.line_id))))


def _turned(levels: UsualLevels, line_id: str, line: LineDays, day: date) -> Turned | None:
    """Today's evidence, or yesterday's as long as today is young."""
    return turned(levels, line_id, line, day) or turned(levels, line_id, line, day - timedelta(days=1))


def _between(line: LineDays, first: date, end: date) -> LineDays:
    days = {day: hours for day, hours in line.days.items() if first <= day < end}
    return LineDays(days, frozenset(day for day in line.missing if first <= day < end))


def _share(line: LineDays, found: Balance) -> float:
    total = line.total()
    return (total.entered + total.left) / found.crossed if found.crossed else 0.0
