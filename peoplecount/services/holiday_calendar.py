"""Holidays of sites: those of their country or region, and days of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module

from peoplecount.domain.sentence import say
from peoplecount.services.history_filter import Holidays

EVERYWHERE = ""
"""In place of a site: those that have nothing of their own."""


@dataclass(slots=True)
class HolidayCalendars:
    """By site what was set: ``CH-ZH, 2026-12-24``."""

    set_for: Mapping[str, str]
    _known: dict[str, Holidays] = field(default_factory=dict)

    def of_site(self, site_id: str) -> str:
        """What is set for a site, as it was written; empty: nothing."""
        return self.set_for.get(site_id, self.set_for.get(EVERYWHERE, ""))

    def calendar(self, text: str) -> Holidays:
        """What is celebrated, by what was written."""
        if text not in self._known:
            self._known[text] = _calendar(text)
        return self._known[text]


def _calendar(text: str) -> Holidays:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    own = {date.fromisoformat(part) for part in parts if part[:1].isdigit()}
    # Not at the top: reading it in takes a third of a second, and most installations never need it.
    library = import_module("holidays") if len(own) < len(parts) else None
    regions = [
        library.country_holidays(country, subdiv=region or None)
        for country, _, region in (part.partition("-") for part in parts if not part[:1].isdigit())
        if library is not None
    ]

    def name_of(day: date) -> str:
        found = next((str(one[day]) for one in regions if day in one), "")
        return found or (say("holiday") if day in own else "")

    return name_of
