"""What may be asked of the history's pages, and in which words nonsense is refused."""

from datetime import date

import pytest

from peoplecount.domain.history_period import Beside, Grain
from peoplecount.domain.interval import Scope
from peoplecount.services.counts_query import BadQuery
from peoplecount.services.history_query import Days, HistoryQuery, Hours

TODAY = date(2026, 5, 4)


def ask(**asked):
    return HistoryQuery.parse({name.rstrip("_"): value for name, value in asked.items()}, TODAY)


def test_without_a_word_it_is_the_last_thirty_days_by_the_day():
    query = ask()
    assert (query.first, query.last, query.grain) == (date(2026, 4, 5), TODAY, Grain.DAY)


@pytest.mark.parametrize(
    ("first", "grain"),
    [("2026-05-04", Grain.HOUR), ("2026-04-01", Grain.DAY), ("2025-10-01", Grain.WEEK), ("2024-05-05", Grain.MONTH)],
)
def test_the_step_fits_the_length(first, grain):
    assert ask(from_=first).grain is grain


def test_parameters_read_again_are_the_same_question_and_leave_out_what_goes_by_itself():
    query = ask(
        site="shop", door="front", from_="2026-04-01", to="2026-04-30", step="60", compare="year", hours="open",
        days="ordinary", known="2026-05-01",
    )  # fmt: skip
    assert HistoryQuery.parse(query.parameters(), TODAY) == query
    assert (query.beside, query.hours, query.days, query.scope) == (Beside.YEAR, Hours.OPEN, Days.ORDINARY, Scope.DOOR)
    assert list(ask().parameters()) == ["from", "to", "step"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"from": "yesterday"}, "from: 'yesterday' is no day"),
        ({"from": "2026-02-30"}, "there is no day 2026-02-30"),
        ({"from": "0001-01-01"}, "out of reach"),
        ({"from": "2026-05-04", "to": "2026-05-03"}, "comes after"),
        ({"from": "2020-01-01"}, "1,100 days at most"),
        ({"step": "5"}, "allowed are 15, 60, day, week, month"),
        ({"step": "15"}, "Allowed for them: 60, day, week, month"),
        ({"compare": "decade"}, "allowed are none, previous, year"),
        ({"hours": "open"}, "choose a site"),
        ({"from": "2026-05-02", "step": "60"}, "of 2 days at most, and these are 3. Choose a site"),
        ({"colour": "blue"}, "colour is not known here; allowed are site, door"),
        ({"site": "a\0b"}, "no id has"),
        ({"from": "٢٠٢٦-٠٥-٠٤"}, "is no day"),
    ],
)
def test_nonsense_is_refused_with_what_is_allowed(asked, words):
    with pytest.raises(BadQuery, match=words):
        HistoryQuery.parse(asked, TODAY).demand_sense()
