"""The witness: adds up, believes a snapshot after a gap, and notes what does not follow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.witness import Today, Witness

DAY = "2026-05-12"


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    one = Witness("http://127.0.0.1:9/events", tmp_path / "stream.jsonl")
    yield one
    one.stop()


def count(number: int, people: tuple[int, int], today: tuple[int, int], day: str = DAY) -> dict[str, Any]:
    return {
        "id": f"e-{number}",
        "lineId": "1-0-1-1",
        "localTime": f"{day}T10:00:00",
        "in": people[0],
        "out": people[1],
        "inToday": today[0],
        "outToday": today[1],
    }


def snapshot(today: tuple[int | None, int | None], day: str = DAY) -> dict[str, Any]:
    line = {"lineId": "1-0-1-1", "siteId": "s", "inToday": today[0], "outToday": today[1]}
    return {"sites": [{"siteId": "s", "date": day}], "lines": [line]}


def test_what_follows_is_believed(witness: Witness) -> None:
    witness.take("snapshot", snapshot((5, 5)))
    witness.take("PeopleCountingUpdate", count(1, (2, 1), (7, 6)))
    assert witness.today() == {"1-0-1-1": Today(DAY, (7, 6))}
    assert witness.sums == {"1-0-1-1": (2, 1)}
    assert witness.doubts == []


def test_people_that_are_missing_are_a_doubt(witness: Witness) -> None:
    witness.take("PeopleCountingUpdate", count(1, (2, 1), (7, 6)))
    witness.take("PeopleCountingUpdate", count(2, (2, 1), (10, 7)))
    assert witness.doubts == ["line 1-0-1-1: PeopleCountingUpdate e-2 of (2, 1) leads from (7, 6) to (10, 7)"]


def test_a_new_day_begins_anew(witness: Witness) -> None:
    witness.take("PeopleCountingUpdate", count(1, (2, 1), (7, 6)))
    witness.take("PeopleCountingUpdate", count(2, (3, 0), (3, 0), "2026-05-13"))
    assert witness.today() == {"1-0-1-1": Today("2026-05-13", (3, 0))}
    assert witness.doubts == []


def test_an_event_that_comes_twice_is_a_doubt(witness: Witness) -> None:
    witness.take("PeopleCountingUpdate", count(1, (2, 1), (7, 6)))
    witness.take("PeopleCountingUpdate", count(1, (2, 1), (9, 7)))
    assert witness.doubts == ["event e-1 came after event e-1"]


def test_a_snapshot_that_says_other_than_was_told_is_a_doubt(witness: Witness) -> None:
    witness.take("snapshot", snapshot((5, 5)))
    witness.take("snapshot", snapshot((6, 5)))
    assert witness.doubts == ["line 1-0-1-1: a snapshot says (6, 5) where (5, 5) was told"]


def test_after_a_gap_the_snapshot_is_what_counts(witness: Witness) -> None:
    witness.take("snapshot", snapshot((5, 5)))
    witness.take("gap", {})
    assert witness.today() == {}
    witness.take("snapshot", snapshot((3, 3)))
    assert witness.today() == {"1-0-1-1": Today(DAY, (3, 3))}
    assert witness.doubts == []


def test_what_is_not_known_is_not_believed_any_more(witness: Witness) -> None:
    witness.take("snapshot", snapshot((5, 5)))
    witness.take("snapshot", snapshot((None, None)))
    assert witness.today() == {}


def test_a_correction_moves_the_day(witness: Witness) -> None:
    witness.take("PeopleCountingUpdate", count(1, (2, 1), (7, 6)))
    corrected = count(2, (-1, 0), (6, 6))
    corrected |= {"localStart": corrected.pop("localTime"), "quality": "corrected"}
    witness.take("CountCorrection", corrected)
    assert witness.today() == {"1-0-1-1": Today(DAY, (6, 6))}
    assert witness.sums == {"1-0-1-1": (1, 1)}


def test_a_correction_of_an_earlier_day_moves_the_sums_alone(witness: Witness) -> None:
    witness.take("PeopleCountingUpdate", count(1, (2, 1), (7, 6)))
    correction = {"id": "e-2", "lineId": "1-0-1-1", "in": 4, "out": 0, "localStart": "", "quality": "back-filled"}
    witness.take("CountCorrection", correction)
    assert witness.today() == {"1-0-1-1": Today(DAY, (7, 6))}
    assert witness.sums == {"1-0-1-1": (6, 1)}


def test_an_hour_is_as_good_as_was_said_last(witness: Witness) -> None:
    hour = f"{DAY}T10:00:00"
    closed = {"scope": "line", "minutes": 60, "subject": "1-0-1-1", "localStart": hour, "quality": "estimated"}
    witness.take("IntervalClosed", closed)
    witness.take("IntervalClosed", closed | {"minutes": 15, "quality": "missing"})
    assert witness.hours == {("1-0-1-1", hour): "estimated"}
    correction = {"id": "e-2", "lineId": "1-0-1-1", "in": 4, "out": 0, "localStart": hour, "quality": "back-filled"}
    witness.take("CountCorrection", correction)
    assert witness.hours == {("1-0-1-1", hour): "back-filled"}
