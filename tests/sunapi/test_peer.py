"""Where no camera may be nothing is asked, and nobody is even called, whatever the address is called."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.camera_networks import CameraNetworks
from peoplecount.sunapi.connection import CameraConnection
from peoplecount.sunapi.errors import CameraUnreachable
from peoplecount.sunapi.queries import classic_counts
from tests.support.fake_clock import FakeClock

OUTSIDE = CameraNetworks(("10.20.0.0/16",))
HERE = CameraNetworks(("127.0.0.1",))


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A port of this machine at which nobody has called yet."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.setblocking(False)
        yield made


def was_called(listening: socket.socket) -> bool:
    try:
        listening.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def said_by(scheme: str, host: str, port: int, networks: CameraNetworks, clock: FakeClock) -> str:
    """What asking a camera there comes to."""
    camera = Camera("front", "Front", f"{scheme}://{host}:{port}", "admin", "secret")
    connection = CameraConnection(camera, clock=clock, connect_timeout=10.0, read_timeout=0.1, networks=networks)
    try:
        with pytest.raises(CameraUnreachable) as caught:
            connection.ask(classic_counts(), bytes)
    finally:
        connection.close()
    return str(caught.value)


def knows(monkeypatch: pytest.MonkeyPatch, *found: str) -> list[str]:
    """Have every name stand for these addresses; the names that were looked up are in what is returned."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host, port, *more):
        if host != "camera.example":
            return real(host, port, *more)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "[::ffff:127.0.0.1]"])
def test_outside_the_networks_of_cameras_nobody_is_called_under_any_name(listening, clock, scheme, host):
    said = said_by(scheme, host, listening.getsockname()[1], OUTSIDE, clock)
    assert "no camera may be at " in said
    assert said.endswith("CAMERA_NETWORKS allows 10.20.0.0/16")
    assert not was_called(listening)


def test_inside_the_camera_is_called(listening, clock):
    assert "no answer within 0.1 s" in said_by("http", "127.0.0.1", listening.getsockname()[1], HERE, clock)
    assert was_called(listening)


def test_services_of_clouds_are_not_called_where_a_name_leads_there(monkeypatch, clock):
    knows(monkeypatch, "169.254.169.254")
    said = said_by("http", "camera.example", 80, CameraNetworks(), clock)
    assert "no camera stands at this address: it is one of a cloud's own services" in said


def test_of_a_name_with_several_addresses_those_are_called_at_which_a_camera_may_be(monkeypatch, listening, clock):
    asked = knows(monkeypatch, "192.0.2.1", "127.0.0.1")
    said = said_by("http", "camera.example", listening.getsockname()[1], HERE, clock)
    assert "no answer within 0.1 s" in said
    assert was_called(listening)
    assert asked == ["camera.example"], "once: what it stands for a moment later counts for nothing"


def test_where_the_first_address_does_not_answer_the_next_is_called(monkeypatch, listening, clock):
    both = CameraNetworks(("127.0.0.0/8",))
    knows(monkeypatch, "127.0.0.2", "127.0.0.1")  # nobody listens at the first
    assert "no answer within 0.1 s" in said_by("http", "camera.example", listening.getsockname()[1], both, clock)
    assert was_called(listening)


def test_a_name_that_is_unknown_is_said_to_be(monkeypatch, clock):
    def look_up(*_):
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert "the host name in the camera's address is unknown" in said_by("http", "camera.example", 80, HERE, clock)
