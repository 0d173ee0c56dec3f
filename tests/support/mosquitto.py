"""A real MQTT broker (Mosquitto) on a free port, and somebody who subscribes there."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.certificate_files import write_certificate
from tests.support.processes import bare_environment, free_port, running
from tests.support.waiting import wait_until

USER, PASSWORD = "counts", "pass/word@1"


def mosquitto_command() -> str:
    """Skips where there is none."""
    found = shutil.which("mosquitto", path="/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/opt/homebrew/sbin")
    return found or pytest.skip("needs Mosquitto (apt install mosquitto)")


class Mosquitto:
    """Lets in who knows the password. What is retained is gone when it ends."""

    def __init__(self, folder: Path, *, tls: bool = False) -> None:
        self.folder, self.tls = folder, tls
        self.port = free_port()
        self.command = mosquitto_command()
        passwords = folder / "passwords"
        make = str(Path(self.command).with_name("mosquitto_passwd"))
        if not Path(make).exists():
            make = "mosquitto_passwd"
        subprocess.run([make, "-b", "-c", str(passwords), USER, PASSWORD], check=True, capture_output=True)
        passwords.chmod(0o600)
        self.certificate, key = write_certificate(folder) if tls else (folder / "cert.pem", folder / "key.pem")
        lines = [
            "user root",  # heeded only where root starts it, who would else become somebody who may not read the files
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous false",
            f"password_file {passwords}",
            *([f"certfile {self.certificate}", f"keyfile {key}"] if tls else []),
        ]
        self.configuration = folder / "mosquitto.conf"
        self.configuration.write_text("\n".join(lines) + "\n")

    @property
    def url(self) -> str:
        scheme = "mqtts" if self.tls else "mqtt"
        return f"{scheme}://{USER}:{PASSWORD.replace('/', '%2F').replace('@', '%40')}@127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """May be run again, on the same port."""
        log = self.folder / "mosquitto.txt"
        with running([self.command, "-c", str(self.configuration)], bare_environment(), output=log):
            wait_until(lambda: "running" in log.read_text())
            yield


class Subscriber:
    """Keeps everything that is published, by topic, and what is retained there."""

    def __init__(self, broker: Mosquitto) -> None:
        from paho.mqtt.client import Client  # noqa: PLC0415 - an extra
        from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415

        self.got: list[tuple[str, bytes]] = []
        self.newest: dict[str, bytes] = {}
        self._subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.username_pw_set(USER, PASSWORD)
        if broker.tls:
            self._client.tls_set_context(ssl.create_default_context(cafile=broker.certificate))
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = lambda _client, _told, message: self._take(message.topic, message.payload)
        self._client.connect("127.0.0.1", broker.port, 10)
        self._client.loop_start()
        assert self._subscribed.wait(20)

    def _take(self, topic: str, payload: bytes) -> None:
        self.got.append((topic, payload))
        self.newest[topic] = payload

    def below(self, topic: str) -> list[bytes]:
        return [payload for at, payload in list(self.got) if at.startswith(topic)]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def subscriber_at(broker: Mosquitto) -> Iterator[Subscriber]:
    subscriber = Subscriber(broker)
    try:
        yield subscriber
    finally:
        subscriber.close()
