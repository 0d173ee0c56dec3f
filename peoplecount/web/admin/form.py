"""Forms of administration: what was typed is kept, and what is wrong with it stands beside it."""

from __future__ import annotations

from typing import Any

from wtforms import Form, HiddenField, StringField
from wtforms.validators import ValidationError


def stripped(text: str | None) -> str:
    """What was typed without blanks around it."""
    return (text or "").strip()


class AdminForm(Form):  # type: ignore[misc]  # WTForms has no types
    """A form whose faults are told beside its fields; ``fault`` is what concerns none of them.

    The gate looks at the token against forgery, which every form of ours carries.
    """

    version = HiddenField()
    """Of what is changed, as it was when the form was opened: see ``ChangedMeanwhile``."""

    fault = ""

    def blame(self, error: Exception, field: str = "") -> None:
        """Show what somebody else found wrong, beside a field or above all."""
        if field:
            self[field].errors = [*self[field].errors, str(error)]
        else:
            self.fault = str(error)


class Text(StringField):  # type: ignore[misc]
    """A line of text without blanks around it."""

    def __init__(self, label: str = "", validators: Any = None, **options: Any) -> None:  # noqa: ANN401
        super().__init__(label, validators, filters=[stripped], **options)


class Sound:
    """A validator by a function that raises ``ValueError`` in words, as the domain's do; empty fields pass."""

    def __init__(self, look: Any) -> None:  # noqa: ANN401
        self._look = look

    def __call__(self, form: Form, field: Any) -> None:  # noqa: ANN401, ARG002  as WTForms calls it
        """Look at a field. Raises ``ValidationError``."""
        if field.data in {None, ""}:
            return
        try:
            self._look(field.data)
        except ValueError as error:
            raise ValidationError(str(error)) from error
