"""Thresholds: from how many people on a site is busy, and from how many it is full."""

from __future__ import annotations

import re
from dataclasses import dataclass

from peoplecount.domain.sentence import figure, say

MOST_PEOPLE = 1_000_000
"""Inside one site. More is a slip of the finger."""

MOST_PER_CENT = 200
"""A site may be let to turn red only when there are more people inside than it is meant for."""

_WRITTEN = re.compile(r"(?P<amount>\d{1,7})\s*(?P<share>%?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number of people, or a share of the site's capacity."""

    amount: int
    """People, or per cent."""

    is_share: bool = False

    @classmethod
    def parse(cls, text: str) -> Threshold:
        """``120`` or ``85 %``. Raises ``ValueError``."""
        found = _WRITTEN.fullmatch(text.strip())
        amount, is_share = (int(found["amount"]), bool(found["share"])) if found else (0, False)
        if not 1 <= amount <= (MOST_PER_CENT if is_share else MOST_PEOPLE):
            raise ValueError(
                say(
                    "%(text)s is no number of people: 1 to %(most_people)s, such as 120, or a share of "
                    "the capacity, 1 to %(most_per_cent)s %%, such as 85 %%, is allowed",
                    text=repr(text[:40]),
                    most_people=figure(MOST_PEOPLE),
                    most_per_cent=MOST_PER_CENT,
                )
            )
        return cls(amount, is_share)

    def __str__(self) -> str:
        """As it is typed in, and kept."""
        return f"{self.amount}%" if self.is_share else str(self.amount)

    def people(self, whole: int | None) -> int | None:
        """How many people that is; ``None`` for a share of nobody knows what."""
        if not self.is_share:
            return self.amount
        return None if not whole else -(-self.amount * whole // 100)


USUALLY_BUSY = Threshold(85, is_share=True)
"""Of as many as fill the site."""

USUALLY_FULL = Threshold(100, is_share=True)


@dataclass(frozen=True, slots=True)
class Levels:
    """From how many people on a site is busy, and full; ``None`` where nobody has said."""

    busy: int | None = None
    full: int | None = None

    def fullness(self, people: int | None) -> str:
        """What as many people make it: ``calm``, ``busy``, ``full``, or ``unknown``."""
        if people is None or (self.busy is None and self.full is None):
            return "unknown"
        if self.full is not None and people >= self.full:
            return "full"
        return "busy" if self.busy is not None and people >= self.busy else "calm"


def levels_of(busy_from: Threshold | None, full_from: Threshold | None, capacity: int | None) -> Levels:
    """The levels of a site; what nobody has said is as usual."""
    full = (full_from or USUALLY_FULL).people(capacity)
    busy = busy_from.people(capacity) if busy_from else USUALLY_BUSY.people(full)
    return Levels(busy, full)
