"""Incidents: what befalls a camera at a moment, and what stays of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from peoplecount.simulator.crossings import Direction
from peoplecount.simulator.fault import FaultName, FaultOrder, FaultRefused
from peoplecount.simulator.fault_board import ActiveFault
from peoplecount.simulator.line_counter import LineCounter
from peoplecount.simulator.plan import LEFT_TO_RIGHT, RIGHT_TO_LEFT, LinePlan
from peoplecount.simulator.virtual_camera import VirtualCamera

_RESTART_SECONDS = 20.0
"""How long a restart takes unless the order says otherwise; nobody is counted meanwhile."""


def inject(camera: VirtualCamera, order: FaultOrder) -> None:
    """A fault begins or, where it is an incident, happens. Raises ``FaultRefused``."""
    instant = camera.clock.mark()
    incident = _INCIDENTS.get(order.name)
    if incident is None:
        camera.begin(order, instant)
    else:
        incident(camera, order, instant)


def _power_off(camera: VirtualCamera, order: FaultOrder, instant: float) -> None:
    """Nobody is counted, nobody is answered; totals and history survive."""
    seconds = order.seconds or _RESTART_SECONDS
    for counter in camera.counters:
        counter.go_blind(instant, instant + seconds)
    camera.starts.append(instant + seconds)
    camera.faults.add(ActiveFault(FaultName.REFUSED, until=camera.clock.unstopped() + seconds))


def _restart(camera: VirtualCamera, order: FaultOrder, instant: float) -> None:
    """The same, but the totals are lost."""
    _power_off(camera, order, instant)
    for counter in camera.counters:
        counter.forget(instant, keeps_history=True)


def _manual_reset(camera: VirtualCamera, order: FaultOrder, instant: float) -> None:
    for counter in camera.counters:
        counter.forget(instant, keeps_history=order.keeps_history)


def _replace_camera(camera: VirtualCamera, order: FaultOrder, instant: float) -> None:
    """Another device of the same make at the same address, set up in the same way; it remembers nothing."""
    _power_off(camera, order, instant)
    number = camera.chance.getrandbits(32)
    camera.plan = replace(camera.plan, serial=f"ZSIM{number:010d}X", mac=f"00:00:5E:00:53:{number % 256:02X}")
    for counter in camera.counters:
        counter.forget(instant)


def _split_reset(camera: VirtualCamera, _order: FaultOrder, instant: float) -> None:
    for counter in camera.counters:
        counter.reset(Direction.IN, instant)
    camera.split_reset_pending = dict.fromkeys(range(camera.plan.channels), instant)


def _step_clock(camera: VirtualCamera, order: FaultOrder, instant: float) -> None:
    camera.wall.step(instant, order.seconds or 0.0)


def _change_zone(camera: VirtualCamera, order: FaultOrder, instant: float) -> None:
    try:
        zone = ZoneInfo(order.text or "")
    except (LookupError, ValueError, OSError):
        raise FaultRefused(f"there is no time zone {order.text!r}; one such as America/New_York is expected") from None
    camera.wall.move_to(instant, zone)


def _forget_daylight_saving(camera: VirtualCamera, _order: FaultOrder, instant: float) -> None:
    camera.wall.forget_daylight_saving(instant)


def _rename_line(camera: VirtualCamera, order: FaultOrder, instant: float) -> None:
    counter = camera.counter(order.channel, order.line)
    _change(camera, counter, replace(counter.plan, name=order.text or ""))
    if not order.keeps_history:
        counter.history_since = instant


def _move_line(camera: VirtualCamera, order: FaultOrder, instant: float) -> None:
    """Somebody draws the line anew: its totals start again from zero."""
    counter = camera.counter(order.channel, order.line)
    _change(camera, counter, replace(counter.plan, moved=counter.plan.moved + 1))
    counter.forget(instant, keeps_history=True)


def _reverse_line(camera: VirtualCamera, order: FaultOrder, instant: float) -> None:
    counter = camera.counter(order.channel, order.line)
    mode = RIGHT_TO_LEFT if counter.plan.mode == LEFT_TO_RIGHT else LEFT_TO_RIGHT
    _change(camera, counter, replace(counter.plan, mode=mode))
    counter.turn(instant)


def _add_line(camera: VirtualCamera, order: FaultOrder, instant: float) -> None:
    """A second line across the door of the channel's first: everybody crosses both."""
    first = camera.counter(order.channel, None)
    last = max(counter.plan.index for counter in camera.counters if counter.plan.channel == order.channel)
    plan = replace(first.plan, index=last + 1, name=order.text or "", enabled=True)
    camera.counters = (*camera.counters, LineCounter(plan, first.traffic, since=instant))
    camera.plan = replace(camera.plan, lines=(*camera.plan.lines, plan))


def _remove_line(camera: VirtualCamera, order: FaultOrder, instant: float) -> None:
    gone = camera.counter(order.channel, order.line)
    gone.go_blind(instant, float("inf"))
    camera.former_counters = (*camera.former_counters, gone)
    camera.counters = tuple(counter for counter in camera.counters if counter is not gone)
    camera.plan = replace(camera.plan, lines=tuple(counter.plan for counter in camera.counters))


def _change(camera: VirtualCamera, counter: LineCounter, plan: LinePlan) -> None:
    counter.plan = plan
    camera.plan = replace(camera.plan, lines=tuple(one.plan for one in camera.counters))


_INCIDENTS: Mapping[FaultName, Callable[[VirtualCamera, FaultOrder, float], None]] = {
    FaultName.RESTART: _restart,
    FaultName.POWER_OFF: _power_off,
    FaultName.MANUAL_RESET: _manual_reset,
    FaultName.CAMERA_REPLACED: _replace_camera,
    FaultName.SPLIT_RESET: _split_reset,
    FaultName.CLOCK_STEP: _step_clock,
    FaultName.ZONE_CHANGE: _change_zone,
    FaultName.NO_DAYLIGHT_SAVING: _forget_daylight_saving,
    FaultName.LINE_RENAMED: _rename_line,
    FaultName.LINE_MOVED: _move_line,
    FaultName.LINE_REVERSED: _reverse_line,
    FaultName.LINE_ADDED: _add_line,
    FaultName.LINE_REMOVED: _remove_line,
}
