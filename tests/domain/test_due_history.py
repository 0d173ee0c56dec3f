from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from peoplecount.domain.blank_days import UNPROVEN
from peoplecount.domain.camera_day import Asked, CameraDay, Gap, HourCell, LineDay
from peoplecount.domain.due_history import (
    LEAST_TRIES,
    Standing,
    Why,
    due_days,
    finished_hours,
    first_due,
    window,
)
from peoplecount.domain.figures import Figures
from peoplecount.domain.hour_slots import HourSlots
from peoplecount.domain.line import LineKey

ZURICH = ZoneInfo("Europe/Zurich")
EAST, WEST = LineKey("7", index=1), LineKey("7", index=2)
TODAY = date(2026, 5, 7)
READ = LineDay({hour: HourCell(Figures(3, 2)) for hour in range(24)})
SETTLED = LineDay({hour: HourCell(Figures(3, 2), settled=True) for hour in range(24)})


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZURICH).astimezone(UTC)


def unread(begin, end):
    """A line that was not read from ``begin`` to ``end``."""
    return LineDay({}, (Gap(at(begin), at(end)),))


def standing(*days, now="2026-05-07T10:20", lines=(EAST,)):
    return Standing(
        {day.day: day for day in days},
        HourSlots((), ZURICH),
        lines,
        at(now),
        datetime.fromisoformat(now),
    )


def due(*days, now="2026-05-07T10:20", lines=(EAST,), back_fill_days=0, held=()):
    return due_days(standing(*days, now=now, lines=lines), back_fill_days=back_fill_days, held=held)


def day(number, line=READ, *, asked=None, is_settled=False):
    return CameraDay(date(2026, 5, number), (), {EAST: line}, asked, is_settled)


def asked(text, times=1):
    return Asked(times, at(text))


def test_today_is_left_alone_as_long_as_it_was_watched():
    assert due(day(7)) == []


def test_an_hour_that_nobody_watched_is_asked_about_once_it_is_over_and_flushed():
    outage = day(7, unread("2026-05-07T08:50", "2026-05-07T09:40"))
    (one,) = due(outage, now="2026-05-07T10:05")
    assert (one.day, one.why, one.at) == (TODAY, Why.OPEN_HOURS, at("2026-05-07T10:05"))
    assert due(outage, now="2026-05-07T10:04") == []


def test_an_hour_across_whose_end_nobody_watched_is_asked_about_with_the_next_one():
    outage = day(7, unread("2026-05-07T09:10", "2026-05-07T10:02"))
    assert due(outage, now="2026-05-07T10:30") == []
    (one,) = due(outage, now="2026-05-07T11:05")
    assert (one.why, one.at) == (Why.OPEN_HOURS, at("2026-05-07T11:05"))


def test_the_hour_under_way_is_left_alone():
    assert due(day(7, unread("2026-05-07T10:02", "2026-05-07T10:20"))) == []


@pytest.mark.parametrize(("times", "again"), [(1, "10:16"), (2, "11:11"), (3, "16:11"), (9, "16:11")])
def test_hours_that_stay_open_are_asked_about_ever_more_rarely(times, again):
    outage = unread("2026-05-07T08:10", "2026-05-07T09:20")
    (one,) = due(day(7, outage, asked=asked("2026-05-07T10:11", times)))
    assert one.at == at(f"2026-05-07T{again}")
    assert one.tries == times


def test_another_outage_is_asked_about_at_once():
    outage = unread("2026-05-07T08:50", "2026-05-07T09:40")
    (one,) = due(day(7, outage, asked=asked("2026-05-07T09:06", 5)))
    assert one.at <= at("2026-05-07T10:20")
    assert one.tries == 0


def test_a_day_is_asked_about_once_it_is_over_however_well_it_was_watched():
    assert due(day(6), now="2026-05-07T00:04") == []
    (one,) = due(day(6), now="2026-05-07T00:05")
    assert (one.day, one.why) == (date(2026, 5, 6), Why.OVER)


def test_a_settled_day_is_not_asked_about_again():
    assert due(day(6, SETTLED, asked=asked("2026-05-07T00:06"), is_settled=True)) == []


def test_what_was_asked_before_the_day_was_over_does_not_count():
    (one,) = due(day(6, asked=asked("2026-05-06T23:50", 30)))
    assert one.tries == 0


