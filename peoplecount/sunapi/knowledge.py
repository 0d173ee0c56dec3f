"""What is known of a device besides its totals, and kept up to date."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from peoplecount.domain.camera import CameraProtocol
from peoplecount.domain.camera_facts import CameraFacts, ClockMeasurement, LineSetup
from peoplecount.domain.clock import Clock, Jumps
from peoplecount.domain.device_facts import DeviceFacts
from peoplecount.domain.line import LineKey
from peoplecount.sunapi import queries
from peoplecount.sunapi.camera_clock import QUARTER, CameraClock, measure, parse_date
from peoplecount.sunapi.configuration import CountingConfiguration, limited
from peoplecount.sunapi.connection import CameraConnection
from peoplecount.sunapi.counting import Counting, CountsReader
from peoplecount.sunapi.device import DeviceInfo, parse_device_info
from peoplecount.sunapi.errors import CameraBusy, CountingUnavailable, UnexpectedAnswer
from peoplecount.sunapi.protocol_choice import choose
from peoplecount.sunapi.remembered import Remembered, another_slot, older_than

T = TypeVar("T")

_log = logging.getLogger("peoplecount.sunapi")

_RECORDERS = frozenset({"NVR", "DVR", "Hybrid"})
"""``DeviceType`` (SUNAPI System manual 2.6.2, ``deviceinfo``)."""

_INFO_LIFE = timedelta(hours=1)
_CONFIGURATION_LIFE = timedelta(minutes=15)
_LEAST_CONFIGURATION_AGE = timedelta(minutes=1)
"""Lines that come and go would otherwise double the requests."""


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """What tells two devices at one address apart, and what is asked of them."""

    serial: str
    realm: str
    protocol: CameraProtocol | None

    def may_be(self, other: KnownDevice) -> bool:
        """Whether nothing that is known of both tells them apart."""
        pairs = ((self.serial, other.serial), (self.realm, other.realm), (self.protocol, other.protocol))
        return all(one == another or not one or not another for one, another in pairs)


class Knowledge:
    """The device, its interface, its lines and its clock; each asked for when it is first needed or has become old.

    The clock is asked for in each quarter of an hour, because time zones change on quarters.
    """

    def __init__(self, connection: CameraConnection, clock: Clock, preset: CameraProtocol | None) -> None:
        self._connection = connection
        self._clock = clock
        self._preset = preset
        self._info = Remembered[DeviceInfo](older_than(_INFO_LIFE))
        self._configuration = Remembered[CountingConfiguration](older_than(_CONFIGURATION_LIFE))
        self._camera_clock = Remembered[ClockMeasurement](another_slot(QUARTER))
        self._shown_clock: tuple[ClockMeasurement, CameraClock] | None = None
        """As it was measured, and what follows from that."""

        self._jumps = Jumps(clock)
        self._facts: CameraFacts | None = None
        self.counts = False
        """Whether any line is switched on; after ``refresh``."""

        self._counting: Counting | None = None
        self._reader: CountsReader | None = None
        self._realm = ""

    @property
    def protocol(self) -> CameraProtocol | None:
        """The interface in use; ``None`` as long as it is unknown."""
        return self._counting.protocol if self._counting else self._preset

    @property
    def info(self) -> DeviceInfo:
        """Model, serial number and so on; after ``refresh``."""
        return _known(self._info.value)

    @property
    def so_far(self) -> DeviceFacts:
        """What is known of the device by now; asks nothing, and whoever calls waits for nobody."""
        info, certificate, reader = self._info.value or DeviceInfo(), self._connection.certificate, self._reader
        expires = certificate.expires_at if certificate else None
        return DeviceFacts(
            model=info.model,
            serial=info.identity,
            firmware=info.firmware,
            protocol=self.protocol or "",
            requests_per_poll=reader.requests_per_poll if reader else 0,
            address=self._connection.address,
            certificate=certificate.fingerprint if certificate else "",
            expires=f"{expires:%Y-%m-%d}" if expires else "",
        )

    @property
    def device(self) -> KnownDevice:
        """Who it was that was asked; the realm is the one of the latest challenge."""
        info = self._info.value or DeviceInfo()
        return KnownDevice(info.identity, self._connection.realm, self.protocol)

    @property
    def configuration(self) -> CountingConfiguration:
        """Channels and lines; after ``refresh``."""
        return _known(self._configuration.value)

    @property
    def camera_clock(self) -> CameraClock:
        """The device's own clock; after ``refresh``."""
        measured = _known(self._camera_clock.value)
        if self._shown_clock is None or self._shown_clock[0] is not measured:
            self._shown_clock = measured, CameraClock.of(measured)
        return self._shown_clock[1]

    @property
    def facts(self) -> CameraFacts:
        """What the device is set to; after ``refresh``, and the same object until something was asked anew."""
        if self._facts is None:
            self._facts = CameraFacts(_known(self._camera_clock.value), tuple(self._line_setups()))
        return self._facts

    def _line_setups(self) -> Iterator[tuple[LineKey, LineSetup]]:
        for channel in self.configuration.channels:
            for line in channel.lines:
                spot = line.spot
                key = LineKey(self._connection.camera_id, spot.channel, spot.rule, spot.index)
                yield key, LineSetup(line.name, channel.enabled and line.enabled, line.mode)

    @property
    def counting(self) -> Counting:
        """The interface in use; after ``refresh``."""
        return _known(self._counting)

    @property
    def reader(self) -> CountsReader:
        """Asks for the totals of the lines that are switched on; after ``refresh``."""
        return _known(self._reader)

    def refresh(self) -> None:
        """Ask for whatever is due. Raises ``CameraError``."""
        now = self._clock.now()
        if self._jumps.seconds():  # what is known of the camera's clock was measured by ours as it was before
            self._camera_clock.expire()
        # Each looked at here, because nearly always nothing is due. One that is asked for may expire those after it.
        if self._info.due(now):
            self._renew(self._info, now, self._ask_info, self._note_info)
        if self._configuration.due(now):
            self._renew(self._configuration, now, self._ask_configuration, self._note_configuration)
        if self._camera_clock.due(now):
            self._renew(self._camera_clock, now, self._ask_clock, self._note_clock)

    def expire(self) -> None:
        """Ask for everything again at the next ``refresh``."""
        self._info.expire()
        self._configuration.expire()
        self._camera_clock.expire()

    def doubt_configuration(self) -> bool:
        """Ask for the lines again at the next ``refresh``, unless that was done a moment ago; whether it will be."""
        doubted = self._configuration.age(self._clock.now()) >= _LEAST_CONFIGURATION_AGE
        if doubted:
            self._configuration.expire()
        return doubted

    def forget(self) -> None:
        """Begin anew, as with a device never met."""
        self.expire()
        self._info.value = None
        self._forget_counting()

    def forget_stranger(self) -> bool:
        """Forget the device if it no longer is the one that was asked for its name; whether that was so.

        Devices put their MAC address in the realm they give when they ask for a password.
        """
        strange = self._connection.realm != self._realm
        if strange:
            self.forget()
        return strange

    def _forget_counting(self) -> None:
        self._configuration.expire()
        self._configuration.value = None
        self._camera_clock.expire()
        self._camera_clock.value = None
        self._counting = None
        self._reader = None

    def _renew(
        self, item: Remembered[T], now: datetime, ask: Callable[[], T], keep: Callable[[T, datetime], None]
    ) -> None:
        """Ask anew. An old value does while the camera answers this one question with nonsense or not now."""
        try:
            value = ask()
        except (UnexpectedAnswer, CameraBusy) as error:
            if item.value is None:
                raise
            _log.warning("camera %s: making do with what was known before: %s", self._connection.camera_id, error)
            item.put_off(now)
        else:
            keep(value, now)

    def _ask_info(self) -> DeviceInfo:
        try:
            return self._connection.ask(queries.device_info(), parse_device_info).value
        except CountingUnavailable:
            # Counts can be read without knowing whose they are; and a device does not lose its name by keeping silent.
            return self._info.value or DeviceInfo()

    def _note_info(self, info: DeviceInfo, now: datetime) -> None:
        before = self._info.value
        if before is not None and (before.identity, before.firmware) != (info.identity, info.firmware):
            _log.info(
                "camera %s is another device or has new firmware: %s %s",
                self._connection.camera_id,
                info.model,
                info.firmware,
            )
            self._forget_counting()
        self._info.keep(info, now)
        self._realm = self._connection.realm

    def _ask_configuration(self) -> CountingConfiguration:
        if self._counting is not None:
            return limited(self._counting.configure())
        try:
            self._counting, configuration = choose(self._connection, self._preset)
        except CountingUnavailable as error:
            raise self._recorder_itself(error) from error
        _log.info("camera %s is read through its %s interface", self._connection.camera_id, self._counting.protocol)
        return limited(configuration)

    def _recorder_itself(self, error: CountingUnavailable) -> CountingUnavailable:
        """The error; where a recorder was asked that does not count itself, what to ask it for."""
        if self._connection.recorder_channel is not None or self.info.device_type not in _RECORDERS:
            return error
        return CountingUnavailable(
            error.camera_id,
            f"this is a recorder: say on which of its channels the camera is (nvr_channel, from 0); {error}",
        )

    def _note_configuration(self, configuration: CountingConfiguration, now: datetime) -> None:
        if self._reader is None or configuration != self._configuration.value:
            self._reader = CountsReader(self._connection, _known(self._counting).plan(configuration))
        self._configuration.keep(configuration, now)
        self.counts = bool(configuration.counting_channels)
        self._facts = None

    def _ask_clock(self) -> ClockMeasurement:
        answer = self._connection.ask(queries.device_date(), parse_date)
        steady = self._clock.monotonic() * self._clock.speed
        return measure(answer.value, answer.asked_at, answer.answered_at, steady)

    def _note_clock(self, measured: ClockMeasurement, now: datetime) -> None:
        self._camera_clock.keep(measured, now)
        self._facts = None


def _known(value: T | None) -> T:
    if value is None:
        raise RuntimeError("asked for before it was read: call refresh() first")
    return value
