"""Passwords that many people have are nobody's here."""

import pytest

from peoplecount.services.common_passwords import common_passwords, is_common
from peoplecount.services.passwords import LONGEST, SHORTEST, UnfitPassword, demand_fit


def test_the_list_has_what_the_rule_of_length_lets_through() -> None:
    known = common_passwords()
    assert len(known) == 5000  # ASVS 6.2.4 asks for 3,000 of those that may be chosen
    assert all(SHORTEST <= len(one) <= LONGEST for one in known)
    assert all(one == one.casefold().strip() for one in known), "nobody could match it"


def test_none_of_them_may_be_chosen() -> None:
    for one in sorted(common_passwords())[::50]:
        with pytest.raises(UnfitPassword):
            demand_fit(one)


@pytest.mark.parametrize(
    "password",
    ["1qaz2wsx3edc", "QazWsxEdcRfv", "qwerty123456!", "Unbelievable2026!", "(unbelievable)", "  123qweasdzxc "],
)
def test_capitals_and_what_stands_around_it_do_not_make_it_another(password: str) -> None:
    assert is_common(password)
    with pytest.raises(UnfitPassword, match="tried first"):
        demand_fit(password)


@pytest.mark.parametrize(
    "password", ["Hanwha-Wisenet1", "PeopleCount2026", "Password-Admin", "administrator12", "anna@wisenet1"]
)
def test_words_that_anybody_would_try_here_are_not_enough(password: str) -> None:
    with pytest.raises(UnfitPassword, match="the product's name"):
        demand_fit(password, "anna")


@pytest.mark.parametrize(
    "password", ["unbelievable cameras", "correct horse battery", "wisenet grows on lemon trees", "Ünglaublich!!"]
)
def test_others_may_be_chosen(password: str) -> None:
    demand_fit(password, "anna")
