"""Letters about alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from peoplecount.domain.alert_body import is_over
from peoplecount.domain.alert_rule import AlertKind
from peoplecount.domain.event import parse_utc
from peoplecount.domain.sentence import Sentence, say
from peoplecount.mail.letter import Writing
from peoplecount.services.alert_words import text_of, title_of
from peoplecount.web.letters.sheet import LetterPress, Sheet
from peoplecount.web.letters.voice import Voice
from peoplecount.web.phrase_book import PhraseBook


class AlertLetters:
    """Writes them."""

    def __init__(
        self,
        press: LetterPress,
        book: Callable[[str], PhraseBook],
        zone: Callable[[str], ZoneInfo],
        public_url: str,
    ) -> None:
        """``book`` is that of a language; ``zone`` is a site's; without a ``public_url`` there are no links."""
        self._press = press
        self._book = book
        self._zone = zone
        self._public_url = public_url

    def alert(self, fields: Mapping[str, Any], language: str) -> Writing:
        """What a letter says about an ``Alert`` event."""
        voice = Voice(self._book(language))
        title = voice.told(_headline(fields))
        sentences = [voice.told(text_of(fields))]
        figures = [(voice.told(label), value) for label, value in self._facts(fields, voice)]
        return self._press.writing(
            Sheet(
                voice.book.code,
                title,
                title,
                sentences,
                figures,
                notes=[voice.told(say("Sent by Peoplecount, because a rule of alerts says so."))],
                link=self._link(voice),
                tone="good" if is_over(fields) else "bad",
            )
        )

    def test(self, language: str) -> Writing:
        """What a letter says that is sent to see whether letters arrive."""
        voice = Voice(self._book(language))
        title = voice.told(say("Test: mail from Peoplecount arrives"))
        words = voice.told(say("Somebody has sent this to see whether mail arrives. Nothing is wrong."))
        return self._press.writing(Sheet(voice.book.code, title, title, [words], link=self._link(voice)))

    def _facts(self, fields: Mapping[str, Any], voice: Voice) -> Iterator[tuple[Sentence, str]]:
        zone = self._zone(fields["siteId"])
        if fields["siteName"]:
            yield say("Site"), fields["siteName"]
        at = voice.moment(parse_utc(fields["time"]), zone)
        yield (say("Over since") if is_over(fields) else say("Noticed at")), f"{at} ({zone.key})"
        if AlertKind(fields["ruleKind"]) in (AlertKind.CAMERA, AlertKind.DOOR) and not is_over(fields):
            for item in fields["items"]:
                yield Sentence(item["name"]), voice.told(item["why"]) or item["name"]

    def _link(self, voice: Voice) -> tuple[str, str] | None:
        return (voice.told(say("All alerts")), f"{self._public_url}/alerts") if self._public_url else None


def _headline(fields: Mapping[str, Any]) -> Sentence:
    title = title_of(fields)
    if fields["siteName"]:
        title = say("%(site)s: %(title)s", site=fields["siteName"], title=title)
    return say("Over: %(title)s", title=title) if is_over(fields) else say("Alert: %(title)s", title=title)
