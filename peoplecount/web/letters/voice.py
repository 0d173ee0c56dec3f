"""The voice in which a letter is written: a language, without a visitor who asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, get_datetime_format
from babel.numbers import format_decimal

from peoplecount.web.formats import UNKNOWN, WITHOUT
from peoplecount.web.phrase_book import PhraseBook


@dataclass(frozen=True, slots=True)
class Voice:
    """Says sentences, numbers and moments."""

    book: PhraseBook

    def told(self, words: str) -> str:
        """A sentence."""
        return self.book.told(words) if words else words

    def people(self, number: float | None) -> str:
        """A number of people, or a dash where nobody knows."""
        return UNKNOWN if number is None else format_decimal(number, locale=self.book.formats)

    def share(self, share: float | None, digits: int = 0) -> str:
        """A share of one as per cent, or a dash."""
        return UNKNOWN if share is None else self.book.share(share, digits)

    def day(self, day: date) -> str:
        """``23 Nov 2026``."""
        return format_date(day, "medium", locale=self.book.formats)

    def weekday(self, day: date) -> str:
        """``Mon, 23 Nov 2026``."""
        return format_date(day, "EEE, ", locale=self.book.formats) + self.day(day)

    def month(self, day: date) -> str:
        """``November 2026``."""
        return format_skeleton("yMMMM", day, locale=self.book.formats)

    def moment(self, moment: datetime, zone: ZoneInfo) -> str:
        """The day and the wall-clock time of a place, ``23 Nov 2026, 14:05``."""
        local = moment.astimezone(zone)
        form = str(get_datetime_format("medium", locale=self.book.formats)).replace("'", "")
        return form.format(local.strftime(WITHOUT), self.day(local.date()))
