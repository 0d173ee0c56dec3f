"""Forms of administration: what was typed is kept, and what is wrong with it stands beside it."""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus
from typing import Any

from wtforms import Form, HiddenField, StringField
from wtforms.validators import InputRequired

from peoplecount.eventlog.log import LogError
from peoplecount.services.site_entry import InvalidFields
from peoplecount.storage.errors import DatabaseError, DatabaseUnavailable, InvalidEntry

KNOWN_FAULTS = (InvalidEntry, DatabaseError, LogError)
"""What desks raise that a form can show."""


def stripped(text: str | None) -> str:
    """What was typed without blanks around it."""
    return (text or "").strip()


def needed(words: str) -> InputRequired:
    """A validator for a field that must not be empty; ``words`` say what it wants."""
    return InputRequired(words)


class AdminForm(Form):  # type: ignore[misc]  # WTForms has no types
    """A form whose faults are told beside its fields; ``fault`` is what concerns none of them.

    The gate looks at the token against forgery, which every form of ours carries.
    """

    version = HiddenField()
    """Of what is changed, as it was when the form was opened: see ``ChangedMeanwhile``."""

    fault = ""

    def texts(self, *names: str) -> dict[str, str]:
        """What was typed into the fields of these names."""
        return {name: self[name].data or "" for name in names}

    def blame(self, error: Exception) -> int:
        """Show one of ``KNOWN_FAULTS`` beside the field that it names, or above all; the answer's status."""
        for name, words in _faults_by_field(error, self._fields).items():
            self[name].errors = [*self[name].errors, words]
        if isinstance(error, DatabaseError | LogError):
            self.fault = store_words(error)
            return HTTPStatus.SERVICE_UNAVAILABLE
        if not isinstance(error, InvalidFields):
            self.fault = sentence(error)
        return HTTPStatus.BAD_REQUEST


class Text(StringField):  # type: ignore[misc]
    """A line of text without blanks around it."""

    def __init__(self, label: str = "", validators: Any = None, **options: Any) -> None:  # noqa: ANN401
        super().__init__(label, validators, filters=[stripped], **options)


def store_words(error: Exception) -> str:
    """What is to be said where the database, or the local store, did not do what it was asked to."""
    if isinstance(error, DatabaseUnavailable):
        return "The database does not answer just now, and nothing was changed. Try again in a moment."
    where = "The database" if isinstance(error, DatabaseError) else "The local store"
    return f"{where} did not do it, and nothing was changed: {error}."


def sentence(error: Exception) -> str:
    """An error's words as a sentence."""
    words = str(error).rstrip(".")
    return f"{words[:1].upper()}{words[1:]}."


def _faults_by_field(error: Exception, fields: Collection[str]) -> dict[str, str]:
    if not isinstance(error, InvalidFields):
        return {}
    fallback = next(name for name in fields if name != "version")
    return {name if name in fields else fallback: f"{words}." for name, words in error.faults.items()}
