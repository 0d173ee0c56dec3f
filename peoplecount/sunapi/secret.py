"""A password that may not be told, wherever a camera may have repeated it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from urllib.parse import quote, quote_plus

_SHORTEST = 4
"""Shorter passwords, which no camera accepts, would blot out words by chance."""

_MASK = "***"
_CUT_OFF = r"""(?=['")]|\Z)"""
"""Where a quotation ends in a message."""

_DEEPEST = 20


class Secret:
    """Takes a password out of texts, as it is and as it stands in addresses, pages, JSON and quotations."""

    def __init__(self, password: str) -> None:
        self._password = password

    def masked(self, text: str) -> str:
        """The text with ``***`` for the password, and for its beginning where a quotation was cut off within it."""
        return self._pattern.sub(_MASK, text) if len(self._password) >= _SHORTEST else text

    def mask(self, error: Exception) -> None:
        """Take the password out of an error, whose only argument is its message.

        Causes that tell it are forgotten, or else a traceback would show it.
        """
        error.args = (self.masked(str(error)),)
        if any(self.masked(text) != text for text in map(str, islice(_causes(error), _DEEPEST))):
            error.__cause__ = error.__context__ = None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        forms = _forms(self._password)
        return re.compile("|".join([*map(re.escape, forms), *map(_beginning, forms)]), re.IGNORECASE)


def _forms(password: str) -> list[str]:
    """How a password may be written, the longest first."""
    forms = {
        password,
        repr(password)[1:-1],
        json.dumps(password)[1:-1],
        html.escape(password),
        quote(password, safe="", errors="replace"),
        quote_plus(password, errors="replace"),
        # Headers are taken for Latin-1, whatever they are.
        password.encode(errors="replace").decode("latin-1"),
    }
    return sorted(forms, key=lambda form: (-len(form), form))


def _beginning(form: str) -> str:
    """A pattern for a beginning that is long enough to be one, right before the end of a quotation."""
    further = ""
    for character in reversed(form[_SHORTEST:]):
        further = f"(?:{re.escape(character)}{further})?"
    return re.escape(form[:_SHORTEST]) + further + _CUT_OFF


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__ or error.__context__
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
