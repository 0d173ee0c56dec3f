"""Which line explains an imbalance, looks drawn backwards, or has gone silent."""

import random
from datetime import date, datetime, time, timedelta

import pytest

from peoplecount.domain.door_audit import audit
from peoplecount.domain.figures import Figures
from peoplecount.domain.line_days import LineDays, site_days
from peoplecount.domain.line_direction import turned
from peoplecount.domain.line_silence import silence, tail
from peoplecount.domain.unseen_people import Fault, balance, unseen
from peoplecount.domain.usual_level import UsualLevels

FIRST = date(2026, 3, 2)  # a Monday
DAYS = 63
LAST = FIRST + timedelta(days=DAYS - 1)
COMING = (0, 0, 1, 4, 8, 9, 6, 5, 7, 5, 3, 1, 0, 0)
"""Shares of the people who come, from 06:00 on; they leave some hours later."""


def shop(*lines: int, seed: int = 5, days: int = DAYS) -> dict[str, dict[date, dict[int, Figures]]]:
    """A shop whose lines are used by so many people a day; who comes by one may leave by another."""
    chance = random.Random(seed)
    counted = {f"line{index}": {} for index in range(len(lines))}
    for ago in range(days):
        day = FIRST + timedelta(days=ago)
        busy = (0.6 if day.weekday() >= 5 else 1.0) * chance.uniform(0.85, 1.15)
        hours = {name: {hour: [0, 0] for hour in range(24)} for name in counted}
        for _ in range(int(sum(lines) * busy)):
            came = 6 + chance.choices(range(len(COMING)), COMING)[0]
            by, out = chance.choices(range(len(lines)), lines, k=2)
            hours[f"line{by}"][came][0] += 1
            hours[f"line{out}"][min(23, came + chance.choice((0, 1, 1, 2, 3)))][1] += 1
        for name, of_day in hours.items():
            counted[name][day] = {hour: Figures(*pair) for hour, pair in of_day.items()}
    return counted


def as_lines(counted):
    return {name: LineDays(days) for name, days in counted.items()}


def swapped(days, since=FIRST):
    return {
        day: {hour: one.swapped() for hour, one in hours.items()} if day >= since else hours
        for day, hours in days.items()
    }


def without(days, since_day, since_hour, until_day=LAST):
    """Nobody is counted from an hour on."""
    return {
        day: {
            hour: Figures() if (since_day, since_hour) <= (day, hour) <= (until_day, 23) else one
            for hour, one in hours.items()
        }
        for day, hours in days.items()
    }


@pytest.fixture(scope="module")
def counted():
    return shop(400, 250, 120)


def one(found, line_id):
    return next(line for line in found.lines if line.line_id == line_id)


def test_a_site_in_order_has_no_suspects(counted):
    found = audit(as_lines(counted), LAST, 18)
    assert not found.balance.is_off
    assert not any(line.is_suspect for line in found.lines)
    assert [line.line_id for line in found.lines] == ["line0", "line1", "line2"]
    assert sum(line.share for line in found.lines) == pytest.approx(1)


@pytest.mark.parametrize("name", ["line0", "line1", "line2"])
def test_a_line_that_was_always_drawn_backwards_is_named(counted, name):
    found = audit(as_lines(counted | {name: swapped(counted[name])}), LAST, 18)
    assert found.lines[0].line_id == name
    assert found.lines[0].explanation.fault is Fault.BACKWARDS
    assert [line.line_id for line in found.lines if line.explanation] == [name]


def test_a_site_of_one_line_that_is_drawn_backwards_is_seen_by_its_mornings():
    lines = as_lines({"only": swapped(shop(300)["line0"])})
    explanation = balance(lines).explanations[0]
    assert (explanation.line_id, explanation.fault) == ("only", Fault.BACKWARDS)


@pytest.mark.parametrize("name", ["line0", "line1", "line2"])
def test_a_line_that_is_turned_round_is_named_the_same_day(counted, name):
    lines = as_lines(counted | {name: swapped(counted[name], since=LAST)})
    assert audit(lines, LAST, 23).lines[0].turned.since == LAST
    assert audit(lines, LAST, 23).lines[0].line_id == name


def test_since_when_a_line_is_turned_round_is_told(counted):
    since = LAST - timedelta(days=2)
    lines = as_lines(counted | {"line0": swapped(counted["line0"], since=since)})
    assert turned(UsualLevels(lines), "line0", lines["line0"], LAST).since == since


