"""How what is remembered of a camera's set-up is written beside the log: JSON."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from peoplecount.domain.camera_facts import ClockMeasurement, LineSetup
from peoplecount.domain.camera_watch import WatchedCamera
from peoplecount.domain.clock_watch import WatchedClock
from peoplecount.domain.event import parse_utc, utc_text
from peoplecount.domain.event_body import write_body
from peoplecount.domain.line import LineKey
from peoplecount.domain.poll_times import ResetWindow
from peoplecount.domain.reset_moment import LearnedReset


def write_watched(camera: WatchedCamera) -> str:
    """The JSON of a watched camera; lengths of time are in seconds."""
    return write_body(
        {
            "serial": camera.serial,
            "clock": _clock_fields(camera.clock),
            "lines": {str(key): [line.name, line.enabled, line.mode] for key, line in camera.lines.items()},
            "reset": _reset_fields(camera.reset),
        }
    )


def read_watched(body: str) -> WatchedCamera:
    """What ``write_watched`` wrote. The clock that nobody sets is another one now, and left out."""
    fields = json.loads(body)
    lines = {LineKey.parse(key): LineSetup(*line) for key, line in fields["lines"].items()}
    return WatchedCamera(fields["serial"], _clock(fields["clock"]), lines, _reset(fields["reset"]))


def _clock_fields(clock: WatchedClock) -> dict[str, Any]:
    last = clock.last
    return {
        "measuredAt": utc_text(last.measured_at),
        "utcOffset": last.utc_offset.total_seconds(),
        "measured": [last.least.total_seconds(), last.most.total_seconds()],
        "synced": last.is_synced,
        "ahead": [clock.least.total_seconds(), clock.most.total_seconds()],
        "anchoredAt": utc_text(clock.anchored_at),
        "anchor": clock.anchor.total_seconds(),
    }


def _clock(fields: dict[str, Any]) -> WatchedClock:
    measured_least, measured_most = map(_seconds, fields["measured"])
    least, most = map(_seconds, fields["ahead"])
    last = ClockMeasurement(
        measured_at=parse_utc(fields["measuredAt"]),
        steady=None,
        utc_offset=_seconds(fields["utcOffset"]),
        least=measured_least,
        most=measured_most,
        is_synced=fields["synced"],
    )
    return WatchedClock(last, least, most, parse_utc(fields["anchoredAt"]), _seconds(fields["anchor"]))


def _reset_fields(reset: LearnedReset) -> dict[str, Any]:
    return {
        "window": _window_fields(reset.window),
        "doubted": _window_fields(reset.doubted),
        "night": reset.night.isoformat() if reset.night else None,
        "nights": reset.nights,
    }


def _reset(fields: dict[str, Any]) -> LearnedReset:
    night = fields["night"]
    return LearnedReset(
        _window(fields["window"]),
        _window(fields["doubted"]),
        date.fromisoformat(night) if night else None,
        fields["nights"],
    )


def _window_fields(window: ResetWindow | None) -> list[float] | None:
    return [window.earliest.total_seconds(), window.latest.total_seconds()] if window else None


def _window(fields: list[float] | None) -> ResetWindow | None:
    return ResetWindow(_seconds(fields[0]), _seconds(fields[1])) if fields else None


def _seconds(number: float) -> timedelta:
    return timedelta(seconds=number)
