"""A camera's last day as a strip: how many of its polls went well, and how long they took, drawn without scripts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from peoplecount.domain.poll_tally import PollTally, together
from peoplecount.domain.sentence import say, say_number
from peoplecount.web.formats import UNKNOWN, decimal, per_cent

BARS = 18
"""Height of the part that shows how long polls took; below it is one that shows how many went well."""

BAND = 5
HEIGHT = BARS + 1 + BAND
SHORTEST, LONGEST = 0.01, 5.0
"""Seconds, of the lowest and the highest bar; between them heights grow with the logarithm."""

SLOW_SECONDS = 1.0
WELL = 0.995
"""From here on a quarter of an hour has its calm colour: one poll of two hundred may be lost."""


@dataclass(frozen=True, slots=True)
class Strip:
    """What is drawn: outlines by class, in a box as wide as there are quarters of an hour."""

    width: int
    outlines: Mapping[str, str]
    words: str
    """The same for those who do not see it."""


def strip(day: Sequence[PollTally]) -> Strip:
    """The strip of a day; equal quarters of an hour beside each other are drawn as one, for pages of many cameras."""
    boxes: dict[str, list[str]] = {}
    for kind, x, width, y, height in (*_runs(day, _band), *_runs(day, _bar)):
        boxes.setdefault(kind, []).append(f"M{x} {y}h{width}v{height}h-{width}z")
    return Strip(len(day), {kind: "".join(parts) for kind, parts in boxes.items()}, day_words(day))


def day_words(day: Iterable[PollTally]) -> str:
    """How a day went, in words."""
    total = together(day)
    if total.success is None:
        return say("not asked in the last day")
    share = percent(total.success)
    if total.seconds is None:
        return say_number(
            "%(share)s of %(num)s poll in the last day answered",
            "%(share)s of %(num)s polls in the last day answered",
            total.polls,
            share=share,
        )
    return say_number(
        "%(share)s of %(num)s poll in the last day answered, on average in %(time)s",
        "%(share)s of %(num)s polls in the last day answered, on average in %(time)s",
        total.polls,
        share=share,
        time=duration(total.seconds),
    )


def percent(share: float | None) -> str:
    """A share; never rounded up to all, nor down to none."""
    if share is None:
        return UNKNOWN
    if share in {0.0, 1.0}:
        return per_cent(share)
    return per_cent(min(0.999, max(0.001, share)), 1)


def duration(seconds: float | None) -> str:
    """A response time."""
    if seconds is None:
        return UNKNOWN
    return f"{decimal(seconds * 1000, 0)} ms" if seconds < 1 else f"{decimal(seconds)} s"


_Shape = tuple[str, int, int]
"""Class, top and height."""


def _band(tally: PollTally) -> _Shape | None:
    if tally.success is None:
        return None
    kind = "well" if tally.success >= WELL else "none" if tally.success == 0 else "some"
    return kind, HEIGHT - BAND, BAND


def _bar(tally: PollTally) -> _Shape | None:
    if tally.seconds is None:
        return None
    part = math.log(max(tally.seconds, SHORTEST) / SHORTEST) / math.log(LONGEST / SHORTEST)
    height = max(1, min(BARS, round(part * BARS)))
    return "slow" if tally.seconds > SLOW_SECONDS else "time", BARS - height, height


def _runs(
    day: Sequence[PollTally], shape: Callable[[PollTally], _Shape | None]
) -> Iterator[tuple[str, int, int, int, int]]:
    place = 0
    for found, same in groupby(map(shape, day)):
        width = len(list(same))
        if found is not None:
            kind, y, height = found
            yield kind, place, width, y, height
        place += width


FILTERS: Mapping[str, Callable[..., Any]] = {"strip": strip, "answered": percent, "duration": duration}
