"""The stream of a camera's events: opened, logged in to and read for as long as it lasts."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from contextlib import closing

import requests
import urllib3

from peoplecount.domain.camera import Camera
from peoplecount.domain.camera_networks import CameraNetworks
from peoplecount.domain.clock import Clock
from peoplecount.sunapi.answers import parse_answer
from peoplecount.sunapi.base_address import redirected, sound
from peoplecount.sunapi.bounded_http import BoundedAdapter
from peoplecount.sunapi.camera_events import tells_of_people
from peoplecount.sunapi.errors import CameraError, CameraUnreachable, UnexpectedAnswer
from peoplecount.sunapi.event_parts import EventParts, boundary_of
from peoplecount.sunapi.login import Login
from peoplecount.sunapi.queries import event_stream
from peoplecount.sunapi.query import Query
from peoplecount.sunapi.read_only import require_allowed
from peoplecount.sunapi.refusals import Subject, from_reply, parsed
from peoplecount.sunapi.secret import Secret
from peoplecount.sunapi.sign_ins import SignIns
from peoplecount.sunapi.transport import Reply, Transport
from peoplecount.sunapi.trust import Authorities, Trust

LONGEST_SILENCE = 900.0
"""Seconds without a byte after which a stream is opened anew. There is no heart-beat in it (SUNAPI Event manual 2.6.2,
``monitordiff``), and a network may forget a connection without telling either end."""

MOST_BYTES_A_MINUTE = 1024 * 1024
"""An event is some hundred bytes; a camera that sends thousands a minute is read by its totals alone."""

_PIECE = 4096
_REDIRECTS = frozenset({301, 302, 307, 308})
_SUBJECT = "the stream of events"


class EventStream:
    """Follows the events of one camera, on a connection of its own: a poll never waits for it.

    It is one more log-in to the camera, and is held to the same budget of failed ones.
    """

    def __init__(
        self,
        camera: Camera,
        *,
        clock: Clock,
        connect_timeout: float,
        read_timeout: float,
        sign_ins: SignIns,
        authorities: Authorities,
        networks: CameraNetworks | None = None,
    ) -> None:
        """``read_timeout`` is in real seconds and until the stream begins.

        ``networks`` are where cameras may be: everywhere unless given.
        """
        self._camera_id = camera.camera_id
        self._address = camera.address.rstrip("/")
        self._clock = clock
        trust = Trust(camera.camera_id, camera.certificate, authorities)
        self._transport = _LastingTransport(
            camera.camera_id,
            clock=clock,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            trust=trust,
            networks=networks,
            adapter=BoundedAdapter,
        )
        self._login = Login(camera, transport=self._transport, trust=trust, sign_ins=sign_ins)
        self._secret = Secret(camera.password)
        self._closed = False

    def follow(self, on_people: Callable[[], None]) -> None:
        """Call ``on_people`` whenever the camera says that somebody was counted; return when the stream has ended.

        Raises ``CameraError``, unless it is closed.
        """
        try:
            with closing(self._transport):
                self._open()
                parts = EventParts(boundary_of(self._transport.content_type))
                for piece in self._pieces():
                    if any(tells_of_people(event) for event in parts.feed(piece)):
                        on_people()
        except CameraError as error:
            if not self._closed:
                self._secret.mask(error)
                raise

    def close(self) -> None:
        """End it, from any thread and for good; may be called twice."""
        self._closed = True
        self._transport.hang_up()

    def _pieces(self) -> Iterator[bytes]:
        """What the camera sends, unless it is closed; as long as it keeps within bounds."""
        minute, size = self._clock.monotonic(), 0
        for piece in self._transport.pieces():
            if self._closed:
                return
            now = self._clock.monotonic()
            if now - minute >= 60:
                minute, size = now, 0
            size += len(piece)
            if size > MOST_BYTES_A_MINUTE:
                most = f"{MOST_BYTES_A_MINUTE // 1024} KiB"
                raise UnexpectedAnswer(self._camera_id, f"{_SUBJECT} brings more than {most} a minute")
            yield piece

    def _open(self) -> None:
        query = event_stream()
        require_allowed(query)
        reply = self._exchange(self._address, query)
        if reply.status in _REDIRECTS:
            reply = self._exchange(redirected(self._camera_id, self._address, reply.location), query)
        if reply.status != 200:
            raise from_reply(self._camera_id, Subject(_SUBJECT), reply.status, reply.body)
        if not self._transport.streams:
            parsed(self._camera_id, Subject(_SUBJECT), reply.body, parse_answer)
            raise UnexpectedAnswer(self._camera_id, f"{_SUBJECT}: the answer is not one in parts")

    def _exchange(self, address: str, query: Query) -> Reply:
        if self._closed:
            raise CameraUnreachable(self._camera_id, "the camera is not asked any more")
        self._login.forget()  # a nonce may be bound to its connection, and this one is new
        request = self._transport.prepare(sound(self._camera_id, address) + query.target)
        return self._login.exchange(request, address, _SUBJECT)


class _LastingTransport(Transport):
    """A transport that leaves the body of an answer in parts for later."""

    _response: requests.Response | None = None
    content_type = ""
    """Of the last such answer."""

    @property
    def streams(self) -> bool:
        """Whether there is such an answer."""
        return self._response is not None

    def pieces(self) -> Iterator[bytes]:
        """The body as it comes. Raises ``CameraError``."""
        response = self._response
        if response is None:
            return
        try:
            while True:
                self._allowance.go_on(LONGEST_SILENCE)
                piece = response.raw.read1(_PIECE, decode_content=True)
                if not piece:
                    return
                yield piece
        except (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
            raise self._translated(error, kept=False) from error

    def hang_up(self) -> None:
        """Let whoever awaits a piece know that none will come; closing is for them, who may be within the buffer."""
        self._adapter.hang_up()

    def close(self) -> None:
        """Close the connection. For those only who read the pieces."""
        response, self._response = self._response, None
        if response is not None:
            response.close()
        super().close()

    def _received(self, response: requests.Response) -> bytes:
        content_type = response.headers.get("Content-Type", "")
        if response.status_code != 200 or not content_type.lower().startswith("multipart/"):
            return super()._received(response)
        self._response, self.content_type = response, content_type
        return b""
