"""Faults: what can go wrong with a camera, and orders to let it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class FaultName(StrEnum):
    """All faults. Each says what it takes."""

    TIMEOUT = "timeout"
    REFUSED = "refused"
    UNAUTHORIZED = "401"
    BLOCKED = "490"
    SERVER_ERROR = "500"
    NO_RIGHTS = "609"
    SLOW = "slow"
    GARBAGE = "garbage"
    WRONG_CONTENT_TYPE = "wrong-content-type"
    TRUNCATED = "truncated"
    RESTART = "restart"
    POWER_OFF = "power-off"
    ZERO_AFTER_RESTART = "zero-after-restart"
    STALE_ANSWER = "stale-answer"
    SPLIT_RESET = "split-reset"
    MANUAL_RESET = "manual-reset"
    CAMERA_REPLACED = "camera-replaced"
    CLOCK_STEP = "clock-step"
    ZONE_CHANGE = "zone-change"
    NO_DAYLIGHT_SAVING = "no-daylight-saving"
    LATE_MIDNIGHT = "late-midnight"
    SPLIT_MIDNIGHT = "split-midnight"
    LINE_DISABLED = "line-disabled"
    LINE_MISSING = "line-missing"
    LINE_RENAMED = "line-renamed"
    LINE_MOVED = "line-moved"
    LINE_REVERSED = "line-reversed"
    LINE_ADDED = "line-added"
    LINE_REMOVED = "line-removed"
    LATE_HISTORY = "late-history"
    HISTORY_DEPTH = "history-depth"
    HISTORY_VALUES = "history-values"
    UTC_HISTORY = "utc-history"
    SEARCH_STUCK = "search-stuck"
    SEARCH_REFUSED = "search-refused"
    STREAM_REFUSED = "stream-refused"
    STREAM_ENDS = "stream-ends"
    STREAM_GARBAGE = "stream-garbage"
    CERTIFICATE_CHANGED = "certificate-changed"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_WRONG_NAME = "certificate-wrong-name"


BEFORE_LOGIN = frozenset(
    {FaultName.TIMEOUT, FaultName.REFUSED, FaultName.UNAUTHORIZED, FaultName.BLOCKED, FaultName.SERVER_ERROR}
)
"""They hit every request, known or not."""

ON_RIGHTS = frozenset({FaultName.NO_RIGHTS})
"""They hit what asks about counts, from those who are let in."""

ON_ANSWERS = frozenset({FaultName.SLOW, FaultName.GARBAGE, FaultName.WRONG_CONTENT_TYPE, FaultName.TRUNCATED})
"""They spoil answers to those who are let in."""

ON_COUNTS = frozenset({FaultName.ZERO_AFTER_RESTART, FaultName.STALE_ANSWER})
"""They change what one or more polls see, not what is counted."""

ON_CERTIFICATES = frozenset(
    {FaultName.CERTIFICATE_CHANGED, FaultName.CERTIFICATE_EXPIRED, FaultName.CERTIFICATE_WRONG_NAME}
)
"""While one lasts, another certificate is shown; over plain HTTP nobody sees it."""

ON_LINES = frozenset(
    {
        FaultName.LINE_DISABLED,
        FaultName.LINE_MISSING,
        FaultName.LINE_RENAMED,
        FaultName.LINE_MOVED,
        FaultName.LINE_REVERSED,
        FaultName.LINE_REMOVED,
    }
)

BY_SECONDS = frozenset(
    {FaultName.CLOCK_STEP, FaultName.LATE_MIDNIGHT, FaultName.SPLIT_MIDNIGHT, FaultName.LATE_HISTORY}
)
"""Their seconds are not how long they last but how far they go."""


class FaultRefused(ValueError):
    """An order for a fault that cannot be carried out; the message says what is allowed."""


@dataclass(frozen=True, slots=True)
class FaultOrder:
    """A fault to inject, as ``POST /control/faults`` takes it."""

    camera: str
    """A camera id, or ``all``."""

    name: FaultName
    count: int | None = None
    """So many requests, or polls where the fault is in the counts."""

    seconds: float | None = None
    """For so long, in played time; by how much, for a clock step."""

    delay: float = 2.0
    """Real seconds that a slow answer takes."""

    channel: int = 0
    line: int | None = None
    """The index of the line that it is about; the channel's first unless given."""

    text: str | None = None
    """``name`` in the order: a line's new name, which may be empty or another line's; a time zone."""

    number: int | None = None
    """``days``, ``values`` or ``code`` in the order: what the fault needs."""

    keeps_history: bool = False
    """``history`` in the order: whether the camera's history survives."""

    @classmethod
    def parse(cls, fields: object) -> FaultOrder:
        """Read a JSON object. Raises ``FaultRefused``."""
        if not isinstance(fields, Mapping):
            raise FaultRefused('a JSON object is expected, such as {"camera": "1", "fault": "timeout", "count": 3}')
        unknown = set(fields) - _FIELDS
        if unknown:
            raise FaultRefused(f"unknown field {min(unknown)!r}; allowed are {', '.join(sorted(_FIELDS))}")
        try:
            name = FaultName(str(fields.get("fault")))
        except ValueError:
            allowed = ", ".join(FaultName)
            raise FaultRefused(f"unknown fault {fields.get('fault')!r}; allowed are {allowed}") from None
        order = cls(
            camera=str(fields.get("camera", "all")),
            name=name,
            count=_whole_number(fields, "count", at_least=1),
            seconds=_number(fields, "seconds"),
            delay=_number(fields, "delay", at_least=0) or 2.0,
            channel=_whole_number(fields, "channel", at_least=0) or 0,
            line=_whole_number(fields, "line", at_least=1),
            text=_text(fields, "name"),
            number=_own_number(name, fields),
            keeps_history=_flag(fields, "history"),
        )
        order._check()
        return order

    def _check(self) -> None:
        if self.count is not None and self.name not in BEFORE_LOGIN | ON_RIGHTS | ON_ANSWERS | ON_COUNTS:
            raise FaultRefused(f"{self.name} takes no count; it happens once, or lasts for some seconds")
        if self.name in _NEEDS_NAME and self.text is None:
            raise FaultRefused(f"{self.name} needs a name: {_NEEDS_NAME[self.name]}")
        if self.name is FaultName.CLOCK_STEP:
            if not self.seconds:
                raise FaultRefused("a clock step needs seconds: by how much, negative to set the clock back")
        elif self.name in BY_SECONDS and self.seconds is None:
            raise FaultRefused(f"{self.name} needs seconds: how late")
        elif self.seconds is not None and self.seconds <= 0:
            raise FaultRefused(f"seconds is {self.seconds}: a duration greater than 0 is expected")


