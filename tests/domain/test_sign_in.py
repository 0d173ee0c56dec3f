"""How many sign-ins may fail in a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.sign_in import (
    NOTHING,
    SignInRecord,
    WhyNot,
    read_sign_ins,
    write_sign_ins,
)

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def failing(*minutes: float) -> SignInRecord:
    record = NOTHING
    for number, minute in enumerate(minutes):
        record = record.failed(str(number), after(minute))
    return record


def test_the_first_two_may_be_tried() -> None:
    assert NOTHING.held_back(NOON) is None
    assert failing(0).held_back(after(1)) is None


def test_a_third_one_waits_until_the_first_is_half_an_hour_ago() -> None:
    held_back = failing(0, 10).held_back(after(11))
    assert held_back is not None
    assert (held_back.why, held_back.until) == (WhyNot.FAILED, after(30))
    assert failing(0, 10).held_back(after(29.9)) is not None
    assert failing(0, 10).held_back(after(30)) is None


def test_where_more_have_failed_than_may_it_waits_for_all_but_one() -> None:
    held_back = failing(0, 5, 10).held_back(after(11))
    assert held_back is not None
    assert held_back.until == after(35)


def test_an_attempt_under_way_takes_up_room_and_is_told_from_a_failure() -> None:
    record = failing(0).begun("mine", after(1))
    held_back = record.held_back(after(1.5))
    assert held_back is not None
    assert held_back.why is WhyNot.UNDER_WAY
    assert record.released("mine").held_back(after(1.5)) is None


def test_an_attempt_whose_process_ended_counts_as_failed() -> None:
    held_back = failing(0).begun("mine", after(1)).held_back(after(3))
    assert held_back is not None
    assert (held_back.why, held_back.until) == (WhyNot.FAILED, after(30))


def test_an_attempt_that_fails_counts_once_and_from_then_on() -> None:
    record = NOTHING.begun("mine", NOON).failed("mine", after(0.5))
    assert len(record.attempts) == 1
    assert record.attempts[0].at == after(0.5)


def test_a_locked_account_is_left_alone_for_a_quarter_of_an_hour() -> None:
    record = NOTHING.blocked(NOON)
    held_back = record.held_back(after(14))
    assert held_back is not None
    assert (held_back.why, held_back.until) == (WhyNot.BLOCKED, after(15))
    assert record.held_back(after(15)) is None


def test_times_of_a_clock_that_was_years_ahead_hold_for_as_long_as_those_of_now() -> None:
    ahead = failing(60 * 24 * 365, 60 * 24 * 365).blocked(after(60 * 24 * 365))
    seen = ahead.seen_at(NOON)
    assert seen.held_back(after(14)) is not None
    assert seen.held_back(after(31)) is None


def test_a_clock_set_back_by_ten_minutes_makes_the_wait_longer_and_no_shorter() -> None:
    held_back = failing(0, 0).held_back(after(-10))
    assert held_back is not None
    assert held_back.until == after(30)


@pytest.mark.parametrize(
    "record", [NOTHING, failing(0, 3), failing(0).begun("x", NOON), NOTHING.blocked(NOON), failing(1).blocked(NOON)]
)
def test_a_record_is_read_as_it_was_written(record: SignInRecord) -> None:
    assert read_sign_ins(write_sign_ins(record)) == record


@pytest.mark.parametrize(
    "text", ["", "x", "[]", "{}", '{"attempts": [[1]], "blockedUntil": null}', '{"attempts": 3, "blockedUntil": 1}']
)
def test_a_text_that_is_no_record_is_as_good_as_none(text: str) -> None:
    assert read_sign_ins(text) == NOTHING


def test_never_more_than_two_fail_in_any_half_hour_however_often_it_is_tried() -> None:
    record, failures = NOTHING, []
    for minute in range(0, 600, 3):
        record = record.seen_at(after(minute))
        if record.held_back(after(minute)) is None:
            record = record.begun(str(minute), after(minute)).failed(str(minute), after(minute))
            failures.append(minute)
    assert len(failures) == 40
    assert all(third - first >= 30 for first, third in zip(failures, failures[2:], strict=False))
