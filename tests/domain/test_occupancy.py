"""People inside a site, as its doors say."""

from datetime import UTC, date, datetime, time, timedelta

from peoplecount.domain.figures import Figures
from peoplecount.domain.occupancy import Occupancy, occupancy_day

MONDAY, TUESDAY = date(2026, 5, 4), date(2026, 5, 5)
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_occupancy_is_never_below_zero_and_keeps_what_that_hides():
    occupancy = Occupancy(MONDAY).after(MONDAY, 2, 5)
    assert (occupancy.inside, occupancy.clamped, occupancy.unseen) == (0, 3, 3)
    occupancy = occupancy.after(MONDAY, 4, 0)
    assert (occupancy.inside, occupancy.clamped, occupancy.unseen) == (1, 0, 3)


def test_occupancy_starts_again_with_its_day_and_ignores_a_day_that_is_over():
    monday = Occupancy(MONDAY).after(MONDAY, 2, 14)
    tuesday = monday.after(TUESDAY, 1, 0)
    assert (tuesday.day, tuesday.net, tuesday.unseen) == (TUESDAY, 1, 0)
    assert tuesday.after(MONDAY, 5, 0) == tuesday


def test_occupancy_goes_on_from_what_somebody_counted():
    drifted = Occupancy(MONDAY).after(MONDAY, 90, 40)
    counted = drifted.recounted(42, NOON, MONDAY, Figures(3, 1))
    assert counted.inside == 44
    assert counted.after(MONDAY, 0, 4, NOON + MINUTE).inside == 40
    assert counted.after(MONDAY, 9, 0, NOON) == counted, "they were among those who were counted"


def test_a_count_by_hand_forgets_what_the_floor_hid_before_it():
    assert Occupancy(MONDAY).after(MONDAY, 0, 7).recounted(0, NOON, MONDAY, Figures()).unseen == 0


def test_a_count_by_hand_of_a_day_that_is_over_changes_nothing_now():
    tuesday = Occupancy(TUESDAY).after(TUESDAY, 8, 0)
    assert tuesday.recounted(50, NOON, MONDAY, Figures()) == tuesday


def test_a_count_by_hand_before_the_first_crossing_of_a_day_begins_that_day():
    assert Occupancy(MONDAY).recounted(5, NOON + timedelta(days=1), TUESDAY, Figures()).day == TUESDAY


def test_a_correction_moves_the_occupancy_of_its_own_day():
    occupancy = Occupancy(MONDAY).after(MONDAY, 10, 0)
    assert occupancy.corrected(MONDAY, NOON, Figures(0, 4)).net == 6
    assert occupancy.corrected(date(2026, 5, 3), NOON, Figures(0, 4)) == occupancy


def test_a_correction_of_an_hour_before_the_count_by_hand_changes_nothing():
    counted = Occupancy(MONDAY).recounted(42, NOON, MONDAY, Figures())
    assert counted.corrected(MONDAY, NOON - 60 * MINUTE, Figures(5, 0)) == counted
    assert counted.corrected(MONDAY, NOON, Figures(5, 0)).net == 47


def test_the_occupancy_day_begins_at_the_reset_time():
    assert occupancy_day(datetime(2026, 5, 5, 3, 59), time(4, 0)) == MONDAY
    assert occupancy_day(datetime(2026, 5, 5, 4, 0), time(4, 0)) == TUESDAY
