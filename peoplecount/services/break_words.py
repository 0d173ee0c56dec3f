"""Counter breaks in words: the kind, the reason, and what cannot be known because of it."""

from __future__ import annotations

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
    if broke.kind is BreakKind.LOWERED:
        return broke.kind.value, f"{fell} and stayed there, without having been at 0", "whom the camera took back"
    reason = f"the serial number changed; the {direction} total of the new camera starts from {broke.total_after}"
    return broke.kind.value, reason, "who crossed while no camera was there"
