"""A camera that is polled: its client, what the last poll brought, and its history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Protocol

from peoplecount.domain.bucket_clock import BucketClock, clock_by_now, people_by_hour
from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.day_history import DayHistory
from peoplecount.domain.device_facts import DeviceFacts
from peoplecount.domain.hour_slots import offset_of
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import Reading
from peoplecount.sunapi.errors import CameraError, UnexpectedAnswer


class Client(Protocol):
    """What is needed of ``SunapiClient``."""

    @property
    def protocol(self) -> CameraProtocol | None:
        """The interface in use."""
        ...

    def read(self) -> Reading:
        """One poll. Raises ``CameraError``."""
        ...

    @property
    def device(self) -> DeviceFacts:
        """What is known of the device by now; asks nothing."""
        ...

    def history(self, day: date, lines: Sequence[LineKey] | None = None) -> DayHistory:
        """The hourly counts of one day of the camera. Raises ``CameraError``."""
        ...

    def last_start(self) -> datetime | None:
        """When the camera last started (UTC), if it says. Raises ``CameraError``."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class PolledCamera:
    """A client that remembers its last reading, for those who work beside the polls."""

    def __init__(
        self,
        camera: Camera,
        client: Client,
        clock_of_history: Callable[[str], BucketClock | None],
        on_close: Callable[[PolledCamera], None] = lambda _: None,
    ) -> None:
        """``clock_of_history`` tells which clock the hours of a camera's history go by, once that is known."""
        self.camera = camera
        self.closed = False
        self.reading: Reading | None = None
        self._client = client
        self._clock_of_history = clock_of_history
        self._on_close = on_close

    @property
    def protocol(self) -> CameraProtocol | None:
        """The counting interface in use; ``None`` before the first poll."""
        return self._client.protocol

    @property
    def device(self) -> DeviceFacts:
        """What is known of the device by now; asks nothing."""
        return self._client.device

    def read(self) -> Reading:
        """One poll. Raises ``CameraError``; there is no last reading then."""
        try:
            reading = self.reading = self._client.read()
        except CameraError:
            self.reading = None
            raise
        return reading

    def search(self, day: date) -> DayHistory:
        """All that the camera files under a day. Raises ``CameraError``."""
        return self._client.history(day)

    def history(self, day: date, lines: Sequence[LineKey] | None = None) -> DayHistory:
        """The hours of a day that is under way, by the camera's wall clock. Raises ``CameraError``."""
        answer = self._client.history(day, lines)
        if self._hours_may_be_of_utc(answer):
            raise UnexpectedAnswer(
                self.camera.camera_id, "it is not certain that the hours of its history are those of its own clock"
            )
        return answer

    def last_start(self) -> datetime | None:
        """When the camera last started (UTC), if it says. Raises ``CameraError``."""
        return self._client.last_start()

    def close(self) -> None:
        """Let go of the camera."""
        self.closed = True
        self._on_close(self)
        self._client.close()

    def _hours_may_be_of_utc(self, answer: DayHistory) -> bool:
        """A WiseAI camera may file its hours by UTC; only people in an hour that is still to come there rule it out."""
        known = self._clock_of_history(self.camera.camera_id)
        if known is not None or self.protocol is not CameraProtocol.WISEAI or self.reading is None:
            return known is BucketClock.UTC
        utc, local = self.reading.taken_at, self.reading.local_time
        if not offset_of(utc, local):
            return False
        return clock_by_now(people_by_hour(answer.hours.values()), answer.day, utc, local) is not BucketClock.LOCAL
