"""The table of rounds: kept as they are played, so that a run can be resumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.round_table import RoundLine, RoundTable, in_words


def a_line(number: int, *, good: bool = True, **blows: int) -> RoundLine:
    return RoundLine(
        number=number,
        good=good,
        seconds=140.0,
        lines=32,
        people=1000,
        polls=2000,
        overruns=10,
        marked=3,
        unmarked=0 if good else 1,
        doubts=0,
        reconnections=2,
        gaps=1,
        blows=blows,
    )


def test_rounds_that_were_played_are_known_when_it_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "rounds.jsonl"
    table = RoundTable(7, file)
    table.add(a_line(1, kills=2))
    table.add(a_line(2))
    again = RoundTable(7, file)
    assert again.lines == table.lines
    assert again.holds(2)
    assert not again.holds(3)


def test_rounds_of_another_seed_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "rounds.jsonl"
    RoundTable(7, file).add(a_line(1))
    with pytest.raises(ValueError, match="rounds of another seed"):
        RoundTable(8, file)


def test_one_bad_round_makes_the_run_bad(tmp_path: Path) -> None:
    table = RoundTable(7)
    table.add(a_line(1))
    assert table.is_good
    table.add(a_line(2, good=False))
    assert not table.is_good


def test_in_words_it_says_what_fell_how_often() -> None:
    words = in_words([a_line(1, kills=2, cuts=1), a_line(2, kills=3)])
    assert words[1].split()[:6] == ["1", "good", "1000", "2000", "0.5", "%"]
    assert "     5  kills" in words
    assert "     1  cuts" in words
