"""Whatever history and totals say: what is made of them adds up to the totals, or nothing is made of them."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

pytest.importorskip("hypothesis")
from hypothesis import example, given, settings
from hypothesis import strategies as st

from peoplecount.domain.counter import Moment
from peoplecount.domain.day_history import DayHours
from peoplecount.domain.earlier_today import first_today
from peoplecount.domain.line import LineKey
from peoplecount.domain.position import accept
from peoplecount.domain.reading import LineReading, Totals

DAY = date(2026, 5, 4)
MIDNIGHT = datetime(2026, 5, 4)

moments = st.builds(
    lambda second, quarters, error: Moment(
        (MIDNIGHT + timedelta(seconds=second, minutes=-15 * quarters, milliseconds=error)).replace(tzinfo=UTC),
        MIDNIGHT + timedelta(seconds=second),
    ),
    st.integers(0, 24 * 3600 - 1),
    st.integers(-48, 56),
    st.integers(-120_000, 120_000),
)


def of_day(pairs):
    return DayHours(DAY, tuple(entered for entered, _ in pairs), tuple(left for _, left in pairs))


def first(totals, hours, moment):
    return first_today(LineReading(LineKey("7"), "Door", Totals(*totals)), hours, moment)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=24), moments, st.data())
@settings(deadline=None, max_examples=400)
def test_increments_chain_from_zero_to_the_totals_in_order_of_time(pairs, moment, data):
    finished = [sum(side) for side in zip(*pairs[: moment.local.hour], strict=True)] or [0, 0]
    totals = tuple(side + data.draw(st.integers(-2, 40)) for side in finished)
    if min(totals) < 0:
        return
    result = first(totals, of_day(pairs), moment)

    assert bool(result.increments) != bool(result.misfit)
    if not result.increments:
        return
    for side, total in zip(("entered", "left"), totals, strict=True):
        growths = [getattr(one, side) for one in result.increments]
        assert [growths[0].before, growths[-1].after] == [0, total]
        assert all(growth.start == 0 and growth.people >= 0 for growth in growths)
        assert all(before.after == after.before for before, after in itertools.pairwise(growths))
    assert result.increments[-1].ended_at == moment.utc
    assert result.increments[-1].local_time == moment.local
    assert all(one.started_at <= one.ended_at for one in result.increments)
    assert all(before.ended_at <= after.started_at for before, after in itertools.pairwise(result.increments))


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=24, max_size=24),
    st.integers(0, 23),
    st.integers(0, 3599),
)
@example([(1, 1)] * 24, 0, 0)
@settings(deadline=None, max_examples=200)
def test_a_history_that_is_right_always_fits_and_is_kept_hour_by_hour(pairs, hour, second):
    moment = Moment(
        (MIDNIGHT + timedelta(hours=hour - 2, seconds=second)).replace(tzinfo=UTC),
        MIDNIGHT + timedelta(hours=hour, seconds=second),
    )
    rest = (0, 0) if second == 0 or not any(map(sum, pairs[: hour + 1])) else (1, 2)
    totals = tuple(sum(pair[side] for pair in pairs[:hour]) + rest[side] for side in (0, 1))
    result = first(totals, of_day(pairs), moment)

    assert result.misfit == ""
    by_hour = {(one.started_at.hour + 2) % 24: (one.entered.people, one.left.people) for one in result.increments}
    assert by_hour == {at: pairs[at] for at in range(hour) if any(pairs[at])} | {hour: rest}


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=24, max_size=24), moments, st.data())
@settings(deadline=None, max_examples=200)
def test_a_writer_that_has_some_of_it_already_adds_only_the_others(pairs, moment, data):
    totals = tuple(sum(pair[side] for pair in pairs[: moment.local.hour]) + 1 for side in (0, 1))
    increments = first(totals, of_day(pairs), moment).increments
    if not increments:
        return
    position, written = None, [0, 0]
    for one in (*increments[: data.draw(st.integers(0, len(increments)))], *increments):
        accepted = accept(position, one)
        if accepted is not None:
            position = accepted.position
            written[0] += accepted.entered
            written[1] += accepted.left
    assert tuple(written) == totals
