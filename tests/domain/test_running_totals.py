import random
from datetime import date, timedelta

import pytest

from peoplecount.domain.running_totals import Figure, Verdict, examine

DAY = date(2026, 5, 4)


def running(camera, days, a_day, *, dated, dice, resets=0):
    """Rows of a door that so many people pass a day, a row for each; ``resets`` more in each of the days."""
    for day in range(days):
        total = [0, 0, 0, 0]
        yield Figure(camera, DAY + timedelta(days=day) if dated else None, tuple(total))
        again = {dice.randrange(a_day) for _ in range(resets)}
        for person in range(a_day):
            if person in again:
                total = [0, 0, 0, 0]
            total[dice.randrange(4)] += 1
            yield Figure(camera, DAY + timedelta(days=day) if dated else None, tuple(total))


def between(camera, rows, *, dated, dice):
    """People between two polls."""
    for row in range(rows):
        day = DAY + timedelta(days=row // 200) if dated else None
        yield Figure(camera, day, tuple(dice.choice([0, 0, 0, 1, 1, 2, 3]) for _ in range(4)))


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_running_totals_are_told_from_people_between_two_polls(dated, seed):
    dice = random.Random(seed)
    assert examine(running("7", 5, 300, dated=dated, dice=dice)).verdict is Verdict.RUNNING
    assert examine(running("7", 5, 300, dated=dated, dice=dice, resets=3)).verdict is Verdict.RUNNING
    assert examine(between("7", 400, dated=dated, dice=dice)).verdict is Verdict.OTHER


def test_a_door_that_few_people_pass_is_no_table_of_something_else():
    dice = random.Random(1)
    assert examine(running("7", 30, 4, dated=True, dice=dice)).verdict is Verdict.RUNNING


def test_few_rows_tell_nothing_and_figures_below_zero_enough():
    assert examine([Figure("7", DAY, (1, 0, 0, 0)), Figure("7", DAY, (2, 0, 0, 0))]).verdict is Verdict.TOO_FEW
    assert examine([Figure("7", DAY, (-1, 0, 0, 0))]).verdict is Verdict.OTHER
    assert examine([]).verdict is Verdict.TOO_FEW


def test_cameras_are_looked_at_apart_and_repeats_are_counted():
    rows = [
        Figure(camera, DAY, (total + offset, 0, 0, 0))
        for total in range(30)
        for camera, offset in (("7", 0), ("8", 500))
    ]
    findings = examine([*rows, rows[-1]])
    assert (findings.verdict, findings.falls, findings.repeats) == (Verdict.RUNNING, 0, 1)