_FIELDS = {
    *("camera", "fault", "count", "seconds", "delay", "channel", "line", "name", "days", "values", "code", "history"),
}
_NEEDS_NAME = {
    FaultName.ZONE_CHANGE: "of a time zone, such as America/New_York",
    FaultName.LINE_RENAMED: "the line's new one, which may be empty or another line's",
    FaultName.LINE_ADDED: "the new line's",
}
_OWN_NUMBER = {
    FaultName.HISTORY_DEPTH: ("days", None, range(1, 10_000)),
    FaultName.HISTORY_VALUES: ("values", None, range(1, 101)),
    FaultName.SEARCH_REFUSED: ("code", 608, range(1, 1000)),
    FaultName.STREAM_REFUSED: ("code", 608, range(1, 1000)),
}
"""The number that a fault takes: its field, what it is unless given, and what it may be."""


def _own_number(name: FaultName, fields: Mapping[str, Any]) -> int | None:
    field, usual, allowed = _OWN_NUMBER.get(name, ("", None, range(0)))
    others = {"days", "values", "code"} & set(fields) - {field}
    if others:
        raise FaultRefused(f"{name} takes no {min(others)}")
    if not field:
        return None
    value = _whole_number(fields, field, at_least=allowed.start)
    value = usual if value is None else value
    if value not in allowed:
        raise FaultRefused(f"{name} needs {field}: a whole number from {allowed.start} to {allowed.stop - 1}")
    return value


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and (not isinstance(value, str) or len(value) > 100):
        raise FaultRefused(f"{name} is {value!r}: a text of at most 100 characters is expected")
    return value


def _flag(fields: Mapping[str, Any], name: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise FaultRefused(f"{name} is {value!r}: true or false is expected")
    return value


def _number(fields: Mapping[str, Any], name: str, at_least: float | None = None) -> float | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
        raise FaultRefused(f"{name} is {value!r}: a number is expected")
    if at_least is not None and value < at_least:
        raise FaultRefused(f"{name} is {value!r}: at least {at_least} is expected")
    return float(value)


def _whole_number(fields: Mapping[str, Any], name: str, at_least: int) -> int | None:
    value = _number(fields, name, at_least)
    if value is not None and not value.is_integer():
        raise FaultRefused(f"{name} is {value!r}: a whole number is expected")
    return None if value is None else int(value)
