"""Over any sequence of crossings, polls, outages and breaks: nobody is lost who could be known, nobody doubled."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("hypothesis")
from hypothesis import given, settings
from hypothesis import strategies as st

from peoplecount.domain.counting import CountState, count
from peoplecount.domain.line import LineKey
from peoplecount.domain.position import accept
from peoplecount.domain.reading import LineReading, Reading, Totals

KEY = LineKey("7")
START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
EVERY = timedelta(seconds=10)


@dataclass
class VirtualLine:
    """A line whose truth is known: people crossed, and what its camera's totals say."""

    now: datetime = START
    crossed: list[int] = None
    totals: list[int] = None

    def __post_init__(self):
        self.crossed, self.totals = [0, 0], [0, 0]

    def cross(self, entered, left):
        for side, people in enumerate((entered, left)):
            self.crossed[side] += people
            self.totals[side] += people

    def reading(self, totals=None):
        entered, left = totals or self.totals
        local = self.now.replace(tzinfo=None)
        return Reading("7", self.now, local, "SERIAL", (LineReading(KEY, "Door", Totals(entered, left)),))


polls = st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from(["read", "read", "read", "lost"]))
slips = st.tuples(st.just(0), st.just(0), st.sampled_from(["zero", "stale", "absent"]))
resets = st.tuples(st.just(0), st.just(0), st.sampled_from(["reset in", "reset out", "reset both"]))
histories = st.lists(st.one_of(polls, polls, polls, slips), max_size=60)


def replay(history):
    """Yields the state and the increments of every poll; ends with one good reading."""
    line, state = VirtualLine(), CountState()
    # A stale answer right after another slip can only be told from a reset where totals are high.
    base = 5000 if any(what == "stale" for _, _, what in history) else 3
    line.cross(base, base)
    counted = count(state, line.reading(), expected_every=EVERY)
    state = counted.state
    line.crossed = [0, 0]
    increments = [increment for one in counted.lines for increment in one.increments]
    for entered, left, what in [*history, (0, 0, "read"), (1, 1, "read"), (1, 1, "read")]:
        line.now += EVERY
        line.cross(entered, left)
        if what == "lost":
            continue
        if what.startswith("reset"):
            line.totals = [
                0 if side in what or "both" in what else total
                for side, total in zip(("in", "out"), line.totals, strict=True)
            ]
            line.cross(1, 1)
        reading = line.reading()
        if what == "zero":
            reading = line.reading((0, 0))
        elif what == "stale":
            reading = line.reading((line.totals[0] - 1, line.totals[1]))
        elif what == "absent":
            reading = Reading("7", line.now, line.now.replace(tzinfo=None), "SERIAL", ())
        counted = count(state, reading, expected_every=EVERY)
        state = counted.state
        increments += [increment for one in counted.lines for increment in one.increments]
    return line, state, increments


@given(histories)
@settings(deadline=None, max_examples=300)
def test_lost_polls_glitches_and_missing_lines_lose_and_double_nobody(history):
    line, _, increments = replay(history)
    assert [sum(i.entered.people for i in increments), sum(i.left.people for i in increments)] == line.crossed


@given(st.lists(st.one_of(polls, resets), max_size=60))
@settings(deadline=None, max_examples=300)
def test_resets_double_nobody_and_lose_only_who_came_between_the_last_reading_and_the_reset(history):
    line, state, increments = replay(history)
    counted = [sum(i.entered.people for i in increments), sum(i.left.people for i in increments)]
    assert all(ours <= truth for ours, truth in zip(counted, line.crossed, strict=True))
    assert (state.lines[KEY].in_today, state.lines[KEY].out_today) == tuple(counted)


@given(histories)
@settings(deadline=None, max_examples=100)
def test_an_increment_that_moves_a_total_starts_where_the_one_before_ended(history):
    _, _, increments = replay(history)
    for before, after in itertools.pairwise(increments):
        assert after.started_at <= after.ended_at
        assert after.entered.before == before.entered.after
        assert after.left.before == before.left.after


@given(st.lists(st.one_of(polls, slips, resets), max_size=40), st.data())
@settings(deadline=None, max_examples=300)
def test_a_writer_that_sees_increments_again_after_a_rewind_writes_each_person_once(history, data):
    _, _, increments = replay(history)
    truth = (sum(i.entered.people for i in increments), sum(i.left.people for i in increments))
    position, written = None, [0, 0]
    at, rewinds = 0, data.draw(st.integers(0, 3))
    while at < len(increments):
        accepted = accept(position, increments[at])
        if accepted is not None:
            position = accepted.position
            written[0] += accepted.entered
            written[1] += accepted.left
        at += 1
        if rewinds and data.draw(st.booleans()):
            rewinds -= 1
            at = data.draw(st.integers(0, at))
    assert tuple(written) == truth


@given(histories, st.data())
@settings(deadline=None, max_examples=200)
def test_a_writer_that_misses_increments_within_a_generation_bridges_the_hole(history, data):
    _, _, increments = replay(history)
    truth = (sum(i.entered.people for i in increments), sum(i.left.people for i in increments))
    seen = [one for one in increments[:-1] if data.draw(st.booleans())] + increments[-1:]
    position, written = None, [0, 0]
    for increment in seen:
        accepted = accept(position, increment)
        if accepted is not None:
            position = accepted.position
            written[0] += accepted.entered
            written[1] += accepted.left
    assert tuple(written) == truth
