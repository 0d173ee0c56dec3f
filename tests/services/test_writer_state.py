import pytest

from peoplecount.services.catch_up import Progress
from peoplecount.services.writer_state import WriterState


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
