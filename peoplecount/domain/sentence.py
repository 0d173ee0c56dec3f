"""Sentences that people read: English wherever they are texts, and in another language where a page shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self


class Sentence(str):
    """English, in a log, in JSON and in a terminal; it carries what it was made from, so that a page can translate it.

    ``say``, ``say_number``, ``whole`` and ``joined`` make them. What is done with it as a text (cut, added to, written
    into another one) gives a plain text. Pages recognise such texts by their form as far as they can
    (``web/phrase_book.py``), as they do with those that come out of the log.
    """

    __slots__ = ("is_whole", "msgid", "number", "plural", "values")

    msgid: str
    """The English words with places for values, ``%(name)s``; they are the key in catalogues."""

    values: Mapping[str, object]
    """Of the places; sentences and figures among them are translated in their turn."""

    plural: str
    """The words for other numbers than one; empty: it has none."""

    number: int
    """By which the plural is chosen."""

    is_whole: bool
    """Whether it begins with a capital letter and ends with a full stop, whatever the words are like."""

    def __new__(
        cls,
        english: str,
        msgid: str = "",
        values: Mapping[str, object] | None = None,
        plural: str = "",
        number: int = 1,
        *,
        is_whole: bool = False,
    ) -> Self:
        """``english`` is the text; without a ``msgid`` it is recognised by its form, or stays as it is."""
        made = super().__new__(cls, english)
        made.msgid, made.values, made.plural, made.number = msgid, values or {}, plural, number
        made.is_whole = is_whole
        return made


class Figure(str):
    """A number as English writes it; pages write it as their language does."""

    __slots__ = ("is_share", "number")

    number: float
    is_share: bool
    """Whether it is a share of one, written as per cent."""

    def __new__(cls, english: str, number: float = 0, *, is_share: bool = False) -> Self:
        """``figure`` and ``per_cent`` make them."""
        made = super().__new__(cls, english)
        made.number, made.is_share = number, is_share
        return made


def say(msgid: str, /, **values: object) -> Sentence:
    """A sentence. The words must stand in the call as they are, for the catalogues are made from there.

    ``say("%(camera)s does not answer", camera=name)``; a percent sign is written twice.
    """
    return Sentence(msgid % values, msgid, values)


def say_number(singular: str, plural: str, number: int, /, **values: object) -> Sentence:
    """A sentence with a number in it, ``%(num)s``."""
    given = {"num": figure(number), **values}
    return Sentence((singular if number == 1 else plural) % given, singular, given, plural, number)


def figure(number: float) -> Figure:
    """``1,234``: a number of people, seconds or the like. Ports, years and ids are no figures, but texts."""
    return Figure(f"{number:,}", number)


def per_cent(share: float) -> Figure:
    """``98%`` of 0.98, to the whole per cent."""
    return Figure(f"{share:.0%}", share, is_share=True)


def words_of(error: BaseException) -> str:
    """What an error says: the sentence itself, where it was given one; ``str`` would make a plain text of it."""
    words = error.args[0] if error.args else ""
    return words if isinstance(words, Sentence) and str(error) == words else str(error)


def whole(words: str) -> Sentence:
    """What an error says, as a sentence of its own: with a capital letter in front and a full stop behind."""
    english = finished(words)
    if isinstance(words, Sentence):
        return Sentence(english, words.msgid, words.values, words.plural, words.number, is_whole=True)
    return Sentence(english, is_whole=True)


def finished(words: str) -> str:
    """A text with a capital letter in front and a full stop behind, or whatever else it ends with."""
    text = words.rstrip(". ")
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('?', '!', '…')) else '.'}" if text else ""


def joined(parts: Iterable[str], between: str = " ") -> Sentence:
    """Several sentences, one after the other; the empty ones are left out."""
    told = [part for part in parts if part]
    if len(told) == 1 and isinstance(told[0], Sentence):
        return told[0]
    places = between.replace("%", "%%").join(f"%(part{place})s" for place in range(len(told)))
    return Sentence(between.join(told), places, {f"part{place}": part for place, part in enumerate(told)})
