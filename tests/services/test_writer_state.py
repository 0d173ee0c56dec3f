"""How far the database is behind the log."""

import pytest

from peoplecount.domain.event_id import EventId
from peoplecount.services.writer_state import lag_of


@pytest.mark.parametrize(
    ("reached", "lag"),
    [
        (None, None),
        (EventId("a", 40), 10),
        (EventId("a", 50), 0),
        (EventId("a", 98), 0),  # the log grew since its head was looked at
        (EventId("b", 40), 50),  # the log began anew
    ],
)
def test_events_behind_are_never_fewer_than_none(reached, lag):
    assert lag_of(reached, EventId("a", 50)) == lag
