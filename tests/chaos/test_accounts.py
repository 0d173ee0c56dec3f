"""Accounts: who says other than what was seen, and whether he says that he does not know."""

from __future__ import annotations

from tests.chaos.accounts import Source, differences, differing, table

DAY = "2026-05-12"
ALL_AGREE = {source: {("1-0-1-1", DAY): (10, 9)} for source in Source}


def test_where_all_agree_there_is_no_difference() -> None:
    assert differences(ALL_AGREE, {}) == []


def test_one_who_says_other_is_named() -> None:
    (found,) = differences(ALL_AGREE | {Source.LOG: {("1-0-1-1", DAY): (10, 8)}}, {})
    assert (found.line, found.day, found.unmarked) == ("1-0-1-1", DAY, (Source.LOG,))


def test_a_difference_that_is_said_to_be_unknown_is_marked() -> None:
    said = ALL_AGREE | {Source.LOG: {("1-0-1-1", DAY): (10, 8)}, Source.DATABASE: {("1-0-1-1", DAY): (10, 8)}}
    (half,) = differences(said, {Source.LOG: {("1-0-1-1", DAY)}})
    assert half.unmarked == (Source.DATABASE,)
    (whole,) = differences(said, {source: {("1-0-1-1", DAY)} for source in (Source.LOG, Source.DATABASE)})
    assert whole.unmarked == ()


def test_a_mark_of_another_day_is_none() -> None:
    (found,) = differences(
        ALL_AGREE | {Source.LOG: {("1-0-1-1", DAY): (10, 8)}}, {Source.LOG: {("1-0-1-1", "2026-05-11")}}
    )
    assert found.unmarked == (Source.LOG,)


def test_the_log_and_the_database_cannot_keep_silent_about_people() -> None:
    said = ALL_AGREE | {Source.LOG: {}, Source.STREAM: {}, Source.HISTORY: {}}
    (found,) = differences(said, {})
    assert found.unmarked == (Source.LOG,)


def test_a_day_without_anybody_needs_no_word() -> None:
    assert differences({Source.CAMERA: {("1-0-1-1", DAY): (0, 0)}}, {}) == []


def test_a_day_that_goes_on_has_slack() -> None:
    said = ALL_AGREE | {Source.LOG: {("1-0-1-1", DAY): (12, 8)}}
    assert differences(said, {}, {("1-0-1-1", DAY): (2, 1)}) == []
    assert differences(said, {}, {("1-0-1-1", DAY): (1, 1)}) != []
    assert differences(said, {}, {("1-0-1-1", "2026-05-11"): (2, 1)}) != []


def test_the_table_says_who_says_what() -> None:
    found = differences(ALL_AGREE | {Source.LOG: {("1-0-1-1", DAY): (10, 8)}, Source.STREAM: {}}, {})
    title, row = table(found)
    assert title.split() == ["line", "day", *Source]
    assert row.split()[:7] == ["1-0-1-1", DAY, "10/9", "10/9", "10/8", "10/9", "-"]
    assert row.endswith("not marked: log")


def test_two_accounts_that_must_be_the_same_differ_by_name() -> None:
    ours, theirs = {"a": (1, 1), "b": (2, 2)}, {"b": (2, 3), "c": (0, 0)}
    assert differing("we", ours, "they", theirs) == ["a: we 1/1, they -", "b: we 2/2, they 2/3"]


def test_what_a_camera_knows_after_it_has_forgotten_people_nobody_had_heard_of_is_as_right() -> None:
    said = ALL_AGREE | {Source.LOG: {("1-0-1-1", DAY): (7, 8)}}
    assert differences(said, {}, forgotten={("1-0-1-1", DAY): (7, 8)}) == []
    assert differences(said, {}, forgotten={("1-0-1-1", DAY): (7, 7)}) != []
