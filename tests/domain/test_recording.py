"""Recordings: taken apart, and played each thing once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.event_body import Place
from peoplecount.domain.figures import NOBODY, Figures
from peoplecount.domain.line import LineKey
from peoplecount.domain.recording import RecordedCount, Recording, Reel, crossings
from peoplecount.domain.site import Site

pytest.importorskip("hypothesis", reason="hypothesis is in requirements-dev.txt")

from hypothesis import given, strategies

TEN = datetime(2026, 3, 3, 10, tzinfo=UTC)
PLACE = Place("hall", "Hall", "north", "North", "door", "Door", "Line")


def count(minutes: float, length: float, entered: int | None, left: int = 0, index: int = 1) -> RecordedCount:
    """So many minutes after ten, for so many minutes."""
    begin = TEN + timedelta(minutes=minutes)
    people = None if entered is None else Figures(entered, left)
    key = LineKey("north", 0, 1, index)
    return RecordedCount(PLACE, key, begin, begin + timedelta(minutes=length), people)


def test_what_took_a_few_seconds_is_played_as_it_was():
    (crossing,) = crossings(count(0, 0.25, 3, 2))
    assert crossing.people == Figures(3, 2)
    assert (crossing.started_at, crossing.ended_at) == (TEN, TEN + timedelta(seconds=15))


def test_who_came_in_a_quarter_of_an_hour_is_spread_over_it():
    found = list(crossings(count(0, 15, 3)))
    assert [one.people for one in found] == [Figures(1, 0)] * 3
    assert [one.started_at - TEN for one in found] == [timedelta(seconds=s) for s in (150, 450, 750)]
    assert all(one.ended_at - one.started_at == timedelta(seconds=10) for one in found)


@pytest.mark.parametrize("people", [0, None])
def test_nobody_and_nothing_known_bring_no_crossing(people):
    assert list(crossings(count(0, 15, people))) == []


@given(
    strategies.integers(0, 2000), strategies.integers(0, 2000), strategies.floats(0, 1440, allow_nan=False, width=32)
)
def test_all_people_come_each_once_within_their_time_and_in_order(entered, left, minutes):
    recorded = count(0, minutes, entered, left)
    found = list(crossings(recorded))
    assert sum((one.people for one in found), NOBODY) == Figures(entered, left)
    assert all(recorded.started_at <= one.started_at <= one.ended_at <= recorded.ended_at for one in found)
    assert [one.ended_at for one in found] == sorted(one.ended_at for one in found)


@given(
    strategies.lists(
        strategies.tuples(strategies.integers(0, 300), strategies.integers(0, 60), strategies.integers(0, 9)),
        min_size=1,
        max_size=20,
    ),
    strategies.lists(strategies.integers(0, 400), max_size=10),
)
def test_a_reel_gives_everything_once_and_nothing_before_its_time(rows, looks):
    counts = [count(minutes, length, people) for minutes, length, people in rows]
    reel, found = Reel(Recording(counts)), []
    for look in [*sorted(looks), 1000]:
        now = TEN + timedelta(minutes=look)
        some = reel.until(now)
        assert all(one.ended_at <= now for one in some)
        found += some
    assert sum(one.people.entered for one in found) == sum(people for _, _, people in rows)
    assert [one.ended_at for one in found] == sorted(one.ended_at for one in found)


def test_a_reel_tells_of_what_nothing_is_known():
    reel = Reel(Recording([count(0, 15, 4), count(15, 15, None), count(30, 15, 4)]))

    def gaps_at(minutes: float) -> int:
        now = TEN + timedelta(minutes=minutes)
        reel.until(now)
        return len(reel.gaps(now))

    assert [gaps_at(minutes) for minutes in (0, 14, 15, 29, 30, 44)] == [0, 0, 1, 1, 1, 0]


def test_a_recording_of_one_site_names_the_sites_there_are():
    recording = Recording([count(0, 1, 1)], {"hall": Site("hall", "Hall", "UTC")})
    assert recording.of_site("hall").counts == recording.counts
    with pytest.raises(ValueError, match="there are: hall"):
        recording.of_site("cellar")
