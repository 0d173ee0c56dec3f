"""Faults: what can go wrong with a camera, and what is going wrong with it now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class ActiveFault:
    """A fault that is going on."""

    name: FaultName
    until: float
    """When it runs out, in unstopped played seconds."""

    left: int | None = None
    """Requests it has left, if it counts them."""

    delay: float = 0.0
    channel: int = 0
    line: int = 1
    left_by_channel: dict[int, int] = field(default_factory=dict)
    """Polls it has left on each channel, where a poll asks channel by channel."""


class FaultBoard:
    """The faults of one camera that are going on."""

    def __init__(self) -> None:
        self._active: list[ActiveFault] = []

    def add(self, fault: ActiveFault) -> None:
        """A fault begins."""
        self._active.append(fault)

    def clear(self) -> None:
        """All of them end."""
        self._active.clear()

    def names(self, now: float) -> list[FaultName]:
        """What is going on."""
        self._drop(now)
        return [fault.name for fault in self._active]

    def take(self, names: Collection[FaultName], now: float) -> ActiveFault | None:
        """The fault among ``names`` that hits this request, or none; it has one request less left then."""
        if not self._active:
            return None
        self._drop(now)
        for fault in self._active:
            if fault.name in names:
                if fault.left is not None:
                    fault.left -= 1
                return fault
        return None

    def take_on_channel(self, name: FaultName, channel: int, now: float) -> ActiveFault | None:
        """The same for a poll of one channel: a fault of N polls hits N polls of every channel."""
        if not self._active:
            return None
        self._drop(now)
        for fault in self._active:
            if fault.name is not name:
                continue
            if fault.left is None:
                return fault
            left = fault.left_by_channel.setdefault(channel, fault.left)
            if left > 0:
                fault.left_by_channel[channel] = left - 1
                return fault
        return None

    def on_line(self, name: FaultName, channel: int, index: int, now: float) -> bool:
        """Whether a line has the fault."""
        if not self._active:
            return False
        self._drop(now)
        return any(fault.name is name and fault.channel == channel and fault.line == index for fault in self._active)

    def _drop(self, now: float) -> None:
        self._active = [fault for fault in self._active if fault.until > now and fault.left != 0]
