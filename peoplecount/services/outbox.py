"""The outbox: letters that wait to be sent, and what became of the others. In the local store.

A letter is put in under an id of its own and is taken once, however often it is put in. It waits until the server has
taken it, has said that it never will, or too much time has passed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from peoplecount.domain.clock import Clock
from peoplecount.domain.event import parse_utc, utc_text
from peoplecount.mail.letter import Enclosure, Letter, Writing
from peoplecount.services.kept_texts import KeptTexts

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=4)
"""For which who sends a letter has it alone. Somebody else may have taken the lead meanwhile."""

LONGEST_WAIT = timedelta(hours=2)
"""No letter is put off for longer; where it seems so, the clock has been set back."""

KEPT_FOR = timedelta(days=90)
MOST_KEPT = 2_000

_WAITING, _CONTENT, _DONE = "mail-waiting:", "mail-content:", "mail-done:"


class About(StrEnum):
    """What a letter is about."""

    ALERT = "alert"
    REPORT = "report"


class Fate(StrEnum):
    """What becomes of a letter."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter in the outbox, without what it says."""

    letter_id: str
    about: About
    subject_id: str
    """The alert, or the schedule and period, that it is about."""

    recipient: str
    subject: str
    made: datetime
    """UTC."""

    fate: Fate = Fate.WAITING
    tries: int = 0
    due: datetime | None = None
    """When it is tried next, or not before; ``None``: at once."""

    said: str = ""
    """What the server answered last."""

    done: datetime | None = None


def letter_id(*parts: str) -> str:
    """An id that is the same for the same parts, and tells nobody what they were."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


class Outbox:
    """Letters of one installation. Calls block for as long as the store takes; all raise ``LogError``."""

    def __init__(self, store: KeptTexts, clock: Clock) -> None:
        """``clock`` must be one of real time."""
        self._store = store
        self._clock = clock

    def put(self, about: About, subject_id: str, letters: Iterable[Letter]) -> int:
        """Put letters in that have not been in it; how many."""
        put = 0
        for letter in letters:
            if self._store.get(_DONE + letter.letter_id) or self._store.get(_WAITING + letter.letter_id):
                continue
            subject = letter.writing.subject
            posted = Posted(letter.letter_id, about, subject_id, letter.recipient, subject, self._clock.now())
            self._store.put(_CONTENT + letter.letter_id, _write_content(letter.writing))
            self._store.put(_WAITING + letter.letter_id, _write(posted))
            put += 1
        if put:
            self._store.settle()  # a power cut must not take them back
            self._tidy()
        return put

    def due(self) -> list[Posted]:
        """Those whose time has come, the oldest first."""
        now = self._clock.now()
        return [one for one in self.waiting() if one.due is None or not timedelta(0) < one.due - now <= LONGEST_WAIT]

    def waiting(self) -> list[Posted]:
        """All that have not gone yet, the oldest first."""
        return sorted(self._under(_WAITING), key=lambda one: one.made)

    def take(self, posted: Posted) -> Letter | None:
        """The letter, for whoever sends it now; ``None`` where somebody else has it, or it has gone."""
        taken = False

        def work(body: str | None) -> str | None:
            nonlocal taken
            known = _read(posted.letter_id, body)
            taken = known is not None and (known.tries, known.due) == (posted.tries, posted.due)
            return _write(replace(posted, due=self._clock.now() + LEASE)) if taken else body

        if self._store.get(_DONE + posted.letter_id):  # a crash came between noting that and taking it out
            self._take_out(posted.letter_id)
            return None
        self._store.change(_WAITING + posted.letter_id, work)
        content = self._store.get(_CONTENT + posted.letter_id) if taken else None
        if content is None:
            return None
        return Letter(posted.letter_id, posted.recipient, _read_content(content.body))

    def conclude(self, posted: Posted, fate: Fate, said: str) -> None:
        """It has gone, or never will."""
        done = replace(posted, fate=fate, said=said, done=self._clock.now(), tries=posted.tries + 1, due=None)
        self._store.put(_DONE + posted.letter_id, _write(done))
        self._take_out(posted.letter_id)
        self._store.settle()

    def postpone(self, posted: Posted, due: datetime, said: str, *, is_try: bool = True) -> None:
        """It did not go this time."""
        later = replace(posted, due=due, said=said, tries=posted.tries + is_try)
        self._store.change(_WAITING + posted.letter_id, lambda body: _write(later) if body else None)

    def history(self, about: About, subject_id: str = "", most: int = 100) -> list[Posted]:
        """What was sent and what waits, the newest first; ``subject_id``: about this alone."""
        found = [
            one
            for one in (*self._under(_WAITING), *self._under(_DONE))
            if one.about is about and (not subject_id or one.subject_id == subject_id)
        ]
        return sorted(found, key=lambda one: one.made, reverse=True)[:most]

    def _take_out(self, one: str) -> None:
        self._store.change(_WAITING + one, lambda _: None)
        self._store.change(_CONTENT + one, lambda _: None)

    def _under(self, prefix: str) -> list[Posted]:
        found = (_read(key.removeprefix(prefix), body) for key, body in self._store.under(prefix).items())
        return [one for one in found if one]

    def _tidy(self) -> None:
        before = self._clock.now() - KEPT_FOR
        done = sorted(self._under(_DONE), key=lambda one: one.made, reverse=True)
        for place, one in enumerate(done):
            if place >= MOST_KEPT or one.made < before:
                self._store.change(_DONE + one.letter_id, lambda _: None)


def _write(posted: Posted) -> str:
    fields: dict[str, Any] = asdict(posted)
    for name in ("made", "due", "done"):
        fields[name] = utc_text(fields[name]) if fields[name] else None
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def _read(one: str, body: str | None) -> Posted | None:
    """``None`` for what cannot be read."""
    if body is None:
        return None
    try:
        fields: Mapping[str, Any] = json.loads(body)
        moments = {name: parse_utc(fields[name]) if fields[name] else None for name in ("due", "done")}
        return Posted(
            **{
                **fields,
                **moments,
                "made": parse_utc(fields["made"]),
                "about": About(fields["about"]),
                "fate": Fate(fields["fate"]),
            }
        )
    except (ValueError, TypeError, KeyError):
        logger.warning("a letter in the local store cannot be read: %s", one)
        return None


def _write_content(writing: Writing) -> str:
    files = [[one.name, one.kind, base64.b64encode(one.body).decode()] for one in writing.enclosures]
    return json.dumps([writing.subject, writing.text, writing.html, files], ensure_ascii=False)


def _read_content(body: str) -> Writing:
    subject, text, html, files = json.loads(body)
    return Writing(subject, text, html, tuple(Enclosure(a, b, base64.b64decode(c)) for a, b, c in files))
