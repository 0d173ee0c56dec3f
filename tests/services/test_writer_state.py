"""How far the database is behind the log."""

import pytest

from peoplecount.domain.event_id import EventId
from peoplecount.services.catch_up import Progress
from peoplecount.services.writer_state import WriterState, lag_of


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


@pytest.mark.parametrize(
    ("state", "figures"),
    [
        (WriterState(), {"lag": None, "refused": 0}),
        (WriterState(lag=3, refused=1), {"lag": 3, "refused": 1}),
        (
            WriterState(lag=9000, progress=Progress(812.4, 11.6)),
            {"lag": 9000, "refused": 0, "eventsPerSecond": 812, "secondsLeft": 12},
        ),
        (
            WriterState(lag=9000, progress=Progress(10.0, None)),
            {"lag": 9000, "refused": 0, "eventsPerSecond": 10, "secondsLeft": None},
        ),
    ],
)
def test_health_pages_get_rate_and_time_left_while_it_catches_up(state, figures):
    assert state.figures() == figures
