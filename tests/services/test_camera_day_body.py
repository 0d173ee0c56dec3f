from datetime import date, timedelta

from peoplecount.domain.camera_day import Asked, CameraDay, Gap, HourCell, LineDay
from peoplecount.domain.clock_sight import ClockSight
from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.line import LineKey
from peoplecount.services.camera_day_body import read_camera_day, write_camera_day
from tests.support.keeping import at

NOON = at("2026-05-04T12:00:00")


def test_a_day_is_read_back_as_it_was_written():
    cell = HourCell(
        Figures(12, 3), Figures(13, 4), Figures(2, 0), Quality.ESTIMATED, swapped=True, broke=True, settled=True
    )
    gap = Gap(NOON, NOON + timedelta(minutes=7, seconds=1))
    line = LineDay({0: HourCell(), 9: cell}, (gap,), barred=3, refusal="it was cleared")
    sights = (ClockSight(NOON, timedelta(seconds=7283), timedelta(hours=2)),) * 2
    day = CameraDay(
        date(2026, 5, 4), sights, {LineKey("cam-7", 1, 2, 3): line}, Asked(3, NOON, "busy"), is_settled=True
    )
    assert read_camera_day(write_camera_day(day)) == day


def test_a_day_of_which_little_is_known_is_short():
    day = CameraDay(date(2026, 5, 4))
    assert len(write_camera_day(day)) < 60
    assert read_camera_day(write_camera_day(day)) == day
