"""Clocks in words: how far a camera's is off, whose is wrong, and what befell it."""

from __future__ import annotations

from datetime import timedelta

from peoplecount.domain.clock_body import offset_text
from peoplecount.domain.clock_vote import OwnClock
from peoplecount.domain.clock_watch import ClockChange
from peoplecount.domain.counter import BreakKind
from peoplecount.domain.sentence import say

WORTH_TELLING = timedelta(seconds=5)
"""A clock that is off by more shifts people into another hour that anybody would notice."""


def camera_clock_words(error: timedelta) -> str:
    """How far a camera's clock is off; empty where it is right enough."""
    return say("its clock is %(off)s", off=off(error)) if abs(error) > WORTH_TELLING else ""


def own_clock_words(own: OwnClock) -> str:
    """That our clock is wrong; empty where it is not outvoted."""
    if not own.is_wrong:
        return ""
    return say(
        "The clock of this machine is %(off)s: %(agreeing)s of %(asked)s cameras agree with "
        "each other and not with it. People are counted on, by the cameras' clocks; the times "
        "of readings are off until the clock is set.",
        off=off(own.ahead),
        agreeing=own.agreeing,
        asked=own.asked,
    )


def change_words(change: ClockChange) -> tuple[str, str, str]:
    """The kind of break, its reason, and what is unknown: nothing, for totals do not go by the clock."""
    if change.kind is BreakKind.CLOCK_STEP:
        if change.by > timedelta(0):
            reason = say("the camera's clock was set forward by %(span)s", span=span(change.by))
        else:
            reason = say("the camera's clock was set back by %(span)s", span=span(change.by))
    else:
        reason = say(
            "the camera's time zone moved from %(offset_words)s to %(offset_words2)s",
            offset_words=offset_words(change.offset_before),
            offset_words2=offset_words(change.offset),
        )
    return change.kind.value, say("%(reason)s; its day and its hours go by the new time", reason=reason), ""


def off(error: timedelta) -> str:
    """``84 s ahead``, ``2 min 5 s behind``."""
    if error > timedelta(0):
        return say("%(span)s ahead", span=span(error))
    return say("%(span)s behind", span=span(error))


def span(time: timedelta) -> str:
    """A length of time in its two largest units, without its sign."""
    seconds = round(abs(time).total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    for size, unit, part, smaller in ((86400, "days", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size * (2 if unit == "days" else 1):
            whole, rest = divmod(seconds, size)
            return f"{whole} {unit} {rest // part} {smaller}" if rest // part else f"{whole} {unit}"
    raise AssertionError("two minutes are minutes")


def offset_words(offset: timedelta) -> str:
    """``UTC+02:00``."""
    return f"UTC{offset_text(offset)}"
