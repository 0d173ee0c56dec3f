"""The form of a rule of alerts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from wtforms import BooleanField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from peoplecount.domain.alert_rule import AlertKind, AlertRule, QuietHours
from peoplecount.domain.mail_address import mail_addresses
from peoplecount.domain.sentence import figure, say, whole, words_of
from peoplecount.domain.threshold import MOST_PEOPLE, Threshold
from peoplecount.domain.visible_text import as_seen
from peoplecount.services.alert_words import kind_words
from peoplecount.web.admin.form import Text
from peoplecount.web.admin.reach import ReachForm, reach_of
from peoplecount.web.languages import said

LONGEST_NAME = 80
MOST_MINUTES = 7 * 24 * 60

_PEOPLE_KINDS = {AlertKind.OVER.value, AlertKind.UNDER.value}


def options(named: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    """What can be chosen, in the visitor's language: browsers show it as it is."""
    return [SelectChoice(value, said(words)) for value, words in named]


class MailForm(ReachForm):
    """A form that says who is sent mail, and in which language; ``speak`` says which there are."""

    recipients = TextAreaField(say("Mail to"))
    language = SelectField(say("Language of the mail"))

    def speak(self, languages: Iterable[tuple[str, str]]) -> None:
        """The languages there are, by code."""
        self.language.choices = options(languages)

    def validate_recipients(self, field: StringField) -> None:
        """Addresses, or nothing."""
        try:
            mail_addresses(field.data or "")
        except ValueError as error:
            raise ValidationError(whole(words_of(error))) from error

    def addresses(self) -> tuple[str, ...]:
        """As they are kept."""
        return mail_addresses(self.recipients.data or "")


class RuleForm(MailForm):
    """What can be said of a rule."""

    kind = SelectField(say("What to watch"), choices=[SelectChoice(kind.value, kind_words(kind)) for kind in AlertKind])
    name = Text(say("Name"))
    threshold = Text(say("People"))
    margin = Text(say("Hysteresis"))
    lasts = Text(say("Delay"))
    gap = Text(say("Quiet time"))
    quiet_hours = Text(say("Quiet hours"))
    recovery = BooleanField(say("Also tell when it is over"))
    is_on = BooleanField(say("Enabled"))

    def validate_name(self, field: StringField) -> None:
        """Not too long."""
        if len(field.data or "") > LONGEST_NAME:
            raise ValidationError(say("The name is too long: %(most)s letters are allowed.", most=LONGEST_NAME))

    def validate_threshold(self, field: StringField) -> None:
        """A number of people or a share of the capacity, where the rule needs one."""
        if self.kind.data not in _PEOPLE_KINDS:
            return
        try:
            Threshold.parse(field.data or "")
        except ValueError as error:
            raise ValidationError(whole(words_of(error))) from error

    def validate_margin(self, field: StringField) -> None:
        """People."""
        if self.kind.data in _PEOPLE_KINDS:
            _number(field.data, MOST_PEOPLE)

    def validate_lasts(self, field: StringField) -> None:
        """Minutes."""
        _number(field.data, MOST_MINUTES)

    def validate_gap(self, field: StringField) -> None:
        """Minutes."""
        _number(field.data, MOST_MINUTES)

    def validate_quiet_hours(self, field: StringField) -> None:
        """From and to, or nothing."""
        if not field.data:
            return
        try:
            QuietHours.parse(field.data)
        except ValueError as error:
            raise ValidationError(whole(words_of(error))) from error

    def rule(self, rule_id: str = "") -> AlertRule:
        """What was typed in, once it is valid."""
        kind = AlertKind(self.kind.data)
        return AlertRule(
            rule_id=rule_id,
            kind=kind,
            name=as_seen(self.name.data or ""),
            sites=self.chosen_sites() if kind.is_of_sites else None,
            threshold=Threshold.parse(self.threshold.data) if kind.has_threshold else None,
            margin=_number(self.margin.data, MOST_PEOPLE) if kind.has_threshold else 0,
            lasts=timedelta(minutes=_number(self.lasts.data, MOST_MINUTES)),
            gap=timedelta(minutes=_number(self.gap.data, MOST_MINUTES)),
            quiet_hours=QuietHours.parse(self.quiet_hours.data) if self.quiet_hours.data else None,
            recipients=self.addresses(),
            language=self.language.data,
            tells_recovery=bool(self.recovery.data),
            is_on=bool(self.is_on.data),
        )


def fields_of(rule: AlertRule) -> dict[str, Any]:
    """What a form shows that is opened for a rule."""
    return {
        **reach_of(rule.sites),
        "kind": rule.kind.value,
        "name": rule.name,
        "threshold": str(rule.threshold or ""),
        "margin": str(rule.margin),
        "lasts": f"{rule.lasts.total_seconds() / 60:.0f}",
        "gap": f"{rule.gap.total_seconds() / 60:.0f}",
        "quiet_hours": str(rule.quiet_hours or ""),
        "recipients": "\n".join(rule.recipients),
        "language": rule.language,
        "recovery": rule.tells_recovery,
        "is_on": rule.is_on,
    }


def _number(text: str | None, most: int) -> int:
    """A whole number; nothing is 0. Raises ``ValidationError``."""
    typed = (text or "").strip() or "0"
    if not (typed.isascii() and typed.isdigit() and len(typed) < 9 and int(typed) <= most):
        raise ValidationError(
            say("%(text)s is no whole number from 0 to %(most)s.", text=repr(typed[:20]), most=figure(most))
        )
    return int(typed)
