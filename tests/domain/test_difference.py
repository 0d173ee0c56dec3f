import pytest

from peoplecount.domain.difference import difference
from peoplecount.domain.figures import Figures


@pytest.mark.parametrize(
    ("shown", "ours", "sentence"),
    [
        (Figures(40, 30), Figures(40, 30), "The same as the camera shows."),
        (Figures(40, 30), Figures(43, 30), "3 more in than the camera shows."),
        (Figures(40, 30), Figures(40, 28), "2 fewer out than the camera shows."),
        (Figures(40, 30), Figures(43, 28), "3 more in and 2 fewer out than the camera shows."),
        (Figures(40, 30), Figures(41, 31), "1 more in and out each than the camera shows."),
        (None, Figures(40, 30), "What the camera shows is not known."),
        (Figures(40, 30), None, "Nothing is counted here yet today."),
        (Figures(), Figures(), "The same as the camera shows."),
    ],
)
def test_the_difference_is_a_sentence(shown, ours, sentence):
    assert difference(shown, ours) == sentence


def test_the_reason_follows_the_difference():
    assert difference(Figures(3, 1), Figures(40, 30), "it reset its totals at 14:02") == (
        "37 more in and 29 more out than the camera shows, because it reset its totals at 14:02."
    )


def test_where_there_is_no_difference_there_is_no_reason():
    assert difference(Figures(3, 1), Figures(3, 1), "it reset its totals") == "The same as the camera shows."
