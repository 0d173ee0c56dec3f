"""The picture to ``bench.occupancy``: what is left over at the end of each day, and a week of a building."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

WIDTH, PANEL, MARGIN = 960, 190, 56
FLOOR, ESTIMATE, TRUTH, INK = "#c2571a", "#1f6fb2", "#222222", "#555555"
WEEK = slice(45, 52)


def picture(sites: Sequence[tuple[str, Sequence[Any]]]) -> str:
    """An SVG: a panel a site with its days in order, and a week of the first one hour by hour."""
    panels = [_days(name, days, index) for index, (name, days) in enumerate(sites)]
    panels.append(_week(*sites[0], len(sites)))
    height = PANEL * len(panels) + 40
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
            f'font-size="12" fill="{INK}">',
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            _legend(),
            *panels,
            "</svg>",
            "",
        ]
    )


def _legend() -> str:
    words = (
        (FLOOR, "floor of zero, as shown"),
        (ESTIMATE, "estimate, with its band"),
        (TRUTH, "in retrospect (at the end of a day: nobody)"),
    )
    parts = []
    for index, (colour, text) in enumerate(words):
        x = MARGIN + index * 230
        parts.append(
            f'<rect x="{x}" y="12" width="14" height="10" fill="{colour}"/><text x="{x + 20}" y="21">{text}</text>'
        )
    return "".join(parts)


def _frame(title: str, index: int, most: float) -> tuple[list[str], float, float]:
    top = 40 + index * PANEL
    bottom = top + PANEL - 34
    parts = [
        f'<text x="{MARGIN}" y="{top + 10}" font-weight="bold">{escape(title)}</text>',
        f'<line x1="{MARGIN}" x2="{WIDTH - 16}" y1="{bottom}" y2="{bottom}" stroke="{INK}" stroke-width="1"/>',
        f'<text x="{MARGIN - 6}" y="{bottom}" text-anchor="end">0</text>',
        f'<text x="{MARGIN - 6}" y="{top + 26}" text-anchor="end">{most:,.0f}</text>',
    ]
    return parts, bottom, (bottom - top - 22) / most


def _days(name: str, days: Sequence[Any], index: int) -> str:
    most = max(max(day.floor[-1], day.estimates[-1].people) for day in days)
    parts, bottom, scale = _frame(f"{name}: people said to be inside at the end of each day", index, most)
    step = (WIDTH - 16 - MARGIN) / len(days)
    for offset, colour, ends in (
        (0.25, FLOOR, [day.floor[-1] for day in days]),
        (0.75, ESTIMATE, [day.estimates[-1].people for day in days]),
    ):
        bars = "".join(
            f"M{MARGIN + (number + offset) * step:.1f} {bottom}v-{people * scale:.1f}"
            for number, people in enumerate(ends)
            if people * scale >= 0.5
        )
        parts.append(f'<path d="{bars}" stroke="{colour}" stroke-width="{step * 0.5:.2f}"/>')
    return "".join(parts)


def _week(name: str, days: Sequence[Any], index: int) -> str:
    week = days[WEEK]
    truth = [people for day in week for people in day.truth]
    floor = [people for day in week for people in day.floor]
    estimates = [estimate for day in week for estimate in day.estimates]
    most = max(*floor, *(estimate.high for estimate in estimates), *truth)
    parts, bottom, scale = _frame(f"{name}: a week, hour by hour", index, most)
    step = (WIDTH - 16 - MARGIN) / len(truth)

    def points(values: Sequence[float]) -> list[str]:
        return [f"{MARGIN + number * step:.1f},{bottom - value * scale:.1f}" for number, value in enumerate(values)]

    band = points([one.high for one in estimates]) + points([one.low for one in estimates])[::-1]
    parts.append(f'<polygon points="{" ".join(band)}" fill="{ESTIMATE}" fill-opacity="0.18"/>')
    for colour, values in ((FLOOR, floor), (ESTIMATE, [one.people for one in estimates]), (TRUTH, truth)):
        parts.append(
            f'<polyline points="{" ".join(points(values))}" fill="none" stroke="{colour}" stroke-width="1.4"/>'
        )
    return "".join(parts)
