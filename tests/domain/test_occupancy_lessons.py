"""What a site's hours teach."""

from datetime import UTC, datetime, timedelta

from peoplecount.domain.figures import Figures
from peoplecount.domain.occupancy_estimate import Lesson
from peoplecount.domain.occupancy_lessons import Anchor, Hour, empties, learn, lessons

RESET = datetime(2026, 5, 4, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hour(number, entered, left, is_known=True):
    return Hour(RESET + number * HOUR, Figures(entered, left), is_known)


def night(number):
    return Anchor(RESET + 24 * number * HOUR)


def test_a_day_between_two_nights_is_a_lesson_with_its_hours_summed_up():
    hours = [hour(-1, 9, 9), hour(6, 10, 0), hour(7, 5, 6), hour(24, 3, 3)]
    assert list(lessons(hours, [night(0), night(1)])) == [Lesson(0, 0, (Figures(10, 0), Figures(15, 6)))]


def test_a_count_by_hand_cuts_a_day_in_two_and_its_hour_by_time():
    hours = [hour(6, 10, 0), hour(7, 8, 4), hour(8, 0, 6)]
    counted = Anchor(RESET + 7.5 * HOUR, 12)
    assert list(lessons(hours, [night(1), counted, night(0)])) == [
        Lesson(0, 12, (Figures(10, 0), Figures(14, 2))),
        Lesson(12, 0, (Figures(4, 2), Figures(4, 8))),
    ]


def test_a_day_with_an_hour_that_was_not_counted_is_no_lesson():
    hours = [hour(6, 10, 0), hour(7, 0, 0, is_known=False), hour(30, 4, 4)]
    assert list(lessons(hours, [night(0), night(1), night(2)])) == [Lesson(0, 0, (Figures(4, 4),))]


def test_nights_that_lie_too_far_apart_are_no_lesson():
    assert list(lessons([hour(6, 10, 0)], [night(0), night(3)])) == []


def test_what_is_learned_is_learned_in_order_of_time():
    hours = [hour(24 * day + 6, 100, 90) for day in range(20)]
    assert learn(hours, [night(day) for day in range(21)]).bias < -0.03


def test_a_shop_empties_and_a_hospital_does_not():
    resets = [night(day).moment for day in range(8)]
    shop = [hour(24 * day + at, 20, 20) for day in range(8) for at in range(6, 16)]
    hospital = [hour(24 * day + at, 20, 20) for day in range(8) for at in range(24)]
    assert empties(shop, resets)
    assert not empties(hospital, resets)


def test_a_reset_time_is_believed_until_some_nights_were_seen():
    assert empties([], [night(0).moment])
    assert empties([hour(at, 20, 20) for at in range(24)], [night(1).moment])
