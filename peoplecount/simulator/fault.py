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
    SLOW = "slow"
    GARBAGE = "garbage"
    WRONG_CONTENT_TYPE = "wrong-content-type"
    TRUNCATED = "truncated"
    RESTART = "restart"
    ZERO_AFTER_RESTART = "zero-after-restart"
    STALE_ANSWER = "stale-answer"
    SPLIT_RESET = "split-reset"
    MANUAL_RESET = "manual-reset"
    CLOCK_STEP = "clock-step"
    NO_DAYLIGHT_SAVING = "no-daylight-saving"
    LINE_DISABLED = "line-disabled"
    LINE_MISSING = "line-missing"


BEFORE_LOGIN = frozenset(
    {FaultName.TIMEOUT, FaultName.REFUSED, FaultName.UNAUTHORIZED, FaultName.BLOCKED, FaultName.SERVER_ERROR}
)
"""They hit every request, known or not."""

ON_ANSWERS = frozenset({FaultName.SLOW, FaultName.GARBAGE, FaultName.WRONG_CONTENT_TYPE, FaultName.TRUNCATED})
"""They spoil answers to those who are let in."""

ON_COUNTS = frozenset({FaultName.ZERO_AFTER_RESTART, FaultName.STALE_ANSWER})
"""They change what one or more polls see, not what is counted."""

ON_LINES = frozenset({FaultName.LINE_DISABLED, FaultName.LINE_MISSING})


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
    """The index of the line that is disabled or missing; the channel's first unless given."""

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
        )
        order._check()
        return order

    def _check(self) -> None:
        if self.count is not None and self.name not in BEFORE_LOGIN | ON_ANSWERS | ON_COUNTS:
            raise FaultRefused(f"{self.name} takes no count; it happens once, or lasts for some seconds")
        if self.name is FaultName.CLOCK_STEP:
            if not self.seconds:
                raise FaultRefused("a clock step needs seconds: by how much, negative to set the clock back")
        elif self.seconds is not None and self.seconds <= 0:
            raise FaultRefused(f"seconds is {self.seconds}: a duration greater than 0 is expected")


_FIELDS = {"camera", "fault", "count", "seconds", "delay", "channel", "line"}


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
