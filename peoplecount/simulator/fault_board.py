"""The fault board: what is going wrong with a camera now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from peoplecount.simulator.fault import FaultName


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
    amount: float = 0.0
    """How far it goes, where it lasts until it is cleared: seconds, days, values or a code."""

    left_by_channel: dict[int, int] = field(default_factory=dict)
    """Polls it has left on each channel, where a poll asks channel by channel."""


class FaultBoard:
    """The faults of one camera that are going on."""

    def __init__(self) -> None:
        self._active: list[ActiveFault] = []

    @property
    def idle(self) -> bool:
        """Nothing goes wrong, for certain."""
        return not self._active

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

    def amount(self, name: FaultName, now: float) -> float | None:
        """How far a fault goes that is going on, by the latest order; ``None`` where it is not."""
        if not self._active:
            return None
        self._drop(now)
        return next((fault.amount for fault in reversed(self._active) if fault.name is name), None)

    def on_line(self, name: FaultName, channel: int, index: int, now: float) -> bool:
        """Whether a line has the fault."""
        if not self._active:
            return False
        self._drop(now)
        return any(fault.name is name and fault.channel == channel and fault.line == index for fault in self._active)

    def _drop(self, now: float) -> None:
        self._active = [fault for fault in self._active if fault.until > now and fault.left != 0]
