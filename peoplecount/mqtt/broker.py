"""A broker, spoken to by MQTT 3.1.1 (OASIS), through Paho. Needs the extra ``requirements-mqtt.lock``."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from peoplecount.mqtt.message import Message

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessageInfo
    from paho.mqtt.reasoncodes import ReasonCode

SECONDS = 10.0
"""That a broker has for an answer."""

KEEP_ALIVE = 30
"""Seconds without a word after which each side takes the other for gone; the broker waits half as long again."""

AT_LEAST_ONCE = 1
"""Quality of service 1: the broker says that it has it."""

LARGEST_ANSWER = 1024
"""Bytes: brokers answer with four at most, and nothing is subscribed to. Paho would take in 256 MB at a time, and keep
what is sent to it by quality of service 2."""

MOST_AT_ONCE = 4096
"""Bytes after which others have their turn: what has come already is read without waiting."""

ONLINE, OFFLINE = b"online", b"offline"

_MOMENT = 0.001
"""Seconds of rest. It must be for more than no time at all: that would let neither timers nor sockets have a turn."""

SOON = 5.0
"""Seconds. A connection that was lost within so many was taken away by the broker, and the next one will be, too."""


class BrokerAway(Exception):
    """Nothing was published, or nobody knows whether it was; the message says in words why."""


@dataclass(frozen=True, slots=True)
class BrokerPlace:
    """Where a broker is, and who we are there."""

    host: str
    port: int
    is_tls: bool
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    """Authorities that vouch for it; ``None``: the system's."""

    @classmethod
    def at(cls, url: str, ca_file: Path | None = None) -> BrokerPlace:
        """From ``mqtt://user:password@host:1883`` or ``mqtts://…:8883``, as ``address_readers.broker`` takes it."""
        parts = urlsplit(url)
        is_tls = parts.scheme == "mqtts"
        names = (unquote(parts.username or ""), unquote(parts.password or ""))
        return cls(parts.hostname or "", parts.port or (8883 if is_tls else 1883), is_tls, *names, ca_file)

    @property
    def name(self) -> str:
        """``broker.example:8883``, without who we are there."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Broker:
    """One connection to a broker. While there is one, ``status`` says ``online``; the broker sets it to ``offline``."""

    def __init__(self, place: BrokerPlace, client_id: str, status: str) -> None:
        """``client_id`` is the same over restarts.

        A broker then ends an older connection first, and its last will comes before what the new one says. An empty
        ``status``: nothing is said of ourselves.
        """
        self._place = place
        self._client_id = client_id
        self._status = status
        self._client: Client | None = None
        self._answered = threading.Event()
        self._refusal = ""
        self._lost = True
        self._stood_at = self._lost_at = 0.0
        """When the connection came to stand, and when it was lost; by the monotonic clock."""

    @property
    def is_connected(self) -> bool:
        """Whether nothing is known to the contrary."""
        return self._client is not None and not self._lost

    @property
    def has_settled(self) -> bool:
        """Whether the connection has stood for so long that nobody has taken it away."""
        return self.is_connected and time.monotonic() - self._stood_at > SOON

    def connect(self) -> None:
        """Connect anew, and say that we are here.

        Raises ``BrokerAway``, also where the connection before was taken away: the next one would be, too.
        """
        before = self._loss() if self._was_taken_away() else None
        self._drop()
        if before is not None:
            raise before
        client = self._made()
        self._answered.clear()
        self._refusal, self._lost = "", False
        try:
            client.connect(self._place.host, self._place.port, KEEP_ALIVE)
        except ssl.SSLCertVerificationError as error:
            raise BrokerAway(f"its certificate is not good: {error.verify_message}") from error
        except OSError as error:  # ssl.SSLError is one
            raise BrokerAway(error.strerror or str(error) or type(error).__name__) from error
        self._client = client
        client.loop_start()
        if not self._answered.wait(SECONDS):
            self._drop()
            raise BrokerAway(f"it does not answer within {SECONDS:g} s")
        self._stood_at = time.monotonic()
        if self._refusal or self._lost:
            self._drop()
            raise BrokerAway(f"it refuses: {self._refusal}") if self._refusal else self._loss()
        if self._status:
            self.publish([Message(self._status, ONLINE, retained=True)])

    def publish(self, messages: Sequence[Message]) -> None:
        """Publish, and wait until the broker has it all. Raises ``BrokerAway``; some of it may be there then."""
        client = self._client
        if client is None or self._lost:
            raise self._loss()
        sent = [client.publish(one.topic, one.payload, AT_LEAST_ONCE, one.retained) for one in messages]
        for one in sent:
            self._await(one)

    def _await(self, sent: MQTTMessageInfo) -> None:
        for _ in range(int(SECONDS * 2)):
            try:
                sent.wait_for_publish(0.5)
            except (RuntimeError, ValueError) as error:
                raise self._loss() from error
            if sent.is_published():
                return
            if self._lost:
                raise self._loss()
        raise BrokerAway(f"it does not answer within {SECONDS:g} s")

    def _was_taken_away(self) -> bool:
        return self._client is not None and self._lost and self._lost_at - self._stood_at <= SOON

    def _loss(self) -> BrokerAway:
        if not self._was_taken_away():
            return BrokerAway("the connection was lost")
        return BrokerAway(
            f"the connection was lost as soon as it stood: has somebody else our client id, {self._client_id}, or may "
            "we not publish these topics?"
        )

    def close(self) -> None:
        """Say that we go, and go; may be called twice."""
        client = self._client
        if client is not None and not self._lost and self._status:
            client.publish(self._status, OFFLINE, AT_LEAST_ONCE, True).wait_for_publish(1)
            client.disconnect()
        self._drop()

    def _drop(self) -> None:
        client, self._client, self._lost = self._client, None, True
        if client is not None:
            client.disconnect()
            client.loop_stop()

    def _made(self) -> Client:
        client = _client(self._client_id)
        client.connect_timeout = SECONDS
        if self._status:
            client.will_set(self._status, OFFLINE, AT_LEAST_ONCE, retain=True)
        if self._place.user or self._place.password:
            client.username_pw_set(self._place.user, self._place.password or None)
        if self._place.is_tls:
            client.tls_set_context(_context(self._place.ca_file))
        client.on_connect = lambda _client, _told, _flags, reason, _properties: self._take(reason)
        client.on_disconnect = lambda ended, _told, _flags, _reason, _properties: self._lose(ended)
        return client

    def _take(self, answer: ReasonCode) -> None:
        self._refusal = str(answer) if answer.is_failure else ""
        self._answered.set()

    def _lose(self, ended: Client) -> None:
        if ended is self._client:  # and not one of before
            self._lost, self._lost_at = True, time.monotonic()
            self._answered.set()


def _client(client_id: str) -> Client:
    """Paho's client, which takes in answers and no more: whoever is at the other end may send what it likes."""
    from paho.mqtt.client import Client  # noqa: PLC0415 - an extra
    from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode  # noqa: PLC0415

    class Wary(Client):
        received = 0

        def _sock_recv(self, bufsize: int) -> bytes:
            if bufsize > LARGEST_ANSWER:
                raise ConnectionError("a packet larger than any answer")
            data = super()._sock_recv(bufsize)
            self.received += len(data)
            if self.received > MOST_AT_ONCE:
                self.received = 0
                time.sleep(_MOMENT)
            return data

        def _handle_publish(self) -> MQTTErrorCode:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL

    return Wary(CallbackAPIVersion.VERSION2, client_id, reconnect_on_failure=False)


def _context(ca_file: Path | None) -> ssl.SSLContext:
    """Paho leaves a socket open whose handshake fails; these close themselves."""

    class Socket(ssl.SSLSocket):
        def do_handshake(self, *options: bool) -> None:  # gevent's takes none
            try:
                super().do_handshake(*options)
            except BaseException:
                self.close()
                raise

    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = Socket
    return context
