"""Reading one camera."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.camera_networks import CameraNetworks
from peoplecount.domain.clock import Clock
from peoplecount.domain.day_history import DayHistory
from peoplecount.domain.device_facts import DeviceFacts
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading
from peoplecount.sunapi import queries
from peoplecount.sunapi.configuration import LineLimit, LineTotals, Spot
from peoplecount.sunapi.connection import CameraConnection
from peoplecount.sunapi.counting import Answers, Understood, lines_of, spots_of
from peoplecount.sunapi.device import Device
from peoplecount.sunapi.device_gate import DeviceGates
from peoplecount.sunapi.errors import CameraBusy, CameraUnreachable, CountingUnavailable, UnexpectedAnswer
from peoplecount.sunapi.examination import examined
from peoplecount.sunapi.history import find_history
from peoplecount.sunapi.hourly_figures import Found
from peoplecount.sunapi.knowledge import Knowledge
from peoplecount.sunapi.problem_report import ProblemReport
from peoplecount.sunapi.search import Searches
from peoplecount.sunapi.sign_ins import SignIns
from peoplecount.sunapi.system_log import parse_last_start
from peoplecount.sunapi.trust import Authorities

_LONG_SILENCE = timedelta(minutes=1)
"""A camera away for longer may have restarted, been set anew or been replaced: everything is asked again."""

_ABSENT = "the line is switched off, or the camera does not have it"


class SunapiClient:
    """Reads the running totals of one camera; never changes anything on it.

    In steady state a poll is one HTTP request. What is needed to understand its answer (the device, its lines, its
    clock) is read first, remembered, and read again now and then, by ``clock.now()``: the clock in each quarter of an
    hour, the lines every 15 minutes, the device every hour.

    From any thread or greenlet, and a ``history`` may go on beside ``read``: its requests and the poll's take turns.
    A camera whose address, account or protocol has been changed needs a new client.
    """

    def __init__(
        self,
        camera: Camera,
        *,
        clock: Clock,
        connect_timeout: float = 3.05,
        read_timeout: float = 10.0,
        sleep: Callable[[float], object] | None = None,
        gates: DeviceGates | None = None,
        sign_ins: SignIns | None = None,
        authorities: Authorities | None = None,
        networks: CameraNetworks | None = None,
    ) -> None:
        """Time-outs are in real seconds: until the connection stands, and from a request to the end of its answer.

        ``sleep`` waits so many real seconds for a search in the camera's history; the usual one ends with ``close``.
        ``gates`` see to it that all clients of a process ask a device one by one; without them, only this one does.
        ``sign_ins`` is the budget of failed sign-ins that everybody shares, and ``authorities`` vouch for certificates;
        the system's unless given. ``networks`` are where cameras may be: everywhere unless given.
        """
        self._camera_id = camera.camera_id
        self._clock = clock
        self._connection = CameraConnection(
            camera,
            clock=clock,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            gate=(gates or DeviceGates()).of(camera.address),
            sign_ins=sign_ins,
            authorities=authorities,
            networks=networks,
        )
        self._knowledge = Knowledge(self._connection, clock, camera.protocol)
        self._spots: frozenset[Spot] | None = None
        self._understood: Understood | None = None
        self._limit = LineLimit()
        self._problems = ProblemReport(camera.camera_id)
        self._silent_since: datetime | None = None
        self._names: dict[Spot, str] = {}
        self._knowing = threading.Lock()
        """Around whatever reads or changes what is known of the camera; a search holds it at its ends only."""

        self._searching = threading.Lock()
        """One search at a time: how many a camera takes is not documented (SUNAPI Recording manual 2.6.2)."""

        self._closed = threading.Event()
        self._sleep = sleep or self._closed.wait

    @property
    def protocol(self) -> CameraProtocol | None:
        """The counting interface in use: the camera's preset, else what was chosen; ``None`` before the first poll."""
        return self._knowledge.protocol

    @property
    def device(self) -> DeviceFacts:
        """What is known of the device by now; asks nothing."""
        return self._knowledge.so_far

    @property
    def requests_sent(self) -> int:
        """HTTP requests sent so far."""
        return self._connection.requests_sent

    @property
    def refusals(self) -> int:
        """Answers 401 so far, those of the first hand-shake included."""
        return self._connection.refusals

    def close(self) -> None:
        """Close the connection, also under an answer that is still awaited, and give up a search; returns at once.

        The search takes itself back on the camera before it ends. May be called twice.
        """
        self._closed.set()
        self._connection.close()

    def read(self) -> Reading:
        """One poll. Raises ``CameraError``.

        Disabled lines, and lines whose totals cannot be used, are not in the reading.
        """
        with self._knowing:
            return self._poll()

    def _poll(self) -> Reading:
        now = self._clock.now()
        if self._silent_since is not None and now - self._silent_since >= _LONG_SILENCE:
            self._knowledge.expire()
        try:
            reading = self._read()
            if self._knowledge.forget_stranger():
                reading = self._read()
        except (CameraUnreachable, CameraBusy):  # a recorder answers for a camera that is away, too
            self._silent_since = self._silent_since or now
            raise
        except CountingUnavailable:
            self._knowledge.forget()
            raise
        self._silent_since = None
        return reading

    def history(self, day: date, lines: Sequence[LineKey] | None = None) -> DayHistory:
        """The hourly counts of one day of the camera; of all lines that count unless ``lines`` are named.

        Takes some requests and at least half a second, at most about half a minute. Polls meanwhile wait for one
        request of it at most; a second search waits for the first. Raises ``CameraError`` where no line's history could
        be had for the same reason, and where another device answers in the end than in the beginning.
        """
        with self._searching:
            with self._knowing:
                self._knowledge.refresh()
                device = self._knowledge.device
                names = self._countable()
                keys = tuple(self._key(spot) for spot in names) if lines is None else tuple(lines)
                wanted = {spot: name for spot, name in names.items() if self._key(spot) in keys}
                searches = self._knowledge.counting.searches(self._knowledge.configuration, wanted, day)
            found = self._search(searches)
            if not self._knowledge.device.may_be(device):
                raise CameraBusy(self._camera_id, "the camera was replaced or set anew while its history was searched")
        hours = {self._key(spot): of_line for spot, of_line in found.hours.items()}
        missing = {self._key(spot): reason for spot, reason in found.missing.items()}
        absent = {key: _ABSENT for key in keys if key not in hours and key not in missing}
        return DayHistory(day, hours, missing | absent, serial=device.serial)

    def last_start(self) -> datetime | None:
        """When the camera last started, as far as its log of today says; UTC by our clock. Raises ``CameraError``."""
        with self._knowing:
            self._knowledge.refresh()
            clock = self._knowledge.camera_clock
            today = clock.local_time(self._clock.now()).date()
            started = self._connection.ask(queries.system_log(today), parse_last_start).value
        return clock.utc(started) if started else None

    def examine(self) -> Device:
        """Ask everything anew, for somebody who sets up this camera. Raises ``CameraError``."""
        with self._knowing:
            return examined(self._connection, self._knowledge, self._ask, self._clock)

    def _read(self) -> Reading:
        self._knowledge.refresh()
        answers = self._ask()
        understood = self._understood
        if understood is None or not understood.is_of(self._knowledge.configuration, answers):
            answers, understood = self._understand(answers)
        asked_at, answered_at = answers[0].asked_at, answers[-1].answered_at
        taken_at, clock = asked_at + (answered_at - asked_at) / 2, self._knowledge.camera_clock
        return Reading(
            camera_id=self._camera_id,
            taken_at=taken_at,
            local_time=clock.local_time(taken_at),
            serial=self._knowledge.info.identity,
            lines=understood.lines,
            facts=self._knowledge.facts,
            doubt=(answered_at - asked_at) / 2 + clock.doubt,
        )

    def _understand(self, answers: Answers) -> tuple[Answers, Understood]:
        """Answers that are not those of the last poll, asked anew where they are about other lines; what they say."""
        self._understood = None
        other_lines = self._spots is not None and spots_of(answers) != self._spots
        if other_lines and self._knowledge.doubt_configuration():
            self._knowledge.refresh()
            answers = self._ask()
        self._spots = spots_of(answers)
        self._report(answers)
        lines = self._line_readings(answers)
        self._understood = Understood(self._knowledge.configuration, [answer.value for answer in answers], lines)
        return answers, self._understood

    def _ask(self) -> Answers:
        if not self._knowledge.counts:
            raise CountingUnavailable(
                self._camera_id, "people counting, or each of its lines, is switched off on the camera"
            )
        return self._knowledge.reader.read()

    def _countable(self) -> dict[Spot, str]:
        """The lines whose counts mean anything, by name: those that are listed, and those that were read."""
        configuration = self._knowledge.configuration
        listed = {line.spot: line.name for line in configuration.lines()}
        return {spot: name for spot, name in (listed | self._names).items() if configuration.counts(spot)}

    def _search(self, searches: Searches) -> Found:
        try:
            return find_history(
                searches,
                self._connection,
                clock=self._clock,
                sleep=self._sleep,
                abandoned=self._closed.is_set,
            )
        finally:
            if self._closed.is_set():  # the search was taken back on a new connection
                self._connection.close()

    def _line_readings(self, answers: Answers) -> tuple[LineReading, ...]:
        configuration = self._knowledge.configuration
        listed = {line.spot: line.name for line in configuration.lines()}
        counted = self._limit.take(self._counted(answers), [])
        self._names = {line.spot: line.name or listed.get(line.spot, "") for line in counted}
        readings = tuple(LineReading(self._key(line.spot), self._names[line.spot], line.totals) for line in counted)
        if not readings:
            raise UnexpectedAnswer(self._camera_id, "the answer holds none of the lines that are switched on")
        return readings

    def _counted(self, answers: Answers) -> list[LineTotals]:
        return [line for line in lines_of(answers) if self._knowledge.configuration.counts(line.spot)]

    def _key(self, spot: Spot) -> LineKey:
        return LineKey(self._camera_id, spot.channel, spot.rule, spot.index)

    def _report(self, answers: Answers) -> None:
        listed = list(self._knowledge.configuration.problems)
        listed.extend(problem for answer in answers for problem in answer.value.problems)
        self._limit.take(self._counted(answers), listed)
        self._problems.tell(listed)
