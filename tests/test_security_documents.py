"""What the documents about security name is there, and the checklist is whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CHECKLIST, THREATS = ROOT / "docs" / "asvs.md", ROOT / "docs" / "security.md"

LEVELS_1_AND_2 = (
    "1.1: 1-2; 1.2: 1-9; 1.3: 1-11; 1.4: 1-3; 1.5: 1-2; 2.1: 1-3; 2.2: 1-3; 2.3: 1-4; 2.4: 1; 3.2: 1-2; 3.3: 1-4; "
    "3.4: 1-6; 3.5: 1-5; 3.7: 1-2; 4.1: 1-3; 4.2: 1; 4.3: 1-2; 4.4: 1-4; 5.1: 1; 5.2: 1-3; 5.3: 1-2; 5.4: 1-3; "
    "6.1: 1-3; 6.2: 1-12; 6.3: 1-4; 6.4: 1-4; 6.5: 1-5; 6.6: 1-3; 6.8: 1-4; 7.1: 1-3; 7.2: 1-4; 7.3: 1-2; "
    "7.4: 1-5; 7.5: 1-2; 7.6: 1-2; 8.1: 1-2; 8.2: 1-3; 8.3: 1; 8.4: 1; 9.1: 1-3; 9.2: 1-4; 10.1: 1-2; 10.2: 1-2; "
    "10.3: 1-4; 10.4: 1-11; 10.5: 1-5; 10.6: 1-2; 10.7: 1-3; 11.1: 1-2; 11.2: 1-3; 11.3: 1-3; 11.4: 1-4; 11.5: 1; "
    "11.6: 1; 12.1: 1-3; 12.2: 1-2; 12.3: 1-4; 13.1: 1; 13.2: 1-5; 13.3: 1-2; 13.4: 1-5; 14.1: 1-2; 14.2: 1-4; "
    "14.3: 1-3; 15.1: 1-3; 15.2: 1-3; 15.3: 1-7; 16.1: 1; 16.2: 1-5; 16.3: 1-4; 16.4: 1-3; 16.5: 1-3; 17.1: 1; "
    "17.2: 1-4; 17.3: 1-2; "
)
"""Numbers of the requirements of ASVS 5.0.0, by section (its CSV file, those of levels 1 and 2)."""

_FILE = re.compile(r"`((?:tests|peoplecount|docs|static|templates|bench)/[\w./-]+|[\w-]+\.(?:toml|txt|sh))`")


def numbers() -> Iterator[str]:
    for section in LEVELS_1_AND_2.strip("; ").split("; "):
        name, _, ranges = section.partition(": ")
        for part in ranges.split(","):
            first, _, last = part.partition("-")
            yield from (f"{name}.{number}" for number in range(int(first), int(last or first) + 1))


def rows() -> list[list[str]]:
    """Cells of the checklist: numbers, what is asked, whether, answer, evidence."""
    found = [line.strip("| ").split(" | ") for line in CHECKLIST.read_text("utf-8").splitlines()]
    return [[*cells, ""] if len(cells) == 4 else cells for cells in found if re.match(r"\d", cells[0])]


@pytest.mark.parametrize("document", [CHECKLIST, THREATS], ids=lambda path: path.name)
def test_every_file_that_is_named_is_there(document: Path) -> None:
    named = set(_FILE.findall(document.read_text("utf-8")))
    assert len(named) > 30
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_every_requirement_is_answered_once() -> None:
    told = Counter(number for cells in rows() for number in cells[0].split(", "))
    assert sorted(told) == sorted(numbers())
    assert set(told.values()) == {1}


def test_what_is_met_is_shown_and_the_sums_are_right() -> None:
    sums: Counter[str] = Counter()
    for cells in rows():
        sums[cells[2].strip("*")] += len(cells[0].split(", "))
        assert cells[3], cells
    told = re.search(
        r"Of them (\d+) are met, (\d+) in part, (\d+) are not met, and (\d+)", CHECKLIST.read_text("utf-8")
    )
    assert told is not None
    assert [int(number) for number in told.groups()] == [sums["met"], sums["in part"], sums["not met"], sums["–"]]
