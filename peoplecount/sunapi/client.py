"""Reading one camera."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.clock import Clock
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading
from peoplecount.sunapi.configuration import ChannelConfiguration, LineTotals, LiveCounts, Spot
from peoplecount.sunapi.connection import Answer, CameraConnection
from peoplecount.sunapi.device import Device, DeviceChannel, DeviceLine
from peoplecount.sunapi.errors import CameraUnreachable, CountingUnavailable, UnexpectedAnswer
from peoplecount.sunapi.knowledge import Knowledge

_log = logging.getLogger("peoplecount.sunapi")

_LONG_SILENCE = timedelta(minutes=1)
"""A camera away for longer may have restarted, been set anew or been replaced: everything is asked again."""

_Answers = Sequence[Answer[LiveCounts]]


class SunapiClient:
    """Reads the running totals of one camera; never changes anything on it.

    In steady state a poll is one HTTP request. What is needed to understand its answer (the device, its lines, its
    clock) is read first, remembered, and read again now and then, by ``clock.now()``: the clock in each quarter of an
    hour, the lines every 15 minutes, the device every hour.

    One call at a time, from any thread or greenlet. A camera whose address, account or protocol has been changed needs
    a new client.
    """

    def __init__(
        self, camera: Camera, *, clock: Clock, connect_timeout: float = 3.05, read_timeout: float = 10.0
    ) -> None:
        """Time-outs are in real seconds: until the connection stands, and until an answer begins and then ends."""
        self._camera_id = camera.camera_id
        self._clock = clock
        self._connection = CameraConnection(
            camera, clock=clock, connect_timeout=connect_timeout, read_timeout=read_timeout
        )
        self._knowledge = Knowledge(self._connection, clock, camera.protocol)
        self._spots: frozenset[Spot] | None = None
        self._problems: tuple[str, ...] = ()
        self._silent_since: datetime | None = None

    @property
    def protocol(self) -> CameraProtocol | None:
        """The counting interface in use: the camera's preset, else what was chosen; ``None`` before the first poll."""
        return self._knowledge.protocol

    @property
    def requests_sent(self) -> int:
        """HTTP requests sent so far."""
        return self._connection.requests_sent

    @property
    def refusals(self) -> int:
        """Answers 401 so far, those of the first hand-shake included."""
        return self._connection.refusals

    def close(self) -> None:
        """Close the connection; may be called twice."""
        self._connection.close()

    def read(self) -> Reading:
        """One poll. Raises ``CameraError``.

        Disabled lines, and lines whose totals cannot be used, are not in the reading.
        """
        now = self._clock.now()
        if self._silent_since is not None and now - self._silent_since >= _LONG_SILENCE:
            self._knowledge.expire()
        try:
            reading = self._read()
            if self._knowledge.forget_stranger():
                reading = self._read()
        except CameraUnreachable:
            self._silent_since = self._silent_since or now
            raise
        except CountingUnavailable:
            self._knowledge.forget()
            raise
        self._silent_since = None
        return reading

    def examine(self) -> Device:
        """Ask everything anew, for somebody who sets up this camera. Raises ``CameraError``."""
        knowledge = self._knowledge
        knowledge.forget()
        knowledge.refresh()
        problems = list(knowledge.configuration.problems)
        answers: _Answers = ()
        try:
            answers = self._ask()
        except CountingUnavailable as error:
            problems.append(str(error))
        problems.extend(problem for answer in answers for problem in answer.value.problems)
        return self._device({line.spot: line for line in _lines(answers)}, tuple(problems))

    def _read(self) -> Reading:
        self._knowledge.refresh()
        answers = self._ask()
        other_lines = self._spots is not None and _spots(answers) != self._spots
        if other_lines and self._knowledge.doubt_configuration():
            self._knowledge.refresh()
            answers = self._ask()
        self._spots = _spots(answers)
        self._report(answers)
        asked_at, answered_at = answers[0].asked_at, answers[-1].answered_at
        taken_at = asked_at + (answered_at - asked_at) / 2
        return Reading(
            camera_id=self._camera_id,
            taken_at=taken_at,
            local_time=self._knowledge.camera_clock.local_time(taken_at),
            serial=self._knowledge.info.identity,
            lines=self._line_readings(answers),
        )

    def _ask(self) -> _Answers:
        if not self._knowledge.configuration.counting_channels:
            raise CountingUnavailable(
                self._camera_id, "people counting, or each of its lines, is switched off on the camera"
            )
        return self._knowledge.reader.read()

    def _line_readings(self, answers: _Answers) -> tuple[LineReading, ...]:
        configuration = self._knowledge.configuration
        names = {line.spot: line.name for line in configuration.lines()}
        readings = tuple(
            LineReading(self._key(line.spot), line.name or names.get(line.spot, ""), line.totals)
            for line in _lines(answers)
            if configuration.counts(line.spot)
        )
        if not readings:
            raise UnexpectedAnswer(self._camera_id, "the answer holds none of the lines that are switched on")
        return readings

    def _key(self, spot: Spot) -> LineKey:
        return LineKey(self._camera_id, spot.channel, spot.rule, spot.index)

    def _report(self, answers: _Answers) -> None:
        """Log what could not be used, when it changes and not with every poll."""
        problems = self._knowledge.configuration.problems
        problems += tuple(problem for answer in answers for problem in answer.value.problems)
        if problems != self._problems:
            self._problems = problems
            _log.warning("camera %s: %s", self._camera_id, "; ".join(problems) or "all lines can be used again")

    def _device(self, totals: dict[Spot, LineTotals], problems: tuple[str, ...]) -> Device:
        knowledge = self._knowledge
        clock = knowledge.camera_clock
        if knowledge.protocol is None:
            raise AssertionError("a device that was read has a protocol")
        return Device(
            camera_id=self._camera_id,
            address=self._connection.address,
            info=knowledge.info,
            protocol=knowledge.protocol,
            channels=tuple(self._channel(channel, totals) for channel in knowledge.configuration.channels),
            utc_offset=clock.utc_offset,
            clock_error=clock.error.total_seconds(),
            local_time=clock.local_time(self._clock.now()),
            requests_per_poll=knowledge.reader.requests_per_poll,
            problems=problems,
        )

    def _channel(self, channel: ChannelConfiguration, totals: dict[Spot, LineTotals]) -> DeviceChannel:
        """A channel with its listed lines; with those it has totals of, where it lists none."""
        listed = {line.spot: (line.name, line.enabled, line.mode) for line in channel.lines}
        if not listed:
            listed = {
                spot: (line.name, channel.enabled, "")
                for spot, line in totals.items()
                if spot.channel == channel.channel
            }
        lines = []
        for spot, (name, enabled, mode) in listed.items():
            counted = totals.get(spot)
            shown = counted.totals if counted and enabled and channel.enabled else None
            lines.append(DeviceLine(self._key(spot), name or (counted.name if counted else ""), enabled, mode, shown))
        return DeviceChannel(channel.channel, channel.enabled, tuple(lines))


def _lines(answers: _Answers) -> list[LineTotals]:
    return [line for answer in answers for line in answer.value.lines]


def _spots(answers: _Answers) -> frozenset[Spot]:
    return frozenset(line.spot for line in _lines(answers))
