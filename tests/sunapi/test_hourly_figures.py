from __future__ import annotations

from datetime import date

import pytest

from peoplecount.domain.day_history import DayHours
from peoplecount.sunapi.hourly_figures import HourlyFigures, hours_of

DAY = date(2026, 5, 4)


@pytest.mark.parametrize(
    ("result", "hours"),
    [
        ("0,0,3,21", (0, 0, 3, 21)),
        (" 0, 0 ,3 , 21 ", (0, 0, 3, 21)),
        ("0,0,3,21,", (0, 0, 3, 21)),
        ("", ()),
        (["0", " 3"], (0, 3)),
        ([0, 3.0, 21], (0, 3, 21)),
        (",".join(["1"] * 24), (1,) * 24),
        (",".join(["1"] * 24 + ["0"] * 7), (1,) * 24),
    ],
)
def test_figures_are_text_or_lists_of_as_many_hours_as_there_are(result: object, hours: tuple[int, ...]) -> None:
    assert hours_of(result) == hours


@pytest.mark.parametrize(
    "result",
    [
        None,
        7,
        {"0": 1},
        "a,b",
        "1,,2",
        "1;2",
        "-1,2",
        "1.5",
        [1, None],
        [1, True],
        [1, [2]],
        [1.5],
        "99999999",
        ",".join(["1"] * 25),
        [0] * 27 + [4],
    ],
)
def test_anything_else_is_no_figures(result: object) -> None:
    assert hours_of(result) is None


def figures(*rows: tuple[str, str, object], interval: object = "Hourly") -> HourlyFigures[str]:
    made = HourlyFigures[str](interval)
    for line, direction, result in rows:
        made.add(line, direction, result)
    return made


def test_directions_are_told_by_name_in_any_case() -> None:
    made = figures(("East", "in", "1,2"), ("East", " Out", [3, 4]), ("East", "Both", "9,9"))
    assert made.of("East", DAY) == DayHours(DAY, (1, 2), (3, 4))


def test_hours_that_only_one_direction_has_are_left_out() -> None:
    assert figures(("East", "In", "1,2,3"), ("East", "Out", "4,5")).of("East", DAY) == DayHours(DAY, (1, 2), (4, 5))


def test_the_same_figures_twice_do_no_harm() -> None:
    made = figures(("East", "In", "1"), ("East", "IN", [1]), ("East", "Out", "2"))
    assert made.of("East", DAY) == DayHours(DAY, (1,), (2,))


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (figures(("East", "In", "1")), "no figures for OUT"),
        (figures(("East", "Out", "1")), "no figures for IN"),
        (figures(("West", "In", "1"), ("West", "Out", "1")), "does not have the line"),
        (figures(("East", "In", "x"), ("East", "Out", "1")), "for IN are not the counts"),
        (figures(("East", "In", "1"), ("East", "Out", "1"), ("East", "In", "2")), "for IN come more than once"),
        (figures(("East", "In", "1"), ("East", "In", "x"), ("East", "Out", "1")), "for IN are not the counts"),
        (figures(("East", "In", "1"), ("East", "Out", "1"), interval="Daily"), "'Daily' where Hourly is expected"),
        (figures(("East", "In", "1"), ("East", "Out", "1"), interval=None), "where Hourly is expected"),
    ],
)
def test_a_line_without_figures_has_a_reason(made: HourlyFigures[str], why: str) -> None:
    assert why in str(made.of("East", DAY))


def test_the_interval_is_taken_in_any_case() -> None:
    assert isinstance(figures(("East", "In", "1"), ("East", "Out", "1"), interval=" HOURLY").of("East", DAY), DayHours)
