"""Forms of administration: what was typed is kept, and what is wrong with it stands beside it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from flask import request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse
from wtforms import Form, HiddenField, StringField
from wtforms.validators import DataRequired, InputRequired

from peoplecount.domain.sentence import say, whole, words_of
from peoplecount.domain.user import UnfitName
from peoplecount.eventlog.log import LogError
from peoplecount.outbound.errors import AddressRefused
from peoplecount.services.alert_rules import RuleRefused
from peoplecount.services.api_tokens import TokenRefused
from peoplecount.services.passwords import TooManyAtOnce, UnfitPassword
from peoplecount.services.report_schedules import ScheduleRefused
from peoplecount.services.screens import ScreenRefused
from peoplecount.services.site_entry import InvalidFields
from peoplecount.services.subscriptions import NoSuchSubscription, SubscriptionRefused
from peoplecount.services.user_book import UserRefused
from peoplecount.storage.errors import DatabaseError, DatabaseUnavailable, InvalidEntry

KNOWN_FAULTS = (
    *(InvalidEntry, DatabaseError, LogError),
    *(UserRefused, UnfitName, UnfitPassword, TooManyAtOnce, TokenRefused, ScreenRefused),
    *(AddressRefused, SubscriptionRefused, NoSuchSubscription, RuleRefused, ScheduleRefused),
)
"""What desks raise that a form can show."""

T = TypeVar("T")

_FIELD_OF: Mapping[type[Exception], str] = {UnfitName: "name", UnfitPassword: "password", AddressRefused: "address"}
"""Where it is shown."""


def stripped(text: str | None) -> str:
    """What was typed without blanks around it."""
    return (text or "").strip()


def sent() -> MultiDict[str, str] | None:
    """What was sent, for a form; ``None`` where it is only opened: an empty one has its boxes unticked."""
    return request.form if request.method == "POST" else None


def needed(words: str) -> DataRequired:
    """A validator for a text that must not be empty, nor blanks alone; ``words`` say what it wants."""
    return DataRequired(words)


def chosen(words: str) -> InputRequired:
    """A validator for a choice that must be made by whoever sends the form, whatever is preset."""
    return InputRequired(words)


class AdminForm(Form):  # type: ignore[misc]  # WTForms has no types
    """A form whose faults are told beside its fields; ``fault`` is what concerns none of them.

    The gate looks at the token against forgery, which every form of ours carries.
    """

    version = HiddenField()
    """Of what is changed, as it was when the form was opened: see ``ChangedMeanwhile``."""

    fault = ""

    def seen(self) -> str:
        """The version that was changed on the page; none that there is where a form does not say."""
        return self.version.data or "none"

    def texts(self, *names: str) -> dict[str, str]:
        """What was typed into the fields of these names."""
        return {name: self[name].data or "" for name in names}

    def blame(self, error: Exception) -> int:
        """Show one of ``KNOWN_FAULTS`` beside the field that it names, or above all; the answer's status."""
        for name, words in _faults_by_field(error, self._fields).items():
            self[name].errors = [*self[name].errors, words]
        if isinstance(error, DatabaseError | LogError | TooManyAtOnce):
            self.fault = store_words(error)
            return HTTPStatus.SERVICE_UNAVAILABLE
        if not (isinstance(error, InvalidFields) or type(error) in _FIELD_OF):
            self.fault = sentence(error)
        return HTTPStatus.BAD_REQUEST


def answered(
    form: AdminForm,
    shown: Callable[[int], AnyResponse],
    act: Callable[[], T],
    told: Callable[[T], AnyResponse],
) -> AnyResponse:
    """What is answered where a form is opened or sent.

    ``shown`` gives its page with a status. ``act`` does what was asked for, once that is valid; what it raises of
    ``KNOWN_FAULTS`` is said in the form. ``told`` says what came of it.
    """
    if request.method != "POST":
        return shown(HTTPStatus.OK)
    if not form.validate():
        return shown(HTTPStatus.BAD_REQUEST)
    try:
        made = act()
    except KNOWN_FAULTS as error:
        return shown(form.blame(error))
    return told(made)


class Text(StringField):  # type: ignore[misc]
    """A line of text without blanks around it."""

    def __init__(self, label: str = "", validators: Any = None, **options: Any) -> None:  # noqa: ANN401
        super().__init__(label, validators, filters=[stripped], **options)


def store_words(error: Exception) -> str:
    """What is to be said where the database, the local store or this machine did not do what it was asked to."""
    if isinstance(error, TooManyAtOnce):
        return sentence(error)
    if isinstance(error, DatabaseUnavailable):
        return say("The database does not answer just now. Try again in a moment; what you have typed is kept.")
    if isinstance(error, DatabaseError):
        return say("The database did not do it, and nothing was changed: %(error)s.", error=words_of(error))
    return say("The local store did not do it, and nothing was changed: %(error)s.", error=words_of(error))


def sentence(error: Exception) -> str:
    """An error's words as a sentence."""
    return whole(words_of(error))


def _faults_by_field(error: Exception, fields: Collection[str]) -> dict[str, str]:
    if type(error) in _FIELD_OF:
        return {_FIELD_OF[type(error)]: sentence(error)}
    if not isinstance(error, InvalidFields):
        return {}
    fallback = next(name for name in fields if name != "version")
    return {name if name in fields else fallback: whole(words) for name, words in error.faults.items()}
