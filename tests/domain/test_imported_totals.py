from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.imported_totals import ImportedTotals

ZURICH = ZoneInfo("Europe/Zurich")
MORNING = datetime(2026, 5, 4, 8)


def people(rows, clock=UTC, zone=UTC):
    """Who came, by the index of the line, of rows of minutes since the morning and totals."""
    totals = ImportedTotals(clock, zone)
    return [
        (come.index, (come.ended_at - MORNING.replace(tzinfo=UTC)) // timedelta(minutes=1), come.people)
        for minute, *row in rows
        for come in totals.take(MORNING + timedelta(minutes=minute), row)
    ]


def test_the_first_row_is_a_base_and_the_next_say_who_came():
    rows = [(0, 10, 5, 0, 0), (1, 12, 5, 0, 1), (2, 12, 6, 0, 1)]
    assert people(rows) == [(1, 1, Figures(2, 0)), (2, 1, Figures(0, 1)), (1, 2, Figures(0, 1))]


def test_midnight_is_no_loss_and_no_negative_number():
    rows = [(0, 400, 390, 0, 0), (960, 0, 0, 0, 0), (1380, 1, 0, 0, 0), (1400, 3, 1, 0, 0)]
    assert [some for _, _, some in people(rows)] == [Figures(1, 0), Figures(2, 1)]


def test_a_slip_to_zero_counts_nobody_twice():
    rows = [(0, 400, 390, 0, 0), (1, 0, 0, 0, 0), (2, 401, 390, 0, 0)]
    assert [some for _, _, some in people(rows)] == [Figures(1, 0)]


def test_a_reset_by_hand_goes_on_from_zero():
    rows = [(0, 400, 390, 0, 0), (1, 0, 0, 0, 0), (30, 2, 1, 0, 0), (31, 3, 1, 0, 0)]
    assert sum((some for _, _, some in people(rows)), Figures()) == Figures(3, 1)


def test_a_line_without_figures_is_unknown():
    assert people([(0, 1, 1, None, None), (1, 2, 1, None, None)]) == [(1, 1, Figures(1, 0))]


def test_a_leap_after_a_gap_is_spread_and_called_estimated():
    totals = ImportedTotals(UTC, UTC)
    list(totals.take(MORNING, (10, 5, 0, 0)))
    (come,) = totals.take(MORNING + timedelta(hours=3), (200, 150, 0, 0))
    assert come.ended_at - come.started_at == timedelta(hours=3)
    assert come.quality is Quality.ESTIMATED


DAY = timedelta(days=1)


def camera_with_a_night_behind_it():
    """It was seen to reset at midnight, and stood at 500 in and 480 out on the evening of the second day."""
    totals = ImportedTotals(UTC, UTC)
    for moment, row in [
        (MORNING, (300, 290, 0, 0)),
        (MORNING + DAY, (0, 0, 0, 0)),
        (MORNING + DAY + timedelta(minutes=1), (1, 0, 0, 0)),
        (MORNING + DAY + timedelta(hours=12), (500, 480, 0, 0)),
    ]:
        list(totals.take(moment, row))
    return totals


def test_after_days_without_rows_a_higher_total_is_that_of_its_own_day():
    (come,) = camera_with_a_night_behind_it().take(MORNING + 4 * DAY, (620, 610, 0, 0))
    assert come.people == Figures(620, 610)
    assert (come.started_at, come.ended_at) == tuple(
        (MORNING + 4 * DAY).replace(hour=hour, tzinfo=UTC) for hour in (0, 8)
    )
    assert come.quality is Quality.ESTIMATED


def test_a_direction_that_has_fallen_is_judged_by_its_fall_beside_one_that_has_not():
    totals = camera_with_a_night_behind_it()
    list(totals.take(MORNING + 4 * DAY, (620, 300, 0, 0)))
    comes = list(totals.take(MORNING + 4 * DAY + timedelta(minutes=1), (621, 301, 0, 0)))
    assert sum((come.people for come in comes), Figures()) == Figures(1, 301)


def test_right_after_midnight_it_may_not_have_reset_yet():
    totals = camera_with_a_night_behind_it()
    (come,) = totals.take((MORNING + 2 * DAY).replace(hour=1), (501, 480, 0, 0))
    assert come.people == Figures(1, 0)


def test_a_camera_that_was_never_seen_to_reset_goes_on():
    totals = ImportedTotals(UTC, UTC)
    list(totals.take(MORNING, (500, 480, 0, 0)))
    (come,) = totals.take(MORNING + DAY, (520, 490, 0, 0))
    assert come.people == Figures(20, 10)


def test_the_hour_that_an_autumn_night_has_twice():
    totals = ImportedTotals(ZURICH, ZURICH)
    night = datetime(2026, 10, 25)
    list(totals.take(night, (0, 0, 0, 0)))
    comes = [
        come.ended_at
        for count, (hour, minute) in enumerate([(1, 50), (2, 30), (2, 59), (2, 1), (2, 30), (3, 0)], start=1)
        for come in totals.take(night.replace(hour=hour, minute=minute), (count, 0, 0, 0))
    ]
    utc = [(moment.hour, moment.minute) for moment in comes]
    assert utc == [(23, 50), (0, 30), (0, 59), (1, 1), (1, 30), (2, 0)]
