"""Counter breaks in words: the kind, the reason, and what cannot be known because of it."""

from __future__ import annotations

from datetime import datetime

from peoplecount.domain.camera_watch import LineChange
from peoplecount.domain.counter import BreakKind
from peoplecount.domain.counting import LineBreak


def words(broke: LineBreak) -> tuple[str, str, str]:
    """The kind, why it is taken for that, and what is unknown (empty where nothing is)."""
    direction = "in" if broke.entered else "out"
    fell = f"the {direction} total went from {broke.total_before} to {broke.total_after}"
    if broke.kind is BreakKind.GLITCH:
        reason = f"the {direction} total was lower for a moment and is back at {broke.total_after}"
        return broke.kind.value, reason, ""
    if broke.kind is BreakKind.MIDNIGHT:
        return (
            broke.kind.value,
            f"{fell} on a new day of the camera",
            "who crossed between the last reading and midnight",
        )
    if broke.kind is BreakKind.RESET:
        return broke.kind.value, f"{fell} within a day", "who crossed between the last reading and the reset"
    if broke.kind is BreakKind.RESTART:
        return broke.kind.value, f"{fell} when the camera started anew", "who crossed between the last reading and then"
    if broke.kind is BreakKind.LOWERED:
        return broke.kind.value, f"{fell} and stayed there, without having been at 0", "whom the camera took back"
    reason = f"the serial number changed; the {direction} total of the new camera starts from {broke.total_after}"
    return broke.kind.value, reason, "who crossed while no camera was there"


def outage_words(since: datetime, started: datetime) -> tuple[str, str, str]:
    """The same of a camera that started anew while it was not read, by its site's clock; its totals went on."""
    read_at = f"{since:%H:%M}" if since.date() == started.date() else f"{since:%H:%M on %Y-%m-%d}"
    reason = f"the camera's own log says that it started at {started:%H:%M}; it was last read at {read_at}"
    return BreakKind.RESTART.value, reason, f"who crossed while it was off, until {started:%H:%M}"


def line_change_words(change: LineChange) -> tuple[str, str, str]:
    """The same of a line that is set up otherwise than before. Nothing is unknown: its totals go on."""
    before, after = change.before, change.after
    reasons = []
    if after is None:
        reasons.append("the camera does not list the line any more")
    else:
        if before.enabled != after.enabled:
            reasons.append(f"the line was switched {'on' if after.enabled else 'off'} on the camera")
        if before.name != after.name:
            reasons.append(f"its name on the camera went from {before.name!r} to {after.name!r}")
        if before.mode != after.mode:
            reasons.append(_turned(before.mode, after.mode))
    return BreakKind.LINE_CHANGED.value, "; ".join(reasons), ""


def _turned(before: str, after: str) -> str:
    turned = f"its direction went from {before or 'unknown'} to {after or 'unknown'}"
    if {before, after} != {"LeftToRightIn", "RightToLeftIn"}:
        return turned
    return (
        f"{turned}: what the camera calls in was out before. If the door is still the same way round, have the line "
        "counted swapped from now on"
    )
