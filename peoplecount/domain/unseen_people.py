"""Unseen people: how many must have crossed without being counted, and which fault of which line would explain them.

A day begins and ends with nobody inside, and there are never fewer than nobody. So where in minus out falls to -5 in
the morning and ends at 12, at least 5 came and 17 left unseen. A fault of one line is a good explanation where
undoing it leaves few of them: exchanging its in and out, or adding those it may have missed in one direction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from peoplecount.domain.line_days import Day, LineDays, site_days

LEAST_DAYS = 5

LEAST_UNSEEN = 3
"""Unseen people a day, on average, below which there is nothing to explain."""

LEAST_SHARE = 0.01
"""Unseen people in those who crossed: less is what doors miss anyway."""

MISCOUNT_SHARE = 0.02
"""From here on a line may be suspected to miss people. A line that is drawn backwards is told from less: there is
nothing about it that could be chosen to fit."""

GOOD = 0.5
"""An explanation leaves at most this share of the unseen."""

BETTER_DAYS = 0.8
"""On this share of the days it must leave fewer, so that one odd day explains nothing."""

AS_GOOD = 1.5
"""Explanations that leave up to so many times as many as the best one may be the right one just as well."""

SEEN = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
"""Shares of the people in one direction that a line is tried to see."""

MOST_LINES = 24
"""Lines with the most traffic that are tried; at more, no single one explains a site."""


class Fault(StrEnum):
    """What may be wrong with a line."""

    BACKWARDS = "drawn backwards"
    MISSES_COMING = "misses people who come"
    MISSES_LEAVING = "misses people who leave"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A fault of one line that would explain most of the unseen."""

    line_id: str
    fault: Fault
    seen: float
    """The share of those people that it sees; 1 where it is drawn backwards.

    Counting too many who go the other way looks the same. Counters miss people more often than they invent them.
    """

    unseen: int
    """People who would still be unseen."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What a site's doors leave unexplained over some whole days."""

    days: int
    crossed: int
    """In and out."""

    net: int
    """In minus out."""

    unseen: int
    explanations: tuple[Explanation, ...] = ()
    """Those that are good, the best first; several where the figures do not tell which it is."""

    @property
    def is_off(self) -> bool:
        """Whether there is anything to explain."""
        return (
            self.days >= LEAST_DAYS
            and self.unseen >= LEAST_UNSEEN * self.days
            and self.unseen >= LEAST_SHARE * self.crossed
        )


def balance(lines: Mapping[str, LineDays]) -> Balance:
    """The balance of a site over the days on which all its lines were counted, and what would explain it."""
    whole = list(site_days(lines.values()).whole())
    nets = [_nets(day) for _, day in whole]
    found = Balance(
        days=len(whole),
        crossed=sum(one.entered + one.left for _, day in whole for one in day.values()),
        net=round(sum(map(sum, nets))),
        unseen=sum(map(unseen, nets)),
    )
    if not found.is_off:
        return found
    may_miss = found.unseen >= MISCOUNT_SHARE * found.crossed
    tried = [
        one for line_id in _busiest(lines) for one in _tried(line_id, lines[line_id], whole, nets, may_miss=may_miss)
    ]
    good = sorted((one for one in tried if one.unseen <= GOOD * found.unseen), key=lambda one: one.unseen)
    return Balance(found.days, found.crossed, found.net, found.unseen, tuple(_best_of_each(good)))


def unseen(nets: Iterable[float]) -> int:
    """The fewest people who crossed unseen on a day, from its in minus out by the hour."""
    inside = lowest = 0.0
    for net in nets:
        inside += net
        lowest = min(lowest, inside)
    return round(inside - 2 * lowest)


def _best_of_each(good: Sequence[Explanation]) -> Iterator[Explanation]:
    """Of each line its best, as long as they are about as good as the best of all."""
    named: set[str] = set()
    for one in good:
        if one.unseen <= AS_GOOD * max(1, good[0].unseen) and one.line_id not in named:
            named.add(one.line_id)
            yield one


def _busiest(lines: Mapping[str, LineDays]) -> list[str]:
    def traffic(line_id: str) -> int:
        total = lines[line_id].total()
        return total.entered + total.left

    return sorted(lines, key=traffic, reverse=True)[:MOST_LINES]


def _tried(
    line_id: str, line: LineDays, whole: Sequence[tuple[date, Day]], nets: Sequence[list[float]], *, may_miss: bool
) -> Iterator[Explanation]:
    hours = [line.days.get(day, {}) for day, _ in whole]
    entered = [[of[hour].entered if hour in of else 0 for hour in range(_HOURS)] for of in hours]
    left = [[of[hour].left if hour in of else 0 for hour in range(_HOURS)] for of in hours]
    turned = [
        [-2.0 * (come - gone) for come, gone in zip(*day, strict=True)] for day in zip(entered, left, strict=True)
    ]
    yield from _explained(Explanation(line_id, Fault.BACKWARDS, 1.0, 0), nets, turned)
    for seen in SEEN if may_miss else ():
        for missing, inventing, fault, sign in (
            (entered, left, Fault.MISSES_COMING, 1),
            (left, entered, Fault.MISSES_LEAVING, -1),
        ):
            tried = Explanation(line_id, fault, seen, 0)
            yield from _explained(tried, nets, _times(missing, sign * (1 / seen - 1)))
            yield from _explained(tried, nets, _times(inventing, sign * (1 - seen)))


def _times(counts: Sequence[Sequence[int]], factor: float) -> list[list[float]]:
    return [[factor * people for people in day] for day in counts]


def _explained(tried: Explanation, nets: Sequence[list[float]], change: Sequence[list[float]]) -> Iterator[Explanation]:
    before = map(unseen, nets)
    after = [unseen(map(sum, zip(net, more, strict=True))) for net, more in zip(nets, change, strict=True)]
    differs = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    if differs and sum(new < old for old, new in differs) >= BETTER_DAYS * len(differs):
        yield replace(tried, unseen=sum(after))


_HOURS = 25
"""A day has one more where clocks are put back."""


def _nets(day: Day) -> list[float]:
    return [float(day[hour].entered - day[hour].left) if hour in day else 0.0 for hour in range(_HOURS)]
