from __future__ import annotations

import pytest

from peoplecount.sunapi.answers import (
    MOST_PEOPLE,
    MalformedAnswer,
    Refusal,
    clean,
    flag,
    member,
    parse_answer,
    people,
    whole_number,
)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b'{"Model":"X"}', {"Model": "X"}),
        (b'\xef\xbb\xbf  {"Model":"X"}\r\n', {"Model": "X"}),
        ('{"Name":"Türe"}'.encode("latin-1"), {"Name": "Türe"}),
        (b"Model=X\r\nName=a=b:c\r\n", (("Model", "X"), ("Name", "a=b:c"))),
        (b"Model=X\nName=Y", (("Model", "X"), ("Name", "Y"))),
        (b"Model=X\rName=Y\r", (("Model", "X"), ("Name", "Y"))),
        (b"Model = X \r\n\r\nName=\r\n", (("Model", "X"), ("Name", ""))),
        (b"Line=1\r\nLine=2\r\nnonsense\r\n", (("Line", "1"), ("Line", "2"))),
        ("Name=a\u2028b\x85c\r\n".encode(), (("Name", "a\u2028b\x85c"),)),
        ("Name=Türe".encode("latin-1"), (("Name", "Türe"),)),
        (b"Name=PARKING\r\nNote=NG\r\n", (("Name", "PARKING"), ("Note", "NG"))),
    ],
)
def test_the_body_decides_what_it_is(body: bytes, fields: object) -> None:
    assert parse_answer(body) == fields


@pytest.mark.parametrize(
    ("body", "code", "details"),
    [
        (b"NG\r\nError Code: 604\r\nError Details:\r\nInvalid Input Value(s)\r\n", 604, "Invalid Input Value(s)"),
        (b"NG\nError Code: 600\nError Details: Submenu Not Found", 600, "Submenu Not Found"),
        (b"\r\nNG \r\n", 0, ""),
        (b'{"Response":"Fail","Error":{"Code":608,"Details":"Not Supported "}}', 608, "Not Supported"),
        (b'{"response":"Fail","error":{"code":"607","details":"Unknown Error","reason":"x"}}', 607, "Unknown Error"),
        (b'{"Response":"fail","Error":"broken"}', 0, ""),
        (b'{"Response":"Fail"}', 0, ""),
    ],
)
def test_error_messages_of_cameras_are_refusals(body: bytes, code: int, details: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse_answer(body)

    assert (caught.value.code, caught.value.details) == (code, details)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "an empty body"),
        (b"  \r\n", "an empty body"),
        (b"<!DOCTYPE html><title>Welcome</title>", "a page came"),
        (b"OK", "neither JSON nor"),
        (b"\x00\x01\xff\xfe", "neither JSON nor"),
        (b'{"PeopleCount":[{"Li', "cut-off JSON"),
        (b"[1,2]", "a JSON object was expected"),
        (b"[" * 100_000, "cut-off JSON"),
        (b'{"a":' + b"9" * 5000 + b"}", "cut-off JSON"),
    ],
)
def test_anything_else_is_refused_with_a_reason(body: bytes, words: str) -> None:
    with pytest.raises(MalformedAnswer, match=words):
        parse_answer(body)


@pytest.mark.parametrize(
    "body",
    [
        b"\x1b[31m" + b"s3cret " * 1000,
        b"<html>s3cret</html>",
        b'{"token":"s3cret"',
        b'["s3cret"]',
        b"s3cret",
        b"Bearer s3cret\r\n",
    ],
)
def test_of_a_body_of_no_camera_nothing_is_quoted_but_its_length_is_told(body: bytes) -> None:
    with pytest.raises(MalformedAnswer, match=rf"{len(body.strip()):,} characters") as caught:
        parse_answer(body)

    assert "s3cret" not in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("given", "number"),
    [
        (0, 0),
        (412, 412),
        (412.0, 412),
        ("412", 412),
        (" 412 ", 412),
        ("+412", 412),
        (MOST_PEOPLE, MOST_PEOPLE),
        (MOST_PEOPLE + 1, None),
        (-1, None),
        ("-1", None),
        (0.5, None),
        ("0.5", None),
        ("", None),
        ("x", None),
        ("١٢", None),
        ("1" * 30, None),
        (True, None),
        (None, None),
        ([1], None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_only_plausible_counts_are_counts(given: object, number: int | None) -> None:
    assert people(given) == number


def test_whole_numbers_may_be_larger_than_counts() -> None:
    assert whole_number("200000000") == 200_000_000


def test_members_are_found_in_any_case_the_exact_one_first() -> None:
    assert member({"incount": 1, "InCount": 2}, "InCount") == 2
    assert member({"INCOUNT": 3}, "InCount") == 3
    assert member({"Line": 4}, "LineIndex", "Line") == 4
    assert member({}, "InCount") is None


@pytest.mark.parametrize(("given", "on"), [(True, True), ("False", False), (" true", True), (None, True), (1, True)])
def test_flags_come_in_json_and_in_words(given: object, on: object) -> None:
    assert flag(given, default=True) is on


def test_names_are_fit_to_be_shown() -> None:
    assert clean("  East\x00\x1b door\n ") == "East door"
    assert clean("x" * 500) == "x" * 100
    assert clean(17) == ""