def test_a_line_that_misses_those_who_leave_explains_the_imbalance(counted):
    missing = {
        day: {hour: Figures(one.entered, one.left * 6 // 10) for hour, one in hours.items()}
        for day, hours in counted["line0"].items()
    }
    found = audit(as_lines(counted | {"line0": missing}), LAST, 18)
    assert found.balance.is_off
    assert found.balance.net > 0
    first = found.balance.explanations[0]
    assert (first.line_id, first.fault) == ("line0", Fault.MISSES_LEAVING)
    assert first.seen == pytest.approx(0.6, abs=0.1)


def test_an_imbalance_that_no_single_line_explains_is_said_to_have_no_explanation(counted):
    chance = random.Random(3)
    leaky = {
        name: {
            day: {hour: Figures(one.entered, int(one.left * chance.uniform(0.3, 1.7))) for hour, one in hours.items()}
            for day, hours in days.items()
        }
        for name, days in counted.items()
    }
    found = balance(as_lines(leaky))
    assert found.is_off
    assert found.explanations == ()


def test_a_line_that_stops_counting_in_the_morning_is_silent_by_noon(counted):
    lines = as_lines(counted | {"line1": without(counted["line1"], LAST, 9)})
    found = one(audit(lines, LAST, 12), "line1").silence
    assert found.hours >= 4
    assert found.expected > 20
    assert found.counted == 0
    assert found.chance < 1e-4


def test_a_quiet_night_is_no_silence(counted):
    levels = UsualLevels(as_lines(counted))
    assert all(silence(levels, name, LineDays(counted[name]), LAST, 4) is None for name in counted)


def test_on_a_holiday_nobody_is_called_silent(counted):
    lines = as_lines({name: without(days, LAST, 0) for name, days in counted.items()})
    assert not any(line.silence for line in audit(lines, LAST, 20).lines)


def test_a_line_that_was_not_read_is_not_called_silent(counted):
    unread = counted["line1"] | {LAST: {hour: one for hour, one in counted["line1"][LAST].items() if hour < 9}}
    assert one(audit(as_lines(counted | {"line1": unread}), LAST, 12), "line1").silence is None


def test_without_three_weeks_of_records_nobody_is_accused():
    young = shop(400, 250, days=14)
    last = FIRST + timedelta(days=13)
    lines = as_lines(young | {"line0": without(young["line0"], last, 0, last)})
    found = audit(lines, last, 20)
    assert not any(line.silence or line.turned for line in found.lines)


def test_days_on_which_a_line_was_not_counted_are_left_out_of_the_balance(counted):
    lines = as_lines(counted)
    gaps = frozenset(LAST - timedelta(days=ago) for ago in range(1, 11))
    lines["line0"] = LineDays(counted["line0"], gaps)
    assert audit(lines, LAST, 12).balance.days == 18


def test_a_young_site_has_no_balance_yet():
    assert not audit(as_lines(shop(300, days=3)), FIRST + timedelta(days=3), 12).balance.is_off
    assert audit({}, LAST, 12).lines == ()


def test_nobody_is_accused_falsely_over_many_days():
    accused = []
    for seed in range(3):
        counted = as_lines(shop(300, 150, seed=seed))
        levels = UsualLevels(counted)
        for ago in range(25):
            day = LAST - timedelta(days=ago)
            accused += [name for name, line in counted.items() if silence(levels, name, line, day, 13)]
            accused += [name for name, line in counted.items() if turned(levels, name, line, day)]
    assert accused == []


def test_the_fewest_unseen_people_are_those_who_must_have_come_and_those_who_must_have_left():
    assert unseen([-5, 17]) == 22
    assert unseen([5, -5]) == 0
    assert unseen([5, -9]) == 4
    assert unseen([]) == 0


def test_the_tail_of_few_is_what_it_should_be():
    assert tail(0, 10, 1e9) == pytest.approx(4.54e-5, rel=0.01)  # a Poisson's, where nothing is spread
    assert tail(0, 10, 1) == pytest.approx(1 / 11)
    assert tail(500, 10, 2) == pytest.approx(1)


def test_hours_belong_to_the_day_that_began_at_the_reset():
    hours = [
        (datetime(2026, 5, 4, 3, 0), Figures(1, 0)),
        (datetime(2026, 5, 4, 4, 0), Figures(2, 0)),
        (datetime(2026, 5, 5, 3, 0), Figures(3, 0)),
        (datetime(2026, 5, 5, 3, 0), Figures(3, 0)),  # it comes twice in autumn
        (datetime(2026, 5, 6, 12, 0), None),
    ]
    line = LineDays.of(hours, time(4))
    assert line.days == {
        date(2026, 5, 3): {23: Figures(1, 0)},
        date(2026, 5, 4): {0: Figures(2, 0), 23: Figures(6, 0)},
    }
    assert line.missing == {date(2026, 5, 6)}
    assert site_days([line, line]).days[date(2026, 5, 4)][0] == Figures(4, 0)
