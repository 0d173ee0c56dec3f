"""What the documents about security name is there, and the checklist is whole."""

from __future__ import annotations

import ast
import functools
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.documents import headings
from tests.support.processes import ROOT

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

_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_HEADING = re.compile(r"`(docs/[\w/-]+\.md)#([\w-]+)`")
_FILE = re.compile(
    r"`((?:tests|peoplecount|docs|static|templates|bench)/[\w./-]+|[\w-]+\.(?:toml|txt|sh))(?:::\w+|#[\w-]+)?`"
)


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


def threats() -> list[list[str]]:
    """Cells of the tables of threats and of what attacks have found: what may happen, the answer, who tries it."""
    tables = re.findall(
        r"^\| What(?: may happen)? \|.*\n\| ---.*\n((?:\|.*\n)+)", THREATS.read_text("utf-8"), re.MULTILINE
    )
    return [line.strip("| ").split(" | ") for table in tables for line in table.splitlines()]


@functools.cache
def functions(file: Path) -> frozenset[str]:
    """Names of what a file of tests tries; none where it is not there."""
    source = ast.parse(file.read_text("utf-8")) if file.exists() else ast.Module([], [])
    found = (one.name for one in ast.walk(source) if isinstance(one, ast.FunctionDef))
    return frozenset(name for name in found if name.startswith("test_"))


@pytest.mark.parametrize("document", [CHECKLIST, THREATS], ids=lambda path: path.name)
def test_every_file_that_is_named_is_there(document: Path) -> None:
    named = set(_FILE.findall(document.read_text("utf-8")))
    assert len(named) > 30
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_every_threat_has_an_answer_and_is_tried_or_it_is_said_why_not() -> None:
    assert len(threats()) > 60
    assert [cells for cells in threats() if len(cells) != 3 or not all(cells)] == []
    untried = [cells[2] for cells in threats() if not re.search(r"`tests/[\w/]+\.py`", cells[2])]
    assert [reason for reason in untried if not re.match(r"not tried: \w+", reason)] == []
    assert len(untried) < 5


def test_every_file_that_is_said_to_try_a_threat_has_tests() -> None:
    named = {name for cells in threats() for name in re.findall(r"`(tests/[^`]+)`", cells[2])}
    assert {name for name in named if not functions(ROOT / name)} == set()


def test_every_requirement_is_answered_once() -> None:
    told = Counter(number for cells in rows() for number in cells[0].split(", "))
    assert sorted(told) == sorted(numbers())
    assert set(told.values()) == {1}


def test_every_test_and_heading_that_is_named_is_there() -> None:
    evidence = " ".join(cells[4] for cells in rows())
    tests, parts = set(_TEST.findall(evidence)), set(_HEADING.findall(evidence))
    assert len(tests) > 80
    assert len(parts) > 15
    assert {one for one in tests if one[1] not in functions(ROOT / one[0])} == set()
    assert {one for one in parts if one[1] not in headings(ROOT / one[0])} == set()


def test_what_is_met_is_shown_by_a_test_or_a_part_of_a_document() -> None:
    shown = re.compile(f"{_TEST.pattern}|{_HEADING.pattern}")
    assert [cells[0] for cells in rows() if cells[2] == "met" and not shown.search(cells[4])] == []
    assert [cells[0] for cells in rows() if cells[2] in ("**in part**", "**not met**") and not cells[3]] == []


def test_the_sums_are_right() -> None:
    sums: Counter[str] = Counter()
    for cells in rows():
        sums[cells[2].strip("*")] += len(cells[0].split(", "))
        assert cells[3], cells
    told = re.search(
        r"Of them (\d+) are met, (\d+) in part, (\d+) are not met, and (\d+)", CHECKLIST.read_text("utf-8")
    )
    assert told is not None
    assert [int(number) for number in told.groups()] == [sums["met"], sums["in part"], sums["not met"], sums["–"]]
