"""The table of rounds: a line a round, kept in a file as they are played, so that a long run can be resumed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(slots=True)
class RoundLine:
    """What is kept of a round."""

    number: int
    good: bool
    seconds: float
    """Real ones, with everything."""

    lines: int
    people: int
    polls: int
    overruns: int
    marked: int
    """Differences that everybody marks as unknown."""

    unmarked: int
    doubts: int
    reconnections: int
    gaps: int
    hours_more: int = 0
    """Played after the end, until everybody was done."""

    blows: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)


class RoundTable:
    """Keeps the lines of a run, in memory or in a file beside it."""

    def __init__(self, seed: int, file: Path | None = None) -> None:
        """``file`` may hold lines already. Raises ``ValueError`` where they are of another seed."""
        self._seed = seed
        self._file = file
        self.lines: list[RoundLine] = []
        if file is not None and file.exists():
            self._read(file)

    def _read(self, file: Path) -> None:
        for text in file.read_text(encoding="utf-8").splitlines():
            fields = json.loads(text)
            if fields.pop("seed") != self._seed:
                raise ValueError(f"{file} holds rounds of another seed; choose another file, or that seed")
            self.lines.append(RoundLine(**fields))

    def holds(self, number: int) -> bool:
        """Whether a round has been played."""
        return any(line.number == number for line in self.lines)

    def add(self, line: RoundLine) -> None:
        """Keep a round's line."""
        self.lines.append(line)
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"seed": self._seed} | asdict(line)) + "\n")

    @property
    def is_good(self) -> bool:
        """Whether every round was."""
        return all(line.good for line in self.lines)


_TITLES = (
    "round",
    "",
    "people",
    "polls",
    "late",
    "blows",
    "unknown",
    "wrong",
    "doubts",
    "reconnected",
    "gaps",
    "hours more",
    "seconds",
)


def in_words(lines: Iterable[RoundLine]) -> list[str]:
    """The table, and below it how often each blow fell."""
    kept = list(lines)
    rows = [_TITLES, *(_row(line) for line in kept)]
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(_TITLES))]
    told = ["  ".join(f"{text!s:>{width}}" for text, width in zip(row, widths, strict=True)) for row in rows]
    counts = _counted("blows", (line.blows for line in kept)), _counted("left out", (line.left_out for line in kept))
    return [*told, "", *counts[0], *counts[1]]


def _row(line: RoundLine) -> tuple[object, ...]:
    late = f"{100 * line.overruns / line.polls:.1f} %" if line.polls else "-"
    return (
        line.number,
        "good" if line.good else "BAD",
        line.people,
        line.polls,
        late,
        sum(line.blows.values()),
        line.marked,
        line.unmarked,
        line.doubts,
        line.reconnections,
        line.gaps,
        line.hours_more,
        f"{line.seconds:.0f}",
    )


def _counted(title: str, counts: Iterable[dict[str, int]]) -> list[str]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return [f"{title}:", *(f"{number:6d}  {name}" for name, number in sorted(total.items()))] if total else []
