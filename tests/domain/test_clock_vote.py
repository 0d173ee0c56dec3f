from datetime import timedelta

import pytest

from peoplecount.domain.clock_vote import ClockVote, OwnClock, vote


def votes(*errors, synced=()):
    return [ClockVote(timedelta(seconds=error), error in synced) for error in errors]


def ahead(*errors, synced=()):
    """Seconds by which our clock is found to be ahead."""
    return vote(votes(*errors, synced=synced)).ahead.total_seconds()


def test_cameras_that_agree_with_each_other_and_not_with_us_name_our_clock():
    own = vote(votes(84.0, 83.2, 84.4, 0.0))
    assert own == OwnClock(ahead=timedelta(seconds=-84.0), agreeing=3, asked=4)
    assert own.is_wrong
    assert own.of_camera(timedelta(seconds=84)) == timedelta(0)
    assert own.of_camera(timedelta(0)) == timedelta(seconds=-84)


@pytest.mark.parametrize(
    "errors",
    [
        (),
        (600.0,),
        (600.0, 600.0),
        (600.0, 600.0, 600.0, 0.0, 0.0, 0.0),
        (84.0, -30.0, 12.0, 500.0, 84.0),
        (2.5, 2.6, 2.7),
        (0.0, 0.0, 0.0, 0.4),
    ],
)
def test_too_few_no_majority_or_too_small_a_difference_accuse_nobody(errors):
    assert not vote(votes(*errors)).is_wrong


def test_our_clock_ahead_of_all_cameras_is_ahead():
    assert ahead(-600.2, -599.8, -600.0) == 600.0


def test_cameras_with_a_time_server_outweigh_those_set_by_hand():
    by_hand = (0.1, 0.2, 0.3, 0.4)
    synced = (60.0, 60.5, 61.0)
    assert ahead(*by_hand, *synced) == 0.0
    assert ahead(*by_hand, *synced, synced=synced) == -60.5
    assert ahead(*by_hand, *synced, synced=by_hand) == 0.0


def test_clocks_strung_out_evenly_do_not_agree_by_neighbourhood():
    assert ahead(*(float(number) for number in range(4, 24))) == 0.0
