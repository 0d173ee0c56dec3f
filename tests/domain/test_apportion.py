import pytest

from peoplecount.domain.apportion import apportion, rescale

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

COUNTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("people", "weights", "shares"),
    [
        (7, [1], [7]),
        (8, [1, 3], [2, 6]),
        (10, [1, 1, 1], [4, 3, 3]),
        (5, [0, 2], [0, 5]),
        (6, [0, 0, 0, 0], [2, 2, 1, 1]),
        (0, [3, 4], [0, 0]),
    ],
)
def test_people_are_shared_out_in_proportion_and_stay_whole(people, weights, shares):
    assert apportion(people, weights) == shares


@hypothesis.given(st.integers(0, 10**6), COUNTS)
def test_nobody_is_lost_and_no_share_is_off_by_one_or_more(people, weights):
    shares = apportion(people, weights)
    total = sum(weights)
    assert sum(shares) == people
    for share, weight in zip(shares, weights, strict=True):
        exact = people * weight / total if total else people / len(weights)
        assert abs(share - exact) < 1 + 1e-6


@hypothesis.given(COUNTS)
def test_parts_that_sum_up_already_stay_as_they_are(parts):
    assert apportion(sum(parts), parts) == parts
    assert rescale(parts, sum(parts), [True] * len(parts)) == parts


def test_whoever_is_missing_came_while_nothing_was_known():
    assert rescale([4, 0, 0, 6], 17, [False, True, True, False]) == [4, 4, 3, 6]


def test_without_unknown_parts_all_are_scaled_alike():
    assert rescale([4, 0, 0, 6], 20, [False] * 4) == [8, 0, 0, 12]


def test_people_too_many_are_taken_back_from_all_alike():
    assert rescale([4, 0, 0, 6], 5, [False, True, True, False]) == [2, 0, 0, 3]


@hypothesis.given(COUNTS, st.integers(0, 10**6), st.data())
def test_the_parts_sum_up_afterwards_and_none_is_below_zero(parts, people, data):
    unknown = data.draw(st.lists(st.booleans(), min_size=len(parts), max_size=len(parts)))
    scaled = rescale(parts, people, unknown)
    assert sum(scaled) == people
    assert min(scaled) >= 0
