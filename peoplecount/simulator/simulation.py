"""A simulation: a fleet of virtual cameras on one clock, and the truth about it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from peoplecount.simulator.camera_front import CameraFront
from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.crossings import Direction
from peoplecount.simulator.fault import FaultOrder
from peoplecount.simulator.incidents import inject
from peoplecount.simulator.line_counter import LineCounter
from peoplecount.simulator.plan import Fleet
from peoplecount.simulator.recorder_front import RecorderFront
from peoplecount.simulator.virtual_camera import VirtualCamera


class UnknownCamera(LookupError):
    """A camera id that the fleet does not have."""


class Simulation:
    """All cameras of a fleet, with what really happened and what went wrong. Thread-safe."""

    def __init__(self, fleet: Fleet, clock: PlayedClock) -> None:
        self.clock = clock
        self.fronts = {plan.camera_id: CameraFront(VirtualCamera(plan, fleet.traffic, clock)) for plan in fleet.cameras}
        self.recorders = {plan.recorder_id: RecorderFront(plan, self.fronts, clock) for plan in fleet.recorders}

    def _cameras(self, camera_id: str) -> list[VirtualCamera]:
        """One camera, or ``all``. Raises ``UnknownCamera``."""
        if camera_id == "all":
            return [front.camera for front in self.fronts.values()]
        if camera_id not in self.fronts:
            raise UnknownCamera(f"no camera {camera_id!r}; there are {', '.join(self.fronts)} and all")
        return [self.fronts[camera_id].camera]

    @property
    def all_read(self) -> bool:
        """Whether the clock has stopped and every line's final totals have been fetched since."""
        return self.clock.finished and all(front.camera.read_at_end for front in self.fronts.values())

    def inject(self, order: FaultOrder) -> list[str]:
        """Carry out an order; the ids of the cameras hit. Raises ``UnknownCamera`` or ``FaultRefused``."""
        cameras = self._cameras(order.camera)
        for camera in cameras:
            with camera.lock:
                inject(camera, order)
        return [camera.plan.camera_id for camera in cameras]

    def clear_faults(self, camera_id: str = "all") -> None:
        """End what is going on at a camera or at all of them. Raises ``UnknownCamera``."""
        for camera in self._cameras(camera_id):
            with camera.lock:
                camera.clear_faults()

    def active_faults(self) -> dict[str, list[str]]:
        """By camera id, the names of what is going on."""
        unstopped = self.clock.unstopped()
        return {camera_id: list(front.camera.faults.names(unstopped)) for camera_id, front in self.fronts.items()}

    def walk(
        self, camera_id: str, *, entered: int = 0, left: int = 0, channel: int = 0, line: int | None = None
    ) -> None:
        """Send people over a line now, the channel's first unless given.

        Raises ``UnknownCamera`` or ``FaultRefused``.
        """
        for camera in self._cameras(camera_id):
            with camera.lock:
                counter = camera.counter(channel, line)
                instant = self.clock.mark()
                counter.traffic.walk(Direction.IN, entered, instant)
                counter.traffic.walk(Direction.OUT, left, instant)

    def truth(self) -> list[dict[str, Any]]:
        """By line, everybody who really crossed, and what the camera's counter shows of it.

        ``in`` and ``out`` are people since the clock began, ``days`` the same by whole local days of the site,
        ``today`` those since the site's midnight, ``totals`` what the camera shows.
        """
        return [
            self._line_truth(front.camera, counter)
            for front in self.fronts.values()
            for counter in front.camera.counters
        ]

    def truth_by_hour(self, days_before: int = 0) -> list[dict[str, Any]]:
        """By line, whom the camera has seen by its own days and hours, and what its history has of it now.

        From the camera's day on which the clock began, and ``days_before`` it. ``seen`` is what must have been counted:
        who crossed while a camera was off or did not look is not in it. Days are ``{"in": [24], "out": [24]}``. A line
        that has been removed is ``removed``; its history is not asked for any more.
        """
        return [
            self._hours_of(front.camera, counter, days_before)
            for front in self.fronts.values()
            for counter in (*front.camera.counters, *front.camera.former_counters)
        ]

    def _hours_of(self, camera: VirtualCamera, counter: LineCounter, days_before: int) -> dict[str, Any]:
        with camera.lock:
            days = camera.wall.days(self.clock.start, self.clock.now())
            days = [days[0] - timedelta(days=number) for number in range(days_before, 0, -1)] + days
            return {
                **_identity(camera, counter),
                "serial": camera.plan.serial,
                "removed": counter not in camera.counters,
                "seen": {day.isoformat(): _in_and_out(camera.seen_by_hour(counter, day)) for day in days},
                "history": {day.isoformat(): _in_and_out(camera.hourly(counter, day)) for day in days},
            }

    def _line_truth(self, camera: VirtualCamera, counter: LineCounter) -> dict[str, Any]:
        with camera.lock:
            now = self.clock.now()
            traffic, days = counter.traffic, camera.days

            def people(start: float, end: float) -> dict[str, int]:
                return {
                    "in": traffic.count(Direction.IN, start, end),
                    "out": traffic.count(Direction.OUT, start, end),
                }

            by_day = {
                day.isoformat(): people(days.start_of(day), min(days.end_of(day), now))
                for day in days.between(self.clock.start, now)
            }
            shown_in, shown_out = camera.totals(counter)
            return {
                **_identity(camera, counter),
                **people(self.clock.start, now),
                "today": by_day[days.day_of(now).isoformat()],
                "totals": {"in": shown_in, "out": shown_out},
                "days": by_day,
            }

    def requests(self) -> dict[str, dict[str, Any]]:
        """By camera id, what came in."""
        return dict(self._requests())

    def _requests(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for camera_id, front in self.fronts.items():
            count = front.count
            yield (
                camera_id,
                {
                    "requests": count.requests,
                    "unauthorized": count.unauthorized,
                    "failures": count.failures,
                    "forbidden": list(count.forbidden),
                    "streams": len(front.camera.listeners),
                },
            )


def _identity(camera: VirtualCamera, counter: LineCounter) -> dict[str, Any]:
    plan = counter.plan
    return {
        "cameraId": camera.plan.camera_id,
        "channel": plan.channel,
        "rule": plan.rule,
        "index": plan.index,
        "name": plan.name,
    }


def _in_and_out(hours: tuple[list[int], list[int]]) -> dict[str, list[int]]:
    return {"in": hours[0], "out": hours[1]}
