"""A table of figures that grows by a row a measurement and is kept in a file, and its picture."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

WIDTH, HEIGHT, GAP = 270, 170, 50
LEFT, TOP = 60, 40
LINE, INK, RULE = "#1f6fb2", "#222222", "#d5d9de"


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured with so much of something."""

    of: str
    """What there was more and more of: ``cameras``, ``idle streams``."""

    many: int
    figures: Mapping[str, float]
    """By name with its unit: ``{"MB": 120.5}``."""


class GrowthTable:
    """Rows in a file, one a line, written as they are measured: what is there is not measured again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text().splitlines() if path.exists() else []
        self.rows = [Row(**json.loads(line)) for line in lines]

    def has(self, of: str, many: int) -> bool:
        return any((row.of, row.many) == (of, many) for row in self.rows)

    def add(self, row: Row) -> None:
        self.rows.append(row)
        with self._path.open("a") as file:
            file.write(json.dumps({"of": row.of, "many": row.many, "figures": dict(row.figures)}) + "\n")

    def of(self, what: str) -> list[Row]:
        """Its rows, from few to many."""
        return sorted((row for row in self.rows if row.of == what), key=lambda row: row.many)

    def text(self) -> str:
        """One table a subject, in Markdown."""
        parts = []
        for subject in dict.fromkeys(row.of for row in self.rows):
            rows = self.of(subject)
            names = list(rows[0].figures)
            lines = [f"| {subject} | {' | '.join(names)} |", "| --- " * (len(names) + 1) + "|"]
            lines += [f"| {row.many:,} | {' | '.join(f'{row.figures[name]:,.2f}' for name in names)} |" for row in rows]
            parts.append("\n".join(lines))
        return "\n\n".join(parts)

    def picture(self, wanted: Sequence[tuple[str, str]]) -> str:
        """An SVG with a small chart for each subject and figure."""
        charts = [(what, name, self.of(what)) for what, name in wanted]
        width = LEFT + len(charts) * (WIDTH + GAP)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {TOP + HEIGHT + 45}" '
            f'font-family="sans-serif" font-size="12" fill="{INK}">',
            f'<rect width="{width}" height="{TOP + HEIGHT + 45}" fill="#ffffff"/>',
        ]
        for place, (what, name, rows) in enumerate(charts):
            if rows:
                parts += _chart(LEFT + place * (WIDTH + GAP), f"{name} by {what}", rows, name)
        return "\n".join([*parts, "</svg>", ""])


def _chart(left: float, title: str, rows: Sequence[Row], name: str) -> list[str]:
    """Both scales begin at nothing, so that a straight line through the corner is what costs the same for each."""
    widest, highest = rows[-1].many, max(row.figures[name] for row in rows) or 1
    points = [
        (left + row.many / widest * WIDTH, TOP + HEIGHT - row.figures[name] / highest * HEIGHT * 0.9) for row in rows
    ]
    parts = [
        f'<text x="{left}" y="22" font-weight="bold">{escape(title)}</text>',
        f'<path d="M{left} {TOP}V{TOP + HEIGHT}H{left + WIDTH}" fill="none" stroke="{RULE}"/>',
        f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" stroke="{LINE}" '
        'stroke-width="2"/>',
    ]
    for (x, y), row in zip(points, rows, strict=True):
        parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{LINE}"/>',
            f'<text x="{x:.1f}" y="{y - 8:.1f}" text-anchor="end">{row.figures[name]:,.3g}</text>',
        ]
    parts += [
        f'<text x="{points[place][0]:.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{rows[place].many:,}</text>'
        for place in {0, len(rows) // 2, len(rows) - 1}
    ]
    return parts
