"""The plan of one camera's polls: when it is polled next, by the machine's clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from peoplecount.domain.camera import Camera
from peoplecount.domain.clock import LEAST_REAL_PERIOD, Clock
from peoplecount.domain.poll_times import LocalClock, TurningPolls, next_poll

LEAST_GAP = 0.5
"""Real seconds between two polls of a camera, where its interval allows: a turning point beside a regular slot."""

CALM_MARGIN = 10.0
"""Real seconds before a turning poll from which on it is looked at with every poll. By as much it may move meanwhile:
the machine's clock is slewed, and polls are spread further once there are more cameras."""


class PollPlan:
    """Regular slots, and polls beside the moments at which the camera's figures turn once its clock is known."""

    def __init__(
        self,
        camera: Camera,
        clock: Clock,
        *,
        clock_of: Callable[[str], LocalClock | None],
        apart: Callable[[str], timedelta],
    ) -> None:
        """``clock_of`` tells a camera's own clock, the same object as long as it goes as it did.

        ``apart`` is how much further from a turning point than necessary one is polled, so that not all are at once.
        """
        self.period = max(LEAST_REAL_PERIOD.total_seconds(), camera.poll_interval / clock.speed)
        """Real seconds between two regular polls."""

        self.due: datetime | None = None
        """When it is polled next."""

        self._camera_id = camera.camera_id
        self._clock = clock
        self._clock_of = clock_of
        self._apart = apart
        self._gap = max(LEAST_REAL_PERIOD.total_seconds(), min(LEAST_GAP, self.period / 4))
        self._turning_polls = TurningPolls()
        self._calm_by: LocalClock | None = None
        self._calm_until = float("-inf")
        """Until then, in seconds since the epoch, there is no turning poll by that clock of the camera."""

    def next(self, previous: datetime | None, now: datetime) -> datetime:
        """When the camera is polled next, from when it was last due (``None`` at first); all UTC."""
        moment = next_poll(
            self._camera_id,
            self.period,
            now=now.timestamp(),
            previous=previous.timestamp() if previous else None,
            gap=self._gap,
            turning=self._turning(now),
        )
        self.due = due = datetime.fromtimestamp(moment, UTC)
        return due

    def begin_anew(self) -> None:
        """The machine's clock was set: what was found by it holds no more."""
        self._calm_by = None

    def _turning(self, now: datetime) -> Callable[[float], float] | None:
        """The first poll beside a turning point of the camera's clock after a moment (seconds since the epoch)."""
        local = self._clock_of(self._camera_id)
        if local is None:
            return None
        if local is self._calm_by and now.timestamp() + self.period < self._calm_until:  # nearly always
            return None
        played, speed = self._clock.now(), self._clock.speed
        apart = self._apart(self._camera_id)

        def turning(after: float) -> float:
            begin = played + timedelta(seconds=(after - now.timestamp()) * speed)
            found = after + (self._turning_polls.after(local, begin, apart) - begin).total_seconds() / speed
            self._calm_by, self._calm_until = local, found - CALM_MARGIN
            return found

        return turning
