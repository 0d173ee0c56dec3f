"""How far today's figures can be trusted, in words; ``static/js/trust.js`` says it the same way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from peoplecount.domain.counter import BreakKind
from peoplecount.domain.event import Quality, parse_utc
from peoplecount.domain.sentence import Figure, joined, per_cent, say, whole
from peoplecount.web.formats import clock_time

QUALITY_WORDS = {
    Quality.MEASURED: say("Measured"),
    Quality.BACK_FILLED: say("Partly from the camera's history"),
    Quality.CORRECTED: say("Partly corrected by the camera's history"),
    Quality.IMPORTED: say("Partly imported from other software"),
    Quality.ESTIMATED: say("Partly estimated"),
    Quality.MISSING: say("Partly not known"),
}

ROUTINE = {BreakKind.MIDNIGHT.value}
"""Breaks of every night: they are in the stream and the snapshot, and nobody needs to read of them on the page."""


def trusted(row: Mapping[str, Any]) -> str:
    """A line's, door's or site's day so far in a sentence."""
    words = QUALITY_WORDS[Quality(row["qualityToday"])]
    coverage = row["coverageToday"]
    if coverage is None:
        return whole(words)
    return say(
        "%(quality)s; %(share)s of the day so far from live readings.", quality=words, share=read_share(coverage)
    )


DOUBTS = {
    Quality.BACK_FILLED: say("partly from the camera's history"),
    Quality.CORRECTED: say("partly corrected by the camera's history"),
    Quality.IMPORTED: say("partly imported from other software"),
    Quality.ESTIMATED: say("partly estimated"),
    Quality.MISSING: say("partly not known"),
}


def doubt(row: Mapping[str, Any]) -> str:
    """What is to be said beside figures of today that were not all measured; empty where they were."""
    quality = Quality(row["qualityToday"])
    return "" if quality is Quality.MEASURED else DOUBTS[quality]


def read_share(share: float) -> Figure:
    """A share, rounded down: 100% is all of it."""
    return per_cent(math.floor(round(share * 100, 6)) / 100)


WHAT_HAPPENED = {
    BreakKind.RESET.value: say("the camera has reset its totals"),
    BreakKind.RESTART.value: say("the camera has started anew"),
    BreakKind.REPLACED.value: say("another camera is in its place"),
}
"""Of breaks whose reason says it in figures only."""

TOGETHER = timedelta(minutes=10)
"""In and out of a line mostly break at once, and seldom at the same poll."""


def break_sentences(row: Mapping[str, Any], zone: str) -> list[str]:
    """A line's or a camera's breaks of today, newest first; in and out in one, and without those of every night."""
    told: list[list[Mapping[str, Any]]] = []
    for one in row["breaks"]:
        if one["break"] in ROUTINE:
            continue
        if told and _belongs_to(told[-1], one):
            told[-1].append(one)
        else:
            told.append([one])
    return [_sentence(together, zone) for together in told]


def _belongs_to(later: Sequence[Mapping[str, Any]], one: Mapping[str, Any]) -> bool:
    """Whether this is the same break, of the line's other direction."""
    newest = later[0]
    is_alike = (one["break"], one["unknown"]) == (newest["break"], newest["unknown"]) and one["break"] in WHAT_HAPPENED
    return len(later) == 1 and is_alike and parse_utc(newest["time"]) - parse_utc(one["time"]) <= TOGETHER


def _sentence(together: Sequence[Mapping[str, Any]], zone: str) -> str:
    oldest = together[-1]
    parts = [part for one in reversed(together) for part in one["reason"].split("; ")]
    words = whole(joined(dict.fromkeys([WHAT_HAPPENED.get(oldest["break"], ""), *parts]), "; "))
    unknown = say("Not known: %(unknown)s.", unknown=oldest["unknown"]) if oldest["unknown"] else ""
    return joined([f"{clock_time(oldest['time'], zone)}:", words, unknown])


FILTERS = {"trusted": trusted, "doubt": doubt, "break_sentences": break_sentences}
