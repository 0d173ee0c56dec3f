"""Figures beside those of others, as a table, as JSON and as a picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path

WIDTH, LABEL, BAR = 900, 330, 400
OURS, OTHERS, INK = "#1f6fb2", "#b8bec6", "#222222"


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure."""

    what: str
    value: float
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Figures that were taken in one run, and what ours must reach."""

    title: str
    unit: str
    bars: Sequence[Bar]
    digits: int = 2
    targets: Sequence[str] = field(default_factory=tuple)
    """In words, with whether they were reached."""

    def table(self) -> str:
        """Each figure, and how ours relate to it."""
        ours = next((bar.value for bar in self.bars if bar.is_ours), None)
        lines = [f"{self.title} ({self.unit})"]
        for bar in self.bars:
            ratio = f"{ours / bar.value:8.2f} x" if ours is not None and bar.value and not bar.is_ours else ""
            lines.append(f"  {bar.what:62} {bar.value:12,.{self.digits}f} {ratio}")
        return "\n".join([*lines, *(f"  {target}" for target in self.targets)])


def reached(what: str, value: float, most: float, unit: str = "x") -> str:
    """A target and whether it was reached, in words."""
    return f"{'reached' if value <= most else 'MISSED '}  {what}: {value:.2f} {unit}, at most {most:g} wanted"


def write_json(path: Path, comparisons: Sequence[Comparison]) -> None:
    path.write_text(json.dumps([asdict(one) for one in comparisons], indent=1) + "\n")


def read_json(path: Path) -> list[Comparison]:
    """What ``write_json`` wrote."""
    found = json.loads(path.read_text())
    return [Comparison(**one | {"bars": [Bar(**bar) for bar in one["bars"]]}) for one in found]


def write_picture(path: Path, comparisons: Sequence[Comparison]) -> None:
    """An SVG of bars, shorter is better."""
    parts: list[str] = []
    y = 14
    for one in comparisons:
        y += 16
        parts.append(f'<text x="12" y="{y}" font-weight="bold">{escape(one.title)} ({escape(one.unit)})</text>')
        most = max((bar.value for bar in one.bars), default=1) or 1
        for bar in one.bars:
            y += 22
            width = max(bar.value / most * BAR, 1)
            colour = OURS if bar.is_ours else OTHERS
            parts.append(
                f'<text x="{LABEL}" y="{y}" text-anchor="end">{escape(bar.what)}</text>'
                f'<rect x="{LABEL + 8}" y="{y - 12}" width="{width:.1f}" height="15" fill="{colour}"/>'
                f'<text x="{LABEL + 14 + width:.1f}" y="{y}">{bar.value:,.{one.digits}f}</text>'
            )
        y += 18
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 6}" font-family="sans-serif" '
        f'font-size="12" fill="{INK}"><rect width="{WIDTH}" height="{y + 6}" fill="#ffffff"/>'
    )
    path.write_text("\n".join([head, *parts, "</svg>", ""]))
