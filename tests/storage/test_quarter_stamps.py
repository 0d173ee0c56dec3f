"""Stamps on quarters of an hour."""

from datetime import timedelta

import pytest

from peoplecount.storage.quarter_stamps import load_stamps, put_stamps
from tests.support.counting_line import EIGHT

QUARTER = timedelta(minutes=15)


def stamps(connection, *quarters: int):
    """After these have been written."""
    connection.transaction(lambda transaction: put_stamps(transaction, [EIGHT + one * QUARTER for one in quarters]))
    found = load_stamps(connection, EIGHT, EIGHT + 4 * QUARTER)
    return {(start - EIGHT) // QUARTER: stamp for start, stamp in found.items()}


def test_what_is_written_has_another_stamp_and_nothing_else(connection):
    first = stamps(connection, 0, 1, 9)
    assert first.keys() == {0, 1}
    second = stamps(connection, 1, 2)
    assert second.keys() == {0, 1, 2}
    assert second[0] == first[0]
    assert second[1] == second[2] != first[1]


def test_more_quarters_than_a_statement_can_name_are_stamped(connection):
    put = [EIGHT - number * QUARTER for number in range(700)]
    for _ in range(2):
        connection.transaction(lambda transaction: put_stamps(transaction, put))
        found = load_stamps(connection, EIGHT - 700 * QUARTER, EIGHT + QUARTER)
        assert found.keys() == set(put)


def test_a_batch_that_is_not_kept_leaves_the_stamp_as_it_was(connection):
    before = stamps(connection, 0)

    def fails(transaction):
        put_stamps(transaction, [EIGHT])
        raise RuntimeError("not kept")

    with pytest.raises(RuntimeError):
        connection.transaction(fails)
    assert load_stamps(connection, EIGHT, EIGHT + QUARTER) == {EIGHT: before[0]}
