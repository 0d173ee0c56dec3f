"""What people counted by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.hand_count import HandCount
from peoplecount.storage.errors import InvalidEntry
from peoplecount.storage.hand_count_table import MOST_PEOPLE, HandCountTable

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
COUNT = HandCount("shop", NOON, 42, "Ana, with a clicker")


def test_counts_are_entered_put_right_and_listed_in_order_of_time(connection):
    table = HandCountTable(connection)
    later = replace(COUNT, counted_at=NOON + timedelta(hours=1), people=0, note="")
    for count in (later, COUNT, replace(COUNT, site_id="depot"), replace(COUNT, people=43)):
        table.put(count)
    assert table.since(NOON) == [replace(COUNT, site_id="depot"), replace(COUNT, people=43), later]
    assert table.since(NOON + timedelta(seconds=1)) == [later]


@pytest.mark.parametrize(
    ("change", "says"),
    [({"people": -1}, "0 to 1000000"), ({"people": MOST_PEOPLE + 1}, "0 to"), ({"site_id": "a b"}, "not an id")],
)
def test_nonsense_is_refused(embedded, change, says):
    table = HandCountTable(embedded)
    with pytest.raises(InvalidEntry, match=says):
        table.put(replace(COUNT, **change))
    assert table.since(NOON) == []


def test_a_note_is_kept_as_one_line_of_what_can_be_seen(embedded):
    table = HandCountTable(embedded)
    table.put(replace(COUNT, note="two\nlines " + "x" * 500))
    note = table.since(NOON)[0].note
    assert note.startswith("two lines x")
    assert len(note) <= 200
