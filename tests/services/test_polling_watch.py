"""Whether anybody polls, as a process sees it that does not."""

import pytest

from peoplecount.domain.camera import CameraState
from peoplecount.services.polling_watch import PollingWatch
from peoplecount.web.app import create_app
from tests.support.board_service import BoardService
from tests.support.shop import BACK, FRONT, SHOP, at

LOOK_SECONDS = 5


class Worker(BoardService):
    """A process that serves pages; polling is up to others."""

    def __init__(self):
        super().__init__([SHOP], now=at(14))
        self.interval, self.leads, self.leaderless = 10.0, False, 0.0
        self.elsewhere = {}
        self.watch = PollingWatch(
            self.board,
            self.clock,
            intervals=lambda: {"front": self.interval, "back": 600.0},
            leads=lambda: self.leads,
            leaderless_for=lambda: self.leaderless,
            elsewhere=lambda: self.elsewhere,
        )
        for gate in (FRONT, BACK):
            self.status(gate, CameraState.UP)
            self.count(gate, 1)
        self.catch_up()

    def passes(self, seconds, *, read=False):
        for _ in range(seconds // LOOK_SECONDS):
            self.clock.passes(LOOK_SECONDS)
            if read:
                self.board.note_seen({"front-0-1-1": self.clock.now()})
            self.watch.look()


@pytest.fixture
def worker():
    return Worker()


def test_who_does_not_poll_is_well_as_long_as_somebody_does(worker):
    worker.passes(600, read=True)
    assert worker.watch.trouble() == ""


def test_cameras_that_answer_and_are_not_read_any_more_are_polled_by_nobody(worker):
    worker.passes(60, read=True)
    worker.passes(30)
    assert worker.watch.trouble() == ""
    worker.passes(10)
    assert worker.watch.trouble() == "no process polls the cameras: none has been read for 40 s"
    worker.passes(5, read=True)
    assert worker.watch.trouble() == ""


def test_cameras_that_are_polled_rarely_are_given_the_time(worker):
    worker.interval = 60.0
    worker.passes(175)
    assert worker.watch.trouble() == ""
    worker.passes(15)
    assert worker.watch.trouble()


def test_cameras_that_do_not_answer_tell_nothing_of_polling(worker):
    for gate in (FRONT, BACK):
        worker.status(gate, CameraState.DOWN)
    worker.catch_up()
    worker.passes(600)
    assert worker.watch.trouble() == ""
    worker.leaderless = 31.0
    assert "take the lead for 31 s" in worker.watch.trouble()


def test_who_polls_is_not_in_doubt(worker):
    worker.leads = True
    worker.passes(600)
    assert worker.watch.trouble() == ""


def test_a_machine_that_polls_some_sites_tells_of_others_that_nobody_polls(worker):
    worker.leads, worker.elsewhere = True, {"front": "shop", "back": "bank"}
    worker.passes(60, read=True)
    assert worker.watch.degraded() == []
    worker.passes(35)
    (said,) = worker.watch.degraded()
    assert said.startswith("Nobody polls the cameras of a site that another machine should poll")
    worker.passes(5, read=True)
    assert worker.watch.degraded() == []


def test_of_a_site_with_a_camera_that_is_read_nothing_is_said(worker):
    worker.leads, worker.elsewhere = True, {"front": "shop", "back": "shop"}
    worker.interval = 600.0
    worker.passes(60)
    assert worker.watch.degraded() == []
    worker.passes(2400)
    assert worker.watch.degraded()
    worker.passes(5, read=True)
    assert worker.watch.degraded() == []


def test_a_camera_that_does_not_answer_says_nothing_of_another_machine(worker):
    worker.leads, worker.elsewhere = True, {"front": "shop"}
    worker.status(FRONT, CameraState.DOWN)
    worker.catch_up()
    worker.passes(600)
    assert worker.watch.degraded() == []


def test_what_is_told_as_a_reason_is_not_told_twice(worker):
    worker.elsewhere = {"front": "shop", "back": "shop"}
    worker.passes(5000)
    assert worker.watch.trouble()
    assert worker.watch.degraded() == []


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_machine_clock_that_is_set_is_no_silence(worker, seconds):
    worker.passes(60, read=True)
    worker.clock.is_set_by(seconds)
    worker.passes(120, read=True)
    assert worker.watch.trouble() == ""


def test_health_says_why_it_is_not_ready(worker):
    def status():
        trouble = worker.watch.trouble()
        return {"ready": False, "reason": trouble} if trouble else {}

    client = create_app(worker.context(status=status)).test_client()
    worker.passes(60)
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json["status"]) == (503, "not ready")
    assert "none has been read for" in answer.json["reason"]