def test_every_day_that_was_missed_is_due_newest_first():
    gone = unread("2026-05-04T00:00", "2026-05-05T00:00")
    missed = [day(4, gone), day(5, gone), day(6, gone), day(7)]
    assert [one.day.day for one in due(*missed)] == [6, 5, 4]


def test_a_day_before_the_first_reading_is_due_as_far_as_wanted():
    found = due(day(7), back_fill_days=3)
    assert [(one.day.day, one.why) for one in found] == [(6, Why.EARLIER), (5, Why.EARLIER), (4, Why.EARLIER)]
    assert due(day(7), back_fill_days=0) == []


def test_a_line_that_is_new_is_due_where_others_are_known():
    known = day(6, SETTLED, asked=asked("2026-05-07T00:06"), is_settled=True)
    found = due(known, day(7), lines=(EAST, WEST), back_fill_days=1)
    assert [(one.day.day, one.why) for one in found] == [(6, Why.EARLIER)]
    assert due(known, day(7), lines=(EAST, WEST), back_fill_days=0) == []


def test_an_answer_in_hand_is_not_asked_for_again():
    held = {(date(2026, 5, 6), EAST)}
    assert [one.day.day for one in due(day(7), back_fill_days=2, held=held)] == [5]


def test_a_day_half_watched_whose_answer_is_in_hand_is_not_asked_for_again():
    half = day(6, unread("2026-05-06T11:20", "2026-05-07T00:00"))
    assert [one.day.day for one in due(half)] == [6]
    assert due(half, held={(date(2026, 5, 6), EAST)}) == []


def test_a_line_of_which_nothing_proves_anything_is_not_asked_about_again():
    blank = LineDay({}, (Gap(at("2026-05-06T00:00"), at("2026-05-07T00:00")),), refusal=UNPROVEN)
    assert due(day(6, blank, asked=asked("2026-05-07T00:06")), day(7), back_fill_days=1) == []


def test_a_day_is_given_up_a_day_after_it_was_over_and_not_before_it_was_tried_often():
    refused = LineDay({}, refusal="the camera's history does not have the line")
    often, once = asked("2026-05-07T00:06", LEAST_TRIES), asked("2026-05-08T00:06", 1)
    assert due(day(6, refused, asked=often), now="2026-05-08T09:00")
    assert due(day(6, refused, asked=once), now="2026-05-08T09:00")
    late = asked("2026-05-08T00:06", LEAST_TRIES)
    assert due(day(6, refused, asked=late), now="2026-05-08T09:00") == []


def test_what_was_never_asked_goes_before_what_was_asked_in_vain():
    refused = LineDay({}, refusal="the search was refused")
    found = due(day(6, refused, asked=asked("2026-05-07T08:00")), day(7), back_fill_days=2)
    chosen = first_due(found, at("2026-05-07T10:20"))
    assert chosen is not None
    assert chosen.day.day == 5


def test_what_may_only_be_asked_later_is_not_chosen():
    refused = LineDay({}, refusal="the search was refused")
    found = due(day(6, refused, asked=asked("2026-05-07T10:18")), day(7))
    assert first_due(found, at("2026-05-07T10:20")) is None
    assert first_due(found, at("2026-05-07T10:23")) is not None


@pytest.mark.parametrize(
    ("now", "of", "hours"),
    [
        ("2026-05-07T10:04", TODAY, 9),
        ("2026-05-07T10:05", TODAY, 10),
        ("2026-05-07T00:04", TODAY, 0),
        ("2026-05-07T00:04", date(2026, 5, 6), 23),
        ("2026-05-07T00:05", date(2026, 5, 6), 24),
        ("2026-05-07T10:05", date(2026, 5, 8), 0),
    ],
)
def test_hours_are_finished_five_minutes_after_their_end(now, of, hours):
    assert finished_hours(datetime.fromisoformat(now), of) == hours


def test_the_window_reaches_back_to_what_is_kept():
    local = datetime(2026, 5, 7, 10)
    assert len(window(local, 30, [])) == 31
    assert window(local, 0, [date(2026, 5, 5)]) == (TODAY, date(2026, 5, 6), date(2026, 5, 5))


@pytest.mark.parametrize("clocks_change", ["2026-03-29", "2026-10-25"])
def test_days_on_which_clocks_change_are_over_at_their_own_midnight(clocks_change):
    changed = date.fromisoformat(clocks_change)
    after = changed + timedelta(days=1)
    known = CameraDay(changed, (), {EAST: READ})
    (one,) = due(known, now=f"{after}T00:05")
    assert one.at == at(f"{after}T00:05")
