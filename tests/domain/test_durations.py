"""How long things take, counted by length."""

import pytest

from peoplecount.domain.durations import BOUNDS, Durations, read_durations


def test_each_is_counted_at_the_first_bound_it_does_not_exceed():
    durations = Durations()
    for seconds in (0.0, 0.005, 0.006, 11.0):
        durations.note(seconds)
    up_to = dict(durations.up_to())
    assert (up_to[0.005], up_to[0.01], up_to[10.0], up_to[float("inf")]) == (2, 3, 3, 4)
    assert durations.seconds == pytest.approx(11.011)


def test_what_is_written_is_read_again():
    durations = Durations()
    durations.note(0.3)
    assert read_durations(durations.figures()) == durations


@pytest.mark.parametrize("figures", [[], [1.0], ["0"] * (len(BOUNDS) + 2), [0.0] * (len(BOUNDS) + 3)])
def test_anything_else_is_refused(figures):
    with pytest.raises(ValueError, match="numbers make durations"):
        read_durations(figures)
