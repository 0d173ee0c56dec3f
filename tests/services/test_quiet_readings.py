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
    st.sampled_from([10, 10, 10, 9.9, 9.9994, 10.0007, 15, 19.9999, 20, 20.0006, 25, 3600, 90_000]),
    st.sampled_from([0.01, 0.01, 2.0]),
    st.sampled_from([False, False, True]),
)


def empty() -> CountMemory:
    return CountMemory(LoadedStates(EventId("e", 0), {}), {})


def counted(memory: CountMemory, reading: Reading) -> Append | None:
    return count(memory, ROSTER, CAMERA, reading, EVERY, {}, listed=ROSTER.cameras, keep_days=31)


@settings(max_examples=300, deadline=None)
@given(st.lists(polls, max_size=40))
def test_all_is_as_if_every_reading_were_counted(history: list[tuple[int, int, float, float, bool]]) -> None:
    quick, slow = empty(), empty()
    at, entered, left = EVENING, 500, 500
    lines: tuple[LineReading, ...] = ()
    for came, went, seconds, doubt, is_asked in [*history, (0, 0, 10, 0.01, True)]:
        at += timedelta(seconds=seconds)
        entered, left = max(entered + came, 0), max(left + went, 0)
        local = (at + timedelta(hours=2)).replace(tzinfo=None)
        said = (LineReading(LineKey("7"), "Door", Totals(entered, left)),)
        lines = lines if lines == said else said  # what a client gives where its camera's answer has not changed
        reading = replace(Reading("7", at, local, "S", lines), doubt=timedelta(seconds=doubt))

        told = None if passed(quick, reading, EVERY) else counted(quick, reading)
        assert told == counted(slow, reading)

        if is_asked:  # who asks has readings entered that nobody has asked for yet
            assert quick.counts == slow.counts
            assert dict(quick.days("7")) == dict(slow.days("7"))
            assert quick.counts.last_read(LineKey("7")) == slow.counts.last_read(LineKey("7"))
            assert quick.counts.doubt_of(LineKey("7")) == slow.counts.doubt_of(LineKey("7"))


def read(at: datetime, lines: tuple[LineReading, ...], serial: str = "S") -> Reading:
    return Reading("7", at, (at + timedelta(hours=2)).replace(tzinfo=None), serial, lines)


LINES = (LineReading(LineKey("7"), "Door", Totals(3, 4)),)


def quiet(at: datetime) -> CountMemory:
    """A camera that has said nothing new for two polls, the second of them at this moment."""
    memory = empty()
    counted(memory, read(at - EVERY, LINES))
    assert passed(memory, read(at, LINES), EVERY)
    return memory


def test_the_newest_of_many_is_the_last_reading() -> None:
    memory = quiet(EVENING - 4 * EVERY)

    for number in (3, 2, 1):
        assert passed(memory, read(EVENING - number * EVERY, LINES), EVERY)

    assert memory.counts.last_read(LineKey("7")) == EVENING - EVERY
    assert memory.counts["7"].lines[LineKey("7")].entered.read_at == EVENING - EVERY


@pytest.mark.parametrize(
    "other",
    [
        read(EVENING + EVERY, (LineReading(LineKey("7"), "Door", Totals(3, 5)),)),
        read(EVENING + EVERY, LINES, "another"),
        read(EVENING + 3 * EVERY, LINES),
        read(EVENING - EVERY, LINES),
        Reading("7", EVENING + EVERY, datetime(2026, 5, 5), "S", LINES),
    ],
)
def test_one_that_may_tell_something_is_counted(other: Reading) -> None:
    assert not passed(quiet(EVENING), other, EVERY)


def test_a_camera_that_was_forgotten_begins_anew() -> None:
    memory = quiet(EVENING)

    memory.forget("7")

    assert not passed(memory, read(EVENING + EVERY, LINES), EVERY)
    assert memory.counts.last_read(LineKey("7")) is None
