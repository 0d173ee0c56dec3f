"""Passing over quiet readings changes nothing of what is kept or appended: played with and without it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("hypothesis")
from hypothesis import given, settings
from hypothesis import strategies as st

from peoplecount.domain.camera import Camera
from peoplecount.domain.event_id import EventId
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading, Totals
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import Append, LoadedStates
from peoplecount.services.count_account import counted as count
from peoplecount.services.count_account import passed
from peoplecount.services.count_memory import CountMemory

CAMERA = Camera("7", "Front", "http://camera", "u", "p", site_id="s")
ROSTER = Roster({"7": CAMERA}, {"s": Site("s", "Site", "Europe/Zurich")}, {})
EVERY = timedelta(seconds=10)
EVENING = datetime(2026, 5, 4, 21, 59, 0, tzinfo=UTC)  # a minute before midnight in Zürich

polls = st.tuples(
    st.sampled_from([0, 0, 0, 0, 2, -1000]),
    st.sampled_from([0, 0, 0, 0, 1, -1000]),
    st.sampled_from([10, 10, 10, 9.9, 15, 20, 25, 3600, 90_000]),
    st.sampled_from([0.01, 0.01, 2.0]),
)


def empty() -> CountMemory:
    return CountMemory(LoadedStates(EventId("e", 0), {}), {})


def counted(memory: CountMemory, reading: Reading) -> Append | None:
    return count(memory, ROSTER, CAMERA, reading, EVERY, {}, keep_days=31)


@settings(max_examples=150, deadline=None)
@given(st.lists(polls, max_size=40))
def test_all_is_as_if_every_reading_were_counted(history: list[tuple[int, int, float, float]]) -> None:
    quick, slow = empty(), empty()
    at, entered, left = EVENING, 500, 500
    for came, went, seconds, doubt in history:
        at += timedelta(seconds=seconds)
        entered, left = max(entered + came, 0), max(left + went, 0)
        local = (at + timedelta(hours=2)).replace(tzinfo=None)
        lines = (LineReading(LineKey("7"), "Door", Totals(entered, left)),)
        reading = replace(Reading("7", at, local, "S", lines), doubt=timedelta(seconds=doubt))

        told = None if passed(quick, reading, EVERY) else counted(quick, reading)
        assert told == counted(slow, reading)

        assert quick.counts == slow.counts
        assert dict(quick.days("7")) == dict(slow.days("7"))
        assert quick.last_read(LineKey("7")) == slow.last_read(LineKey("7"))
        assert quick.doubt_of(LineKey("7")) == slow.doubt_of(LineKey("7"))
