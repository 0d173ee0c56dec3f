"""How a site's occupancy is kept beside the log."""

from datetime import UTC, date, datetime

from peoplecount.domain.figures import Figures
from peoplecount.domain.occupancy import Occupancy
from peoplecount.services.occupancy_state import read_occupancy, write_occupancy

DAY = date(2026, 5, 4)


def test_an_occupancy_is_read_as_it_was_written():
    for occupancy in (
        Occupancy(DAY, 0, Figures(3, 9), None, -6),
        Occupancy(DAY, 42, Figures(3, 9), datetime(2026, 5, 4, 12, 0, 0, 123000, tzinfo=UTC), 36),
    ):
        assert read_occupancy(write_occupancy(occupancy)) == occupancy


def test_one_written_before_in_and_out_were_kept_apart_is_read_too():
    assert read_occupancy('{"day":"2026-05-04","net":-3}').net == -3
