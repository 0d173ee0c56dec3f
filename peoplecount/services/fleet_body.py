"""How the fleet's notes are written in the local store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from peoplecount.domain.device_facts import DeviceFacts
from peoplecount.domain.owed_history import OwedDays
from peoplecount.domain.poll_tally import PollTally

QUARTERS = "fleet:quarter:"
"""What the keys of quarters of an hour begin with; their number follows."""

DEVICES = "fleet:devices"
TOTALS = "fleet:totals"
"""Polls of each camera since they are noted."""

DAYS_LEFT = "fleet:days-left"
"""Days of each camera's own history that are still to be read."""

OWED_DAYS = "fleet:owed-days"
"""Which days these are, where nothing is known of a line yet."""

CONDITION = "fleet:condition"

_FIELDS = {field.name: type(field.default) for field in fields(DeviceFacts)}


def write_tallies(tallies: Mapping[str, PollTally]) -> str:
    """All cameras of a quarter of an hour: three numbers each."""
    return json.dumps(
        {camera_id: [one.polls, one.failures, one.milliseconds] for camera_id, one in tallies.items()},
        separators=(",", ":"),
    )


def read_tallies(body: str | None) -> dict[str, PollTally]:
    """What ``write_tallies`` wrote; what cannot be read is as good as nothing."""
    found = {}
    for camera_id, numbers in _object(body).items():
        if isinstance(numbers, list) and len(numbers) == 3 and all(isinstance(number, int) for number in numbers):
            found[camera_id] = PollTally(*numbers)
    return found


def write_devices(devices: Mapping[str, DeviceFacts]) -> str:
    """What is known of each camera's device."""
    known = {camera_id: {k: v for k, v in asdict(one).items() if v} for camera_id, one in devices.items()}
    return json.dumps(known, separators=(",", ":"))


def read_devices(body: str | None) -> dict[str, DeviceFacts]:
    """What ``write_devices`` wrote; what cannot be read is as good as nothing."""
    return {camera_id: _device(told) for camera_id, told in _object(body).items() if isinstance(told, dict)}


def write_days_left(days: Mapping[str, int]) -> str:
    """How many there are, by camera."""
    return json.dumps(days, separators=(",", ":"))


def read_days_left(body: str | None) -> dict[str, int]:
    """What ``write_days_left`` wrote; what cannot be read is not known."""
    return {camera_id: days for camera_id, days in _object(body).items() if type(days) is int}


def write_owed_days(owed: Mapping[str, OwedDays]) -> str:
    """The first and the last day, by line id."""
    return json.dumps({line: [str(days.first), str(days.last)] for line, days in owed.items()}, separators=(",", ":"))


def read_owed_days(body: str | None) -> dict[str, OwedDays]:
    """What ``write_owed_days`` wrote; what cannot be read is as good as nothing."""
    found = {}
    for line_id, days in _object(body).items():
        with suppress(TypeError, ValueError):
            first, last = days
            found[line_id] = OwedDays(date.fromisoformat(first), date.fromisoformat(last))
    return found


def read_condition(body: str | None) -> dict[str, Any]:
    """The condition of the process that polls, as it was noted last."""
    return _object(body)


def _device(told: Mapping[str, Any]) -> DeviceFacts:
    return DeviceFacts(**{name: told[name] for name, kind in _FIELDS.items() if type(told.get(name)) is kind})


def _object(body: str | None) -> dict[str, Any]:
    try:
        found = json.loads(body or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
