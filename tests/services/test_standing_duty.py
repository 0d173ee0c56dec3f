"""Work that one process of several does."""

import threading

from peoplecount.services.standing_duty import StandingDuty
from tests.support.waiting import wait_until


def test_it_works_until_it_is_told_to_stop():
    begun, ended = threading.Event(), threading.Event()

    def work(stop):
        begun.set()
        stop.wait()
        ended.set()

    duty = StandingDuty({"duty": work, "another": lambda stop: stop.wait()})
    duty.start()
    assert begun.wait(5)
    duty.tick()
    assert duty.is_alive()
    duty.stop()
    assert ended.wait(5)
    wait_until(lambda: not duty.is_alive())


def test_one_whose_work_has_ended_is_given_up_and_one_that_never_began_can_be_stopped():
    duty = StandingDuty({"duty": lambda stop: None, "another": lambda stop: stop.wait()})
    duty.stop()
    duty.start()
    wait_until(lambda: not duty.is_alive())
