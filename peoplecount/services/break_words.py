"""Counter breaks in words: the kind, the reason, and what cannot be known because of it."""

from __future__ import annotations

from datetime import datetime

from peoplecount.domain.camera_watch import LineChange
from peoplecount.domain.counter import BreakKind
from peoplecount.domain.counting import LineBreak
from peoplecount.domain.sentence import say


def words(broke: LineBreak) -> tuple[str, str, str]:
    """The kind, why it is taken for that, and what is unknown (empty where nothing is)."""
    direction = say("in") if broke.entered else say("out")
    fell = say(
        "the %(direction)s total went from %(total_before)s to %(total_after)s",
        direction=direction,
        total_before=broke.total_before,
        total_after=broke.total_after,
    )
    if broke.kind is BreakKind.GLITCH:
        reason = say(
            "the %(direction)s total was lower for a moment and is back at %(total_after)s",
            direction=direction,
            total_after=broke.total_after,
        )
        return broke.kind.value, reason, ""
    if broke.kind is BreakKind.MIDNIGHT:
        return (
            broke.kind.value,
            say("%(fell)s on a new day of the camera", fell=fell),
            say("who crossed between the last reading and midnight"),
        )
    if broke.kind is BreakKind.RESET:
        return (
            broke.kind.value,
            say("%(fell)s within a day", fell=fell),
            say("who crossed between the last reading and the reset"),
        )
    if broke.kind is BreakKind.RESTART:
        return (
            broke.kind.value,
            say("%(fell)s when the camera started anew", fell=fell),
            say("who crossed between the last reading and then"),
        )
    if broke.kind is BreakKind.LOWERED:
        return (
            broke.kind.value,
            say("%(fell)s and stayed there, without having been at 0", fell=fell),
            say("whom the camera took back"),
        )
    reason = say(
        "the serial number changed; the %(direction)s total of the new camera starts from %(total_after)s",
        direction=direction,
        total_after=broke.total_after,
    )
    return broke.kind.value, reason, say("who crossed while no camera was there")


def outage_words(since: datetime, started: datetime) -> tuple[str, str, str]:
    """The same of a camera that started anew while it was not read, by its site's clock; its totals went on."""
    read_at = f"{since:%H:%M}" if since.date() == started.date() else f"{since:%H:%M on %Y-%m-%d}"
    reason = say(
        "the camera's own log says that it started at %(started)s; it was last read at %(read_at)s",
        started=f"{started:%H:%M}",
        read_at=read_at,
    )
    return (
        BreakKind.RESTART.value,
        reason,
        say("who crossed while it was off, until %(started)s", started=f"{started:%H:%M}"),
    )


def line_change_words(change: LineChange) -> tuple[str, str, str]:
    """The same of a line that is set up otherwise than before. Nothing is unknown: its totals go on."""
    before, after = change.before, change.after
    reasons: list[str] = []
    if after is None:
        reasons.append(say("the camera does not list the line any more"))
    else:
        if before.enabled != after.enabled:
            on, off = say("the line was switched on on the camera"), say("the line was switched off on the camera")
            reasons.append(on if after.enabled else off)
        if before.name != after.name:
            reasons.append(
                say(
                    "its name on the camera went from %(before)s to %(after)s",
                    before=repr(before.name),
                    after=repr(after.name),
                )
            )
        if before.mode != after.mode:
            reasons.append(_turned(before.mode, after.mode))
    return BreakKind.LINE_CHANGED.value, "; ".join(reasons), ""


def _turned(before: str, after: str) -> str:
    turned = say(
        "its direction went from %(before)s to %(after)s",
        before=before or say("unknown"),
        after=after or say("unknown"),
    )
    if {before, after} != {"LeftToRightIn", "RightToLeftIn"}:
        return turned
    return say(
        "%(turned)s: what the camera calls in was out before. If the door is still the same "
        "way round, have the line counted swapped from now on",
        turned=turned,
    )
