"""How far today's figures can be trusted, in words; ``static/js/trust.js`` says it the same way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from peoplecount.domain.counter import BreakKind
from peoplecount.domain.event import Quality
from peoplecount.web.formats import clock_time

QUALITY_WORDS = {
    Quality.MEASURED: "Measured",
    Quality.BACK_FILLED: "Partly from the camera's history",
    Quality.CORRECTED: "Partly corrected by the camera's history",
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


def per_cent(share: float) -> str:
    """A share, rounded down: 100 % is all of it."""
    return f"{math.floor(round(share * 100, 6))} %"


def break_sentences(row: Mapping[str, Any], zone: str) -> list[str]:
    """A line's or a camera's breaks of today, newest first, without those of every night."""
    return [_sentence(one, zone) for one in row["breaks"] if one["break"] not in ROUTINE]


def _sentence(broke: Mapping[str, Any], zone: str) -> str:
    reason = broke["reason"][:1].upper() + broke["reason"][1:]
    unknown = f" Not known: {broke['unknown']}." if broke["unknown"] else ""
    return f"{clock_time(broke['time'], zone)}: {reason}.{unknown}"


FILTERS = {"trusted": trusted, "break_sentences": break_sentences}
