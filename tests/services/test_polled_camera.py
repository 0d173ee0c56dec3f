from datetime import UTC, date, datetime, timedelta

import pytest

from peoplecount.domain.bucket_clock import BucketClock
from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.day_history import DayHistory, DayHours
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading, Totals
from peoplecount.services.polled_camera import PolledCamera
from peoplecount.sunapi.errors import CameraUnreachable, UnexpectedAnswer

CAMERA = Camera("7", "Entrance", "http://192.0.2.7")
EAST = LineKey("7")
NOW = datetime(2026, 5, 6, 13, 20, tzinfo=UTC)
TODAY = date(2026, 5, 6)


class Client:
    """A camera at 15:20 of its wall clock, with people in the hours it is told."""

    def __init__(self, protocol, busy_until, hours_ahead=2):
        self.protocol = protocol
        self.busy_until = busy_until
        self.local = (NOW + timedelta(hours=hours_ahead)).replace(tzinfo=None)
        self.error = None
        self.is_closed = False

    def read(self):
        if self.error:
            raise self.error
        return Reading("7", NOW, self.local, "S", (LineReading(EAST, "East", Totals(40, 30)),))

    def history(self, day, lines=None):
        hours = tuple(4 if 8 <= hour <= self.busy_until else 0 for hour in range(24))
        return DayHistory(day, {EAST: DayHours(day, hours, hours)}, {})

    def close(self):
        self.is_closed = True


def polled(protocol=CameraProtocol.CLASSIC, busy_until=15, known=None, hours_ahead=2):
    camera = PolledCamera(CAMERA, Client(protocol, busy_until, hours_ahead), lambda _camera_id: known)
    camera.read()
    return camera


def test_the_last_reading_is_at_hand_until_a_poll_fails():
    client = Client(CameraProtocol.CLASSIC, 15)
    camera = PolledCamera(CAMERA, client, lambda _camera_id: None)
    assert camera.reading is None
    assert camera.read() is camera.reading
    client.error = CameraUnreachable("7", "no answer")
    with pytest.raises(CameraUnreachable):
        camera.read()
    assert camera.reading is None


def test_a_classic_cameras_hours_of_today_are_used_at_once():
    assert EAST in polled(busy_until=13).history(TODAY).hours


@pytest.mark.parametrize("busy_until", [14, 15])
def test_a_wiseai_cameras_are_where_only_its_own_clock_explains_them(busy_until):
    assert EAST in polled(CameraProtocol.WISEAI, busy_until).history(TODAY).hours


def test_and_are_not_where_utc_would_explain_them_too():
    with pytest.raises(UnexpectedAnswer, match="not certain"):
        polled(CameraProtocol.WISEAI, busy_until=13).history(TODAY)


def test_once_the_clock_is_known_there_is_no_doubt():
    assert polled(CameraProtocol.WISEAI, 13, known=BucketClock.LOCAL).history(TODAY).hours
    with pytest.raises(UnexpectedAnswer):
        polled(CameraProtocol.WISEAI, 15, known=BucketClock.UTC).history(TODAY)


def test_in_step_with_utc_there_is_no_doubt_either():
    assert polled(CameraProtocol.WISEAI, 13, hours_ahead=0).history(TODAY).hours


def test_searching_gives_whatever_the_camera_files_under_a_day():
    assert polled(CameraProtocol.WISEAI, busy_until=13).search(TODAY).hours


def test_a_camera_that_was_let_go_says_so():
    client = Client(CameraProtocol.CLASSIC, 15)
    camera = PolledCamera(CAMERA, client, lambda _camera_id: None)
    camera.close()
    assert camera.closed
    assert client.is_closed


def test_who_looks_after_it_hears_that_it_is_closed():
    closed = []
    camera = PolledCamera(CAMERA, Client(CameraProtocol.CLASSIC, 15), lambda _camera_id: None, closed.append)

    camera.close()

    assert camera.closed
    assert closed == [camera]
