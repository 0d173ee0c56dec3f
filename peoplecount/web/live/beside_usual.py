"""Today beside what is usual, in words; ``static/js/usual.js`` says it the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from peoplecount.domain.camera import CameraState
from peoplecount.domain.event import Quality
from peoplecount.domain.sentence import figure, per_cent, say

LEAST_PEOPLE = 20
"""Of fewer, a handful more are a hundred per cent and mean nothing."""


def beside_usual(site: Mapping[str, Any], usual: Mapping[str, Any] | None, now: datetime) -> dict[str, str]:
    """What is said beside a site's figures of today, ``in`` and ``out``; empty where nothing usual is known.

    ``site`` has its ``cameras``. Where not everybody was seen today nothing is compared: a camera that was away would
    be told as fewer people.
    """
    if usual is None or usual["date"] != site["date"]:
        return {"in": "", "out": ""}
    local = now.astimezone(ZoneInfo(site["timeZone"]))
    moment = local.hour + local.minute / 60
    everybody = all(camera["state"] == CameraState.UP for camera in site["cameras"])
    is_whole = site["complete"] and site["qualityToday"] != Quality.MISSING and everybody
    return {
        way: _words(site[f"{way}Today"] if is_whole else None, expected_by(usual["hours"], way, moment))
        for way in ("in", "out")
    }


def expected_by(hours: Sequence[Mapping[str, Sequence[float]] | None], way: str, moment: float) -> int | None:
    """People who have usually crossed by a time of day, in hours; ``None`` where an hour before it is not known."""
    total = 0.0
    for number, hour in enumerate(hours):
        share = min(1.0, moment - number)
        if share <= 0:
            break
        if hour is None:
            return None
        total += hour[way][1] * share
    return round(total)


def _words(counted: int | None, expected: int | None) -> str:
    if expected is None:
        return ""
    usual = figure(expected)
    if counted is None or expected < LEAST_PEOPLE:
        return say("usually %(usual)s by now", usual=usual)
    share = round((counted - expected) / expected, 2)
    if share == 0:
        return say("as usual, %(usual)s by now", usual=usual)
    if share > 0:
        return say("%(share)s above the usual %(usual)s by now", share=per_cent(share), usual=usual)
    return say("%(share)s below the usual %(usual)s by now", share=per_cent(-share), usual=usual)
