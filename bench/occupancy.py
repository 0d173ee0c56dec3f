"""Occupancy: how far off it is on real door counts, by the floor method and by the estimate.

Days are gone through in order, and a day's figures use what was learned from the days before it, nothing else. What
was true is known at the end of a day, when nobody is inside; during a day it is what can be told in retrospect, with
the day's own imbalance shared out by its traffic. `--picture FILE` draws the days as an SVG.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bench.support.door_counts import CountedSite, all_sites
from bench.support.occupancy_picture import picture
from peoplecount.domain.occupancy_estimate import Drift, Estimate, Lesson, anchored
from peoplecount.domain.occupancy_lessons import Anchor, lessons

WARM_UP = 20
"""Days after which what is said of bands counts: until then little is known, and they are wide."""


@dataclass(frozen=True)
class ScoredDay:
    """One day of a site, at each hour."""

    truth: list[float]
    floor: list[int]
    """In minus out, but nobody where it is below zero: what is shown as occupancy."""

    running: list[int]
    """The same, begun anew from zero each time it would fall below: what other products do."""

    estimates: list[Estimate]
    is_below_zero: bool
    """Whether in minus out was below zero at some hour."""

    end: float
    """What the estimate would be at the end of the day were there no floor of zero, in half widths of its band."""


def scored_days(site: CountedSite) -> list[ScoredDay]:
    """All whole days of a site."""
    drift, days = Drift(), []
    for lesson in lessons(site.hours(), map(Anchor, site.resets())):
        if lesson.points and any(lesson.points):
            days.append(_score(drift, lesson))
        drift = drift.after(lesson)
    return days


def _score(drift: Drift, lesson: Lesson) -> ScoredDay:
    nets = [point.entered - point.left for point in lesson.points]
    running, inside = [], 0
    for before, after in pairwise([0, *nets]):
        inside = max(0, inside + after - before)
        running.append(inside)
    high_up = 10 * sum((lesson.points[-1].entered, lesson.points[-1].left))  # a start that keeps the floor out of it
    free = drift.estimate(high_up, lesson.points[-1])
    half = max(1.0, (free.high - free.low) / 2)
    return ScoredDay(
        truth=anchored(lesson),
        floor=[max(0, net) for net in nets],
        running=running,
        estimates=[drift.estimate(0, point) for point in lesson.points],
        is_below_zero=min(nets) < 0,
        end=(free.people - high_up) / half,
    )


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def left_over(days: Sequence[ScoredDay], curve: Callable[[ScoredDay], Sequence[float]]) -> tuple[float, float, float]:
    """People said to be inside at the end of the day, when there is nobody: median, nine in ten, most."""
    ends = [curve(day)[-1] for day in days]
    return statistics.median(ends), quantile(ends, 0.9), max(ends)


def mean_error(days: Sequence[ScoredDay], curve: Callable[[ScoredDay], Sequence[float]]) -> float:
    """People by which it is off in an hour, on average."""
    return statistics.fmean(abs(said - true) for day in days for said, true in zip(curve(day), day.truth, strict=True))


def held_by_day(days: Sequence[ScoredDay]) -> float:
    """The share of hours in which the band held the truth."""
    return statistics.fmean(
        estimate.low - 0.5 <= true <= estimate.high + 0.5
        for day in days
        for estimate, true in zip(day.estimates, day.truth, strict=True)
    )


def held_at_the_end(days: Sequence[ScoredDay]) -> float:
    """The share of days at whose end the band, without its floor of zero, held nobody."""
    return statistics.fmean(abs(day.end) <= 1 for day in days)


METHODS: dict[str, Callable[[ScoredDay], Sequence[float]]] = {
    "running floor": lambda day: day.running,
    "floor when shown": lambda day: day.floor,
    "estimate": lambda day: [estimate.people for estimate in day.estimates],
}


def table(sites: Sequence[tuple[CountedSite, Sequence[ScoredDay]]]) -> str:
    """Markdown."""
    rows = [
        "| site, days | method | left over at the end of a day: median / 9 in 10 / most | off by, mean of all hours |",
        "| --- | --- | --- | --- |",
    ]
    for site, days in sites:
        for method, curve in METHODS.items():
            ends = " / ".join(f"{people:,.0f}" for people in left_over(days, curve))
            rows.append(f"| {site.name}, {len(days)} | {method} | {ends} | {mean_error(days, curve):,.1f} |")
    rows += [
        "",
        "| site | days on which in minus out falls below zero | band holds: at the end of the day / in all hours | "
        "mean width of the band |",
        "| --- | --- | --- | --- |",
    ]
    for site, days in sites:
        later = days[WARM_UP:]
        below = statistics.fmean(day.is_below_zero for day in days)
        width = statistics.fmean(one.high - one.low for day in later for one in day.estimates)
        rows.append(
            f"| {site.name} | {below:.0%} | {held_at_the_end(later):.0%} / {held_by_day(later):.0%} | {width:,.0f} |"
        )
    return "\n".join(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture", type=Path, help="also draw the days as an SVG")
    arguments = parser.parse_args()
    sites = [(site, scored_days(site)) for site in all_sites()]
    if not sites:
        print("The data sets are not here (../shared/data); nothing is measured.")
        return 0
    print(table(sites))
    if arguments.picture:
        arguments.picture.write_text(picture([(site.name, days) for site, days in sites]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
