"""The estimate of the people inside, and its band."""

import random

from hypothesis import given
from hypothesis import strategies as st

from peoplecount.domain.figures import Figures
from peoplecount.domain.occupancy_estimate import (
    LEAST_DAYS,
    SCORED_DAYS,
    Drift,
    Estimate,
    Lesson,
    anchored,
)


def day_of(entered, left, hours=10):
    return Lesson(0, 0, tuple(Figures(entered * hour // hours, left * hour // hours) for hour in range(1, hours + 1)))


def taught(days, entered, left):
    drift = Drift()
    for _ in range(days):
        drift = drift.after(day_of(entered, left))
    return drift


def width(estimate):
    return estimate.high - estimate.low


def test_without_history_the_estimate_is_what_the_doors_say_in_a_wide_band():
    estimate = Drift().estimate(0, Figures(300, 200))
    assert estimate.people == 100
    assert width(estimate) > 80


def test_the_band_is_a_point_at_the_anchor_and_widens_with_the_traffic():
    drift = Drift()
    assert drift.estimate(42, Figures()) == Estimate(42, 42, 42)
    widths = [width(drift.estimate(500, Figures(people, people))) for people in (10, 100, 400)]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


def test_a_steady_imbalance_is_left_out_once_it_is_known():
    assert taught(20, 550, 450).estimate(0, Figures(550, 450)).people <= 2
    assert taught(20, 450, 550).estimate(0, Figures(450, 550)).people <= 2
    assert taught(20, 450, 550).estimate(0, Figures(225, 225)).people > 15, "people must have come in unseen"


def test_steady_days_make_the_band_narrower():
    assert (
        width(taught(30, 550, 450).estimate(0, Figures(550, 450))) < width(Drift().estimate(0, Figures(550, 450))) / 2
    )


def test_nobody_is_never_undercut():
    estimate = Drift().estimate(0, Figures(0, 50))
    assert (estimate.people, estimate.low) == (0, 0)
    assert estimate.high > 0


def test_a_day_without_traffic_teaches_nothing():
    assert Drift().after(Lesson(0, 0, ())) == Drift()
    assert Drift().after(Lesson(0, 0, (Figures(),))) == Drift()


def test_one_day_that_is_quite_off_hardly_moves_what_was_learned():
    before = taught(30, 500, 490)
    after = before.after(day_of(900, 100))
    assert abs(after.bias - before.bias) < 0.02


def test_a_door_that_changes_is_followed():
    drift = taught(40, 550, 450)
    for _ in range(40):
        drift = drift.after(day_of(450, 550))
    assert drift.estimate(0, Figures(450, 550)).people < 20
    assert drift.bias > 0


def test_a_count_by_hand_teaches_too():
    drift = Drift()
    for _ in range(10):
        drift = drift.after(Lesson(0, 90, (Figures(200, 100),)))
    assert drift.estimate(0, Figures(200, 100)).people in (90, 91)


def test_what_is_remembered_has_bounds():
    drift = taught(200, 550, 450)
    assert len(drift.days) == SCORED_DAYS
    assert max(map(len, drift.days)) <= 26


def test_the_band_holds_the_truth_as_often_as_it_promises():
    """Two hundred days of doors that miss one in twelve leaving, each day a little more or less."""
    chance = random.Random(4)
    drift, held = Drift(), []
    for index in range(260):
        missed = max(0.0, chance.gauss(0.08, 0.02))
        entered = chance.randint(200, 700)
        seen = sum(chance.random() > missed for _ in range(entered))
        lesson = day_of(entered, seen)
        estimate = drift.estimate(300, lesson.points[-1])  # a start that keeps the floor of zero out of it
        if index >= 60:
            held.append(estimate.low <= 300 <= estimate.high)
        drift = drift.after(lesson)
    assert 0.84 <= sum(held) / len(held) <= 0.97


def test_looking_back_the_imbalance_is_shared_out_by_traffic():
    assert anchored(Lesson(0, 0, (Figures(100, 0), Figures(100, 80)))) == [100 - 20 * 100 / 180, 0]
    assert anchored(Lesson(10, 30, (Figures(20, 0),))) == [30]
    assert anchored(Lesson(0, 0, (Figures(0, 10), Figures(10, 10)))) == [0, 0]
    assert anchored(Lesson(0, 0, ())) == []


PEOPLE = st.integers(0, 5000)
DAYS = st.lists(st.tuples(PEOPLE, PEOPLE), max_size=LEAST_DAYS + 5)


@given(DAYS, PEOPLE, PEOPLE, PEOPLE)
def test_the_estimate_lies_in_its_band_whatever_was_learned(days, start, entered, left):
    drift = Drift()
    for pair in days:
        drift = drift.after(day_of(*pair))
    estimate = drift.estimate(start, Figures(entered, left))
    assert 0 <= estimate.low <= estimate.people <= estimate.high
    assert drift.doubt > 0
