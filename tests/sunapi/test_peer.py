"""Where no camera stands nothing is asked, whatever the address is called."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address, ip_network

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.sunapi import peer
from peoplecount.sunapi.connection import CameraConnection
from peoplecount.sunapi.errors import CameraUnreachable
from peoplecount.sunapi.peer import SERVICES_OF_CLOUDS
from peoplecount.sunapi.queries import classic_counts
from tests.support.fake_clock import FakeClock


@contextmanager
def a_service() -> Iterator[tuple[int, list[bytes]]]:
    """What listens at a port of this machine, and what it was sent until the other end hung up."""
    got: list[bytes] = []

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            got.append(connection.recv(65_536))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1], got
        thread.join(10)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_services_of_clouds_are_sent_nothing_under_any_name(monkeypatch, clock: FakeClock, scheme, host):
    monkeypatch.setattr(peer, "SERVICES_OF_CLOUDS", (ip_network("127.0.0.1/32"),))
    with a_service() as (port, got):
        camera = Camera("front", "Front", f"{scheme}://{host}:{port}", "admin", "secret")
        connection = CameraConnection(camera, clock=clock, connect_timeout=10.0, read_timeout=10.0)
        with pytest.raises(CameraUnreachable, match="no camera stands at this address"):
            connection.ask(classic_counts(), bytes)
        connection.close()
    assert got == [b""]


@pytest.mark.parametrize(
    "text", ["169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"]
)
def test_where_clouds_tell_their_secrets_no_camera_stands(text):
    address = ip_address(text)
    assert any(address in network for network in SERVICES_OF_CLOUDS if network.version == address.version)


@pytest.mark.parametrize("text", ["169.254.7.9", "192.168.1.100", "127.0.0.1", "100.64.0.1"])
def test_networks_of_ones_own_have_cameras(text):
    address = ip_address(text)
    assert not any(address in network for network in SERVICES_OF_CLOUDS if network.version == address.version)
