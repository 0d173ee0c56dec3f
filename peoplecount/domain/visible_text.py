"""Visible text: what people see is what is there, so that no name passes for another one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

# Default_Ignorable_Code_Point (Unicode 16, DerivedCoreProperties.txt), which ``unicodedata`` does not know, and the
# braille pattern without a dot. Most of the rest that cannot be seen is not printable to Python.
_INVISIBLE = frozenset(
    code
    for first, last in (
        *((0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)),
        *((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0F)),
        *((0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A)),
        (0xE0000, 0xE0FFF),
    )
    for code in range(first, last + 1)
)

_WRITTEN_TOGETHER = (
    frozenset({"CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"CJK", "HANGUL"}),
    frozenset({"CJK", "BOPOMOFO"}),
)
"""Scripts of one language; no letter of the one looks like one of the other."""

_OF_EVERY_SCRIPT = frozenset({"MODIFIER", "COMBINING"})

_OTHERWISE_CALLED = {"IDEOGRAPHIC": "CJK"}
"""Characters whose names begin otherwise than their script's: 々, as in 佐々木."""


def is_visible(character: str) -> bool:
    """Whether a character, a blank among them, can be seen where it is printed."""
    return character.isprintable() and ord(character) not in _INVISIBLE


def invisible_in(text: str) -> str:
    """The first character that cannot be seen, as ``U+200B``; empty where there is none."""
    return next((f"U+{ord(character):04X}" for character in text if not is_visible(character)), "")


def as_seen(text: str) -> str:
    """``text`` on one line, with a blank for characters that cannot be seen, and none at its ends."""
    return " ".join("".join(one if is_visible(one) else " " for one in text).split())


def is_of_one_script(text: str) -> bool:
    """Whether all letters are of one script, or of several in which one language is written.

    A plain rule after Unicode's security mechanisms (UTS 39, 5.1): letters that look the same are of different scripts.
    """
    scripts = frozenset(_scripts(text))
    return len(scripts) < 2 or any(scripts <= together for together in _WRITTEN_TOGETHER)


def _scripts(text: str) -> Iterable[str]:
    for character in text:
        if character.isalpha():
            script = unicodedata.name(character, "UNKNOWN").partition(" ")[0].partition("-")[0]
            if script not in _OF_EVERY_SCRIPT:
                yield _OTHERWISE_CALLED.get(script, script)
