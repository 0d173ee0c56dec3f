"""The played clock."""

import pytest

from peoplecount.simulator.clock import HEARSAY, PlayedClock
from tests.support.virtual_cameras import HandMovedTime, zurich


@pytest.fixture
def real():
    return HandMovedTime("2026-05-04T12:00:00")


def test_time_is_played_at_a_speed_from_a_chosen_moment(real):
    clock = PlayedClock(played_from=zurich("2020-03-02T00:00:00"), speed=60, real_now=real)
    real.passes(61)
    assert clock.moment() == zurich("2020-03-02T01:01:00")


def test_without_a_chosen_moment_it_shows_the_real_one(real):
    clock = PlayedClock(real_now=real)
    real.passes(5)
    assert clock.moment() == real.moment


def test_it_stands_still_at_its_end_and_says_so(real):
    clock = PlayedClock(
        played_from=zurich("2020-03-02T00:00:00"),
        played_until=zurich("2020-03-02T23:59:59"),
        speed=3600,
        real_now=real,
    )
    real.passes(23)
    assert not clock.finished
    real.passes(2)
    assert clock.finished
    assert clock.moment() == zurich("2020-03-02T23:59:59")
    assert clock.now() == pytest.approx(clock.moment().timestamp(), abs=1e-3)


def test_what_runs_out_by_itself_still_does_so_after_the_end(real):
    clock = PlayedClock(played_until=zurich("2026-05-04T12:00:10"), real_now=real)
    real.passes(30)
    assert clock.unstopped() == zurich("2026-05-04T12:00:30").timestamp()


def test_what_is_done_while_the_clock_stands_keeps_its_order(real):
    clock = PlayedClock(real_now=real)
    first, seen, second = clock.mark(), clock.now(), clock.mark()
    assert first < seen < second < clock.now()


@pytest.mark.parametrize("speed", [0, -1, float("nan"), float("inf")])
def test_a_speed_that_leads_nowhere_is_refused(speed):
    with pytest.raises(ValueError, match="greater than 0"):
        PlayedClock(speed=speed)


def test_it_starts_on_a_whole_millisecond_so_that_others_can_follow_it_exactly(real):
    real.passes(0.0123456)
    clock = PlayedClock(speed=2000, real_now=real)
    assert clock.real_from.microsecond == clock.played_from.microsecond == 12_000


def test_an_end_before_the_start_is_refused(real):
    with pytest.raises(ValueError, match="before the start"):
        PlayedClock(played_until=zurich("2026-05-04T11:00:00"), real_now=real)


def test_it_jumps_to_a_moment_to_come_and_goes_on_from_there(real):
    clock = PlayedClock(played_from=zurich("2020-03-02T00:00:00"), speed=60, real_now=real)
    real.passes(1)
    began = clock.start
    clock.jump(zurich("2020-03-02T23:59:50"))
    assert clock.moment() == zurich("2020-03-02T23:59:50")
    real.passes(1)
    assert clock.moment() == zurich("2020-03-03T00:00:50")
    assert clock.start == began
    assert clock.played_from + (real.moment - clock.real_from) * 60 == clock.moment()


@pytest.mark.parametrize(
    ("moment", "complaint"), [("2020-03-01T23:59:59", "is past"), ("2020-03-03T00:00:00", "after the end")]
)
def test_it_jumps_neither_back_nor_beyond_its_end(real, moment, complaint):
    clock = PlayedClock(
        played_from=zurich("2020-03-02T00:00:00"), played_until=zurich("2020-03-02T23:59:59"), real_now=real
    )
    with pytest.raises(ValueError, match=complaint):
        clock.jump(zurich(moment))


def test_where_it_stands_it_goes_on_to_a_later_end_once_all_have_heard_of_it(real):
    first, second = zurich("2020-03-02T01:00:00"), zurich("2020-03-02T03:00:00")
    clock = PlayedClock(played_from=zurich("2020-03-02T00:00:00"), played_until=first, speed=3600, real_now=real)
    real.passes(60)
    clock.end_at(second)
    assert not clock.finished
    assert clock.moment() == clock.played_from == first
    real.passes(HEARSAY)
    assert clock.moment() == first
    assert real.moment == clock.real_from
    real.passes(1)
    assert clock.moment() == zurich("2020-03-02T02:00:00")
    real.passes(60)
    assert clock.finished
    assert clock.moment() == second


def test_what_runs_out_by_itself_does_not_wait_for_time_that_goes_on(real):
    clock = PlayedClock(played_until=zurich("2026-05-04T12:00:10"), real_now=real)
    real.passes(30)
    clock.end_at(zurich("2026-05-04T12:01:00"))
    assert clock.unstopped() == zurich("2026-05-04T12:00:30").timestamp()


def test_an_end_is_put_off_without_a_halt_as_long_as_it_is_not_reached(real):
    clock = PlayedClock(
        played_from=zurich("2020-03-02T00:00:00"), played_until=zurich("2020-03-02T00:01:00"), real_now=real
    )
    real.passes(59)
    clock.end_at(zurich("2020-03-02T00:02:00"))
    real.passes(2)
    assert clock.moment() == zurich("2020-03-02T00:01:01")
    with pytest.raises(ValueError, match="is past"):
        clock.end_at(zurich("2020-03-02T00:01:00"))


def test_it_jumps_also_after_it_has_stood_still(real):
    clock = PlayedClock(
        played_from=zurich("2020-03-02T00:00:00"), played_until=zurich("2020-03-02T00:01:00"), real_now=real
    )
    real.passes(3600)
    clock.end_at(zurich("2020-03-03T00:00:00"))
    clock.jump(zurich("2020-03-02T12:00:00"))
    real.passes(7)
    assert clock.moment() == zurich("2020-03-02T12:00:07")
