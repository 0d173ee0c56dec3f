"""Clocks on the live board: how far each camera's is off, and whether it is ours that is wrong."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from peoplecount.domain.camera import CameraState
from peoplecount.domain.clock_body import ClockStanding, offset_text
from peoplecount.domain.clock_vote import ClockVote, OwnClock, vote
from peoplecount.services.board_lines import CameraNow
from peoplecount.services.clock_words import camera_clock_words, own_clock_words


def own_clock(cameras: Iterable[CameraNow]) -> OwnClock:
    """What the cameras that answer say of our clock."""
    clocks = [camera.clock for camera in cameras if camera.state == CameraState.UP and camera.clock is not None]
    return vote([ClockVote(clock.error, clock.is_synced) for clock in clocks])


def clocks_told(cameras: Iterable[CameraNow], own: OwnClock) -> Hashable:
    """A value that changes with what the board says of clocks in words."""
    words = (
        (camera.camera_id, camera_clock_words(own.of_camera(camera.clock.error))) for camera in cameras if camera.clock
    )
    return own_clock_words(own), frozenset(pair for pair in words if pair[1])


def clock_row(clock: ClockStanding | None, own: OwnClock) -> dict[str, Any]:
    """What a camera's row says of its clock; ``None`` where nothing is known.

    Where our own clock is outvoted, cameras are compared with what they agree on and not with ours.
    """
    if clock is None:
        return {"clockError": None, "utcOffset": None, "clock": ""}
    error = own.of_camera(clock.error)
    return {
        "clockError": round(error.total_seconds(), 1),
        "utcOffset": offset_text(clock.utc_offset),
        "clock": camera_clock_words(error),
    }


def own_clock_fields(own: OwnClock) -> dict[str, Any]:
    """What the board says of our clock."""
    return {"ownClockError": round(own.ahead.total_seconds(), 1), "ownClock": own_clock_words(own)}
