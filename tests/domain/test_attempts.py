"""How many attempts to sign in may fail in a while."""

import pytest

from peoplecount.domain.attempts import MOST_SUBJECTS, WINDOW, Subject, begun, still_counting, succeeded, wait
from peoplecount.domain.user import Role, UnfitName, user_name

ANNA = Subject("account:anna", 3)
HERE = Subject("address:192.0.2.7", 5)


def failed(times, *subjects):
    failures = {}
    for at in times:
        failures = begun(failures, subjects or (ANNA, HERE), at)
    return failures


def test_the_next_attempt_waits_until_the_oldest_of_too_many_is_over():
    failures = failed([0, 10, 20])
    assert wait(failures, (ANNA, HERE), 30) == WINDOW - 30
    assert wait(failures, (HERE,), 30) == 0
    assert wait(still_counting(failures, WINDOW + 1), (ANNA, HERE), WINDOW + 1) == 0
    assert wait(failures, (Subject("account:ben", 3), HERE), 30) == 0


def test_the_longest_wait_counts():
    failures = failed([0, 10, 20]) | failed([100] * 5, HERE)
    assert wait(failures, (ANNA, HERE), 120) == 100 + WINDOW - 120


def test_an_attempt_that_succeeds_makes_room_for_its_account_and_for_no_guess_at_another():
    failures = succeeded(failed([0, 10, 20]), ANNA, (HERE,), 20)
    assert ANNA.key not in failures
    assert failures[HERE.key] == (0, 10)


def test_a_clock_that_is_set_back_keeps_nobody_out_for_longer_than_usual():
    failures = still_counting(failed([100_000] * 3), 50)
    assert wait(failures, (ANNA,), 50) == WINDOW


def test_those_that_are_remembered_do_not_grow_for_ever():
    failures = {}
    for number in range(MOST_SUBJECTS + 10):
        failures = {f"account:{number}": (float(number),), **failures} if number < MOST_SUBJECTS else begun(
            failures, (Subject(f"account:{number}", 3),), float(number)
        )  # fmt: skip
    assert len(failures) == MOST_SUBJECTS
    assert "account:0" not in failures
    assert f"account:{MOST_SUBJECTS + 9}" in failures


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("Anna", "anna"), (" anna@Example.ORG ", "anna@example.org"), ("ＡＮＮＡ", "anna"), ("Straße", "strasse"),
     ("josé", "jose\N{COMBINING ACUTE ACCENT}".replace("e\N{COMBINING ACUTE ACCENT}", "é"))],
)  # fmt: skip
def test_names_that_look_the_same_are_the_same(typed, kept):
    assert user_name(typed) == kept


@pytest.mark.parametrize("typed", ["", "a", "a b", "<b>", "a\nb", "a/b", "x" * 65, ".anna", "anna.", "a\x00b", "a:b"])
def test_what_can_be_nobodys_name_is_refused(typed):
    with pytest.raises(UnfitName):
        user_name(typed)


def test_each_role_may_what_those_before_it_may():
    assert [[role.covers(other) for other in Role] for role in Role] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
