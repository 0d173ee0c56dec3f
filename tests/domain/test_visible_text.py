import pytest

from peoplecount.domain.user import UnfitName, new_user_name, user_name
from peoplecount.domain.visible_text import invisible_in, is_of_one_script

UNSEEN = {
    "a zero-width blank": "\u200b",
    "a joiner": "\u200d",
    "a soft hyphen": "\u00ad",
    "hangul fillers": "\u115f",
    "another filler": "\u1160",
    "a third": "\u3164",
    "a half-wide one": "\uffa0",
    "a variation selector": "\ufe0f",
    "a turn of direction": "\u202e",
    "a tag": "\U000e0041",
    "braille without a dot": "\u2800",
    "a byte order mark": "\ufeff",
    "a grapheme joiner": "\u034f",
    "a line break": "\n",
    "a control": "\x7f",
}


@pytest.mark.parametrize("unseen", UNSEEN.values(), ids=UNSEEN.keys())
def test_characters_that_cannot_be_seen_are_found(unseen):
    assert invisible_in(f"Shop{unseen} 1") == f"U+{ord(unseen):04X}"


@pytest.mark.parametrize(
    "text", ["", "Main entrance", "Haupteingang Süd – 2. OG", "入口", "Вход Б", "مدخل", "Eingang №½", "Jose\u0301", "ö"]
)
def test_what_people_write_can_be_seen(text):
    assert invisible_in(text) == ""


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("anna", True),
        ("аnna", False),  # the first is Cyrillic
        ("annα", False),  # the last is Greek
        ("анна", True),
        ("anna-99@example.org", True),
        ("josé.müller", True),
        ("jose\u0301", True),
        ("山田たろう", True),
        ("山田タロー", True),
        ("김山", True),
        ("佐々木", True),
        ("〆木たろう", True),
        ("たろうx", False),
        ("anna9", True),
        ("9._@+-", True),
    ],
)
def test_letters_are_of_one_script_or_of_one_language(text, is_one):
    assert is_of_one_script(text) is is_one


@pytest.mark.parametrize("typed", ["аnna", "an\u200bna", "an\u115fna", "an\u3164na", "anna\u2800x", "ΑNNA"])
def test_nobody_new_is_called_what_looks_like_somebody_elses_name(typed):
    with pytest.raises(UnfitName):
        new_user_name(typed)


def test_who_is_known_by_such_a_name_already_can_still_be_named_to_be_removed():
    assert user_name("аnna") == "аnna"


def test_a_plain_name_is_kept_as_ever():
    assert new_user_name(" Anna@Example.ORG ") == user_name("anna@example.org") == "anna@example.org"
