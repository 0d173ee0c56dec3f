"""How far today's figures can be trusted, in words; ``static/js/trust.js`` says it the same way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from peoplecount.domain.counter import BreakKind
from peoplecount.domain.event import Quality, parse_utc
from peoplecount.domain.sentence import say
from peoplecount.web.formats import clock_time

QUALITY_WORDS = {
    Quality.MEASURED: "Measured",
    Quality.BACK_FILLED: "Partly from the camera's history",
    Quality.CORRECTED: "Partly corrected by the camera's history",
    Quality.IMPORTED: "Partly imported from other software",
    Quality.ESTIMATED: "Partly estimated",
    Quality.MISSING: "Partly not known",
}

ROUTINE = {BreakKind.MIDNIGHT.value}
"""Breaks of every night: they are in the stream and the snapshot, and nobody needs to read of them on the page."""


def trusted(row: Mapping[str, Any]) -> str:
    """A line's, door's or site's day so far in a sentence."""
    words = QUALITY_WORDS[Quality(row["qualityToday"])]
    coverage = row["coverageToday"]
    if coverage is None:
        return f"{words}."
    return f"{words}; read {per_cent(coverage)} of the day so far."


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


def per_cent(share: float) -> str:
    """A share, rounded down: 100 % is all of it."""
    return f"{math.floor(round(share * 100, 6))} %"


WHAT_HAPPENED = {
    BreakKind.RESET.value: "the camera has reset its totals",
    BreakKind.RESTART.value: "the camera has started anew",
    BreakKind.REPLACED.value: "another camera is in its place",
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
    words = "; ".join(dict.fromkeys([WHAT_HAPPENED.get(oldest["break"], ""), *parts])).removeprefix("; ")
    unknown = f" Not known: {oldest['unknown']}." if oldest["unknown"] else ""
    return f"{clock_time(oldest['time'], zone)}: {words[:1].upper()}{words[1:]}.{unknown}"


FILTERS = {"trusted": trusted, "doubt": doubt, "break_sentences": break_sentences}
