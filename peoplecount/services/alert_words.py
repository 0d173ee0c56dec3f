"""Alerts in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from peoplecount.domain.alert_body import is_over
from peoplecount.domain.alert_rule import AlertKind
from peoplecount.domain.sentence import Sentence, figure, say, say_number

NAMED_AT_MOST = 8
"""Cameras or lines in a sentence; how many more there are is said."""


def kind_words(kind: AlertKind) -> Sentence:
    """What a rule looks at."""
    match kind:
        case AlertKind.OVER:
            return say("Too many people inside")
        case AlertKind.UNDER:
            return say("Too few people inside")
        case AlertKind.CAMERA:
            return say("Camera offline")
        case AlertKind.DOOR:
            return say("Door silent")
        case AlertKind.DATABASE:
            return say("Database behind")


def title_of(fields: Mapping[str, Any]) -> str:
    """An alert in a few words: what its rule is called."""
    return fields.get("rule") or kind_words(AlertKind(fields["ruleKind"]))


def text_of(fields: Mapping[str, Any]) -> Sentence:
    """What an alert says, in a sentence."""
    kind, over = AlertKind(fields["ruleKind"]), is_over(fields)
    if kind.has_threshold:
        return _inside_words(fields, over=over)
    if kind is AlertKind.CAMERA:
        return _camera_words(_names(fields["items"]), len(fields["items"]), over=over)
    if kind is AlertKind.DOOR:
        return _door_words(_names(fields["items"]), len(fields["items"]), over=over)
    if over:
        return say("The database takes what is counted again.")
    why = next((item["why"] for item in fields["items"] if item["why"]), "")
    return Sentence(why) if why else say("The database is behind.")


def _inside_words(fields: Mapping[str, Any], *, over: bool) -> Sentence:
    inside, threshold = fields["inside"], fields["threshold"]
    if inside is None or threshold is None:
        return say("It is over.") if over else say("The threshold was crossed.")
    return say(
        "%(inside)s people are inside; the threshold is %(threshold)s.",
        inside=figure(inside),
        threshold=figure(threshold),
    )


def _camera_words(names: str, number: int, *, over: bool) -> Sentence:
    if over:
        return say_number("%(names)s answers again.", "%(names)s answer again.", number, names=names)
    return say_number("%(names)s is not being read.", "%(names)s are not being read.", number, names=names)


def _door_words(names: str, number: int, *, over: bool) -> Sentence:
    if over:
        return say_number("%(names)s counts again.", "%(names)s count again.", number, names=names)
    return say_number(
        "%(names)s counts nobody, although people were expected.",
        "%(names)s count nobody, although people were expected.",
        number,
        names=names,
    )


def _names(items: Sequence[Mapping[str, str]]) -> str:
    names = [item["name"] for item in items]
    shown, more = names[:NAMED_AT_MOST], len(names) - NAMED_AT_MOST
    if more > 0:
        return say("%(names)s and %(more)s more", names=", ".join(shown), more=figure(more))
    return ", ".join(shown)
