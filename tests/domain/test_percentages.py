import pytest

from peoplecount.domain.percentages import whole_percentages

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ([1.0], [100]),
        ([0.29, 0.71], [29, 71]),
        ([1 / 3, 1 / 3, 1 / 3], [34, 33, 33]),
        ([0.006, 0.989, 0.005], [0, 99, 0]),
        ([0.999, 0.001], [99, 0]),
        ([0.01, 0.99], [1, 99]),
        ([0.495, 0.505], [50, 50]),
        ([0.9, 0.0, 0.1], [90, 0, 10]),
        ([0.959, 0.009, 0.009, 0.009, 0.009, 0.005], [96, 0, 0, 0, 0, 0]),
    ],
)
def test_they_go_together(shares, told):
    assert whole_percentages(shares) == told


@hypothesis.given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any))
def test_they_sum_up_to_a_hundred_with_what_is_less_than_one_and_none_is_far_off(weights):
    exact = [100 * weight / sum(weights) for weight in weights]
    told = whole_percentages([one / 100 for one in exact])
    small = sum(one for one, shown in zip(exact, told, strict=True) if not shown)
    assert sum(told) == 100 - (max(1, round(small)) if small else 0)
    for one, shown in zip(exact, told, strict=True):
        assert abs(shown - one) < 2
        assert (shown == 0) == (one < 1 - 1e-9)
        assert (shown == 100) == (one == 100)
