import pytest

from peoplecount.domain.retiming import agreed

hypothesis = pytest.importorskip("hypothesis")
given, strategies = hypothesis.given, hypothesis.strategies


def of(told, history, doubts=None, is_open=None, before=0):
    return agreed(told, history, doubts or [0] * len(told), is_open or [False] * len(told), before=before)


def test_what_agrees_stays():
    assert of([1, 2, 3], [1, 2, 3]) == [1, 2, 3]


def test_people_of_a_reading_across_the_end_of_an_hour_are_no_difference():
    assert of([10, 22, 5], [12, 20, 5], doubts=[2, 0, 0]) == [10, 22, 5]


def test_more_people_than_the_reading_across_had_are_a_difference():
    assert of([10, 23, 5], [13, 20, 5], doubts=[2, 0, 0]) != [10, 23, 5]
    assert sum(of([10, 23, 5], [13, 20, 5], doubts=[2, 0, 0])) == 38


def test_an_hour_nobody_watched_gets_what_the_history_has():
    assert of([10, 0, 5], [10, 40, 5], is_open=[False, True, False]) == [10, 40, 5]


def test_the_neighbours_of_an_hour_nobody_watched_keep_their_figures():
    # The history has one of the third hour's people in the second: the reading across the hours brought two.
    assert of([10, 0, 5], [10, 41, 4], doubts=[0, 2, 0], is_open=[False, True, False]) == [10, 40, 5]


def test_a_difference_in_one_hour_leaves_the_others_alone():
    assert of([10, 20, 30, 40], [10, 20, 37, 40]) == [10, 20, 37, 40]


def test_a_day_ends_with_the_historys_sum():
    assert of([10, 20], [10, 27]) == [10, 27]


def test_nobody_is_taken_from_an_hour_that_has_nobody():
    figures = of([0, 5], [0, 3], doubts=[3, 0], is_open=[True, False])
    assert min(figures) >= 0
    assert sum(figures) == 3


def test_who_was_told_after_the_last_hour_may_be_of_an_hour_before_it():
    # One of the three whom the history has in the first hour was told in the third: nobody came in the second.
    figures = agreed([2, 0], [3, 0], [1, 1], [True, True], ahead=1)
    assert figures == [2, 0]


days = strategies.lists(
    strategies.tuples(
        strategies.integers(0, 50), strategies.integers(0, 50), strategies.integers(0, 5), strategies.booleans()
    ),
    min_size=1,
    max_size=24,
)


@given(days)
def test_the_sum_is_the_historys_and_a_second_look_changes_nothing(day):
    told, history, doubts, is_open = (list(column) for column in zip(*day, strict=True))
    doubts[-1] = 0
    figures = of(told, history, doubts, is_open)
    assert sum(figures) == sum(history)
    assert min(figures) >= 0
    assert of(figures, history, doubts) == figures


@given(days, strategies.data())
def test_what_only_went_to_the_neighbouring_hour_is_never_corrected(day, data):
    _, history, doubts, _ = (list(column) for column in zip(*day, strict=True))
    doubts[-1] = 0
    told = list(history)
    for slot in range(len(told) - 1):
        late = data.draw(strategies.integers(0, min(doubts[slot], told[slot])))
        told[slot] -= late
        told[slot + 1] += late
    assert of(told, history, doubts) == told
