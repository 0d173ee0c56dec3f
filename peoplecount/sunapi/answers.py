"""Answers of cameras, from bytes to fields, before anybody asks what they mean.

Content types are unreliable: manuals show JSON labelled ``text/plain`` (SUNAPI Event manual 2.6.2), and firmware older
than SUNAPI 2.5.0 answers text whatever it was asked for. So the body decides, by its first character.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from peoplecount.domain.visible_text import is_visible

Json: TypeAlias = Mapping[str, object]
Pairs: TypeAlias = tuple[tuple[str, str], ...]
"""Keys and values of a text answer in their order; a key may come more than once."""

MOST_PEOPLE = 10_000_000
"""No door counts more in a day; a larger total is a fault."""

_LINE_END = re.compile(r"\r\n|\r|\n")
"""CRLF is what cameras send. ``splitlines`` would also break names at characters that only look like line ends."""

_WHOLE_NUMBER = re.compile(r"\+?\d{1,18}", re.ASCII)
_NOT_ZERO = re.compile(r"[-0.]*[1-9]", re.ASCII)
_FAILURE_CODE = re.compile(r"^Error Code\s*:\s*(\d{1,9})", re.ASCII | re.IGNORECASE | re.MULTILINE)
_FAILURE_DETAILS = re.compile(r"^Error Details\s*:\s*(\S[^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_LONGEST_NAME = 100


class MalformedAnswer(ValueError):
    """The body is not what was asked for; the message says what was expected and what came."""


class Refusal(Exception):
    """The body is an error message of the camera."""

    def __init__(self, code: int, details: str) -> None:
        super().__init__(f"{code} {details}".strip())
        self.code = code
        """SUNAPI Introduction 2.6.2, table of error codes; 0 where the camera gave none."""

        self.details = details


def parse_answer(body: bytes) -> Json | Pairs:
    """The fields of a JSON object, or the key and value pairs of a text answer.

    Raises ``Refusal`` for the camera's own error messages and ``MalformedAnswer`` for everything else.
    """
    text = decode(body).strip()
    first = text[:1]
    if first in {"{", "["}:
        return _json_object(text)
    if first == "<":
        raise MalformedAnswer(f"a page came instead of values: {extent_of(text)}")
    lines = _LINE_END.split(text)
    # The first line only: the word may stand anywhere else, in a line called PARKING for instance.
    if lines and lines[0].strip() == "NG":
        raise _text_refusal(text)
    pairs = tuple(_pairs(lines))
    if not pairs:
        raise MalformedAnswer(f"neither JSON nor lines of the form key=value: {extent_of(text)}")
    return pairs


def decode(body: bytes) -> str:
    """Text of a body: UTF-8 with or without a byte order mark, else Latin-1 as old firmware writes it."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def extent_of(text: str) -> str:
    """How long a body is. None of it is quoted: what answers is no camera, perhaps, and its body somebody's secret."""
    return f"{len(text):,} characters" if text else "an empty body"


def _json_object(text: str) -> Json:
    try:
        value = json.loads(text, parse_float=_exact)
    except (ValueError, RecursionError) as error:
        raise MalformedAnswer(f"broken or cut-off JSON: {extent_of(text)}") from error
    if not isinstance(value, dict):
        raise MalformedAnswer(f"a JSON object was expected: {extent_of(text)}")
    if str(member(value, "Response")).lower() == "fail":
        raise _json_refusal(value)
    return value


def _exact(text: str) -> float:
    """A number with a fraction or an exponent; none at all where it is so small that it would be read as 0."""
    number = float(text)
    return number if number or not _NOT_ZERO.match(text) else math.nan


def _json_refusal(value: Json) -> Refusal:
    error = member(value, "Error")
    fields = error if isinstance(error, dict) else {}
    return Refusal(whole_number(member(fields, "Code")) or 0, clean(member(fields, "Details")))


def _text_refusal(text: str) -> Refusal:
    code = _FAILURE_CODE.search(text)
    details = _FAILURE_DETAILS.search(text)
    return Refusal(int(code[1]) if code else 0, clean(details[1]) if details else "")


def _pairs(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        key, sign, value = line.partition("=")
        if sign and key.strip():
            yield key.strip(), value.strip()


def member(fields: Json, *names: str) -> object:
    """The member of one of these names, tried in order, the exact case before any other; ``None`` if absent."""
    for name in names:
        if name in fields:
            return fields[name]
    wanted = {name.lower() for name in names}
    return next((value for key, value in fields.items() if key.lower() in wanted), None)


def objects(value: object) -> list[Json]:
    """The JSON objects in an array; nothing for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def whole_number(value: object) -> int | None:
    """A whole number that is not negative, from a JSON number or a string of digits; ``None`` for all else."""
    if isinstance(value, str):
        return int(value) if _WHOLE_NUMBER.fullmatch(value := value.strip()) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if value >= 0 and value == value // 1 else None


def people(value: object) -> int | None:
    """A running total: a whole number up to ``MOST_PEOPLE``; ``None`` for what no counter shows."""
    number = whole_number(value)
    return number if number is not None and number <= MOST_PEOPLE else None


def flag(value: object, *, default: bool) -> bool:
    """``True`` and ``False`` as JSON or in words, any case; ``default`` for anything else."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(str(value).strip().lower(), default)


def clean(value: object) -> str:
    """A name or description fit to be shown: one line, printable, not endless; empty for what is no text."""
    if not isinstance(value, str):
        return ""
    return "".join(character for character in value if is_visible(character)).strip()[:_LONGEST_NAME]
