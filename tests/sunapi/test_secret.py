from __future__ import annotations

import traceback

import pytest

from peoplecount.sunapi.answers import MalformedAnswer, Refusal, parse_answer
from peoplecount.sunapi.errors import UnexpectedAnswer
from peoplecount.sunapi.secret import Secret


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("error 604 pw Door 7&\\'ü", "error 604 pw ***"),
        ("DOOR 7&\\'Ü", "***"),
        ("twice: Door 7&\\'ü Door 7&\\'ü.", "twice: *** ***."),
        ("/login?pw=Door%207%26%5C%27%C3%BC&x=1", "/login?pw=***&x=1"),
        ("/login?pw=Door+7%26%5c%27%c3%bc", "/login?pw=***"),
        ("a page: " + repr("Door 7&\\'ü"), 'a page: "***"'),
        ("Door 7&amp;\\&#x27;ü", "***"),
        ("Door 7&\\\\'\\u00fc", "***"),
        ("Door 7&\\'\u00c3\u00bc", "***"),
        ("cut off in 'the Door 7'", "cut off in 'the ***'"),
        ("cut off (the Door)", "cut off (the ***)"),
        ("cut off: the Door 7&", "cut off: the ***"),
        ("the Doors of 'a Doo'", "the Doors of 'a Doo'"),
        ("nothing of it", "nothing of it"),
    ],
)
def test_a_password_is_taken_out_however_it_is_written(text: str, masked: str) -> None:
    assert Secret("Door 7&\\'ü").masked(text) == masked


@pytest.mark.parametrize("password", ["", "a", "the"])
def test_a_password_too_short_to_be_one_blots_out_no_words(password: str) -> None:
    assert Secret(password).masked("the camera") == "the camera"


def test_an_unpaired_surrogate_is_no_obstacle() -> None:
    assert Secret("door\udc80").masked("door\udc80 open") == "*** open"


def read(body: bytes) -> None:
    try:
        parse_answer(body)
    except (MalformedAnswer, Refusal) as error:
        raise UnexpectedAnswer("front", f"it said: {error}") from error


@pytest.mark.parametrize(
    "body", ["NG\r\nError Code: 600\r\nError Details: {}", '{{"Response":"Fail","Error":{{"Details":"{}"}}}}']
)
def test_a_traceback_does_not_tell_it_either(body: str) -> None:
    password = "s3cret-Door"
    with pytest.raises(UnexpectedAnswer) as caught:
        read(body.format(password).encode())

    Secret(password).mask(caught.value)

    assert "***" in str(caught.value)
    assert password not in "".join(traceback.format_exception(caught.value))


def test_a_cause_that_tells_nothing_is_kept() -> None:
    error = UnexpectedAnswer("front", "cut off")
    error.__cause__ = ValueError("at byte 7")

    Secret("s3cret-Door").mask(error)

    assert str(error.__cause__) == "at byte 7"
    assert (error.camera_id, str(error)) == ("front", "cut off")
