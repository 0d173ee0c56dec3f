"""Asking a camera: the one door through which every question goes and every answer comes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from requests import PreparedRequest

from peoplecount.domain.camera import Camera
from peoplecount.domain.camera_networks import CameraNetworks
from peoplecount.domain.clock import Clock
from peoplecount.sunapi.base_address import redirected, sound
from peoplecount.sunapi.certificate import Certificate, ShownCertificate
from peoplecount.sunapi.device_gate import DeviceGate, TurnLost
from peoplecount.sunapi.errors import CameraError, CameraUnreachable, RequestRefused
from peoplecount.sunapi.login import Login
from peoplecount.sunapi.queries import bypassed, device_info
from peoplecount.sunapi.query import Query
from peoplecount.sunapi.read_only import may_be_bypassed, require_allowed
from peoplecount.sunapi.refusals import Subject, from_reply, parsed
from peoplecount.sunapi.secret import Secret
from peoplecount.sunapi.sign_ins import SignIns
from peoplecount.sunapi.transport import Reply, Transport
from peoplecount.sunapi.trust import Authorities, Trust

T = TypeVar("T")

_log = logging.getLogger("peoplecount.sunapi")

_REDIRECTS = frozenset({301, 302, 307, 308})
_CLOSED = "the camera is not asked any more"
_MOST_KEPT = 64
"""Questions remembered ready to send. A camera is asked a handful, over and over."""


class Answer(NamedTuple, Generic[T]):
    """A parsed answer, and between which moments (UTC, our clock) the camera gave it. A tuple, as a reply is."""

    value: T
    asked_at: datetime
    answered_at: datetime


class _Kept:
    """A question made ready once, with the last answer to it."""

    __slots__ = ("body", "request", "value")

    def __init__(self, request: PreparedRequest) -> None:
        self.request = request
        self.body: bytes | None = None
        self.value: Any = None


class CameraConnection:
    """Asks one camera, one question at a time, with everything that makes an answer cheap kept in this object.

    Any thread or greenlet may ask; each waits for its turn at the gate of the device.
    """

    def __init__(
        self,
        camera: Camera,
        *,
        clock: Clock,
        connect_timeout: float,
        read_timeout: float,
        gate: DeviceGate | None = None,
        sign_ins: SignIns | None = None,
        authorities: Authorities | None = None,
        networks: CameraNetworks | None = None,
    ) -> None:
        """All who ask share the ``gate`` of the device, the budget of failed ``sign_ins`` and the ``authorities``.

        Each is one of its own unless given. ``networks`` are where cameras may be: everywhere unless given.
        """
        self._camera = camera
        self._gate = gate or DeviceGate()
        self._turns = {patient: self._gate.turn(self, patient=patient) for patient in (False, True)}
        self._closed = False
        self._authorities = authorities or Authorities()
        self._trust = trust = Trust(camera.camera_id, camera.certificate, self._authorities)
        self._transport = Transport(
            camera.camera_id,
            clock=clock,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            trust=trust,
            networks=networks,
        )
        self._login = Login(
            camera,
            transport=self._transport,
            trust=trust,
            sign_ins=sign_ins or SignIns(clock),
            may_repeat=lambda: not self._closed,
        )
        self._secret = Secret(camera.password)
        self._redirected_to = ""
        self._kept: dict[Query, _Kept] = {}

    @property
    def camera_id(self) -> str:
        """Whom this is about."""
        return self._camera.camera_id

    @property
    def recorder_channel(self) -> int | None:
        """The channel of the recorder that the camera is read through; ``None``: it is asked itself."""
        return self._camera.nvr_channel

    @property
    def requests_sent(self) -> int:
        """HTTP requests sent so far."""
        return self._transport.requests_sent

    @property
    def refusals(self) -> int:
        """How often the camera has answered 401, the first hand-shake included."""
        return self._login.refusals

    @property
    def address(self) -> str:
        """Where the camera answers; not its configured address if that redirects to HTTPS."""
        return self._redirected_to or self._camera.address.rstrip("/")

    @property
    def certificate(self) -> Certificate | None:
        """The certificate that the camera showed last; ``None`` where it answers without encryption."""
        return self._trust.shown if self.address.startswith("https:") else None

    @property
    def realm(self) -> str:
        """The name the device gives itself when it asks for a password; it often holds its MAC address."""
        return self._login.realm

    def ask(self, query: Query, parse: Callable[[bytes], T], *, even_closed: bool = False) -> Answer[T]:
        """Ask and parse.

        A question that is asked often must always come with the same parser: bytes seen before are not parsed again.

        Raises ``CameraError``, and ``QueryNotAllowed`` before anything is sent. What a camera says in its answer may
        stand in the error, but not the password. Once closed nothing is asked, save ``even_closed``: that opens the
        connection once more, and ``close`` is due again.
        """
        require_allowed(query)
        try:
            with self._turns[query.patient]:
                self._check_open(even_closed=even_closed)
                return self._ask(query, parse)
        except TurnLost as lost:
            raise CameraUnreachable(self.camera_id, _CLOSED) from lost
        except CameraError as error:
            self._secret.mask(error)
            raise

    def look(self) -> ShownCertificate | None:
        """The certificate of the camera, or of the HTTPS address it redirects to; ``None`` without encryption.

        No credentials are sent, and whoever's certificate it is will do. Raises ``CameraError``.
        """
        with self._turns[False]:
            if self.address.startswith("http:"):
                reply = self._transport.send(self._ready(device_info()))
                if reply.status not in _REDIRECTS:
                    return None
                self._follow(reply)
            return self._transport.look(sound(self.camera_id, self.address), self._authorities)

    def _check_open(self, *, even_closed: bool) -> None:
        if self._closed and not even_closed:
            raise CameraUnreachable(self.camera_id, _CLOSED)

    def close(self) -> None:
        """Close the connection, also under an answer that is still awaited; may be called twice."""
        self._closed = True
        self._gate.leave(self)
        self._transport.close()

    def _ask(self, query: Query, parse: Callable[[bytes], T]) -> Answer[T]:
        reply = self._get(query)
        kept = self._kept.get(query)
        if kept is None:
            value = self._parsed(query, reply.body, parse)
            return Answer(value, reply.asked_at, reply.answered_at)
        if kept.body != reply.body:
            kept.value = self._parsed(query, reply.body, parse)
            kept.body = reply.body
        return Answer(kept.value, reply.asked_at, reply.answered_at)

    def _parsed(self, query: Query, body: bytes, parse: Callable[[bytes], T]) -> T:
        return parsed(self.camera_id, self._subject(query), body, parse)

    def _get(self, query: Query) -> Reply:
        try:
            reply = self._exchange(query)
            while reply.status in _REDIRECTS:  # once: it is followed from http to https only
                self._follow(reply)
                reply = self._exchange(query)
        except CameraUnreachable:
            self._leave_redirect()
            raise
        if reply.status == 200:
            return reply
        raise from_reply(self.camera_id, self._subject(query), reply.status, reply.body)

    def _exchange(self, query: Query) -> Reply:
        return self._login.exchange(self._ready(query), self.address, str(self._subject(query)))

    def _subject(self, query: Query) -> Subject:
        return Subject(query.subject, self.recorder_channel)

    def _ready(self, query: Query) -> PreparedRequest:
        kept = self._kept.get(query)
        if kept is not None:
            return kept.request
        request = self._transport.prepare(sound(self.camera_id, self.address) + self._way(query).target, query.method)
        if query.often:  # a question made ready takes some kilobytes, and there are thousands of cameras
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[query] = _Kept(request)
        return request

    def _way(self, query: Query) -> Query:
        """The question as it is sent: through a recorder or not."""
        if self.recorder_channel is None:
            return query
        if not may_be_bypassed(query):
            raise RequestRefused(self.camera_id, f"{query.subject} cannot be asked for through a recorder")
        sent = bypassed(query, self.recorder_channel)
        require_allowed(sent)
        return sent

    def _follow(self, reply: Reply) -> None:
        self._move(redirected(self.camera_id, self.address, reply.location))
        _log.info("camera %s redirects to HTTPS; using %s", self.camera_id, self.address)

    def _leave_redirect(self) -> None:
        if self._redirected_to:
            self._move("")

    def _move(self, address: str) -> None:
        self._redirected_to = address
        self._kept.clear()
        self._login.forget()
